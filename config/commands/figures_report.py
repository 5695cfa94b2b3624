"""``nuanxin figures report``: a report of Markdown with references becomes HTML, docx or PDF.

Ends with 0 when the file is written, with 1 when something stops the report, with 2 on wrong usage.
"""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.opening import opened
from config.places import places
from nuanxin.kernel.errors import Malformed

if TYPE_CHECKING:
    from nuanxin.figures.queries.reports import Composed

STOPPED = 1
_KINDS = ("html", "docx", "pdf")
_SITE = "http://127.0.0.1:8000"


def add_report(actions: Any) -> argparse.ArgumentParser:
    """Add the action and return its parser."""
    parser: argparse.ArgumentParser = actions.add_parser(
        "report",
        help="把带引用的报告（Markdown）做成 HTML、docx 或 PDF",
        description="报告里的 {{ 指标代码 region=33 period=2023 }} 换成数读里的数。"
        "有引用对不上、或手写的数互相矛盾，就停下来，指出行和列，返回 1；做成了返回 0。",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", metavar="报告", nargs="?", help="Markdown 文件，- 是标准输入")
    source.add_argument("--template", metavar="名称", help="用自带的模板，例如 five-years")
    parser.add_argument("--format", choices=_KINDS, default="html", help="做成哪种文件")
    parser.add_argument("--to", metavar="文件", default="", help="写到哪里，不写就只检查")
    parser.add_argument("--region", metavar="行政区划代码", default="")
    parser.add_argument("--period", metavar="时间段", default="", help="例如 2018-10..2023-09")
    parser.add_argument("--as-of", metavar="日期", default="")
    parser.add_argument("--site", metavar="网址", default=_SITE, help="数的来历链接到哪个网站")
    parser.set_defaults(run=run_report)
    return parser


def run_report(options: argparse.Namespace) -> int:
    """Compose a report and write it; print every fault with its place."""
    with opened(places(options.data)):
        from nuanxin.figures.forms.report_addresses import address_of
        from nuanxin.figures.forms.report_files import report_file
        from nuanxin.figures.queries.reports import compose_report
        from nuanxin.kernel import clock

        composed = compose_report(
            _text(options),
            region=options.region,
            period=options.period,
            as_of=options.as_of,
            now=clock.now(),
        )
        if composed.document is not None and options.to:
            print("正在排版……", file=sys.stderr)
            address = partial(address_of, site=options.site)
            made = report_file(composed.document, options.format, address)
            _write(Path(options.to), made)
    if options.json:
        print(json.dumps(_as_plain(composed, options), ensure_ascii=False))
    else:
        _print(composed, options)
    return 0 if composed.document is not None else STOPPED


def _text(options: argparse.Namespace) -> str:
    from nuanxin.figures.forms.draft_file import read_draft
    from nuanxin.figures.queries.report_templates import get_template

    if options.template:
        return get_template(options.template).source
    try:
        body = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except OSError as error:
        raise Malformed(
            "figures.no_such_file",
            f"打不开报告 {options.file}（{type(error).__name__}）。请核对文件名、路径和读取权限。",
        ) from None
    return read_draft(body)


def _write(path: Path, made: bytes) -> None:
    try:
        path.write_bytes(made)
    except OSError as error:
        raise Malformed(
            "figures.report_not_written",
            f"写不进 {path}（{type(error).__name__}）。请核对文件夹在不在、能不能写。",
        ) from None


def _as_plain(composed: "Composed", options: argparse.Namespace) -> dict[str, Any]:
    document = composed.document
    return {
        "made": document is not None,
        "file": options.to if document is not None else "",
        "digest": document["digest"] if document else "",
        "faults": [one.as_plain() for one in composed.faults],
        "warnings": [one.as_plain() for one in composed.warnings],
        "numbers": document["numbers"] if document else [],
    }


def _print(composed: "Composed", options: argparse.Namespace) -> None:
    for fault in composed.faults:
        print(f"{fault.line}:{fault.column}  {fault.message}（{fault.code}）")
    for fault in composed.warnings:
        print(f"{fault.line}:{fault.column}  提醒：{fault.message}")
    document = composed.document
    if document is None:
        print(f"有 {len(composed.faults)} 处要改，没有做成文件。")
        return
    where = f"已写到 {options.to}。" if options.to else "没有要改的，可以做成文件。"
    count = len(document["numbers"])
    print(f"《{document['title']}》引用 {count} 个数，全篇指纹 {document['digest']}。{where}")
