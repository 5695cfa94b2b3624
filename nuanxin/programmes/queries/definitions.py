"""Which definition of a service counts on a day: the version released at the desk, else the shipped one.

A released text never changes, so that one once read is kept in the process; which version is in force
is asked each time, in one statement. An offer keeps the version that it was made from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.faults import RuleFaulty
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import get_root, get_union
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.queries.rule_texts import rule_of
from nuanxin.programmes.queries.rule_versions import find_text, find_texts, owner_of
from nuanxin.programmes.queries.versions import (
    SHIPPED,
    in_work,
    open_versions,
    to_come,
    version_by_id,
    versions_of,
)
from nuanxin.programmes.rules import forfeits
from nuanxin.programmes.rules.definition_faults import DefinitionFault, DefinitionFaulty, faults_of
from nuanxin.programmes.rules.definitions import (
    Definition,
    all_definitions,
    by_season,
    definition,
    entry_of,
    read_definition,
    shipped_text,
)
from nuanxin.programmes.states import VersionState

MOST_DEFINITIONS = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """A definition that counts: ``number`` is 0 and ``version_id`` None for a shipped one.

    ``union_path`` is whose service it is, "" where it is everybody's.
    """

    definition: Definition
    number: int = SHIPPED
    version_id: int | None = None
    union_path: str = ""
    union_name: str = ""

    def is_for(self, path: str) -> bool:
        """Return whether the union at ``path`` may make offers of it."""
        return path.startswith(self.union_path)

    def is_near(self, path: str) -> bool:
        """Return whether somebody whose scope begins at ``path`` has a union that may."""
        return self.is_for(path) or self.union_path.startswith(path)


_IN_FORCE = """
SELECT v.id, v.digest, v.number, u.path, u.short_name
FROM programmes_definitionversion v JOIN orgs_union u ON u.id = v.union_id
WHERE (%(code)s::text IS NULL OR v.code = %(code)s) AND v.state = 3 AND v.valid_from <= %(day)s
  AND coalesce(v.valid_to, 'infinity') >= %(day)s
ORDER BY v.code LIMIT %(limit)s
"""


def list_definitions(on: date) -> list[Known]:
    """Return every definition that counts on a day, by season and code; ended ones too."""
    found = {one.code: Known(one) for one in all_definitions()}
    found |= {one.definition.code: one for one in _in_force(None, on)}
    return sorted(found.values(), key=lambda known: by_season(known.definition))


def find_definition(code: str, on: date) -> Known | None:
    """Return the definition of a code that counts on a day, None without."""
    released = _in_force(code, on)
    if released:
        return released[0]
    shipped = definition(code)
    return Known(shipped) if shipped else None


def definition_of(offer_id: int) -> Definition | None:
    """Return the definition that an offer was made from: it stays the offer's whatever follows."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_OFFER, {"offer": offer_id})
        row = cursor.fetchone()
    return read_version(*row) if row else None


_OF_OFFER = """
SELECT g.code, v.id, coalesce(v.digest, '') FROM programmes_offer o
JOIN programmes_programme g ON g.id = o.programme_id
LEFT JOIN programmes_definitionversion v ON v.id = o.definition_id WHERE o.id = %(offer)s
"""


def read_version(code: str, version_id: int | None, digest: str) -> Definition | None:
    """Return the definition of a version, the shipped one of ``code`` for None."""
    return definition(code) if version_id is None else _read(version_id, digest)


def _in_force(code: str | None, on: date) -> list[Known]:
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"code": code, "day": on, "limit": MOST_DEFINITIONS})
        rows = cursor.fetchall()
    return [
        Known(_read(version_id, digest), number, version_id, path, name)
        for version_id, digest, number, path, name in rows
    ]


@lru_cache(maxsize=256)
def _read(version_id: int, digest: str) -> Definition:
    text = DefinitionVersion.objects.values_list("text", flat=True).get(
        id=version_id, digest=digest
    )
    return read_definition(entry_of(text))


def text_that_counts(code: str, on: date) -> str:
    """Return the text of the definition of a code on a day, "" where there is none."""
    known = find_definition(code, on)
    if known is None:
        return ""
    if known.version_id is None:
        return shipped_text(code)
    return str(DefinitionVersion.objects.values_list("text", flat=True).get(id=known.version_id))


# ---- a text looked at ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """What can be said of a text: its entry as far as it reads, and all that is wrong in it."""

    entry: dict[str, Any]
    faults: tuple[DefinitionFault, ...]

    @property
    def definition(self) -> Definition | None:
        """Return the definition, None while the text has faults."""
        return None if self.faults else read_definition(self.entry)

    @property
    def title(self) -> str:
        """Return the title as far as there is one."""
        title = self.entry.get("title", "")
        return title if isinstance(title, str) else ""


