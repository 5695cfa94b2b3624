"""A report as file: HTML at once, docx and PDF in a child process with limits on time and memory."""

import json
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

from nuanxin.figures.forms.report_html import Address, report_page
from nuanxin.figures.rules.reports import REPORT_LIMITS, Document, ReportLimits
from nuanxin.kernel.chinese_type import chinese_type
from nuanxin.kernel.errors import Unavailable
from nuanxin.kernel.limited_process import Ending, run_limited

FORMATS = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
_CHILD = "nuanxin.figures.forms.report_child"


def report_file(
    document: Document, kind: str, address: Address, limits: ReportLimits = REPORT_LIMITS
) -> bytes:
    """Return the report in one of ``FORMATS``; ``address`` gives whole addresses of its numbers.

    Raises ``Unavailable`` pdf.no_chinese_font, figures.report_slow, figures.report_not_made.
    """
    if kind == "html":
        return report_page(document, address).encode()
    family, fonts = chinese_type()
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        answer = Path(folder) / "answer"
        task = {
            "kind": kind,
            "report": linked(document, address),
            "family": family,
            "fonts": str(fonts),
            "answer": str(answer),
            "cpu_seconds": limits.cpu_seconds,
            "memory_bytes": limits.memory_bytes,
        }
        _run_child(json.dumps(task, ensure_ascii=False).encode(), limits)
        return answer.read_bytes()


def linked(document: Document, address: Address) -> dict[str, Any]:
    """Return a copy of the document in which every number has its address."""
    report = deepcopy(document)
    hrefs = [address(number) for number in report["numbers"]]
    _link(report["blocks"], hrefs)
    for note in report["notes"]:
        note["href"] = hrefs[note["number"]] if note["number"] is not None else ""
    return report


def _link(part: Any, hrefs: list[str]) -> None:
    """Give every number below ``part`` its address."""
    if isinstance(part, list):
        for one in part:
            _link(one, hrefs)
        return
    if not isinstance(part, dict):
        return
    if part.get("kind") in ("number", "typed", "absent") or "value" in part:
        number = part.get("number")
        part["href"] = hrefs[number] if number is not None else ""
        part.setdefault("note", None)
        part.setdefault("bold", False)
        part.setdefault("unit", "")
    for one in part.values():
        _link(one, hrefs)


def _run_child(task: bytes, limits: ReportLimits) -> None:
    ending = run_limited(_CHILD, task, wall_seconds=limits.wall_seconds)
    if ending is Ending.TOO_SLOW:
        raise _too_slow()
    if ending is not Ending.DONE:
        raise Unavailable(
            "figures.report_not_made",
            "这份报告没有做成文件，原因是排版没有完成。请先用网页格式，并把报告交给维护人员看。",
        )


def _too_slow() -> Unavailable:
    return Unavailable(
        "figures.report_slow", "这份报告排版用的时间太长，已经停下。请分成几份，或者少放几张大表。"
    )
