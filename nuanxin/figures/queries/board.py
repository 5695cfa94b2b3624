"""The public board: everything that the 数读 page of one region shows, in a handful of statements.

Persons are written to the ten. Where the rule lets totals of cities stand to the person, the whole
province is read, whichever region is shown: it depends on all of them (``rules/small_numbers.py``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from nuanxin.figures.queries.denominators import Denominators, Known, denominators_of
from nuanxin.figures.queries.locks import locked_around
from nuanxin.figures.queries.measuring import PROVINCE, digest, place_name
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.union_rows import UnionRow, union_rows
from nuanxin.figures.rules.small_numbers import Span, keeps_room, published, span_of
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock, occupations, regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.figure import FigureDefinition, ratio_value
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import Period, shift_months
from nuanxin.membership.figures import Place
from nuanxin.membership.figures.breakdown import Cell, cells_by_county, month_ends
from nuanxin.membership.figures.definitions import (
    JOINING_RATE,
    LEFT,
    LIVE,
    NET,
    NEW,
    REACHABLE,
    SERVED,
)
from nuanxin.membership.figures.late import LateFlow, late_at_month_ends, late_flows
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.figures import (
    COVERED_EMPLOYERS,
    FOUNDING_RATE,
    NEW_FORM_UNIONS,
    NEW_UNIONS,
    UNIONS,
)
from nuanxin.orgs.states import Route, UnionKind

TREND_MONTHS = 60
_ALL = ("all", 0)
_MEASURES = ("live", "new")
BOARD_CODES = frozenset(one.code for one in (LIVE, NEW, NET))

Cut = tuple[str, int]
"""("all", 0), ("occupation", key) or ("channel", key)."""


@dataclass(frozen=True, slots=True)
class BoardFigure:
    """A big number; ``value`` None is withheld because it is too small.

    ``step`` is 1 where it stands to the person (or the union), else what it is rounded to. A ratio
    (in hundredths of a percent) has its parts beside it; ``missing`` says which one is not known.
    """

    definition: FigureDefinition
    value: int | None
    step: int = 1
    numerator: int | None = None
    denominator: Known | None = None
    missing: str = ""

    @property
    def plain_value(self) -> int | float | None:
        """Return the value as it is read: 63.27 (percent), or the number itself."""
        return None if self.value is None else self.definition.plain(self.value)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One region, occupation or channel: live as of the day, and new in the period; None withheld.

    ``steps`` are what the two are rounded to, 1 to the person.
    """

    key: str
    label: str
    live: int | None
    new: int | None
    steps: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The last day of a month (or the day asked for): persons up to it, to the ten; None not known,
    withheld."""

    day: date
    new: int | None
    live: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """What the page of a region shows as of a day. ``since`` None counts from the beginning.

    ``locked_at``: the region has locked the day's month, and tells what was known then. So does each
    of the ``locked_places``, of its own lock.
    """

    region: str
    region_name: str
    as_of: date
    since: date | None
    measured_at: datetime
    least: int
    figures: tuple[BoardFigure, ...]
    cities: tuple[BoardRow, ...]
    counties: tuple[BoardRow, ...]
    occupations: tuple[BoardRow, ...]
    channels: tuple[BoardRow, ...]
    kinds: tuple[UnionRow, ...]
    routes: tuple[UnionRow, ...]
    trend: tuple[TrendPoint, ...] = field(repr=False)
    digest: str = ""
    locked_at: datetime | None = None
    locked_places: int = 0

    @property
    def is_county(self) -> bool:
        """Return whether nothing lies below that is shown."""
        return self.region[4:] != "00"

    @property
    def is_province(self) -> bool:
        """Return whether it is the whole province."""
        return self.region[2:] == "0000"

    @property
    def period_words(self) -> str:
        """Return the days that new members and new unions are counted over."""
        if self.since is None:
            return f"累计到{self.as_of.isoformat()}"
        return f"{self.since.isoformat()}到{self.as_of.isoformat()}"

    @property
    def withheld(self) -> int:
        """Return how many cells are not published."""
        rows = (*self.cities, *self.counties, *self.occupations, *self.channels)
        return sum(row.live is None for row in rows) + sum(row.new is None for row in rows)


def get_board(
    *, region: int = PROVINCE, as_of: date | None = None, since: date | None = None, now: datetime
) -> Board:
    """Return the public board of a region as of a day. At most eight statements, ten where months
    are locked: each place that has locked the month tells what it knew at its lock.

    Raises ``NotFound`` figures.no_such_place; ``Malformed`` figures.not_yet, figures.backwards.
    """
    name = place_name(region)
    today = clock.business_day(now)
    day = as_of or today
    if day > today:
        raise Malformed("figures.not_yet", f"{day} 还没到，今天是 {today}。请选今天或以前的日子。")
    if since is not None and since > day:
        raise Malformed("figures.backwards", "起止写反了：开始的日子在截至日的后面。请对调再看。")
    least = least_cell_persons(region, now)
    first = shift_months(day.replace(day=1), -TREND_MONTHS)
    locked = locked_around(day, region=region, first=first)
    exact_from = exact_total_from_persons(region, now)
    around = PROVINCE if exact_from < OUT_OF_REACH or region == PROVINCE else region // 100 * 100
    cube = _cube(day, since, least, exact_from, locked.places, around=around)
    code = str(region)
    locked_at = locked.places.get(region)
    period = Period(since or COUNTED_FROM, day)
    unions = orgs.count_unions_at_a_glance(region=region, period=period, on=day, known_at=locked_at)
    covered = orgs.count_covered_employers(on=day, region=region, known_at=locked_at)
    held = denominators_of(region, on=day, known_at=locked_at)
    figures = (
        *_union_figures(unions, covered),
        _rate(FOUNDING_RATE, covered, held, region),
        *_member_figures(cube, code),
        _rate(JOINING_RATE, cube.to_the_ten("live", code), held, region),
    )
    board = Board(
        region=code,
        region_name=name,
        as_of=day,
        since=since,
        measured_at=now,
        least=least,
        figures=figures,
        cities=_rows(cube, _places(cube, code, cities=True)),
        counties=_rows(cube, _places(cube, code, cities=False)),
        occupations=_cut_rows(cube, code, "occupation", _occupation_labels()),
        channels=_cut_rows(cube, code, "channel", {int(c): (c.code, c.label) for c in Channel}),
        kinds=union_rows(unions, "kind", UnionKind),
        routes=union_rows(unions, "route", Route),
        trend=_trend(cube, region, day, since, least, locked.months),
        digest=digest(
            [code, day.isoformat(), str(since or "")]
            + [
                [one.definition.code, one.definition.version_on(day).number, one.value]
                for one in figures
            ]
        ),
        locked_at=locked_at,
        locked_places=sum(
            1 for place in locked.places if str(place).startswith(regions.area_prefix(code))
        ),
    )
    return board


def least_cell_persons(region: int, now: datetime) -> int:
    """Return from how many persons on a number may be published: by the rule of today, which is
    when it is published, whatever day it is about."""
    today = clock.business_day(now)
    return int(parameter("figures.least_cell_persons", adcode=str(region), on=today).value)


def exact_total_from_persons(region: int, now: datetime) -> int:
    """Return from how many persons on the total of a city or the province stands to the person."""
    today = clock.business_day(now)
    return int(parameter("figures.exact_total_from_persons", adcode=str(region), on=today).value)


OUT_OF_REACH = 1_000_000_000
"""From here on the parameter means: no total ever stands to the person."""


def is_exact_total(code: str, *, region: int, day: date, least: int, exact_from: int) -> bool:
    """Return whether the board shows the total of this city or province to the person."""
    if code != LIVE.code or region % 100 or exact_from >= OUT_OF_REACH:
        return False
    return str(region) in _cube(day, None, least, exact_from, _places_locked(day)).exact["live"]


class PublishedCells:
    """What is published of members' figures, of every place and cut at once: three statements at
    most, however many numbers are taken from them. ``locked`` are the locks of the day's month."""

    def __init__(
        self,
        day: date,
        since: date | None,
        least: int,
        exact_from: int,
        locked: Mapping[int, datetime],
    ) -> None:
        self._locked = locked
        self._cells = _cube(day, since, least, exact_from, self._locked)

    def known_at(self, region: int) -> datetime | None:
        """Return when the region locked the day's month: as known then its cells are."""
        return self._locked.get(region)

    def value(self, code: str, region: int, cut: Cut = _ALL) -> tuple[int | None, int]:
        """Return the value of one of ``BOARD_CODES``, None where it is withheld, and what it is
        rounded to."""
        if code == NET.code:
            return self._cells.net(str(region), cut), self._cells.least
        measure = "live" if code == LIVE.code else "new"
        place = str(region)
        return self._cells.shown(measure, place, cut), self._cells.step(measure, place, cut)


