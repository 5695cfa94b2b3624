"""Figures of 驿站: what they mean (``definitions``). Measured by ``queries``."""

from nuanxin.stations.figures.definitions import (
    DELIVERED_HOURS,
    FIGURES,
    IN_USE,
    OF_TOWNS,
    PROMISED_HOURS,
    RATIOS,
    TOLD_HOURS,
    TOWNS,
    TOWNS_SERVED,
    TOWNS_WITH_BENCHMARK,
    VISITORS,
    VISITS,
)

__all__ = [
    "DELIVERED_HOURS",
    "FIGURES",
    "IN_USE",
    "OF_TOWNS",
    "PROMISED_HOURS",
    "RATIOS",
    "TOLD_HOURS",
    "TOWNS",
    "TOWNS_SERVED",
    "TOWNS_WITH_BENCHMARK",
    "VISITORS",
    "VISITS",
]
