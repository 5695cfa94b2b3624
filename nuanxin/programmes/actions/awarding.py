"""Places given after the applications are in: by points, by need, or by a draw that is verified.

Where the offer has days of 公示, they are proposed and posted first, and final only when the days are
over and every objection is answered (``finish_publicity``; the database refuses it before).

All three end alike: an ordered choice within pools (``kernel.draw.choose``), seats filled in one
statement, everybody else on the waiting list in the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel import draw as lots
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.notices.actions.telling import notify_many
from nuanxin.programmes.actions.offers import _for_update, _move
from nuanxin.programmes.actions.passing_on import pass_on_places
from nuanxin.programmes.actions.posting import post_list, propose_next
from nuanxin.programmes.models import Application, Draw, Objection, Offer, Pool, PublicNotice
from nuanxin.programmes.models.parties import MOST
from nuanxin.programmes.rules.publicity import may_finish
from nuanxin.programmes.states import (
    ClaimState,
    ObjectionState,
    OfferState,
    Way,
    check_offer_move,
)
from nuanxin.records.actions import append_event

MOST_APPLICANTS = 500_000
LARGEST_POINTS = 10**9


@dataclass(frozen=True, slots=True)
class Awarded:
    """How many have a place now, and how many wait."""

    granted: int
    waiting: int


_APPLICANTS = """
SELECT a.id, p.ordinal, a.is_directed, a.points, h.household_id
FROM programmes_application a JOIN programmes_pool p ON p.id = a.pool_id
LEFT JOIN people_householdmember h ON h.worker_id = a.worker_id AND h.to_on IS NULL
WHERE a.offer_id = %(offer)s AND a.state = 1 ORDER BY a.id LIMIT %(limit)s
"""
# Seats of the pool first; what overflows takes a seat that another pool has left, and takes it over.
_ASSIGN = """
WITH chosen AS (
    SELECT c.id, p.id AS pool, c.number,
           row_number() OVER (PARTITION BY p.id ORDER BY c.number) AS nth
    FROM unnest(%(ids)s::bigint[], %(pools)s::int[]) WITH ORDINALITY AS c (id, pool, number)
    JOIN programmes_pool p ON p.offer_id = %(offer)s AND p.ordinal = c.pool
), free AS (
    SELECT s.id, s.pool_id, row_number() OVER (PARTITION BY s.pool_id ORDER BY s.ordinal) AS nth
    FROM programmes_freeseat s WHERE s.offer_id = %(offer)s
), own AS (
    SELECT c.id, f.id AS seat, c.pool FROM chosen c
    JOIN free f ON f.pool_id = c.pool AND f.nth = c.nth
), others AS (
    SELECT c.id, c.pool, row_number() OVER (ORDER BY c.number) AS nth
    FROM chosen c WHERE c.id NOT IN (SELECT id FROM own)
), spare AS (
    SELECT f.id AS seat, row_number() OVER (ORDER BY f.id) AS nth
    FROM free f WHERE f.id NOT IN (SELECT seat FROM own)
), given AS (
    SELECT id, seat, pool FROM own
    UNION ALL SELECT o.id, s.seat, o.pool FROM others o JOIN spare s ON s.nth = o.nth
), opened AS (
    UPDATE programmes_seat s SET pool_id = g.pool, is_directed = false FROM given g
    WHERE s.id = g.seat RETURNING s.id
), granted AS (
    UPDATE programmes_application a SET state = %(state)s, seat_id = g.seat, taken_at = %(now)s
    FROM given g JOIN opened o ON o.id = g.seat
    WHERE a.id = g.id AND a.state = 1 RETURNING a.id
)
SELECT count(*) FROM granted
"""
_WAIT = """
UPDATE programmes_application a SET state = 2, rank = w.rank
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS w (id, rank)
WHERE a.id = w.id AND a.state = 1
"""
# Households that drew together wait together: what frees is given to all of them, or goes past them.
_HOUSEHOLDS_WAIT = """
WITH homes AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('programmes_party', 'id')) AS party, h.*
    FROM (SELECT a.pool_id, array_agg(a.id) AS ids, count(*) AS persons
          FROM programmes_application a
          JOIN people_householdmember m ON m.worker_id = a.worker_id AND m.to_on IS NULL
          WHERE a.offer_id = %(offer)s AND a.state = 2 AND a.party_id IS NULL
          GROUP BY m.household_id, a.pool_id HAVING count(*) BETWEEN 2 AND %(most)s) h
), made AS (
    INSERT INTO programmes_party (id, offer_id, pool_id, persons, skipped, created_at)
    SELECT h.party, %(offer)s, h.pool_id, h.persons, 0, %(now)s FROM homes h
)
UPDATE programmes_application a SET party_id = h.party FROM homes h WHERE a.id = ANY (h.ids)
"""


@transaction.atomic
def award_by_points(*, offer_id: int, actor: Actor, now: datetime) -> Awarded:
    """Give places by points, the most first, equal ones to who applied first.

    Who has no points stands behind everybody who has. Raises ``Conflict`` programmes.wrong_way.
    """
    offer = _closed(offer_id, actor, (Way.SCORE, Way.NEED), now)
    units: dict[str, list[lots.Unit]] = {name: [] for name, _, _ in _strata(offer)}
    for claim_id, pool, is_directed, points, _ in _applicants(offer):
        order = f"{LARGEST_POINTS - (points if points is not None else -1):011d}{claim_id:020d}"
        units[str(pool)].append((order, order, [(str(claim_id), "", str(pool), is_directed)]))
    for waiting in units.values():
        waiting.sort()
    winners, behind = lots.choose(units, _strata(offer), offer.overflows)
    winning = [(int(unit[2][0][0]), int(unit[2][0][2])) for unit, _ in winners]
    return _settle(
        offer, winning, [int(u[2][0][0]) for units in behind.values() for u in units], actor, now
    )


@transaction.atomic
def commit_draw(*, offer_id: int, seed: dict[str, Any], actor: Actor, now: datetime) -> Draw:
    """Commit the applicants and the terms of a draw: from now on nothing of it changes.

    ``seed`` is as ``kernel.draw`` says. Raises ``Conflict`` programmes.wrong_way, draw.empty,
    draw.committed.
    """
    offer = _closed(offer_id, actor, (Way.DRAW,), now)
    if Draw.objects.filter(offer=offer).exists():
        raise Conflict("draw.committed", "这一期的名单已经封存过了，不能再改。")
    told = {
        "title": offer.title,
        "strata": [
            {"name": name, "places": places, "directed": directed}
            for name, places, directed in _strata(offer)
        ],
        "overflow": offer.overflows,
        "seed": seed,
        "entrants": [
            {
                "id": str(claim_id),
                "household": str(household) if household else "",
                "stratum": str(pool),
                "directed": is_directed,
            }
            for claim_id, pool, is_directed, _, household in _applicants(offer)
        ],
    }
    try:
        committed = lots.commit(_households_in_one_pool(told))
    except lots.DrawRefused as refused:
        raise Conflict(refused.code, refused.message) from None
    made = Draw.objects.create(
        offer=offer,
        committed=committed,
        commitment=committed["commitment"],
        committed_at=now,
        committed_by=actor.account_id,
        committed_by_name=actor.name[:60],
    )
    if offer.state == OfferState.OPEN:
        _move(offer, OfferState.CLOSED, actor, now)
    _record("programmes.draw_committed", offer, actor, now, {"commitment": made.commitment})
    return made


def _households_in_one_pool(told: dict[str, Any]) -> dict[str, Any]:
    """Let members of a household who stand in different pools draw each for himself."""
    pools: dict[str, set[str]] = {}
    for one in told["entrants"]:
        pools.setdefault(one["household"], set()).add(one["stratum"])
    for one in told["entrants"]:
        if len(pools[one["household"]]) > 1:
            one["household"] = ""
    return told


@transaction.atomic
def run_draw(
    *,
    offer_id: int,
    value: str | None,
    revealed: dict[str, str] | None,
    actor: Actor,
    now: datetime,
) -> Awarded:
    """Draw with the public value (or the numbers revealed), once; places are given as drawn.

    Raises ``Conflict`` draw.* when the value lacks, a seal does not fit, or it was drawn already.
    Who withdrew after the commitment stays in the file and gives his place on.
    """
    offer = _for_update(offer_id, actor)
    made = Draw.objects.select_for_update().filter(offer=offer).first()
    if made is None:
        raise Conflict("draw.not_committed", "名单还没有封存。先封存并公布指纹。")
    if made.done is not None:
        raise Conflict("draw.run", "这一期已经抽过了。一份名单只抽一次。")
    check_offer_move(OfferState(offer.state), OfferState.AWARDED)
    try:
        done = lots.run(made.committed, value, revealed)
    except lots.DrawRefused as refused:
        raise Conflict(refused.code, refused.message) from None
    made.done, made.drawn_at = done, now
    made.drawn_by, made.drawn_by_name = actor.account_id, actor.name[:60]
    made.save(update_fields=["done", "drawn_at", "drawn_by", "drawn_by_name"])
    winners = [(int(one["id"]), int(one["stratum"])) for one in done["result"]["winners"]]
    waiting = [int(one["id"]) for one in done["result"]["reserves"]]
    return _settle(offer, winners, waiting, actor, now)


def _settle(
    offer: Offer,
    winners: Sequence[tuple[int, int]],
    waiting: Sequence[int],
    actor: Actor,
    now: datetime,
) -> Awarded:
    proposed = offer.publicity_days > 0
    values: dict[str, Any] = {
        "offer": offer.id,
        "ids": [one[0] for one in winners],
        "pools": [one[1] for one in winners],
        "state": int(ClaimState.PROPOSED if proposed else ClaimState.CONFIRMED),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, values)
        granted = int(cursor.fetchone()[0])
        cursor.execute(_WAIT, {"ids": list(waiting)})
        if offer.way == Way.DRAW:
            cursor.execute(_HOUSEHOLDS_WAIT, {"offer": offer.id, "most": MOST, "now": now})
    if proposed:
        return _post(offer, granted, len(waiting), actor, now)
    for pool in Pool.objects.filter(offer=offer).order_by("ordinal"):  # of who withdrew meanwhile
        pass_on_places(pool_id=pool.id, hours=offer.confirm_hours, now=now)
    _move(offer, OfferState.AWARDED, actor, now, awarded_at=now)
    _record("programmes.awarded", offer, actor, now, {"granted": granted, "waiting": len(waiting)})
    return Awarded(granted, len(waiting))


def _post(offer: Offer, granted: int, waiting: int, actor: Actor, now: datetime) -> Awarded:
    """Post who is proposed, with those who move up for who withdrew; nobody there: award nobody."""
    moved = len(propose_next(offer, now=now))
    if post_list(offer, actor=actor, now=now) is None:
        _move(offer, OfferState.AWARDED, actor, now, awarded_at=now)
    else:
        _move(offer, OfferState.PUBLICITY, actor, now)
    return Awarded(granted + moved, waiting - moved)


@transaction.atomic
def post_claimed(*, offer_id: int, actor: Actor, now: datetime) -> Awarded:
    """Post those who took a place at once, where the offer has days of 公示.

    Raises ``Conflict`` programmes.wrong_way, programmes.still_open, programmes.still_kept.
    """
    offer = _closed(offer_id, actor, (Way.FIRST_COME, Way.SLOT), now)
    if not offer.publicity_days:
        raise Conflict("programmes.no_publicity", "这一期不用公示，名额点了就定。")
    claims = Application.objects.filter(offer=offer)
    if claims.filter(state=ClaimState.GRANTED).exists():
        raise Conflict(
            "programmes.still_kept", "还有名额留着等人确认。等他们确认了，或者过了时间，再公示。"
        )
    granted = claims.filter(state=ClaimState.CONFIRMED).update(state=ClaimState.PROPOSED)
    waiting = claims.filter(state=ClaimState.WAITING).count()
    return _post(offer, granted, waiting, actor, now)


@transaction.atomic
def finish_publicity(*, offer_id: int, actor: Actor, now: datetime) -> Awarded:
    """Make the places final: every list is over, every objection answered. Everybody is told.

    Raises ``Conflict`` publicity.not_over, publicity.open_objections, publicity.provisional.
    """
    offer = _for_update(offer_id, actor)
    if offer.state != OfferState.PUBLICITY:
        raise Conflict("publicity.not_posted", "这一期没有在公示。")
    last = PublicNotice.objects.filter(offer=offer).order_by("-ends_at")[:1].get()
    may_finish(
        now=now,
        ends_at=last.ends_at,
        last_on=last.last_on,
        is_provisional=PublicNotice.objects.filter(offer=offer, is_provisional=True).exists(),
        open_objections=Objection.objects.filter(
            notice__offer=offer, state=ObjectionState.OPEN
        ).count(),
    ).insist()
    _move(offer, OfferState.AWARDED, actor, now, awarded_at=now)
    proposed = Application.objects.filter(offer=offer, state=ClaimState.PROPOSED)
    workers = list(proposed.order_by("id").values_list("worker_id", flat=True))
    proposed.update(state=ClaimState.CONFIRMED)
    notify_many(
        worker_ids=workers,
        kind="programmes.place_final",
        title="名额定了，是你的",
        body=f"“{offer.title}”公示完了，没有成立的异议，名额是你的。",
        url=f"/programmes/{offer.code}/",
        now=now,
    )
    waiting = Application.objects.filter(offer=offer, state=ClaimState.WAITING).count()
    _record("programmes.awarded", offer, actor, now, {"granted": len(workers), "waiting": waiting})
    return Awarded(len(workers), waiting)


def _closed(offer_id: int, actor: Actor, ways: Sequence[Way], now: datetime) -> Offer:
    """Return the offer, locked, whose applications are in; raise ``Conflict``."""
    offer = _for_update(offer_id, actor)
    if offer.way not in ways:
        raise Conflict("programmes.wrong_way", f"这一期的名额是{Way(offer.way).label}，不这样定。")
    check_offer_move(
        OfferState(offer.state),
        OfferState.PUBLICITY if offer.publicity_days else OfferState.AWARDED,
    )
    if offer.state == OfferState.OPEN and now < offer.closes_at:
        raise Conflict("programmes.still_open", "报名还没截止。截止了，或者先结束报名，再定名额。")
    return offer


def _strata(offer: Offer) -> list[tuple[str, int, int]]:
    rows = Pool.objects.filter(offer=offer).order_by("ordinal")
    return [(str(pool.ordinal), pool.places, pool.directed) for pool in rows]


def _applicants(offer: Offer) -> list[tuple[int, int, bool, int | None, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_APPLICANTS, {"offer": offer.id, "limit": MOST_APPLICANTS + 1})
        rows: list[tuple[int, int, bool, int | None, int | None]] = cursor.fetchall()
    if len(rows) > MOST_APPLICANTS:
        raise Conflict("programmes.too_many", f"一期最多 {MOST_APPLICANTS:,} 人一起定名额。")
    return rows


def _record(kind: str, offer: Offer, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    if offer.id is None:
        raise NotFound()
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data=data,
    )
