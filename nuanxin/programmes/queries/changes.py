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
from nuanxin.kernel.fact import Fact
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.ruling import statement_of

CHANGED = "programmes_changed"
"""A table of the session: ``worker_id``, and ``fact`` where only the day moved that fact, else ''."""

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
_AGE = "extract(year FROM age(%({0})s::date, w.birth_on))"
_MONTHS = """(extract(year FROM age(%({0})s::date, m.joined_on)) * 12
    + extract(month FROM age(%({0})s::date, m.joined_on)))"""
_STEPS = {
    "people.age_years": f"""SELECT w.id FROM people_worker w
        WHERE {_AGE.format("day")} <> {_AGE.format("last")}""",
    "membership.months": f"""SELECT m.worker_id FROM membership_membership m
        WHERE {_MONTHS.format("day")} <> {_MONTHS.format("last")}""",
}
"""Facts that count time: whose value is another on the later day."""
_FOLLOWED = {"orgs_union", "programmes_offer", "programmes_programme"}
"""Read by facts beside a person's row: a union's change moves its members, the others never change."""
_READ = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)\b(?!\()")
_NEWER = "age({row}.xmin) <= age(%(horizon)s::text::xid)"


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
    facts = {regions.fact.name: regions.fact for bound in rules for regions in bound.facts}
    values: dict[str, Any] = {"horizon": horizon % (1 << 32), "last": last, "day": day}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{CHANGED}")
        cursor.execute(f"CREATE TEMPORARY TABLE {CHANGED} (worker_id bigint, fact text)")
        cursor.execute(_insert_of(facts), values)
        count = int(cursor.rowcount)
        cursor.execute(f"CREATE INDEX ON {CHANGED} (fact, worker_id)")
        cursor.execute(f"ANALYZE {CHANGED}")
    return count


def drop_changed() -> None:
    """Forget ``CHANGED``."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{CHANGED}")


def _insert_of(facts: dict[str, Fact]) -> str:
    tables = {table for fact in facts.values() for table in tables_of(fact)}
    if any(fact.consent for fact in facts.values()):
        tables.add("people_consent")
    newer = _NEWER.format(row="t")
    parts = [
        f"SELECT t.id FROM people_worker t WHERE {newer}",
        # Taken apart again: links went back, and the one that was kept may not have been touched.
        f"SELECT t.kept_id FROM people_merge t WHERE {newer}",
        *(
            f"SELECT t.worker_id FROM {table} t WHERE {newer} OR {_MOVES[table]}"
            for table in sorted(tables & _MOVES.keys() - {"people_worker"})
        ),
    ]
    if "orgs_union" in tables:
        parts.append(
            f"""SELECT m.worker_id FROM orgs_union t JOIN membership_membership m
                ON m.union_id = t.id WHERE {newer}"""
        )
    steps = [
        f"SELECT id, '{name}' FROM ({_STEPS[name]}) AS s (id)"
        for name in sorted(facts.keys() & _STEPS.keys())
    ]
    common = f"SELECT id, '' FROM ({' UNION '.join(parts)}) AS c (id)"
    return f"INSERT INTO {CHANGED} (worker_id, fact) " + " UNION ALL ".join([common, *steps])
