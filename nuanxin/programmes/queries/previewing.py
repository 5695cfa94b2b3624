"""What a text would change: both texts over the register in one statement, by county and trade."""

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
"""Up to so many people a trial is done while the official waits, beyond by a job."""
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


def try_rule(before: BoundRule | None, after: BoundRule, *, below: str = "") -> dict[str, Any]:
    """Return what the second text would change against the first (None: nobody fits); writes nothing.

    ``below`` narrows it to members of unions below a path, "" is the whole register. The result is
    plain, to be kept: people, answers before and after, gained, lost, cells by county and trade,
    conditions with how many fail or miss them, warnings, and ids of a few gained and lost with the
    conditions that decided.
    """
    population = POPULATION + (_BELOW if below else "")
    statement = find_statement([before or after, after], CATALOGUE, population=population)
    bits = counting_sql(after, "").removeprefix("SELECT ").removesuffix(" FROM ")
    was = _NOBODY if before is None else _AS_BEFORE
    sql = _TRY.format(found=statement.sql, bits=bits, most=MOST_EXAMPLES, was=was)
    with connection.cursor() as cursor:
        cursor.execute(sql, statement.parameters | {"owner": below})
        cells, row, gained, lost = cursor.fetchone()
    counts = counts_of(after, tuple(row))
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
            "gained": [_example(before or after, one) for one in gained],
            "lost": [_example(after, one) for one in lost],
        },
    }


def _is_gained(cell: dict[str, int]) -> bool:
    return cell["will"] == 2 and cell["was"] != 2


def _is_lost(cell: dict[str, int]) -> bool:
    return cell["was"] == 2 and cell["will"] != 2


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
    """Return whether a trial is quick; from the planner's count, which costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'people_worker'::regclass")
        return float(cursor.fetchone()[0]) <= SMALL_REGISTER


def day_of(version: RuleVersion, today: date) -> date:
    """Return the day a version is tried for: the one it begins on, at least today."""
    return max(version.valid_from or today, today)
