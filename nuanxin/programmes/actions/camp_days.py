"""A class is opened for a day by enough adults; children arrive and are handed over; who is late is told.

For keepers: those assigned to the class, with a check in date. Somebody else's class is not there.
"""

import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from nuanxin.access.actions import limits
from nuanxin.access.states import AttemptKind
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import compact
from nuanxin.notices.actions import notify, send_sms_to_many
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.models import CampDay, CampPlace, CampPresence, PickupPerson
from nuanxin.programmes.queries.camp_days import (
    KeeperClass,
    get_kept_class,
    list_class_staff,
    pickup_code,
)
from nuanxin.programmes.rules.camps import Adult, may_hand_over, may_open_day
from nuanxin.programmes.states import ClaimState, HandOver, Presence
from nuanxin.records.actions import append_event

MOST_LATE = 500
MOST_WRONG_CODES = 5
"""Wrong codes a child and day; six figures cannot be tried out by then."""


@transaction.atomic
def open_day(*, class_id: int, staff_ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """Open a class for today with the adults who are there; opening again changes nothing.

    Raises ``NotFound``, ``Conflict`` programmes.not_in_session, too_few_adults and what else
    ``may_open_day`` names.
    """
    room = keeper_class(class_id, actor, now)
    today = business_day(now)
    _insist_on_session(room, today)
    if room.is_open:
        return
    chosen = [one for one in list_class_staff(class_id) if one.id in set(staff_ids)]
    months = parameter("programmes.camp_check_months", adcode=f"{room.adcode:06d}", on=today).value
    may_open_day(
        [Adult(one.name, one.role, one.checked_on, one.trained_on) for one in chosen],
        day=today,
        tutors=room.tutors,
        volunteers=room.volunteers,
        months=int(months),
    ).insist()
    try:
        with transaction.atomic():
            CampDay.objects.create(
                camp_class_id=class_id,
                day=today,
                staff=[one.id for one in chosen],
                opened_at=now,
                opened_by=actor.account_id,
                opened_by_name=actor.name[:60],
            )
    except IntegrityError as error:
        if "opens_once" in str(error):
            return
        raise
    _record("programmes.camp_day_opened", class_id, room.union_id, actor, now)


def record_presence(
    *, class_id: int, place_ids: Sequence[int], kind: Presence, actor: Actor, now: datetime
) -> int:
    """Record that children of the class arrived today, or are absent; return how many are new.

    Raises ``NotFound`` for a child of another class, ``Conflict`` programmes.day_not_open.
    """
    if kind not in (Presence.ARRIVED, Presence.ABSENT):
        raise Malformed("programmes.presence", "选“到了”或者“没来”。")
    room = keeper_class(class_id, actor, now)
    today = business_day(now)
    if not room.is_open:
        raise Conflict("programmes.day_not_open", "今天还没开班。先点今天在班的老师和志愿者。")
    with transaction.atomic():
        places = _lock_places(class_id, place_ids)
        other = Presence.ABSENT if kind is Presence.ARRIVED else Presence.ARRIVED
        new = 0
        for place in places:
            standing = _standing(place.id, today)
            if kind in standing:
                continue
            if other in standing:
                _take_back(standing[other], today, actor, now)
            _append(place.id, today, kind, actor, now)
            new += 1
        if new:
            event = (
                "programmes.camp_arrived" if kind is Presence.ARRIVED else "programmes.camp_absent"
            )
            _record(event, class_id, room.union_id, actor, now, count=new)
    return new


def hand_over(
    *, class_id: int, place_id: int, pickup_id: int | None, code: str, how: HandOver, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Hand a child to somebody on its list, by the code of the day, papers seen, or from the sheet.

    A refusal is recorded. Raises ``NotFound``, ``Conflict`` programmes.not_listed, pickup_code,
    pickup_unproved, not_there.
    """
    room = keeper_class(class_id, actor, now)
    today = business_day(now)
    with transaction.atomic():
        (place,) = _lock_places(class_id, [place_id])
        standing = _standing(place.id, today)
        if Presence.HANDED_OVER in standing:
            return
        if Presence.ARRIVED not in standing:
            raise Conflict("programmes.not_there", "今天没有记这个孩子到了。先记到，再交接。")
        listed = PickupPerson.objects.filter(
            id=pickup_id or 0, child_id=place.child_id, removed_at=None
        ).first()
        said = compact(code)
        tries = limits.key_of("pickup", place.id, today)
        if said:
            _insist_on_few_wrong(tries, now)
        decision = may_hand_over(
            is_listed=listed is not None,
            is_code_right=hmac.compare_digest(said.encode(), pickup_code(place.id, today).encode())
            if said
            else None,
            saw_papers=how in (HandOver.PAPERS, HandOver.SHEET),
        )
        if decision.is_yes and listed is not None:
            proof = HandOver.CODE if said else how
            _append(place.id, today, Presence.HANDED_OVER, actor, now, pickup=listed, how=proof)
            _record(
                "programmes.camp_handed_over", class_id, room.union_id, actor, now, place=place.id
            )
        else:
            _record(
                "programmes.camp_hand_over_refused", class_id, room.union_id, actor, now,
                place=place.id, why=decision.code,
            )  # fmt: skip
            if decision.code == "programmes.pickup_code":
                limits.note_attempt(AttemptKind.PICKUP_CODE, tries, succeeded=False, now=now)
    decision.insist()


def _insist_on_few_wrong(key: UUID, now: datetime) -> None:
    """Refuse codes for a child after too many wrong ones of the day; papers are still seen."""
    since = limits.start_of_day(now)
    if limits.count_attempts(AttemptKind.PICKUP_CODE, key, since=since) >= MOST_WRONG_CODES:
        raise TooMany(
            "programmes.pickup_code_tried",
            f"这个孩子的接送码今天错了 {MOST_WRONG_CODES} 次，不再收码。看证件交接，或者打家长电话问清楚。",
        )


@transaction.atomic
def take_back_presence(*, class_id: int, presence_id: int, actor: Actor, now: datetime) -> None:
    """Take back what was recorded today by mistake, by a row of its own; raise ``NotFound``."""
    room = keeper_class(class_id, actor, now)
    today = business_day(now)
    found = CampPresence.objects.filter(
        id=presence_id, day=today, place__camp_class_id=class_id, takes_back=None
    ).first()
    if found is None:
        raise NotFound()
    _lock_places(class_id, [found.place_id])
    if CampPresence.objects.filter(takes_back=found).exists():
        raise Conflict("programmes.taken_back", "这一条已经撤销过了。")
    if found.kind == Presence.ARRIVED and Presence.HANDED_OVER in _standing(found.place_id, today):
        raise Conflict("programmes.handed_first", "孩子已经记了接走。先撤销接走，再撤销到。")
    _take_back(found, today, actor, now)
    _record("programmes.camp_presence_taken_back", class_id, room.union_id, actor, now)


_LATE = """
SELECT p.id, p.worker_id, k.name_hint, c.id, o.union_id, u.adcode, c.closes_at,
       ARRAY(SELECT s.worker_id FROM programmes_campassignment a
             JOIN programmes_campstaff s ON s.id = a.staff_id
             WHERE a.camp_class_id = c.id AND a.ended_at IS NULL AND s.role = 1
               AND s.worker_id IS NOT NULL)
FROM programmes_camppresence r
JOIN programmes_campplace p ON p.id = r.place_id JOIN programmes_child k ON k.id = p.child_id
JOIN programmes_campclass c ON c.id = p.camp_class_id
JOIN programmes_camp m ON m.id = c.camp_id JOIN programmes_offer o ON o.id = m.offer_id
JOIN orgs_union u ON u.id = o.union_id
WHERE r.day = %(today)s AND r.kind = 1 AND c.closes_at < %(clock)s
  AND NOT EXISTS (SELECT 1 FROM programmes_camppresence b WHERE b.takes_back_id = r.id)
  AND NOT EXISTS (SELECT 1 FROM programmes_camppresence h
                  WHERE h.place_id = p.id AND h.day = r.day AND h.kind = 2
                    AND NOT EXISTS (SELECT 1 FROM programmes_camppresence b
                                    WHERE b.takes_back_id = h.id))
  AND NOT EXISTS (SELECT 1 FROM programmes_latealarm l WHERE l.place_id = p.id AND l.day = r.day)
ORDER BY p.id LIMIT %(limit)s
"""
_ALARM = """
INSERT INTO programmes_latealarm (place_id, day, at) VALUES (%(place)s, %(day)s, %(now)s)
ON CONFLICT (place_id, day) DO NOTHING RETURNING id
"""


@transaction.atomic
def alarm_late_pickups(*, now: datetime) -> int:
    """Tell guardian and head, once a day, of each child who is still there; return of how many."""
    there, today = now.astimezone(SHANGHAI), business_day(now)
    values = {"today": today, "clock": there.time(), "limit": MOST_LATE}
    told, texts = 0, []
    for place_id, worker_id, hint, class_id, union_id, adcode, closes_at, heads in fetch_all(
        _LATE, values
    ):
        wait = parameter("programmes.camp_late_minutes", adcode=f"{adcode:06d}", on=today).value
        closed = datetime.combine(today, closes_at, tzinfo=SHANGHAI)
        if now < closed + timedelta(minutes=int(wait)):
            continue
        if not fetch_all(_ALARM, {"place": place_id, "day": today, "now": now}):
            continue
        minutes = int((now - closed).total_seconds() // 60)
        body = f"{hint}还在托管点，过了接的时间 {minutes} 分钟。来不了，马上给老师打电话。"
        notify(
            kind="programmes.child_late", title="孩子还在等着接", body=body, url="/children/",
            worker_id=worker_id, now=now,
        )  # fmt: skip
        for head in heads:
            notify(
                kind="programmes.child_late", title=f"{hint}还没接走",
                body=f"过了接的时间 {minutes} 分钟。已经通知监护人。", url=f"/keeping/{class_id}/",
                worker_id=head, now=now,
            )  # fmt: skip
        texts.append((int(worker_id), {"who": hint, "minutes": minutes}))
        _record("programmes.camp_late_told", class_id, union_id, SYSTEM, now, place=place_id)
        told += 1
    if texts:
        send_sms_to_many(texts=texts, template="programmes.child_late", now=now, is_urgent=True)
    return told


def keeper_class(class_id: int, actor: Actor, now: datetime) -> KeeperClass:
    """Return the class that the actor cares for; raise ``NotFound``."""
    if actor.worker_id is None:
        raise NotFound()
    return get_kept_class(class_id, worker_id=actor.worker_id, today=business_day(now))


def _insist_on_session(room: KeeperClass, today: date) -> None:
    if not room.starts_on <= today <= room.ends_on:
        raise Conflict(
            "programmes.not_in_session",
            f"这个班 {room.starts_on:%m 月 %d 日}开始，{room.ends_on:%m 月 %d 日}结束，今天不开。",
        )


def _lock_places(class_id: int, place_ids: Sequence[int]) -> list[CampPlace]:
    chosen = set(place_ids)
    places = CampPlace.objects.select_for_update().filter(
        id__in=chosen, camp_class_id=class_id, state=int(ClaimState.CONFIRMED)
    )
    found = list(places.order_by("id"))
    if not chosen or len(found) != len(chosen):
        raise NotFound()
    return found


def _standing(place_id: int, day: date) -> dict[Presence, CampPresence]:
    """Return what stands of a child's day: recorded and not taken back."""
    rows = list(CampPresence.objects.filter(place_id=place_id, day=day).order_by("id"))
    gone = {row.takes_back_id for row in rows}
    return {
        Presence(row.kind): row
        for row in rows
        if row.kind != Presence.TAKEN_BACK and row.id not in gone
    }


def _append(
    place_id: int, day: date, kind: Presence, actor: Actor, now: datetime, *,
    pickup: PickupPerson | None = None, how: HandOver | None = None,
    takes_back: CampPresence | None = None,
) -> None:  # fmt: skip
    before = CampPresence.objects.filter(place_id=place_id, day=day, kind=int(kind)).count()
    CampPresence.objects.create(
        place_id=place_id,
        day=day,
        kind=int(kind),
        round=before,
        at=now,
        pickup=pickup,
        how=int(how or 0),
        takes_back=takes_back,
        recorded_at=now,
        recorded_by=actor.account_id,
        recorded_by_name=actor.name[:60],
    )


def _take_back(found: CampPresence, day: date, actor: Actor, now: datetime) -> None:
    _append(found.place_id, day, Presence.TAKEN_BACK, actor, now, takes_back=found)


def _record(
    kind: str, class_id: int, union_id: int, actor: Actor, now: datetime, **data: Any
) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="camp_class", subject_id=class_id,
        union_id=union_id, data=data or None,
    )  # fmt: skip
