"""到站: counting different people without knowing one; how busy an hour is, for keepers and for all.

CPC sketch of Apache DataSketches, 4,096 registers: standard error 0.9 %, so 3 % is more than three
standard errors. What goes in is ``HMAC(salt, station, mark)``: the salt is of one day or one month and
is deleted when that is over, the mark is a random number in the visitor's browser that lives no longer
than the month. Sketches of two stations, two days, two months have nothing in common.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from datasketches import cpc_sketch  # type: ignore[import-untyped]

from nuanxin.kernel.clock import SHANGHAI

LG_REGISTERS = 12
HOURS = 24
LEVELS = ("很空", "有位子", "有点忙", "很忙")
"""How busy an hour is against the busiest one: up to a quarter, half, three quarters, more."""


def visitor_hash(salt: bytes, *, station_id: int, mark: str) -> int:
    """Return the 63-bit number by which a visitor is counted for a station and a day (or month)."""
    said = f"{station_id}\0{mark}".encode()
    return int.from_bytes(hmac.new(salt, said, sha256).digest()[:8], "big") >> 1


def add_visitors(sketch: bytes | None, visitors: Iterable[int]) -> tuple[bytes, int]:
    """Return the sketch with the visitors in it, and about how many different ones it holds."""
    counted = cpc_sketch.deserialize(bytes(sketch)) if sketch else cpc_sketch(LG_REGISTERS)
    for visitor in visitors:
        counted.update(visitor)
    return bytes(counted.serialize()), round(counted.get_estimate())


@dataclass(frozen=True, slots=True)
class DayHours:
    """Person-times of one day by hour, and whether it was a working day."""

    day: date
    is_workday: bool
    hours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Busy:
    """Averages of a kind of day by hour, and how busy each is: an index into ``LEVELS``."""

    days: int
    averages: tuple[float, ...]
    levels: tuple[int, ...]


def busy_hours(days: Sequence[DayHours], *, workdays: bool, least: int) -> Busy | None:
    """Return how busy the hours of working days (or of days off) are, None without any such day.

    An hour with fewer person-times than ``least`` on average has the lowest level, as one without any
    (parameter stations.busy_least_person_times).
    """
    chosen = [one for one in days if one.is_workday is workdays]
    if not chosen:
        return None
    averages = tuple(sum(one.hours[hour] for one in chosen) / len(chosen) for hour in range(HOURS))
    top = max(averages)
    levels = tuple(_level(average, top, least) for average in averages)
    return Busy(len(chosen), averages, levels)


def _level(average: float, top: float, least: int) -> int:
    if average < least or top <= 0:
        return 0
    return min(len(LEVELS) - 1, int(average / top * len(LEVELS)))


def quiet_hours(busy: Busy, *, open_hours: frozenset[int]) -> list[int]:
    """Return the hours in which few come, of those in which the place is open.

    Those of the lowest level; where every open hour has more, those of the lowest there is. Empty
    where all open hours are alike: then no hour is quieter than another.
    """
    here = sorted(open_hours)
    levels = {busy.levels[hour] for hour in here}
    if len(levels) < 2:
        return []
    return [hour for hour in here if busy.levels[hour] == min(levels)]


def open_hours_of(
    spans: Sequence[tuple[datetime | None, datetime | None]],
    *,
    workdays: bool,
    is_workday: Callable[[date], bool],
) -> frozenset[int]:
    """Return the clock hours wholly within an opening time on a working day (or a day off)."""
    found = set()
    for lower, upper in spans:
        if lower is None or upper is None:
            continue
        at = lower.astimezone(SHANGHAI)
        if at.minute or at.second or at.microsecond:
            at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        while at + timedelta(hours=1) <= upper:
            if is_workday(at.date()) is workdays:
                found.add(at.hour)
            at += timedelta(hours=1)
    return frozenset(found)
