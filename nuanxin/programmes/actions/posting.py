"""公示: a list of proposed people is posted and frozen; who moves up is posted again, by himself."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.names import COMPOUND_SURNAMES
from nuanxin.kernel.parameters import parameter
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes.actions.passing_on import give_to_first_that_fits
from nuanxin.programmes.models import Offer, PublicNotice
from nuanxin.programmes.rules.publicity import HIDES_THE_UNION, publicity_term
from nuanxin.programmes.states import ClaimState, Kind, OfferState
from nuanxin.records.actions import append_event

LARGEST_PASS = 1_000
"""Places proposed anew, or terms counted again, in one go of a job."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
THE_LIST, MOVED_UP = "名单", "递补"

# The name as ``rules.publicity.masked_name`` makes it; a test holds the two together.
_LINES = """
WITH shown AS (
    SELECT a.id, row_number() OVER (ORDER BY s.ordinal, a.id) AS ordinal,
           left(w.name, k.surname) || repeat('×', greatest(1, least(length(w.name) - k.surname, 2)))
               AS name,
           CASE WHEN %(hides)s THEN ''
                ELSE left(coalesce(nullif(u.short_name, ''), u.name, ''), 60) END AS union_name,
           p.label AS pool
    FROM programmes_application a
    JOIN programmes_seat s ON s.id = a.seat_id
    JOIN programmes_pool p ON p.id = a.pool_id
    JOIN people_worker w ON w.id = a.worker_id
    CROSS JOIN LATERAL (SELECT CASE WHEN left(w.name, 2) = ANY (%(compound)s) AND length(w.name) > 2
                                    THEN 2 ELSE 1 END AS surname) k
    LEFT JOIN membership_membership m ON m.worker_id = w.id AND m.ended_on IS NULL
    LEFT JOIN orgs_union u ON u.id = m.union_id
    WHERE a.offer_id = %(offer)s AND a.state = 7 AND s.offer_id = %(offer)s
      AND NOT EXISTS (SELECT 1 FROM programmes_noticeline l WHERE l.application_id = a.id)
), notice AS (
    INSERT INTO programmes_publicnotice
        (offer_id, number, code, posted_at, days, first_on, last_on, ends_at, is_provisional, why,
         digest, persons, posted_by, posted_by_name, posted_by_key)
    SELECT %(offer)s, %(number)s, %(code)s, %(now)s, %(days)s, %(first)s, %(last)s, %(ends)s,
           %(provisional)s, %(why)s,
           encode(sha256(convert_to(string_agg(concat_ws(E'\\t', ordinal, name, union_name, pool), E'\\n'
                                    ORDER BY ordinal), 'UTF8')), 'hex'),
           count(*), %(account)s, %(actor)s, %(key)s
    FROM shown HAVING count(*) > 0
    RETURNING id, persons
), written AS (
    INSERT INTO programmes_noticeline (notice_id, ordinal, application_id, masked_name, union_name, pool)
    SELECT n.id, s.ordinal, s.id, s.name, s.union_name, s.pool FROM shown s CROSS JOIN notice n
)
SELECT id, persons FROM notice
"""


def post_list(offer: Offer, *, actor: Actor, now: datetime) -> PublicNotice | None:
    """Post everybody proposed who is not on a list of the offer yet; None when there is nobody.

    The offer is locked by the caller. The first list runs ``publicity_days`` of the offer, later
    ones programmes.fresh_publicity_days; who posted the first stays the one who awarded.
    """
    first = PublicNotice.objects.filter(offer=offer).order_by("number").first()
    count = PublicNotice.objects.filter(offer=offer).count()
    union = get_union(offer.union_id)
    days = offer.publicity_days
    if first is not None:
        days = int(_parameter("programmes.fresh_publicity_days", union.adcode, now))
    term = publicity_term(now, days)
    values: dict[str, Any] = {
        "offer": offer.id,
        "number": count + 1,
        "code": new_code(8).lower(),
        "now": now,
        "days": days,
        "first": term.first_on,
        "last": term.last_on,
        "ends": term.ends_at,
        "provisional": term.is_provisional,
        "why": MOVED_UP if first else THE_LIST,
        "hides": Kind(offer.programme.kind) in HIDES_THE_UNION,
        "compound": sorted(COMPOUND_SURNAMES),
        "account": first.posted_by if first else actor.account_id,
        "actor": first.posted_by_name if first else actor.name[:60],
        "key": first.posted_by_key if first else actor.person_key,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, values)
        row = cursor.fetchone()
    if row is None:
        return None
    append_event(
        "programmes.notice_posted",
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data={"notice": row[0], "persons": row[1], "last_on": term.last_on.isoformat()},
    )
    return PublicNotice.objects.get(id=row[0])


