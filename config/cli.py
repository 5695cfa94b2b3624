"""The command line of the product: ``nuanxin``.

Exit status: 0 done, 1 refused with reasons, 2 wrong usage.
"""

import argparse
import importlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence

from config.places import Places, places
from config.usage import UsageParser
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.text import without_numbers

# One file each in config/commands/, in the order of the help page.
COMMANDS = (
    "up",
    "demo",
    "import_roster",
    "figures",
    "eligibility",
    "programmes",
    "quota",
    "draw",
    "doctor",
    "migrate",
    "backup",
    "restore",
    "database",
    "manage",
)
DONE, REFUSED, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; refusals are told on stderr in Chinese."""
    options = build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese is no defect
    signal.signal(signal.SIGTERM, _end)  # so that what was opened is closed
    try:
        status: int = options.run(options)
        return status
    except Refusal as refusal:
        print(f"{refusal.message}（{refusal.code}）", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("已停下。", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return REFUSED
    except Exception as error:
        return _tell_defect(options, error)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every command; reading it needs neither Django nor a database."""
    parser = UsageParser(
        prog="nuanxin", description="暖新：新就业形态劳动者工会服务平台", add_help=True
    )
    _add_data_option(parser, default=None)
    subparsers = parser.add_subparsers(title="命令", metavar="命令", required=True)
    for name in COMMANDS:
        importlib.import_module(f"config.commands.{name}").register(subparsers)
    for name, command in subparsers.choices.items():
        if name != "manage":  # Django's commands have options of their own
            _add_data_option(command, default=argparse.SUPPRESS)
    return parser


def _add_data_option(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    told = "数据文件夹（默认 NUANXIN_DATA 或 ./data）"
    parser.add_argument("--data", metavar="文件夹", default=default, help=told)


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def chosen_places(options: argparse.Namespace) -> Places:
    """Return the data folder that the command was given."""
    return places(options.data)


def _tell_defect(options: argparse.Namespace, error: Exception) -> int:
    """Tell what failed in a sentence, and keep the full account in the data folder's log."""
    if os.environ.get("NUANXIN_DEBUG"):
        traceback.print_exception(error)
        return REFUSED
    log = chosen_places(options).log
    log.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = log / "defects.log"
    with account.open("a", encoding="utf-8") as file:
        file.write(without_numbers("".join(traceback.format_exception(error))))
    print(
        f"这条命令没有做完，原因是程序没有料到的情况：{type(error).__name__}。"
        f"详细经过记在 {account}，请交给维护人员。（defect）",
        file=sys.stderr,
    )
    return REFUSED


if __name__ == "__main__":
    raise SystemExit(main())
