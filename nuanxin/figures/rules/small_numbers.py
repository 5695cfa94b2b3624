"""Small numbers: what may be said of persons, so that no subtraction tells of a few of them.

Pure. A number of fewer persons than ``least`` is withheld; every other one is written to the
nearest ``least`` (to the ten), always alike, whatever day, place, cut or version it is of. So two
published numbers differ by nothing or by a whole ten, and no sum or difference of them is exact.
Zero says nothing about anybody and is written as it is.

Only the totals of a city or the province may stand to the person, and only while no part of them
can be told from the rest (``keeps_room``).
"""

from collections.abc import Sequence

from nuanxin.kernel.figure import Unit, ratio_value

Span = tuple[int, int]
"""From and to which number of persons a published one may stand for, both included."""


def told_of(value: int, unit: Unit, *, least: int) -> tuple[int | None, int]:
    """Return a number of a publication as everybody may read it, and what it is rounded to.

    Persons, and times that persons had something, are written to the ``least``; unions to the one.
    """
    if unit in (Unit.PERSONS, Unit.PERSON_TIMES):
        return published(value, least=least), least
    return value, 1


def told_of_rate(
    numerator: int, denominator: int, *, of_persons: bool, is_counted_below: bool, least: int
) -> tuple[int | None, int | None, int | None]:
    """Return value (hundredths of a percent), numerator and denominator as everybody may read them.

    Of persons the numerator is to the ten, and so is the denominator where it counts persons of ours
    (``is_counted_below``). The value is made of those, so it gives back nothing else; None where one
    of them is withheld, or nothing is left below.
    """
    above: int | None = numerator
    below: int | None = denominator
    if of_persons:
        above = published(numerator, least=least)
        below = published(denominator, least=least) if is_counted_below else denominator
    value = ratio_value(above, below) if above is not None and below else None
    return value, above, below


def published(value: int, *, least: int) -> int | None:
    """Return the number as everybody may read it: to the nearest ``least``; None where too small."""
    if not value:
        return 0
    size = abs(value)
    if size < least:
        return None
    rounded = (size + least // 2) // least * least
    return rounded if value > 0 else -rounded


def span_of(value: int, *, least: int) -> Span:
    """Return what readers of the published number still hold possible; zero is known."""
    shown = published(value, least=least)
    if shown is None:
        return (1, least - 1)
    half = least // 2
    return (shown, shown) if shown == 0 else (shown - half, shown - half + least - 1)


def keeps_room(total: int, parts: Sequence[Span], *, room: int) -> bool:
    """Return whether a total to the person leaves each part of it at least ``room`` + 1 values.

    A part that is known already (its span is one value) has nothing to lose.
    """
    lowest, highest = sum(low for low, _ in parts), sum(high for _, high in parts)
    for low, high in parts:
        if low == high:
            continue
        from_ = max(low, total - (highest - high))
        to = min(high, total - (lowest - low))
        if to - from_ < room:
            return False
    return True
