"""Who newly fits an open offer and may be told: the one reading that the night writes from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.people.states import ConsentPurpose

WEEK = timedelta(days=7)
FRESH = timedelta(days=2)
"""Answers older than this tell nobody: who fitted then may not fit now."""

MAY_BE_TOLD = """EXISTS (SELECT 1 FROM people_consent c WHERE c.worker_id = {worker}
      AND c.purpose = %(consent)s AND c.withdrawn_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM programmes_reminderoff off
                  WHERE off.worker_id = {worker} AND off.kind = {kind})"""
"""Of trusted names: he has agreed to be told of services, and not turned this kind off."""
NOT_ASKED = """NOT EXISTS (SELECT 1 FROM programmes_application a
                  WHERE a.worker_id = {worker} AND a.offer_id = {offer})"""
"""He has not applied, nor taken an application back."""

OPEN_OFFERS = """offer AS MATERIALIZED (
    SELECT o.id, o.code, o.closes_at, o.rule_code, g.kind, k.place, u.path
    FROM programmes_offer o JOIN programmes_programme g ON g.id = o.programme_id
    JOIN programmes_keptrule k ON k.code = o.rule_code AND k.applied_at > %(fresh)s
    JOIN orgs_union u ON u.id = o.union_id
    WHERE o.state = 2 AND o.opens_at <= %(now)s AND o.closes_at > %(now)s
      AND (o.way NOT IN (1, 5) OR EXISTS (
          SELECT 1 FROM programmes_freeseat s WHERE s.offer_id = o.id))
)"""
"""Offers that somebody may be told of: given at once only while a place is left."""

# Only members below the union that offers, in a pool that is theirs. Of trusted text: which of the
# kept answers ``r`` are meant, and what else is asked of member ``m`` and offer ``o``.
FOUND = f"""
    SELECT o.id AS offer_id, o.closes_at, m.worker_id, coalesce(m.occupation, 0) AS trade
    FROM offer o
    JOIN programmes_ruling r ON {{answers}}
    JOIN membership_membership m
        ON m.worker_id = r.worker_id AND m.ended_on IS NULL AND m.retained_on IS NULL
    JOIN orgs_union u ON u.id = m.union_id AND starts_with(u.path, o.path)
    JOIN people_worker w
        ON w.id = m.worker_id AND w.merged_into_id IS NULL AND w.erased_at IS NULL
    WHERE {MAY_BE_TOLD.format(worker="m.worker_id", kind="o.kind")}
      AND {NOT_ASKED.format(worker="m.worker_id", offer="o.id")}
      AND {{besides}}
      AND EXISTS (
          SELECT 1 FROM programmes_pool q WHERE q.offer_id = o.id
            AND (q.region IS NULL
                 OR q.region IN (u.adcode, u.adcode / 100 * 100, u.adcode / 10000 * 10000))
            AND (q.occupation IS NULL OR q.occupation = m.occupation)
            AND (q.union_path = '' OR starts_with(u.path, q.union_path)))
"""
LATELY = """lately AS MATERIALIZED (
    SELECT worker_id, count(*) AS heard FROM programmes_offerreminder
    WHERE found_on > %(week_ago)s AND dropped_at IS NULL GROUP BY worker_id
)"""
"""How much everybody was told in a week, whatever of."""
LEFT_TONIGHT = """greatest(0, %(nightly)s - (SELECT count(*) FROM programmes_offerreminder
                                     WHERE found_on = %(day)s))"""
_FITTING = FOUND.format(
    answers="r.failing[o.place] = 0 AND r.missing[o.place] = 0",
    besides="""NOT EXISTS (SELECT 1 FROM programmes_offerreminder n
                      WHERE n.offer_id = o.id AND n.worker_id = m.worker_id AND n.fact = '')""",
)
# Of one person the offers that close first, no more than he hears of in a week.
CHOSEN = f"""
WITH {OPEN_OFFERS}, fits AS MATERIALIZED ({_FITTING}), {LATELY}, ranked AS (
    SELECT f.offer_id, f.worker_id, f.trade, f.closes_at, coalesce(l.heard, 0)
        + row_number() OVER (PARTITION BY f.worker_id ORDER BY f.closes_at, f.offer_id) AS nth
    FROM fits f LEFT JOIN lately l ON l.worker_id = f.worker_id
), chosen AS MATERIALIZED (
    SELECT offer_id, worker_id, trade FROM ranked WHERE nth <= %(weekly)s
    ORDER BY closes_at, offer_id, nth, worker_id
    LIMIT {LEFT_TONIGHT}
)
"""
_PREVIEW = f"""{CHOSEN}
SELECT o.code,
       (SELECT count(*) FROM fits f WHERE f.offer_id = o.id),
       (SELECT count(*) FROM chosen c WHERE c.offer_id = o.id)
