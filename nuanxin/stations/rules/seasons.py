"""What the weather of a season wants of a station: shown first in the finder, asked in an inspection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from nuanxin.kernel.parameters import NATION, parameter


@dataclass(frozen=True, slots=True)
class Season:
    """A season in force: its name, facilities that count first, lines that the form asks then."""

    code: str
    label: str
    facilities: tuple[str, ...]
    items: tuple[Mapping[str, Any], ...]


def season_on(on: date, adcode: str = NATION) -> Season | None:
    """Return the season of a day at a place (``stations.seasons``), None outside of any.

    The days of a season are a month and a day each, both included; one may go over the new year.
    """
    today = f"{on:%m-%d}"
    for one in parameter("stations.seasons", adcode=adcode, on=on).value:
        first, last = one["first"], one["last"]
        is_in = first <= today <= last if first <= last else today >= first or today <= last
        if is_in:
            return Season(one["code"], one["label"], tuple(one["facilities"]), tuple(one["items"]))
    return None
