"""The day of a van keeps its rules however it is asked, and is the best there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanxin.stations.rules.siting_van import Stop, VanDay, plan_day, worth_by_slot


def day_of(
    places: list[tuple[int, int]],
    *,
    starts_at: int = 9 * 60,
    ends_at: int = 18 * 60,
    stay: int = 60,
    rest: int = 45,
    longest: int = 300,
    most_stops: int = 4,
) -> VanDay:
    """Return a day among places on a plain, two minutes a unit, home at (0, 0)."""
    at = np.array(places, float).reshape(-1, 2)
    minutes = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1]) * 2
    out = np.hypot(at[:, 0], at[:, 1]) * 2
    ways = [np.ceil(one / 15).astype(np.int64) * 15 for one in (minutes, out)]
    return VanDay(starts_at, ends_at, stay, rest, longest, most_stops, drive=ways[0], out=ways[1])


def problems_of(stands: list[Stop], day: VanDay) -> list[str]:
    """Return which rules a timetable breaks; written anew, not by what made it."""
    broken = []
    clock, before = day.starts_at, None
    for stand in stands:
        way = day.out[stand.stop] if before is None else day.drive[before, stand.stop]
        if stand.arrives_at < clock + way:
            broken.append(f"faster than one can drive to {stand.stop}")
        if stand.leaves_at - stand.arrives_at < day.stay:
            broken.append(f"too short at {stand.stop}")
        if before == stand.stop:
            broken.append("drives to where it stands")
        if stand.rests_at is not None and not (
            stand.arrives_at <= stand.rests_at <= stand.leaves_at - day.rest
        ):
            broken.append("rests on the way")
        clock, before = stand.leaves_at, stand.stop
    if stands and clock + day.out[stands[-1].stop] > day.ends_at:
        broken.append("is not home in time")
    if len(stands) > day.most_stops:
        broken.append("too many stops")
    rests = [stand.rests_at for stand in stands if stand.rests_at is not None]
    if stands and day.rest and day.ends_at - day.starts_at > day.longest:
        if len(rests) != 1:
            broken.append("does not rest once")
        elif max(rests[0] - day.starts_at, day.ends_at - rests[0] - day.rest) > day.longest:
            broken.append("works too long at a stretch")
    return broken


places_strategy = st.lists(
    st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1, max_size=6, unique=True
)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(
    places_strategy,
    st.integers(0, 2**31),
    st.sampled_from([(540, 1080), (480, 1200), (600, 840), (660, 780)]),
    st.sampled_from([30, 60, 120]),
    st.sampled_from([0, 30, 45]),
    st.integers(1, 5),
)
def test_every_timetable_can_be_driven(
    places: list[tuple[int, int]],
    seed: int,
    hours: tuple[int, int],
    stay: int,
    rest: int,
    most: int,
) -> None:
    day = day_of(
        places,
        starts_at=hours[0],
        ends_at=hours[1],
        stay=stay,
        rest=rest,
        longest=420,
        most_stops=most,
    )
    persons = np.random.default_rng(seed).gamma(0.6, 10, (len(places), 24))
    worth = worth_by_slot(persons, *hours)
    stands = plan_day(day, worth)
    assert problems_of(stands, day) == []
    for stand in stands:
        first, last = ((one - hours[0]) // 15 for one in (stand.arrives_at, stand.leaves_at))
        there = worth[stand.stop, first:last].sum()
        if stand.rests_at is not None:
            rested = (stand.rests_at - hours[0]) // 15
            there -= worth[stand.stop, rested : rested + rest // 15].sum()
        assert stand.worth == pytest.approx(there)


def best_by_trying(day: VanDay, worth: np.ndarray) -> float:
    """Return the most a day without rest can serve, by trying every one."""
    stay, slots = day.stay // 15, worth.shape[1]

    def onward(stop: int, slot: int, used: int) -> float:
        best = 0.0 if slot + day.out[stop] // 15 <= slots else -np.inf
        if slot < slots:
            best = max(best, worth[stop, slot] + onward(stop, slot + 1, used))
        if used < day.most_stops:
            best = max([best, *(arrive(to, slot + day.drive[stop, to] // 15, used + 1) for to in range(len(worth)) if to != stop)])  # fmt: skip
        return best

    def arrive(stop: int, slot: int, used: int) -> float:
        if slot + stay > slots:
            return -np.inf
        return float(worth[stop, slot : slot + stay].sum()) + onward(stop, slot + stay, used)

    return max(0.0, *(arrive(stop, day.out[stop] // 15, 1) for stop in range(len(worth))))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_no_other_day_serves_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    places = [tuple(one) for one in random.integers(-12, 13, (3, 2)).tolist()]
    day = day_of(places, starts_at=600, ends_at=780, stay=30, rest=0, most_stops=3)
    worth = random.gamma(0.6, 10, (3, 12))
    stands = plan_day(day, worth)
    assert sum(one.worth for one in stands) == pytest.approx(best_by_trying(day, worth))


def test_a_day_that_serves_nobody_stays_at_home() -> None:
    assert plan_day(day_of([(1, 1)]), np.zeros((1, 36))) == []


def test_too_far_to_be_home_in_time_is_not_driven_to() -> None:
    day = day_of([(400, 0), (2, 0)])
    stands = plan_day(day, np.ones((2, 36)) * [[9.0], [1.0]])
    assert {one.stop for one in stands} == {1}


def test_a_day_longer_than_a_crew_may_work_is_told() -> None:
    day = day_of([(1, 1)], starts_at=6 * 60, ends_at=22 * 60)
    assert "分两班" in day.problem()
    assert plan_day(day, np.ones((1, 64))) == []
