"""Figures of 会籍: their definitions, and how their values are read for any past day."""

from nuanxin.membership.figures.definitions import FIGURES, RATIOS
from nuanxin.membership.figures.reading import (
    Place,
    Totals,
    by_county,
    by_month,
    totals_as_of,
    totals_in_period,
)

__all__ = [
    "FIGURES",
    "RATIOS",
    "Place",
    "Totals",
    "by_county",
    "by_month",
    "totals_as_of",
    "totals_in_period",
]
