"""Children ask for places of a camp: at once, in order, brothers and sisters together, passed on.

Whoever changes who holds what locks the camp's row first, so that what is counted is what is written;
the database counts the class once more. Every change ends in ``settle``: those who wait, in their
order, get what is free. Granted is min(places, children who fit) exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.notices.actions import notify
from nuanxin.programmes.models import Camp, CampPlace, HealthNote
from nuanxin.programmes.models.camp_places import PLACE_LIVE
from nuanxin.programmes.queries.child_places import (
    CampAsked,
    ChildAsked,
    explain_child,
    get_camp_asked,
    list_children_asked,
)
from nuanxin.programmes.queries.no_shows import decide_no_shows, list_no_show_days
from nuanxin.programmes.rules.asking import may_apply
from nuanxin.programmes.rules.camp_texts import current_texts
from nuanxin.programmes.rules.camps import age_on, attended_enough, may_have_place, who_consents
from nuanxin.programmes.states import ClaimState
from nuanxin.records.actions import append_event

MOST_AT_ONCE = 6
LARGEST_PASS = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of asking for one child."""

    place_id: int
    child_id: int
    state: ClaimState
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A child and the class that is asked for."""

    child_id: int
    class_id: int


def apply_for_children(
    *, code: str, choices: Sequence[Choice], is_together: bool, accepts: bool, actor: Actor,
    now: datetime,
) -> list[Placed]:  # fmt: skip
    """Ask for a place for each of one's children; asking again changes nothing and tells the same.

    ``is_together``: all of them or none now; they wait together. ``accepts``: the guardian has signed
    the agreement, declared the child healthy and taken note of the insurance. Raises ``NotFound``,
    ``Malformed`` programmes.camp_papers, and the ``Conflict`` that says what stands in the way.
    """
    if actor.worker_id is None:
        raise NotFound()
    if not choices or len({one.child_id for one in choices}) != len(choices):
        raise Malformed("programmes.no_child_chosen", "选给哪个孩子报，一个孩子选一个班。")
    if len(choices) > MOST_AT_ONCE:
        raise Malformed("programmes.too_many_children", f"一次最多给 {MOST_AT_ONCE} 个孩子报。")
    if not accepts:
        raise Malformed(
            "programmes.camp_papers", "托管协议、健康声明、意外险，这三样看过同意了，才能报名。"
        )
    camp = get_camp_asked(code, worker_id=actor.worker_id)
    may_apply(
        state=camp.state, opens_at=camp.opens_at, closes_at=camp.closes_at, now=now,
        is_member=camp.is_member, has_pool=True,
    ).insist()  # fmt: skip
    pairs = [(one.child_id, one.class_id) for one in choices]
    children = list_children_asked(camp, pairs, worker_id=actor.worker_id)
    already = _already(camp, children, actor.worker_id)
    if len(already) < len(children):
        today = business_day(now)
        decide_no_shows(
            list_no_show_days(actor.worker_id, on=today), adcode=camp.adcode, on=today,
            rush_from=camp.opens_at, now=now,
        ).insist()  # fmt: skip
    fresh = [child for child in children if child.child_id not in already]
    for child in fresh:
        _insist(camp, child, actor.worker_id, now)
    return _place(camp, children, fresh, is_together, actor, now)


def _insist(camp: CampAsked, child: ChildAsked, worker_id: int, now: datetime) -> None:
    """Refuse with the first thing that stands in the way of this child."""
    today, place = business_day(now), f"{camp.adcode:06d}"
    guardian_age = int(parameter("programmes.camp_guardian_age", adcode=NATION, on=today).value)
    age = age_on(child.born, today)
    may_have_place(
        age=age,
        said_by=child.said_by,
        needed=who_consents(child.born, today, guardian_age=guardian_age),
        grade=child.grade,
        grade_from=child.grade_from,
        grade_to=child.grade_to,
        class_label=child.class_label,
        pickups=child.pickups,
    ).insist()
    if child.has_place:
        raise Conflict(
            "programmes.camp_twice",
            f"{child.hint}今年已经报了一期，一个孩子一年只报一期。不是同一个孩子，打电话给主办的工会。",
        )
    needed = int(parameter("programmes.camp_attendance_min_permille", adcode=place, on=today).value)
    attended_enough(child.attended, child.days, needed_permille=needed).insist()
    found = explain_child(
        camp.rule_code, worker_id=worker_id, age=age, agrees=True, has_other=False, on=today
    )
    if found is not None and found.answer is Answer.NO:
        raise Conflict("programmes.not_eligible", found.sentence)


def _already(camp: CampAsked, children: Sequence[ChildAsked], worker_id: int) -> set[int]:
    """Return which of the children have a live place in this very camp."""
    rows = CampPlace.objects.filter(
        camp_class__camp_id=camp.camp_id, worker_id=worker_id, state__in=PLACE_LIVE,
        child_id__in=[child.child_id for child in children],
    )  # fmt: skip
    return set(rows.values_list("child_id", flat=True))


_INSERT = """
INSERT INTO programmes_campplace
    (camp_class_id, child_id, worker_id, person, season, party, state, applied_at, agreement,
     agreed_at, declared_at, insured_at)
