"""Quantity on a map: five classes with round bounds, the same on every page and picture. Pure."""

import math
from collections.abc import Sequence

CLASSES = 5


def round_breaks(values: Sequence[float], classes: int = CLASSES) -> list[float]:
    """Return at most ``classes - 1`` round bounds that part the positive values evenly."""
    positive = sorted(v for v in values if v > 0)
    if not positive:
        return []
    breaks: list[float] = []
    for part in range(1, classes):
        bound = _round_to_two(positive[min(len(positive) - 1, len(positive) * part // classes)])
        if bound > (breaks[-1] if breaks else positive[0]):
            breaks.append(bound)
    return breaks


def _round_to_two(value: float) -> float:
    if value < 10:
        return float(math.ceil(value))
    power = 10 ** (math.floor(math.log10(value)) - 1)
    return float(round(value / power) * power)


def class_of(value: float | None, breaks: Sequence[float]) -> int:
    """Return 0 for nothing or not known, else 1 to 5: the more, the higher."""
    if not value or value <= 0:
        return 0
    return 1 + sum(value >= bound for bound in breaks)
