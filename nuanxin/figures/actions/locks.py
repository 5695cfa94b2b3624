"""Locking a month, from the counties upwards, and unlocking it with a reason."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from nuanxin.figures import permissions
from nuanxin.figures.models import PeriodLock
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import append_event, logged_name

LOWEST_FEDERATION = 3
SHORTEST_REASON = 4


@transaction.atomic
def lock_month(*, union_code: str, month: date, actor: Actor, now: datetime) -> int:
    """Lock a month of a federation and return the lock's id.

    Raises ``NotFound`` out of scope, ``Forbidden`` without the right, ``Conflict``
    figures.month_not_over, figures.not_a_federation, figures.locked_already, figures.lock_upwards.
    """
    union = orgs.get_union_by_code(union_code)
    permissions.check_can_decide(actor, path=union.path)
    first = month.replace(day=1)
    if first >= clock.business_day(now).replace(day=1):
        raise Conflict("figures.month_not_over", f"{first:%Y 年 %m 月}还没过完，过完了再锁定。")
    if union.kind != "federation" or union.level > LOWEST_FEDERATION:
        raise Conflict("figures.not_a_federation", "只有省、市、县三级总工会锁定月份。")
    try:
        with transaction.atomic():
            lock = PeriodLock.objects.create(
                month=first,
                union_id=union.id,
                region=union.adcode,
                locked_at=now,
                locked_by=actor.account_id,
                locked_by_name=logged_name(actor),
            )
    except IntegrityError as error:
        raise _refusal(error) from error
    _record("figures.month_locked", lock, actor, now)
    return lock.id


@transaction.atomic
def unlock_month(*, union_code: str, month: date, reason: str, actor: Actor, now: datetime) -> None:
    """Take the lock of a month off, for a reason.

    Raises as above, and ``Malformed`` figures.reason_missing, ``Conflict`` figures.not_locked,
    figures.unlock_downwards.
    """
    union = orgs.get_union_by_code(union_code)
    permissions.check_can_decide(actor, path=union.path)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Malformed("figures.reason_missing", "请写明为什么解锁，至少四个字。")
    lock = (
        PeriodLock.objects.select_for_update()
        .filter(union_id=union.id, month=month.replace(day=1), unlocked_at__isnull=True)
        .first()
    )
    if lock is None:
        raise Conflict("figures.not_locked", "这个月现在没有锁定，不用解锁。")
    lock.unlocked_at, lock.unlocked_by = now, actor.account_id
    lock.unlocked_by_name, lock.unlock_reason = logged_name(actor), reason.strip()
    try:
        with transaction.atomic():
            lock.save()
    except IntegrityError as error:
        raise _refusal(error) from error
    _record("figures.month_unlocked", lock, actor, now, reason=reason.strip())


def _refusal(error: IntegrityError) -> Conflict:
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", "")
    if name == "lock_upwards":
        return Conflict(
            "figures.lock_upwards", "下面还有没锁定的总工会。请等它们都锁定了，再锁这一级。"
        )
    if name == "unlock_downwards":
        return Conflict(
            "figures.unlock_downwards", "上一级已经锁定。请先让上一级解锁，再解这一级。"
        )
    if name == "lock_once_a_month":
        return Conflict("figures.locked_already", "这个月已经锁定了，不用再锁。")
    raise error


def _record(kind: str, lock: PeriodLock, actor: Actor, now: datetime, **more: str) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="period_lock",
        subject_id=lock.id,
        union_id=lock.union_id,
        data={"month": f"{lock.month:%Y-%m}", "region": lock.region, **more},
    )