VALUES (%(class)s, %(child)s, %(worker)s, %(person)s, %(season)s, %(party)s, 2, %(now)s,
        %(agreement)s, %(now)s, %(now)s, %(now)s)
ON CONFLICT (person, season) WHERE state IN (2, 3, 4) DO NOTHING
RETURNING id
"""


@transaction.atomic
def _place(
    camp: CampAsked, children: Sequence[ChildAsked], fresh: Sequence[ChildAsked], is_together: bool,
    actor: Actor, now: datetime,
) -> list[Placed]:  # fmt: skip
    _lock(camp.camp_id)
    agreement = current_texts(business_day(now)).version
    party = uuid7()
    made = []
    for child in fresh:
        values = {
            "class": child.class_id,
            "child": child.child_id,
            "worker": actor.worker_id,
            "person": child.person,
            "season": camp.starts_on.year,
            "party": party if is_together else uuid7(),
            "now": now,
            "agreement": agreement,
        }
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, values)
            row = cursor.fetchone()
        if row is not None:
            made.append(int(row[0]))
            _record("programmes.camp_applied", row[0], camp.union_id, actor, now)
    settle(camp.camp_id, now=now, confirmed=frozenset(made))
    rows = CampPlace.objects.filter(
        child_id__in=[child.child_id for child in children], season=camp.starts_on.year,
        worker_id=actor.worker_id or 0, state__in=PLACE_LIVE,
    )  # fmt: skip
    return [
        Placed(row.id, row.child_id, ClaimState(row.state), is_repeat=row.id not in made)
        for row in rows.order_by("id")
    ]


def _lock(camp_id: int) -> None:
    Camp.objects.select_for_update().only("id").get(id=camp_id)


_FREE = """
SELECT c.id, c.size - (SELECT count(*) FROM programmes_campplace p
                       WHERE p.camp_class_id = c.id AND p.state IN (3, 4))
FROM programmes_campclass c WHERE c.camp_id = %(camp)s
"""
_WAITING = """
SELECT p.id, p.party, p.camp_class_id, p.worker_id FROM programmes_campplace p
JOIN programmes_campclass c ON c.id = p.camp_class_id
WHERE c.camp_id = %(camp)s AND p.state = 2 ORDER BY p.id LIMIT %(limit)s
"""
_GRANT = """
UPDATE programmes_campplace p
SET state = CASE WHEN p.id = ANY (%(confirmed)s) THEN 4 ELSE 3 END,
    keep_until = CASE WHEN p.id = ANY (%(confirmed)s) THEN NULL ELSE %(until)s END
