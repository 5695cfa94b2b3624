"""A camp is set up for an offer, with its classes and the people who care for the children."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.names import check_name
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.unions import get_union
from nuanxin.people.rules import check_purpose
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Camp, CampAssignment, CampClass, CampStaff, Offer
from nuanxin.programmes.rules.camps import check_in_date, class_is_sound
from nuanxin.programmes.states import OfferState, StaffRole, Way
from nuanxin.records.actions import append_event

MOST_CLASSES = 40
MOST_STAFF_A_CLASS = 12


@dataclass(frozen=True, slots=True)
class ClassDraft:
    """A class as an official describes it; ``tutors`` and ``volunteers`` are the least a day."""

    label: str
    place: str
    opens_at: time
    closes_at: time
    grade_from: int
    grade_to: int
    size: int
    tutors: int = 1
    volunteers: int = 2


@transaction.atomic
def set_up_camp(
    *, offer_id: int, starts_on: date, ends_on: date, insurance: str, actor: Actor, now: datetime
) -> Camp:
    """Say when an offer's camp is and how the children are insured; children's data go on its day.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` for days or insurance, ``Conflict`` for an offer
    whose places are shared another way or a camp that is there.
    """
    offer = _offer(offer_id, actor)
    if offer.way != Way.BY_CLASS:
        raise Conflict("programmes.no_camp", "只有按班报名的托管项目才能设班。")
    if Camp.objects.filter(offer=offer).exists():
        raise Conflict("programmes.camp_there", "这一期的托管已经设好了，接着加班就行。")
    said = _one_line(insurance, 120)
    if not said:
        raise Malformed("programmes.camp_insurance", "写上意外险的保险公司和保单号。")
    today = business_day(now)
    if ends_on < starts_on:
        raise Malformed("programmes.camp_days", "最后一天要在第一天以后。")
    keep = parameter("programmes.camp_child_days", adcode=f"{offer.union.adcode:06d}", on=today)
    camp = Camp.objects.create(
        offer=offer,
        starts_on=starts_on,
        ends_on=ends_on,
        insurance=said,
        erase_on=ends_on + timedelta(days=int(keep.value)),
        created_at=now,
        created_by=actor.account_id,
        created_by_name=actor.name[:60],
    )
    _record("programmes.camp_set_up", camp.id, offer.union_id, actor, now)
    return camp


@transaction.atomic
def add_class(*, camp_id: int, draft: ClassDraft, actor: Actor, now: datetime) -> CampClass:
    """Add a class that keeps to the size, ratio and length of its place.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` with what is too much or too little.
    """
    camp = get_camp_for(camp_id, actor)
    limits = limits_of(camp.offer.union.adcode, business_day(now))
    class_is_sound(
        size=draft.size,
        tutors=draft.tutors,
        volunteers=draft.volunteers,
        days=(camp.ends_on - camp.starts_on).days + 1,
        limits=limits,
    ).insist(Malformed)
    if not 0 <= draft.grade_from <= draft.grade_to <= 12:
        raise Malformed("programmes.camp_grades", "最低年级不能高过最高年级。")
    if draft.closes_at <= draft.opens_at:
        raise Malformed("programmes.camp_hours", "接走的时间要在开门以后。")
    count = CampClass.objects.filter(camp=camp).count()
    if count >= MOST_CLASSES:
        raise Conflict("programmes.too_many_classes", f"一期最多 {MOST_CLASSES} 个班。")
    made = CampClass.objects.create(
        camp=camp,
        ordinal=count + 1,
        label=_one_line(draft.label, 30) or f"{count + 1} 班",
        place=_one_line(draft.place, 120),
        opens_at=draft.opens_at,
        closes_at=draft.closes_at,
        grade_from=draft.grade_from,
        grade_to=draft.grade_to,
        size=draft.size,
        tutors=draft.tutors,
        volunteers=draft.volunteers,
    )
    _record("programmes.camp_class_added", camp.id, camp.offer.union_id, actor, now)
    return made


def limits_of(adcode: int, on: date) -> dict[str, int]:
    """Return sizes, ratio and length that the place asks for, for ``class_is_sound``."""
    place = f"{adcode:06d}"
    keys = {
        "size_min": "camp_class_size_min",
        "size_max": "camp_class_size_max",
        "days": "camp_days_min",
        "tutors": "camp_tutors_min",
        "volunteers": "camp_volunteers_min",
    }
    return {
        name: int(parameter(f"programmes.{key}", adcode=place, on=on).value)
        for name, key in keys.items()
    }


@transaction.atomic
def add_staff(
    *, union_id: int, name: str, role: StaffRole, worker_id: int | None = None,
    checked_on: date | None = None, check_number: str = "", trained_on: date | None = None,
    actor: Actor, now: datetime,
) -> CampStaff:  # fmt: skip
    """Keep somebody who cares for children, with the day his criminal record was checked.

    ``worker_id`` lets him sign in as a keeper. Raises ``NotFound``, ``Forbidden``, ``Malformed``.
    """
    union = get_union(union_id)
    permissions.check_can_manage_camp(actor, path=union.path)
    _insist_on_past(checked_on, trained_on, now)
    staff = CampStaff.objects.create(
        union_id=union_id,
        worker_id=worker_id,
        name=check_name(name),
        role=int(role),
        checked_on=checked_on,
        check_number=_one_line(check_number, 40),
        trained_on=trained_on,
        recorded_at=now,
        recorded_by=actor.account_id,
    )
    append_event(
        "programmes.camp_staff_added", actor=actor, at=now, subject_type="camp_staff",
        subject_id=staff.id, union_id=union_id,
    )  # fmt: skip
    return staff


@transaction.atomic
def renew_staff(
    *, staff_id: int, checked_on: date | None, check_number: str, trained_on: date | None,
    has_left: bool, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Keep a new check or training of somebody, or that he left, which ends his assignments."""
    staff = get_staff_for(staff_id, actor)
    _insist_on_past(checked_on, trained_on, now)
    staff.checked_on = checked_on or staff.checked_on
    staff.check_number = _one_line(check_number, 40) or staff.check_number
    staff.trained_on = trained_on or staff.trained_on
    if has_left and staff.left_on is None:
        staff.left_on = business_day(now)
        CampAssignment.objects.filter(staff=staff, ended_at=None).update(ended_at=now)
    staff.save()
    append_event(
        "programmes.camp_staff_left" if has_left else "programmes.camp_staff_renewed", actor=actor,
        at=now, subject_type="camp_staff", subject_id=staff.id, union_id=staff.union_id,
    )  # fmt: skip


