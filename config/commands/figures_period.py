"""Over which days ``nuanxin figures show`` counts: ``--period``, or ``--from`` and ``--to``."""

import argparse
from datetime import date
from typing import TYPE_CHECKING

from config.usage import day
from nuanxin.kernel.errors import Malformed

if TYPE_CHECKING:
    from nuanxin.kernel.period import Period


def add_period(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--period",
        metavar="时间段",
        default="",
        help="一段时间里的数：2026、2026-05、2026-05-06，或者 2026-05-01..2026-05-31",
    )
    parser.add_argument("--from", dest="first", metavar="日期", type=day, help="从哪天起")
    parser.add_argument("--to", dest="last", metavar="日期", type=day, help="到哪天，默认今天")


def period_of(options: argparse.Namespace, *, today: date) -> "Period | None":
    """Return the days that were asked for, None where none were.

    Raises ``Malformed`` for two ways at once, for an end alone, for ends the wrong way round, and
    for a figure that is told of a day.
    """
    from nuanxin.kernel.period import Period, parse_period

    if not (options.period or options.first or options.last):
        return None
    _insist_on_one_way(options)
    if options.period:
        period = parse_period(options.period)
    else:
        last = options.last or today
        if options.first > last:
            raise Malformed(
                "period.backwards", f"起止写反了：{options.first} 在 {last} 后面。请对调再试。"
            )
        period = Period(options.first, last)
    _insist_on_a_flow(options.code)
    return period


def _insist_on_one_way(options: argparse.Namespace) -> None:
    if options.period and (options.first or options.last):
        raise Malformed(
            "figures.period_twice", "时间段写了两遍：--period 和 --from、--to 只用一种。"
        )
    if options.as_of:
        raise Malformed(
            "figures.period_twice",
            "写了时间段，就截至它的最后一天，--as-of 不用再写。",
        )
    if options.last and not options.first:
        raise Malformed("figures.period_open", "只写了到哪天。请用 --from 写上从哪天起。")


def _insist_on_a_flow(code: str) -> None:
    from nuanxin.figures.queries import get_figure
    from nuanxin.kernel.period import PeriodKind

    definition = get_figure(code)
    if definition.period_kind is PeriodKind.AS_OF:
        raise Malformed(
            "figures.of_a_day",
            f"“{definition.label}”是某一天的数，不按时间段算。请用 --as-of 写哪一天。",
        )