def look_at(text: str, *, on: date, union: UnionRow) -> Looked:
    """Return what can be said of a text that would count on a day as a service of a union.

    The checks are those that every file passes, and two that need the register of rules: the rule that
    it names counts and is of a union above, and what it says of losing a place reads as a rule.
    """
    try:
        entry = entry_of(text)
    except DefinitionFaulty as faulty:
        return Looked({}, faulty.faults)
    faults = faults_of(entry)
    if not faults:
        found = read_definition(entry)
        faults = [*_rule_faults(found, on, union), *_forfeit_faults(found, on, union)]
    return Looked(entry, tuple(faults))


def _rule_faults(found: Definition, on: date, union: UnionRow) -> Iterable[DefinitionFault]:
    if not found.rule:
        return
    text = find_text(found.rule, on)
    if text is None:
        told = f"没有叫 {found.rule} 的条件，或者它到 {on} 还没开始用。在“服务的条件”里看有哪些。"
        yield DefinitionFault("rule", told)
        return
    bound = read_checked(text.text, CATALOGUE, on=on)
    if not union.path.startswith(owner_of(bound.rule.jurisdiction).path):
        yield DefinitionFault(
            "rule", f"条件“{bound.rule.title}”是别的地方定的，{union.name}不能用。"
        )


def _forfeit_faults(found: Definition, on: date, union: UnionRow) -> Iterable[DefinitionFault]:
    for rule in found.forfeit:
        for clauses in (rule.kept_while, rule.until):
            if not clauses:
                continue
            text = forfeits.rule_text(clauses, rule, adcode=union.adcode, checked_on=on)
            try:
                read_checked(text, CATALOGUE, on=on)
            except RuleFaulty as faulty:
                yield from (
                    DefinitionFault("forfeit", f"{rule.label}：{one.message}")
                    for one in faulty.faults
                )


def conditions_of(found: Definition, on: date) -> tuple[str, tuple[str, ...]]:
    """Return the title of its rule, "" without, and who may apply in words: its own, else the rule's."""
    text = find_text(found.rule, on) if found.rule else None
    if text is None:
        return "", found.conditions
    bound = read_checked(text.text, CATALOGUE, on=on)
    told = found.conditions or tuple(one.text for one in bound.conditions)
    return bound.rule.title, told


def list_rules_for(union: UnionRow, on: date) -> list[tuple[str, str]]:
    """Return code and title of the rules that count on a day and are of the union or one above."""
    rules = [(text.code, rule_of(text.text)) for text in find_texts(None, on).values()]
    owners = {place: owner_of(place).path for place in {rule.jurisdiction for _, rule in rules}}
    return [
        (code, rule.title)
        for code, rule in rules
        if union.path.startswith(owners[rule.jurisdiction])
    ]


# ---- the desk -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DefinitionLine:
    """A service in the list of the desk: what counts today, what is in work, what is to come."""

    code: str
    now: Known | None
    working: DefinitionVersion | None
    coming: DefinitionVersion | None


def list_lines(on: date) -> list[DefinitionLine]:
    """Return every service with what counts today and what is being worked on."""
    known = {one.definition.code: one for one in list_definitions(on)}
    return [
        DefinitionLine(code, known.get(code), in_work(versions), to_come(versions, on))
        for code, versions in open_versions(DefinitionVersion, known).items()
    ]


def list_versions(code: str) -> list[DefinitionVersion]:
    """Return the versions of a service, the latest first, without those given up; ``NotFound``."""
    listed = versions_of(DefinitionVersion, code)
    if not listed and definition(code) is None:
        raise NotFound()
    return listed


def get_version(version_id: int, *, actor: Actor, right: str) -> tuple[DefinitionVersion, UnionRow]:
    """Return a version with the union whose service it is; raise ``NotFound`` out of scope."""
    return version_by_id(DefinitionVersion, version_id, actor=actor, right=right)


def get_revision(version_id: int) -> int:
    """Return how often the text of a version has been changed by now; raise ``NotFound``."""
    version = DefinitionVersion.objects.filter(id=version_id).values_list("revision", flat=True)
    kept = version.first()
    if kept is None:
        raise NotFound()
    return kept


def owner_of_code(code: str) -> UnionRow:
    """Return the union whose service a code is: the root's where it is shipped; raise ``NotFound``."""
    made = DefinitionVersion.objects.filter(code=code).exclude(state=VersionState.DISCARDED).first()
    if made is not None:
        return get_union(made.union_id)
    root = get_root()
    if root is None or definition(code) is None:
        raise NotFound()
    return root
