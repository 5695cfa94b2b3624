"""Time: instants are stored in UTC, business days are counted in Asia/Shanghai.

The clock is read at the edge only (pages, API, tasks, commands); everything below takes ``now``
as an argument, so that a rule can be asked about any moment.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def business_day(instant: datetime) -> date:
    """Return the calendar day in Asia/Shanghai that ``instant`` (aware) falls on."""
    return instant.astimezone(SHANGHAI).date()


def day_start(day: date) -> datetime:
    """Return the instant (UTC) at which ``day`` begins in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def day_end(day: date) -> datetime:
    """Return the first instant (UTC) after ``day`` in Asia/Shanghai: 24:00, Civil Code a.203."""
    return day_start(day + timedelta(days=1))
