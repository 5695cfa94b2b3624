"""Everything somebody can get, in a fixed number of statements however many offers are open.

One statement reads the offers (with the pool and the application that are his), one reads all facts
of all their rules. What is asked without signing in reads the offers alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.answering import Offered, answers_to, question_of, tests_of
from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.explaining import Explanation, Known, explain
from nuanxin.eligibility.rules.tree import Value
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.fact import Fact
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.offers import OfferRow
from nuanxin.programmes.queries.qualifying import bound_rules_of
from nuanxin.programmes.queries.ruling import get_known
from nuanxin.programmes.rules.can_get import MEMBER, Line, line_of, questions_in_order
from nuanxin.programmes.rules.definitions import Definition, all_definitions
from nuanxin.programmes.states import (
    ClaimState,
    Kind,
    OfferState,
    ReviewOutcome,
    ReviewState,
    Way,
)

MOST_OFFERS = 60
"""Offers on one page: those of one's own unions that close first."""
COUNTED = 500
"""Free places of a line are counted up to here; beyond it is «more than»."""
JOINED_ON, BORN_ON = "membership.joined_on", "people.birth_on"
GIVEN = "您刚才选的"


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An open offer before a person: the answer, and his live application where there is one."""

    row: OfferRow
    line: Line
    claim: ClaimState | None = None
    review: ReviewState | None = None


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A programme in force of which nothing is open now, and what its rule says."""

    definition: Definition
    line: Line


@dataclass(frozen=True, slots=True)
class CanGet:
    """All lines of one person. ``known`` are the facts read for him, by name."""

    offers: tuple[OfferLine, ...]
    services: tuple[ServiceLine, ...]
    known: Mapping[str, Known]
    day: date
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    row: OfferRow
    has_pool: bool | None
    claim: ClaimState | None
    review: ReviewState | None
    is_excepted: bool


_PERSON = """
    SELECT m.occupation, u.adcode, u.path FROM membership_membership m
    JOIN orgs_union u ON u.id = m.union_id
    WHERE m.worker_id = %(worker)s AND m.ended_on IS NULL AND m.retained_on IS NULL
    ORDER BY m.id LIMIT 1
"""
# Without signing in the place and the trade are those of the answers; NULL is not said.
_ANYBODY = """
    SELECT %(occupation)s::smallint AS occupation, %(area)s::int AS adcode, NULL::text AS path
"""
_OFFERS = f"""
WITH person AS ({{person}})
SELECT o.id, o.code, o.title, g.kind, g.code, o.state, o.way, o.places,
       CASE WHEN o.way IN (1, 5) THEN (SELECT count(*) FROM (
           SELECT 1 FROM programmes_freeseat s WHERE s.offer_id = o.id
           LIMIT {COUNTED + 1}) free) END,
       o.opens_at, o.closes_at, u.name, o.rule_code,
       EXISTS (SELECT 1 FROM programmes_pool q WHERE q.offer_id = o.id
           AND (q.region IS NULL OR p.adcode IS NULL OR q.region / 10000 = p.adcode / 10000
                AND (q.region %% 10000 = 0 OR q.region / 100 = p.adcode / 100
                     AND (q.region %% 100 = 0 OR p.adcode %% 100 = 0 OR q.region = p.adcode)))
           AND (q.occupation IS NULL OR p.occupation IS NULL OR q.occupation = p.occupation)
           AND (q.union_path = '' OR p.path IS NULL OR starts_with(p.path, q.union_path))),
       a.state, review.state, review.outcome
FROM programmes_offer o
JOIN programmes_programme g ON g.id = o.programme_id
JOIN orgs_union u ON u.id = o.union_id
LEFT JOIN person p ON true
LEFT JOIN programmes_application a
    ON a.offer_id = o.id AND a.worker_id = %(worker)s AND a.state IN (1, 2, 3, 4, 7)
LEFT JOIN LATERAL (
    SELECT r.state, r.outcome FROM programmes_humanreview r
    WHERE r.worker_id = %(worker)s AND r.offer_id = o.id AND r.state <> 4
    ORDER BY coalesce(r.outcome, 0) DESC, r.id DESC LIMIT 1
) review ON true
WHERE o.state = 2 AND o.closes_at > %(now)s AND {{whose}}
ORDER BY o.closes_at, o.id LIMIT {MOST_OFFERS + 1}
"""
_OF_HIS_UNIONS = "(p.path IS NULL OR starts_with(p.path, u.path) OR a.id IS NOT NULL)"
_OF_THE_AREA = """(%(area)s::int IS NULL OR u.adcode %% 10000 = 0
    OR u.adcode / 100 = %(area)s::int / 100)"""
_AREAS = """
SELECT DISTINCT u.adcode / 100 * 100 FROM programmes_offer o JOIN orgs_union u ON u.id = o.union_id
WHERE o.state = 2 AND o.closes_at > %(now)s AND u.adcode %% 10000 <> 0 ORDER BY 1 LIMIT 40
"""


