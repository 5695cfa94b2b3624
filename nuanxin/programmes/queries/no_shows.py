"""On which days somebody had booked and did not come, and what follows from it."""

from collections.abc import Sequence
from datetime import date

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.programmes.rules.no_shows import counted_from, may_apply_again

# 3 is absent (rules.attendance.Attended); a correction leaves nothing of it standing.
NO_SHOWS = """
    SELECT (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date
    FROM programmes_application mine
    JOIN programmes_booking k ON k.application_id = mine.id
    JOIN programmes_session s ON s.id = k.session_id
    WHERE mine.worker_id = %(worker)s AND s.starts_at >= %(since)s
      AND (SELECT coalesce(sum(t.times), 0) FROM programmes_attendance t
           WHERE t.booking_id = k.id AND t.kind = 3) > 0
    ORDER BY 1 DESC LIMIT 50
"""
"""The days since an instant, at any level, the latest first; takes ``worker`` and ``since``."""


def counted_since(on: date) -> date:
    """Return the first day whose no-shows count, the same in the whole country."""
    return counted_from(on, _months(on))


def _months(on: date) -> int:
    return int(parameter("programmes.no_show_months", adcode=NATION, on=on).value)


def decide_no_shows(no_shows: Sequence[date], *, adcode: int, on: date) -> Decision:
    """Return whether no-shows keep somebody from applying, by the rule of where the offer is held."""
    if not no_shows:
        return Decision.yes()
    place = f"{adcode:06d}"
    return may_apply_again(
        no_shows,
        today=on,
        months=_months(on),
        limit=int(parameter("programmes.no_show_limit", adcode=place, on=on).value),
        wait_days=int(parameter("programmes.no_show_wait_days", adcode=place, on=on).value),
    )
