"""``nuanxin restore FILE``: put a backup in the place of the present database."""

import argparse
from pathlib import Path
from typing import Any

from config.opening import opened
from config.places import places


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("restore", help="用备份文件替换现在的数据库")
    parser.add_argument("file", metavar="文件", type=Path)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Restore beside the present database, then change places; the old one is kept."""
    with opened(places(options.data), migrate=False):
        from config.postgres.backup import restore_backup

        kept = restore_backup(options.file)
    print(f"已从 {options.file} 恢复。原来的数据库改名为 {kept}，确认无误后可以删除。")
    return 0
