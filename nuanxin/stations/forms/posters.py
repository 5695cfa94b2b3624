"""The poster at a station's door (A4, A3) and the picture of a shared link, set by Typst.

Data goes in as JSON beside the template, never into it. Raises ``Unavailable`` pdf.no_chinese_font.
"""

import io
import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from nuanxin.kernel.chinese_type import chinese_type
from nuanxin.stations.queries.finder import StationRow
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.hours_words import say_hours

PAPERS = ("a4", "a3")
_MOST_NAMED = 10
_TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "stations" / "pdf"


def poster_pdf(row: StationRow, *, paper: str, link: str, on: date) -> bytes:
    """Return the poster; its code leads to ``link``, the page that says whether it is open."""
    return _poster(row, paper=paper, link=link, says="扫一扫，看这会儿开没开", on=on)


def joining_pdf(row: StationRow, *, paper: str, link: str, on: date) -> bytes:
    """Return the same poster with another code: it leads to joining the union through this station."""
    return _poster(row, paper=paper, link=link, says="扫一扫，加入工会", on=on)


def _poster(row: StationRow, *, paper: str, link: str, says: str, on: date) -> bytes:
    drawn = io.BytesIO()
    segno.make(link, error="q", micro=False).save(drawn, kind="svg", border=1, scale=8)
    words = _words(row, on) | {
        "paper": paper,
        "qr": drawn.getvalue().decode(),
        "qr_says": says,
        "link": link.removeprefix("https://").removeprefix("http://"),
    }
    return _set("poster.typ", json.dumps(words, ensure_ascii=False), "pdf")


def share_png(row: StationRow, *, on: date) -> bytes:
    """Return the picture of a shared link: 1200 × 630, without the state, which is soon another."""
    return _set("share.typ", json.dumps(_words(row, on), ensure_ascii=False), "png")


def _words(row: StationRow, on: date) -> dict[str, Any]:
    names = facility_labels(on)
    hours = [
        ("有人值守", row.hours),
        ("延时开放", row.extended_hours),
        ("扫码进门", row.scan_hours),
    ]
    return {
        "title": row.name,
        "kind": row.kind_label,
        "address": row.address,
        "hours": [{"label": label, "value": say_hours(text)} for label, text in hours if text],
        "has": "、".join([names.get(kind, kind) for kind in row.kinds][:_MOST_NAMED]),
        "who": "、".join(filter(None, (row.union_name, row.host_name))),
        "code": row.code,
    }


@lru_cache(maxsize=64)
def _set(template: str, data: str, kind: Literal["pdf", "png"]) -> bytes:
    family, folder = chinese_type()
    made: bytes = typst.compile(
        str(_TEMPLATES / template),
        root=str(_TEMPLATES),
        font_paths=[str(folder)],
        ignore_system_fonts=True,
        format=kind,
        ppi=144.0,
        sys_inputs={"data": data, "fonts": json.dumps([family], ensure_ascii=False)},
    )
    return made
