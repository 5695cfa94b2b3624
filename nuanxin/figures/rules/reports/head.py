"""The head of a report: what it is called, where and when it speaks of."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import yaml

from nuanxin.figures.rules.reports.faults import Faults
from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.period import Month, Period, Year, parse_period, shift_months

FENCE = "---"
KEYS = {
    "title": "title", "标题": "title", "subtitle": "subtitle", "副标题": "subtitle",
    "region": "region", "地区": "region", "period": "period", "时间段": "period",
    "as_of": "as_of", "截至": "as_of", "issuer": "issuer", "落款": "issuer",
}  # fmt: skip
_LONGEST = 200
_PROVINCE = "330000"


@dataclass(frozen=True, slots=True)
class Head:
    """The head as it was typed, and where each line of it stands."""

    title: str = ""
    subtitle: str = ""
    issuer: str = ""
    region: str = ""
    period: str = ""
    as_of: str = ""
    lines: tuple[tuple[str, int], ...] = ()

    def line_of(self, key: str) -> int:
        """Return the line that says ``key``, the first line of the report without one."""
        return dict(self.lines).get(key, 1)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a report speaks of, where a reference does not say it itself.

    ``period`` None: it names none. ``as_of`` is never after ``today``.
    """

    region: str
    period: Period | None
    as_of: date
    today: date

    @property
    def region_name(self) -> str:
        """Return 浙江省, 杭州市, 杭州市拱墅区."""
        return place_words(self.region)


def place_words(region: str) -> str:
    """Return the name of a region as a report writes it."""
    return regions.full_name(region, with_province=region.endswith("0000"))


def read_head(lines: list[str], faults: Faults) -> tuple[Head, int]:
    """Return the head and how many lines it takes; an empty one where the report has none."""
    if not lines or lines[0].strip() != FENCE:
        return Head(), 0
    end = next((i for i, line in enumerate(lines[1:60], start=1) if line.strip() == FENCE), None)
    if end is None:
        faults.stop(1, 1, "head_unreadable", "开头的 --- 没有结束。请在题头最后另起一行再写 ---。")
        return Head(), len(lines)
    try:
        told = yaml.load("\n".join(lines[1:end]), Loader=yaml.BaseLoader)  # plain text, no objects
    except yaml.YAMLError:
        told = None
    if not isinstance(told, dict):
        faults.stop(2, 1, "head_unreadable", "题头没有读懂。每行写成“标题: 五年报告”这样。")
        return Head(), end + 1
    return _head_of(told, lines[:end], faults), end + 1


def _head_of(told: dict[Any, Any], lines: list[str], faults: Faults) -> Head:
    values: dict[str, str] = {}
    places: list[tuple[str, int]] = []
    for key, value in told.items():
        line = next((n for n, text in enumerate(lines, 1) if text.strip().startswith(str(key))), 2)
        name = KEYS.get(str(key).strip())
        if name is None or not isinstance(value, str):
            faults.stop(
                line,
                1,
                "head_unreadable",
                f"题头里没有“{str(key)[:20]}”这一项。可以写：标题、副标题、地区、时间段、截至、落款。",
            )
            continue
        values[name] = value.strip()[:_LONGEST]
        places.append((name, line))
    return Head(**values, lines=tuple(places))


def with_choices(head: Head, *, region: str = "", period: str = "", as_of: str = "") -> Head:
    """Return the head with what somebody chose instead of what it says."""
    return replace(
        head,
        region=region or head.region,
        period=period or head.period,
        as_of=as_of or ("" if period else head.as_of),
    )


def setting_of(head: Head, *, today: date, faults: Faults) -> Setting:
    """Return where and when the report speaks of; what cannot be read is told and left out."""
    region = _region(head, faults)
    period = _period(head, today, faults)
    as_of = min(period.end, today) if period else today
    if head.as_of:
        as_of = _day(head, today, faults) or as_of
    return Setting(region, period, as_of, today)


def _region(head: Head, faults: Faults) -> str:
    if not head.region:
        return _PROVINCE
    found = region_code(head.region)
    if found is None:
        faults.stop(
            head.line_of("region"), 1, "unknown_place",
            f"没有代码为“{head.region[:20]}”的地区。写 33（全省）、3301（市）或 330105（县、市、区）。",
        )  # fmt: skip
    return found or _PROVINCE


