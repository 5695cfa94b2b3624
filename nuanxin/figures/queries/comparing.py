"""Two boards beside each other: two regions on a day, or a region on two days."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from nuanxin.figures.queries.board import Board, BoardFigure, BoardRow, TrendPoint, get_board
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.figure import FigureDefinition


@dataclass(frozen=True, slots=True)
class FigurePair:
    """A figure of both boards."""

    definition: FigureDefinition
    left: BoardFigure
    right: BoardFigure


@dataclass(frozen=True, slots=True)
class RowPair:
    """An occupation or a channel of both boards; a side that has nobody there is zero."""

    label: str
    left: BoardRow
    right: BoardRow


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two boards, figure by figure. ``days`` are the trend's: its values are of live members."""

    left: Board
    right: Board
    figures: tuple[FigurePair, ...]
    occupations: tuple[RowPair, ...]
    channels: tuple[RowPair, ...]
    days: tuple[date, ...]
    live: tuple[tuple[int | None, ...], ...]

    @property
    def is_of_one_place(self) -> bool:
        """Return whether it is one region on two days."""
        return self.left.region == self.right.region


def get_comparison(
    *, region: int, as_of: date | None, other: int, other_as_of: date | None, now: datetime
) -> Comparison:
    """Return two boards beside each other; of one place, the earlier day stands left.

    Twice the statements of a board. Raises what ``get_board`` raises, and ``Malformed``
    figures.nothing_to_compare for one place on one day.
    """
    left = get_board(region=region, as_of=as_of, now=now)
    right = get_board(region=other, as_of=other_as_of, now=now)
    if left.region == right.region:
        if left.as_of == right.as_of:
            raise Malformed(
                "figures.nothing_to_compare",
                "两边是同一个地方、同一天，没有可比的。请换一个地方，或者换一天。",
            )
        left, right = sorted((left, right), key=lambda one: one.as_of)
    days = tuple(point.day for point in max(left, right, key=lambda one: one.as_of).trend)
    sides = (right,) if left.region == right.region else (left, right)
    return Comparison(
        left=left,
        right=right,
        figures=_figures(left, right),
        occupations=_rows(left.occupations, right.occupations),
        channels=_rows(left.channels, right.channels),
        days=days,
        live=tuple(_live_on(one.trend, days) for one in sides),
    )


def _figures(left: Board, right: Board) -> tuple[FigurePair, ...]:
    beside = {one.definition.code: one for one in right.figures}
    return tuple(
        FigurePair(one.definition, one, beside[one.definition.code])
        for one in left.figures
        if one.definition.code in beside
    )


def _rows(left: tuple[BoardRow, ...], right: tuple[BoardRow, ...]) -> tuple[RowPair, ...]:
    here, there = ({row.key: row for row in rows} for rows in (left, right))
    return tuple(
        RowPair(row.label, here.get(key, _nobody(row)), there.get(key, _nobody(row)))
        for key, row in (here | there).items()
    )


def _nobody(row: BoardRow) -> BoardRow:
    return replace(row, live=0, new=0)


def _live_on(trend: tuple[TrendPoint, ...], days: tuple[date, ...]) -> tuple[int | None, ...]:
    known = {point.day: point.live for point in trend}
    return tuple(known.get(day) for day in days)
