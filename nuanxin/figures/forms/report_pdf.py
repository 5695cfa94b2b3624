"""A report as PDF: typst sets it, the report goes in as JSON and is never read as markup."""

import json
from pathlib import Path
from typing import Any

import typst

from nuanxin.figures.rules.reports.charts import bars_svg, trend_svg

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "figures" / "pdf"
_PNG_PPI = 220.0


def report_pdf(report: dict[str, Any], family: str, fonts: Path) -> bytes:
    """Return the PDF of a linked report (``report_files``)."""
    made: bytes = typst.compile(
        str(_TEMPLATES / "report.typ"),
        root=str(_TEMPLATES),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={
            "data": json.dumps(drawn(report, family), ensure_ascii=False),
            "fonts": json.dumps([family], ensure_ascii=False),
        },
        format="pdf",
    )
    return made


def drawn(report: dict[str, Any], family: str) -> dict[str, Any]:
    """Return the report with its charts as SVG."""
    return {**report, "blocks": [_drawn(block, family) for block in report["blocks"]]}


def _drawn(block: dict[str, Any], family: str) -> dict[str, Any]:
    if block["kind"] == "trend":
        return {**block, "svg": trend_svg(block, family), "alt": block["finding"]}
    if block["kind"] == "bars":
        said = "，".join(f"{row['label']}{row['text']}" for row in block["rows"])
        return {**block, "svg": bars_svg(block, family), "alt": said}
    return block


def chart_png(svg: str, family: str, fonts: Path) -> bytes:
    """Return an SVG as PNG, sharp enough for print."""
    made: bytes = typst.compile(
        str(_TEMPLATES / "chart.typ"),
        root=str(_TEMPLATES),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"svg": svg, "fonts": json.dumps([family], ensure_ascii=False)},
        format="png",
        ppi=_PNG_PPI,
    )
    return made
