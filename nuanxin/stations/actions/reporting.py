"""What is said of a station is appended; how it stands follows in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.text import as_written
from nuanxin.notices.actions.webhooks import publish_webhook
from nuanxin.stations.actions.facility_state import set_facility, undo_facility
from nuanxin.stations.actions.repairing import close_repairs, open_repair
from nuanxin.stations.models import Station, StationReport, StationState
from nuanxin.stations.queries.words import words_of
from nuanxin.stations.rules.local import number_at
from nuanxin.stations.rules.settling import Settled, settings_for, settle
from nuanxin.stations.states import OpenState
from nuanxin.stations.states.reporting import ReportSource, Said, Topic

LONGEST_NOTE = 60
STATE_CHANGED = "stations.state_changed"
AGAIN_PER_RUN = 2_000
_STATES = {
    None: OpenState.UNKNOWN,
    Said.OPEN: OpenState.OPEN,
    Said.CLOSED: OpenState.CLOSED,
    Said.FULL: OpenState.FULL,
}
_IS_GOOD = {
    Said.WATER_THERE: True,
    Said.POWER_THERE: True,
    Said.COOL: True,
    Said.WATER_OUT: False,
    Said.POWER_OUT: False,
    Said.HOT: False,
}
_THINGS: dict[int, str] = {
    Said.WATER_OUT: "water",
    Said.WATER_THERE: "water",
    Said.POWER_OUT: "power",
    Said.POWER_THERE: "power",
    Said.HOT: "cool",
    Said.COOL: "cool",
}
_PUBLIC = {Said.OPEN, Said.CLOSED, Said.FULL, Said.WATER_OUT, Said.WATER_THERE}
"""What people who do not keep the station may say; the rest is the keeper's."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: as what, and a text that tells him apart (kept only as a keyed hash)."""

    source: ReportSource
    mark: str


def report(
    *,
    station_id: int,
    said: Said,
    speaker: Speaker,
    now: datetime,
    until: datetime | None = None,
    note: str = "",
) -> int:
    """Append one word and settle how the station stands; return the report's id.

    A promise ``until`` a past moment is refused. Raises ``NotFound``, ``Malformed`` stations.until,
    and stations.said for a word about a facility, which is ``report_facility``'s.
    """
    if not said.topic.fades:
        raise Malformed("stations.said", "说哪样设施坏了、好了，要点那一样。")
    with transaction.atomic():
        station, state = _locked(station_id)
        if until is None and said is Said.FULL:
            until = now + timedelta(
                minutes=number_at("full_minutes", station.adcode, business_day(now))
            )
        if until is not None and until <= now:
            raise Malformed("stations.until", "“到几点”要写以后的时间。")
        made = StationReport.objects.create(
            station=station,
            said=said,
            source=speaker.source,
            reporter=reporter_of(station.id, speaker.mark, now),
            reported_at=now,
            until=until,
            note=as_written(note)[:LONGEST_NOTE],
        )
        _settle(station, state, now)
        if speaker.source.answers_for_the_place:
            _follow_up(station, made, now)
    return int(made.id)


@transaction.atomic
def report_facility(
    *, station_id: int, kind: str, works: bool, speaker: Speaker, now: datetime
) -> int | None:
    """Say that a facility works or is broken; return the report's id, None where it stood so already.

    Who answers for the place is believed at once: it is no word that fades. Broken becomes a repair,
    working ends it. Raises ``NotFound`` for a station that has no such thing.
    """
    station, _ = _locked(station_id)
    if not set_facility(station_id, kind, works=works, now=now):
        return None
    said = Said.WORKS if works else Said.BROKEN
    made = StationReport.objects.create(
        station=station,
        said=said,
        thing=kind,
        source=speaker.source,
        reporter=reporter_of(station.id, speaker.mark, now),
        reported_at=now,
    )
    if works:
        close_repairs(station_id=station.id, what=kind, name=speaker.source.label, now=now)
    else:
        open_repair(station=station, what=kind, note="", source=speaker.source, now=now)
    return int(made.id)


def report_from_page(*, code: str, said: Said, actor: Actor, network: str, now: datetime) -> int:
    """Take what somebody says on the public page: a signed-in worker as a member, else a visitor.

    Visitors speak once a network, and neither a network nor a station takes more than its limit an
    hour. Raises ``NotFound``, ``Malformed`` stations.said, ``TooMany`` stations.reports.
    """
    if said not in _PUBLIC:
        raise Malformed("stations.said", "这里只能说开着、没开、满了、有没有水。")
    station = Station.objects.filter(code=code).first()
    if station is None:
        raise NotFound()
    if actor.worker_id is not None:
        speaker = Speaker(ReportSource.MEMBER, f"member {actor.worker_id}")
        limits: list[tuple[str, tuple[object, ...]]] = [
            ("reports_an_hour_of_member", ("member", actor.worker_id))
        ]
    else:
        speaker = Speaker(ReportSource.VISITOR, f"network {network}")
        limits = [
            ("reports_an_hour_from_network", ("network", network)),
            ("reports_an_hour_of_station", ("station", station.id)),
        ]
    for name, parts in limits:
        _count(name, station, parts, now)
    return report(station_id=station.id, said=said, speaker=speaker, now=now)


