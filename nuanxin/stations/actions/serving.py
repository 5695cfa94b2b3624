"""Desk hours at a station are opened and ended; workers book, change and cancel; the desk settles.

No event tells what somebody booked for: the events of this file carry no topic and no words.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.records.actions import append_event, logged_name
from nuanxin.stations.models import ServiceBooking, Station, StationService
from nuanxin.stations.queries import services as queries
from nuanxin.stations.rules.hours_words import read_any_hours
from nuanxin.stations.rules.services import LONGEST_NOTE, BookingTerms, topics_of
from nuanxin.stations.states.services import BOOKING_MOVES, BookingState, ServiceKind

SEALED = "service_booking"
MOST_SERVICES = 20
_PERSON_LOCK = 0x6E78_7362  # "nxsb": one person's bookings are counted one after the other


@transaction.atomic
def open_service(
    *, code: str, kind: ServiceKind, hours: str, slot_minutes: int, seats: int, server_hint: str,
    is_remote: bool, actor: Actor, now: datetime,
) -> StationService:  # fmt: skip
    """Open desk hours at a station. Raises ``NotFound``, ``Forbidden``, ``Malformed``, ``Conflict``."""
    station = queries.served_station(code, actor=actor).station
    if StationService.objects.filter(station=station, ended_at=None).count() >= MOST_SERVICES:
        raise Conflict("stations.too_many_services", f"一个站最多同时开 {MOST_SERVICES} 项服务。")
    if not 10 <= slot_minutes <= 240 or not 1 <= seats <= 60:
        raise Malformed("stations.service_size", "一次 10 到 240 分钟，同时 1 到 60 位。")
    if seats > 1 and kind is not ServiceKind.READING:
        raise Malformed("stations.service_alone", "法律咨询和心理咨询一次只见一位。")
    read, hint = read_any_hours(hours), as_written(server_hint)[:40]
    if not read or not hint:
        raise Malformed("stations.service_when_who", "写清什么时候有人、谁来。")
    made = StationService.objects.create(
        station=station, kind=int(kind), hours=read, slot_minutes=slot_minutes, seats=seats,
        server_hint=hint, is_remote=is_remote, made_at=now, made_by=actor.account_id,
        made_by_name=logged_name(actor)[:60],
    )  # fmt: skip
    _log("stations.service_opened", station, actor, now)
    return made


@transaction.atomic
def end_service(*, code: str, service_id: int, actor: Actor, now: datetime) -> None:
    """Take bookings no more; those that stand are kept. Raises ``NotFound``, ``Forbidden``."""
    station = queries.served_station(code, actor=actor).station
    ended = StationService.objects.filter(id=service_id, station=station, ended_at=None).update(
        ended_at=now
    )
    if not ended:
        raise NotFound()
    _log("stations.service_ended", station, actor, now)


@transaction.atomic
def book_service(
    *, service_id: int, starts_at: datetime, topic: str, note: str = "", instead: int | None = None,
    actor: Actor, now: datetime,
) -> ServiceBooking:  # fmt: skip
    """Book the slot that begins then, in place of booking ``instead`` where one is given.

    The place that is given up is free only together with the new one. Raises ``Forbidden`` for who is
    not signed in, ``NotFound``, ``Malformed``, ``Conflict`` stations.slot_gone, stations.slot_taken,
    stations.too_many_bookings, stations.booking_twice, stations.too_late_to_change.
    """
    worker_id = _worker(actor)
    service = _open_service(service_id)
    terms, known = _terms(service, now)
    span = next((one for one in queries.slots_of(service, now=now) if one[0] == starts_at), None)
    if span is None:
        raise Conflict("stations.slot_gone", "这个时间现在约不了了。换一个时间。")
    if topic not in known:
        raise Malformed("stations.which_topic", "选一下是哪一类事，不用写细节。")
    note = as_written(note)
    if len(note) > LONGEST_NOTE:
        raise Malformed("stations.note_too_long", f"补的一句最多 {LONGEST_NOTE} 个字，见面再说。")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_PERSON_LOCK, worker_id % 2**31])
    if instead is not None:
        _give_up(instead, worker_id, now)
    _check_own(worker_id, span, terms, now)
    made = _take_seat(service, worker_id, span, terms, topic, note, now)
    _log("stations.service_booked", service.station, actor, now)
    return made


@transaction.atomic
def cancel_booking(*, booking_id: int, actor: Actor, now: datetime) -> None:
    """Give up one's booking. Raises ``NotFound`` for others', ``Conflict`` stations.too_late_to_change."""
    found = _give_up(booking_id, _worker(actor), now)
    _log("stations.service_cancelled", found.service.station, actor, now)


@transaction.atomic
def settle_booking(
    *, code: str, booking_id: int, state: BookingState, actor: Actor, now: datetime
) -> None:
    """Say that somebody was served, or did not come; what he wrote is emptied with it.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` stations.booking_settled, stations.booking_ahead.
    """
    station = queries.served_station(code, actor=actor).station
    found = _locked(booking_id, service__station=station)
    if state not in (BookingState.DONE, BookingState.NO_SHOW):
        raise Malformed("stations.booking_outcome", "选“办完了”或者“没来”。")
    if found.starts_at > now:
        raise Conflict("stations.booking_ahead", "还没到时间。到了再记。")
    _settle(found, state, now, by=actor)
    _log("stations.service_settled", station, actor, now)


# ---- inside -----------------------------------------------------------------------------------


def _worker(actor: Actor) -> int:
    if actor.worker_id is None:
        raise Forbidden("stations.book_signed_in", "先登录，再约。名字和手机号不用再填。")
    return actor.worker_id


def _open_service(service_id: int) -> StationService:
    found = (
        StationService.objects.select_related("station")
        .filter(id=service_id, ended_at=None)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _terms(service: StationService, now: datetime) -> tuple[BookingTerms, dict[str, str]]:
    place, day = str(service.station.adcode), business_day(now)
    terms = BookingTerms.of(parameter("stations.booking_terms", adcode=place, on=day).value)
    topics = parameter("stations.service_topics", adcode=place, on=day).value
    return terms, topics_of(topics, ServiceKind(service.kind))


def _check_own(
    worker_id: int, span: tuple[datetime, datetime], terms: BookingTerms, now: datetime
) -> None:
    own = list(
        ServiceBooking.objects.filter(
            worker_id=worker_id, state=int(BookingState.BOOKED), ends_at__gt=now
        ).values_list("starts_at", "ends_at")[:50]
    )
    if any(begin < span[1] and end > span[0] for begin, end in own):
        raise Conflict("stations.booking_twice", "这个时间您已经约了别的。先取消，或者换个时间。")
    if len(own) >= terms.most_open:
        raise Conflict(
            "stations.too_many_bookings", f"一个人最多同时约 {terms.most_open} 个。办完一个再约。"
        )


def _take_seat(
    service: StationService, worker_id: int, span: tuple[datetime, datetime], terms: BookingTerms,
    topic: str, note: str, now: datetime,
) -> ServiceBooking:  # fmt: skip
    """Write the booking into the first seat that is free; the database says which one is."""
    taken = set(
        ServiceBooking.objects.filter(
            service=service, state=int(BookingState.BOOKED), starts_at__lt=span[1],
            ends_at__gt=span[0],
        ).values_list("seat", flat=True)
    )  # fmt: skip
    for seat in (one for one in range(1, service.seats + 1) if one not in taken):
        bound = uuid7()
        try:
            with transaction.atomic():
                return ServiceBooking.objects.create(
                    service=service, worker_id=worker_id, seat=seat, starts_at=span[0],
                    ends_at=span[1], change_until=terms.change_until(span[0]), topic=topic,
                    bound_to=bound, made_at=now,
                    note_sealed=sealing.seal(SEALED, note, bound) if note else None,
                )  # fmt: skip
        except IntegrityError:  # somebody was faster by a moment
            continue
    raise Conflict("stations.slot_taken", "这个时间刚被约走了。换一个时间。")


def _locked(booking_id: int, **more: object) -> ServiceBooking:
    found = (
        ServiceBooking.objects.select_for_update(of=("self",))
        .select_related("service__station")
        .filter(id=booking_id, **more)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _give_up(booking_id: int, worker_id: int, now: datetime) -> ServiceBooking:
    found = _locked(booking_id, worker_id=worker_id)
    if found.state == BookingState.BOOKED and now > found.change_until:
        raise Conflict(
            "stations.too_late_to_change",
            "快到时间了，这里改不了。去不了请打 12351 说一声，好让给别人。",
        )
    _settle(found, BookingState.CANCELLED, now)
    return found


def _settle(
    found: ServiceBooking, state: BookingState, now: datetime, *, by: Actor | None = None
) -> None:
    if state not in BOOKING_MOVES[BookingState(found.state)]:
        label = BookingState(found.state).label
        raise Conflict("stations.booking_settled", f"这个预约已经是“{label}”。")
    found.state, found.settled_at, found.note_sealed = int(state), now, None
    found.settled_by = by.account_id if by else None
    found.save(update_fields=["state", "settled_at", "note_sealed", "settled_by"])


def erase_bookings(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Give up the bookings of somebody who is erased and empty his words; return what it was."""
    ServiceBooking.objects.filter(
        worker_id__in=list(worker_ids), state=int(BookingState.BOOKED)
    ).update(state=int(BookingState.CANCELLED), settled_at=now, note_sealed=None)
    return ["驿站服务预约里写的话"]


def _log(kind: str, station: Station, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="station_service",
        subject_id=station.id,
        union_id=station.union_id,
        data=None,
    )