@transaction.atomic
def assign_staff(*, class_id: int, staff_id: int, actor: Actor, now: datetime) -> CampAssignment:
    """Let somebody care for a class from its first day, or from today when it has begun.

    His record must have been checked within the year before, by the day he is assigned and by his
    first day with the children. Raises ``NotFound``, ``Forbidden``, ``Conflict``.
    """
    room = CampClass.objects.select_related("camp__offer__union").filter(id=class_id).first()
    if room is None:
        raise NotFound()
    camp = get_camp_for(room.camp_id, actor)
    staff = get_staff_for(staff_id, actor)
    today = business_day(now)
    from_on = max(today, camp.starts_on)
    place = f"{camp.offer.union.adcode:06d}"
    months = int(parameter("programmes.camp_check_months", adcode=place, on=today).value)
    check_in_date(staff.checked_on, from_on, months=months).insist()
    live = CampAssignment.objects.filter(camp_class=room, ended_at=None)
    if live.count() >= MOST_STAFF_A_CLASS:
        raise Conflict("programmes.too_many_staff", f"一个班最多排 {MOST_STAFF_A_CLASS} 个人。")
    try:
        with transaction.atomic():
            made = CampAssignment.objects.create(
                camp_class=room, staff=staff, from_on=from_on, assigned_at=now,
                assigned_by=actor.account_id,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            "programmes.assigned_already", f"{staff.name}已经在这个班了，或者查询过期、已经离开。"
        ) from None
    _record("programmes.camp_staff_assigned", camp.id, camp.offer.union_id, actor, now)
    return made


@transaction.atomic
def end_assignment(*, assignment_id: int, actor: Actor, now: datetime) -> None:
    """Take somebody off a class; he sees its children no more. Raises ``NotFound``."""
    found = CampAssignment.objects.select_related("camp_class").filter(id=assignment_id).first()
    if found is None:
        raise NotFound()
    camp = get_camp_for(found.camp_class.camp_id, actor)
    CampAssignment.objects.filter(id=assignment_id, ended_at=None).update(ended_at=now)
    _record("programmes.camp_assignment_ended", camp.id, camp.offer.union_id, actor, now)


def get_camp_for(camp_id: int, actor: Actor) -> Camp:
    """Return a camp that the actor may manage; raise ``NotFound`` or ``Forbidden``."""
    camp = Camp.objects.select_related("offer__union").filter(id=camp_id).first()
    if camp is None:
        raise NotFound()
    permissions.check_can_manage_camp(actor, path=camp.offer.union.path)
    return camp


def get_staff_for(staff_id: int, actor: Actor) -> CampStaff:
    """Return somebody of a union whose camps the actor may manage; raise as above."""
    staff = CampStaff.objects.select_related("union").filter(id=staff_id).first()
    if staff is None:
        raise NotFound()
    permissions.check_can_manage_camp(actor, path=staff.union.path)
    return staff


def _offer(offer_id: int, actor: Actor) -> Offer:
    offer = Offer.objects.select_related("union").filter(id=offer_id).first()
    if offer is None:
        raise NotFound()
    permissions.check_can_manage_camp(actor, path=offer.union.path)
    if offer.state == OfferState.CANCELLED:
        raise Conflict("programmes.cancelled", "这一期取消了。")
    return offer


def _insist_on_past(checked_on: date | None, trained_on: date | None, now: datetime) -> None:
    today = business_day(now)
    if any(day is not None and day > today for day in (checked_on, trained_on)):
        raise Malformed("programmes.staff_days", "查询和培训的日子要在今天或以前。")


def _record(kind: str, camp_id: int, union_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="camp", subject_id=camp_id, union_id=union_id
    )


@transaction.atomic
def export_audit(*, year: int, purpose: str, actor: Actor, now: datetime) -> None:
    """Record that the yearly report on children's data leaves; raise ``Forbidden``, ``Malformed``."""
    paths = policy.scope_paths(actor, permissions.CAMP_AUDIT)
    if not paths:
        policy.check(actor, permissions.CAMP_AUDIT)
    append_event(
        "programmes.camp_audit_exported", actor=actor, at=now, subject_type="year",
        subject_id=year, data={"purpose": check_purpose(purpose)},
    )  # fmt: skip


def _one_line(text: str, longest: int) -> str:
    """Return free text on one line; Chinese marks stay as they were typed."""
    return " ".join(text.split())[:longest]