def region_code(text: str) -> str | None:
    """Return the six digits for 33, 3301, 330105, 浙江省, 杭州市 or 拱墅区; None for anything else."""
    wanted = text.strip()
    if wanted.isascii() and wanted.isdigit() and len(wanted) in (2, 4, 6):
        code = regions.canonical_code(wanted)
        is_kept = code in regions.REGIONS and code.startswith("33")
        return code if is_kept else None
    named = [regions.region(_PROVINCE), *regions.cities(), *regions.counties()]
    found = [one.code for one in named if wanted in (one.name, place_words(one.code))]
    return found[0] if len(found) == 1 else None


def _period(head: Head, today: date, faults: Faults) -> Period | None:
    if not head.period:
        return None
    line = head.line_of("period")
    try:
        period = named_period(head.period, today) or parse_period(head.period)
    except Malformed as refusal:
        faults.refuse(line, 1, refusal.code, refusal.message)
        return None
    if period.end > today:
        faults.stop(line, 1, "future", not_yet(period.end, today))
        return Period(min(period.start, today), today)
    return period


def not_yet(day: date, today: date) -> str:
    """Return the sentence on a day that has not come."""
    return f"{day} 还没到，今天是 {today}。请把时间段或截至日改到今天或以前。"


def named_period(name: str, today: date) -> Period | None:
    """Return the days of last_month, last_year, year_to_date, five_years (to last month's end)."""
    last_month = Month.of(today).previous
    match name.strip():
        case "last_month" | "上月":
            return last_month.period
        case "last_year" | "去年":
            return Year(today.year - 1).period
        case "year_to_date" | "今年以来":
            return Period(date(today.year, 1, 1), today)
        case "five_years" | "五年":
            return Period(shift_months(Month.of(today).start, -60), last_month.end)
    return None


def relative_period(name: str, period: Period) -> Period | None:
    """Return the days that previous, last_year and year_to_date mean beside the report's period."""
    match name:
        case "previous":
            return _previous(period)
        case "last_year":
            return period.same_last_year()
        case "year_to_date":
            return Period(date(period.end.year, 1, 1), period.end)
    return None


def _previous(period: Period) -> Period:
    end = period.start - timedelta(days=1)
    months = sum(1 for _ in period.months())
    is_whole = period.start.day == 1 and Month.of(period.end).end == period.end
    if is_whole:
        return Period(shift_months(period.start, -months), end)
    return Period(end - timedelta(days=period.days - 1), end)


def _day(head: Head, today: date, faults: Faults) -> date | None:
    line = head.line_of("as_of")
    try:
        day = date.fromisoformat(head.as_of)
    except ValueError:
        faults.stop(
            line, 1, "unreadable_day", f"没有读懂日子“{head.as_of[:20]}”。写成 2023-09-30。"
        )
        return None
    if day > today:
        faults.stop(line, 1, "future", not_yet(day, today))
        return None
    return day


def day_words(day: date) -> str:
    """Return 2023年9月30日."""
    return f"{day.year}年{day.month}月{day.day}日"


def period_words(period: Period) -> str:
    """Return 2022年, 2018年10月至2023年9月, or the days themselves."""
    first, last = Month.of(period.start), Month.of(period.end)
    if period.start == first.start and period.end == last.end:
        short = period.label
        return short if "日" not in short else _span_words(first.label, last.label, period)
    if period.start == period.end:
        return day_words(period.start)
    return _span_words(day_words(period.start), day_words(period.end), period)


def _span_words(first: str, last: str, period: Period) -> str:
    """Return 2026年1月1日至11月27日: the year once where it is one."""
    is_one_year = period.start.year == period.end.year
    return f"{first}至{last.partition('年')[2] if is_one_year else last}"


def title_of(text: str) -> str:
    """Return the title that a report's head gives, or its first words."""
    lines = text.splitlines()
    head, taken = read_head(lines, Faults())
    first = next((line.strip(" #*>-") for line in lines[taken:] if line.strip(" #*>-")), "")
    return (head.title or first or "未命名的报告")[:_LONGEST]


def with_region(text: str, adcode: int | None) -> str:
    """Return a template's text about the place of ``adcode`` instead of the province."""
    found = region_code(str(adcode)[:6]) if adcode else None
    return text.replace("地区: 33\n", f"地区: {found}\n", 1) if found else text
