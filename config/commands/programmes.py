"""``nuanxin programmes find``: who newly fits an open offer and may be told; counts only, no names."""

import argparse
import json
from typing import Any

from config.opening import opened
from config.places import places


def register(subparsers: Any) -> None:
    """Add the command with its action."""
    parser = subparsers.add_parser("programmes", help="政策找人：谁新符合条件、可以告诉")
    actions = parser.add_subparsers(title="动作", metavar="find", required=True)
    finding = actions.add_parser(
        "find",
        help="找出新符合条件、同意收消息的人，排着等白天告诉",
        description="每晚自动做一遍，这里是手动做。不加 --dry-run 就记下来，到了各行业能打扰的钟点才告诉。",
    )
    finding.add_argument("--dry-run", action="store_true", help="只数人数，不记")
    finding.add_argument("--json", action="store_true", help="输出 JSON")
    finding.add_argument("--data", metavar="文件夹", default=argparse.SUPPRESS)
    finding.set_defaults(run=run_find)


def run_find(options: argparse.Namespace) -> int:
    """Print by offer how many fit newly and how many are (or would be) found."""
    with opened(places(getattr(options, "data", None))):
        from nuanxin.kernel import clock
        from nuanxin.programmes.actions.finding import find_people
        from nuanxin.programmes.actions.finding_facts import find_missing_facts
        from nuanxin.programmes.queries.finding import preview_finds

        now = clock.now()
        offers = preview_finds(now=now)
        found = {} if options.dry_run else find_people(now=now).by_offer
        lacking = {} if options.dry_run else find_missing_facts(now=now).by_offer
    rows: list[dict[str, Any]] = [
        {"offer": one.code, "fit": one.fit,
         "found": one.chosen if options.dry_run else found.get(one.code, 0)}
        for one in offers
    ]  # fmt: skip
    people = sum(row["found"] for row in rows)
    if options.json:
        told = {"dry_run": options.dry_run, "offers": rows, "found": people, "one_fact": lacking}
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        print(f"{row['offer']:12}新符合的 {row['fit']:>9,} 人，这一次 {row['found']:>9,} 人")
    print(f"{'会找出' if options.dry_run else '找出'} {people:,} 人次。")
    if lacking:
        print(f"另有 {sum(lacking.values()):,} 人次只差一项情况，会问一次。")
    return 0
