"""A figure as everybody may have it: written as the board writes it, withheld where it withholds."""

from datetime import date, datetime

from nuanxin.figures.queries.board import (
    exact_total_from_persons,
    is_exact_total,
    least_cell_persons,
)
from nuanxin.figures.queries.measuring import (
    Measurement,
    insist_on_known,
    measure,
    ratio_for_everybody,
)
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.rules.small_numbers import published
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import Unit
from nuanxin.kernel.period import Period


def measure_for_everybody(
    code: str,
    *,
    region: int,
    as_of: date | None = None,
    period: Period | None = None,
    occupation: str = "",
    channel: str = "",
    kind: str = "",
    route: str = "",
    known_on: date | None = None,
    now: datetime,
) -> Measurement:
    """Return a public figure; persons to the ten, a few of them without value.

    ``known_on``: as it was known at the end of that day, which must be over, and as of that day
    unless another is asked for; persons are then always to the ten, so that no two days of knowledge
    tell of a few. Raises as ``measure``; a figure that is not public is ``NotFound`` figures.unknown.
    """
    if not get_figure(code).public:
        raise NotFound("figures.unknown", "没有这个指标。列表在 /api/v1/figures。")
    if known_on is not None:
        insist_on_known(known_on, now)
        as_of = as_of or known_on
    measured = measure(
        code,
        region=region,
        as_of=as_of,
        period=period,
        occupation=occupation,
        channel=channel,
        kind=kind,
        route=route,
        known_at=clock.day_end(known_on) if known_on else None,
        now=now,
    )
    if measured.is_ratio:
        return ratio_for_everybody(measured, least=least_cell_persons(region, now))
    if measured.unit not in (Unit.PERSONS, Unit.PERSON_TIMES) or measured.value is None:
        return measured
    least = least_cell_persons(region, now)
    if known_on is None and _is_exact_total(measured, region=region, least=least, now=now):
        return measured
    return measured.as_published(published(measured.value, least=least), rounded_to=least)


def _is_exact_total(measured: Measurement, *, region: int, least: int, now: datetime) -> bool:
    """Return whether the board shows it to the person. It is asked only for what may be large enough."""
    exact_from = exact_total_from_persons(region, now)
    if measured.occupation or measured.channel or (measured.value or 0) < exact_from:
        return False
    return is_exact_total(
        measured.code, region=region, day=measured.as_of, least=least, exact_from=exact_from
    )