def _places_locked(day: date) -> dict[int, datetime]:
    return locked_around(day, region=PROVINCE, first=day).places


def _cube(
    day: date,
    since: date | None,
    least: int,
    exact_from: int,
    locked: Mapping[int, datetime],
    *,
    around: int = PROVINCE,
) -> "_Cube":
    """Return the cells of the province, or of one city: then nothing is known of the others."""
    cube = _Cube(cells_by_county(day, around), least=least)
    if since is not None:
        cube.take_off(cells_by_county(since - timedelta(days=1), around))
    if not locked and around == PROVINCE:
        cube.find_exact_totals(exact_from)
    if not locked:
        return cube
    # Each place by its own lock: parts need not make up a total, so none is told to the person.
    instants = sorted(set(locked.values()))
    late = late_flows(region=around, since=since or date.min, last=day, instants=instants)
    cube.leave_out(late, {str(place): instants.index(at) for place, at in locked.items()})
    return cube


class _Cube:
    """Persons by (region, cut) for live and new, summed up to cities and the province."""

    def __init__(self, cells: Iterable[Cell], *, least: int) -> None:
        self.least = least
        self.live: dict[tuple[str, Cut], int] = {}
        self.new: dict[tuple[str, Cut], int] = {}
        self.left: dict[tuple[str, Cut], int] = {}
        self.ever_new: dict[tuple[str, Cut], int] = {}
        self.reached: dict[tuple[str, Cut], int] = {}
        self.served: dict[tuple[str, Cut], int] = {}
        self.counties: dict[str, set[str]] = {}
        self.cuts: set[Cut] = set()
        self.exact: dict[str, frozenset[str]] = dict.fromkeys(_MEASURES, frozenset())
        self._add(cells, 1)
        self._tight: frozenset[str] = frozenset()

    def take_off(self, cells: Iterable[Cell]) -> None:
        """Take away from new and left what was before the period."""
        self._add(cells, -1)

    def _tells(self, region: str) -> bool:
        """Return whether live members to the person, beside a number to the ten, would tell of a few:
        new less live have left, live less reached (or served) were not."""
        key = (region, _ALL)
        live = self.live.get(key, 0)
        for values, sign, least in (
            (self.ever_new, 1, 1),
            (self.reached, -1, 0),
            (self.served, -1, 0),
        ):
            value = values.get(key, 0)
            if not 0 < sign * (value - live) < self.least:
                continue
            ends = sorted(sign * (end - live) for end in span_of(value, least=self.least))
            if min(ends[1], self.least - 1) - max(ends[0], least) < self.least // 2:
                return True
        return False

    def _add(self, cells: Iterable[Cell], sign: int) -> None:
        summed: dict[tuple[int, Cut], list[int]] = {}
        for cell in cells:
            for cut in (_ALL, ("occupation", cell.occupation), ("channel", cell.channel)):
                at = summed.setdefault((cell.county, cut), [0, 0, 0, 0, 0])
                at[0] += cell.live
                at[1] += cell.new
                at[2] += cell.left
                at[3] += cell.reached
                at[4] += cell.served
        for (adcode, cut), (live, new, left, reached, served) in summed.items():
            county, city = str(adcode), f"{adcode // 100}00"
            self.counties.setdefault(city, set()).add(county)
            self.cuts.add(cut)
            for region in (county, city, str(PROVINCE)):
                key = (region, cut)
                self.new[key] = self.new.get(key, 0) + sign * new
                self.left[key] = self.left.get(key, 0) + sign * left
                if sign > 0:  # as of the day
                    self.live[key] = self.live.get(key, 0) + live
                    self.ever_new[key] = self.ever_new.get(key, 0) + new
                    self.reached[key] = self.reached.get(key, 0) + reached
                    self.served[key] = self.served.get(key, 0) + served

    def leave_out(self, late: Iterable[LateFlow], locked: Mapping[str, int]) -> None:
        """Take out of each locked region what was recorded after its lock (by number of instants)."""
        for flow in late:
            live, new, left = flow.counts
            for region in (str(flow.county), f"{flow.county // 100}00", str(PROVINCE)):
                if region not in locked or flow.after <= locked[region]:
                    continue
                for cut in (_ALL, ("occupation", flow.occupation), ("channel", flow.channel)):
                    key = (region, cut)
                    self.live[key] = self.live.get(key, 0) - live
                    self.ever_new[key] = self.ever_new.get(key, 0) - new
                    self.reached[key] = self.reached.get(key, 0) - flow.reached
                    self.served[key] = self.served.get(key, 0) - flow.served
                    if flow.is_inside:
                        self.new[key] = self.new.get(key, 0) - new
                        self.left[key] = self.left.get(key, 0) - left

    def find_exact_totals(self, exact_from: int) -> None:
        """Find the province, then the cities beside it, whose live members may stand to the person."""
        self._tight = frozenset(
            region for region, cut in self.live if cut == _ALL and self._tells(region)
        )
        # Live members only: with new ones too, their difference would tell who left.
        province, whole = str(PROVINCE), self.total(self.live, str(PROVINCE))
        cities = {
            city: self.total(self.live, city)
            for city in self.counties
            if self._may_be_exact(self.live, city, self._below(self.live, city), exact_from)
        }
        exact: dict[str, int] = {}
        if self._may_be_exact(self.live, province, self._cities(cities), exact_from):
            exact = {**cities, province: whole}
        elif self._may_be_exact(self.live, province, self._cities({}), exact_from):
            # What is asked first is the whole; a city follows where it gives no other away.
            exact = {province: whole}
            for city in sorted(cities, key=lambda one: -cities[one]):
                beside = {**exact, city: cities[city]}
                if keeps_room(whole, self._cities(beside), room=self.least // 2):
                    exact = beside
        elif any(low != high for low, high in self._cities(cities)):
            exact = cities  # all of them together would tell what the province must not
        self.exact["live"] = frozenset(exact)

    def _cities(self, exact: Mapping[str, int]) -> list[Span]:
        return [self._span(self.live, city, exact) for city in self.counties]

    @staticmethod
    def total(values: Mapping[tuple[str, Cut], int], region: str) -> int:
        """Return the persons of a region in all trades."""
        return values.get((region, _ALL), 0)

    def _may_be_exact(
        self,
        values: Mapping[tuple[str, Cut], int],
        region: str,
        places: list[Span],
        exact_from: int,
    ) -> bool:
        total = self.total(values, region)
        return (
            total >= exact_from
            and region not in self._tight
            and all(
                keeps_room(total, parts, room=self.least // 2)
                for parts in (places, *self._trades(values, region))
            )
        )

    def _below(self, values: Mapping[tuple[str, Cut], int], city: str) -> list[Span]:
        return [self._span(values, county, {}) for county in self.counties[city]]

    def _span(
        self, values: Mapping[tuple[str, Cut], int], region: str, exact: Mapping[str, int]
    ) -> Span:
        total = self.total(values, region)
        return (total, total) if region in exact else span_of(total, least=self.least)

    def _trades(self, values: Mapping[tuple[str, Cut], int], region: str) -> Iterator[list[Span]]:
        for kind in ("occupation", "channel"):
            yield [
                span_of(values.get((region, cut), 0), least=self.least)
                for cut in self.cuts
                if cut[0] == kind
            ]

    def shown(self, measure: str, region: str, cut: Cut = _ALL) -> int | None:
        """Return the persons of a cell as everybody may read them, None where withheld."""
        values: Mapping[tuple[str, Cut], int] = getattr(self, measure)
        value = values.get((region, cut), 0)
        is_exact = cut == _ALL and region in self.exact[measure]
        return value if is_exact else published(value, least=self.least)

    def step(self, measure: str, region: str, cut: Cut = _ALL) -> int:
        """Return what a cell is rounded to: 1 where it stands to the person."""
        return 1 if cut == _ALL and region in self.exact[measure] else self.least

    def to_the_ten(self, measure: str, region: str, cut: Cut = _ALL) -> int | None:
        """Return a cell as it is written where nothing stands to the person: what rates are made of."""
        values: Mapping[tuple[str, Cut], int] = getattr(self, measure)
        return published(values.get((region, cut), 0), least=self.least)

    def net(self, region: str, cut: Cut = _ALL) -> int | None:
        """Return new less left. Never to the person: gross less net gives those who left."""
        key = (region, cut)
        return published(self.new.get(key, 0) - self.left.get(key, 0), least=self.least)


def _union_figures(counts: orgs.UnionCounts, covered: int) -> tuple[BoardFigure, ...]:
    return (
        BoardFigure(NEW_UNIONS, counts.total("new")),
        BoardFigure(NEW_FORM_UNIONS, counts.total("new_form")),
        BoardFigure(UNIONS, counts.total("living")),
        BoardFigure(COVERED_EMPLOYERS, covered),
    )


def _member_figures(cube: _Cube, code: str) -> tuple[BoardFigure, ...]:
    return (
        BoardFigure(LIVE, cube.shown("live", code), cube.step("live", code)),
        BoardFigure(NEW, cube.shown("new", code), cube.step("new", code)),
        BoardFigure(NET, cube.net(code), cube.least),
        BoardFigure(LEFT, cube.to_the_ten("left", code), cube.least),
        BoardFigure(REACHABLE, cube.to_the_ten("reached", code), cube.least),
        BoardFigure(SERVED, cube.to_the_ten("served", code), cube.least),
    )


def _rate(
    definition: FigureDefinition, numerator: int | None, held: Denominators, region: int
) -> BoardFigure:
    """Return a ratio of what is published; without value where a part is withheld or not known."""
    ratio = definition.ratio
    assert ratio is not None
    kind = DenominatorKind(ratio.denominator)
    known = held.of(kind, region)
    if known is None:
        missing = held.missing_words(kind, region, definition.label)
        return BoardFigure(definition, None, numerator=numerator, missing=missing)
    value = None if numerator is None else ratio_value(numerator, known.value)
    return BoardFigure(definition, value, numerator=numerator, denominator=known)


def _places(cube: _Cube, code: str, *, cities: bool) -> list[tuple[str, str]]:
    """Return (code, short name) of the cities or counties within a region."""
    prefix = regions.area_prefix(code)[:4]  # a county is shown among those of its city
    if cities:
        return [(c.code, c.short_name) for c in regions.cities()] if len(prefix) == 2 else []
    known = {
        c.code for below in cube.counties.values() for c in map(regions.REGIONS.get, below) if c
    }
    found = {c.code for c in regions.counties()} | known
    return [
        (one.code, one.name)
        for one in map(regions.region, sorted(found))
        if one.code.startswith(prefix)
    ]


def _rows(cube: _Cube, places: list[tuple[str, str]]) -> tuple[BoardRow, ...]:
    rows = [
        BoardRow(
            code,
            name,
            cube.shown("live", code),
            cube.shown("new", code),
            (cube.step("live", code), cube.step("new", code)),
        )
        for code, name in places
    ]
    return tuple(sorted(rows, key=_largest_first))


def _cut_rows(
    cube: _Cube, region: str, kind: str, labels: Mapping[int, tuple[str, str]]
) -> tuple[BoardRow, ...]:
    rows = [
        BoardRow(
            *labels.get(key, (str(key), "没有写明")),
            cube.shown("live", region, (kind, key)),
            cube.shown("new", region, (kind, key)),
            (cube.least, cube.least),
        )
        for dimension, key in cube.cuts
        if dimension == kind
        and (cube.live.get((region, (kind, key)), 0) or cube.new.get((region, (kind, key)), 0))
    ]
    return tuple(sorted(rows, key=_largest_first))


def _largest_first(row: BoardRow) -> tuple[int, str]:
    """Order by size; what is withheld stands last, by its name, so that the order tells nothing."""
    return (-row.live if row.live is not None else 1, row.key)


def _occupation_labels() -> dict[int, tuple[str, str]]:
    return {one.key: (one.code, one.label) for one in occupations.all_occupations()}


def _trend(
    cube: _Cube,
    region: int,
    day: date,
    since: date | None,
    least: int,
    locked: Mapping[date, datetime],
) -> tuple[TrendPoint, ...]:
    """Return the month ends of five years up to the day, and the day itself; months past only."""
    first = shift_months(day.replace(day=1), -TREND_MONTHS)
    last = shift_months(day.replace(day=1), -1)
    known = {
        month: (new, live)
        for month, new, live in month_ends(Place(region=region), first=first, last=last)
    }
    began = min(known, default=None)
    held = {month: at for month, at in locked.items() if month in known}
    if held:
        for month, (new, live) in late_at_month_ends(region=region, known=held, last=day).items():
            known[month] = (known[month][0] - new, known[month][1] - live)
    points = []
    month = first
    while month <= last:
        following = shift_months(month, 1)
        missing = (0, 0) if began is None or month < began else (None, None)
        at_end = known.get(month, missing)
        end = following - timedelta(days=1)
        points.append(TrendPoint(end, *(_to_the_ten(value, least) for value in at_end)))
        month = following
    code = (str(region), _ALL)
    new_now = cube.new.get(code, 0) if since is None else None
    live_now = cube.live.get(code, 0)
    points.append(TrendPoint(day, _to_the_ten(new_now, least), _to_the_ten(live_now, least)))
    return tuple(points)


def _to_the_ten(value: int | None, least: int) -> int | None:
    return None if value is None else published(value, least=least)
