"""Households: people who live on one budget. Little is kept, and only for family programmes."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.kernel.text import readable
from nuanxin.people import permissions
from nuanxin.people.models import Household, HouseholdMember
from nuanxin.records.actions import append_event

_NAME_LONGEST = 60


@transaction.atomic
def open_household(*, worker_id: int, name: str, actor: Actor, now: datetime) -> int:
    """Open a household with its first member; return its id.

    Raises ``Conflict`` people.in_household when the person belongs to one already.
    """
    permissions.check_can(actor, permissions.EDIT, worker_id)
    household = Household.objects.create(
        name=readable(name)[:_NAME_LONGEST] or "家庭", recorded_at=now
    )
    _join(household.id, worker_id, clock.business_day(now))
    _log("people.household_opened", worker_id, household.id, actor, now)
    return household.id


@transaction.atomic
def add_to_household(*, household_id: int, worker_id: int, actor: Actor, now: datetime) -> None:
    """Add a person to a household whose members the actor may edit too.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` people.in_household.
    """
    permissions.check_can(actor, permissions.EDIT, worker_id)
    present = HouseholdMember.objects.filter(household_id=household_id, to_on__isnull=True)
    members = list(present.values_list("worker_id", flat=True))
    if not any(permissions.can(actor, permissions.EDIT, member) for member in members):
        raise NotFound()
    _join(household_id, worker_id, clock.business_day(now))
    _log("people.household_joined", worker_id, household_id, actor, now)


@transaction.atomic
def leave_household(*, worker_id: int, actor: Actor, now: datetime) -> None:
    """Take a person out of the household; raise ``NotFound`` when there is none."""
    permissions.check_can(actor, permissions.EDIT, worker_id)
    found = HouseholdMember.objects.filter(worker_id=worker_id, to_on__isnull=True).first()
    if found is None:
        raise NotFound("people.no_household", "没有登记家庭。")
    HouseholdMember.objects.filter(id=found.id).update(to_on=clock.business_day(now))
    _log("people.household_left", worker_id, found.household_id, actor, now)


def _join(household_id: int, worker_id: int, day: date) -> None:
    try:
        with transaction.atomic():
            HouseholdMember.objects.create(
                household_id=household_id, worker_id=worker_id, from_on=day
            )
    except IntegrityError as error:
        raise Conflict(
            "people.in_household", "已经登记在一个家庭里。要换，请先从原来的家庭移出。"
        ) from error


def _log(kind: str, worker_id: int, household_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=worker_id,
        data={"household": household_id},
    )
