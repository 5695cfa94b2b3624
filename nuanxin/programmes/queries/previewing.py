"""What a text would change: both texts over the register in one statement, by county and trade.

A large register is gone through in parts, so that it can be told how far it has come; before that a
sample says about how many.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.statement import find_statement
from nuanxin.kernel.fact import Sensitivity
from nuanxin.kernel.names import mask_name
from nuanxin.kernel.occupations import by_key
from nuanxin.orgs.queries.places import region_name
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import RulePreview, RuleVersion
from nuanxin.programmes.queries.ruling import POPULATION, counting_sql, counts_of
from nuanxin.programmes.states import PreviewState

MOST_EXAMPLES = 5
SMALL_REGISTER = 60_000
"""Up to so many people a trial is done while the official waits, beyond by a job, so many at a time."""
SAMPLED = 20_000
"""About so many people are looked at for a first estimate."""
FITS = 2
"""Among 0 no, 1 not known, 2 yes."""
_BELOW = """ AND EXISTS (SELECT 1 FROM membership_membership pm JOIN orgs_union pu ON pu.id = pm.union_id
    WHERE pm.worker_id = w.id AND pm.ended_on IS NULL AND starts_with(pu.path, %(owner)s))"""
_TRY = """
WITH found AS MATERIALIZED (SELECT * FROM ({found}) s), placed AS MATERIALIZED (
    SELECT f.id, u.adcode AS region, m.occupation, f.failing_0, f.missing_0,
           f.failing_1 AS failing, f.missing_1 AS missing,
           {was} AS was,
           CASE WHEN f.failing_1 <> 0 THEN 0 WHEN f.missing_1 <> 0 THEN 1 ELSE 2 END AS will
    FROM found f
    LEFT JOIN membership_membership m ON m.worker_id = f.id AND m.ended_on IS NULL
    LEFT JOIN orgs_union u ON u.id = m.union_id
)
SELECT (SELECT coalesce(json_agg(c), '[]') FROM (
            SELECT region, occupation, was, will, count(*) AS n FROM placed GROUP BY 1, 2, 3, 4) c),
       (SELECT to_json(ARRAY[{bits}]) FROM placed),
       (SELECT coalesce(json_agg(e), '[]') FROM (
            SELECT id, region, occupation, failing_0 AS failing, missing_0 AS missing FROM placed
            WHERE will = 2 AND was <> 2 ORDER BY id LIMIT {most}) e),
       (SELECT coalesce(json_agg(e), '[]') FROM (
            SELECT id, region, occupation, failing, missing FROM placed
            WHERE was = 2 AND will <> 2 ORDER BY id LIMIT {most}) e)
"""
_AS_BEFORE = "CASE WHEN f.failing_0 <> 0 THEN 0 WHEN f.missing_0 <> 0 THEN 1 ELSE 2 END"
_NOBODY = "0"
"""What a rule that does not count yet says of everybody."""


@dataclass(slots=True)
class _Tried:
    """What came out for some of the people: cells, the row of counts, a few gained and lost."""

    cells: list[dict[str, int]]
    row: list[int]
    gained: list[dict[str, Any]]
    lost: list[dict[str, Any]]

    def add(self, more: "_Tried") -> None:
        """Take in what came out for others, whose numbers are higher."""
        self.cells += more.cells
        self.row = [one + other for one, other in zip(self.row, more.row, strict=True)]
        self.gained = (self.gained + more.gained)[:MOST_EXAMPLES]
        self.lost = (self.lost + more.lost)[:MOST_EXAMPLES]


def try_rule(
    before: BoundRule | None,
    after: BoundRule,
    *,
    below: str = "",
    tell: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Return what the second text would change against the first (None: nobody fits); writes nothing.

    ``below`` narrows it to members of unions below a path, "" is the whole register. With ``tell`` it
    goes through in parts, each person once as of when his part is read, and the per cent that is done
    is told after each. The result is
    plain, to be kept: people, answers before and after, gained, lost, cells by county and trade,
    conditions with how many fail or miss them, warnings, and ids of a few gained and lost with the
    conditions that decided.
    """
    tried = _tried(before, after, below, tell)
    cells = tried.cells
    counts = counts_of(after, tuple(tried.row))
    return {
        "people": counts.people,
        "before": _answers(cells, "was"),
        "after": _answers(cells, "will"),
        "gained": sum(cell["n"] for cell in cells if _is_gained(cell)),
        "lost": sum(cell["n"] for cell in cells if _is_lost(cell)),
        "cells": _cells(cells),
        "clauses": [{"text": c.text, "no": c.no, "unknown": c.unknown} for c in counts.clauses],
        "warnings": [odd.value for odd in counts.oddities],
        "examples": {
            "gained": [_example(before or after, one) for one in tried.gained],
            "lost": [_example(after, one) for one in tried.lost],
        },
    }


