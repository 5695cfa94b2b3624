"""开放时间 in OSM's opening_hours, read by a library; the calendar of holidays is our own.

https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification. ``PH`` is a day off by the State
Council's arrangement (``kernel.workdays``); a make-up day (调休上班) is open like the working weekday
beside it. The library knows neither, so each day is asked by itself: the selectors of weekdays are
rewritten to what counts on that day, and everything else (months, weeks, dates, over midnight, off,
fallback) is left to the library. The times of one day run on past midnight where they say so.
Sun times are those of Hangzhou, whatever the station: minutes, within the province.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State
from opening_hours import ParserError as UnreadableText  # type: ignore[attr-defined]

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.workdays import is_workday

LONGEST = 300
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
EXPECTED = (
    "每天写成 08:00-22:00，周一至周五写成 Mo-Fr 08:00-18:00，几段用分号隔开，"
    "节假日不开写成 PH off，全天开放写成 24/7"
)
Span = tuple[datetime, datetime]

_HANGZHOU = (30.25, 120.17)
_ZONE = ZoneInfo("Asia/Shanghai")
_ONE_DAY = timedelta(days=1)
_QUOTED = re.compile(r'"[^"]*"')
_ITEM = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?(?:\[[^\]]*\])?"
_DAYS = re.compile(rf"(?<![A-Za-z0-9]){_ITEM}(?:,{_ITEM})*(?![A-Za-z])")
_NTH_SHIFTED = re.compile(r"(?:PH|\]) [+-]\d+ days?")
_REST_OF_RULE = re.compile(r'(?<![0-9])\d\d:\d\d|\(|sunrise|sunset|dawn|dusk|open|closed|unknown|"')
_TIMES = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a day counts as: its weekday, the weekday whose hours it has, whether it is a holiday."""

    weekday: int
    plays: int
    is_holiday: bool


def read_hours(text: str) -> str:
    """Return ``text`` as the library writes it, the empty string for an empty one.

    Full-width signs and other dashes are taken as meant. Raises ``Malformed`` stations.hours_* with
    what is wrong and what was expected.
    """
    written = tidy(text)
    if not written:
        return ""
    if len(written) > LONGEST:
        raise Malformed("stations.hours_too_long", f"开放时间最多写 {LONGEST} 个字。")
    try:
        parsed = str(_read(written))
    except UnreadableText as fault:
        raise Malformed("stations.hours_unreadable", _unreadable(written, str(fault))) from fault
    _check_understood(parsed)
    _check_spans(parsed)
    _check_nights(parsed)
    return parsed


def tidy(text: str) -> str:
    """Return ``text`` in plain signs: full-width, dashes and separators as OSM has them."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"\s*[–—―~～〜−]\s*", "-", plain)
    plain = plain.replace("；", ";").replace("，", ",").replace("、", ",")
    return " ".join(plain.split()).strip("; ")


def kind_of_day(day: date, *, plays_makeup: bool = True) -> DayKind:
    """Return what ``day`` counts as by the year's arrangement."""
    answer, weekday = is_workday(day), day.weekday()
    plays = weekday
    if weekday >= 5 and answer.is_workday and plays_makeup:
        plays = 4 if weekday == 5 else 0
    return DayKind(weekday, plays, not answer.is_workday and answer.reason != "周末")


def spans_of_day(text: str, day: date, kind: DayKind | None = None) -> list[Span]:
    """Return when it is open by the hours of ``day``, local and naive, past midnight where they say so."""
    rewritten = _for_day(text, kind or kind_of_day(day))
    if not rewritten:
        return []
    start = datetime(day.year, day.month, day.day)
    opening = _parsed(rewritten)
    found = opening.intervals(start, start + 2 * _ONE_DAY)
    return [
        (begin.replace(tzinfo=None), end.replace(tzinfo=None))
        for begin, end, state, _ in found
        if state == State.OPEN and begin.replace(tzinfo=None) < start + _ONE_DAY
    ]


def open_spans(
    texts: tuple[str, ...], *, first: date, days: int, plays_makeup: bool = True
) -> list[Span]:
    """Return when any of ``texts`` is open in ``days`` days from ``first``, in order, none touching.

    Aware, and cut to those days; the night before ``first`` is looked at too.
    """
    begin = datetime(first.year, first.month, first.day)
    end = begin + days * _ONE_DAY
    found: list[Span] = []
    for offset in range(-1, days):
        day = first + offset * _ONE_DAY
        kind = kind_of_day(day, plays_makeup=plays_makeup)
        for text in texts:
            found += spans_of_day(text, day, kind) if text else []
    cut = [(max(a, begin), min(b, end)) for a, b in found if b > begin and a < end]
    return [(a.replace(tzinfo=SHANGHAI), b.replace(tzinfo=SHANGHAI)) for a, b in joined(cut)]


def joined(spans: list[Span]) -> list[Span]:
    """Return the spans in order, those that touch or overlap made one."""
    made: list[Span] = []
    for begin, end in sorted(spans):
        if made and begin <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        elif begin < end:
            made.append((begin, end))
    return made


def without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """Return the spans without the holes."""
    left = spans
    for begin, end in holes:
        left = [
            piece
            for a, b in left
            for piece in ((a, min(b, begin)), (max(a, end), b))
            if piece[0] < piece[1]
        ]
    return left


