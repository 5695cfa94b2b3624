"""What devices at the door send, also hours later: each scan is kept once, each person came once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.text import readable
from nuanxin.membership.queries.card import public_key
from nuanxin.membership.rules.card import token_of_link, verify_card, worker_of_number
from nuanxin.programmes.actions.attending import ToWrite, kind_of, write_attendance
from nuanxin.programmes.actions.gates import check_open
from nuanxin.programmes.models import Gate, Session
from nuanxin.programmes.queries.attendance import standing_of
from nuanxin.programmes.rules.attendance import AttendanceSource, ScanOutcome
from nuanxin.programmes.rules.booking_codes import read_code
from nuanxin.programmes.rules.fulfilment import Judged, Standing, When, judge_scan

MOST_SCANS = 200
"""Scans in one go; a device with more sends again."""


@dataclass(frozen=True, slots=True)
class ScanSent:
    """What a device sends of one scan: its own number, when by its clock, code or card."""

    client_id: UUID
    scanned_at: datetime
    code: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True)
class _Booked:
    id: int
    worker_id: int
    code: str
    ended_at: datetime | None


_BOOKED = """
SELECT b.id, a.worker_id, b.code, b.ended_at FROM programmes_booking b
JOIN programmes_application a ON a.id = b.application_id
WHERE b.session_id = %(session)s AND (b.code = ANY (%(codes)s) OR a.worker_id IN (
    SELECT coalesce(w.merged_into_id, w.id) FROM people_worker w WHERE w.id = ANY (%(workers)s)))
ORDER BY b.id FOR UPDATE OF b
"""
_MERGED = """
SELECT id, coalesce(merged_into_id, id) FROM people_worker WHERE id = ANY (%(workers)s)
"""
_KNOWN = "SELECT client_id, outcome FROM programmes_scan WHERE client_id = ANY (%(ids)s)"
_KEEP = """
INSERT INTO programmes_scan
    (client_id, gate_id, session_id, booking_id, device, is_card, scanned_at, received_at, outcome)
SELECT x.client, %(gate)s, %(session)s, x.booking, %(device)s, x.is_card, x.scanned_at, %(now)s,
       x.outcome
FROM unnest(%(ids)s::uuid[], %(bookings)s::bigint[], %(cards)s::boolean[],
            %(scanned)s::timestamptz[], %(outcomes)s::smallint[])
    AS x (client, booking, is_card, scanned_at, outcome)