# Directed people first while the pool has fewer of them than its directed places, then by order.
_NEXT = """
SELECT a.id, a.worker_id FROM programmes_application a JOIN programmes_pool p ON p.id = a.pool_id
WHERE a.pool_id = %(pool)s AND a.state = 2
ORDER BY (a.is_directed AND p.directed > (
             SELECT count(*) FROM programmes_application b
             WHERE b.pool_id = p.id AND b.state = 7 AND b.is_directed)) DESC, a.rank, a.id
LIMIT 1 FOR UPDATE OF a
"""
_FREE = """
SELECT s.id, s.pool_id FROM programmes_freeseat s
WHERE s.offer_id = %(offer)s
  AND EXISTS (SELECT 1 FROM programmes_application a WHERE a.pool_id = s.pool_id AND a.state = 2)
ORDER BY s.ordinal LIMIT %(limit)s FOR UPDATE
"""
_FAMILY_WAITS = """
SELECT EXISTS (SELECT 1 FROM programmes_application a
               WHERE a.pool_id = %(pool)s AND a.state = 2 AND a.party_id IS NOT NULL)
"""
_PROPOSE = """
WITH opened AS (
    UPDATE programmes_seat s SET is_directed = false WHERE s.id = %(seat)s RETURNING s.id
)
UPDATE programmes_application a
SET state = 7, keep_until = NULL, seat_id = o.id, taken_at = %(now)s
FROM opened o WHERE a.id = %(application)s AND a.state = 2
"""


def propose_next(offer: Offer, *, now: datetime) -> list[int]:
    """Give free seats of an offer before the public to those who wait, in order; return the workers.

    They are proposed, not posted: ``post_list`` comes after. The offer is locked by the caller.
    """
    moved: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(_FREE, {"offer": offer.id, "limit": LARGEST_PASS})
        free = cursor.fetchall()
        together = [p for p in sorted({pool for _, pool in free}) if _family_waits(cursor, p)]
        for pool_id in together:
            moved += _propose_in_order(pool_id, now=now)
        for seat_id, pool_id in free:
            if pool_id in together:
                continue
            cursor.execute(_NEXT, {"pool": pool_id})
            found = cursor.fetchone()
            if found is None:
                continue
            cursor.execute(_PROPOSE, {"application": found[0], "seat": seat_id, "now": now})
            moved.append(int(found[1]))
    return moved


def _family_waits(cursor: Any, pool_id: int) -> bool:
    cursor.execute(_FAMILY_WAITS, {"pool": pool_id})
    return bool(cursor.fetchone()[0])


def _propose_in_order(pool_id: int, *, now: datetime) -> list[int]:
    """Propose whoever is first in order and fits, families whole, until nobody does; return the workers."""
    moved: list[int] = []
    while len(moved) < LARGEST_PASS:
        given = give_to_first_that_fits(pool_id, to=ClaimState.PROPOSED, now=now)
        if not given:
            break
        moved += given
    return moved


def tell_moved_up(workers: Sequence[int], notice: PublicNotice | None, *, now: datetime) -> None:
    """Tell those who moved up that they are before the public now."""
    for worker_id in workers if notice else ():
        notify(
            kind="programmes.moved_up",
            title="轮到你了，先公示",
            body=f"前面有人空出名额，按次序轮到你。名单公示到 {_day(notice)}，没有异议就定下来。",
            url="/programmes/mine/",
            worker_id=worker_id,
            now=now,
        )


def fill_lists(*, now: datetime) -> int:
    """Propose and post the next for seats that were given back while a list is public; how many."""
    waiting = (
        Offer.objects.filter(state=OfferState.PUBLICITY, seat__ticket__isnull=False)
        .filter(application__state=2)
        .distinct()
        .order_by("id")
        .values_list("id", flat=True)
    )
    return sum(fill_list(offer_id=offer_id, now=now) for offer_id in waiting[:LARGEST_PASS])


@transaction.atomic
def fill_list(*, offer_id: int, now: datetime) -> int:
    """Propose and post the next of one offer; 0 when it is not before the public any more."""
    offer = (
        Offer.objects.select_for_update().filter(id=offer_id, state=OfferState.PUBLICITY).first()
    )
    if offer is None:
        return 0
    moved = propose_next(offer, now=now)
    notice = post_list(offer, actor=SYSTEM, now=now) if moved else None
    tell_moved_up(moved, notice, now=now)
    return len(moved)


def count_terms_again(*, now: datetime) -> int:
    """Count the provisional ends of running lists again, as years' calendars arrive; how many moved."""
    moved = 0
    rows = PublicNotice.objects.filter(is_provisional=True, offer__state=OfferState.PUBLICITY)
    for notice in rows.order_by("id")[:LARGEST_PASS]:
        term = publicity_term(notice.posted_at, notice.days)
        if (term.last_on, term.is_provisional) == (notice.last_on, True):
            continue
        notice.last_on, notice.ends_at = term.last_on, term.ends_at
        notice.is_provisional = term.is_provisional
        notice.save(update_fields=["last_on", "ends_at", "is_provisional"])
        moved += 1
    return moved


def new_code(length: int) -> str:
    """Return letters and digits that nobody guesses and nobody mixes up."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _parameter(key: str, adcode: int, now: datetime) -> Any:
    return parameter(key, adcode=f"{adcode:06d}", on=business_day(now)).value


def _day(notice: PublicNotice | None) -> str:
    return f"{notice.last_on.month} 月 {notice.last_on.day} 日" if notice else ""
