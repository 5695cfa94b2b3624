"""Deriving the lines of a publication from the rows themselves: one scan, no stock, no spot.

This is the second way to each number: drafts are made by it, publishing repeats it, ``verify``
repeats it whenever somebody asks. The first way (``measure``) is compared in the check.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from nuanxin.figures.queries.measuring import digest
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.kernel import occupations
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import FigureDefinition, Unit
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership.figures.evidence import WEIGHTS, FlowCell, flow_cells
from nuanxin.membership.states import Channel
from nuanxin.orgs.figures import NEW_FORM_UNIONS, NEW_UNIONS, UNIONS
from nuanxin.orgs.queries.evidence import list_live_union_seats, list_new_union_seats
from nuanxin.programmes.figures import FIGURES as SERVICES
from nuanxin.programmes.figures import is_of_persons, kinds_of
from nuanxin.programmes.queries.delivered import Asked, hashed_deliveries

OF_SERVICES: dict[str, FigureDefinition] = {
    one.code: one for one in SERVICES if one.unit in (Unit.PERSONS, Unit.PERSON_TIMES)
}
"""Figures whose rows are deliveries. Rates and places are not: a rate follows from published numbers."""
PUBLISHABLE: tuple[str, ...] = (
    *(one.code for one in (UNIONS, NEW_FORM_UNIONS, NEW_UNIONS)),
    *WEIGHTS,
    *OF_SERVICES,
)
"""Figures that can be derived from rows, in the order of a publication."""

Cell = tuple[str, int, str, str]
"""Figure code, region, occupation, channel (codes or "")."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value and the set of rows it is the sum of."""

    value: int
    rows: RowSum


@dataclass(frozen=True, slots=True)
class When:
    """``since`` None is everything on record; ``known_at`` leaves out what was entered later."""

    as_of: date
    since: date | None
    known_at: datetime

    @property
    def period(self) -> Period:
        """Return the days that figures in a period are counted over."""
        return Period(self.since or COUNTED_FROM, self.as_of)


def get_publishable(code: str) -> FigureDefinition:
    """Return the definition; ``NotFound`` figures.unknown where it cannot be published."""
    definition = get_figure(code)
    if code not in PUBLISHABLE or not definition.public:
        raise NotFound("figures.unknown", f"“{definition.label}”没有可以逐行重算的明细，不能发布。")
    return definition


def rows_of(code: str) -> str:
    """Return what the rows of a figure are: flows, deliveries or unions."""
    if code in WEIGHTS:
        return "flows"
    return "deliveries" if code in OF_SERVICES else "unions"


def line_digest(cell: Cell, definition_version: int, when: When, value: int | None) -> str:
    """Return the fingerprint that ``measure`` gives the same question with the same answer."""
    code, region, occupation, channel = cell
    in_period = get_figure(code).period_kind is not PeriodKind.AS_OF
    period = str(when.period) if in_period else ""
    known = when.known_at.astimezone(UTC).isoformat()
    day = when.as_of.isoformat()
    parts = [code, definition_version, region, "", day, period, occupation, channel, known, value]
    return digest(parts)


def derive(cells: Iterable[Cell], when: When, *, top: int) -> dict[Cell, Derived]:
    """Return the value and row set of each cell, all of them within the region ``top``."""
    wanted = list(cells)
    found: dict[Cell, Derived] = {}
    members = [cell for cell in wanted if cell[0] in WEIGHTS]
    if members:
        found |= _of_members(members, when, top)
    for code in dict.fromkeys(cell[0] for cell in wanted if cell[0] not in WEIGHTS):
        of_code = [cell for cell in wanted if cell[0] == code]
        read = _of_deliveries if code in OF_SERVICES else _of_unions
        found |= read(code, of_code, when, top)
    return found


def asked_of(code: str, when: When) -> Asked:
    """Return which deliveries a figure of services counts."""
    return Asked(when.period, kinds=kinds_of(OF_SERVICES[code]), known_at=when.known_at)


def union_rows(code: str, when: When, top: int) -> list[tuple[int, int]]:
    """Return (union id, adcode) of the unions that a figure of unions counts in a region."""
    is_new_form = None if code == UNIONS.code else True
    if get_figure(code).period_kind is PeriodKind.AS_OF:
        return list_live_union_seats(
            on=when.as_of, region=top, is_new_form=is_new_form, known_at=when.known_at
        )
    return list_new_union_seats(
        period=when.period, region=top, is_new_form=is_new_form, known_at=when.known_at
    )


def bounds(region: int) -> tuple[int, int]:
    """Return the least and greatest county code within a region."""
    if region % 10_000 == 0:
        return region, region + 9_999
    return (region, region + 99) if region % 100 == 0 else (region, region)


def places_of(county: int) -> set[int]:
    """Return the county, its city and its province."""
    return {county, county // 100 * 100, county // 10_000 * 10_000}


Group = tuple[int, str, str, int, bool]


def _of_members(cells: Sequence[Cell], when: When, top: int) -> dict[Cell, Derived]:
    flows = flow_cells(
        first=when.period.start,
        last=when.as_of,
        counties=bounds(top),
        known_at=when.known_at,
    )
    groups = _grouped(flows, {cell[1:] for cell in cells})
    found = {}
    for cell in cells:
        code, region, occupation, channel = cell
        sides = (True,) if get_figure(code).period_kind is PeriodKind.IN_PERIOD else (True, False)
        value, rows = 0, RowSum()
        for kind, weight in WEIGHTS[code].items():
            for inside in sides:
                persons, part = groups.get(
                    (region, occupation, channel, int(kind), inside), (0, RowSum())
                )
                value += weight * persons
                rows = rows.plus(part)
        found[cell] = Derived(value, rows)
    return found


def _grouped(
    flows: Iterable[FlowCell], wanted: set[tuple[int, str, str]]
) -> dict[Group, tuple[int, RowSum]]:
    trades = {one.key: one.code for one in occupations.all_occupations()}
    ways = {int(channel): channel.code for channel in Channel}
    groups: dict[Group, tuple[int, RowSum]] = defaultdict(lambda: (0, RowSum()))
    for flow in flows:
        rows = RowSum(flow.rows, flow.sums)
        for region in places_of(flow.county):
            for occupation in ("", trades.get(flow.occupation, "?")):
                for channel in ("", ways.get(flow.channel, "?")):
                    if (region, occupation, channel) not in wanted:
                        continue
                    key = (region, occupation, channel, flow.kind, flow.inside)
                    persons, summed = groups[key]
                    groups[key] = (persons + flow.persons, summed.plus(rows))
    return groups


def _of_deliveries(code: str, cells: Sequence[Cell], when: When, top: int) -> dict[Cell, Derived]:
    of_persons = is_of_persons(OF_SERVICES[code])
    counted = hashed_deliveries(asked_of(code, when), of_persons=of_persons, counties=bounds(top))
    by_place: dict[int, RowSum] = defaultdict(RowSum)
    for one in counted:
        for place in places_of(one.county):
            by_place[place] = by_place[place].plus(RowSum(one.rows, one.sums))
    return {cell: Derived(by_place[cell[1]].rows, by_place[cell[1]]) for cell in cells}


def _of_unions(code: str, cells: Sequence[Cell], when: When, top: int) -> dict[Cell, Derived]:
    by_place: dict[int, list[str]] = defaultdict(list)
    for union_id, adcode in union_rows(code, when, top):
        for place in places_of(adcode):
            by_place[place].append(f"{code},{union_id},{adcode}")
    return {
        cell: Derived(len(by_place[cell[1]]), RowSum.of_texts(by_place[cell[1]])) for cell in cells
    }
