"""Taking back one's own request, and letting go of an invitation."""

from datetime import datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.models import JoinApplication
from nuanxin.membership.states import JOIN_MOVES, JoinState, check_move
from nuanxin.records.actions import append_event


@transaction.atomic
def withdraw_application(*, application_id: int, actor: Actor, now: datetime) -> None:
    """Take one's own application back before it is decided.

    Raises ``NotFound`` for anybody else's, ``Conflict`` membership.state_moved_on when decided.
    """
    application = _own(application_id, actor)
    check_move(JoinState(application.state), JoinState.WITHDRAWN, JOIN_MOVES)
    _close(application, JoinState.WITHDRAWN, "本人撤回", actor, now)


@transaction.atomic
def close_open(application_id: int, why: str, *, actor: Actor, now: datetime) -> None:
    """Close an application for the person's own reason: an invitation as declined, else withdrawn.

    Nothing happens when it is closed already.
    """
    application = JoinApplication.objects.select_for_update().get(id=application_id)
    state = JoinState(application.state)
    if state is JoinState.INVITED:
        _close(application, JoinState.DECLINED, why, actor, now)
    elif state.is_open:
        _close(application, JoinState.WITHDRAWN, why, actor, now)


def _own(application_id: int, actor: Actor) -> JoinApplication:
    found = (
        JoinApplication.objects.select_for_update()
        .filter(id=application_id, worker_id=actor.worker_id or 0)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _close(
    application: JoinApplication, to: JoinState, why: str, actor: Actor, now: datetime
) -> None:
    application.state = to
    application.decision_note = why
    application.decided_at = now if to is JoinState.DECLINED else None
    application.decided_by = None
    application.decided_by_name = ""
    application.expires_on = None
    application.save()
    append_event(
        f"membership.application_{to.name.lower()}",
        actor=actor,
        at=now,
        subject_type="application",
        subject_id=application.id,
        union_id=application.union_id,
        data={"why": why},
    )
