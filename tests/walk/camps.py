"""Camps for the walk: of a given union, and a child or a class of a given person."""

from datetime import time, timedelta
from typing import Any

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.orgs.models import Union
from nuanxin.programmes.actions import camps, child_consents, children
from nuanxin.programmes.actions.camps import ClassDraft
from nuanxin.programmes.actions.children import ChildDraft
from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
from nuanxin.programmes.models import CampPlace, Child
from nuanxin.programmes.rules.camp_texts import current_texts
from nuanxin.programmes.states import Care, Guardianship, SaidBy, StaffRole, Way
from tests.cast import Cast


def _camp(cast: Cast, union: Union) -> tuple[Any, Any, Actor]:
    """A camp of a union that runs today, with a class; and who set it up."""
    actor = Actor(name="样例", grants=(Grant(Role.PROVINCE_CADRE, union.id, union.path),))
    today = clock.business_day(cast.now)
    draft = OfferDraft(
        definition="children_camp", title="样例托管班", way=Way.BY_CLASS, places=30,
        opens_at=cast.now - timedelta(days=2), closes_at=cast.now + timedelta(days=7),
    )  # fmt: skip
    offer = create_offer(draft=draft, union_id=union.id, actor=actor, now=cast.now)
    publish_offer(offer_id=offer.id, actor=actor, now=cast.now)
    camp = camps.set_up_camp(
        offer_id=offer.id, starts_on=today, ends_on=today + timedelta(days=20), insurance="样例",
        actor=actor, now=cast.now,
    )  # fmt: skip
    room = camps.add_class(
        camp_id=camp.id,
        draft=ClassDraft("1 班", "样例", time(8), time(17, 30), 1, 6, 30),
        actor=actor,
        now=cast.now,
    )
    return camp, room, actor


def camp_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"offer_id": _camp(cast, union)[0].offer_id}


def public_camp(cast: Cast) -> dict[str, Any]:
    return {"code": _camp(cast, cast.union("county"))[0].offer.code}


def _child(cast: Cast, name: str) -> Child:
    guardian = cast.actor(name)
    today = clock.business_day(cast.now)
    draft = ChildDraft("样小禾", today.replace(year=today.year - 9), 2, Guardianship.MOTHER)
    child = children.add_child(draft=draft, actor=guardian, now=cast.now)
    child_consents.record_consents(
        child_id=child.id, cares=[Care.CARE], version=current_texts(today).version,
        said_by=SaidBy.GUARDIAN, checked_at=cast.now, actor=guardian, now=cast.now,
    )  # fmt: skip
    return child


def child_of(cast: Cast, name: str) -> dict[str, Any]:
    return {"child_id": _child(cast, name).id}


def class_of(cast: Cast, name: str) -> dict[str, Any]:
    """A class that somebody cares for."""
    union = cast.union("county")
    camp, room, actor = _camp(cast, union)
    staff = camps.add_staff(
        union_id=union.id, name="样某某", role=StaffRole.HEAD, worker_id=cast.actor(name).worker_id,
        checked_on=camp.starts_on, trained_on=camp.starts_on, actor=actor, now=cast.now,
    )  # fmt: skip
    camps.assign_staff(class_id=room.id, staff_id=staff.id, actor=actor, now=cast.now)
    return {"class_id": room.id}


def place_of(cast: Cast, name: str) -> dict[str, Any]:
    """A child with a place in a class that somebody cares for."""
    found = class_of(cast, name)
    other = "rider_lu" if name == "rider_ye" else "rider_ye"
    CampPlace.objects.filter(state=4).update(state=5)
    child = _child(cast, other)
    place = CampPlace.objects.create(
        camp_class_id=found["class_id"], child=child, worker_id=child.worker_id,
        person=child.person, season=cast.now.year, party=child.person, state=4,
        applied_at=cast.now, agreement="样例", agreed_at=cast.now, declared_at=cast.now,
        insured_at=cast.now,
    )  # fmt: skip
    return found | {"place_id": place.id}


def camp_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of camps; ``sample`` makes one."""
    camp = sample(missing={"code": "nothing"}, public=public_camp)
    child = sample(missing={"child_id": no_id}, of_person=child_of)
    room = sample(missing={"class_id": no_id}, of_person=class_of)
    desk = sample(missing={"offer_id": no_id}, of_union=camp_of)
    return {
        "camp": camp,
        "camp-apply": camp,
        "child": child,
        "child-act": child,
        "child-consent": child,
        "keeping-class": room,
        "keeping-act": room,
        "keeping-names": room,
        "keeping-harm": room,
        "keeping-hand-over": sample(
            missing={"class_id": no_id, "place_id": no_id}, of_person=place_of
        ),
        "desk-camp": desk,
        "desk-camp-act": desk,
        "desk-camp-children": desk,
        "desk-camp-children-act": desk,
    }
