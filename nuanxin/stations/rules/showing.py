"""What a station is shown as: open, full, not open, or not sure. Stale is never shown as open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.stations.states import OpenState, Standing

MOST_AHEAD = timedelta(days=14)
"""Opening times are known a little farther ahead."""
Span = tuple[datetime, datetime]


class Shown(StrEnum):
    """How a station is shown at a moment."""

    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    OUT_OF_USE = "out_of_use"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {
            "open": "开着",
            "full": "满了",
            "closed": "没开",
            "unknown": "说不准开没开",
            "out_of_use": "停用",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a station: how it stands, what was last said, when it is open."""

    standing: Standing
    state: OpenState
    fresh_until: datetime | None
    spans: Sequence[Span]


def shown_at(facts: Facts, at: datetime) -> Shown:
    """Return how the station is shown at ``at``."""
    if facts.standing != Standing.OPEN:
        return Shown.OUT_OF_USE
    is_fresh = facts.fresh_until is not None and facts.fresh_until > at
    if span_at(facts.spans, at) is None:
        return Shown.CLOSED
    if not is_fresh:
        return Shown.UNKNOWN
    return {
        OpenState.OPEN: Shown.OPEN,
        OpenState.FULL: Shown.FULL,
        OpenState.CLOSED: Shown.CLOSED,
    }.get(facts.state, Shown.UNKNOWN)


def span_at(spans: Sequence[Span], at: datetime) -> Span | None:
    """Return the opening time that ``at`` lies in."""
    return next(((begin, end) for begin, end in spans if begin <= at < end), None)


def next_opening(spans: Sequence[Span], at: datetime) -> datetime | None:
    """Return when the next opening time begins, None where none is known."""
    return next((begin for begin, _ in spans if begin > at), None)


def day_parts(spans: Sequence[Span], day: date) -> list[tuple[int, int]]:
    """Return the opening times of a day as minutes from its midnight in Shanghai."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    parts = []
    for begin, end in spans:
        first = max(0, int((begin - midnight).total_seconds() // 60))
        last = min(24 * 60, int((end - midnight).total_seconds() // 60))
        if first < last:
            parts.append((first, last))
    return parts


@dataclass(frozen=True, slots=True)
class Speeds:
    """Metres a minute along the straight line: walking and by electric bicycle."""

    walk: float
    ebike: float


def speeds(on: date) -> Speeds:
    """Return the speeds in force, the detour taken out."""
    detour = float(parameter("stations.detour", adcode=NATION, on=on).value)
    walk, ebike = (
        float(parameter(f"stations.{way}_kmh", adcode=NATION, on=on).value) * 1000 / 60 / detour
        for way in ("walk", "ebike")
    )
    return Speeds(walk, ebike)


def minutes(distance_m: float, metres_a_minute: float) -> int:
    """Return whole minutes, at least one."""
    return max(1, round(distance_m / metres_a_minute))


def said_distance(distance_m: float) -> tuple[str, str]:
    """Return the number and its unit: 240 米, 1.1 公里, 23 公里."""
    if distance_m < 995:
        return f"{max(10, round(distance_m / 10) * 10):d}", "米"
    kilometres = distance_m / 1000
    return (f"{kilometres:.1f}" if kilometres < 9.95 else f"{kilometres:.0f}"), "公里"


def said_time(at: datetime, now: datetime) -> str:
    """Return 12:06, 明天 6:30, 12 月 5 日 8:00, in Shanghai."""
    there, here = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    days = (there.date() - here.date()).days
    clock = f"{there.hour}:{there.minute:02}"
    day = {0: "", 1: "明天 ", -1: "昨天 "}.get(days, f"{there.month} 月 {there.day} 日 ")
    return f"{day}{clock}"
