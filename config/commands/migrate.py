"""``nuanxin migrate``: bring the tables up to date."""

import argparse
from typing import Any

from config.opening import opened
from config.places import places


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("migrate", help="把数据库结构更新到当前版本")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Apply the migrations that are missing."""
    with opened(places(options.data), migrate=False):
        from config.schema import bring_up_to_date

        applied = bring_up_to_date()
    print(f"数据库结构已是最新，这次更新了 {applied} 步。" if applied else "数据库结构已是最新。")
    return 0
