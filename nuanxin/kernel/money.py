"""Money is a whole number of fen (分). Nothing here ever sees a float."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import readable

FEN_PER_YUAN = 100
LARGEST_FEN = 10**15
"""Ten trillion yuan: more is a typing error, and the words for it are not used on vouchers."""

_AMOUNT = re.compile(r"(?P<sign>-?)(?P<yuan>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<cents>\d{1,2}))?")


def split_fen(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split ``total`` fen (or any whole units) by ``weights``; the parts always sum to ``total``.

    Largest remainder; equal remainders go to the earlier place, so the caller's order (by adcode)
    is the fixed order. A negative total (a reversal) splits as the mirror image.
    Raises ``ValueError`` for no weights, a negative weight, or weights that are all zero.
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, Fraction(0))
    if not exact or whole <= 0 or min(exact) < 0:
        raise ValueError("weights must not be negative and at least one must be above zero")
    if total < 0:
        return [-part for part in split_fen(-total, weights)]
    shares = [total * weight / whole for weight in exact]
    parts = [int(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def split_equally(total: int, count: int) -> list[int]:
    """Split ``total`` into ``count`` parts that differ by at most one; the larger come first."""
    return split_fen(total, [1] * count)


def format_yuan(fen: int, *, unit: bool = True) -> str:
    """Return "60,000.00 元" (without ``unit``: "60,000.00"); a minus is the sign −."""
    yuan, cents = divmod(abs(fen), FEN_PER_YUAN)
    text = f"{'−' if fen < 0 else ''}{yuan:,}.{cents:02d}"
    return f"{text} 元" if unit else text


def parse_yuan(text: str) -> int:
    """Return the fen of an amount in yuan as typed: "60,000.5", "￥12", "12.30 元".

    Raises ``Malformed`` money.unreadable (also for more than two decimals) or money.too_large.
    """
    cleaned = readable(text).replace("−", "-").replace(" ", "").strip("￥¥元")
    match = _AMOUNT.fullmatch(cleaned)
    if match is None:
        raise Malformed("money.unreadable", "没有读懂这个金额。请写成 1234.56 这样，最多两位小数。")
    yuan = int(match["yuan"].replace(",", ""))
    fen = yuan * FEN_PER_YUAN + int((match["cents"] or "").ljust(2, "0"))
    if fen > LARGEST_FEN:
        raise Malformed("money.too_large", "这个金额太大了。请看看是不是多打了几位。")
    return -fen if match["sign"] else fen


def yuan_of(fen: int) -> Decimal:
    """Return the exact amount in yuan, for spreadsheets and numeric columns."""
    return Decimal(fen).scaleb(-2)


def uppercase_yuan(fen: int) -> str:
    """Return the amount in the words of vouchers (大写): 1234.05 yuan is 壹仟贰佰叁拾肆元零伍分.

    Raises ``ValueError`` beyond ``LARGEST_FEN``.
    """
    if abs(fen) > LARGEST_FEN:
        raise ValueError(f"amount beyond {LARGEST_FEN} fen")
    sign = "负" if fen < 0 else ""
    yuan, cents = divmod(abs(fen), FEN_PER_YUAN)
    jiao, fen_left = divmod(cents, 10)
    if not cents:
        return f"{sign}{_words(yuan)}元整"
    text = f"{_words(yuan)}元" if yuan else ""
    if jiao:
        text += f"{_words(jiao)}角"
    elif yuan:
        text += "零"
    return sign + text + (f"{_words(fen_left)}分" if fen_left else "整")


def _words(number: int) -> str:
    from cn2an import an2cn  # type: ignore[import-untyped]  # late: only vouchers need it

    words: str = an2cn(number, "up")
    return words
