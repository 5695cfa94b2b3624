"""The public board: everything that the 数读 page of one region shows, in a handful of statements.

The whole province is read, whichever region is shown: what may be published of a county depends on
its neighbours (a lone withheld cell could be had by subtraction from the city).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from nuanxin.figures.queries.measuring import PROVINCE, digest, place_name
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.rules.small_numbers import cells_to_withhold
from nuanxin.kernel import clock, occupations, regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import Period, shift_months
from nuanxin.membership.figures import Place
from nuanxin.membership.figures.breakdown import Cell, cells_by_county, month_ends
from nuanxin.membership.figures.definitions import LIVE, NET, NEW
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.figures import NEW_FORM_UNIONS, NEW_UNIONS, UNIONS

TREND_MONTHS = 60
_ALL = ("all", 0)
_MEASURES = ("live", "new")
BOARD_CODES = frozenset(one.code for one in (LIVE, NEW, NET))

Cut = tuple[str, int]
"""("all", 0), ("occupation", key) or ("channel", key)."""


@dataclass(frozen=True, slots=True)
class BoardFigure:
    """A big number; ``value`` None is withheld because it is too small."""

    definition: FigureDefinition
    value: int | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One region, occupation or channel: live as of the day, and new in the period; None withheld."""

    key: str
    label: str
    live: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The last day of a month (or the day asked for): persons up to it; None not known, withheld."""

    day: date
    new: int | None
    live: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """What the page of a region shows as of a day. ``since`` None counts from the beginning."""

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
    trend: tuple[TrendPoint, ...] = field(repr=False)
    digest: str = ""

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
    """Return the public board of a region as of a day. At most six statements.

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
    cube = _cube(day, since, least)
    code = str(region)
    figures = (*_union_figures(region, day, since), *_member_figures(cube, code, least))
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
        trend=_trend(cube, region, day, since, least),
        digest=digest(
            [code, day.isoformat(), str(since or "")]
            + [[one.definition.code, one.definition.version, one.value] for one in figures]
        ),
    )
    return board


def least_cell_persons(region: int, now: datetime) -> int:
    """Return from how many persons on a number may be published: by the rule of today, which is
    when it is published, whatever day it is about."""
    today = clock.business_day(now)
    return int(parameter("figures.least_cell_persons", adcode=str(region), on=today).value)


def may_publish(
    code: str, *, region: int, cut: Cut | None, day: date, since: date | None, least: int
) -> bool:
    """Return whether the board shows this cell of one of its own figures; others are not its matter.

    ``cut`` None is both cuts at once, of which the board knows nothing.
    """
    if code not in BOARD_CODES or cut is None:
        return True
    cube = _cube(day, since if code != LIVE.code else None, least)
    cell = (str(region), cut)
    if code == LIVE.code:
        return cell not in cube.hidden["live"]
    is_new_shown = cell not in cube.hidden["new"]
    return is_new_shown and (code == NEW.code or not 0 < cube.left.get(cell, 0) < least)


class PublishedCells:
    """What may be published of members' figures, of every place and cut at once: three statements
    at most, however many numbers are taken from them."""

    def __init__(self, day: date, since: date | None, least: int) -> None:
        self._cells, self._least = _cube(day, since, least), least

    def value(self, code: str, region: int, cut: Cut = _ALL) -> int | None:
        """Return the value of one of ``BOARD_CODES``, None where it is withheld."""
        if code == LIVE.code:
            return self._cells.shown("live", str(region), cut)
        new = self._cells.shown("new", str(region), cut)
        if code == NEW.code or new is None:
            return new
        left = self._cells.left.get((str(region), cut), 0)
        return None if 0 < left < self._least else new - left


def _cube(day: date, since: date | None, least: int) -> "_Cube":
    cube = _Cube(cells_by_county(day, PROVINCE))
    if since is not None:
        cube.take_off(cells_by_county(since - timedelta(days=1), PROVINCE))
    cube.withhold(least)
    return cube


