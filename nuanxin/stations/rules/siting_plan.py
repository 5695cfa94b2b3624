"""A plan of new stations and vans for an area: one question with all its numbers, one answer.

The question carries everything that the answer depends on, so that it can be asked again and must
answer the same (``digest``). Persons are those out on the street in a cell in an hour of a usual
day; person-hours are persons times hours. Demand is served where a station that is open in that hour is
within reach; what a station holds is counted only where that is
asked (``holds``).
"""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nuanxin.stations.rules.siting import (
    EARTH_RADIUS_M,
    Choice,
    Floats,
    Incidence,
    Ints,
    lazy_greedy,
    row_sums,
    served_by,
    within_reach,
)
from nuanxin.stations.rules.siting_bound import Proof, Solution, solve
from nuanxin.stations.rules.siting_capacity import greedy_held, share_out, solve_held
from nuanxin.stations.rules.siting_grid import HOURS
from nuanxin.stations.rules.siting_van import (
    SLOTS_AN_HOUR,
    Stop,
    VanDay,
    plan_day,
)

Bools = NDArray[np.bool_]
Progress = Callable[[int], None]

STEPS = 4
MOST_STOPS_TRIED = 40
HELD_OUT_DRAWS = 20


@dataclass(frozen=True, slots=True)
class VanQuestion:
    """Vans of a plan; times in minutes of the day, pace in metres a minute over the ground."""

    count: int
    starts_at: int
    ends_at: int
    stay: int
    rest: int
    longest: int
    most_stops: int
    pace: float
    home_lat: float
    home_lng: float


@dataclass(frozen=True, slots=True)
class Question:
    """Cells with persons by hour and what is served already (cells × 24), where a site may be.

    Where capacity counts, ``holds`` is how many persons a new site serves in an hour, and ``taken`` how
    many of each cell and hour the stations there serve with the room they have.
    """

    lat: Floats
    lng: Floats
    persons: Floats
    served: Bools
    site_lat: Floats
    site_lng: Floats
    reach_m: float
    count: int
    opens: int
    closes: int
    vans: VanQuestion | None
    seed: int
    holds: float | None = None
    taken: Floats | None = None

    @property
    def unserved(self) -> Floats:
        """Return the persons by cell and hour that nobody serves yet."""
        if self.taken is not None:
            return np.maximum(self.persons - self.taken, 0.0)
        return np.where(self.served, 0.0, self.persons)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a way of placing serves of demand that it did not see, in person-hours."""

    planned: float
    random: float
    by_persons: float
    by_chance: float
    best_seen: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Where to stand: fixed sites with what each adds by hour, the bound, the vans' days, the trial."""

    total: float
    served_before: float
    solution: Solution
    by_hour: list[list[float]]
    van_days: list[list[Stop]]
    trial: Trial


def reached(question: Question) -> Incidence:
    """Return what a fixed site in each place would serve in its hours of what is not served yet."""
    starts, cells = within_reach(
        question.site_lat, question.site_lng, question.lat, question.lng, question.reach_m
    )
    window = question.unserved[:, question.opens : question.closes].sum(axis=1)
    return Incidence(starts, cells, window)


def answer(question: Question, progress: Progress = lambda _: None) -> Answer:
    """Work out a plan; ``progress`` is told the steps done, up to ``STEPS``."""
    incidence = reached(question)
    progress(1)
    if question.holds is None:
        solution = _solved(incidence, question.count)
        by_hour, left = _by_hour(question, incidence, solution.choice)
    else:
        solution, by_hour, left = _solved_with_room(question, incidence, question.holds)
    progress(2)
    days = van_days(question, incidence, left)
    progress(3)
    trial = held_out(question, incidence)
    progress(4)
    total = float(question.persons.sum())
    before = total - float(question.unserved.sum())
    return Answer(total, before, solution, by_hour, days, trial)


def _solved(incidence: Incidence, count: int) -> Solution:
    greedy = lazy_greedy(incidence, count)
    if not greedy.chosen:
        return Solution(greedy, 0.0, Proof.GREEDY, True)
    return solve(incidence, greedy, count)


