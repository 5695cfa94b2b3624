"""What is written down of contacts with a person, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.people import permissions
from nuanxin.people.queries.workers import record_ids_of
from nuanxin.people.states import ContactKind

SHOWN = 20
"""Contacts shown of a person; the whole list is part of what he can fetch of himself."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact; what was taken back is not among them. ``note`` only for who may write."""

    id: int
    kind: ContactKind
    day: date
    note: str
    recorded_by_name: str
    may_take_back: bool


def list_contacts(*, worker_id: int, actor: Actor, now: datetime) -> Sequence[ContactRow]:
    """Return the latest contacts of a person, at most ``SHOWN``; the caller has checked the sight.

    What was said about them is for those who may write them down.
    """
    may_write = permissions.can(actor, permissions.CONTACT, worker_id)
    today = business_day(now)
    with connection.cursor() as db:
        db.execute(
            """SELECT c.id, c.kind, c.day, c.note, c.recorded_by_name, c.recorded_at
               FROM people_contact c
               WHERE c.worker_id = ANY(%s) AND c.times > 0 AND NOT EXISTS (
                   SELECT 1 FROM people_contact b WHERE b.reverses_id = c.id)
               ORDER BY c.day DESC, c.id DESC LIMIT %s""",
            [record_ids_of(worker_id), SHOWN],
        )
        rows = db.fetchall()
    return [
        ContactRow(
            id=number,
            kind=(kind := ContactKind(value)),
            day=day,
            note=note if may_write else "",
            recorded_by_name=name,
            may_take_back=may_write and kind.is_by_hand and business_day(at) == today,
        )
        for number, value, day, note, name, at in rows
    ]
