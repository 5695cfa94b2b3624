"""A summer camp under way in a demonstration: two classes, one full with children waiting, and its adults.

Beside it a camp of the holidays to come, which families may still put their children down for.
"""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F

from config.demo import accounts
from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day, day_end
from nuanxin.kernel.errors import Conflict
from nuanxin.membership.models import Membership
from nuanxin.programmes.actions import camp_days, camp_places, camps, child_consents, children
from nuanxin.programmes.actions.camps import ClassDraft
from nuanxin.programmes.actions.children import ChildDraft
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.models import Camp, CampClass
from nuanxin.programmes.rules.camp_texts import current_texts
from nuanxin.programmes.states import Care, Guardianship, Presence, SaidBy, StaffRole, Way

_GIVEN = (
    "小禾",
    "一诺",
    "子轩",
    "雨桐",
    "乐乐",
    "知夏",
    "星河",
    "思远",
    "安安",
    "可心",
    "北辰",
    "南乔",
)
FULL, MORE = 15, 9


def open_camps(built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> dict[str, Any]:
    """Set up two camps of the home county with their families; return the ids."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    families = _families(cadre, sign_ins, now)
    today = business_day(now)
    begun = now - timedelta(days=20)
    running = _camp(cadre, "职工子女托管班", begun, today - timedelta(days=4), now=begun)
    rooms = [
        _room(cadre, running, "彩虹班", 1, 3, FULL, begun),
        _room(cadre, running, "远航班", 4, 6, 20, begun),
    ]
    staff = _staff(cadre, families, rooms, now)
    placed = _put_down(running, rooms, families[1 : FULL + MORE + 1], begun + timedelta(hours=1))
    _today(rooms[0], staff, families[0], placed, now)
    coming = _camp(cadre, "孩子的寒假托管班", now, today + timedelta(days=60), now=now)
    _room(cadre, coming, "暖阳班", 1, 6, 30, now)
    for person, child in families[-3:]:
        _ask(coming, CampClass.objects.get(camp=coming), person, child, now)
    return {"camps": [running.offer_id, coming.offer_id], "camp_classes": [one.id for one in rooms]}


def _camp(cadre: Actor, title: str, opens_at: datetime, starts_on: date, *, now: datetime) -> Camp:
    draft = OfferDraft(
        definition="children_camp",
        title=title,
        way=Way.BY_CLASS,
        places=35,
        opens_at=opens_at,
        closes_at=day_end(starts_on + timedelta(days=9)) - timedelta(seconds=1),
    )
    offer = create_offer(
        draft=draft, union_id=int(cadre.grants[0].union_id or 0), actor=cadre, now=now
    )
    publish_offer(offer_id=offer.id, actor=cadre, now=now)
    return camps.set_up_camp(
        offer_id=offer.id,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=20),
        insurance="人保学平险，保单号 PZAA2026 0012（样例）",
        actor=cadre,
        now=now,
    )


def _room(
    cadre: Actor, camp: Camp, label: str, grade_from: int, grade_to: int, size: int, now: datetime
) -> CampClass:
    draft = ClassDraft(
        label=label, place="大关社区学堂二楼", opens_at=time(8, 0), closes_at=time(17, 30),
        grade_from=grade_from, grade_to=grade_to, size=size,
    )  # fmt: skip
    return camps.add_class(camp_id=camp.id, draft=draft, actor=cadre, now=now)


def _families(cadre: Actor, sign_ins: list[SignIn], now: datetime) -> list[tuple[Actor, Any]]:
    """Return members with a child each, the demonstration's rider first; the same every time."""
    path = cadre.grants[0].union_path
    rows = (
        Membership.objects.filter(ended_on=None, retained_on=None, union__path__startswith=path)
        .order_by("worker_id")
        .values_list("worker_id", F("worker__name"))[: FULL + MORE + 5]
    )
    people = [Actor(worker_id=worker, name=name) for worker, name in rows]
    own = [one for one in sign_ins if one.role is Role.WORKER]
    for entry in own[:1]:
        person = accounts.actor_of(entry, now)
        people = [person, *(one for one in people if one.worker_id != person.worker_id)]
    return [(person, _child(person, number, now)) for number, person in enumerate(people)]


def _child(person: Actor, number: int, now: datetime) -> Any:
    before = now - timedelta(days=30)
    today = business_day(now)
    grade = 1 + number % 3 if number <= FULL + 4 else 4 + number % 3
    child = children.add_child(
        draft=ChildDraft(
            name=f"{person.name[0]}{_GIVEN[number % len(_GIVEN)]}",
            born=date(today.year - 6 - grade, 1 + number % 12, 1),
            grade=grade,
            relation=Guardianship.MOTHER if number % 2 else Guardianship.FATHER,
        ),
        actor=person,
        now=before,
    )
    cares = (Care.CARE, Care.HEALTH, Care.PICTURES) if number % 3 == 0 else (Care.CARE,)
    child_consents.record_consents(
        child_id=child.id, cares=cares, version=current_texts(today).version,
        said_by=SaidBy.GUARDIAN, checked_at=before, actor=person, now=before,
    )  # fmt: skip
    for name, relation in (("周桂兰", "奶奶"), ("林建国", "外公"))[: 1 + number % 2]:
        children.add_pickup_person(
            child_id=child.id, name=name, phone=f"199000{number:05}", relation=relation,
            actor=person, now=before,
        )  # fmt: skip
    return child


def _ask(camp: Camp, room: CampClass, person: Actor, child: Any, now: datetime) -> int:
    with suppress(Conflict):  # whom the rule says no to does not get on the list
        (placed,) = camp_places.apply_for_children(
            code=camp.offer.code,
            choices=[camp_places.Choice(child.id, room.id)],
            is_together=False,
            accepts=True,
            actor=person,
            now=now,
        )
        return placed.place_id
    return 0


def _put_down(
    camp: Camp, rooms: list[CampClass], families: list[tuple[Actor, Any]], now: datetime
) -> list[int]:
    found = []
    for number, (person, child) in enumerate(families):
        room = rooms[0] if child.grade <= rooms[0].grade_to else rooms[1]
        place_id = _ask(camp, room, person, child, now + timedelta(minutes=number))
        if place_id and room == rooms[0]:
            found.append(place_id)
            if number % 3 == 2 and number < FULL:
                with suppress(Conflict):
                    children.write_health_note(
                        place_id=place_id, text="花生过敏，别吃带坚果的点心", actor=person, now=now
                    )
    return found[:FULL]


def _staff(
    cadre: Actor, families: list[tuple[Actor, Any]], rooms: list[CampClass], now: datetime
) -> list[int]:
    """Register a head who signs in (the demonstration's rider), tutors, volunteers; one check is over."""
    today = business_day(now)
    union_id = int(cadre.grants[0].union_id or 0)
    people = (
        (families[0][0].name, StaffRole.HEAD, 60, families[0][0].worker_id),
        ("顾晚晴", StaffRole.VOLUNTEER, 90, None),
        ("梁知秋", StaffRole.VOLUNTEER, 120, None),
        ("许望舒", StaffRole.TUTOR, 30, None),
        ("严松", StaffRole.VOLUNTEER, 400, None),
    )
    made = [
        camps.add_staff(
            union_id=union_id, name=name, role=role, worker_id=worker_id,
            checked_on=today - timedelta(days=days), check_number=f"样例-{days:04}",
            trained_on=today - timedelta(days=25), actor=cadre, now=now,
        )
        for name, role, days, worker_id in people
    ]  # fmt: skip
    for staff in made[:3]:
        camps.assign_staff(class_id=rooms[0].id, staff_id=staff.id, actor=cadre, now=now)
    camps.assign_staff(class_id=rooms[1].id, staff_id=made[3].id, actor=cadre, now=now)
    return [staff.id for staff in made[:3]]


def _today(
    room: CampClass, staff: list[int], head: tuple[Actor, Any], placed: list[int], now: datetime
) -> None:
    camp_days.open_day(class_id=room.id, staff_ids=staff, actor=head[0], now=now)
    camp_days.record_presence(
        class_id=room.id, place_ids=placed[:11], kind=Presence.ARRIVED, actor=head[0], now=now
    )
    camp_days.record_presence(
        class_id=room.id, place_ids=placed[11:12], kind=Presence.ABSENT, actor=head[0], now=now
    )
