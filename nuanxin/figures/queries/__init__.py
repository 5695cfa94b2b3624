"""Every read of 数读: the list of figures, measuring, the public board, the rows behind a number."""

from nuanxin.figures.queries.measuring import Measurement, channel_key, measure, place_name
from nuanxin.figures.queries.question import COUNTED_FROM, Question
from nuanxin.figures.queries.registry import FIGURES, get_figure, list_figures, read_figure

__all__ = [
    "COUNTED_FROM",
    "FIGURES",
    "Measurement",
    "Question",
    "channel_key",
    "get_figure",
    "list_figures",
    "measure",
    "place_name",
    "read_figure",
]
