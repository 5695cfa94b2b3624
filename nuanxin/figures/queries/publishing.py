"""A figure as everybody may have it: what the board withholds is withheld here too."""

from datetime import date, datetime

from nuanxin.figures.queries.board import Cut, least_cell_persons, may_publish
from nuanxin.figures.queries.measuring import Measurement, channel_key, measure
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.registry import get_figure
from nuanxin.kernel import occupations
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
    now: datetime,
) -> Measurement:
    """Return a public figure; of a few persons, or where a subtraction would tell, without value.

    Raises as ``measure``; a figure that is not public is ``NotFound`` figures.unknown.
    """
    if not get_figure(code).public:
        raise NotFound("figures.unknown", "没有这个指标。列表在 /api/v1/figures。")
    measured = measure(
        code,
        region=region,
        as_of=as_of,
        period=period,
        occupation=occupation,
        channel=channel,
        now=now,
    )
    if measured.unit is not Unit.PERSONS or measured.value == 0:
        return measured
    least = least_cell_persons(region, now)
    is_small = 0 < abs(measured.value or 0) < least
    if is_small or not _is_on_the_board(measured, region=region, least=least):
        return measured.withheld()
    return measured


def _is_on_the_board(measured: Measurement, *, region: int, least: int) -> bool:
    period = measured.period
    since = period.start if period and period.start > COUNTED_FROM else None
    return may_publish(
        measured.code,
        region=region,
        cut=_cut(measured.occupation, measured.channel),
        day=measured.as_of,
        since=since,
        least=least,
    )


def _cut(occupation: str, channel: str) -> Cut | None:
    if occupation and channel:
        return None
    if occupation:
        return ("occupation", occupations.occupation(occupation).key)
    return ("channel", channel_key(channel)) if channel else ("all", 0)