def get_can_get(worker_id: int, *, now: datetime) -> CanGet:
    """Return what a worker can get, from the register as it is now; raise ``NotFound``."""
    day = business_day(now)
    offers = _open_offers(
        _PERSON, _OF_HIS_UNIONS, {"worker": worker_id, "now": now, "area": None, "occupation": None}
    )
    rules = _rules_of(offers, day)
    facts = facts_of(rules.values(), also=(MEMBER, JOINED_ON, BORN_ON))
    known, consents = get_known(worker_id, facts=facts, on=day)
    return _seen(offers, rules, known, consents, day)


def get_what_if(
    values: Mapping[str, Value], *, area: int | None, now: datetime
) -> CanGet:  # fmt: skip
    """Return what somebody of whom nothing is known but these answers could get; keeps nothing."""
    day = business_day(now)
    occupation = values.get("people.occupation")
    offers = _open_offers(
        _ANYBODY,
        _OF_THE_AREA,
        {"worker": None, "now": now, "area": area, "occupation": occupation},
    )
    known = {name: Known(value, GIVEN, day) for name, value in values.items()}
    consents = frozenset({int(ConsentPurpose.PROGRAMME_FACTS)})
    return _seen(offers, _rules_of(offers, day), known, consents, day)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a what-if, with its answers to choose and how many offers wait for it."""

    fact: Fact
    text: str
    answers: tuple[Offered, ...]
    offers: int


def list_questions(*, area: int | None, now: datetime) -> list[Question]:
    """Return what somebody of whom nothing is known is asked, what decides most offers first.

    Sensitive facts are not among them, nor what cannot be answered with one tap.
    """
    seen = get_what_if({}, area=area, now=now)
    rules = [one.line.told.bound for one in seen.offers if one.line.told is not None]
    ordered = questions_in_order((one.line for one in seen.offers), member=CATALOGUE.facts[MEMBER])
    return [
        Question(fact, question_of(fact), answers_to(fact, tests_of(fact, rules)), count)
        for fact, count in ordered
    ]


def list_areas(*, now: datetime) -> list[int]:
    """Return the cities whose unions have an offer open, as regions."""
    with connection.cursor() as cursor:
        cursor.execute(_AREAS, {"now": now})
        return [int(row[0]) for row in cursor.fetchall()]


def facts_of(rules: Iterable[BoundRule], *, also: Iterable[str] = ()) -> list[Fact]:
    """Return the facts that these rules ask for, each once, and those named in ``also``."""
    found = {regions.fact.name: regions.fact for rule in rules for regions in rule.facts}
    found |= {name: CATALOGUE.facts[name] for name in also}
    return list(found.values())


def _rules_of(offers: list[_Open], day: date) -> dict[str, BoundRule]:
    """Return the rules of the offers and of the programmes in force, by code."""
    codes = {one.row.rule_code for one in offers} | {one.rule for one in all_definitions()}
    return bound_rules_of(codes - {""}, day)


def _seen(
    offers: list[_Open],
    rules: Mapping[str, BoundRule],
    known: Mapping[str, Known],
    consents: frozenset[int],
    day: date,
) -> CanGet:
    told: dict[str, Explanation] = {
        code: explain(bound, known, consents=consents) for code, bound in rules.items()
    }
    said = known[MEMBER].value if MEMBER in known else None
    is_member = said if isinstance(said, bool) else None
    lines = tuple(
        OfferLine(
            one.row,
            line_of(
                told.get(one.row.rule_code),
                is_member=is_member,
                has_pool=one.has_pool,
                is_excepted=one.is_excepted,
            ),
            one.claim,
            one.review,
        )
        for one in offers[:MOST_OFFERS]
    )
    open_now = {one.row.programme for one in offers}
    services = tuple(
        ServiceLine(one, line_of(told[one.rule], is_member=True))
        for one in all_definitions()
        if one.rule in rules and one.code not in open_now and _is_in_force(rules[one.rule], day)
    )
    return CanGet(lines, services, known, day, is_cut=len(offers) > MOST_OFFERS)


def _is_in_force(bound: BoundRule, day: date) -> bool:
    rule = bound.rule
    return rule.valid_from <= day and (rule.valid_to is None or day <= rule.valid_to)


def _open_offers(person: str, whose: str, values: dict[str, Any]) -> list[_Open]:
    with connection.cursor() as cursor:
        cursor.execute(_OFFERS.format(person=person, whose=whose), values)
        rows = cursor.fetchall()
    return [_open(row) for row in rows]


def _open(row: Any) -> _Open:
    offer = OfferRow(
        id=row[0],
        code=row[1],
        title=row[2],
        kind=Kind(row[3]),
        programme=row[4],
        state=OfferState(row[5]),
        way=Way(row[6]),
        places=row[7],
        left=row[8],
        opens_at=row[9],
        closes_at=row[10],
        union_name=row[11],
        rule_code=row[12],
    )
    return _Open(
        offer,
        row[13],
        None if row[14] is None else ClaimState(row[14]),
        None if row[15] is None else ReviewState(row[15]),
        is_excepted=row[16] == ReviewOutcome.EXCEPTION,
    )
