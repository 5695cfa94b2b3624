"""Deriving the lines of a publication from the rows themselves: one scan, no stock, no spot.

This is the second way to each number: drafts are made by it, publishing repeats it, ``verify``
repeats it whenever somebody asks. The first way (``measure``) is compared in the check.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from nuanxin.figures.queries.counted_rows import (
    COUNTED,
    NOT_NOUGHT,
    rows_by_place,
    sum_of,
)
from nuanxin.figures.queries.denominators import Known, denominators_of
from nuanxin.figures.queries.measuring import digest
from nuanxin.figures.queries.registry import get_figure, list_figures
from nuanxin.figures.queries.when import When, places_of
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.figures.rules.small_numbers import told_of_rate
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import occupations
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import FigureDefinition, Ratio, Unit, ratio_value
from nuanxin.kernel.period import PeriodKind
from nuanxin.membership.figures.evidence import FLOW_WEIGHTS, SPAN_KINDS, FlowCell, flow_cells
from nuanxin.membership.states import Channel
from nuanxin.orgs.figures import NEW_FORM_UNIONS, NEW_UNIONS, UNIONS
from nuanxin.orgs.queries.evidence import list_live_union_seats, list_new_union_seats
from nuanxin.programmes.figures import FIGURES as SERVICES
from nuanxin.programmes.figures import is_of_persons, kinds_of
from nuanxin.programmes.queries.delivered import Asked, hashed_deliveries

OF_SERVICES: dict[str, FigureDefinition] = {
    one.code: one for one in SERVICES if one.unit in (Unit.PERSONS, Unit.PERSON_TIMES)
}
"""Figures whose rows are deliveries."""
OF_UNIONS: tuple[str, ...] = tuple(one.code for one in (UNIONS, NEW_FORM_UNIONS, NEW_UNIONS))
WITH_ROWS: tuple[str, ...] = (*OF_UNIONS, *FLOW_WEIGHTS, *OF_SERVICES, *COUNTED)
"""Figures that can be derived from rows, in the order of a publication."""


def _can_be_derived(ratio: Ratio | None) -> bool:
    return (
        ratio is not None
        and ratio.numerator in WITH_ROWS
        and (ratio.denominator in WITH_ROWS or ratio.denominator in set(DenominatorKind))
    )


RATIOS: dict[str, Ratio] = {
    one.code: one.ratio
    for one in list_figures(public_only=True)
    if one.ratio is not None and _can_be_derived(one.ratio)
}
"""Rates of which both parts can be derived: rows above, and rows or an entered number below."""
PUBLISHABLE: tuple[str, ...] = (
    *(code for code in WITH_ROWS if get_figure(code).public),
    *RATIOS,
)
"""Figures that can be published: derived from rows, or rates of two that are."""

Cell = tuple[str, int, str, str]
"""Figure code, region, occupation, channel (codes or "")."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value and the set of rows it is the sum of; of a rate its two parts too, and of an entered
    denominator where it is from."""

    value: int
    rows: RowSum
    parts: tuple[int, int] | None = None
    below: Known | None = None


def get_publishable(code: str) -> FigureDefinition:
    """Return the definition; ``NotFound`` figures.unknown where it cannot be published."""
    definition = get_figure(code)
    if code not in PUBLISHABLE or not definition.public:
        raise NotFound("figures.unknown", f"“{definition.label}”没有可以逐行重算的明细，不能发布。")
    return definition


def rows_of(code: str) -> str:
    """Return what the rows of a figure are: flows, deliveries, unions, counted; or that it is a ratio."""
    if code in RATIOS:
        return "ratio"
    if code in FLOW_WEIGHTS:
        return "flows"
    if code in COUNTED:
        return "counted"
    return "deliveries" if code in OF_SERVICES else "unions"


def parts_of(codes: Iterable[str]) -> list[str]:
    """Return the figures with rows that these stand on: themselves, and the parts of rates."""
    found: dict[str, None] = {}
    for code in codes:
        ratio = RATIOS.get(code)
        for one in (code,) if ratio is None else (ratio.numerator, ratio.denominator):
            if one in WITH_ROWS:
                found[one] = None
    return list(found)


def line_digest(
    cell: Cell, definition_version: int, when: When, value: int | None, parts: Sequence[Any] = ()
) -> str:
    """Return the fingerprint that ``measure`` gives the same question with the same answer.

    ``parts`` of a rate: numerator and denominator as published, source and day of the denominator.
    """
    code, region, occupation, channel = cell
    in_period = get_figure(code).period_kind is not PeriodKind.AS_OF
    period = str(when.period) if in_period else ""
    known = when.known_at.astimezone(UTC).isoformat()
    day = when.as_of.isoformat()
    asked = [code, definition_version, region, "", day, period, occupation, channel, known, value]
    return digest([*asked, *parts])


def derive(cells: Iterable[Cell], when: When, *, top: int) -> dict[Cell, Derived]:
    """Return the value and row set of each cell, all of them within the region ``top``.

    A cell that is not known (nothing recorded there, no denominator) is left out: it is not nought.
    """
    wanted = list(cells)
    rates = [cell for cell in wanted if cell[0] in RATIOS]
    found = _with_rows([*_without_rates(wanted), *_parts_wanted(rates)], when, top)
    found |= _of_rates(rates, found, when, top)
    return {cell: found[cell] for cell in wanted if cell in found}


def _without_rates(cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell[0] not in RATIOS]


def _parts_wanted(rates: Iterable[Cell]) -> list[Cell]:
    return [(code, *cell[1:]) for cell in rates for code in parts_of([cell[0]])]


def _with_rows(cells: Sequence[Cell], when: When, top: int) -> dict[Cell, Derived]:
    wanted = list(dict.fromkeys(cells))
    found: dict[Cell, Derived] = {}
    members = [cell for cell in wanted if cell[0] in FLOW_WEIGHTS]
    if members:
        found |= _of_members(members, when, top)
    for code in dict.fromkeys(cell[0] for cell in wanted if cell[0] not in FLOW_WEIGHTS):
        of_code = [cell for cell in wanted if cell[0] == code]
        found |= _READ.get(code, _of_counted)(code, of_code, when, top)
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


Group = tuple[int, str, str, int, bool]


def _of_members(cells: Sequence[Cell], when: When, top: int) -> dict[Cell, Derived]:
    flows = flow_cells(
        first=when.period.start,
        last=when.as_of,
        counties=bounds(top),
        known_at=when.known_at,
        with_spans=reads_spans(cell[0] for cell in cells),
    )
    groups = _grouped(flows, {cell[1:] for cell in cells})
    found = {}
    for cell in cells:
        code, region, occupation, channel = cell
        sides = (True,) if get_figure(code).period_kind is PeriodKind.IN_PERIOD else (True, False)
        value, rows = 0, RowSum()
        for kind, weight in FLOW_WEIGHTS[code].items():
            for inside in sides:
                persons, part = groups.get(
                    (region, occupation, channel, int(kind), inside), (0, RowSum())
                )
                value += weight * persons
                rows = rows.plus(part)
        found[cell] = Derived(value, rows)
    return found


def reads_spans(codes: Iterable[str]) -> bool:
    """Return whether any of these figures is one of spans, whose flows are read only then."""
    return any(int(kind) in SPAN_KINDS for code in codes for kind in FLOW_WEIGHTS.get(code, {}))


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


def _of_counted(code: str, cells: Sequence[Cell], when: When, top: int) -> dict[Cell, Derived]:
    by_place = rows_by_place(code, when, top)
    return {
        cell: Derived(*sum_of(code, by_place.get(cell[1], [])))
        for cell in cells
        if cell[1] in by_place or code not in NOT_NOUGHT
    }


_Read = Callable[[str, Sequence[Cell], When, int], dict[Cell, Derived]]
_READ: dict[str, _Read] = {
    **dict.fromkeys(OF_SERVICES, _of_deliveries),
    **dict.fromkeys(OF_UNIONS, _of_unions),
}


def told_parts(
    code: str, parts: tuple[int, int], *, least: int
) -> tuple[int | None, int | None, int | None]:
    """Return a rate's value, numerator and denominator as everybody may read them."""
    ratio = RATIOS[code]
    of_persons = get_figure(ratio.numerator).unit in (Unit.PERSONS, Unit.PERSON_TIMES)
    return told_of_rate(
        *parts,
        of_persons=of_persons,
        is_counted_below=ratio.denominator in WITH_ROWS,
        least=least,
    )


