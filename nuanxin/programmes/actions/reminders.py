"""What somebody wants to be told of: all of it by his consent, each kind by a switch."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.people.actions import grant_consent, withdraw_consent
from nuanxin.people.queries import current_notice, has_consent
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.states import NO_FEEDBACK_ASKED, NO_ONE_FACT, Kind
from nuanxin.records.actions import append_event

_PURPOSE = ConsentPurpose.SERVICE_NOTICES


@transaction.atomic
def turn_reminders_on(*, actor: Actor, now: datetime) -> None:
    """Agree to be told of services, under the notice of today."""
    version = current_notice(_PURPOSE, on=business_day(now)).version
    grant_consent(worker_id=_own(actor), purpose=_PURPOSE, notice_version=version, via="web",
                  actor=actor, now=now)  # fmt: skip


@transaction.atomic
def turn_reminders_off(*, actor: Actor, now: datetime) -> None:
    """Hear nothing of services any more: withdraws the consent. Twice changes nothing."""
    if has_consent(_own(actor), _PURPOSE):
        withdraw_consent(worker_id=_own(actor), purpose=_PURPOSE, actor=actor, now=now)


@transaction.atomic
def turn_kind_off(*, kind: str, actor: Actor, now: datetime) -> None:
    """Hear nothing of one kind, be asked no more how it was, or for one fact; raise ``Malformed`` programmes.no_kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO programmes_reminderoff (worker_id, kind, since) VALUES (%s, %s, %s)"
            " ON CONFLICT (worker_id, kind) DO NOTHING",
            [_own(actor), _kind(kind), now],
        )
        if cursor.rowcount:
            _record("programmes.reminders_off", kind, actor, now)


@transaction.atomic
def turn_kind_on(*, kind: str, actor: Actor, now: datetime) -> None:
    """Hear of one kind again; raise ``Malformed`` programmes.no_kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM programmes_reminderoff WHERE worker_id = %s AND kind = %s",
            [_own(actor), _kind(kind)],
        )
        if cursor.rowcount:
            _record("programmes.reminders_on", kind, actor, now)


def erase_reminders(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Erase for what somebody was found and what he wants to hear; return what it was."""
    with connection.cursor() as cursor:
        for table in ("programmes_offerreminder", "programmes_reminderoff"):
            cursor.execute(f"DELETE FROM {table} WHERE worker_id = ANY (%s)", [list(worker_ids)])
    return ["服务提醒和提醒设置"]


def _own(actor: Actor) -> int:
    if actor.worker_id is None:
        raise NotFound()
    return actor.worker_id


def _kind(kind: str) -> str:
    if kind in (NO_FEEDBACK_ASKED, NO_ONE_FACT):
        return kind
    try:
        return Kind(kind).value
    except ValueError:
        raise Malformed("programmes.no_kind", "没看清是哪一类。回到那一页，再点一下。") from None


def _record(kind: str, of: str, actor: Actor, now: datetime) -> None:
    append_event(kind, actor=actor, at=now, subject_type="worker", subject_id=_own(actor),
                 data={"kind": of})  # fmt: skip
