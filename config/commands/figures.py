"""``nuanxin figures list|show``: the declared figures and their values."""

import argparse
from datetime import date
from typing import Any

from config.opening import opened
from config.places import places
from nuanxin.kernel.errors import Unavailable


def register(subparsers: Any) -> None:
    """Add the command with its two actions."""
    parser = subparsers.add_parser("figures", help="列出或查看统计数字")
    actions = parser.add_subparsers(title="动作", metavar="list|show", required=True)
    listing = actions.add_parser("list", help="列出全部指标")
    showing = actions.add_parser("show", help="查看一个指标的值")
    showing.add_argument("code", metavar="指标代码")
    showing.add_argument("--region", metavar="行政区划代码", default="")
    showing.add_argument("--as-of", metavar="日期", type=date.fromisoformat, default=None)
    for action in (listing, showing):
        action.add_argument("--json", action="store_true", help="输出 JSON")
        action.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    listing.set_defaults(run=run_list)
    showing.set_defaults(run=run_show)


def run_list(options: argparse.Namespace) -> int:
    """Print every declared figure."""
    with opened(places(options.data)):
        raise Unavailable("figures.not_built", "这一版还没有统计数字。")


def run_show(options: argparse.Namespace) -> int:
    """Print the value of one figure."""
    with opened(places(options.data)):
        raise Unavailable("figures.not_built", "这一版还没有统计数字。")