def _of_rates(
    rates: Sequence[Cell], found: Mapping[Cell, Derived], when: When, top: int
) -> dict[Cell, Derived]:
    """Return the rates whose parts are known and whose denominator is not nought."""
    kinds = {DenominatorKind(one) for one in _entered(rates)}
    held = denominators_of(top, on=when.as_of, kinds=kinds, known_at=when.known_at)
    told: dict[Cell, Derived] = {}
    for cell in rates:
        ratio = RATIOS[cell[0]]
        above = found.get((ratio.numerator, *cell[1:]))
        if ratio.denominator in WITH_ROWS:
            below, known = found.get((ratio.denominator, *cell[1:])), None
        else:
            known = held.of(DenominatorKind(ratio.denominator), cell[1])
            below = _entered_rows(ratio.denominator, cell[1], known, when)
        if above is None or below is None or not below.value:
            continue
        told[cell] = Derived(
            ratio_value(above.value, below.value),
            above.rows.plus(below.rows),
            (above.value, below.value),
            known,
        )
    return told


def _entered(rates: Iterable[Cell]) -> set[str]:
    return {
        RATIOS[cell[0]].denominator
        for cell in rates
        if RATIOS[cell[0]].denominator not in WITH_ROWS
    }


def _entered_rows(kind: str, region: int, known: Known | None, when: When) -> Derived | None:
    """Return an entered denominator as a row; of a plan only that of the year that is counted."""
    if known is None:
        return None
    if DenominatorKind(kind).is_plan and {known.as_of.year, when.period.start.year} != {
        when.as_of.year
    }:
        return None
    return Derived(known.value, RowSum.of_texts([entered_text(kind, region, known)]))


def entered_text(kind: str, region: int, known: Known) -> str:
    """Return the text of the row that an entered denominator is."""
    return f"{kind},{region},{known.value},{known.as_of}"


def entered_rows(cells: Iterable[Cell], when: When, top: int) -> list[str]:
    """Return the texts of the entered denominators that rates stand on, each once, in order."""
    wanted = {(RATIOS[cell[0]].denominator, cell[1]) for cell in cells if cell[0] in RATIOS}
    wanted = {(kind, region) for kind, region in wanted if kind not in WITH_ROWS}
    kinds = {DenominatorKind(kind) for kind, _ in wanted}
    held = denominators_of(top, on=when.as_of, kinds=kinds, known_at=when.known_at)
    found = {
        (kind, region): held.of(DenominatorKind(kind), region) for kind, region in sorted(wanted)
    }
    return [entered_text(kind, region, known) for (kind, region), known in found.items() if known]
