"""What is done for people at a station at its desk hours, and where a booking stands."""

from enum import IntEnum


class ServiceKind(IntEnum):
    """What somebody comes for."""

    LEGAL = 1
    COUNSELLING = 2
    READING = 3

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _KINDS[self]


class BookingState(IntEnum):
    """Where a booking stands. ``HANDED_OVER`` is reserved: a case that takes it over comes later."""

    BOOKED = 1
    CANCELLED = 2
    DONE = 3
    NO_SHOW = 4
    HANDED_OVER = 5

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _STATES[self]


BOOKING_MOVES: dict[BookingState, frozenset[BookingState]] = {
    BookingState.BOOKED: frozenset(
        {BookingState.CANCELLED, BookingState.DONE, BookingState.NO_SHOW}
    ),
    BookingState.CANCELLED: frozenset(),
    BookingState.DONE: frozenset(),
    BookingState.NO_SHOW: frozenset(),
    BookingState.HANDED_OVER: frozenset(),
}

_KINDS = {1: "法律咨询", 2: "心理咨询", 3: "读书活动"}
_STATES = {1: "约好了", 2: "取消了", 3: "办完了", 4: "没来", 5: "转成了维权案件"}
