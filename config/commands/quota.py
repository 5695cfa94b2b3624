"""``nuanxin quota split``: places shared among pools, with the proof. Needs no database."""

import argparse
import json
from datetime import date
from fractions import Fraction
from typing import Any

DIRECTED_OF = "330000"


def register(subparsers: Any) -> None:
    """Add the command with its action."""
    parser = subparsers.add_parser("quota", help="按权数分名额，说明每一步")
    actions = parser.add_subparsers(title="动作", metavar="split", required=True)
    splitting = actions.add_parser(
        "split",
        help="用最大余数法分名额",
        description="用最大余数法分名额，余数相同的按给出的顺序。给了 --announced，已公布的只增不减。",
    )
    splitting.add_argument("--places", metavar="名额", type=int, required=True)
    splitting.add_argument("--weights", metavar="权数", type=weights, required=True)
    splitting.add_argument("--directed-permille", metavar="千分数", type=int, default=None)
    splitting.add_argument("--directed-weights", metavar="权数", type=weights, default=None)
    splitting.add_argument("--announced", metavar="已公布名额", type=whole_numbers, default=None)
    splitting.add_argument(
        "--announced-directed", metavar="已公布定向名额", type=whole_numbers, default=None
    )
    splitting.add_argument("--json", action="store_true", help="输出 JSON")
    splitting.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    splitting.set_defaults(run=run_split)


def weights(text: str) -> list[Fraction]:
    """Return the weights that were typed, whole or decimal; for ``type=`` of an argument."""
    try:
        return [Fraction(part.strip()) for part in text.replace("，", ",").split(",")]
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"“{text}”读不懂。请写成 41,33,29 的样子。") from None


def whole_numbers(text: str) -> list[int]:
    """Return the whole numbers that were typed; for ``type=`` of an argument."""
    try:
        return [int(part) for part in text.replace("，", ",").split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”读不懂。请写成 40,32,28 的样子。") from None


def run_split(options: argparse.Namespace) -> int:
    """Print the split: by ``--json`` the three lists, else the proof."""
    from nuanxin.programmes.rules.quota import split_places

    split = split_places(
        options.places,
        options.weights,
        directed_permille=_permille(options),
        directed_weights=options.directed_weights,
        announced=options.announced,
        announced_directed=options.announced_directed,
    )
    if options.json:
        print(json.dumps(split.as_plain(), ensure_ascii=False))
        return 0
    for sentence in split.proof:
        print(sentence)
    print("名额：" + "，".join(str(places) for places in split.places))
    if any(split.directed):
        print("其中定向：" + "，".join(str(places) for places in split.directed))
    return 0


def _permille(options: argparse.Namespace) -> int:
    """Return what was typed; where only weights are given, the share that the province set."""
    if options.directed_permille is not None:
        return int(options.directed_permille)
    if options.directed_weights is None:
        return 0
    from nuanxin.kernel.parameters import parameter

    found = parameter("programmes.directed_permille", adcode=DIRECTED_OF, on=date.today())
    return int(found.value)
