"""``nuanxin draw commit|run|verify FILE``: lots that anybody can draw again. Needs no database."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from nuanxin.kernel.errors import Conflict, Malformed

ONLY_NEW = "x"
LARGEST_FILE = 512 * 1024 * 1024


def register(subparsers: Any) -> None:
    """Add the command with its actions."""
    parser = subparsers.add_parser("draw", help="抽签：封存名单、抽、核对")
    actions = parser.add_subparsers(
        title="动作", metavar="commit|run|verify|seal|script", required=True
    )
    committing = actions.add_parser("commit", help="封存名单和规则，指纹写进文件")
    running = actions.add_parser("run", help="种子数出来以后抽，结果写进文件")
    running.add_argument("--value", metavar="种子数", help="公开的数，照公布的样子写")
    running.add_argument(
        "--reveal", metavar="姓名=数", action="append", type=revealed, help="各人封存的数，每人一个"
    )
    verifying = actions.add_parser("verify", help="核对名单没有动过、结果算得出来")
    for action, function in (
        (committing, run_commit),
        (running, run_draw),
        (verifying, run_verify),
    ):
        action.add_argument("file", metavar="抽签文件", type=Path)
        action.add_argument("--json", action="store_true", help="输出 JSON")
        action.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
        action.set_defaults(run=function)
    sealing = actions.add_parser("seal", help="算一个数的封存指纹，抽签以前交上去")
    sealing.add_argument("name", metavar="姓名")
    sealing.add_argument("number", metavar="数")
    sealing.set_defaults(run=run_seal)
    giving = actions.add_parser("script", help="写出单独的核对程序，和抽签文件一起公布")
    giving.add_argument("file", metavar="文件", type=Path)
    giving.set_defaults(run=run_script)


def revealed(text: str) -> tuple[str, str]:
    """Return the name and the number that were typed; for ``type=`` of an argument."""
    name, sign, number = text.partition("=")
    if not sign or not name.strip() or not number.strip():
        raise argparse.ArgumentTypeError(f"“{text}”读不懂。请写成 张三=482915 的样子。")
    return name.strip(), number.strip()


def run_commit(options: argparse.Namespace) -> int:
    """Write the commitment into the file."""
    from nuanxin.kernel import draw

    done = _tried(draw.commit, _read(options.file))
    _write(options.file, done)
    told = {"commitment": done["commitment"], "entrants": len(done["entrants"])}
    return _tell(options, told, f"封存了 {told['entrants']} 人。指纹：{told['commitment']}")


def run_draw(options: argparse.Namespace) -> int:
    """Draw, and write value and result into the file."""
    from nuanxin.kernel import draw

    told = dict(options.reveal) if options.reveal else None
    done = _tried(draw.run, _read(options.file), options.value, told)
    _write(options.file, done)
    result = done["result"]
    answer = {
        "commitment": done["commitment"],
        "seed": result["seed"],
        "winners": [one["id"] for one in result["winners"]],
        "reserves": [one["id"] for one in result["reserves"]],
    }
    counted = f"抽中 {len(answer['winners'])} 人，候补 {len(answer['reserves'])} 人。"
    return _tell(options, answer, f"{counted}结果写进了 {options.file}。")


def run_verify(options: argparse.Namespace) -> int:
    """Say whether list and result hold; 1 when they do not."""
    from nuanxin.kernel import draw

    drawn = _read(options.file)
    count = _tried(draw.verify, drawn)
    answer = {"valid": True, "commitment": drawn["commitment"], "winners": count}
    return _tell(options, answer, f"名单和封存时一样，结果重新算过，一样。抽中 {count} 人。")


def run_seal(options: argparse.Namespace) -> int:
    """Print the seal of a number."""
    from nuanxin.kernel import draw

    print(draw.seal_of(options.name, options.number))
    return 0


def run_script(options: argparse.Namespace) -> int:
    """Write the stand-alone program that verifies; it is the very module that draws."""
    from nuanxin.kernel import draw

    try:
        with options.file.open(ONLY_NEW, encoding="utf-8") as file:
            file.write(Path(draw.__file__).read_text(encoding="utf-8"))
    except FileExistsError:
        raise Conflict("draw.exists", f"{options.file} 已经有了，没有覆盖。请换个名字。") from None
    print(f"写好了。核对：python3 {options.file} 抽签文件")
    return 0


def _tried(function: Any, *arguments: Any) -> Any:
    """Call a function of the draw; its refusals become those of the product."""
    from nuanxin.kernel.draw import DrawRefused

    try:
        return function(*arguments)
    except DrawRefused as refused:
        raise Conflict(refused.code, refused.message) from None
    except (KeyError, TypeError, AttributeError):
        raise Malformed("draw.unreadable", "这份抽签文件缺了东西，或者有一项写得不对。") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Malformed("draw.too_large", "文件太大了，最多 512 MB。")
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise Malformed("draw.no_file", f"打不开 {path}。请看看文件名和权限。") from None
    except ValueError:
        raise Malformed("draw.unreadable", f"{path} 不是 JSON 文件，读不懂。") from None
    if not isinstance(found, dict):
        raise Malformed("draw.unreadable", "抽签文件要是一个 JSON 对象，有名额、种子和名单。")
    return found


def _write(path: Path, drawn: dict[str, Any]) -> None:
    """Put the file in place whole: one that is cut off half way would look like a change."""
    whole = path.with_name(f".{path.name}.new")
    whole.write_text(json.dumps(drawn, ensure_ascii=False), encoding="utf-8")
    os.replace(whole, path)


def _tell(options: argparse.Namespace, answer: dict[str, Any], sentence: str) -> int:
    if options.json:
        json.dump(answer, sys.stdout, ensure_ascii=False)
        print()
    else:
        print(sentence)
    return 0
