"""Figures of 服务: what they mean (``definitions``) and which kinds of programmes they count."""

from nuanxin.programmes.figures.definitions import (
    DIRECTED_SHARE,
    DONE,
    FIGURES,
    GIVEN_PERSONS,
    GIVEN_TIMES,
    PLACES,
    RATIOS,
    SERVICES,
    Service,
    is_of_persons,
    kinds_of,
)

__all__ = [
    "DIRECTED_SHARE",
    "DONE",
    "FIGURES",
    "GIVEN_PERSONS",
    "GIVEN_TIMES",
    "PLACES",
    "RATIOS",
    "SERVICES",
    "Service",
    "is_of_persons",
    "kinds_of",
]
