"""什么时候人少: the busy-hour chart of a station, drawn here, in words and as a table.

The public sees levels only, and an hour below the least shown looks like an hour without anybody;
numbers are the keeper's and the desk's alone.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.workdays import is_workday
from nuanxin.stations.queries.living import Living, hours_of
from nuanxin.stations.rules.visits import LEVELS, Busy, busy_hours, open_hours_of, quiet_hours

Spans = Sequence[tuple[datetime | None, datetime | None]]
_DAYTIME = frozenset(range(8, 20))
_BAR_PX = 40


def spans_of(living: Living) -> Spans:
    """Return the opening times ahead of a station as pairs."""
    return [(span.lower, span.upper) for span in living.state.open_during]


def charts(
    station_id: int, spans: Spans, *, adcode: int, now: datetime, with_numbers: bool
) -> list[dict[str, Any]]:
    """Return the charts of working days and of days off, of the four weeks before today.

    Each has ``title``, ``text`` (when few come), ``bars`` and ``hours`` (the same as rows). Which
    hours are worth telling follows the opening times ahead; by day where there are none.
    """
    days = hours_of(station_id, now=now)
    on = business_day(now)
    told = parameter("stations.busy_least_person_times", adcode=f"{adcode:06d}", on=on)
    made = []
    for workdays, title in ((True, "工作日"), (False, "休息日")):
        busy = busy_hours(days, workdays=workdays, least=int(told.value))
        if busy is None or not any(busy.averages):
            continue
        opens = open_hours_of(spans, workdays=workdays, is_workday=_is_workday) or _DAYTIME
        made.append(_chart(busy, opens, title=title, with_numbers=with_numbers))
    return made


def _chart(busy: Busy, opens: frozenset[int], *, title: str, with_numbers: bool) -> dict[str, Any]:
    if not with_numbers and not any(busy.levels):
        return {"title": title, "bars": [], "hours": [], "text": "一直不挤。"}
    return {
        "title": title,
        "bars": _bars(busy, with_numbers=with_numbers),
        "hours": [
            {"hour": f"{hour} 点到 {hour + 1} 点", "said": _said(busy, hour, with_numbers)}
            for hour in sorted(opens | {h for h, level in enumerate(busy.levels) if level})
        ],
        "text": _text(busy, opens, with_numbers=with_numbers),
    }


def _bars(busy: Busy, *, with_numbers: bool) -> list[dict[str, int]]:
    top = max(busy.averages)
    bars = []
    for hour, (average, level) in enumerate(zip(busy.averages, busy.levels, strict=True)):
        share = average / top if with_numbers else (level + 1) / len(LEVELS)
        height = round(share * _BAR_PX)
        if not with_numbers and level == 0:
            height = 3
        bars.append({"x": hour * 10, "y": 44 - height, "height": height, "level": level})
    return bars


def _said(busy: Busy, hour: int, with_numbers: bool) -> str:
    level = LEVELS[busy.levels[hour]]
    return f"{level}，平均 {busy.averages[hour]:.0f} 人次" if with_numbers else level


def _text(busy: Busy, opens: frozenset[int], *, with_numbers: bool) -> str:
    quiet = quiet_hours(busy, open_hours=opens)
    busiest = [hour for hour, level in enumerate(busy.levels) if level == len(LEVELS) - 1]
    parts = [f"{_clock(quiet)}人少"] if quiet else []
    if with_numbers:
        peak = max(range(24), key=lambda hour: busy.averages[hour])
        parts.append(f"{peak} 点到 {peak + 1} 点最多，平均 {busy.averages[peak]:.0f} 人次")
    elif busiest:
        parts.append(f"{_clock(busiest)}最挤")
    return "，".join(parts) + "。"


def _clock(hours: Sequence[int]) -> str:
    spans: list[list[int]] = []
    for hour in hours:
        if spans and hour == spans[-1][1]:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    return "、".join(f"{begin} 点到 {end} 点" for begin, end in spans)


def _is_workday(day: date) -> bool:
    return is_workday(day).is_workday