"""


@transaction.atomic
def take_scans(
    *, gate_id: int, device: str, scans: Sequence[ScanSent], now: datetime
) -> dict[UUID, ScanOutcome]:
    """Take what a device has scanned; return what became of each. Sent again, the same is told.

    Judged in the order of the scans, not of their arrival. A device's clock that runs ahead counts
    as now. Raises ``NotFound``, ``Forbidden`` programmes.gate_closed, ``Malformed``.
    """
    if len(scans) > MOST_SCANS:
        raise Malformed("programmes.too_many_scans", f"一次最多送 {MOST_SCANS} 条，分几次送。")
    gate = Gate.objects.select_for_update().filter(id=gate_id).first()
    if gate is None:
        raise NotFound()
    check_open(gate, now=now)
    session = Session.objects.select_related("offer").get(id=gate.session_id)
    known = _known([one.client_id for one in scans])
    fresh = {one.client_id: one for one in scans if one.client_id not in known}
    judged = _judge(sorted(fresh.values(), key=lambda one: one.scanned_at), session, now)
    _keep(judged, gate, device, now)
    rows = _to_write(judged)
    actor = Actor(name=gate.label)
    write_attendance(rows, session_id=session.id, kind=kind_of(session), actor=actor, now=now)
    return known | {one.sent.client_id: one.said.outcome for one in judged}


@dataclass(frozen=True, slots=True)
class _One:
    sent: ScanSent
    said: Judged
    booked: _Booked | None
    at: datetime
    stood: Standing | None


def _judge(scans: Sequence[ScanSent], session: Session, now: datetime) -> list[_One]:
    """Judge scans in their order; what one decides stands for the next."""
    when = When(session.starts_at, session.ends_at, session.late_minutes)
    cards = {one.client_id: _worker_of_card(one) for one in scans if one.card}
    by_code, by_worker = _booked(
        session.id,
        [read_code(one.code) for one in scans if one.code],
        [worker for worker in cards.values() if worker],
    )
    stands = standing_of(sorted({one.id for one in [*by_code.values(), *by_worker.values()]}))
    found = []
    for sent in scans:
        at = min(sent.scanned_at, now)
        worker_id = cards.get(sent.client_id)
        booked = by_worker.get(worker_id or 0) if sent.card else by_code.get(read_code(sent.code))
        stood = stands.get(booked.id) if booked else None
        if sent.card and not worker_id:
            said = Judged(ScanOutcome.BAD_CARD)
        elif booked is None:
            said = Judged(ScanOutcome.UNKNOWN)
        else:
            said = judge_scan(
                scanned_at=at, when=when, cancelled_at=booked.ended_at, standing=stood
            )
            if said.kind is not None:
                source = AttendanceSource.CARD if sent.card else AttendanceSource.CODE
                stands[booked.id] = Standing(said.kind, at, source, 0, None)
        found.append(_One(sent, said, booked, at, stood))
    return found


def _to_write(judged: Sequence[_One]) -> list[ToWrite]:
    """Return the attendance of one go: the first of a booking that counts is the earliest."""
    rows: dict[int, ToWrite] = {}
    for one in judged:
        if one.said.kind is None or one.booked is None or one.booked.id in rows:
            continue
        source = AttendanceSource.CARD if one.sent.card else AttendanceSource.CODE
        rows[one.booked.id] = ToWrite(
            one.booked.id, one.booked.worker_id, one.said.kind, one.at, source, one.stood,
            one.said.reason,
        )  # fmt: skip
    return list(rows.values())


def _keep(judged: Sequence[_One], gate: Gate, device: str, now: datetime) -> None:
    if not judged:
        return
    values: dict[str, Any] = {
        "gate": gate.id,
        "session": gate.session_id,
        "device": readable(device)[:40],
        "now": now,
        "ids": [one.sent.client_id for one in judged],
        "bookings": [one.booked.id if one.booked else None for one in judged],
        "cards": [bool(one.sent.card) for one in judged],
        "scanned": [one.at for one in judged],
        "outcomes": [int(one.said.outcome) for one in judged],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)


def _known(client_ids: Sequence[UUID]) -> dict[UUID, ScanOutcome]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"ids": list(client_ids)})
        return {row[0]: ScanOutcome(row[1]) for row in cursor.fetchall()}


def _booked(
    session_id: int, codes: Sequence[str], workers: Sequence[int]
) -> tuple[Mapping[str, _Booked], Mapping[int, _Booked]]:
    """Return the bookings by code and by the person's record; a live one before an ended one."""
    values: dict[str, Any] = {"session": session_id, "codes": list(codes), "workers": list(workers)}
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, values)
        rows = [_Booked(*row) for row in cursor.fetchall()]
        cursor.execute(_MERGED, {"workers": list(workers)})
        merged = dict(cursor.fetchall())
    own: dict[int, _Booked] = {}
    for one in rows:
        if one.worker_id not in own or one.ended_at is None:
            own[one.worker_id] = one
    by_worker = {shown: own[now_is] for shown, now_is in merged.items() if now_is in own}
    return {one.code: one for one in rows}, by_worker


def _worker_of_card(sent: ScanSent) -> int:
    """Return the record behind a card that was good when it was scanned, 0 for another."""
    check = verify_card(token_of_link(sent.card), sent.scanned_at, public_key())
    if not check.is_good or check.payload is None:
        return 0
    return worker_of_number(check.payload.number)