FROM offer o ORDER BY o.closes_at, o.id
"""


AS_SETS = "SET LOCAL enable_nestloop = off"
"""Before ``CHOSEN``, in its transaction: one offer is thought to fit one person, and a million are then
looked up one by one, against every reminder there is."""


@dataclass(frozen=True, slots=True)
class OfferFinds:
    """An open offer: how many newly fit and may be told, and how many of them would be tonight."""

    code: str
    fit: int
    chosen: int


def finding_values(now: datetime) -> dict[str, Any]:
    """Return what ``CHOSEN`` asks for, from the parameters in force."""
    day = business_day(now)
    return {
        "now": now,
        "day": day,
        "week_ago": day - WEEK,
        "fresh": now - FRESH,
        "consent": int(ConsentPurpose.SERVICE_NOTICES),
        "weekly": parameter("programmes.reminders_weekly", adcode=NATION, on=day).value,
        "nightly": parameter("programmes.reminders_nightly", adcode=NATION, on=day).value,
    }


def preview_finds(*, now: datetime) -> list[OfferFinds]:
    """Return for each open offer with answers of its rule what the night would find; writes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(AS_SETS)
        cursor.execute(_PREVIEW, finding_values(now))
        return [OfferFinds(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class ReminderCounts:
    """What became of finding for one offer. ``opened`` and ``applied`` are of those told.

    Those are of who fits; ``one_fact`` is how many were told that one fact is missing, ``answered``
    how many of them were found to fit, or applied, afterwards.
    """

    found: int
    told: int
    waiting: int
    dropped: int
    opened: int
    applied: int
    one_fact: int = 0
    answered: int = 0


_COUNTS = f"""
SELECT count(*) FILTER (WHERE n.fact = ''), count(n.told_at) FILTER (WHERE n.fact = ''),
       count(*) FILTER (WHERE n.fact = '' AND n.told_at IS NULL AND n.dropped_at IS NULL),
       count(n.dropped_at) FILTER (WHERE n.fact = ''),
       count(*) FILTER (WHERE n.fact = '' AND s.read_at IS NOT NULL),
       count(*) FILTER (WHERE n.fact = '' AND n.told_at IS NOT NULL AND NOT
           {NOT_ASKED.format(worker="n.worker_id", offer="n.offer_id")}),
       count(DISTINCT n.worker_id) FILTER (WHERE n.fact <> '' AND n.told_at IS NOT NULL),
       count(DISTINCT n.worker_id) FILTER (WHERE n.fact <> '' AND n.told_at IS NOT NULL AND (
           NOT {NOT_ASKED.format(worker="n.worker_id", offer="n.offer_id")}
           OR EXISTS (SELECT 1 FROM programmes_offerreminder y WHERE y.fact = ''
                      AND y.offer_id = n.offer_id AND y.worker_id = n.worker_id)))
FROM programmes_offerreminder n LEFT JOIN notices_notice s ON s.id = n.notice_id
WHERE n.offer_id = %(offer)s
"""


def count_reminders(offer_id: int) -> ReminderCounts:
    """Return how many were found for an offer, told, and what they did; the scope was checked."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"offer": offer_id})
        return ReminderCounts(*cursor.fetchone())


def list_kinds_off(worker_id: int) -> frozenset[str]:
    """Return the kinds of programmes that a person wants to hear nothing of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind FROM programmes_reminderoff WHERE worker_id = %s LIMIT 50", [worker_id]
        )
        return frozenset(row[0] for row in cursor.fetchall())
