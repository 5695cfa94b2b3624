"""A report as a page: alone to be sent and kept, or within the desk. Every text is escaped."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from nuanxin.figures.rules.reports import Document

Address = Callable[[dict[str, Any]], str]
"""Gives the address at which a number of a document can be looked up."""

_SHEETS = (
    "css/tokens.css",
    "css/desk/base.css",
    "css/desk/figure.css",
    "css/desk/chart.css",
    "css/desk/report.css",
)
_DRAWN_IN_WAN_FROM = 100_000
_WAN = 10_000


def report_page(document: Document, address: Address) -> str:
    """Return a whole page that needs nothing beside itself: no script, no other file."""
    return render_to_string(
        "figures/report/page.html", {"report": with_addresses(document, address), "style": _style()}
    )


def with_addresses(document: Document, address: Address) -> dict[str, Any]:
    """Return a copy of the document for the templates: numbers with addresses, charts drawn."""
    report = deepcopy(document)
    hrefs = [address(number) for number in report["numbers"]]
    for note in report["notes"]:
        note["href"] = hrefs[note["number"]] if note["number"] is not None else ""
    for block in report["blocks"]:
        _prepare(block, hrefs)
    return report


def _prepare(block: dict[str, Any], hrefs: list[str]) -> None:
    match block["kind"]:
        case "list":
            block["items_of"] = block.pop("items")  # "items" would be the method of a dict
            for item in block["items_of"]:
                _link(item["inlines"], hrefs)
        case "quote":
            for inner in block["blocks"]:
                _prepare(inner, hrefs)
        case "table":
            _prepare_table(block, hrefs)
        case "boxes":
            _link(block["rows"], hrefs)
        case "figures-table":
            for row in block["rows"]:
                _link(row["cells"], hrefs)
        case "bars":
            block["drawn"] = [_bar(row, hrefs) for row in block["rows"]]
        case "trend":
            _scale(block)
        case _:
            _link(block.get("inlines", []), hrefs)


def _link(parts: list[dict[str, Any]], hrefs: list[str]) -> None:
    for part in parts:
        part.setdefault("bold", False)
        part.setdefault("note", None)
        part.setdefault("unit", "")
        if part["kind"] != "text":
            number = part.get("number")
            part["href"] = hrefs[number] if number is not None else ""


def _prepare_table(block: dict[str, Any], hrefs: list[str]) -> None:
    aligns = ["num" if align == "right" else "" for align in block["aligns"]]
    lines = [block["head"], *block["rows"]]
    made = []
    for cells in lines:
        for cell in cells:
            _link(cell, hrefs)
        made.append(
            [{"inlines": cell, "css": css} for cell, css in zip(cells, aligns, strict=False)]
        )
    block["head"], block["rows"] = made[0], made[1:]


def _bar(row: dict[str, Any], hrefs: list[str]) -> dict[str, Any]:
    url = hrefs[row["number"]] if row["number"] is not None else ""
    return {"label": row["label"], "value": row["value"] or 0, "text": row["text"], "url": url}


def _scale(block: dict[str, Any]) -> None:
    """Large numbers are drawn in 万, so that the axis can be read."""
    known = [value for line in block["lines"] for value in line["values"] if value is not None]
    if max(known, default=0) < _DRAWN_IN_WAN_FROM:
        return
    block["unit"] = f"万{block['unit']}"
    for line in block["lines"]:
        line["values"] = [None if v is None else round(v / _WAN, 2) for v in line["values"]]


def _style() -> SafeString:
    """Return our own style sheets as an element: no text of the report is in it.

    The page stands alone as a file; pages of the site carry no style of their own.
    """
    found = [finders.find(name) for name in _SHEETS]
    sheets = [Path(str(path)).read_text(encoding="utf-8") for path in found if path]
    return mark_safe(f"<style>{''.join(sheets)}</style>")