WHERE p.id = ANY (%(ids)s) AND p.state = 2
"""


@transaction.atomic
def settle(camp_id: int, *, now: datetime, confirmed: frozenset[int] = frozenset()) -> int:
    """Give what is free to those who wait, in their order; return how many children got a place.

    Who came together gets places together or keeps the turn; a place that does not do for them goes
    to the next for whom it does, so that none stays empty. ``confirmed`` are standing here and have
    asked: the place is theirs; for others it is kept, and they are told.
    """
    _lock(camp_id)
    with connection.cursor() as cursor:
        cursor.execute(_FREE, {"camp": camp_id})
        free = {int(row[0]): int(row[1]) for row in cursor.fetchall()}
        cursor.execute(_WAITING, {"camp": camp_id, "limit": LARGEST_PASS})
        waiting = cursor.fetchall()
    parties: dict[UUID, list[tuple[int, int, int]]] = {}
    for place_id, party, class_id, worker_id in waiting:
        parties.setdefault(party, []).append((place_id, class_id, worker_id))
    granted: list[tuple[int, int]] = []
    for members in parties.values():
        wanted: dict[int, int] = {}
        for _, class_id, _ in members:
            wanted[class_id] = wanted.get(class_id, 0) + 1
        if all(free[class_id] >= count for class_id, count in wanted.items()):
            for class_id, count in wanted.items():
                free[class_id] -= count
            granted += [(place_id, worker_id) for place_id, _, worker_id in members]
    if granted:
        _grant(camp_id, granted, confirmed, now)
    return len(granted)


def _grant(
    camp_id: int, granted: Sequence[tuple[int, int]], confirmed: frozenset[int], now: datetime
) -> None:
    offer = Camp.objects.select_related("offer").get(id=camp_id).offer
    values: dict[str, Any] = {
        "ids": [place_id for place_id, _ in granted],
        "confirmed": list(confirmed),
        "until": now + timedelta(hours=offer.confirm_hours),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GRANT, values)
    for place_id, worker_id in granted:
        if place_id in confirmed:
            _record("programmes.camp_place_taken", place_id, offer.union_id, SYSTEM, now)
            continue
        _record("programmes.camp_place_kept", place_id, offer.union_id, SYSTEM, now)
        notify(
            kind="programmes.camp_place_kept",
            title="托管班有名额给孩子留着",
            body=f"按次序轮到你们了。{offer.confirm_hours} 小时里确认一下，过了就给下一位。",
            url=f"/programmes/{offer.code}/camp/",
            worker_id=worker_id,
            now=now,
        )


@transaction.atomic
def confirm_child_place(*, place_id: int, actor: Actor, now: datetime) -> None:
    """Take the place that is kept for one's child; raise ``NotFound``, ``Conflict`` not_kept."""
    place = _own_place(place_id, actor)
    changed = CampPlace.objects.filter(
        id=place.id, state=int(ClaimState.GRANTED), keep_until__gt=now
    ).update(state=int(ClaimState.CONFIRMED), keep_until=None)
    if not changed:
        raise Conflict(
            "programmes.not_kept", "现在没有给孩子留着的名额。留的时间过了，就给了下一位。"
        )
    _record("programmes.camp_place_confirmed", place.id, None, actor, now)


@transaction.atomic
def withdraw_child(*, place_id: int, actor: Actor, now: datetime) -> bool:
    """Give one's child's place back; it goes to the next at once. False when it had ended."""
    place = _own_place(place_id, actor)
    camp_id = place.camp_class.camp_id
    if not end_place(place.id, camp_id, ClaimState.WITHDRAWN, actor=actor, now=now):
        return False
    settle(camp_id, now=now)
    return True


def end_place(place_id: int, camp_id: int, to: ClaimState, *, actor: Actor, now: datetime) -> bool:
    """End a live place, in the caller's transaction and under the camp's lock; the note goes too."""
    _lock(camp_id)
    changed = CampPlace.objects.filter(id=place_id, state__in=PLACE_LIVE).update(
        state=int(to), keep_until=None, ended_at=now
    )
    if changed:
        HealthNote.objects.filter(place_id=place_id).delete()
        _record(f"programmes.camp_place_{to.name.lower()}", place_id, None, actor, now)
    return bool(changed)


def pass_on_child_places(*, now: datetime) -> int:
    """End what nobody confirmed in time and give it on; return how many ended. For the minute's job."""
    expired = CampPlace.objects.filter(state=int(ClaimState.GRANTED), keep_until__lte=now)
    rows = expired.order_by("keep_until").values_list("id", "camp_class__camp_id")[:LARGEST_PASS]
    ended = 0
    for place_id, camp_id in rows:
        with transaction.atomic():
            _lock(camp_id)
            still = expired.filter(id=place_id).exists()  # a guardian may have confirmed meanwhile
            if still and end_place(place_id, camp_id, ClaimState.EXPIRED, actor=SYSTEM, now=now):
                ended += 1
                settle(camp_id, now=now)
    return ended


def _own_place(place_id: int, actor: Actor) -> CampPlace:
    place = (
        CampPlace.objects.select_related("camp_class")
        .filter(id=place_id, worker_id=actor.worker_id or 0)
        .first()
    )
    if place is None:
        raise NotFound()
    return place


def _record(kind: str, place_id: int, union_id: int | None, actor: Actor, now: datetime) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="camp_place", subject_id=place_id, union_id=union_id
    )
