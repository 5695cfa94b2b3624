"""Desk hours with free slots, one's own bookings, what the desk sees of them, stars, joinings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nuanxin.kernel import policy, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.stations import permissions
from nuanxin.stations.models import (
    PlannedClosure,
    ServiceBooking,
    Station,
    StationJoining,
    StationService,
)
from nuanxin.stations.rules.hours import Span
from nuanxin.stations.rules.services import BookingTerms, slots, topics_of
from nuanxin.stations.states import Standing
from nuanxin.stations.states.services import BookingState, ServiceKind

SERVICES_LIMIT = 20
BOOKINGS_LIMIT = 200
MINE_LIMIT = 50
MONTHS_LIMIT = 12
SHOWN_SLOTS = 24
_SEALED = "service_booking"


@dataclass(frozen=True, slots=True)
class FreeService:
    """A service with the slots in which a seat is free, and what it may be about."""

    service: StationService
    free: tuple[Span, ...]
    topics: dict[str, str]


@dataclass(frozen=True, slots=True)
class MyBooking:
    """A booking of one's own."""

    id: int
    kind: ServiceKind
    service_id: int
    station_code: str
    station_name: str
    address: str
    server_hint: str
    is_remote: bool
    starts_at: datetime
    ends_at: datetime
    change_until: datetime
    topic: str
    state: BookingState


@dataclass(frozen=True, slots=True)
class DeskBooking:
    """A booking as the desk sees it: the name masked; ``note`` only for who manages the station."""

    id: int
    kind: ServiceKind
    masked_name: str
    phone_hint: str
    starts_at: datetime
    ends_at: datetime
    topic: str
    note: str
    state: BookingState


@dataclass(frozen=True, slots=True)
class Served:
    """A station whose desk hours the actor may run; ``manages`` is more than keeping it."""

    station: Station
    path: str
    manages: bool


@dataclass(frozen=True, slots=True)
class Stars:
    """The public mean of a station's stars; None while too few have given any."""

    mean: float | None
    least: int


def served_station(code: str, *, actor: Actor) -> Served:
    """Return a station whose desk the actor may run: who manages it, or keeps it himself.

    Raises ``NotFound`` outside the scope, also for another station's keeper, ``Forbidden`` without the
    right.
    """
    station = Station.objects.filter(code=code[:16]).first()
    if station is None:
        raise NotFound()
    path = get_union(station.union_id).path
    manages = permissions.can_manage(actor, path=path)
    if not manages:
        policy.check(actor, permissions.SERVE, path=path)
        keeps = station.stationkeeper_set.filter(account_id=actor.account_id, until_on=None)
        if actor.account_id is None or not keeps.exists():
            raise NotFound()
    return Served(station, path, manages)


def slots_of(service: StationService, *, now: datetime) -> list[Span]:
    """Return the slots of a service that may be asked for, taken ones too.

    None at a station that is paused or closed, none in a planned closure; both unless it is remote.
    """
    station, day = service.station, business_day(now)
    place = str(station.adcode)
    terms = BookingTerms.of(parameter("stations.booking_terms", adcode=place, on=day).value)
    closed: list[Span] = []
    if not service.is_remote:
        if station.standing != Standing.OPEN:
            return []
        found = PlannedClosure.objects.filter(
            station=station, cancelled_at=None, during__endswith__gt=now
        ).values_list("during", flat=True)[:100]
        closed = [(one.lower, one.upper) for one in found]
    return slots(
        service.hours, minutes=service.slot_minutes, first=day, days=terms.days_ahead,
        closed=closed, now=now,
    )  # fmt: skip


def list_free(code: str, *, now: datetime) -> list[FreeService]:
    """Return the services of a station with what is free of each, the first slots only."""
    found = list(
        StationService.objects.select_related("station")
        .filter(station__code=code[:16], ended_at=None)
        .order_by("kind", "id")[:SERVICES_LIMIT]
    )
    if not found:
        return []
    taken: dict[tuple[int, datetime], int] = {}
    for service_id, starts_at in ServiceBooking.objects.filter(
        service__in=found, state=int(BookingState.BOOKED), starts_at__gt=now
    ).values_list("service_id", "starts_at"):
        taken[service_id, starts_at] = taken.get((service_id, starts_at), 0) + 1
    value = parameter(
        "stations.service_topics", adcode=str(found[0].station.adcode), on=business_day(now)
    ).value
    made = []
    for one in found:
        free = [
            span for span in slots_of(one, now=now) if taken.get((one.id, span[0]), 0) < one.seats
        ]
        made.append(
            FreeService(one, tuple(free[:SHOWN_SLOTS]), topics_of(value, ServiceKind(one.kind)))
        )
    return made


_MINE = """
SELECT b.id, s.kind, s.id, t.code, t.name, t.address, s.server_hint, s.is_remote, b.starts_at,
       b.ends_at, b.change_until, b.topic, b.state
FROM stations_servicebooking b JOIN stations_stationservice s ON s.id = b.service_id
JOIN stations_station t ON t.id = s.station_id
WHERE b.worker_id = %(worker)s AND (%(booking)s::bigint IS NULL OR b.id = %(booking)s)
ORDER BY b.starts_at DESC, b.id DESC LIMIT %(limit)s
"""


