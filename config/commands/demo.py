"""``nuanxin demo``: a reproducible world of invented people and unions."""

import argparse
from datetime import date
from typing import Any

from config.opening import opened
from config.places import places

SCALES = ("small", "county", "province")


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("demo", help="装入演示数据（人名和号码都是编造的）")
    parser.add_argument("--scale", choices=SCALES, default="small", help="规模，默认 small")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="同样的 N 得到同样的数据")
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        metavar="日期",
        help="五年里的最后一天，默认昨天；N 和日期都相同，数据才相同",
    )
    parser.add_argument("--again", action="store_true", help="清掉已有的演示数据，重装一次")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Build the world and say where its sign-ins are."""
    where = places(options.data)
    with opened(where):
        from config.first_start import load_demonstration

        load_demonstration(
            where,
            scale=options.scale,
            seed=options.seed,
            until=options.until,
            again=options.again,
        )
    print(f"演示数据已装入，可以登录的人列在 {where.manifest}。")
    return 0