def estimate_rule(before: BoundRule | None, after: BoundRule, *, below: str = "") -> dict[str, int]:
    """Return what comes out for about ``SAMPLED`` people: counts among them, and one in how many.

    Who is in it depends on the number of his record alone, not on when or where he joined.
    """
    one_in = max(1, _registered() // SAMPLED)
    among = " AND mod(abs(hashint8(w.id)::bigint), %(one_in)s) = 0"
    cells = _try(before, after, below, (among, {"one_in": one_in})).cells
    return {
        "one_in": one_in,
        "sampled": sum(cell["n"] for cell in cells),
        "before": sum(cell["n"] for cell in cells if cell["was"] == FITS),
        "after": sum(cell["n"] for cell in cells if cell["will"] == FITS),
        "gained": sum(cell["n"] for cell in cells if _is_gained(cell)),
        "lost": sum(cell["n"] for cell in cells if _is_lost(cell)),
    }


Part = tuple[str, dict[str, Any]]
"""A condition on ``w`` with its values."""
EVERYBODY: Part = ("", {})


def _tried(
    before: BoundRule | None, after: BoundRule, below: str, tell: Callable[[int], None] | None
) -> _Tried:
    if tell is None:
        return _try(before, after, below, EVERYBODY)
    parts = _parts()
    tried = _try(before, after, below, parts[0])
    for done, part in enumerate(parts[1:], start=1):
        tell(100 * done // len(parts))
        tried.add(_try(before, after, below, part))
    return tried


def _try(before: BoundRule | None, after: BoundRule, below: str, part: Part) -> _Tried:
    among, values = part
    population = POPULATION + among + (_BELOW if below else "")
    statement = find_statement([before or after, after], CATALOGUE, population=population)
    bits = counting_sql(after, "").removeprefix("SELECT ").removesuffix(" FROM ")
    was = _NOBODY if before is None else _AS_BEFORE
    sql = _TRY.format(found=statement.sql, bits=bits, most=MOST_EXAMPLES, was=was)
    with connection.cursor() as cursor:
        cursor.execute(sql, statement.parameters | values | {"owner": below})
        return _Tried(*cursor.fetchone())


def _parts() -> list[Part]:
    """Return the register parted by number of record: ten parts at most, each reads memberships anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM people_worker")
        first, last = cursor.fetchone()
    among = " AND w.id BETWEEN %(first)s AND %(last)s"
    step = max(SMALL_REGISTER, (last - first) // 10 + 1)
    return [(among, {"first": at, "last": at + step - 1}) for at in range(first, last + 1, step)]


def _is_gained(cell: dict[str, int]) -> bool:
    return cell["will"] == FITS and cell["was"] != FITS


def _is_lost(cell: dict[str, int]) -> bool:
    return cell["was"] == FITS and cell["will"] != FITS


def _answers(cells: list[dict[str, int]], when: str) -> dict[str, int]:
    return {
        name: sum(cell["n"] for cell in cells if cell[when] == truth)
        for truth, name in ((2, "yes"), (0, "no"), (1, "unknown"))
    }


def _cells(cells: list[dict[str, int]]) -> list[list[int | None]]:
    """Return [region, occupation, fit after, gained, lost], without cells of nobody."""
    found: dict[tuple[int | None, int | None], list[int]] = {}
    for cell in cells:
        numbers = found.setdefault((cell["region"], cell["occupation"]), [0, 0, 0])
        for at, counts in enumerate((cell["will"] == 2, _is_gained(cell), _is_lost(cell))):
            numbers[at] += cell["n"] if counts else 0
    ordered = sorted(found.items(), key=lambda one: (one[0][0] or 0, one[0][1] or 0))
    return [[*place, *numbers] for place, numbers in ordered if any(numbers)]


def _example(bound: BoundRule, row: dict[str, Any]) -> dict[str, Any]:
    """Return an example with the conditions that kept him out under this text."""
    mask = row["failing"] or row["missing"]
    because = [one.text for at, one in enumerate(bound.conditions) if mask >> at & 1]
    return {
        "worker": row["id"],
        "region": row["region"],
        "occupation": row["occupation"],
        "because": because,
        "is_unknown": not row["failing"],
    }


def sensitive_facts(bound: BoundRule) -> list[str]:
    """Return the labels of the sensitive facts that the rule asks for."""
    facts = (regions.fact for regions in bound.facts)
    return [fact.label for fact in facts if fact.sensitivity is Sensitivity.SENSITIVE]


@dataclass(frozen=True, slots=True)
class Example:
    """Somebody whose answer would change; the name masked, "" for who may not see persons."""

    name: str
    place: str
    trade: str
    because: tuple[str, ...]
    is_unknown: bool


def list_examples(
    preview: RulePreview, kind: str, *, shows_names: bool
) -> list[Example]:  # fmt: skip
    """Return the kept examples of ``gained`` or ``lost``; who was erased is left out."""
    listed = preview.result.get("examples", {}).get(kind, [])
    names = _names([one["worker"] for one in listed])
    return [
        Example(
            name=mask_name(names[one["worker"]]) if shows_names else "",
            place=region_name(one["region"]) if one["region"] else "",
            trade=by_key(one["occupation"]).label if one["occupation"] is not None else "",
            because=tuple(one["because"]),
            is_unknown=one["is_unknown"],
        )
        for one in listed
        if one["worker"] in names
    ]


def _names(ids: list[int]) -> dict[int, str]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name FROM people_worker WHERE id = ANY (%(ids)s) AND erased_at IS NULL",
            {"ids": ids},
        )
        return dict(cursor.fetchall())


def latest_preview(version: RuleVersion) -> RulePreview | None:
    """Return the last trial of the text as it is now, None before there is one."""
    rows = RulePreview.objects.filter(version=version, digest=version.digest)
    return rows.exclude(state=PreviewState.FAILED).order_by("-id").first()


def is_small_register() -> bool:
    """Return whether a trial is quick."""
    return _registered() <= SMALL_REGISTER


def _registered() -> int:
    """Return about how many records there are: the planner's count, which costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'people_worker'::regclass")
        return max(0, int(cursor.fetchone()[0]))


def day_of(version: RuleVersion, today: date) -> date:
    """Return the day a version is tried for: the one it begins on, at least today."""
    return max(version.valid_from or today, today)
