"""A worker's children: a minimal sealed record, who may pick them up, what keepers must know.

All of it is the guardian's own act; somebody else's child is not there (``NotFound``).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.names import check_name, surname_of
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.phone import normalise_phone
from nuanxin.kernel.text import readable
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.programmes.models import CampPlace, Child, ChildConsent, HealthNote, PickupPerson
from nuanxin.programmes.models.camp_places import HOLDING
from nuanxin.programmes.rules.camps import age_on
from nuanxin.programmes.states import GRADES, Care, Guardianship
from nuanxin.records.actions import append_event

CHILD_NAME, PICKUP_NAME, PICKUP_PHONE, HEALTH = (
    "child_name",
    "pickup_name",
    "pickup_phone",
    "child_health",
)
"""Names of sealed columns: what an envelope is bound to, and what the reading log calls it."""
MOST_CHILDREN = 6
OLDEST_CHILD_YEARS = 18
HEALTH_LONGEST = 300


@dataclass(frozen=True, slots=True)
class ChildDraft:
    """What a guardian says of a child; ``born`` is any day of the month of birth."""

    name: str
    born: date
    grade: int
    relation: Guardianship


@transaction.atomic
def add_child(*, draft: ChildDraft, actor: Actor, now: datetime) -> Child:
    """Keep a child of the actor's; the same name and month again gives the child that is there.

    Raises ``NotFound`` for who is no worker, ``Malformed`` for a name, month or grade that cannot be,
    ``Conflict`` programmes.too_many_children.
    """
    worker_id = _worker_of(actor)
    name = check_name(draft.name)
    born = _month_of(draft.born, now)
    grade = _grade_of(draft.grade)
    person = sealing.lookup_hash("child", f"{name}|{born.isoformat()}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM people_worker WHERE id = %s FOR UPDATE", [worker_id])
    own = Child.objects.filter(worker_id=worker_id, erased_at=None)
    known = own.filter(person=person).first()
    if known is not None:
        return known
    if own.count() >= MOST_CHILDREN:
        raise Conflict(
            "programmes.too_many_children", f"最多登记 {MOST_CHILDREN} 个孩子。有变化，打 12351。"
        )
    bound = uuid7()
    child = Child.objects.create(
        worker_id=worker_id,
        relation=int(draft.relation),
        bound_to=bound,
        name_sealed=sealing.seal(CHILD_NAME, name, bound),
        name_hint=f"{surname_of(name) or name[:1]}小朋友",
        person=person,
        born=born,
        grade=grade,
        recorded_at=now,
    )
    _record("programmes.child_added", child.id, actor, now)
    return child


@transaction.atomic
def change_grade(*, child_id: int, grade: int, actor: Actor, now: datetime) -> None:
    """Say what grade one's child is in now; raise ``NotFound``, ``Malformed``."""
    child = own_child(child_id, actor)
    child.grade = _grade_of(grade)
    child.save(update_fields=["grade"])
    _record("programmes.child_grade_changed", child.id, actor, now)


@transaction.atomic
def add_pickup_person(
    *, child_id: int, name: str, phone: str, relation: str, actor: Actor, now: datetime
) -> PickupPerson:
    """Let somebody take one's child home.

    Raises ``NotFound``, ``Malformed`` for name, phone or relation, ``Conflict``
    programmes.too_many_pickups.
    """
    child = own_child(child_id, actor)
    said, number = check_name(name), normalise_phone(phone)
    called = readable(relation)[:12]
    if not called:
        raise Malformed("programmes.pickup_relation", "写上是孩子的什么人，比如“奶奶”。")
    taken = list(
        PickupPerson.objects.filter(child=child, removed_at=None).values_list("slot", flat=True)
    )
    most = int(parameter("programmes.camp_pickups_max", adcode=NATION, on=business_day(now)).value)
    if len(taken) >= most:
        raise Conflict(
            "programmes.too_many_pickups", f"接送人最多 {most} 位。先去掉一位，再加新的。"
        )
    bound = uuid7()
    person = PickupPerson.objects.create(
        child=child,
        slot=next(number for number in range(1, most + 1) if number not in taken),
        relation=called,
        bound_to=bound,
        name_sealed=sealing.seal(PICKUP_NAME, said, bound),
        phone_sealed=sealing.seal(PICKUP_PHONE, number, bound),
        hint=f"{surname_of(said) or said[:1]}某",
        added_at=now,
    )
    _record("programmes.pickup_added", child.id, actor, now)
    return person


