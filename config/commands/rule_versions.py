"""``nuanxin eligibility versions|diff``: which text of a rule counts on which day, and what changed."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from config.opening import opened, using_data_folder
from config.places import Places, places
from config.usage import day

SHIPPED_WORDS = "随系统带的"


def register(actions: Any) -> None:
    """Add the two actions to those of ``nuanxin eligibility``."""
    versions = actions.add_parser("versions", help="列出一条条件的各版：从哪天起、谁起草、谁复核")
    diff = actions.add_parser("diff", help="比两版条件：条件怎么变，哪几行不一样")
    for action in (versions, diff):
        action.add_argument("--programme", metavar="项目代码", required=True)
        action.add_argument("--json", action="store_true", help="输出 JSON")
        action.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    diff.add_argument(
        "--from",
        dest="first",
        type=day,
        metavar="日期",
        default=None,
        help="这天用的那版，默认随系统带的",
    )
    diff.add_argument("--to", dest="last", type=day, metavar="日期", default=None, help="这天用的那版，默认今天")  # fmt: skip
    versions.set_defaults(run=run_versions)
    diff.set_defaults(run=run_diff)


def has_database(where: Places) -> bool:
    """Return whether there is a database to ask: one that is named, or the folder's own."""
    return bool(os.environ.get("DATABASE_URL")) or (where.cluster / "PG_VERSION").exists()


@contextmanager
def asking_versions(where: Places) -> Iterator[bool]:
    """Hold the database open where there is one; yield whether versions can be asked for."""
    if not has_database(where):
        with using_data_folder(where):
            yield False
        return
    with opened(where):
        yield True


def text_on(code: str, on: date, *, asks: bool) -> str:
    """Return the text that counts on a day; the shipped file where no database is asked."""
    from nuanxin.programmes.queries.rule_versions import text_in_force
    from nuanxin.programmes.rules.conditions import rule_text

    return text_in_force(code, on).text if asks else rule_text(code)


def all_texts_on(on: date, *, asks: bool) -> list[str]:
    """Return the text of every rule there is on a day; the shipped files where no database is asked."""
    from nuanxin.programmes.queries.rule_versions import find_texts
    from nuanxin.programmes.rules.conditions import rule_codes, rule_text

    if asks:
        return [found.text for found in find_texts(None, on).values()]
    return [rule_text(code) for code in rule_codes()]


def run_versions(options: argparse.Namespace) -> int:
    """Print the released versions of a rule, the latest first; the shipped file is version 0."""
    with opened(places(getattr(options, "data", None))):
        from nuanxin.programmes.queries.rule_versions import list_versions
        from nuanxin.programmes.states import VersionState

        found = [v for v in list_versions(options.programme) if v.state == VersionState.RELEASED]
    listed = [
        {
            "number": version.number,
            "from": version.valid_from.isoformat() if version.valid_from else None,
            "to": version.valid_to.isoformat() if version.valid_to else None,
            "drafted_by": version.drafted_by_name,
            "released_by": version.released_by_name,
            "document": version.document,
            "digest": version.digest,
        }
        for version in found
    ]
    if options.json:
        print(json.dumps(listed, ensure_ascii=False, indent=2))
        return 0
    for one in listed:
        ends = f"到 {one['to']}" if one["to"] else "还在用"
        print(f"第 {one['number']} 版  {one['from']} 起，{ends}  {one['drafted_by']}起草，{one['released_by']}复核")  # fmt: skip
    print(f"其余日子用{SHIPPED_WORDS}。")
    return 0


def run_diff(options: argparse.Namespace) -> int:
    """Print what differs between the texts of two days; 1 when anything does, as ``diff`` does."""
    with opened(places(getattr(options, "data", None))):
        from nuanxin.programmes.queries.rule_versions import text_in_force
        from nuanxin.programmes.rules.conditions import rule_text
        from nuanxin.programmes.rules.rule_changes import Mark, text_changes

        code = options.programme
        before = text_in_force(code, options.first).text if options.first else rule_text(code)
        after = text_in_force(code, options.last or date.today()).text
        lines = text_changes(before, after)
    marks = {Mark.SAME: " ", Mark.GONE: "-", Mark.NEW: "+"}
    if options.json:
        told = [{"mark": line.mark.value, "text": line.text} for line in lines]
        print(json.dumps(told, ensure_ascii=False))
    elif not lines:
        print("一字不差。")
    else:
        for line in lines:
            print(f"{marks[line.mark]} {line.text}")
    return 1 if lines else 0
