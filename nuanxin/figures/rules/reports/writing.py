"""How a number of a report is written: never more than the true number allows.

``read_number`` of the fact-checker reads back what is written here, and the span of what it reads
always holds the true number.
"""

from collections.abc import Sequence

from nuanxin.kernel.figure import Unit
from nuanxin.kernel.numbers_zh import format_thousands, format_wan

_WAN, _YI = 10_000, 100_000_000
_LEAST_ROUNDED = 100
"""Smaller numbers are told as they are: 近 100 人 hides more than it helps."""
_NEARLY_PERCENT = 70


def write_number(value: int, unit: Unit, filters: Sequence[str] = ()) -> str:
    """Return the number in the style asked for (117.5万 without any), with its unit if asked for."""
    if unit is Unit.PERCENT:
        return f"{_percent(value)}%"
    if "full" in filters:
        text = format_thousands(value)
    elif "approx" in filters:
        text = write_approximately(value)
    else:
        text = format_wan(value)
    return f"{text}{unit.label}" if "unit" in filters else text


def _percent(value: int) -> str:
    """Return hundredths of a percent as they are read: 63.27, 63.2, 63."""
    whole, part = divmod(value, 100)
    return f"{format_thousands(whole)}.{part:02d}".rstrip("0").rstrip(".")


def write_approximately(value: int) -> str:
    """Return 117万余, 近118万, 2000余, 近1.2万; the number itself when it is round or small.

    Two leading digits are kept, three from a million on. 余: the true number is above what is
    written; 近: it is below, by less than a third of the last digit kept.
    """
    if value < _LEAST_ROUNDED:
        return format_thousands(value)
    kept = 3 if value >= 100 * _WAN else 2
    step = 10 ** max(0, len(str(value)) - kept)
    floor, rest = value - value % step, value % step
    if rest == 0:
        return _round(value)
    if rest * 100 >= step * _NEARLY_PERCENT:
        return f"近{_round(floor + step)}"
    return f"{_round(floor)}余"


def _round(value: int) -> str:
    """Return a round number without loss: 1.2万, 117万, 2000."""
    for size, word in ((_YI, "亿"), (_WAN, "万")):
        if value >= size and value % (size // 100) == 0:
            whole, part = divmod(value * 100 // size, 100)
            decimals = f".{part:02d}".rstrip("0").rstrip(".")
            return f"{whole}{decimals}{word}"
    return str(value)
