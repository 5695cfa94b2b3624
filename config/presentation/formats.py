"""How dates, times, numbers and masked numbers are written; pure but for what they are given."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from nuanxin.kernel import clock, identity, phone

NOTHING = "—"
SOON_DAYS = 0


def as_day(value: date | datetime | None) -> date | None:
    """Return the day in Asia/Shanghai of an instant, a day as it is, ``None`` as ``None``."""
    if isinstance(value, datetime):
        return clock.business_day(value) if value.tzinfo else value.date()
    return value


def day_iso(value: date | datetime | None) -> str:
    """Return ``2026-11-23``: for tables."""
    day = as_day(value)
    return day.isoformat() if day else NOTHING


def day_words(value: date | datetime | None, *, today: date, space: str = "") -> str:
    """Return ``11月23日``, with the year when it is not this one; ``space`` parts the numbers."""
    day = as_day(value)
    if day is None:
        return NOTHING
    words = f"{day.month}{space}月{space}{day.day}{space}日"
    return words if day.year == today.year else f"{day.year}{space}年{space}{words}"


def time_of_day(value: datetime | None) -> str:
    """Return ``09:40`` in Asia/Shanghai."""
    if value is None:
        return NOTHING
    local = value.astimezone(clock.SHANGHAI) if value.tzinfo else value
    return local.strftime("%H:%M")


def number(value: Any) -> str:
    """Return ``13,735``; a minus is −, zero is 0, missing is —; at most two decimals."""
    if value is None or value == "":
        return NOTHING
    amount = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    whole = amount.to_integral_value()
    amount = whole if amount == whole else amount.normalize()
    text = f"{abs(amount):,f}"
    return f"−{text}" if amount < 0 else text


def in_wan(value: Any) -> tuple[str, str]:
    """Return a number and the word that follows it: ``("117.5", "万")``, below 10,000 no word.

    Two decimals, cut and not rounded up, so that a published figure never exceeds the counted one.
    """
    if value is None or value == "":
        return NOTHING, ""
    amount = Decimal(str(value))
    if abs(amount) < 10_000:
        return number(amount), ""
    cut = (amount / 10_000).quantize(Decimal("0.01"), "ROUND_DOWN").normalize()
    return number(cut), "万"


def due_words(due_on: date | datetime | None, *, today: date) -> tuple[str, str]:
    """Return ``(words, kind)``: kind is "late", "soon" (today) or "" ; days are calendar days."""
    day = as_day(due_on)
    if day is None:
        return "不限", ""
    left = (day - today) // timedelta(days=1)
    if left < 0:
        return f"过期 {-left} 天", "late"
    if left <= SOON_DAYS:
        return "今天", "soon"
    return f"还有 {left} 天", ""


def mask_phone(value: str | None) -> str:
    """Return ``138****6027``, or — where there is none."""
    return phone.mask_phone(value) if value else NOTHING


def mask_identity(value: str | None) -> str:
    """Return ``3411**********2716``, or — where there is none."""
    return identity.mask_identity(value) if value else NOTHING


def file_size(size_bytes: int | None) -> str:
    """Return ``1.3 MB`` or ``36 kB``."""
    if size_bytes is None:
        return NOTHING
    if size_bytes >= 1_000_000:
        return f"{size_bytes / 1_000_000:.1f} MB"
    return f"{max(1, round(size_bytes / 1000))} kB"
