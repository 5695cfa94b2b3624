"""Whose answers can have changed since a rule was last applied: rows written since, days gone by.

A row says itself when it was written: its transaction (``xmin``). Whatever was written by one that is
not older than the horizon, the oldest that was under way when the rule was applied, is looked at
again; so no writer has to remember to tell, and none is missed. That is read from the rows of every
table that facts read. Beside it stand the facts that a day changes by itself: an age, a year gone by.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.predicates import OneOf, Predicate, Within
from nuanxin.kernel.fact import Fact
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.ruling import statement_of

CHANGED = "programmes_changed"
"""A table of the session: ``worker_id``, each once."""

_KEEPS = sorted({one.keeps_days for one in CATALOGUE.facts.values() if one.keeps_days})
_EXPIRED = " OR ".join(
    f"(t.stated_on >= %(last)s::date - {days} AND t.stated_on < %(day)s::date - {days})"
    for days in _KEEPS
)
_APPLIED = "(t.applied_at AT TIME ZONE 'Asia/Shanghai')::date"
_MOVES = {
    "people_worker": "false",
    "people_engagement": """(t.started_on > %(last)s AND t.started_on <= %(day)s)
        OR (t.ended_on >= %(last)s AND t.ended_on < %(day)s)""",
    "people_consent": "false",
    "membership_membership": """(t.started_on > %(last)s AND t.started_on <= %(day)s)
        OR (t.ended_on > %(last)s AND t.ended_on <= %(day)s)
        OR (t.retained_on > %(last)s AND t.retained_on <= %(day)s)""",
    "membership_joinapplication": "false",
    "programmes_statedfact": f"""(t.stated_on > %(last)s AND t.stated_on <= %(day)s)
        OR (t.valid_until >= %(last)s AND t.valid_until < %(day)s) OR {_EXPIRED}""",
    "programmes_application": f"""({_APPLIED} > %(last)s AND {_APPLIED} <= %(day)s)
        OR ({_APPLIED} >= (%(last)s::date - interval '12 months')::date
            AND {_APPLIED} < (%(day)s::date - interval '12 months')::date)""",
}
"""Tables that facts read, with when a row of theirs begins or ends to count as days go by."""
_YEARS = "extract(year FROM age(%({day})s::date, t.birth_on))"
_MONTHS = """(extract(year FROM age(%({day})s::date, t.joined_on)) * 12
    + extract(month FROM age(%({day})s::date, t.joined_on)))"""
_STEPS = {
    "people.age_years": ("people_worker", "birth_on", "1 year", _YEARS),
    "membership.months": ("membership_membership", "joined_on", "1 month", _MONTHS),
}
"""Facts that count time: table, the day they count from, what of, and the count."""
_SLACK = 4
"""Days that the calendar can hold a step back: there is no 31 February."""
_FOLLOWED = {"orgs_union", "programmes_offer", "programmes_programme"}
"""Read by facts beside a person's row: a union's change moves its members, the others never change."""
_READ = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b(?!\()")
_NEWER = "age(t.xmin) <= (SELECT age(%(horizon)s::text::xid))"


@dataclass(frozen=True, slots=True)
class Ground:
    """The state of the database that answers are reckoned from."""

    horizon: int
    database: str


def ground_now() -> Ground:
    """Return the state now: what is written from here on has no older transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
                      (SELECT system_identifier FROM pg_control_system())::text || '.' ||
                      (SELECT oid FROM pg_database WHERE datname = current_database())::text"""
        )
        return Ground(*cursor.fetchone())


def statement_digest(bound: BoundRule) -> str:
    """Return what the statement of a rule is known by, whatever the day: text and values."""
    statement = statement_of(bound)
    values = sorted((k, repr(v)) for k, v in statement.parameters.items() if k != "day")
    return hashlib.sha256(repr((statement.sql, values)).encode()).hexdigest()


def tables_of(fact: Fact) -> set[str]:
    """Return the tables that a fact reads beside the person's own row."""
    return set(_READ.findall(CATALOGUE.sql_of(fact)))


def days_followed() -> set[str]:
    """Return the columns of which it is known that they begin or end to count on a day."""
    return set(re.findall(r"\bt\.([a-z]+_(?:on|at|until))", " ".join(_MOVES.values())))


