"""``nuanxin backup FILE``: everything in the database, in one file."""

import argparse
from pathlib import Path
from typing import Any

from config.opening import opened
from config.places import places


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("backup", help="把数据库备份成一个文件")
    parser.add_argument("file", metavar="文件", type=Path)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the backup; the keys are not in it, and the sentence printed says so."""
    where = places(options.data)
    with opened(where, migrate=False):
        from config.postgres.backup import write_backup

        size = write_backup(options.file)
    print(
        f"已备份到 {options.file}（{size / 1024 / 1024:.1f} MB）。"
        f"钥匙不在里面：请把 {where.keys} 另外保存，没有钥匙就读不出证件号码和手机号。"
    )
    return 0
