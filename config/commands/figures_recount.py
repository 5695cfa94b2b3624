"""``nuanxin figures recount``: proves that what the fold keeps is what a count from nothing gives.

Ends with 0 when every cell agrees, with 1 when one differs (it is named), with 2 on wrong usage.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from config.opening import opened
from config.places import places
from config.usage import day

if TYPE_CHECKING:
    from nuanxin.membership.actions.recounting import Compared

FOUND_FAULTS = 1
_NAMES = {
    "memberstock": "各地月末累计",
    "unionstock": "各工会月末累计",
    "memberspot": "月内累计",
    "register": "在册名单",
    "spans": "联系服务区间的变动",
    "contacts": "联系服务区间",
    "station_hours": "驿站开放时间",
}


def add_recount(actions: Any) -> argparse.ArgumentParser:
    """Add the action."""
    parser: argparse.ArgumentParser = actions.add_parser(
        "recount",
        help="从头再数一遍，和平时记的累计逐格核对",
        description="把平时维护的累计和从变动记录、在册名单重新数的逐格核对。都一样返回 0，"
        "有一格不一样就指出来，返回 1。",
    )
    parser.add_argument("--from", dest="first", metavar="月份", type=_month, help="例如 2024-01")
    parser.add_argument("--to", dest="last", metavar="月份", type=_month, help="例如 2024-12")
    parser.add_argument(
        "--day", dest="days", metavar="日期", type=day, action="append", default=[],
        help="只核对这一天，可重复",
    )  # fmt: skip
    parser.set_defaults(run=run_recount)
    return parser


def run_recount(options: argparse.Namespace) -> int:
    """Recount and print each comparison; return 1 when a cell differs."""
    started = time.monotonic()
    found = []
    with opened(places(options.data)):
        for one in _comparisons(options.first, options.last, options.days):
            found.append(one)
            if not options.json:
                _tell(one)
    differing = sum(one.differing for one in found)
    if options.json:
        plain = [
            {"name": c.name, "cells": c.cells, "differing": c.differing, "shown": list(c.shown)}
            for c in found
        ]
        print(json.dumps({"agrees": not differing, "compared": plain}, ensure_ascii=False))
    else:
        said = f"有 {differing:,} 格不一样。" if differing else "全部一样。"
        print(f"{said}用时 {time.monotonic() - started:.1f} 秒。")
    return FOUND_FAULTS if differing else 0


def _comparisons(first: date | None, last: date | None, days: list[date]) -> "Iterator[Compared]":
    from nuanxin.kernel import clock
    from nuanxin.membership.actions.recounting import recount, recount_day

    if days:
        yield from map(recount_day, days)
    else:
        yield from recount(first=first, last=last, today=clock.business_day(clock.now()))
        yield _of_hours(first, last)


def _of_hours(first: date | None, last: date | None) -> "Compared":
    from nuanxin.kernel.period import Month, Period
    from nuanxin.membership.actions.recounting import SHOWN_CELLS, Compared
    from nuanxin.stations.queries.hours_cells import differing_cells, kept_days, list_cells

    kept = kept_days()
    if kept is None:
        return Compared("station_hours", 0, 0, ())
    asked = Period(
        first or kept.start, max(first or kept.start, Month.of(last).end if last else kept.end)
    )
    inside = kept.intersection(asked)
    wrong = differing_cells(asked)
    cells = len(list_cells(inside)) if inside else 0
    return Compared("station_hours", cells, len(wrong), tuple(wrong[:SHOWN_CELLS]))


def _tell(one: "Compared") -> None:
    name = _NAMES.get(one.name, one.name.removeprefix("day "))
    state = "一样" if one.agrees else f"{one.differing:,} 格不一样：{'，'.join(one.shown)}"
    print(f"{name}：{one.cells:,} 格，{state}", flush=True)
    sys.stdout.flush()


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是月份。请写成 2024-01 的样子。") from None
