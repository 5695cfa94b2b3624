"""Kept answers as SQL: what is found now, laid beside what is kept; only what differs is written.

Answers of all rules stand in one row a person, each rule at its place. Two tables of the
transaction carry a run: ``FOUND``, what the rules say of the people looked at, and ``NEXT``, the rows
that become others, with what they were. Counts follow from either by masks (``Histogram``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.statement import find_statement
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.changes import CHANGED
from nuanxin.programmes.queries.ruling import POPULATION

FOUND = "programmes_found"
NEXT = "programmes_next"

Histogram = Counter[tuple[int, int]]
"""How many people have which failing and missing conditions of one rule."""

_OF_CHANGED = POPULATION.replace(" w WHERE", f" w JOIN {CHANGED} c ON c.worker_id = w.id WHERE")
_BESIDE_ALL = f"pg_temp.{FOUND} f FULL JOIN programmes_ruling a ON a.worker_id = f.id WHERE true"
_BESIDE_CHANGED = f"""pg_temp.{CHANGED} c LEFT JOIN pg_temp.{FOUND} f ON f.id = c.worker_id
    LEFT JOIN programmes_ruling a ON a.worker_id = c.worker_id
    WHERE (f.id IS NOT NULL OR a.worker_id IS NOT NULL)"""
_NEXT = """
CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS
SELECT coalesce(f.id, a.worker_id) AS id, a.worker_id IS NULL AS is_new, f.id IS NULL AS is_gone,
       a.failing AS was_failing, a.missing AS was_missing,
       ARRAY[{failing}]::int[] AS failing, ARRAY[{missing}]::int[] AS missing,
       ARRAY[{since}]::date[] AS since
FROM {beside}
  AND (a.failing, a.missing) IS DISTINCT FROM (ARRAY[{failing}]::int[], ARRAY[{missing}]::int[])
"""
_EMPTY = "n.is_gone AND array_remove(n.failing, NULL) = '{}'"
_WRITES = (
    f"""INSERT INTO programmes_ruling (worker_id, failing, missing, since)
        SELECT n.id, n.failing, n.missing, n.since FROM pg_temp.{NEXT} n WHERE n.is_new
        ORDER BY n.id""",
    f"""DELETE FROM programmes_ruling r USING pg_temp.{NEXT} n WHERE r.worker_id = n.id AND {_EMPTY}""",
    f"""UPDATE programmes_ruling r SET failing = n.failing, missing = n.missing, since = n.since
        FROM pg_temp.{NEXT} n WHERE r.worker_id = n.id AND NOT n.is_new AND NOT ({_EMPTY})""",
)
_SHIFTS = f"""
SELECT u.place, u.was_failing, u.was_missing, u.failing, u.missing, count(*)
FROM pg_temp.{NEXT} n
CROSS JOIN LATERAL unnest(n.was_failing, n.was_missing, n.failing, n.missing)
    WITH ORDINALITY AS u (was_failing, was_missing, failing, missing, place)