def list_mine(*, actor: Actor) -> list[MyBooking]:
    """Return one's own bookings, the last first. Raises ``NotFound`` for who is no worker."""
    return _own(actor, None)


def get_mine(booking_id: int, *, actor: Actor) -> MyBooking:
    """Return a booking of one's own. Raises ``NotFound``, for others' too."""
    rows = _own(actor, booking_id)
    if not rows:
        raise NotFound()
    return rows[0]


def _own(actor: Actor, booking_id: int | None) -> list[MyBooking]:
    if actor.worker_id is None:
        raise NotFound()
    values = {"worker": actor.worker_id, "booking": booking_id, "limit": MINE_LIMIT}
    return [
        MyBooking(row[0], ServiceKind(row[1]), *_with_state(row[2:]))
        for row in fetch_all(_MINE, values)
    ]


_SERVING = """
SELECT t.code, t.name FROM stations_station t JOIN orgs_union u ON u.id = t.union_id
WHERE starts_with(u.path, %(path)s) AND t.standing <> %(closed)s AND EXISTS (
    SELECT 1 FROM stations_stationservice s WHERE s.station_id = t.id AND s.ended_at IS NULL)
ORDER BY t.name, t.id LIMIT %(limit)s
"""


def list_serving(path: str) -> list[tuple[str, str]]:
    """Return code and name of the stations with desk hours below the union at ``path``."""
    values = {"path": path, "closed": int(Standing.CLOSED), "limit": MINE_LIMIT}
    return [(row[0], row[1]) for row in fetch_all(_SERVING, values)]


def _with_state(row: tuple[Any, ...]) -> list[Any]:
    return [*row[:-1], BookingState(row[-1])]


_DESK = """
SELECT b.id, s.kind, w.name, w.phone_hint, b.starts_at, b.ends_at, b.topic, b.note_sealed,
       b.bound_to, b.state
FROM stations_servicebooking b JOIN stations_stationservice s ON s.id = b.service_id
JOIN people_worker w ON w.id = b.worker_id
WHERE s.station_id = %(station)s AND b.state <> 2 AND b.starts_at > %(since)s
ORDER BY b.starts_at, b.id LIMIT %(limit)s
"""


def list_desk(served: Served, *, now: datetime) -> list[DeskBooking]:
    """Return the bookings of a station from a week ago on, those that stand or are settled."""
    since = now - timedelta(days=7)
    rows = fetch_all(_DESK, {"station": served.station.id, "since": since, "limit": BOOKINGS_LIMIT})
    return [
        DeskBooking(
            row[0], ServiceKind(row[1]), mask_name(row[2]), row[3], row[4], row[5], row[6],
            sealing.unseal(_SEALED, bytes(row[7]), row[8]) if row[7] and served.manages else "",
            BookingState(row[9]),
        )
        for row in rows
    ]  # fmt: skip


def kinds_at(station_id: int) -> list[ServiceKind]:
    """Return what can be booked at a station."""
    found = StationService.objects.filter(station_id=station_id, ended_at=None)
    return [ServiceKind(one) for one in sorted(set(found.values_list("kind", flat=True)[:50]))]


def list_services(served: Served) -> list[StationService]:
    """Return the services of a station that are open."""
    return list(
        StationService.objects.filter(station=served.station, ended_at=None).order_by("kind", "id")[
            :SERVICES_LIMIT
        ]
    )


def topics_at(served: Served, *, now: datetime) -> dict[tuple[ServiceKind, str], str]:
    """Return the labels of the categories in force at a station."""
    value = parameter(
        "stations.service_topics", adcode=str(served.station.adcode), on=business_day(now)
    ).value
    return {
        (kind, code): label
        for kind in ServiceKind
        for code, label in topics_of(value, kind).items()
    }


# ---- stars -------------------------------------------------------------------------------------

# The digest of a rater is another one each month: persons of two months cannot be told apart. The
# month with the most raters is what is surely known of how many persons there are.
_STARS = """
SELECT sum(stars)::float8 / sum(raters), max(raters) FROM (
    SELECT sum(stars) AS stars, count(*) AS raters FROM stations_stationrating
    WHERE station_id = %(station)s AND month_on >= %(month)s GROUP BY month_on) m
"""


def stars_of(station_id: int, *, adcode: int, now: datetime) -> Stars:
    """Return the mean of the last twelve months, None where not surely enough persons gave stars."""
    today = business_day(now)
    least = int(parameter("stations.rating_least_persons", adcode=str(adcode), on=today).value)
    first = (today.replace(day=1) - timedelta(days=340)).replace(day=1)
    mean, persons = fetch_all(_STARS, {"station": station_id, "month": first})[0]
    return Stars(mean if persons is not None and persons >= least else None, least)


# ---- joinings ----------------------------------------------------------------------------------


def list_joinings(served: Served) -> list[StationJoining]:
    """Return the counts of the last months, the newest first."""
    return list(
        StationJoining.objects.filter(station=served.station).order_by("-month_on")[:MONTHS_LIMIT]
    )


def union_to_join(code: str) -> tuple[Station, str]:
    """Return a station and the code of the union whose joining page its QR opens; else ``NotFound``."""
    station = Station.objects.filter(code=code[:16]).exclude(standing=Standing.CLOSED).first()
    if station is None:
        raise NotFound("station.not_found", "没有这个编号的驿站。请从驿站页重新找。")
    return station, get_union(station.union_id).code