def split_rules(text: str) -> list[tuple[str, str]]:
    """Return the rules of a text as the library writes it, each with the separator before it."""
    hidden = _QUOTED.sub(lambda found: "\0" * len(found.group()), text)
    made, start, before = [], 0, ""
    for found in re.finditer(r"; |, | \|\| ", hidden):
        made.append((before, text[start : found.start()]))
        before, start = found.group(), found.end()
    return [*made, (before, text[start:])]


def weekdays_in(rule: str) -> "re.Match[str] | None":
    """Return where a rule names its weekdays, None where it names none."""
    hidden = _QUOTED.sub(lambda found: "\0" * len(found.group()), rule)
    return _DAYS.search(hidden)


# ---- inside -----------------------------------------------------------------------------------


def _read(text: str) -> OpeningHours:
    return OpeningHours(
        text, coords=_HANGZHOU, timezone=_ZONE, auto_country=False, auto_timezone=False
    )


_parsed = lru_cache(maxsize=20_000)(_read)


@lru_cache(maxsize=50_000)
def _for_day(text: str, kind: DayKind) -> str:
    """Return the text with only what counts on such a day, on its weekday; "" where nothing does."""
    made = ""
    for separator, rule in split_rules(text):
        if piece := _rule_for_day(rule, kind):
            made += (separator if made else "") + piece
    return made


def _rule_for_day(rule: str, kind: DayKind) -> str:
    found, own = weekdays_in(rule), WEEKDAYS[kind.weekday]
    if found is None:
        return _with_weekday(rule, own)
    kept = []
    for item in found.group().split(","):
        if item == "PH":
            kept += [own] if kind.is_holiday else []
        elif "[" in item:
            kept += [item] if item.startswith(own) else []
        elif kind.plays in _numbers(item):
            kept.append(own)
    if not kept:
        return ""
    return rule[: found.start()] + ",".join(dict.fromkeys(kept)) + rule[found.end() :]


def _with_weekday(rule: str, weekday: str) -> str:
    if rule.startswith("24/7"):
        return weekday + rule.removeprefix("24/7")
    found = _REST_OF_RULE.search(rule)
    at = found.start() if found else len(rule)
    return " ".join(f"{rule[:at].rstrip()} {weekday} {rule[at:]}".split())


def _numbers(item: str) -> set[int]:
    first, _, last = item.partition("-")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    return {number % 7 for number in range(begin, end + 1 if end >= begin else end + 8)}


# ---- faults -----------------------------------------------------------------------------------


def _unreadable(text: str, fault: str) -> str:
    place = re.search(r"-->\s*1:(\d+)", fault)
    near = text[int(place.group(1)) - 1 :][:12] if place else ""
    where = f"看不懂“{near}”这一段。" if near else "后面像是没写完。"
    return f"开放时间{where}{EXPECTED}。"


def _check_understood(text: str) -> None:
    if re.search(r"(?<![A-Za-z])SH(?![A-Za-z])", text):
        raise Malformed(
            "stations.hours_school_holidays",
            "没有学校放假的日历，SH 算不出来。把放假的日子写成月份，比如 Jul-Aug 08:00-22:00。",
        )
    for _, rule in split_rules(text):
        found = weekdays_in(rule)
        rest = rule[found.end() :].lstrip() if found else ""
        if _NTH_SHIFTED.search(rule) or _DAYS.match(rest):
            raise Malformed(
                "stations.hours_holiday_alone",
                "节假日 PH 单独写一段，不要带天数、也不要和周几叠在一起，比如 PH 09:00-17:00。",
            )


def _check_spans(text: str) -> None:
    for _, rule in split_rules(text):
        minutes = []
        for found in _TIMES.finditer(_QUOTED.sub("", rule)):
            a, b, c, d = map(int, found.groups())
            begin, end = a * 60 + b, c * 60 + d
            if begin == end:
                raise Malformed(
                    "stations.hours_empty",
                    f"{found.group()} 起止一样，不知道是不开还是全天开。"
                    "全天开放写成 00:00-24:00，不开写成 off。",
                )
            minutes.append((begin, end if end > begin else end + 1_440, found.group()))
        minutes.sort()
        for (_, end, one), (begin, _, other) in pairwise(minutes):
            if begin < end:
                raise Malformed(
                    "stations.hours_overlap",
                    f"{one} 和 {other} 重叠了。写成一段，或者把时间错开。",
                )


def _check_nights(text: str) -> None:
    """The night of one day may not reach into the morning of the next."""
    months = range(1, 13) if re.search(r"[A-Z][a-z]{2}(?![a-z])", text) else (3,)
    for month in months:
        for number in range(1, 9):
            day = date(2026, month, number)
            today = spans_of_day(text, day, DayKind(day.weekday(), day.weekday(), False))
            after = day + _ONE_DAY
            tomorrow = spans_of_day(text, after, DayKind(after.weekday(), after.weekday(), False))
            if not today or not tomorrow or tomorrow[0][0] >= today[-1][1]:
                continue
            raise Malformed(
                "stations.hours_night_overlap",
                f"周{'一二三四五六日'[day.weekday()]}开到次日 {today[-1][1]:%H:%M}，"
                f"次日 {tomorrow[0][0]:%H:%M} 又开始，重叠了。把前一天的结束或者后一天的开始改一下。",
            )
