"""Every read of 数读: the list of figures, measuring, the public board, the rows behind a number."""

from nuanxin.figures.queries.board import (
    Board,
    BoardFigure,
    BoardRow,
    TrendPoint,
    get_board,
)
from nuanxin.figures.queries.measuring import (
    Measurement,
    channel_key,
    known_then_and_now,
    measure,
    place_name,
)
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.question import COUNTED_FROM, Question
from nuanxin.figures.queries.registry import FIGURES, get_figure, list_figures, read_figure
from nuanxin.figures.queries.series import Series, get_series
from nuanxin.figures.queries.union_rows import UnionRow

__all__ = [
    "COUNTED_FROM",
    "FIGURES",
    "Board",
    "BoardFigure",
    "BoardRow",
    "Measurement",
    "Question",
    "Series",
    "TrendPoint",
    "UnionRow",
    "channel_key",
    "get_board",
    "get_figure",
    "get_series",
    "known_then_and_now",
    "list_figures",
    "measure",
    "measure_for_everybody",
    "place_name",
    "read_figure",
]
