"""A figure over time as everybody may have it: a point a day, a month or a year."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.figures.queries.board import least_cell_persons
from nuanxin.figures.queries.measuring import Measurement, measure, measured_as, ratio_for_everybody
from nuanxin.figures.queries.registry import NOT_KNOWN, get_figure
from nuanxin.figures.rules.small_numbers import published
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import Unit
from nuanxin.kernel.period import Period, PeriodKind, shift_months

MOST_POINTS = {"day": 92, "month": 60, "year": 20}
"""Points of one answer; who wants more asks for the next stretch."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points in order; persons are to the ten, whatever their number. ``is_open``: the last point is
    of a day or a time that is not over yet."""

    points: tuple[Measurement, ...]
    is_open: bool


def get_series(
    code: str,
    *,
    region: int,
    first: date | None = None,
    last: date | None = None,
    step: str = "month",
    occupation: str = "",
    channel: str = "",
    known_on: date | None = None,
    now: datetime,
) -> Series:
    """Return a public figure at the end of each step (or in each step, if it is counted in a period).

    Without ``first`` a year of months, a month of days, five years. ``known_on``: as it was known at
    the end of that day, which must be over. Raises as ``measure``; ``Malformed`` figures.backwards,
    figures.too_many_points, figures.not_yet.
    """
    if not get_figure(code).public:
        raise NotFound("figures.unknown", "没有这个指标。列表在 /api/v1/figures。")
    today = clock.business_day(now)
    last = last or today
    if last > today or (known_on is not None and known_on >= today):
        raise Malformed("figures.not_yet", f"还没到的日子没有数，今天是 {today}。")
    spans = _spans(first or _usual_start(last, step), last, step)
    points = [_point(code, span, region, occupation, channel, known_on, now=now) for span in spans]
    return Series(tuple(points), is_open=last >= today)


def _usual_start(last: date, step: str) -> date:
    if step == "day":
        return last - timedelta(days=29)
    months = 11 if step == "month" else 48
    return shift_months(last.replace(day=1), -months)


def _spans(first: date, last: date, step: str) -> list[Period]:
    if first > last:
        raise Malformed("figures.backwards", "起止写反了：from 在 to 的后面。请对调再看。")
    spans: list[Period] = []
    start = first
    while start <= last:
        if len(spans) == MOST_POINTS[step]:
            raise Malformed(
                "figures.too_many_points", f"一次最多 {MOST_POINTS[step]} 个点。请分几段来取。"
            )
        following = _following(start, step)
        spans.append(Period(start, min(last, following - timedelta(days=1))))
        start = following
    return spans


def _following(start: date, step: str) -> date:
    if step == "day":
        return start + timedelta(days=1)
    if step == "month":
        return shift_months(start.replace(day=1), 1)
    return date(start.year + 1, 1, 1)


def _point(
    code: str,
    span: Period,
    region: int,
    occupation: str,
    channel: str,
    known_on: date | None,
    *,
    now: datetime,
) -> Measurement:
    is_stock = get_figure(code).period_kind is PeriodKind.AS_OF
    asked: dict[str, Any] = {
        "region": region,
        "as_of": span.end,
        "period": None if is_stock else span,
        "occupation": occupation,
        "channel": channel,
        "now": now,
    }
    try:
        measured = measure(code, known_at=clock.day_end(known_on) if known_on else None, **asked)
    except NotFound as refusal:
        if refusal.code not in NOT_KNOWN:
            raise
        return measured_as(code, None, **asked)
    if measured.is_ratio:
        return ratio_for_everybody(measured, least=least_cell_persons(region, now))
    if measured.unit not in (Unit.PERSONS, Unit.PERSON_TIMES) or measured.value is None:
        return measured
    least = least_cell_persons(region, now)
    return measured.as_published(published(measured.value, least=least), rounded_to=least)
