"""``nuanxin import-roster``: a union's roster file, previewed or taken in."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from config.opening import opened
from config.places import places
from config.progress import Progress
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("import-roster", help="导入一个工会的名册（先预览，--yes 生效）")
    parser.add_argument("file", metavar="文件", type=Path, help=".xlsx、.xls 或 .csv")
    parser.add_argument("--union", metavar="工会编码", required=True)
    parser.add_argument("--yes", action="store_true", help="预览之后直接生效")
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Preview the file, and with ``--yes`` let it take effect. Raises refusals of the actions."""
    if not options.file.is_file():
        raise Malformed("roster.no_file", f"找不到文件 {options.file.name}。请看看路径对不对。")
    with opened(places(options.data)):
        return _import(options)


def _import(options: argparse.Namespace) -> int:
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.membership.actions import rosters
    from nuanxin.membership.actions.roster_reading import preview_details, read_batch
    from nuanxin.membership.rules.limits import ROSTER_LIMITS
    from nuanxin.membership.states import BatchState
    from nuanxin.orgs.models import Union

    union_id = Union.objects.filter(code=options.union).values_list("id", flat=True).first()
    if union_id is None:
        raise NotFound("union.unknown", f"没有编码为 {options.union} 的工会。请核对编码再执行。")
    now = clock.now()
    batch_id = rosters.open_batch(
        union_id=union_id,
        file_name=options.file.name,
        content=_content_of(options.file),
        limits=ROSTER_LIMITS,
        actor=SYSTEM,
        now=now,
    )
    batch = read_batch(batch_id=batch_id, now=now)
    if batch.state == BatchState.FAILED:
        raise Malformed(batch.options.get("failure_code", "roster.failed"), batch.failure)
    for note in preview_details(batch)["notes"]:
        print(note, file=sys.stderr)
    answer: dict[str, Any] = {
        "rows": batch.rows_count,
        "outcomes": _outcomes(batch_id),
        "totals": batch.totals,
    }
    if options.yes:
        answer["batch"] = batch_id
        answer["effect"] = _take_effect(batch_id, batch.totals, options)
    else:
        rosters.discard_batch(batch_id=batch_id, actor=SYSTEM, now=clock.now())
    _show(answer, options)
    return 0


def _content_of(file: Path) -> bytes:
    """Return the bytes of the file; refuse by its size and first bytes before it is read whole."""
    from nuanxin.membership.forms.roster_file import check_file
    from nuanxin.membership.rules.limits import ROSTER_LIMITS

    check_file(file, ROSTER_LIMITS)
    return file.read_bytes()


def _take_effect(batch_id: int, totals: dict[str, int], options: argparse.Namespace) -> bool:
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.membership.actions import rosters

    # Dropping the same file again is no fault: there is just nobody left to invite.
    if not (totals.get("ok") or totals.get("transfer")):
        rosters.discard_batch(batch_id=batch_id, actor=SYSTEM, now=clock.now())
        return False
    rosters.confirm_batch(batch_id=batch_id, actor=SYSTEM, now=clock.now())
    with Progress("办理名册", total=sum(totals.values()), unit="行") as progress:
        rosters.run_batch(
            batch_id=batch_id,
            actor=SYSTEM,
            now=clock.now(),
            told=lambda done, total: progress.move_to(done, total=total),
        )
    return True


def _outcomes(batch_id: int) -> dict[str, str]:
    import numpy as np

    from nuanxin.membership.models import RosterChunk
    from nuanxin.membership.states import RowOutcome

    outcomes: dict[str, str] = {}
    for chunk in RosterChunk.objects.filter(batch_id=batch_id).order_by("number"):
        rows = np.frombuffer(bytes(chunk.row_numbers), dtype="<i4").tolist()
        for row, code in zip(rows, bytes(chunk.outcomes), strict=True):
            outcomes[str(row)] = RowOutcome(code).code
    return outcomes


def _show(answer: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    from nuanxin.membership.states import RowOutcome

    print(f"共 {answer['rows']} 行：")
    for outcome in RowOutcome:
        if count := answer["totals"].get(outcome.code):
            print(f"  {outcome.label}：{count} 行")
    if "batch" not in answer:
        print("这是预览，什么都没改。加上 --yes 才办理。")
    elif answer["effect"]:
        print(f"办完了，批次号 {answer['batch']}。二十四小时内可以整批撤销。")
    else:
        print("没有可以邀请的人，什么都没改。")
