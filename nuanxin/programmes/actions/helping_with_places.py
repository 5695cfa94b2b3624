"""What a helper does with sessions, children's places and desks of stations, and how it is undone.

All of it is the regular action with the worker's own rights. What is told names place and time of a
desk, never what somebody comes there for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.programmes.actions import camp_places, sessions
from nuanxin.programmes.models import CampPlace
from nuanxin.programmes.queries import sessions as session_queries
from nuanxin.programmes.states import HelpKind
from nuanxin.stations.actions import serving
from nuanxin.stations.queries import services as desk_queries
from nuanxin.stations.states.services import BookingState

GONE = "代办的那一次先前已经换过或者结束了，没有要撤的。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the worker wants done, and to what: ``target`` is a code, a name or a number.

    An offer's code (with ``slot_at`` where it has slots; with ``value`` the child and ``other`` the
    class for a camp), a fact's name, the attester's id, a session's, a child's place, a service's of a
    station (``other`` is the booking that is given up for it) or a booking's at one.
    """

    kind: HelpKind
    target: str
    value: int | None = None
    values: Mapping[str, object] | None = None
    slot_at: datetime | None = None
    other: int | None = None
    topic: str = ""


WITH_PLACES = frozenset(
    {
        HelpKind.SESSION, HelpKind.CHILD, HelpKind.CHILD_CONFIRM, HelpKind.CHILD_WITHDRAW,
        HelpKind.DESK_BOOK, HelpKind.DESK_CANCEL,
    }
)  # fmt: skip


def do_with_place(wanted: Wanted, for_him: Actor, now: datetime) -> tuple[str, str]:
    """Do it through the regular action; return what it was done to, and how it is told."""
    match wanted.kind:
        case HelpKind.SESSION:
            return _go_to_session(number_of(wanted.target), for_him, now)
        case HelpKind.CHILD:
            return _put_child_down(wanted, for_him, now)
        case HelpKind.CHILD_CONFIRM:
            place = _place(number_of(wanted.target), for_him)
            camp_places.confirm_child_place(place_id=place.id, actor=for_him, now=now)
            return str(place.id), f"确认孩子在“{_camp(place)}”的名额"
        case HelpKind.CHILD_WITHDRAW:
            place = _place(number_of(wanted.target), for_him)
            if not camp_places.withdraw_child(place_id=place.id, actor=for_him, now=now):
                raise Conflict("help.nothing", "孩子现在没有报这一期，不用撤。")
            return str(place.id), f"撤回孩子在“{_camp(place)}”的报名"
        case HelpKind.DESK_BOOK:
            return _book_desk(wanted, for_him, now)
        case _:
            booked = desk_queries.get_mine(number_of(wanted.target), actor=for_him)
            serving.cancel_booking(booking_id=booked.id, actor=for_him, now=now)
            return str(booked.id), f"取消驿站预约：{_when_where(booked)}"


def gives_up(wanted: Wanted, worker_id: int) -> bool:
    """Return whether what is wanted takes the place of something that the worker has now."""
    if wanted.kind is HelpKind.SESSION:
        _, held = session_queries.find_held_session(number_of(wanted.target), worker_id=worker_id)
        return held is not None
    return wanted.other is not None


def undo_with_place(kind: HelpKind, target: str, own: Actor, now: datetime) -> str:
    """Undo it through the regular action as the worker himself; return how it went."""
    done, _, before = target.partition("#")
    match kind:
        case HelpKind.SESSION:
            return _back_to_session(number_of(done), before, own, now)
        case HelpKind.CHILD | HelpKind.CHILD_CONFIRM:
            if camp_places.withdraw_child(place_id=number_of(done), actor=own, now=now):
                return "孩子的报名撤回了，有名额的话给了下一位。"
            return GONE
        case HelpKind.CHILD_WITHDRAW:
            return _put_child_down_again(_place(number_of(done), own), own, now)
        case HelpKind.DESK_BOOK:
            return _give_up_desk(number_of(done), before, own, now)
        case _:
            booked = desk_queries.get_mine(number_of(done), actor=own)
            _book_again(booked, None, own, now)
            return f"重新约上了：{_when_where(booked)}。"


# ---- sessions -----------------------------------------------------------------------------------


