"""开放时间 as a plain form: for each weekday from–to, twice at most, and how it is on holidays."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from nuanxin.kernel.errors import Malformed
from nuanxin.stations.rules.hours import WEEKDAYS, read_hours, split_rules, weekdays_in

LABELS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
AS_USUAL, SHUT, OWN = "usual", "shut", "own"
SPANS_A_DAY = 2
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
Times = tuple[tuple[str, str], ...]
NONE: Times = ()


@dataclass(frozen=True, slots=True)
class PlainHours:
    """Times of seven weekdays from Monday (none: shut), and of holidays: as usual, shut, or own ones."""

    days: tuple[Times, ...] = field(default=((),) * 7)
    holidays: str = AS_USUAL
    holiday_times: Times = ()

    def as_osm(self) -> str:
        """Return the OSM text, checked; "" where no day has a time. Raises ``Malformed``."""
        rules = []
        for times, run in groupby(range(7), key=lambda number: self.days[number]):
            numbers = list(run)
            if not times:
                continue
            days = WEEKDAYS[numbers[0]]
            days += f"-{WEEKDAYS[numbers[-1]]}" if len(numbers) > 1 else ""
            rules.append(f"{days} {_spans(times, LABELS[numbers[0]])}")
        if self.holidays == SHUT and rules:
            rules.append("PH off")
        elif self.holidays == OWN:
            if not self.holiday_times:
                raise Malformed(
                    "stations.hours_holiday_empty", "写上节假日几点到几点，或者选“不开”。"
                )
            rules.append(f"PH {_spans(self.holiday_times, '节假日')}")
        return read_hours("; ".join(rules))


def plain_hours(text: str) -> PlainHours | None:
    """Return the form of an OSM text, None where the form cannot hold it (months, dates, sun times)."""
    days: list[Times] = [()] * 7
    holidays, own = AS_USUAL, NONE
    for separator, rule in split_rules(text) if text else ():
        if text == "24/7":
            return PlainHours(((("00:00", "24:00"),),) * 7)
        found = weekdays_in(rule)
        before = rule[: found.start()].strip() if found else ""
        times = _times(rule[found.end() :].strip() if found else rule)
        if before or times is None or separator not in ("", "; "):
            return None
        for item in found.group().split(",") if found else ["Mo-Su"]:
            if "[" in item:
                return None
            if item == "PH":
                holidays, own = (OWN, times) if times else (SHUT, NONE)
                continue
            first, _, last = item.partition("-")
            begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            for number in range(begin, end + 1 if end >= begin else end + 8):
                days[number % 7] = times
    return PlainHours(tuple(days), holidays, own)


def read_plain(given: Mapping[str, str]) -> PlainHours:
    """Return the form from its fields: ``d0a`` … ``d6d`` (from, to, from, to), ``holidays``, ``pa`` …

    Raises ``Malformed`` for a time that is none, and for a start without an end.
    """
    days = tuple(_row(given, f"d{number}", LABELS[number]) for number in range(7))
    holidays = given.get("holidays", AS_USUAL)
    own = _row(given, "p", "节假日") if holidays == OWN else ()
    return PlainHours(days, holidays if holidays in (AS_USUAL, SHUT, OWN) else AS_USUAL, own)


def _row(given: Mapping[str, str], name: str, label: str) -> Times:
    made = []
    for begin, end in (("a", "b"), ("c", "d")):
        one, other = given.get(name + begin, "").strip(), given.get(name + end, "").strip()
        if not one and not other:
            continue
        if not one or not other:
            raise Malformed("stations.hours_half", f"{label}只写了一头，几点到几点都要写。")
        made.append((_clock(one, label), _clock(other, label)))
    return tuple(made)


def _clock(text: str, label: str) -> str:
    if not _TIME.fullmatch(text) or text > "24:00":
        raise Malformed(
            "stations.hours_clock", f"{label}的时间写成 08:00 这样，从 00:00 到 24:00。"
        )
    return text


def _spans(times: Times, label: str) -> str:
    if len(times) > SPANS_A_DAY:
        raise Malformed("stations.hours_spans", f"{label}最多写 {SPANS_A_DAY} 段。")
    return ",".join(f"{begin}-{end}" for begin, end in times)


def _times(text: str) -> Times | None:
    if text in ("closed", "off"):
        return ()
    if text == "":
        return (("00:00", "24:00"),)
    made = []
    for span in text.split(","):
        found = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", span)
        if found is None or found.group(2) > "24:00":
            return None
        made.append((found.group(1), found.group(2)))
    return tuple(made) if len(made) <= SPANS_A_DAY else None
