"""``nuanxin import-roster``: a union's roster file, previewed or taken in."""

import argparse
from pathlib import Path
from typing import Any

from config.opening import opened
from config.places import places
from nuanxin.kernel.errors import Unavailable


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("import-roster", help="导入一个工会的名册（先预览，--yes 生效）")
    parser.add_argument("file", metavar="文件", type=Path, help=".xlsx、.xls 或 .csv")
    parser.add_argument("--union", metavar="工会编码", required=True)
    parser.add_argument("--yes", action="store_true", help="预览之后直接生效")
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Preview the file, and with ``--yes`` let it take effect."""
    with opened(places(options.data)):
        raise Unavailable("rosters.not_built", "这一版还不能导入名册。")