def _go_to_session(session_id: int, for_him: Actor, now: datetime) -> tuple[str, str]:
    title, before = session_queries.find_held_session(session_id, worker_id=for_him.worker_id or 0)
    if before == session_id:
        raise Conflict("help.repeat", "他现在去的就是这一场，不用换。")
    made = sessions.choose_session(session_id=session_id, actor=for_him, now=now)
    row = session_queries.get_my_booking(made, for_him.worker_id)
    verb = "换到" if before else "选了"
    return f"{made}#{before or ''}", f"“{title}”{verb} {_moment(row.starts_at)} 的场次"


def _back_to_session(booking_id: int, before: str, own: Actor, now: datetime) -> str:
    try:
        session_queries.get_my_booking(booking_id, own.worker_id)
    except NotFound:  # he has changed or withdrawn himself since
        return GONE
    if before:
        sessions.choose_session(session_id=number_of(before), actor=own, now=now)
        return "换回原来的那一场了。"
    sessions.leave_session(booking_id=booking_id, actor=own, now=now)
    return "那一场退了，名额还在，可以另选。"


# ---- children -----------------------------------------------------------------------------------


def _put_child_down(wanted: Wanted, for_him: Actor, now: datetime) -> tuple[str, str]:
    if wanted.value is None or wanted.other is None:
        raise Malformed("programmes.no_child_chosen", "选给哪个孩子报，一个孩子选一个班。")
    (placed,) = camp_places.apply_for_children(
        code=wanted.target, choices=[camp_places.Choice(wanted.value, wanted.other)],
        is_together=False, accepts=bool((wanted.values or {}).get("accepts")), actor=for_him, now=now,
    )  # fmt: skip
    if placed.is_repeat:
        raise Conflict("help.repeat", f"这个孩子已经报过了，现在是“{placed.state.label}”。")
    title = _camp(_place(placed.place_id, for_him))
    return str(placed.place_id), f"给孩子报“{title}”：{placed.state.label}，协议当面看过"


def _put_child_down_again(place: CampPlace, own: Actor, now: datetime) -> str:
    """Ask again with the agreement that the guardian signed for the place that was given back."""
    (placed,) = camp_places.apply_for_children(
        code=place.camp_class.camp.offer.code,
        choices=[camp_places.Choice(place.child_id, place.camp_class_id)],
        is_together=False, accepts=True, actor=own, now=now,
    )  # fmt: skip
    return f"重新报上了，现在是“{placed.state.label}”。原来的次序回不来。"


def _place(place_id: int, own: Actor) -> CampPlace:
    found = (
        CampPlace.objects.select_related("camp_class__camp__offer")
        .filter(id=place_id, worker_id=own.worker_id or 0)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _camp(place: CampPlace) -> str:
    return place.camp_class.camp.offer.title


# ---- desks of stations --------------------------------------------------------------------------


def _book_desk(wanted: Wanted, for_him: Actor, now: datetime) -> tuple[str, str]:
    if wanted.slot_at is None:
        raise Malformed("stations.which_slot", "选一个时间。")
    made = serving.book_service(
        service_id=number_of(wanted.target), starts_at=wanted.slot_at, topic=wanted.topic,
        instead=wanted.other, actor=for_him, now=now,
    )  # fmt: skip
    booked = desk_queries.get_mine(made.id, actor=for_him)
    verb = "驿站预约换到" if wanted.other else "约了驿站"
    return f"{made.id}#{wanted.other or ''}", f"{verb}：{_when_where(booked)}"


def _give_up_desk(booking_id: int, before: str, own: Actor, now: datetime) -> str:
    booked = desk_queries.get_mine(booking_id, actor=own)
    if booked.state is not BookingState.BOOKED:
        return GONE
    if before:
        old = desk_queries.get_mine(number_of(before), actor=own)
        _book_again(old, booking_id, own, now)
        return f"换回来了：{_when_where(old)}。"
    serving.cancel_booking(booking_id=booking_id, actor=own, now=now)
    return "预约取消了，时间让给了别人。"


def _book_again(
    old: desk_queries.MyBooking, instead: int | None, own: Actor, now: datetime
) -> None:
    serving.book_service(
        service_id=old.service_id, starts_at=old.starts_at, topic=old.topic, instead=instead,
        actor=own, now=now,
    )  # fmt: skip


def _when_where(booked: desk_queries.MyBooking) -> str:
    where = "电话或者视频" if booked.is_remote else booked.station_name
    return f"{_moment(booked.starts_at)}，{where}"


# ---- inside -------------------------------------------------------------------------------------


def number_of(text: str) -> int:
    """Return the number that was sent; raise ``NotFound`` for what is none."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise NotFound()
    return int(text)


def _moment(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"
