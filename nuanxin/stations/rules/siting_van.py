"""The day of a mobile station: where it stands from when to when, with driving and a break.

The day is cut into slots of a quarter of an hour. What standing at a stop in a slot is worth does not depend
on the rest of the day (person-hours of different hours are different ones), so the best day is found
exactly by dynamic programming over (slot, stop, stops so far, break taken). Every plan that comes
out keeps the rules by the way it is built: a stop lasts at least ``stay``, the van drives between
stops for as long as the way takes, the crew rests once, and at the end the van is home.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuanxin.stations.rules.siting import Floats

SLOT_MINUTES = 15
SLOTS_AN_HOUR = 60 // SLOT_MINUTES


def problem_of_day(starts_at: int, ends_at: int, rest: int, longest: int) -> str:
    """Return why one crew cannot drive from ``starts_at`` to ``ends_at``, "" when it can."""
    if not 0 <= starts_at < ends_at <= 24 * 60:
        return "出车和收车的时间要在同一天里，收车晚于出车。"
    if ends_at - starts_at > 2 * longest + rest:
        most = (2 * longest + rest) / 60
        return f"一班人一天最多干 {most:g} 个小时（含中间歇的）：把收车提前，或者分两班。"
    return ""


@dataclass(frozen=True, slots=True)
class VanDay:
    """What a van's day must keep. Minutes are multiples of a quarter of an hour; ``drive`` is from
    stop to stop, ``out`` from home to each stop and back, both in minutes, rounded up to slots."""

    starts_at: int
    ends_at: int
    stay: int
    rest: int
    longest: int
    most_stops: int
    drive: NDArray[np.int64]
    out: NDArray[np.int64]

    def problem(self) -> str:
        """Return why no day can be made of it, "" when one can."""
        return problem_of_day(self.starts_at, self.ends_at, self.rest, self.longest)


@dataclass(frozen=True, slots=True)
class Stop:
    """One stand: the stop's number, from and until in minutes of the day, person-hours served."""

    stop: int
    arrives_at: int
    leaves_at: int
    rests_at: int | None
    worth: float


