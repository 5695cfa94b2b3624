"""How somebody found a session: said once, by whoever came. And that a provider read his list."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.kernel.text import as_written
from nuanxin.programmes.models import Feedback
from nuanxin.programmes.queries.sessions import Door, get_my_booking
from nuanxin.programmes.rules.attendance import Face, FeedbackReason
from nuanxin.records.actions import append_event


@transaction.atomic
def give_feedback(
    *, booking_id: int, face: Face, reasons: Sequence[FeedbackReason], remark: str, actor: Actor,
    now: datetime,
) -> bool:  # fmt: skip
    """Say how one found a session; said again, the first stays and False is returned.

    Raises ``NotFound`` for somebody else's, ``Conflict`` programmes.not_there without an arrival.
    """
    booking = get_my_booking(booking_id, actor.worker_id)
    if booking.attended is None or not booking.attended.was_there:
        raise Conflict(
            "programmes.not_there", "这一场没有你到场的记录。要是记漏了，打 12351 说一声。"
        )
    _, is_new = Feedback.objects.get_or_create(
        booking_id=booking_id,
        defaults={
            "session_id": booking.session_id,
            "face": int(face),
            "reasons": sorted({int(one) for one in reasons}),
            "remark": as_written(remark)[:140],
            "said_at": now,
        },
    )
    return is_new


def note_list_read(door: Door, *, persons: int, now: datetime) -> None:
    """Keep that the list of a session was read at a gate, by whom it was given to."""
    append_event(
        "programmes.list_read_by_provider",
        actor=Actor(name=door.gate.label),
        at=now,
        subject_type="programme_session",
        subject_id=door.gate.session_id,
        data={"gate": door.gate.id, "persons": persons},
    )