WHERE (u.was_failing, u.was_missing) IS DISTINCT FROM (u.failing, u.missing)
GROUP BY 1, 2, 3, 4, 5
"""


def fill_found(rules: Sequence[BoundRule], *, is_whole: bool) -> None:
    """Answer the rules for everybody, or for those in ``CHANGED``, into ``FOUND``; facts read once."""
    statement = find_statement(rules, CATALOGUE, population=POPULATION if is_whole else _OF_CHANGED)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{FOUND}, pg_temp.{NEXT}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {FOUND} ON COMMIT DROP AS {statement.sql}",
            statement.parameters,
        )
        cursor.execute(f"ANALYZE pg_temp.{FOUND}")


def fill_next(places: Sequence[int], *, most: int, day: date, is_whole: bool) -> None:
    """Lay ``FOUND`` (its rules at these places of ``most``) beside what is kept, into ``NEXT``."""
    at = {place: number for number, place in enumerate(places)}
    told: dict[str, list[str]] = {"failing": [], "missing": [], "since": []}
    for place in range(1, most + 1):
        if place in at:
            now = {mask: f"f.{mask}_{at[place]}" for mask in ("failing", "missing")}
            since = f"""CASE WHEN f.id IS NULL THEN NULL
                WHEN (a.failing[{place}], a.missing[{place}]) IS DISTINCT FROM
                     ({now["failing"]}, {now["missing"]})
                THEN %(day)s ELSE a.since[{place}] END"""
        else:
            now = {mask: f"a.{mask}[{place}]" for mask in ("failing", "missing")}
            since = f"a.since[{place}]"
        for mask, said in (now | {"since": since}).items():
            told[mask].append(said)
    sql = _NEXT.format(
        table=NEXT,
        beside=_BESIDE_ALL if is_whole else _BESIDE_CHANGED,
        **{name: ", ".join(parts) for name, parts in told.items()},
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"day": day})
        cursor.execute(f"ANALYZE pg_temp.{NEXT}")


def write_next() -> None:
    """Write ``NEXT`` into what is kept; of whom nothing is left the row goes."""
    with connection.cursor() as cursor:
        for statement in _WRITES:
            cursor.execute(statement)


def shifts() -> dict[int, tuple[Histogram, Histogram]]:
    """Return by place what ``NEXT`` takes from the counts and what it adds; the added are written."""
    found: dict[int, tuple[Histogram, Histogram]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SHIFTS)
        for place, was_failing, was_missing, failing, missing, people in cursor.fetchall():
            taken, added = found.setdefault(place, (Counter(), Counter()))
            if was_failing is not None:
                taken[was_failing, was_missing] += people
            if failing is not None:
                added[failing, missing] += people
    return found


def count_found(rules: Sequence[BoundRule]) -> list[Histogram]:
    """Return how ``FOUND`` comes out, a rule each."""
    pairs = [f"(failing_{number}, missing_{number})" for number in range(len(rules))]
    columns = ", ".join(f"failing_{number}, missing_{number}" for number in range(len(rules)))
    found: list[Histogram] = [Counter() for _ in rules]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), {columns} FROM pg_temp.{FOUND}
                GROUP BY GROUPING SETS ({", ".join(pairs)})"""
        )
        for people, *masks in cursor.fetchall():
            # Masks are never NULL: the pair that is not belongs to the rule that is counted.
            at = next(n for n, mask in enumerate(masks) if mask is not None)
            found[at // 2][masks[at], masks[at + 1]] += people
    return found


def counting_row(bound: BoundRule, masks: Mapping[tuple[int, int], int]) -> list[int]:
    """Return what ``queries.ruling.counting_sql`` would select of people with these masks."""
    bits = range(len(bound.conditions))
    row = [
        sum(masks.values()),
        sum(n for (failing, missing), n in masks.items() if not failing and not missing),
        sum(n for (failing, _), n in masks.items() if failing),
        sum(n for (failing, missing), n in masks.items() if not failing and missing),
    ]
    for at in bits:
        for which in (0, 1):
            row.append(sum(n for pair, n in masks.items() if pair[which] >> at & 1))
    return row


def list_kept(code: str) -> dict[int, tuple[int, int]]:
    """Return what is kept of a rule by person: failing and missing conditions."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.worker_id, r.failing[k.place], r.missing[k.place]
               FROM programmes_ruling r JOIN programmes_keptrule k ON k.code = %(code)s
               WHERE r.worker_id > 0 AND r.failing[k.place] IS NOT NULL""",
            {"code": code},
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def plain_values(rule: dict[str, Any]) -> list[int]:
    """Return kept counts in the order of ``counting_row``."""
    answers = rule["answers"]
    clauses = [number for one in rule["clauses"] for number in (one["no"], one["unknown"])]
    return [rule["people"], answers["yes"], answers["no"], answers["unknown"], *clauses]