def worth_by_slot(persons: Floats, starts_at: int, ends_at: int) -> Floats:
    """Return stops × slots: person-hours of standing at a stop in a slot, from stops × 24 persons."""
    slots = np.arange(starts_at // SLOT_MINUTES, ends_at // SLOT_MINUTES)
    return persons[:, slots // SLOTS_AN_HOUR] / SLOTS_AN_HOUR


def plan_day(day: VanDay, worth: Floats) -> list[Stop]:
    """Return the stands of the best day, in order; none where nothing is worth driving to.

    ``worth`` is stops × slots of the day. The rest is taken at a stop, at a time from which neither
    the part before nor the part after is longer than ``longest``; then nobody is served. A day that
    is no longer than ``longest`` needs none.
    """
    if day.problem() or not len(worth):
        return []
    return _Table(day, worth).read()


class _Table:
    """best[broken, stops, slot, stop]: the most from here to the end, having just finished a part."""

    def __init__(self, day: VanDay, worth: Floats) -> None:
        self.day, self.worth = day, worth
        self.stops, self.slots = worth.shape
        self.stay = max(1, day.stay // SLOT_MINUTES)
        self.rest = day.rest // SLOT_MINUTES
        self.longest = day.longest // SLOT_MINUTES
        self.drive, self.out = _slots(day.drive), _slots(day.out)
        self.most = day.most_stops
        self.needs_rest = self.rest > 0 and self.slots > self.longest
        self.sums = np.concatenate([np.zeros((self.stops, 1)), np.cumsum(worth, axis=1)], axis=1)
        shape = (2, self.most + 1, self.slots + 1, self.stops)
        self.best = np.full(shape, -np.inf)
        self.fill()

    def fill(self) -> None:
        """Fill from the end: each value from later ones only."""
        for slot in range(self.slots, -1, -1):
            for broken in (1, 0):
                for used in range(self.most, 0, -1):
                    self.best[broken, used, slot] = self.value(broken, used, slot)

    def value(self, broken: int, used: int, slot: int) -> Floats:
        """Return for each stop the best of going home, one slot more, the rest, another stop."""
        home = np.where(slot + self.out <= self.slots, 0.0, -np.inf)
        best = home if broken or not self.needs_rest else np.full(self.stops, -np.inf)
        if slot < self.slots:
            best = np.maximum(best, self.worth[:, slot] + self.best[broken, used, slot + 1])
        if self.may_rest(broken, slot):
            best = np.maximum(best, self.best[1, used, slot + self.rest])
        if used < self.most:
            best = np.maximum(best, self.onward(broken, used, slot).max(axis=1))
        return best

    def may_rest(self, broken: int, slot: int) -> bool:
        """Return whether the rest may begin at ``slot``."""
        if broken or not self.needs_rest or slot + self.rest > self.slots:
            return False
        return slot <= self.longest and self.slots - slot - self.rest <= self.longest

    def onward(self, broken: int, used: int, slot: int) -> Floats:
        """Return stop × next stop: the most by driving there and staying as long as one must."""
        arrive = slot + self.drive
        leave = arrive + self.stay
        inside = leave <= self.slots
        arrive, leave = np.where(inside, arrive, 0), np.where(inside, leave, 0)
        to = np.broadcast_to(np.arange(self.stops), self.drive.shape)
        gained = self.sums[to, leave] - self.sums[to, arrive]
        then = self.best[broken, used + 1, leave, to]
        found = np.where(inside, gained + then, -np.inf)
        np.fill_diagonal(found, -np.inf)
        return found

    def read(self) -> list[Stop]:
        """Return the stands along the best way, those that serve nobody left out at the end."""
        first = self.out
        leave = first + self.stay
        inside = leave <= self.slots
        total = np.full(self.stops, -np.inf)
        for stop in np.flatnonzero(inside).tolist():
            gained = self.sums[stop, leave[stop]] - self.sums[stop, first[stop]]
            total[stop] = gained + self.best[0, 1, leave[stop], stop]
        stop = int(np.argmax(total))
        if not total[stop] > 1e-9:
            return []
        return self.walk(stop, int(first[stop]), int(leave[stop]))

    def walk(self, stop: int, arrived: int, slot: int) -> list[Stop]:
        """Follow the table from a stop at which the least stay is over."""
        stands: list[Stop] = []
        broken, used, rested = 0, 1, None
        while True:
            value = self.best[broken, used, slot, stop]
            is_home_in_time = slot + self.out[stop] <= self.slots
            if value <= 1e-9 and (broken or not self.needs_rest) and is_home_in_time:
                stands.append(self.stand(stop, arrived, slot, rested))
                return stands
            more = (
                self.worth[stop, slot] + self.best[broken, used, slot + 1, stop]
                if slot < self.slots
                else -np.inf
            )
            if _same(value, more):
                slot += 1
                continue
            if self.may_rest(broken, slot) and _same(
                value, self.best[1, used, slot + self.rest, stop]
            ):
                rested, broken, slot = slot, 1, slot + self.rest
                continue
            onward = self.onward(broken, used, slot)[stop] if used < self.most else None
            stands.append(self.stand(stop, arrived, slot, rested))
            if onward is None or not _same(value, float(onward.max())):
                return stands
            to = int(np.argmax(onward))
            arrived = slot + int(self.drive[stop, to])
            stop, slot, used, rested = to, arrived + self.stay, used + 1, None

    def stand(self, stop: int, arrived: int, left: int, rested: int | None) -> Stop:
        """Return one stand in minutes of the day; nobody is served during the rest."""
        gained = self.sums[stop, left] - self.sums[stop, arrived]
        if rested is not None:
            gained -= self.sums[stop, rested + self.rest] - self.sums[stop, rested]
        clock = self.day.starts_at
        return Stop(
            stop,
            clock + arrived * SLOT_MINUTES,
            clock + left * SLOT_MINUTES,
            None if rested is None else clock + rested * SLOT_MINUTES,
            float(gained),
        )


def _slots(minutes: Any) -> NDArray[np.int64]:
    return -(-np.asarray(minutes, np.int64) // SLOT_MINUTES)


def _same(value: float, other: float) -> bool:
    return bool(np.isfinite(other) and abs(value - other) <= 1e-9 * max(1.0, abs(value)))
