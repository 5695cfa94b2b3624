"""``nuanxin manage …``: a Django management command, with the database held open for it."""

import argparse
from typing import Any

from config.opening import opened
from config.places import places


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("manage", help="执行一条 Django 管理命令（供开发者使用）")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="命令和它的参数")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Pass everything on to Django."""
    with opened(places(options.data), migrate=False):
        from django.core.management import execute_from_command_line

        try:
            execute_from_command_line(["nuanxin manage", *options.command])
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0
