"""``nuanxin figures load-denominators FILE.csv``: what ratios are divided by, a whole table or nothing."""

import argparse
import json
from pathlib import Path
from typing import Any

from config.opening import opened
from config.places import places
from nuanxin.kernel.errors import Malformed


def add_denominators(actions: Any) -> argparse.ArgumentParser:
    """Add the action; return its parser."""
    loading: argparse.ArgumentParser = actions.add_parser(
        "load-denominators",
        help="装入算比率的分母（CSV）",
        description="表头：种类,区划代码,截至,数值,单位,来源,核对日期,更正原因。"
        "种类写“新就业形态劳动者”（人）或“应建会用人单位”（家）。有一行不对就一行也不装。",
    )
    loading.add_argument("file", metavar="表", type=Path)
    loading.set_defaults(run=run_load)
    return loading


def run_load(options: argparse.Namespace) -> int:
    """Load the table and say what it changed."""
    text = _read(options.file)
    with opened(places(options.data)):
        from nuanxin.figures.actions.denominators import enter_denominators
        from nuanxin.figures.rules.denominators import read_table
        from nuanxin.kernel import clock
        from nuanxin.kernel.actor import SYSTEM

        now = clock.now()
        entries = read_table(text, today=clock.business_day(now))
        done = enter_denominators(entries=entries, actor=SYSTEM, now=now)
    if options.json:
        told = {"added": done.added, "corrected": done.corrected, "known": done.known}
        print(json.dumps(told))
    else:
        print(f"装入 {done.added} 行，更正 {done.corrected} 行，已经有的 {done.known} 行。")
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Malformed(
            "figures.no_such_file",
            f"打不开 {path}（{type(error).__name__}）。请核对文件名、路径和读取权限。",
        ) from None
    except UnicodeDecodeError:
        raise Malformed(
            "figures.denominators_unreadable",
            "这个文件不是 UTF-8 编码。请用表格软件另存为“CSV UTF-8”再装。",
        ) from None
