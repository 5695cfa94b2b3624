"""Whom one fact alone keeps from an answer: which facts may be asked for so, and the sets that find him.

Two tables of the transaction carry a night: ``ONE_CANDIDATES``, members whose kept answer lacks only
conditions that one such fact stands in, and ``ONE_DECIDED``, those of whom the rule, read anew, says
that this fact decides alone.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.answering import answers_to, tests_of
from nuanxin.eligibility.rules.binding import Bound, BoundRule, Test
from nuanxin.eligibility.rules.statement import Statement, deciding_statement
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.fact import Fact, FactType, Sensitivity
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.period import Month
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.finding import (
    FOUND,
    LATELY,
    LEFT_TONIGHT,
    OPEN_OFFERS,
    finding_values,
)
from nuanxin.programmes.queries.qualifying import bound_rules_of
from nuanxin.programmes.queries.stated import STATEABLE
from nuanxin.programmes.rules.attestable import attestable
from nuanxin.programmes.states import NO_ONE_FACT

CANDIDATES = "programmes_one_candidates"
DECIDED = "programmes_one_decided"
WANTS_ONE_FACT = f"""NOT EXISTS (SELECT 1 FROM programmes_reminderoff off
    WHERE off.worker_id = {{worker}} AND off.kind = '{NO_ONE_FACT}')"""
"""Of trusted names: he has not turned off being told that one fact is missing."""


def may_be_asked_for(fact: Fact, bound: BoundRule) -> bool:
    """Return whether a fact is one that a person may be told he lacks.

    One that he states with a tap on the page behind the link, or that somebody attests. A sensitive
    one only with a legal basis and a consent of its own, which is asked for each person.
    """
    is_tapped = bool(fact.choices) or fact.type is FactType.BOOLEAN
    if fact.sensitivity is Sensitivity.SENSITIVE:
        has_answers = bool(answers_to(fact, tests_of(fact, [bound])))
        return bool(fact.legal_basis) and fact.consent is not None and has_answers
    return (fact.name in STATEABLE and is_tapped) or attestable(fact.name) is not None


def facts_to_tell(bound: BoundRule) -> list[int]:
    """Return the numbers of a rule's facts that a person may be told he lacks."""
    return [
        number
        for number, regions in enumerate(bound.facts)
        if may_be_asked_for(regions.fact, bound)
    ]


def deciding_of(bound: BoundRule, population: str) -> Statement:
    """Return the statement that finds, among these people, whom one such fact alone is missing of."""
    return deciding_statement(bound, CATALOGUE, population=population, facts=facts_to_tell(bound))