@transaction.atomic
def remove_pickup_person(*, pickup_id: int, actor: Actor, now: datetime) -> None:
    """Take somebody off the list of one's child at once: name and phone go, that he was on it stays.

    Raises ``NotFound``.
    """
    person = PickupPerson.objects.filter(id=pickup_id, removed_at=None).first()
    if person is None:
        raise NotFound()
    child = own_child(person.child_id, actor)
    PickupPerson.objects.filter(id=pickup_id).update(
        removed_at=now, name_sealed=None, phone_sealed=None
    )
    _record("programmes.pickup_removed", child.id, actor, now)


@transaction.atomic
def write_health_note(*, place_id: int, text: str, actor: Actor, now: datetime) -> None:
    """Tell the keepers of one's child's class what they must know; empty takes it away.

    It deletes itself on the day that the parameter names. Raises ``NotFound``, and ``Conflict``
    programmes.health_consent without consent to this.
    """
    place = (
        CampPlace.objects.select_related("camp_class__camp__offer__union")
        .filter(id=place_id, worker_id=_worker_of(actor), state__in=HOLDING)
        .first()
    )
    if place is None:
        raise NotFound()
    own_child(place.child_id, actor)
    said = " ".join(text.split())[:HEALTH_LONGEST]
    HealthNote.objects.filter(place=place).delete()
    if said:
        consents = ChildConsent.objects.filter(
            child_id=place.child_id, purpose=int(Care.HEALTH), withdrawn_at=None
        )
        if not consents.exists():
            raise Conflict(
                "programmes.health_consent", "先同意用孩子的健康情况，再写。不写也能参加托管。"
            )
        camp = place.camp_class.camp
        days = parameter(
            "programmes.camp_health_days",
            adcode=f"{camp.offer.union.adcode:06d}",
            on=business_day(now),
        ).value
        bound = uuid7()
        HealthNote.objects.create(
            place=place,
            bound_to=bound,
            sealed=sealing.seal(HEALTH, said, bound),
            written_at=now,
            erase_on=camp.ends_on + timedelta(days=int(days)),
        )
    kind = "programmes.health_note_written" if said else "programmes.health_note_erased"
    _record(kind, place.child_id, actor, now)


def own_child(child_id: int, actor: Actor) -> Child:
    """Return a child of the actor's that is not erased, its row locked; raise ``NotFound``."""
    child = (
        Child.objects.select_for_update()
        .filter(id=child_id, worker_id=_worker_of(actor), erased_at=None)
        .first()
    )
    if child is None:
        raise NotFound()
    return child


def _worker_of(actor: Actor) -> int:
    if actor.worker_id is None:
        raise NotFound()
    return actor.worker_id


def _month_of(born: date, now: datetime) -> date:
    today = business_day(now)
    if born > today or age_on(born.replace(day=1), today) > OLDEST_CHILD_YEARS:
        raise Malformed(
            "programmes.child_born",
            f"再看看出生年月：要在今天以前，孩子不超过 {OLDEST_CHILD_YEARS} 周岁。",
        )
    return born.replace(day=1)


def _grade_of(grade: int) -> int:
    if not 0 <= grade < len(GRADES):
        raise Malformed("programmes.child_grade", "选孩子现在读几年级。")
    return grade


def _record(kind: str, child_id: int, actor: Actor, now: datetime) -> None:
    append_event(kind, actor=actor, at=now, subject_type="child", subject_id=child_id)
