"""``nuanxin figures verify|export``: published numbers derived again, and what an auditor takes along.

``verify`` ends with 0 when everything stands and with 1 at the first publication that does not.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from config.opening import opened
from config.places import places
from config.progress import Progress

DIFFERS = 1


def add_publications(actions: Any) -> list[argparse.ArgumentParser]:
    """Add both actions; return their parsers, so that the common options are put to them."""
    verifying = actions.add_parser(
        "verify",
        help="重算全部发布的数，核对指纹、签名和前后相接",
        description="按测算时所知，从明细重算全部发布的数。都对得上返回 0，有一处对不上返回 1。",
    )
    verifying.add_argument("--publication", metavar="编号", type=int, default=None)
    verifying.set_defaults(run=run_verify)
    exporting = actions.add_parser(
        "export", help="导出一份发布的明细（不带身份）和可以单独运行的重算程序"
    )
    exporting.add_argument("--publication", metavar="编号", type=int, required=True)
    exporting.add_argument("--to", metavar="文件夹", required=True, type=Path)
    exporting.set_defaults(run=run_export)
    return [verifying, exporting]


def run_verify(options: argparse.Namespace) -> int:
    """Derive published numbers again and print what stands; return 1 when something does not."""
    with opened(places(options.data)):
        from nuanxin.figures.queries.publications import get_published
        from nuanxin.figures.queries.verifying import verify_all

        if options.publication is not None:
            get_published(options.publication)
        with Progress("核对发布", unit="份") as progress:
            done = verify_all(
                only=options.publication,
                told=lambda at, total: progress.move_to(at, total=total),
            )
        plain = [one.as_plain() for one in done]
    stands = all(one["stands"] for one in plain)
    if options.json:
        print(json.dumps({"stands": stands, "publications": plain}, ensure_ascii=False))
        return 0 if stands else DIFFERS
    for one in plain:
        word = "核对一致" if one["stands"] else "核对不上"
        print(
            f"{word}  {one['publication']} 号 {one['title']} 第 {one['version']} 版，{one['lines']} 个数"
        )
        if one["fault"]:
            print(f"          {one['fault']['sentence']}（{one['fault']['code']}）")
    if not plain:
        print("还没有发布过。")
    return 0 if stands else DIFFERS


def run_export(options: argparse.Namespace) -> int:
    """Write the evidence of one publication into a folder."""
    with opened(places(options.data)):
        from nuanxin.figures.actions.evidence import export_evidence
        from nuanxin.kernel import clock
        from nuanxin.kernel.actor import SYSTEM

        with Progress("导出明细", unit="行") as progress:
            publication = export_evidence(
                publication_id=options.publication,
                folder=options.to,
                actor=SYSTEM,
                now=clock.now(),
                told=progress.move_to,
            )
        told = {"publication": publication.id, "hash": publication.content_hash}
    if options.json:
        print(json.dumps(told | {"folder": str(options.to)}, ensure_ascii=False))
        return 0
    print(f"导出到 {options.to}。核对：python3 {options.to / 'recompute.py'}")
    return 0
