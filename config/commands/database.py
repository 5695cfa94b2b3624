"""``nuanxin database start|stop|status``: the embedded server by itself."""

import argparse
from typing import Any

from config import embedded
from config.places import places


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("database", help="单独启动、停止或查看内嵌数据库")
    parser.add_argument("action", choices=["start", "stop", "status"], metavar="start|stop|status")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do it, and say how things stand."""
    where = places(options.data)
    if not embedded.uses_embedded_server():
        print("DATABASE_URL 指定了别的数据库服务器，内嵌数据库没有使用。")
        return 1
    if options.action == "start":
        embedded.start_and_stay(where)
    elif options.action == "stop" and where.run.exists():
        embedded.stop_server(where)
    address = embedded.server_address(where)
    if address is None:
        print("数据库没有运行。")
        return 1 if options.action == "start" else 0
    held = "，有程序正在使用" if embedded.is_leased(where) else ""
    print(
        f"数据库正在运行（PostgreSQL {address.major}，进程 {address.pid}，"
        f"端口 127.0.0.1:{address.port}{held}）。"
    )
    return 1 if options.action == "stop" else 0
