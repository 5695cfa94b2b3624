"""How numbers are written in Chinese pages: thousands, 万 and 亿."""

from decimal import ROUND_HALF_UP, Decimal

WAN = 10_000
YI = 100_000_000


def format_thousands(number: int) -> str:
    """Return 1,175,000; a minus is the sign −."""
    return f"{number:,}".replace("-", "−")


def format_wan(number: int, *, decimals: int = 2) -> str:
    """Return 117.5万, 49.09万, 1.23亿; below 10,000 the plain number with separators.

    Rounded half up to ``decimals``; closing zeros are dropped. A rounded 9,999.999万 becomes 1亿.
    """
    sign, size = ("−" if number < 0 else ""), abs(number)
    if size < WAN:
        return format_thousands(number)
    step = Decimal(1).scaleb(-decimals)
    shown, word = _rounded(size, WAN, step), "万"
    if shown >= WAN:
        shown, word = _rounded(size, YI, step), "亿"
    text = f"{shown:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{sign}{text}{word}"


def is_exact_in_wan(number: int, *, decimals: int = 2) -> bool:
    """Return whether ``format_wan`` loses nothing, so that a page need not add the full number."""
    unit = YI if abs(number) >= YI else WAN
    return abs(number) < WAN or number * 10**decimals % unit == 0


def _rounded(size: int, unit: int, step: Decimal) -> Decimal:
    return (Decimal(size) / unit).quantize(step, rounding=ROUND_HALF_UP)
