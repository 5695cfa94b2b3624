"""A year of services in a region: each service beside its plan, and the places below in a league.

All that is told is published: persons and times to the ten, rates from those. Seven statements,
however large the year was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.figures.queries.board import least_cell_persons
from nuanxin.figures.queries.denominators import Denominators, Known, denominators_of
from nuanxin.figures.queries.measuring import PROVINCE, digest, place_name
from nuanxin.figures.rules.small_numbers import published
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.figure import FigureDefinition, ratio_value
from nuanxin.kernel.period import Period
from nuanxin.membership.figures.breakdown import cells_by_county
from nuanxin.programmes import figures as programmes
from nuanxin.programmes.queries.delivered import (
    ANY,
    Asked,
    YearCell,
    count_places,
    list_service_years,
    list_year_cells,
)

FIRST_YEAR = 2018
PER_MEMBERS = 1_000


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service of the year: what was done and what was planned. ``done`` None is withheld.

    ``percent`` in hundredths, None where there is no plan or ``done`` is not told; ``missing`` says
    which plan is not known. ``is_recorded``: something of it was recorded anywhere in the year.
    """

    definition: FigureDefinition
    done: int | None
    planned: Known | None
    percent: int | None
    missing: str
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class LeagueRow:
    """A city or county of the league: times and persons to the ten, per thousand members.

    ``rate`` in tenths, None where times or members are not told.
    """

    region: str
    name: str
    persons: int | None
    person_times: int | None
    members: int | None
    rate: int | None


@dataclass(frozen=True, slots=True)
class ServiceBoard:
    """The page of a region's year. ``years`` are those of which anything is counted."""

    region: str
    region_name: str
    year: int
    years: tuple[int, ...]
    as_of: date
    measured_at: datetime
    least: int
    lines: tuple[ServiceLine, ...]
    person_times: int | None
    persons: int | None
    members: int | None
    rate: int | None
    places: int
    directed_places: int
    league: tuple[LeagueRow, ...]
    digest: str

    @property
    def directed_percent(self) -> int | None:
        """Return the directed share of places in hundredths of a percent, None without places."""
        return ratio_value(self.directed_places, self.places) if self.places else None

    @property
    def is_province(self) -> bool:
        """Return whether it is the whole province."""
        return self.region[2:] == "0000"


def get_service_board(
    *, region: int = PROVINCE, year: int | None = None, now: datetime
) -> ServiceBoard:
    """Return a year of services in a region; the latest year with any by default.

    Raises ``NotFound`` figures.no_such_place, ``Malformed`` figures.no_such_year.
    """
    name = place_name(region)
    today = clock.business_day(now)
    years = list_service_years()
    year = year or (years[0] if years else today.year)
    if not FIRST_YEAR <= year <= today.year:
        raise Malformed(
            "figures.no_such_year", f"没有 {year} 年的数。可以看 {FIRST_YEAR} 到 {today.year} 年。"
        )
    day = min(date(year, 12, 31), today)
    least = least_cell_persons(region, now)
    plans = [DenominatorKind(one.planned) for one in programmes.SERVICES]
    held = denominators_of(region, on=day, kinds=plans)
    cells = list_year_cells(year=year, region=region)
    recorded = {cell.kind for cell in list_year_cells(year=year, region=PROVINCE)}
    lines = tuple(
        _line(one, cells, held, region, year, least, recorded) for one in programmes.SERVICES
    )
    members = _members(day, region)
    whole = _row(str(region), name, cells, members, least)
    asked = Asked(Period(date(year, 1, 1), day), ("degree",), region)
    places, directed = count_places(asked)
    told = [[one.definition.code, one.definition.version, one.done, one.percent] for one in lines]
    return ServiceBoard(
        region=str(region),
        region_name=name,
        year=year,
        years=tuple(years),
        as_of=day,
        measured_at=now,
        least=least,
        lines=lines,
        person_times=whole.person_times,
        persons=whole.persons,
        members=whole.members,
        rate=whole.rate,
        places=places,
        directed_places=directed,
        league=_league(region, day, cells, members, least),
        digest=digest([region, year, day.isoformat(), whole.persons, whole.person_times, told]),
    )


def _line(
    service: programmes.Service,
    cells: Sequence[YearCell],
    held: Denominators,
    region: int,
    year: int,
    least: int,
    recorded: set[str],
) -> ServiceLine:
    of_persons = programmes.is_of_persons(service.figure)
    own = [cell for cell in cells if cell.kind == service.kind.value]
    done = published(
        sum(cell.persons if of_persons else cell.person_times for cell in own), least=least
    )
    plan = DenominatorKind(service.planned)
    known = held.of(plan, region)
    if known is not None and known.as_of.year != year:
        known = None
    return ServiceLine(
        definition=service.figure,
        done=done,
        planned=known,
        percent=ratio_value(done, known.value) if known and done is not None else None,
        missing="" if known else f"还没有录入 {year} 年的计划数",
        is_recorded=service.kind.value in recorded,
    )


def _members(day: date, region: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for cell in cells_by_county(day, region):
        found[cell.county] = found.get(cell.county, 0) + cell.live
    return found


def _row(
    code: str, name: str, cells: Sequence[YearCell], members: dict[int, int], least: int
) -> LeagueRow:
    """Return what is told of one place; the cells and members of nobody else may be in it."""
    prefix = regions.area_prefix(code)
    own = [cell for cell in cells if cell.kind == ANY and str(cell.region).startswith(prefix)]
    times = published(sum(cell.person_times for cell in own), least=least)
    inside = sum(n for county, n in members.items() if str(county).startswith(prefix))
    told = published(inside, least=least)
    rate = None if times is None or not told else (2 * times * PER_MEMBERS * 10 + told) // 2 // told
    return LeagueRow(
        region=code,
        name=name,
        persons=published(sum(cell.persons for cell in own), least=least),
        person_times=times,
        members=told,
        rate=rate,
    )


def _league(
    region: int, day: date, cells: Sequence[YearCell], members: dict[int, int], least: int
) -> tuple[LeagueRow, ...]:
    """Return the cities of the province or the counties of a city, the best served first."""
    if region % 100:
        return ()
    below = regions.counties(day, str(region)) if region % 10_000 else regions.cities()
    rows = [_row(one.code, one.name, cells, members, least) for one in below]
    return tuple(sorted(rows, key=lambda one: (one.rate is None, -(one.rate or 0), one.region)))