class _Cube:
    """Persons by (region, cut) for live and new, summed up to cities and the province."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self.live: dict[tuple[str, Cut], int] = {}
        self.new: dict[tuple[str, Cut], int] = {}
        self.left: dict[tuple[str, Cut], int] = {}
        self.counties: dict[str, set[str]] = {}
        self.cuts: set[Cut] = set()
        self.hidden: dict[str, frozenset[tuple[str, Cut]]] = {}
        self._add(cells, 1)

    def take_off(self, cells: Iterable[Cell]) -> None:
        """Take away from new and left what was before the period."""
        self._add(cells, -1)

    def _add(self, cells: Iterable[Cell], sign: int) -> None:
        summed: dict[tuple[int, Cut], list[int]] = {}
        for cell in cells:
            for cut in (_ALL, ("occupation", cell.occupation), ("channel", cell.channel)):
                at = summed.setdefault((cell.county, cut), [0, 0, 0])
                at[0] += cell.live
                at[1] += cell.new
                at[2] += cell.left
        for (adcode, cut), (live, new, left) in summed.items():
            county, city = str(adcode), f"{adcode // 100}00"
            self.counties.setdefault(city, set()).add(county)
            self.cuts.add(cut)
            for region in (county, city, str(PROVINCE)):
                key = (region, cut)
                self.new[key] = self.new.get(key, 0) + sign * new
                self.left[key] = self.left.get(key, 0) + sign * left
                if sign > 0:
                    self.live[key] = self.live.get(key, 0) + live

    def withhold(self, least: int) -> None:
        """Find the cells that must not be shown, so that no sum gives one of them away."""
        sums = self._sums()
        for measure in _MEASURES:
            values: dict[tuple[str, Cut], int] = getattr(self, measure)
            self.hidden[measure] = cells_to_withhold(values, sums, least=least)

    def _sums(self) -> list[list[tuple[str, Cut]]]:
        """Return every sum between cells: places up to wider places, trades up to all."""
        sums = []
        for cut in self.cuts:
            sums.append([(str(PROVINCE), cut), *((city, cut) for city in self.counties)])
            for city, below in self.counties.items():
                sums.append([(city, cut), *((county, cut) for county in below)])
        places = {str(PROVINCE), *self.counties, *(c for b in self.counties.values() for c in b)}
        for place in places:
            for kind in ("occupation", "channel"):
                sums.append([(place, _ALL), *((place, cut) for cut in self.cuts if cut[0] == kind)])
        return sums

    def shown(self, measure: str, region: str, cut: Cut = _ALL) -> int | None:
        """Return the persons of a cell, None where it is withheld."""
        if (region, cut) in self.hidden[measure]:
            return None
        values: Mapping[tuple[str, Cut], int] = getattr(self, measure)
        return values.get((region, cut), 0)


def _union_figures(region: int, day: date, since: date | None) -> tuple[BoardFigure, ...]:
    counts = orgs.count_unions_at_a_glance(
        region=region, period=Period(since or COUNTED_FROM, day), on=day
    )
    return (
        BoardFigure(NEW_UNIONS, counts.new),
        BoardFigure(NEW_FORM_UNIONS, counts.new_form),
        BoardFigure(UNIONS, counts.living),
    )


def _member_figures(cube: _Cube, code: str, least: int) -> tuple[BoardFigure, ...]:
    new, left = cube.shown("new", code), cube.left.get((code, _ALL), 0)
    # Gross less net gives those who left: a few of them stay unsaid.
    net = None if new is None or 0 < left < least else new - left
    return (
        BoardFigure(LIVE, cube.shown("live", code)),
        BoardFigure(NEW, new),
        BoardFigure(NET, net),
    )


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
        BoardRow(code, name, cube.shown("live", code), cube.shown("new", code))
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
    cube: _Cube, region: int, day: date, since: date | None, least: int
) -> tuple[TrendPoint, ...]:
    """Return the month ends of five years up to the day, and the day itself; months past only."""
    first = shift_months(day.replace(day=1), -TREND_MONTHS)
    last = shift_months(day.replace(day=1), -1)
    known = {
        month: (new, live)
        for month, new, live in month_ends(Place(region=region), first=first, last=last)
    }
    began = min(known, default=None)
    points = []
    month = first
    while month <= last:
        following = shift_months(month, 1)
        missing = (0, 0) if began is None or month < began else (None, None)
        new, live = known.get(month, missing)
        points.append(
            TrendPoint(following - timedelta(days=1), _large(new, least), _large(live, least))
        )
        month = following
    new_now = cube.shown("new", str(region)) if since is None else None
    points.append(TrendPoint(day, new_now, cube.shown("live", str(region))))
    return tuple(points)


def _large(value: int | None, least: int) -> int | None:
    return None if value is None or 0 < value < least else value