def open_rules(on: date, now: datetime) -> dict[str, BoundRule]:
    """Return the rules of open offers that ask for such a fact, as they read on a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT rule_code FROM programmes_offer"
            " WHERE state = 2 AND opens_at <= %(now)s AND closes_at > %(now)s LIMIT 500",
            {"now": now},
        )
        codes = [row[0] for row in cursor.fetchall()]
    found = bound_rules_of(codes, on)
    return {code: bound for code, bound in found.items() if facts_to_tell(bound)}


def told_values(rules: Iterable[BoundRule]) -> dict[str, Any]:
    """Return what of the facts goes into notices: names, labels and which are attested, not stated.

    A sensitive fact's label stays out of a notice, which lies open on a telephone.
    """
    facts = {
        bound.facts[number].fact.name: bound.facts[number].fact
        for bound in rules
        for number in facts_to_tell(bound)
    }
    secret = {name for name, fact in facts.items() if fact.sensitivity is Sensitivity.SENSITIVE}
    return {
        "facts": list(facts),
        "labels": ["" if name in secret else fact.label for name, fact in facts.items()],
        "attested": [name not in STATEABLE and name not in secret for name in facts],
    }


def standing_in(bound: BoundRule, number: int) -> int:
    """Return the bits of the conditions in which a fact stands."""
    return sum(1 << at for at, one in enumerate(bound.conditions) if number in _facts_in(one))


def _facts_in(bound: Bound) -> set[int]:
    if isinstance(bound, Test):
        return {bound.fact}
    return set().union(*(_facts_in(part) for part in bound.parts))


# What one fact leaves open are conditions that it stands in: nobody else is looked at.
_FILL = f"""
CREATE TEMPORARY TABLE {CANDIDATES} ON COMMIT DROP AS
WITH {OPEN_OFFERS}, lacking AS (
    SELECT * FROM unnest(%(codes)s::text[], %(reach)s::int[]) AS l (rule_code, reach)
), reachable AS MATERIALIZED ({
    FOUND.format(
        answers="r.failing[o.place] = 0 AND r.missing[o.place] <> 0",
        besides="EXISTS (SELECT 1 FROM lacking l WHERE l.rule_code = o.rule_code"
        " AND r.missing[o.place] & ~l.reach = 0)"
        f" AND {WANTS_ONE_FACT.format(worker='m.worker_id')}",
    )
})
SELECT f.*, o.rule_code FROM reachable f JOIN offer o ON o.id = f.offer_id
"""
_TABLE = f"""
CREATE TEMPORARY TABLE {DECIDED} (worker_id bigint, rule_code text, fact text) ON COMMIT DROP
"""
_OF_RULE = f"""(SELECT DISTINCT worker_id FROM pg_temp.{CANDIDATES}
    WHERE rule_code = %(rule)s) c JOIN people_worker w ON w.id = c.worker_id"""
# Each fact once, for the offer that closes first: the answer serves the others too. Of one person no
# more than he hears of in a week and is asked in a month.
CHOSEN_FACTS = f"""
WITH {LATELY}, this_month AS MATERIALIZED (
    SELECT worker_id, count(*) AS asked FROM programmes_offerreminder
    WHERE fact <> '' AND found_on >= %(month)s AND dropped_at IS NULL GROUP BY worker_id
), once AS (
    SELECT DISTINCT ON (c.worker_id, d.fact) c.offer_id, c.worker_id, c.trade, c.closes_at, d.fact
    FROM pg_temp.{CANDIDATES} c
    JOIN pg_temp.{DECIDED} d ON d.worker_id = c.worker_id AND d.rule_code = c.rule_code
    WHERE NOT EXISTS (SELECT 1 FROM programmes_offerreminder n
                      WHERE n.offer_id = c.offer_id AND n.worker_id = c.worker_id
                        AND n.fact IN (d.fact, ''))
      AND NOT EXISTS (SELECT 1 FROM programmes_offerreminder n
                      WHERE n.worker_id = c.worker_id AND n.fact = d.fact
                        AND n.told_at IS NULL AND n.dropped_at IS NULL)
    ORDER BY c.worker_id, d.fact, c.closes_at, c.offer_id
), ranked AS (
    SELECT o.*, coalesce(l.heard, 0) AS heard, coalesce(t.asked, 0) AS asked, row_number() OVER (
        PARTITION BY o.worker_id ORDER BY o.closes_at, o.offer_id, o.fact) AS nth
    FROM once o LEFT JOIN lately l ON l.worker_id = o.worker_id
    LEFT JOIN this_month t ON t.worker_id = o.worker_id
), chosen AS MATERIALIZED (
    SELECT offer_id, worker_id, trade, fact FROM ranked
    WHERE nth + heard <= %(weekly)s AND nth + asked <= %(monthly)s
    ORDER BY closes_at, offer_id, nth, worker_id
    LIMIT {LEFT_TONIGHT}
)
"""


def one_fact_monthly(now: datetime) -> int:
    """Return how often in a month one person is told at most that one fact is missing."""
    return int(parameter("programmes.one_fact_monthly", adcode=NATION, on=business_day(now)).value)


def one_fact_values(now: datetime) -> dict[str, Any]:
    """Return what ``CHOSEN_FACTS`` asks for, from the parameters in force."""
    month = Month.of(business_day(now)).start
    return finding_values(now) | {"monthly": one_fact_monthly(now), "month": month}


def fill_decided(rules: dict[str, BoundRule], *, now: datetime) -> None:
    """Fill ``CANDIDATES`` and ``DECIDED``: a few statements in all, and one a rule.

    In a transaction, at whose end they go, as with ``drop_decided`` before.
    """
    reach = [
        (code, standing_in(bound, number))
        for code, bound in rules.items()
        for number in facts_to_tell(bound)
    ]
    values = finding_values(now) | {
        "codes": [code for code, _ in reach],
        "reach": [bits for _, bits in reach],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL, values)
        cursor.execute(_TABLE)
        cursor.execute(f"ANALYZE pg_temp.{CANDIDATES}")
        for code, bound in rules.items():
            found = deciding_of(bound, _OF_RULE)
            names = [regions.fact.name for regions in bound.facts]
            cursor.execute(
                f"INSERT INTO pg_temp.{DECIDED} SELECT d.id, %(rule)s, (%(names)s::text[])[d.fact + 1]"
                f" FROM ({found.sql}) d",
                found.parameters | {"rule": code, "names": names},
            )
        cursor.execute(f"ANALYZE pg_temp.{DECIDED}")


def drop_decided() -> None:
    """Drop both tables: a transaction may find again."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE pg_temp.{CANDIDATES}, pg_temp.{DECIDED}")
