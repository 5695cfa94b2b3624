"""Households: people who live on one budget. Little is kept, and only for family programmes."""

import hmac
from datetime import date, datetime

from django.db import IntegrityError, transaction

from nuanxin.kernel import clock, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.text import compact, readable
from nuanxin.people import permissions
from nuanxin.people.models import Household, HouseholdMember
from nuanxin.people.queries.workers import find_workers_by_phone
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


def household_code(worker_id: int, day: date) -> str:
    """Return the eight figures by which somebody lets others into his household on a day."""
    number = sealing.lookup_hash("household", f"{worker_id}|{day.isoformat()}").int
    return f"{number % 10**8:08d}"


@transaction.atomic
def join_by_code(*, phone: str, code: str, actor: Actor, now: datetime) -> int:
    """Join the household of who has this phone and gave his code of today; return the household.

    Both have agreed: who gave the code, and who enters it. The caller limits how often it is tried.
    Raises ``Malformed`` people.household_code alike for an unknown phone and a wrong code, and
    ``Conflict`` people.in_household.
    """
    if actor.worker_id is None:
        raise NotFound()
    today = clock.business_day(now)
    said = compact(code)
    host = next(
        (
            one
            for one in find_workers_by_phone(phone)
            if one != actor.worker_id
            and hmac.compare_digest(said.encode(), household_code(one, today).encode())
        ),
        None,
    )
    if host is None:
        raise Malformed(
            "people.household_code",
            "手机号或者家人码没对上。家人码每天换，请家里人打开“我的家人”念给你。",
        )
    member = HouseholdMember.objects.filter(worker_id=host, to_on__isnull=True).first()
    if member is None:
        home = Household.objects.create(name="家庭", recorded_at=now)
        _join(home.id, host, today)
        _log("people.household_opened", host, home.id, actor, now)
        household_id = home.id
    else:
        household_id = member.household_id
    _join(household_id, actor.worker_id, today)
    _log("people.household_joined", actor.worker_id, household_id, actor, now)
    return household_id


@transaction.atomic
def leave_own_household(*, actor: Actor, now: datetime) -> None:
    """Leave the household that one stands in; raise ``NotFound`` when there is none."""
    found = HouseholdMember.objects.filter(
        worker_id=actor.worker_id or 0, to_on__isnull=True
    ).first()
    if found is None:
        raise NotFound("people.no_household", "没有登记家庭。")
    HouseholdMember.objects.filter(id=found.id).update(to_on=clock.business_day(now))
    _log("people.household_left", found.worker_id, found.household_id, actor, now)


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
