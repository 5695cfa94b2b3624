"""Screens at doors, and what is scanned from them: each code opens once, what is refused is kept once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.text import as_written
from nuanxin.records.actions import logged_name
from nuanxin.stations.actions.opening import lock_managed
from nuanxin.stations.actions.recording import record
from nuanxin.stations.actions.reporting import Speaker, report
from nuanxin.stations.actions.visits import count_visits
from nuanxin.stations.models import DoorDevice, DoorScan, Station, StationReport, StationState
from nuanxin.stations.rules.door_codes import (
    MOST_SERIAL,
    DoorCode,
    is_signed,
    judge_code,
    make_code,
    read_code,
    step_at,
)
from nuanxin.stations.rules.local import number_at
from nuanxin.stations.states import Standing
from nuanxin.stations.states.living import DoorOutcome
from nuanxin.stations.states.reporting import ReportSource, Said

SCREEN_PATH = "/stations/screen/{token}/"
SEAL = "station_door"
MOST_DEVICES = 5
MOST_LATE = 500
"""Scans that a controller hands in at once."""
WRONG_AN_HOUR = 60
SPEAKS_AGAIN = timedelta(minutes=30)
"""A door says “open” at most so often: one voice, however many come."""

_KEEP = """
INSERT INTO stations_doorscan (device_id, digest, step, serial, outcome, scanned_at, received_at)
VALUES (%(device)s, %(digest)s, %(step)s, %(serial)s, %(outcome)s, %(scanned)s, %(now)s)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class MadeScreen:
    """A screen's link and the key for a controller; both are shown once."""

    id: int
    link: str
    key: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What became of a scan, and where it was."""

    outcome: DoorOutcome
    station_id: int | None
    by_code: bool = False


@transaction.atomic
def make_screen(*, code: str, label: str, actor: Actor, now: datetime) -> MadeScreen:
    """Give a station a screen at its door. Raises ``NotFound``, ``Forbidden``, ``Malformed``
    stations.screen_label, ``Conflict`` stations.too_many_screens.
    """
    station = lock_managed(code, actor)
    name = as_written(label)[:40]
    if not name:
        raise Malformed("stations.screen_label", "写清装在哪里，比如“正门”。")
    if DoorDevice.objects.filter(station=station, closed_at=None).count() >= MOST_DEVICES:
        raise Conflict("stations.too_many_screens", f"一个驿站最多 {MOST_DEVICES} 块屏幕。")
    token, key, bound = secrets.token_urlsafe(18), secrets.token_hex(32), uuid4()
    made = DoorDevice.objects.create(
        station=station,
        label=name,
        token_hash=_hash(token),
        key_sealed=sealing.seal(SEAL, key, bound),
        bound_to=bound,
        made_at=now,
        made_by=actor.account_id,
        made_by_name=logged_name(actor)[:60],
    )
    record("stations.screen_made", station, actor, now, {"screen": made.id})
    link = settings.PUBLIC_ADDRESS + SCREEN_PATH.format(token=token)
    return MadeScreen(made.id, link, key)


@transaction.atomic
def close_screen(*, device_id: int, code: str, actor: Actor, now: datetime) -> None:
    """Take a screen out of use; its codes open nothing more. Raises ``NotFound``, ``Forbidden``."""
    station = lock_managed(code, actor)
    device = DoorDevice.objects.filter(id=device_id, station=station).first()
    if device is None:
        raise NotFound()
    if device.closed_at is None:
        device.closed_at = now
        device.save(update_fields=["closed_at"])
        record("stations.screen_closed", station, actor, now, {"screen": device.id})


def find_screen(token: str) -> DoorDevice | None:
    """Return the screen that the link is of, while it is in use."""
    return (
        DoorDevice.objects.filter(token_hash=_hash(token[:64]), closed_at=None)
        .exclude(station__standing=Standing.CLOSED)
        .select_related("station")
        .first()
    )


def device_of(text: str) -> int | None:
    """Return the number of the screen that a code names, not yet believed; None for no code."""
    code = read_code(text)
    return code.device_id if code is not None and code.device_id < 2**63 else None


def current_code(device: DoorDevice, *, now: datetime) -> str:
    """Return the code to show now: of this window, with the first number that nobody has used."""
    step = step_at(now)
    used = DoorScan.objects.filter(
        device=device, step=step, outcome=DoorOutcome.OPENED
    ).values_list("serial", flat=True)
    taken = set(used)
    serial = next((n for n in range(MOST_SERIAL) if n not in taken), MOST_SERIAL)
    return make_code(_key(device), device_id=device.id, step=step, serial=serial)


def scan(*, text: str, mark: str, network: str, now: datetime) -> Scanned:
    """Take a code that somebody has scanned: the door opens, the visit counts, or why not.

    ``mark`` is the visitor's random one; it goes into the sketches and nowhere else. What no screen of
    ours has signed is counted by network, before it is written down: a stranger makes as many codes as
    he likes. Raises ``TooMany`` stations.door_tries.
    """
    code = read_code(text)
    device = _device(code)
    if code is None or device is None or not is_signed(code, _key(device)):
        _note_wrong(network, now)
        _keep(text, device, None, DoorOutcome.ALTERED, now, now)
        return Scanned(DoorOutcome.ALTERED, device.station_id if device else None)
    return _take(text, code, device, device, mark=mark, at=now, now=now)


def take_late_scans(
    *, device: DoorDevice, scans: Sequence[tuple[str, datetime]], now: datetime
) -> list[DoorOutcome]:
    """Take what a controller has scanned without a network; each judged at the moment of its scan.

    What is older than the parameter's hours, or later than now, is told to have the wrong time. Raises
    ``Malformed`` stations.too_many_scans.
    """
    if len(scans) > MOST_LATE:
        raise Malformed("stations.too_many_scans", f"一次最多送 {MOST_LATE} 条，分几次送。")
    hours = number_at("door_offline_hours", device.station.adcode, business_day(now))
    ahead = timedelta(
        seconds=number_at("door_clock_ahead_seconds", device.station.adcode, business_day(now))
    )
    made = []
    for text, at in scans:
        code = read_code(text)
        issuer = _device(code)
        if code is None or issuer is None:
            _keep(text, device, None, DoorOutcome.ALTERED, at, now)
            made.append(DoorOutcome.ALTERED)
        elif at > now + ahead or at < now - timedelta(hours=hours):
            _keep(text, device, code, DoorOutcome.CLOCK, at, now)
            made.append(DoorOutcome.CLOCK)
        else:
            taken = _take(text, code, issuer, device, mark="", at=min(at, now), now=now)
            made.append(taken.outcome)
    return made


# ---- inside -----------------------------------------------------------------------------------


@transaction.atomic
def _take(
    text: str,
    code: DoorCode,
    issuer: DoorDevice,
    device: DoorDevice,
    *,
    mark: str,
    at: datetime,
    now: datetime,
) -> Scanned:
    """Judge a code that ``issuer`` showed where ``device`` is."""
    station = device.station
    outcome = judge_code(
        code,
        _key(issuer),
        at=at,
        good_for=timedelta(
            seconds=number_at("door_code_seconds", station.adcode, business_day(now))
        ),
        ahead=timedelta(
            seconds=number_at("door_clock_ahead_seconds", station.adcode, business_day(now))
        ),
        is_here=issuer.station_id == device.station_id,
    )
    by_code = False
    if outcome is DoorOutcome.OPENED:
        is_open, by_code = _is_open(station, at)
        outcome = DoorOutcome.OPENED if is_open else DoorOutcome.SHUT
    if not _keep(text, issuer, code, outcome, at, now) and outcome is DoorOutcome.OPENED:
        outcome = DoorOutcome.USED
        _keep(text, issuer, code, outcome, at, now)
    if outcome is DoorOutcome.OPENED:
        marks = [mark] if mark else []
        count_visits(station_id=station.id, marks=marks, person_times=1, at=at, now=now)
        _speak(device, at, now)
    return Scanned(outcome, station.id, by_code)


def _keep(
    text: str,
    device: DoorDevice | None,
    code: DoorCode | None,
    outcome: DoorOutcome,
    at: datetime,
    now: datetime,
) -> bool:
    """Write a scan down; False where the same was written down before."""
    believed = code is not None and outcome not in (DoorOutcome.ALTERED, DoorOutcome.OTHER_STATION)
    values: dict[str, Any] = {
        "device": device.id if device else None,
        "digest": sealing.lookup_hash("door_code", text[:64]),
        "step": code.step if code and believed else None,
        "serial": code.serial if code and believed else None,
        "outcome": int(outcome),
        "scanned": at,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        return bool(cursor.rowcount)


def _is_open(station: Station, at: datetime) -> tuple[bool, bool]:
    """Return whether the station may be entered at ``at``, and whether only by the code."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT open_during @> %(at)s::timestamptz, scan_during @> %(at)s::timestamptz
                 FROM stations_stationstate WHERE station_id = %(station)s""",
            {"station": station.id, "at": at},
        )
        row = cursor.fetchone()
    return (bool(row[0]), bool(row[1])) if row else (False, False)


def _speak(device: DoorDevice, at: datetime, now: datetime) -> None:
    """Let the door say that the station is open, unless it did so a moment ago."""
    if now - at > SPEAKS_AGAIN:
        return
    spoken = StationReport.objects.filter(
        station_id=device.station_id, source=ReportSource.DOOR, reported_at__gt=now - SPEAKS_AGAIN
    ).exists()
    is_known = StationState.objects.filter(
        station_id=device.station_id, state__gt=0, fresh_until__gt=now
    ).exists()
    if not spoken or not is_known:
        speaker = Speaker(ReportSource.DOOR, f"door {device.id}")
        report(station_id=device.station_id, said=Said.OPEN, speaker=speaker, now=now)


def _device(code: DoorCode | None) -> DoorDevice | None:
    if code is None or code.device_id >= 2**63:
        return None
    return (
        DoorDevice.objects.filter(id=code.device_id, closed_at=None)
        .exclude(station__standing=Standing.CLOSED)
        .select_related("station")
        .first()
    )


def _note_wrong(network: str, now: datetime) -> None:
    key = key_of("station_door", network)
    since = now - timedelta(hours=1)
    if count_attempts(AttemptKind.STATION_DOOR, key, since=since) >= WRONG_AN_HOUR:
        raise TooMany(
            "stations.door_tries", "扫错的次数太多，过一小时再试。", retry_after_seconds=3_600
        )
    note_attempt(AttemptKind.STATION_DOOR, key, succeeded=False, now=now)


def _key(device: DoorDevice) -> bytes:
    return bytes.fromhex(sealing.unseal(SEAL, bytes(device.key_sealed), device.bound_to))


def _hash(token: str) -> UUID:
    return sealing.lookup_hash("station_screen", token)