def _solved_with_room(
    question: Question, incidence: Incidence, holds: float
) -> tuple[Solution, list[list[float]], Floats]:
    """Return the solution where a site holds ``holds`` an hour, what each adds by hour, what is left."""
    hours = slice(question.opens, question.closes)
    left = question.unserved.copy()
    found, bound = solve_held(incidence, left[:, hours], question.count, holds)
    rows = np.zeros((len(found.chosen), HOURS))
    rows[:, hours] = found.loads
    left[:, hours] = found.left
    is_best = bound <= found.served * (1 + 1e-9)
    solution = Solution(found.choice, bound, Proof.ROOM, is_best)
    return solution, [[round(float(one), 3) for one in row] for row in rows], left


def van_days(question: Question, incidence: Incidence, left: Floats) -> list[list[Stop]]:
    """Return the day of each van, one after the other, each with what those before it leave."""
    asked = question.vans
    if asked is None:
        return []
    slots = np.repeat(left, SLOTS_AN_HOUR, axis=1) / SLOTS_AN_HOUR
    first, last = asked.starts_at // 15, asked.ends_at // 15
    found: list[list[Stop]] = []
    for _ in range(asked.count):
        weights = slots[:, first:last].sum(axis=1)
        places = lazy_greedy(replace(incidence, weights=weights), MOST_STOPS_TRIED).chosen
        if not places:
            break
        worth = np.stack([slots[incidence.of(place), first:last].sum(axis=0) for place in places])
        stands = plan_day(_van_day(question, asked, places), worth)
        if not stands:
            break
        found.append([replace(stand, stop=places[stand.stop]) for stand in stands])
        for stand in found[-1]:
            _take(slots, incidence.of(stand.stop), stand, asked.rest)
    return found


def held_out(question: Question, incidence: Incidence) -> Trial:
    """Place on one half of the demand, count on the other, beside two plain ways of placing.

    Each person-hour falls into one of the halves by chance (``seed``). By persons: the cells with
    most people, served or not; by chance: drawn in proportion to them.
    """
    random = np.random.default_rng(question.seed)
    counts = np.round(question.persons * 10).astype(np.int64)
    half = random.binomial(counts, 0.5)
    hours = slice(question.opens, question.closes)
    free = _free_share(question)[:, hours]
    seen = half[:, hours] * free / 5
    unseen = (counts - half)[:, hours] * free / 5
    count = min(question.count, incidence.candidates)
    people = _persons_at(question, half.sum(axis=1).astype(float))
    most = np.argsort(-people, kind="stable")[:count].tolist()
    draws = [
        random.permutation(incidence.candidates)[:count].tolist() for _ in range(HELD_OUT_DRAWS)
    ]
    chances = people / people.sum() if people.sum() > 0 else None
    drawn = min(count, int((people > 0).sum()))
    weighted = [
        random.choice(incidence.candidates, drawn, replace=False, p=chances).tolist()
        for _ in range(HELD_OUT_DRAWS)
        if chances is not None
    ]

    def chosen_on(demand: Floats) -> tuple[int, ...]:
        if question.holds is not None:
            return greedy_held(incidence, demand, count, question.holds)
        return lazy_greedy(replace(incidence, weights=demand.sum(axis=1)), count).chosen

    def counted(sites: Sequence[int]) -> float:
        if question.holds is not None:
            return share_out(incidence, tuple(sites), unseen, question.holds).served
        return served_by(replace(incidence, weights=unseen.sum(axis=1)), tuple(sites))

    return Trial(
        planned=counted(chosen_on(seen)),
        random=_mean([counted(one) for one in draws]),
        by_persons=counted(most),
        by_chance=_mean([counted(one) for one in weighted]),
        best_seen=counted(chosen_on(unseen)),
    )


def _free_share(question: Question) -> Floats:
    """Return which part of each cell's demand in each hour nobody serves yet."""
    if question.taken is None:
        return (~question.served).astype(float)
    persons = question.persons
    return np.divide(question.unserved, persons, out=np.zeros_like(persons), where=persons > 0)


def busiest(by_hour: list[float]) -> tuple[int, int, float]:
    """Return (from, to, person-hours) of the hours in a row about the fullest one.

    An hour belongs to them while it has at least 60 % of the fullest.
    """
    top = int(np.argmax(by_hour))
    first, last = top, top + 1
    while first > 0 and by_hour[first - 1] >= 0.6 * by_hour[top] > 0:
        first -= 1
    while last < len(by_hour) and by_hour[last] >= 0.6 * by_hour[top] > 0:
        last += 1
    return first, last, float(sum(by_hour[first:last]))


