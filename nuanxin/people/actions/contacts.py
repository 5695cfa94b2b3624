"""接触: that a person was reached or served, appended as a fact, by whichever package knows of it.

Figures (在籍会员里九十天内联系到的、十二个月内服务过的) are counted from these rows by 会籍.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.text import readable
from nuanxin.people import permissions
from nuanxin.people.models import Contact
from nuanxin.people.rules import decide_contact_day
from nuanxin.people.states import ContactKind
from nuanxin.records.actions import append_event, logged_name

NOTE_LONGEST = 100
_NAME_LONGEST = 60


@dataclass(frozen=True, slots=True)
class NewContact:
    """One contact to be recorded; ``reference`` is the same when the same thing is said again."""

    worker_id: int
    kind: ContactKind
    day: date
    times: int = 1
    reference: str = ""
    note: str = ""


_INSERT = """
INSERT INTO people_contact
    (worker_id, day, kind, times, reference, note, recorded_at, recorded_by, recorded_by_name)
SELECT coalesce(w.merged_into_id, w.id), c.day, c.kind, c.times, c.reference, c.note,
       %(at)s, %(account)s, %(name)s
FROM unnest(%(workers)s::bigint[], %(days)s::date[], %(kinds)s::smallint[], %(times)s::smallint[],
            %(references)s::text[], %(notes)s::text[])
     AS c (worker_id, day, kind, times, reference, note)
JOIN people_worker w ON w.id = c.worker_id AND w.erased_at IS NULL
ON CONFLICT (worker_id, day, kind, reference) DO NOTHING
"""


def record_contacts(contacts: Sequence[NewContact], *, actor: Actor, now: datetime) -> int:
    """Record contacts in one statement; return how many are new. Said again, nothing is added.

    For actions, which have checked who may. Somebody whose record was merged is counted where he is
    now, somebody erased not at all. Raises ``Malformed`` people.contact_in_future.
    """
    if any(contact.day > business_day(now) for contact in contacts):
        raise Malformed("people.contact_in_future", "还没有发生的不能记。请填今天或以前的日期。")
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "workers": [contact.worker_id for contact in contacts],
                "days": [contact.day for contact in contacts],
                "kinds": [int(contact.kind) for contact in contacts],
                "times": [contact.times for contact in contacts],
                "references": [contact.reference for contact in contacts],
                "notes": [contact.note for contact in contacts],
                "at": now,
                "account": actor.account_id,
                "name": logged_name(actor)[:_NAME_LONGEST],
            },
        )
        return int(cursor.rowcount)


_REVERSE = """
INSERT INTO people_contact
    (worker_id, day, kind, times, reference, note, reverses_id, recorded_at, recorded_by,
     recorded_by_name)
SELECT c.worker_id, c.day, c.kind, -c.times, 'undo:' || c.id, '', c.id, %(at)s, %(account)s, %(name)s
FROM unnest(%(workers)s::bigint[], %(references)s::text[]) AS said (worker_id, reference)
JOIN people_worker w ON w.id = said.worker_id
JOIN people_contact c ON c.worker_id = coalesce(w.merged_into_id, w.id)
    AND c.reference = said.reference AND c.reverses_id IS NULL
ON CONFLICT DO NOTHING
"""


def reverse_contacts(said: Sequence[tuple[int, str]], *, actor: Actor, now: datetime) -> int:
    """Take back contacts that turned out not to be so, each by a row with the opposite count.

    ``said`` are worker and ``reference`` as they were recorded; the caller has checked who may.
    Returns how many were taken back; said again, none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _REVERSE,
            {
                "workers": [worker_id for worker_id, _ in said],
                "references": [reference for _, reference in said],
                "at": now,
                "account": actor.account_id,
                "name": logged_name(actor)[:_NAME_LONGEST],
            },
        )
        return int(cursor.rowcount)


@transaction.atomic
def write_down_contact(
    *,
    worker_id: int,
    kind: ContactKind,
    day: date,
    note: str = "",
    form_id: UUID,
    actor: Actor,
    now: datetime,
) -> bool:
    """Write down that an officer reached or served a person; return False for the same form again.

    Raises ``Malformed`` for a day that is to come or too long ago and for a kind that is not written
    by hand, ``Forbidden`` for oneself, ``NotFound``, ``Forbidden``.
    """
    permissions.check_can(actor, permissions.CONTACT, worker_id)
    if actor.worker_id == worker_id:
        raise Forbidden("people.own_record", "这是您自己，联系和服务要由别的同事来记。")
    if not kind.is_by_hand:
        raise Malformed("people.contact_kind", "这一种由系统在发生时记，不用填。请选别的。")
    today = business_day(now)
    longest = parameter("people.contact_backdate_days", adcode=NATION, on=today).value
    decide_contact_day(day, today=today, longest_days=int(longest)).insist(Malformed)
    added = record_contacts(
        [NewContact(worker_id, kind, day, 1, str(form_id), readable(note)[:NOTE_LONGEST])],
        actor=actor,
        now=now,
    )
    if added:
        _log("people.contact_recorded", worker_id, kind, day, actor, now)
    return bool(added)


@transaction.atomic
def take_back_contact(*, contact_id: int, worker_id: int, actor: Actor, now: datetime) -> None:
    """Take back what was written down today by mistake: appended with the opposite count.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` people.contact_taken_back, people.contact_stands.
    """
    permissions.check_can(actor, permissions.CONTACT, worker_id)
    contact = (
        Contact.objects.select_for_update()
        .filter(id=contact_id, worker_id=worker_id, reverses__isnull=True)
        .first()
    )
    if contact is None:
        raise NotFound()
    kind = ContactKind(contact.kind)
    if not kind.is_by_hand or business_day(contact.recorded_at) != business_day(now):
        raise Conflict("people.contact_stands", "只有当天记的、人工记的才能撤销。这一条留着。")
    if Contact.objects.filter(reverses_id=contact_id).exists():
        raise Conflict("people.contact_taken_back", "这一条已经撤销过了。")
    Contact.objects.create(
        worker_id=worker_id,
        day=contact.day,
        kind=contact.kind,
        times=-contact.times,
        reference=f"undo:{contact_id}",
        reverses_id=contact_id,
        recorded_at=now,
        recorded_by=actor.account_id,
        recorded_by_name=logged_name(actor)[:_NAME_LONGEST],
    )
    _log("people.contact_taken_back", worker_id, kind, contact.day, actor, now)


def _log(
    event: str, worker_id: int, kind: ContactKind, day: date, actor: Actor, now: datetime
) -> None:
    append_event(
        event,
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=worker_id,
        data={"kind": kind.name.lower(), "day": day.isoformat()},
    )
