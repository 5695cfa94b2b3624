"""Hours promised and hours delivered of a day, in minutes of the day.

Delivered is told only of days on which somebody said something about the door. A word holds until
the next one of that day; before the first of the day what the first says holds, so that who opens in
the morning has opened on time, and who finds it shut has found it shut. Where a word was said to hold
until then, after it the opposite holds. Full is open, and stays open when it is full no more. What nobody said anything of is not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.stations.rules.hours import open_spans

DAY = 1_440
Minutes = tuple[tuple[int, int], ...]
"""Spans of minutes of one day, in order, none touching: 08:00 to 22:00 is (480, 1320)."""


@dataclass(frozen=True, slots=True)
class Word:
    """What was said at a minute of the day; ``until`` is the minute up to which it holds."""

    minute: int
    is_open: bool
    until: int | None = None


def promised_by_day(
    texts: tuple[str, ...], *, first: date, days: int, plays_makeup: bool
) -> list[Minutes]:
    """Return the promised minutes of each day from ``first`` on; hours past midnight are split."""
    made: list[list[tuple[int, int]]] = [[] for _ in range(days)]
    for begin, end in open_spans(texts, first=first, days=days, plays_makeup=plays_makeup):
        cut_by_day(made, begin, end, first)
    return [tuple(one) for one in made]


def cut_by_day(
    days: list[list[tuple[int, int]]], begin: datetime, end: datetime, first: date
) -> None:
    """Add a span of local times to the days from ``first`` on that it touches."""
    start, stop = _minute(begin, first), _minute(end, first)
    for number in range(max(0, start // DAY), min(len(days), -(-stop // DAY))):
        low, high = max(start - number * DAY, 0), min(stop - number * DAY, DAY)
        if low < high:
            days[number].append((low, high))


def _minute(at: datetime, first: date) -> int:
    return (at.date() - first).days * DAY + at.hour * 60 + at.minute


def length(spans: Minutes) -> int:
    """Return how many minutes the spans have."""
    return sum(end - begin for begin, end in spans)


def without_minutes(spans: Minutes, holes: Sequence[tuple[int, int]]) -> Minutes:
    """Return the spans without the holes."""
    left = list(spans)
    for begin, end in holes:
        left = [
            piece
            for low, high in left
            for piece in ((low, min(high, begin)), (max(low, end), high))
            if piece[0] < piece[1]
        ]
    return tuple(left)


def delivered(promised: Minutes, words: Sequence[Word]) -> int | None:
    """Return how many of the promised minutes it was open, None where nobody said anything."""
    if not words:
        return None
    if all(one.is_open and one.until is None for one in words):
        return length(promised)
    ordered = sorted(words, key=lambda one: one.minute)
    ends = [*(one.minute for one in ordered[1:]), DAY]
    shut: list[tuple[int, int]] = []
    begin = 0
    for word, end in zip(ordered, ends, strict=True):
        turn = end if word.until is None else max(begin, min(word.until, end))
        shut.append((turn, end) if word.is_open else (begin, turn))
        begin = end
    return length(without_minutes(promised, shut))
