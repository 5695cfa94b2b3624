"""Slots of desk hours: cut from opening hours, whole ones only, none in a closure or in the past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.stations.rules.hours import Span, open_spans, without
from nuanxin.stations.states.services import ServiceKind

LONGEST_NOTE = 100
MOST_SLOTS = 400


@dataclass(frozen=True, slots=True)
class BookingTerms:
    """How far ahead one may book, until how many hours before one may change, how many one may hold."""

    days_ahead: int
    change_hours: int
    most_open: int

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "BookingTerms":
        """Read the parameter's value."""
        return cls(int(value["days_ahead"]), int(value["change_hours"]), int(value["most_open"]))

    def change_until(self, starts_at: datetime) -> datetime:
        """Return until when a booking that starts then may be changed by who made it."""
        return starts_at - timedelta(hours=self.change_hours)


def slots(
    hours: str, *, minutes: int, first: date, days: int, closed: Sequence[Span], now: datetime
) -> list[Span]:
    """Return the slots that begin after ``now``, at most ``MOST_SLOTS``, in order.

    A span that is cut by a closure is counted from where it opens again; what is left of a span and
    shorter than a slot is none.
    """
    step = timedelta(minutes=minutes)
    made: list[Span] = []
    for begin, end in without(open_spans((hours,), first=first, days=days), list(closed)):
        at = begin
        while at + step <= end and len(made) < MOST_SLOTS:
            if at > now:
                made.append((at, at + step))
            at += step
    return made


def topics_of(value: Mapping[str, Any], kind: ServiceKind) -> dict[str, str]:
    """Return the categories of a kind of service, code to label, from the parameter's value."""
    return {str(one["code"]): str(one["label"]) for one in value[kind.name.lower()]}
