"""Who held a place and did not come: after so many times he stands after others, or waits.

One rule for sessions, slots, camps and contests; it says to the person what was counted, what follows
until when, and what he can do about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.period import shift_months


@dataclass(frozen=True, slots=True)
class NoShowTerms:
    """The dated parameters programmes.no_show_… of a place.

    ``limit`` no-shows in ``months`` keep one from applying for ``wait_days`` from the last of them;
    ``after_limit`` let one apply only ``after_hours`` after others for ``after_days``. A limit of 0
    switches its part off.
    """

    months: int
    limit: int
    wait_days: int
    after_limit: int = 0
    after_days: int = 0
    after_hours: int = 0


def counted_from(today: date, months: int) -> date:
    """Return the first day whose no-shows count (programmes.no_show_months)."""
    return shift_months(today, -months)


def may_apply_again(no_shows: Sequence[date], *, today: date, terms: NoShowTerms) -> Decision:
    """Return whether somebody who did not come on these days may apply; a no says until when not.

    No-shows that were taken back, or that he has said something to and waits, are none.
    """
    recent = _recent(no_shows, today, terms)
    if not terms.limit or len(recent) < terms.limit:
        return Decision.yes()
    free_on = recent[-1] + timedelta(days=terms.wait_days)
    if today >= free_on:
        return Decision.yes()
    return Decision.no(
        "programmes.no_shows",
        f"{_counted(recent, terms)}，名额空着别人也没用上。{_said(free_on)}起又能报。{_WAY_OUT}",
        fact="no_shows_12m",
        has=len(recent),
        needs=terms.limit - 1,
    )


def comes_after_others(
    no_shows: Sequence[date], *, opens_at: datetime, now: datetime, today: date, terms: NoShowTerms
) -> Decision:
    """Return whether his turn has come where places are given at once; a no says from when on it is.

    Lists that are ordered otherwise (points, need, draw) do not ask this.
    """
    recent = _recent(no_shows, today, terms)
    if not terms.after_limit or len(recent) < terms.after_limit:
        return Decision.yes()
    turn = opens_at + timedelta(hours=terms.after_hours)
    if today >= recent[-1] + timedelta(days=terms.after_days) or now >= turn:
        return Decision.yes()
    local = turn.astimezone(SHANGHAI)
    return Decision.no(
        "programmes.after_others",
        f"{_counted(recent, terms)}，这一次先让别人报。{local.month} 月 {local.day} 日"
        f" {local:%H:%M} 起轮到你，还有名额就能报。{_WAY_OUT}",
        fact="no_shows_12m",
        has=len(recent),
        needs=terms.after_limit - 1,
    )


def stands_after(no_shows: Sequence[date], *, today: date, terms: NoShowTerms) -> str:
    """Return until when somebody stands after others, in a sentence; "" when he does not."""
    recent = _recent(no_shows, today, terms)
    if not terms.after_limit or len(recent) < terms.after_limit:
        return ""
    until = recent[-1] + timedelta(days=terms.after_days)
    if today >= until:
        return ""
    return (
        f"{_counted(recent, terms)}。到 {_said(until)}以前，先到先得的服务，"
        f"报名开始 {terms.after_hours} 小时以后轮到你。"
    )


def said_terms(terms: NoShowTerms) -> tuple[str, ...]:
    """Return the rule as a person reads it, a sentence a part."""
    told = ["留了名额，没来也没请假，算一次。体检时段、培训场次、托管、竞赛都一样。"]
    if terms.after_limit:
        told.append(
            f"{terms.months} 个月里 {terms.after_limit} 次：{terms.after_days} 天里，先到先得的服务"
            f"在报名开始 {terms.after_hours} 小时以后轮到你。"
        )
    if terms.limit:
        told.append(
            f"{terms.months} 个月里 {terms.limit} 次：从最后一次起 {terms.wait_days} 天不能报名。"
        )
    told.append("来不了，提前撤回或者请假，就不算。记错了的，说明一下，答复以前不算。")
    return tuple(told)


_WAY_OUT = "当天有急事，或者记错了，打开“约了没来”说明。"


def _recent(no_shows: Sequence[date], today: date, terms: NoShowTerms) -> list[date]:
    since = counted_from(today, terms.months)
    return sorted(day for day in no_shows if since <= day <= today)


def _counted(recent: Sequence[date], terms: NoShowTerms) -> str:
    days = "、".join(_said(day) for day in recent[-3:])
    return f"最近 {terms.months} 个月约了没来 {len(recent)} 次（{days}）"


def _said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