@transaction.atomic
def take_back(*, report_id: int, station_id: int, speaker: Speaker, now: datetime) -> None:
    """Take back one's own word within some minutes: a counterpart is appended, nothing is deleted.

    Raises ``NotFound``, ``Conflict`` stations.undo_over.
    """
    station, state = _locked(station_id)
    given = StationReport.objects.filter(
        id=report_id, station=station, source=speaker.source, takes_back=None
    ).first()
    if given is None or given.reporter != reporter_of(station.id, speaker.mark, given.reported_at):
        raise NotFound()
    minutes = number_at("undo_minutes", station.adcode, business_day(now))
    if now - given.reported_at > timedelta(minutes=minutes):
        raise Conflict(
            "stations.undo_over", f"{minutes} 分钟以内能撤销。现在再点一次真实情况就行。"
        )
    if StationReport.objects.filter(takes_back=given).exists():
        return
    StationReport.objects.create(
        station=station,
        said=given.said,
        thing=given.thing,
        source=given.source,
        reporter=given.reporter,
        reported_at=now,
        takes_back=given,
    )
    if given.thing:
        undo_facility(given, now)
    elif Said(given.said).is_fault:
        close_repairs(station_id=station.id, what=_THINGS[given.said], name="报错了，撤销", now=now)
    _settle(station, state, now)


def settle_what_went_stale(*, now: datetime, limit: int = AGAIN_PER_RUN) -> int:
    """Settle again what may no longer be shown; return how many."""
    due = (
        StationState.objects.exclude(state=OpenState.UNKNOWN)
        .filter(fresh_until__lte=now)
        .order_by("fresh_until", "id")
        .values_list("station_id", flat=True)[:limit]
    )
    ids = list(due)
    for station_id in ids:
        with transaction.atomic():
            station, state = _locked(station_id)
            _settle(station, state, now)
    return len(ids)


def settled_topics(station: Station, now: datetime) -> dict[Topic, Settled]:
    """Return how each topic of a station stands by the rule, with its trace."""
    by = settings_for(f"{station.adcode:06d}", now)
    words = words_of(station.id, now=now)
    return {topic: settle(topic, words, now=now, by=by) for topic in Topic if topic.fades}


def reporter_of(station_id: int, mark: str, now: datetime) -> UUID:
    """Return what tells a speaker apart within a station and a month; it leads back to nobody."""
    month = business_day(now).strftime("%Y-%m")
    return sealing.lookup_hash("station_reporter", f"{station_id}|{month}|{mark}")


# ---- inside -----------------------------------------------------------------------------------


def _locked(station_id: int) -> tuple[Station, StationState]:
    station = Station.objects.filter(id=station_id).first()
    if station is None:
        raise NotFound()
    StationState.objects.get_or_create(station=station)
    return station, StationState.objects.select_for_update().get(station=station)


def _settle(station: Station, state: StationState, now: datetime) -> None:
    topics = settled_topics(station, now)
    door = topics[Topic.DOOR]
    before = (state.state, state.has_water, state.has_power, state.is_cool)
    state.state = _STATES[door.said]
    state.outcome = door.outcome
    state.confidence = door.confidence
    state.fresh_until = door.fresh_until
    if door.confirmed_at is not None and door.confirmed_by is not None:
        state.confirmed_at, state.confirmed_by_kind = door.confirmed_at, int(door.confirmed_by)
    state.confirmations, state.contradictions = door.confirmations, door.contradictions
    state.has_water = _good(topics[Topic.WATER])
    state.has_power = _good(topics[Topic.POWER])
    state.is_cool = _good(topics[Topic.COOL])
    state.note = _note(station.id)
    state.save()
    if before != (state.state, state.has_water, state.has_power, state.is_cool):
        _tell(station, state, now)


def _good(settled: Settled) -> bool | None:
    return None if settled.said is None else _IS_GOOD[settled.said]


def _note(station_id: int) -> str:
    """Return what the keeper added to his last word that stands."""
    last = (
        StationReport.objects.filter(
            station_id=station_id,
            source=ReportSource.KEEPER,
            takes_back=None,
            taken_back_by=None,
            thing="",
        )
        .order_by("-reported_at", "-id")
        .values_list("note", flat=True)
        .first()
    )
    return last or ""


def _tell(station: Station, state: StationState, now: datetime) -> None:
    publish_webhook(
        kind=STATE_CHANGED,
        union_id=station.union_id,
        data={
            "station": station.code,
            "state": OpenState(state.state).name.lower(),
            "confirmed_at": state.confirmed_at.isoformat() if state.confirmed_at else None,
            "fresh_until": state.fresh_until.isoformat() if state.fresh_until else None,
            "has_water": state.has_water,
            "has_power": state.has_power,
            "is_cool": state.is_cool,
        },
        now=now,
    )


def _follow_up(station: Station, made: StationReport, now: datetime) -> None:
    """What is out of order becomes a repair; what works again ends it."""
    said, source = Said(made.said), ReportSource(made.source)
    what = _THINGS.get(said, "")
    if said.is_fault:
        open_repair(station=station, what=what, note=made.note, source=source, now=now)
    elif what:
        close_repairs(station_id=station.id, what=what, name=source.label, now=now)


def _count(name: str, station: Station, parts: Sequence[object], now: datetime) -> None:
    key = key_of("station_report", *parts)
    most = number_at(name, station.adcode, business_day(now))
    with transaction.atomic():
        _wait_for(key)
        if count_attempts(AttemptKind.STATION_REPORT, key, since=now - timedelta(hours=1)) >= most:
            raise TooMany(
                "stations.reports",
                "这一小时里反映得够多了，过一会儿再来。",
                retry_after_seconds=3_600,
            )
        note_attempt(AttemptKind.STATION_REPORT, key, succeeded=True, now=now)


def _wait_for(key: UUID) -> None:
    with connection.cursor() as cursor:
        number = int.from_bytes(key.bytes[:8], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
