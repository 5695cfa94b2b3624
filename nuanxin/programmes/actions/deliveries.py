"""Recording that a service was delivered, and taking a mistake back; sets, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.orgs.queries import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Offer, Session
from nuanxin.records.actions import append_event, logged_name

MOST_AT_ONCE = 10_000
LONGEST_REASON = 100

# The membership of the day says where it counts; who was no member then, where the offer is held.
_RECORD = """
INSERT INTO programmes_delivery
    (programme_id, offer_id, application_id, occasion, turn, worker_id, union_id, region, occupation,
     is_directed, day, step, reason, recorded_at, recorded_by, recorded_by_name)
SELECT o.programme_id, o.id, a.id, %(occasion)s, before.turns, a.worker_id,
       coalesce(m.union_id, o.union_id), coalesce(u.adcode, host.adcode), m.occupation,
       a.is_directed, %(day)s, 1, '', %(now)s, %(account)s, %(name)s
FROM programmes_offer o
JOIN orgs_union host ON host.id = o.union_id
JOIN programmes_application a ON a.offer_id = o.id AND a.state = 4
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.step = -1)::smallint AS turns,
           coalesce(sum(d.step), 0) AS standing
    FROM programmes_delivery d
    WHERE d.application_id = a.id AND d.occasion = %(occasion)s) before
LEFT JOIN LATERAL (
    SELECT b.union_id, b.occupation FROM membership_membership b
    WHERE b.worker_id = a.worker_id AND b.started_on <= %(day)s
      AND (b.ended_on IS NULL OR b.ended_on > %(day)s)
    ORDER BY b.id DESC LIMIT 1) m ON true
LEFT JOIN orgs_union u ON u.id = m.union_id
WHERE o.id = %(offer)s AND before.standing = 0
  AND (%(applications)s::bigint[] IS NULL OR a.id = ANY (%(applications)s::bigint[]))
ORDER BY a.id LIMIT %(limit)s
ON CONFLICT (application_id, occasion, turn) WHERE step = 1 DO NOTHING
"""
_TAKE_BACK = """
INSERT INTO programmes_delivery
    (programme_id, offer_id, application_id, occasion, turn, worker_id, union_id, region, occupation,
     is_directed, day, step, corrects_id, reason, recorded_at, recorded_by, recorded_by_name)
SELECT programme_id, offer_id, application_id, occasion, turn, worker_id, union_id, region, occupation,
       is_directed, day, -1, id, %(reason)s, %(now)s, %(account)s, %(name)s
FROM programmes_delivery
WHERE offer_id = %(offer)s AND id = ANY (%(deliveries)s) AND step = 1
ON CONFLICT (corrects_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many were recorded; ``more`` when the limit was reached and the rest is still to do."""

    count: int
    more: bool


@transaction.atomic
def record_deliveries(
    *,
    offer_id: int,
    day: date,
    actor: Actor,
    now: datetime,
    application_ids: Sequence[int] | None = None,
    occasion: int = 0,
) -> Recorded:
    """Record that those with a place (all, or these applications) got the service on ``day``.

    Who has it recorded for this occasion already is passed over, so asking twice changes nothing.
    Raises ``NotFound`` out of scope, ``Malformed`` programmes.delivery_day, ``Conflict``
    programmes.counted_at_the_door for an offer with sessions: who came has it by itself.
    """
    offer = _offer(offer_id, actor)
    today = business_day(now)
    if day > today:
        raise Malformed("programmes.delivery_day", f"{day} 还没到。填今天或以前的日子。")
    if Session.objects.filter(offer_id=offer_id).exists():
        raise Conflict(
            "programmes.counted_at_the_door",
            "这一期按场次签到，到场了就自动登记兑现。要改，在场次里更正到场。",
        )
    if offer.published_at is None or day < business_day(offer.published_at):
        raise Malformed("programmes.delivery_day", "这一天还没有这一期。填发布以后的日子。")
    ids = None if application_ids is None else list(application_ids)[:MOST_AT_ONCE]
    values: dict[str, Any] = {"offer": offer_id, "day": day, "occasion": occasion}
    values |= {"applications": ids, "limit": MOST_AT_ONCE} | _who(actor, now)
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)
        count = int(cursor.rowcount)
    if count:
        _event("programmes.deliveries_recorded", offer, count, actor, now)
    return Recorded(count, more=count == MOST_AT_ONCE)


@transaction.atomic
def take_back_deliveries(
    *, offer_id: int, delivery_ids: Sequence[int], reason: str, actor: Actor, now: datetime
) -> int:
    """Take back what was recorded by mistake, by a row of its own; return how many.

    Raises ``NotFound`` out of scope, ``Malformed`` programmes.reason.
    """
    offer = _offer(offer_id, actor)
    told = reason.strip()
    if not told or len(told) > LONGEST_REASON:
        raise Malformed("programmes.reason", f"写一句为什么撤销，最多 {LONGEST_REASON} 个字。")
    ids = list(delivery_ids)[:MOST_AT_ONCE]
    values: dict[str, Any] = {"offer": offer_id, "deliveries": ids, "reason": told}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, values | _who(actor, now))
        count = int(cursor.rowcount)
    if count:
        _event("programmes.deliveries_taken_back", offer, count, actor, now)
    return count


def _offer(offer_id: int, actor: Actor) -> Offer:
    offer = Offer.objects.filter(id=offer_id).first()
    if offer is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(offer.union_id).path)
    return offer


def _who(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"now": now, "account": actor.account_id, "name": logged_name(actor)[:60]}


def _event(kind: str, offer: Offer, count: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data={"code": offer.code, "count": count},
    )