def can_follow(rules: Sequence[BoundRule]) -> bool:
    """Return whether it is known of every fact of these rules what changes it."""
    facts = {regions.fact.name: regions.fact for bound in rules for regions in bound.facts}
    return all(
        tables_of(fact) <= _MOVES.keys() | _FOLLOWED
        and ("age(" not in CATALOGUE.sql_of(fact) or name in _STEPS)
        for name, fact in facts.items()
    )


def find_changed(rules: Sequence[BoundRule], *, horizon: int, last: date, day: date) -> int:
    """Fill ``CHANGED`` with everybody whose answer to one of the rules can be another; return how many.

    Since the horizon, and from ``last`` to ``day``. More than whose answer has changed, never fewer.
    """
    values: dict[str, Any] = {"horizon": horizon % (1 << 32), "last": last, "day": day}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{CHANGED}")
        found = _changed_sql(rules, days_passed=day > last)
        cursor.execute(f"CREATE TEMPORARY TABLE {CHANGED} AS {found}", values)
        cursor.execute(f"ANALYZE {CHANGED}")
        cursor.execute(f"SELECT count(*) FROM {CHANGED}")
        return int(cursor.fetchone()[0])


def drop_changed() -> None:
    """Forget ``CHANGED``."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{CHANGED}")


def _changed_sql(rules: Sequence[BoundRule], *, days_passed: bool) -> str:
    facts = {regions.fact.name: regions.fact for bound in rules for regions in bound.facts}
    tables = {table for fact in facts.values() for table in tables_of(fact)}
    moves: dict[str, list[str]] = {}
    if days_passed:
        moves = {table: [said] for table, said in _MOVES.items() if table in tables}
        for name in facts.keys() & _STEPS.keys():
            moves.setdefault(_STEPS[name][0], []).extend(steps_over(name, rules))
    parts = [
        # Erased since: counted off from what was kept of him (``models.Ruling``).
        "SELECT t.worker_id FROM programmes_ruling t WHERE t.worker_id < 0",
        # Taken apart again: links went back, and the one that was kept may not have been touched.
        f"SELECT t.kept_id FROM people_merge t WHERE {_NEWER}",
    ]
    for table in sorted((tables & _MOVES.keys()) | {"people_worker"}):
        key = "id" if table == "people_worker" else "worker_id"
        asked = " OR ".join([_NEWER, *moves.get(table, [])])
        parts.append(f"SELECT t.{key} FROM {table} t WHERE {asked}")
    if "orgs_union" in tables:
        parts.append(
            f"""SELECT m.worker_id FROM orgs_union t JOIN membership_membership m
                ON m.union_id = t.id WHERE {_NEWER}"""
        )
    return " UNION ".join(parts)


def steps_over(name: str, rules: Sequence[BoundRule]) -> list[str]:
    """Return when a fact that counts time steps over a number at which a rule changes its mind.

    The day tells who comes near it; of them the count tells whose step it is.
    """
    _, column, unit, count = _STEPS[name]
    steps = f"{count.format(day='day')} <> {count.format(day='last')}"
    return [
        f"""(t.{column} > (%(last)s::date - {number} * interval '{unit}')::date - {_SLACK}
             AND t.{column} <= (%(day)s::date - {number} * interval '{unit}')::date + {_SLACK}
             AND {steps})"""
        for number in sorted(_turns(name, rules))
    ]


def _turns(name: str, rules: Sequence[BoundRule]) -> set[int]:
    """Return the counts from which on a test of the fact can come out otherwise."""
    found: set[int] = set()
    for test in (
        test
        for bound in rules
        for regions in bound.facts
        if regions.fact.name == name
        for test in regions.tests
    ):
        found |= {turn for low, high in _spans_of(test) for turn in (low, high) if turn is not None}
    # Counts below 0 are cut off towards it, a unit late.
    return found | {turn - 1 for turn in found if turn <= 0}


def _spans_of(test: Predicate) -> list[tuple[int | None, int | None]]:
    """Return from which number on it holds, and from which on it does no more."""
    if isinstance(test, OneOf):
        return [(int(value), int(value) + 1) for value in test.values if isinstance(value, int)]
    assert isinstance(test, Within)  # a count is a number
    low, high = test.low, test.high
    return [(low if isinstance(low, int) else None, high + 1 if isinstance(high, int) else None)]
