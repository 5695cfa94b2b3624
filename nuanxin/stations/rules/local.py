"""Numbers of stations that a place may set for itself: dated parameters, by county."""

from datetime import date
from typing import Any

from nuanxin.kernel.parameters import parameter


def number_at(name: str, adcode: int, on: date) -> int:
    """Return the whole number ``stations.<name>`` that counts in a county on a day, in its own unit."""
    found: Any = parameter(f"stations.{name}", adcode=f"{adcode:06d}", on=on).value
    return int(found)