def pack(question: Question) -> bytes:
    """Return the question as bytes to be kept (compressed arrays)."""
    plain = {
        name: getattr(question, name) for name in ("reach_m", "count", "opens", "closes", "seed")
    }
    plain["vans"] = None if question.vans is None else _van_fields(question.vans)
    plain["holds"] = question.holds
    arrays: dict[str, Any] = {
        name: getattr(question, name) for name in ("lat", "lng", "persons", "site_lat", "site_lng")
    }
    if question.taken is not None:
        arrays["taken"] = question.taken
    arrays["served"] = np.packbits(question.served, axis=1)
    arrays["plain"] = np.frombuffer(json.dumps(plain, sort_keys=True).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def unpack(data: bytes) -> Question:
    """Return the question that ``pack`` kept."""
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        plain = json.loads(kept["plain"].tobytes())
        vans = VanQuestion(**plain.pop("vans")) if plain["vans"] else None
        plain.pop("vans", None)
        names = ("lat", "lng", "persons", "site_lat", "site_lng")
        served = np.unpackbits(kept["served"], axis=1, count=HOURS).astype(bool)
        taken = kept["taken"] if "taken" in kept.files else None
        arrays = {name: kept[name] for name in names}
        return Question(**arrays, served=served, vans=vans, taken=taken, **plain)


def digest(question: Question) -> str:
    """Return a SHA-256 over every number of the question, the same on every machine."""
    told = hashlib.sha256()
    for name in ("lat", "lng", "persons", "site_lat", "site_lng"):
        told.update(np.ascontiguousarray(getattr(question, name), "<f8").tobytes())
    told.update(np.packbits(question.served).tobytes())
    vans = None if question.vans is None else _van_fields(question.vans)
    plain = [question.reach_m, question.count, question.opens, question.closes, question.seed, vans]
    if question.holds is not None:
        plain.append(question.holds)
    if question.taken is not None:
        told.update(np.ascontiguousarray(question.taken, "<f8").tobytes())
    told.update(json.dumps(plain, sort_keys=True).encode())
    return told.hexdigest()


def _by_hour(
    question: Question, incidence: Incidence, choice: Choice
) -> tuple[list[list[float]], Floats]:
    """Return what each site adds in each hour, and what is then left (cells × 24)."""
    left = question.unserved.copy()
    hours = slice(question.opens, question.closes)
    rows = []
    for site in choice.chosen:
        cells = incidence.of(site)
        added = np.zeros(HOURS)
        added[hours] = left[cells, hours].sum(axis=0)
        left[cells, hours] = 0.0
        rows.append([round(float(one), 3) for one in added])
    return rows, left


def _van_day(question: Question, asked: VanQuestion, places: tuple[int, ...]) -> VanDay:
    lat, lng = question.site_lat[list(places)], question.site_lng[list(places)]
    return VanDay(
        asked.starts_at,
        asked.ends_at,
        asked.stay,
        asked.rest,
        asked.longest,
        asked.most_stops,
        drive=_minutes(lat[:, None], lng[:, None], lat[None], lng[None], asked.pace),
        out=_minutes(lat, lng, np.full(len(lat), asked.home_lat), asked.home_lng, asked.pace),
    )


def _minutes(lat1: Floats, lng1: Floats, lat2: Floats, lng2: Any, pace: float) -> Ints:
    north, east = np.radians(lat2 - lat1) / 2, np.radians(lng2 - lng1) / 2
    square = np.sin(north) ** 2
    square = square + np.cos(np.radians(lat1)) * np.cos(np.radians(lat2)) * np.sin(east) ** 2
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, square)))
    return np.asarray(np.ceil(metres / pace / 15) * 15, np.int64)


def _take(slots: Floats, cells: Ints, stand: Stop, rest: int) -> None:
    taken = np.zeros(slots.shape[1], bool)
    taken[stand.arrives_at // 15 : stand.leaves_at // 15] = True
    if stand.rests_at is not None:
        taken[stand.rests_at // 15 : (stand.rests_at + rest) // 15] = False
    slots[np.ix_(cells, np.flatnonzero(taken))] = 0.0


def _persons_at(question: Question, weights: Floats) -> Floats:
    """Return the persons of the cell nearest to each site: that in which it stands."""
    starts, cells = within_reach(
        question.site_lat, question.site_lng, question.lat, question.lng, 1.0
    )
    return row_sums(Incidence(starts, cells, weights), weights)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _van_fields(vans: VanQuestion) -> dict[str, Any]:
    return {name: getattr(vans, name) for name in VanQuestion.__slots__}
