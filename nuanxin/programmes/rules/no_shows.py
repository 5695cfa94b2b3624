"""Who booked and did not come: after so many times one waits, and is told until when."""

from collections.abc import Sequence
from datetime import date, timedelta

from nuanxin.kernel.decision import Decision
from nuanxin.kernel.period import shift_months


def counted_from(today: date, months: int) -> date:
    """Return the first day whose no-shows count (programmes.no_show_months)."""
    return shift_months(today, -months)


def may_apply_again(
    no_shows: Sequence[date], *, today: date, months: int, limit: int, wait_days: int
) -> Decision:
    """Return whether somebody who did not come on these days may apply; a no says until when not.

    ``limit`` no-shows in ``months`` (programmes.no_show_limit; 0 switches the rule off) make one
    wait ``wait_days`` (programmes.no_show_wait_days) from the last of them. Absences that an officer
    excused or corrected are none.
    """
    recent = sorted(day for day in no_shows if counted_from(today, months) <= day <= today)
    if not limit or len(recent) < limit:
        return Decision.yes()
    free_on = recent[-1] + timedelta(days=wait_days)
    if today >= free_on:
        return Decision.yes()
    days = "、".join(_said(day) for day in recent[-3:])
    return Decision.no(
        "programmes.no_shows",
        f"最近 {months} 个月约了没来 {len(recent)} 次（{days}），名额空着别人也没用上。"
        f"{_said(free_on)}起又能报。当天有急事的，请主办工会更正到场记录。",
        fact="no_shows_12m",
        has=len(recent),
        needs=limit - 1,
    )


def _said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
