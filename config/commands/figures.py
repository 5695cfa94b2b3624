"""``nuanxin figures list|show``: the declared figures and their values."""

import argparse
import json
from datetime import date
from typing import Any

from config.opening import opened
from config.places import places
from nuanxin.kernel.errors import Malformed


def register(subparsers: Any) -> None:
    """Add the command with its two actions."""
    parser = subparsers.add_parser("figures", help="列出或查看统计数字")
    actions = parser.add_subparsers(title="动作", metavar="list|show", required=True)
    listing = actions.add_parser("list", help="列出全部指标")
    showing = actions.add_parser("show", help="查看一个指标的值")
    showing.add_argument("code", metavar="指标代码")
    showing.add_argument("--region", metavar="行政区划代码", default="330000")
    showing.add_argument("--as-of", metavar="日期", type=date.fromisoformat, default=None)
    for action in (listing, showing):
        action.add_argument("--json", action="store_true", help="输出 JSON")
        action.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    listing.set_defaults(run=run_list)
    showing.set_defaults(run=run_show)


def run_list(options: argparse.Namespace) -> int:
    """Print every declared figure."""
    with opened(places(options.data)):
        from nuanxin.figures.queries import list_figures

        figures = list_figures()
    if options.json:
        print(
            json.dumps(
                [
                    {
                        "code": one.code,
                        "label": one.label,
                        "unit": one.unit.label,
                        "kind": one.period_kind.value,
                        "definition": one.definition_zh,
                        "version": one.version,
                        "public": one.public,
                    }
                    for one in figures
                ],
                ensure_ascii=False,
            )
        )
        return 0
    for one in figures:
        shown = "" if one.public else "，不公开"
        print(f"{one.code}  {one.label}（{one.unit.label}，{one.period_kind.label}{shown}）")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Print the value of one figure."""
    with opened(places(options.data)):
        from nuanxin.figures.queries import measure
        from nuanxin.kernel import clock

        measured = measure(
            options.code,
            region=_region_of(options.region),
            as_of=options.as_of,
            now=clock.now(),
        )
    if options.json:
        print(json.dumps(measured.as_plain(), ensure_ascii=False))
        return 0
    print(f"{measured.region_name}{measured.label}：{measured.value:,} {measured.unit.label}")
    print(f"截至 {measured.as_of}，口径第 {measured.definition_version} 版：{measured.definition}")
    return 0


def _region_of(text: str) -> int:
    from nuanxin.kernel import regions

    code = regions.canonical_code(text)
    if len(code) != 6:
        raise Malformed("region.unknown", "按省、市、县（市、区）数，请用六位的区划代码。")
    return int(code)
