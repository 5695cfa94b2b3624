"""Five years of joining, moving, leaving and coming back, as columns.

A join is one person's application that one committee approved. The days are drawn so that they
look like life: committees meet on their weekday, collective joinings come in groups, spring and
autumn are busy, and April 2023 (the great ceremonies) stands out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from config.demo import wire
from config.demo.scales import COLLECTIVE, OCCUPATIONS, ONE_CLICK, ONLINE, Scale, Window
from config.demo.unions import UnionPlan
from config.demo.wire import Array, day_number, day_of
from nuanxin.membership.states import Channel, EndReason, FlowKind

# How busy a month of the year is, and a year (from the start of the window).
_MONTHS = (0.7, 0.5, 1.2, 1.3, 1.3, 1.0, 0.9, 0.8, 1.2, 1.2, 1.1, 0.8)
_YEARS = (0.7, 1.25, 1.2, 1.0, 0.9, 0.9)
_CEREMONY_MONTH, _CEREMONY_TIMES = (2023, 4), 3.0

# What has become of those who joined long ago, at most.
LEFT, MOVED, RETAINED = 0.20, 0.075, 0.016
_LEAVING_DAYS = 900.0

PLAIN, LEAVES, MOVES, IS_RETAINED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Joins:
    """One entry a join, in the order of approval. ``union`` is the position in the plan.

    ``person`` is the position of the person: a join again has that of the first one. Days are day
    numbers, ``created``/``confirmed``/``decided`` instants.
    """

    union: Array
    person: Array
    occupation: Array
    channel: Array
    approved: Array
    created: Array
    confirmed: Array
    decided: Array
    is_again: Array

    def __len__(self) -> int:
        return len(self.union)


@dataclass(frozen=True, slots=True)
class Periods:
    """One entry a membership. ``join`` is the position of the join; ended 0 means it goes on."""

    join: Array
    union: Array
    started: Array
    ended: Array
    reason: Array
    retained: Array
    previous: Array
    """Position of the period it was transferred from, -1 for none."""

    def __len__(self) -> int:
        return len(self.join)


def make_joins(scale: Scale, window: Window, plan: UnionPlan, random: Generator) -> Joins:
    """Return every join of the window; exactly ``scale.persons`` of them."""
    gross = plan.column("gross")
    union = np.repeat(np.arange(len(gross)), gross)
    count = len(union)
    since, until = day_number(window.since), day_number(window.until)
    opened = np.maximum(plan.column("founded") + 4, since)
    last = np.minimum(plan.column("joins_until"), until)
    collective = _are_collective(plan, union, scale, random)
    season = _Season(window)
    approved = np.where(
        collective,
        _event_days(plan, union, opened, last, season, random),
        _meeting_days(union, opened, last, season, random),
    )
    order = np.argsort(approved, kind="stable")
    union, collective, approved = union[order], collective[order], approved[order]
    channel = _channels(collective, approved, window, scale, random)
    earliest = opened[union] - 3
    lag = np.where(collective, random.integers(3, 24, count), random.integers(1, 13, count))
    created = np.maximum(approved - lag, earliest)
    confirmed = np.where(
        collective, np.maximum(approved - random.integers(0, 3, count), created), created
    )
    seconds = _daytime(random, count)
    return Joins(
        union=union,
        person=np.arange(count),
        occupation=_occupations(plan, union, random),
        channel=channel,
        approved=approved.astype(np.int32),
        created=wire.instants(created, seconds),
        confirmed=wire.instants(
            confirmed, np.where(confirmed > created, _daytime(random, count), seconds)
        ),
        decided=wire.instants(approved, 57_600 + random.integers(0, 10_000, count)),
        is_again=np.zeros(count, dtype=bool),
    )


def _are_collective(plan: UnionPlan, union: Array, scale: Scale, random: Generator) -> Array:
    """Return who came by a roster: the published share, more of them in enterprise unions."""
    total = COLLECTIVE + ONLINE + ONE_CLICK
    wanted = round(scale.persons * COLLECTIVE / total)
    lean = np.array(
        [0.35 if row.employer else (-0.4 if row.level < 5 else 0.0) for row in plan.rows]
    )
    score = random.random(len(union)) + lean[union]
    chosen = np.zeros(len(union), dtype=bool)
    chosen[np.argpartition(-score, wanted)[:wanted]] = True
    return chosen


class _Season:
    """Draws days: the chance of a day follows the season, within given bounds."""

    def __init__(self, window: Window) -> None:
        self._first = day_number(window.since)
        days = range(self._first, day_number(window.until) + 1)
        weights = []
        for number in days:
            day = day_of(number)
            weight = _MONTHS[day.month - 1] * _YEARS[min((number - self._first) // 365, 5)]
            if (day.year, day.month) == _CEREMONY_MONTH:
                weight *= _CEREMONY_TIMES
            weights.append(weight * (0.4 if day.weekday() >= 5 else 1.0))
        self._sums = np.concatenate([[0.0], np.cumsum(weights)])

    def draw(self, random: Generator, first: Array, last: Array) -> Array:
        """Return a day for each pair of bounds, both included."""
        low = self._sums[first - self._first]
        high = self._sums[last - self._first + 1]
        point = low + random.random(len(first)) * (high - low)
        found = np.searchsorted(self._sums, point, side="right") - 1 + self._first
        clipped: Array = np.clip(found, first, last)
        return clipped


def _event_days(
    plan: UnionPlan, union: Array, opened: Array, last: Array, season: _Season, random: Generator
) -> Array:
    """Return for each join the day of one of its union's collective joinings."""
    gross = plan.column("gross")
    events = np.minimum(1 + gross // 60, 40)
    owner = np.repeat(np.arange(len(gross)), events)
    days = season.draw(random, opened[owner], last[owner])
    first = np.concatenate([[0], np.cumsum(events)[:-1]])
    days[first] = np.minimum(opened + random.integers(8, 40, len(opened)), last)
    pick = np.where(
        random.random(len(union)) < 0.3, 0, np.floor(random.random(len(union)) * events[union])
    )
    chosen: Array = days[first[union] + pick.astype(np.int64)]
    return chosen


def _meeting_days(
    union: Array, opened: Array, last: Array, season: _Season, random: Generator
) -> Array:
    """Return for each join the day on which the committee of its union met."""
    drawn = season.draw(random, opened[union], last[union])
    period = random.choice((7, 14), len(opened))
    # 2000-01-01 was a Saturday: 2 is a Monday, 6 a Friday.
    weekday = random.integers(2, 7, len(opened)) + 7 * random.integers(0, 2, len(opened))
    met = drawn - (drawn - weekday[union]) % period[union]
    later: Array = np.maximum(met, opened[union])
    return later


def _channels(
    collective: Array, approved: Array, window: Window, scale: Scale, random: Generator
) -> Array:
    """Return the channel of each join; one click came later and grew."""
    channel = np.where(collective, int(Channel.COLLECTIVE), int(Channel.ONLINE))
    rest = np.flatnonzero(~collective)
    wanted = round(scale.persons * ONE_CLICK / (COLLECTIVE + ONLINE + ONE_CLICK))
    since, until = day_number(window.since), day_number(window.until)
    late = (approved[rest] - since) / (until - since)
    score = random.random(len(rest)) + late
    channel[rest[np.argpartition(-score, wanted)[:wanted]]] = int(Channel.ONE_CLICK)
    return channel.astype(np.int16)


def _occupations(plan: UnionPlan, union: Array, random: Generator) -> Array:
    """Return the trade of each person: mostly the union's own."""
    keys = np.array(list(OCCUPATIONS))
    shares = np.array(list(OCCUPATIONS.values())) / sum(OCCUPATIONS.values())
    other = random.choice(keys, len(union), p=shares)
    is_pure = np.array([bool(row.handle in ("couriers", "carers")) for row in plan.rows])
    own = (random.random(len(union)) < 0.93) | is_pure[union]
    mixed = (plan.column("level")[union] < 5) & (plan.column("handle")[union] != "backstop")
    return np.where(own & ~mixed, plan.column("occupation")[union], other).astype(np.int16)


def _daytime(random: Generator, count: int) -> Array:
    """Return seconds after midnight between seven in the morning and eleven in the evening."""
    return random.integers(25_200, 82_800, count)


def let_time_pass(
    scale: Scale, window: Window, plan: UnionPlan, joins: Joins, random: Generator
) -> tuple[Joins, Periods, int]:
    """Return the joins with those who came back, all periods, and how many persons there are."""
    until = day_number(window.until)
    fate, day = _fates(plan, joins, until, random)
    joins, fate, persons = _come_back(scale, joins, fate, day, random)
    target = _targets(plan, joins, fate, day, random)
    fate = np.where((fate == MOVES) & (target < 0), PLAIN, fate)
    return joins, _periods(joins, fate, day, target, random), persons


def _fates(plan: UnionPlan, joins: Joins, until: int, random: Generator) -> tuple[Array, Array]:
    """Return what becomes of each join, and on which day."""
    tenure = until - joins.approved
    gone = 1 - np.exp(-tenure / _LEAVING_DAYS)
    stability = plan.column("stability")[joins.union]
    draw = random.random(len(joins))
    edges = np.cumsum([LEFT, MOVED, RETAINED])
    scaled = draw / np.maximum(gone * stability, 1e-9)
    fate = np.select(
        [scaled < edges[0], scaled < edges[1], scaled < edges[2]],
        [LEAVES, MOVES, IS_RETAINED],
        PLAIN,
    )
    stays = (plan.column("closes")[joins.union] > 0) | (tenure < 60)
    fate = np.where(stays, PLAIN, fate)
    day = joins.approved + 30 + np.floor(random.random(len(joins)) * np.maximum(tenure - 30, 1))
    return fate, day.astype(np.int32)


def _come_back(
    scale: Scale, joins: Joins, fate: Array, day: Array, random: Generator
) -> tuple[Joins, Array, int]:
    """Let ``scale.again`` joins be of people who had left before; their own fate is to stay."""
    leavers = np.flatnonzero(fate == LEAVES)
    later = np.flatnonzero((joins.approved > np.median(joins.approved)) & (fate == PLAIN))
    wanted = min(scale.again, len(leavers) // 3, len(later))
    again = np.sort(random.choice(later, wanted, replace=False))
    # The earliest leavers of a random third: each has left before the join it is matched with.
    some = random.choice(leavers, min(len(leavers), wanted * 3), replace=False)
    some = some[np.argsort(day[some], kind="stable")][:wanted]
    fits = day[some] + 30 < joins.approved[again]
    again, some = again[fits], some[fits]
    is_again = np.zeros(len(joins), dtype=bool)
    is_again[again] = True
    person = np.empty(len(joins), dtype=np.int64)
    person[~is_again] = np.arange((~is_again).sum())
    person[again] = person[some]
    occupation = joins.occupation.copy()
    occupation[again] = occupation[some]
    changed = Joins(
        union=joins.union,
        person=person,
        occupation=occupation,
        channel=joins.channel,
        approved=joins.approved,
        created=joins.created,
        confirmed=joins.confirmed,
        decided=joins.decided,
        is_again=is_again,
    )
    return changed, fate, int((~is_again).sum())


def _targets(plan: UnionPlan, joins: Joins, fate: Array, day: Array, random: Generator) -> Array:
    """Return for each who moves the union he moves to (near by where that fits), else -1."""
    adcode = plan.column("adcode")
    level, closes, founded = plan.column("level"), plan.column("closes"), plan.column("founded")
    takes = np.flatnonzero((level == 5) & (closes == 0))
    near = takes[np.argsort(adcode[takes], kind="stable")]
    movers = np.flatnonzero(fate == MOVES)
    target = np.full(len(joins), -1)
    for attempt in range(6):
        left = movers[target[movers] < 0]
        if not len(left):
            break
        own = adcode[joins.union[left]]
        low = np.searchsorted(adcode[near], own, side="left")
        high = np.searchsorted(adcode[near], own, side="right")
        anywhere = (high == low) | (attempt > 3) | (random.random(len(left)) < 0.15)
        low, high = np.where(anywhere, 0, low), np.where(anywhere, len(near), high)
        found = near[(low + np.floor(random.random(len(left)) * (high - low))).astype(np.int64)]
        fits = (found != joins.union[left]) & (founded[found] + 4 <= day[left])
        target[left[fits]] = found[fits]
    return target


def _periods(joins: Joins, fate: Array, day: Array, target: Array, random: Generator) -> Periods:
    """Return the memberships: one a join, and a second one for each who moved."""
    count = len(joins)
    movers = np.flatnonzero(fate == MOVES)
    ends = (fate == LEAVES) | (fate == MOVES)
    why = random.choice(
        (EndReason.LEFT, EndReason.LAPSED, EndReason.EXPELLED, EndReason.DECEASED),
        count,
        p=(0.58, 0.4, 0.005, 0.015),
    )
    reason = np.where(fate == MOVES, int(EndReason.TRANSFERRED), why)
    nothing = np.zeros(len(movers), dtype=np.int64)
    return Periods(
        join=np.concatenate([np.arange(count), movers]),
        union=np.concatenate([joins.union, target[movers]]),
        started=np.concatenate([joins.approved, day[movers]]).astype(np.int32),
        ended=np.concatenate([np.where(ends, day, 0), nothing]).astype(np.int32),
        reason=np.concatenate([np.where(ends, reason, 0), nothing]).astype(np.int16),
        retained=np.concatenate([np.where(fate == IS_RETAINED, day, 0), nothing]).astype(np.int32),
        previous=np.concatenate([np.full(count, -1), movers]),
    )


def make_flows(joins: Joins, periods: Periods, plan: UnionPlan) -> dict[str, Array]:
    """Return the flows of everything, one row a day, union, trade, channel and kind."""
    first, moved_in = periods.previous < 0, periods.previous >= 0
    ended, retained = periods.ended > 0, periods.retained > 0
    leaving = np.where(
        periods.reason == int(EndReason.TRANSFERRED),
        int(FlowKind.TRANSFERRED_OUT),
        int(FlowKind.LEFT),
    )
    joined = np.where(joins.is_again, int(FlowKind.JOINED_AGAIN), int(FlowKind.JOINED))
    all_joins = np.arange(len(joins))
    collective = np.flatnonzero(joins.channel == int(Channel.COLLECTIVE))
    parts = [
        (all_joins, joins.union, joins.approved, joined),
        (all_joins, joins.union, _shanghai_days(joins.confirmed), int(FlowKind.APPLIED)),
        (collective, joins.union[collective], _shanghai_days(joins.created[collective]), int(FlowKind.INVITED)),
        (periods.join[moved_in], periods.union[moved_in], periods.started[moved_in], int(FlowKind.TRANSFERRED_IN)),
        (periods.join[ended], periods.union[ended], periods.ended[ended], leaving[ended]),
        (periods.join[retained], periods.union[retained], periods.retained[retained], int(FlowKind.RETAINED)),
    ]  # fmt: skip
    assert first.sum() == len(joins)
    keys = [
        _flow_key(day, union, joins.occupation[join], joins.channel[join], kind)  # type: ignore[arg-type]
        for join, union, day, kind in parts
    ]
    key, persons = np.unique(np.concatenate(keys), return_counts=True)
    key, kind = np.divmod(key, 32)
    key, channel = np.divmod(key, 4)
    key, occupation = np.divmod(key, 128)
    day, union = np.divmod(key, 65_536)
    return {
        "day": day.astype(np.int32),
        "union": union,
        "occupation": occupation.astype(np.int16),
        "channel": channel.astype(np.int16),
        "kind": kind.astype(np.int16),
        "persons": persons.astype(np.int32),
        "county": plan.column("adcode")[union].astype(np.int32),
    }


def _flow_key(
    day: Array, union: Array, occupation: Array, channel: Array, kind: Array | int
) -> Array:
    key = day.astype(np.int64) * 65_536 + union
    return ((key * 128 + occupation) * 4 + channel) * 32 + kind


def _shanghai_days(instants: Array) -> Array:
    return (instants + 8 * 3_600_000_000) // wire.DAY_US
