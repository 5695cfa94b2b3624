"""Which text of a rule counts on a day, and the versions there are of it.

A released text never changes, so that a version once read is kept in the process; which version is
in force is asked each time. On a day without a released version the shipped file counts: version 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import NATION
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.orgs.queries.unions import federation_paths, get_root, get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import RuleVersion
from nuanxin.programmes.queries.versions import (
    SHIPPED,
    in_work,
    open_versions,
    to_come,
    version_by_id,
    versions_of,
)
from nuanxin.programmes.rules.conditions import has_rule, rule_codes, rule_text
from nuanxin.programmes.rules.version_text import digest_of
from nuanxin.programmes.states import VersionState


@dataclass(frozen=True, slots=True)
class RuleText:
    """The text that counts: ``version_id`` is None and ``number`` 0 for the shipped file."""

    code: str
    text: str
    number: int = SHIPPED
    version_id: int | None = None

    @property
    def digest(self) -> str:
        """Return what the text is known by."""
        return digest_of(self.text)


_IN_FORCE = """
SELECT v.code, v.id, v.digest FROM programmes_ruleversion v
WHERE (v.code = ANY (%(codes)s) OR %(every)s) AND v.state = 3 AND v.valid_from <= %(day)s
  AND coalesce(v.valid_to, 'infinity') >= %(day)s
"""
JOIN_IN_FORCE = """LEFT JOIN programmes_ruleversion v ON v.code = {code} AND v.state = 3
    AND v.valid_from <= %(day)s AND coalesce(v.valid_to, 'infinity') >= %(day)s"""
"""The version in force beside a row that names a rule, as ``v``: at most one, none is the file."""


def text_in_force(code: str, on: date) -> RuleText:
    """Return the text that counts on a day; raise ``NotFound`` programmes.no_rule."""
    return find_text(code, on) or text_of(code, None, "")


def find_texts(codes: Iterable[str] | None, on: date) -> dict[str, RuleText]:
    """Return the texts that count on a day, by code, in one statement; without codes that have none.

    ``None`` asks for every rule there is on that day: of files, and those begun at the desk.
    """
    every = codes is None
    wanted = rule_codes() if codes is None else [code for code in codes if code]
    with connection.cursor() as cursor:
        cursor.execute(_IN_FORCE, {"codes": wanted, "every": every, "day": on})
        versions = {code: (version_id, digest) for code, version_id, digest in cursor.fetchall()}
    listed = [code for code in wanted if code in versions or has_rule(code)]
    listed += sorted(set(versions) - set(listed))
    return {code: text_of(code, *versions.get(code, (None, ""))) for code in listed}


def list_begun_rules(on: date) -> list[RuleText]:
    """Return the rules that count on a day and that nobody has shipped: they were begun at the desk."""
    return [found for found in find_texts(None, on).values() if not has_rule(found.code)]


def find_text(code: str, on: date) -> RuleText | None:
    """Return the text that counts on a day, None for a rule that does not count yet."""
    return find_texts([code], on).get(code)


def text_of(code: str, version_id: int | None, digest: str) -> RuleText:
    """Return the text of a released version, the shipped file for None; raise ``NotFound``."""
    if version_id is None:
        return RuleText(code, rule_text(code))
    return _released(version_id, digest)


@lru_cache(maxsize=256)
def _released(version_id: int, digest: str) -> RuleText:
    found = RuleVersion.objects.get(id=version_id, digest=digest, state=VersionState.RELEASED)
    return RuleText(found.code, found.text, found.number, found.id)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the list: what counts today (None: nothing yet), and what is being worked on."""

    code: str
    now: RuleText | None
    in_force: RuleVersion | None
    working: RuleVersion | None
    coming: RuleVersion | None


def list_rules(on: date) -> list[RuleLine]:
    """Return every rule with the version in force, the one to come, and the one in work."""
    by_code = open_versions(RuleVersion, rule_codes())
    return [_line(code, by_code[code], on) for code in sorted(by_code)]


def _line(code: str, versions: list[RuleVersion], on: date) -> RuleLine:
    current = next((one for one in versions if _counts(one, on)), None)
    now: RuleText | None
    if current is not None:
        now = RuleText(code, current.text, current.number, current.id)
    else:
        now = RuleText(code, rule_text(code)) if has_rule(code) else None
    return RuleLine(code, now, current, in_work(versions), to_come(versions, on))


def _counts(version: RuleVersion, on: date) -> bool:
    first, last = version.valid_from, version.valid_to
    return first is not None and first <= on and (last is None or on <= last)


def list_versions(code: str) -> list[RuleVersion]:
    """Return the versions of a rule, the latest first, without those given up; raise ``NotFound``."""
    listed = versions_of(RuleVersion, code)
    if not listed:
        rule_text(code)
    return listed


def shown_text(code: str, on: date, versions: Iterable[RuleVersion]) -> RuleText | None:
    """Return what a page shows of a rule: what counts, else the next to count; None before that."""
    if (counts := find_text(code, on)) is not None:
        return counts
    released = (one for one in versions if one.state == VersionState.RELEASED)
    coming = min(released, key=lambda one: one.valid_from or on, default=None)
    if coming is None:
        return None
    return RuleText(code, coming.text, coming.number, coming.id)


def get_version(version_id: int, *, actor: Actor, right: str) -> tuple[RuleVersion, UnionRow]:
    """Return a version with the union whose rule it is; raise ``NotFound`` out of scope."""
    return version_by_id(RuleVersion, version_id, actor=actor, right=right)


def owner_of(jurisdiction: str) -> UnionRow:
    """Return the federation whose rules have this jurisdiction: the nation's are the root's.

    Raises ``NotFound`` where a region has no federation of its own.
    """
    root = get_root()
    if root is None:
        raise NotFound()
    if jurisdiction == NATION or int(jurisdiction) == root.adcode:
        return root
    path = federation_paths([int(jurisdiction)]).get(int(jurisdiction))
    if path is None:
        raise NotFound()
    return get_union(int(path.rstrip("/").rsplit("/", 1)[-1]))


def may_draft(actor: Actor, union: UnionRow) -> bool:
    """Return whether the actor may write rules of this union."""
    return policy.may(actor, permissions.DRAFT_RULE, path=union.path)


@dataclass(frozen=True, slots=True)
class Released:
    """A version that counts or counted, in words; ``day`` is the first on which it did."""

    number: int
    text: str
    day: date
    span: str
    drafted_by: str = ""
    released_by: str = ""
    version_id: int | None = None


def get_released(code: str, number: int) -> tuple[Released, Released | None]:
    """Return a released version (0 is the shipped file) and the one before it; raise ``NotFound``."""
    rows = RuleVersion.objects.filter(
        code=code, state=VersionState.RELEASED, number__lte=number
    ).order_by("-number")[:2]
    listed = [_told(row) for row in rows]
    if len(listed) < 2 and has_rule(code):
        first = listed[-1].day if listed else date.today()
        words = "随系统带的，没有定稿的版本时用它。"
        listed.append(Released(SHIPPED, rule_text(code), first, words))
    if not listed or listed[0].number != number:
        raise NotFound()
    return listed[0], listed[1] if len(listed) > 1 else None


def _told(row: RuleVersion) -> Released:
    assert row.valid_from is not None
    ends = f"，到 {row.valid_to}" if row.valid_to else ""
    return Released(
        number=row.number,
        text=row.text,
        day=row.valid_from,
        span=f"{row.valid_from} 起{ends}。",
        drafted_by=row.drafted_by_name,
        released_by=row.released_by_name,
        version_id=row.id,
    )
