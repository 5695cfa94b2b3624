"""Charts that the server draws: ``{% load charts %}``. Each says its finding in words
(``finding``), and each brings or links the same numbers as a table."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from config.presentation import charting, formats
from nuanxin.kernel import regions
from nuanxin.kernel.boundaries import Area, Boundaries, box_around, get_boundaries
from nuanxin.kernel.errors import Malformed

register = template.Library()
_log = logging.getLogger(__name__)

WIDE = (1112, 300)
HALF = (800, 260)
SLIM = (330, 220)
SLIM_EVENT_CHARACTERS = 8


@register.simple_tag
def line_chart(
    series: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    finding: str,
    unit: str = "",
    events: Mapping[str, str] | None = None,
    is_half: bool = False,
) -> SafeString:
    """Draw one to three lines over the same labels, with the numbers as a table below.

    ``series`` is ``[{"label": "新发展会员", "values": [0, 12, 30]}]`` in the order red, blue, grey;
    ``finding`` is what the chart says; ``events`` maps a label to the words on an upright line;
    ``is_half`` for a chart that has half the page. Below 600 px a second drawing is shown.
    """
    lines = [charting.Series(str(one["label"]), tuple(one["values"])) for one in series]
    width, height = HALF if is_half else WIDE
    slim_events = {k: _short(v) for k, v in (events or {}).items()}
    plots = [
        ("c-wide", charting.plot_lines(lines, labels, width=width, height=height, events=events)),
        (
            "c-slim",
            charting.plot_lines(lines, labels, width=SLIM[0], height=SLIM[1], events=slim_events),
        ),
    ]
    rows = [
        {"label": label, "cells": [_cell(one.values, i) for one in lines]}
        for i, label in enumerate(labels)
    ]
    return render_to_string(
        "components/charts/line_chart.html",
        {
            "plots": plots,
            "finding": finding,
            "unit": unit,
            "lines": lines,
            "rows": rows,
            "is_half": is_half,
        },
    )


@register.simple_tag
def bars(rows: Sequence[Mapping[str, Any]], finding: str = "", unit: str = "") -> SafeString:
    """Draw horizontal bars: ``[{"label", "value", "url"?, "is_chosen"?, "text"?}]``, already sorted.

    The words and numbers are a description list, so it is its own table.
    """
    lengths = charting.bar_lengths([float(row["value"] or 0) for row in rows])
    drawn = [
        {
            "label": row["label"],
            "url": row.get("url", ""),
            "is_chosen": bool(row.get("is_chosen")),
            "text": row.get("text") or formats.number(row["value"]),
            "length": length,
        }
        for row, length in zip(rows, lengths, strict=True)
    ]
    return render_to_string(
        "components/charts/bars.html", {"rows": drawn, "finding": finding, "unit": unit}
    )


@register.simple_tag
def pair_bars(
    rows: Sequence[Mapping[str, Any]], left: str, right: str, unit: str = ""
) -> SafeString:
    """Draw two bars a row: ``[{"label", "bars": [{"value", "text"?}, {…}]}]``, both on one scale.

    ``left`` and ``right`` name the two sides. The words and numbers are their own table.
    """
    names = (left, right)
    lengths = charting.bar_lengths(
        [float(bar["value"] or 0) for row in rows for bar in row["bars"]]
    )
    drawn = [
        {
            "label": row["label"],
            "bars": [
                {
                    "name": names[side],
                    "text": bar.get("text") or formats.number(bar["value"]),
                    "length": lengths[2 * number + side],
                }
                for side, bar in enumerate(row["bars"])
            ],
        }
        for number, row in enumerate(rows)
    ]
    return render_to_string(
        "components/charts/pair_bars.html", {"rows": drawn, "names": names, "unit": unit}
    )


@register.simple_tag
def parts(rows: Sequence[Mapping[str, Any]], finding: str) -> SafeString:
    """Draw one bar whose parts add up: ``[{"count", "css"}]``; css is c-new, c-move, c-same …"""
    spans = charting.part_spans([int(row["count"]) for row in rows])
    drawn = [
        {"css": row["css"], "x": x, "width": width}
        for row, (x, width) in zip(rows, spans, strict=True)
        if width
    ]
    return render_to_string("components/charts/parts.html", {"rows": drawn, "finding": finding})


@register.simple_tag
def share(percent: float | None) -> SafeString:
    """Draw a share in a table cell: a thin bar and its number; ``None`` is —."""
    length = min(100.0, max(0.0, float(percent))) if percent is not None else 0.0
    text = formats.NOTHING if percent is None else f"{formats.number(round(percent, 1))}%"
    return render_to_string("components/charts/share.html", {"length": length, "text": text})


@register.simple_tag
def term(
    gone_percent: float, from_words: str, to_words: str, window_percent: float = 0
) -> SafeString:
    """Draw a term with today on it: how much is gone, and the window at its end that is open."""
    gone = min(100.0, max(0.0, float(gone_percent)))
    return render_to_string(
        "components/charts/term.html",
        {
            "gone": round(gone, 1),
            "window_x": round(100 - float(window_percent), 1),
            "window": round(float(window_percent), 1),
            "from_words": from_words,
            "to_words": to_words,
        },
    )


@register.simple_tag
def tile_map(
    values: Mapping[str, float | None],
    finding: str,
    unit: str = "人",
    url_pattern: str = "",
    chosen: str = "",
    city: str = "",
) -> SafeString:
    """Draw the counties, as squares or within the operator's borders: ``values`` maps an adcode to a number; ``None`` is withheld.

    ``url_pattern`` has ``{adcode}`` in it; ``chosen`` is the adcode with the thick edge; ``city``
    (a city's adcode) draws only its counties, larger. The table with the same numbers stands below.
    """
    tiles = [tile for tile in regions.tilemap().tiles if not city or tile.city_code == city]
    breaks = charting.round_breaks([v for v in (values.get(t.code) for t in tiles) if v])
    borders = _borders()
    if borders is None:
        drawn = charting.place_tiles(tiles, values, breaks)
        more = _tile_frame(tiles)
    else:
        areas = borders.of_city(city)
        drawn = charting.place_areas(areas, values, breaks)
        more = _area_frame(areas, borders.number, is_whole=not city)
    for one in drawn:
        adcode, value = one["tile"].code, one["value"]
        one["city"] = regions.region(one["tile"].city_code).short_name
        one["url"] = url_pattern.replace("{adcode}", adcode) if url_pattern else ""
        one["text"] = "不公布" if value is None and adcode in values else formats.number(value)
    return render_to_string(
        f"components/charts/{'tile' if borders is None else 'area'}_map.html",
        {
            **more,
            "drawn": drawn,
            "legend": charting.legend_of(breaks),
            "finding": finding,
            "unit": unit,
            "chosen": next((one for one in drawn if one["tile"].code == chosen), None),
            "is_whole": not city,
            "has_links": bool(url_pattern),
            "table": sorted(drawn, key=lambda one: (-(one["value"] or 0), one["tile"].code)),
        },
    )


def _borders() -> Boundaries | None:
    """Return the operator's borders; a file that went bad while we run leaves the squares."""
    try:
        return get_boundaries(settings.FIGURES_BOUNDARIES, settings.FIGURES_BOUNDARIES_NUMBER)
    except Malformed as fault:
        _log.warning("boundaries are not drawn: %s", fault.code)
        return None


def _tile_frame(tiles: Sequence[regions.Tile]) -> dict[str, Any]:
    side = charting.TILE
    left, top = min(t.x for t in tiles), min(t.y for t in tiles)
    across, down = max(t.x for t in tiles) - left + 1, max(t.y for t in tiles) - top + 1
    return {
        "view_box": f"{left * side - 3:g} {top * side - 3:g} {across * side + 6:g} "
        f"{down * side + 6:g}",
        "edges": charting.city_edges(tiles),
    }


def _area_frame(areas: Sequence[Area], number: str, *, is_whole: bool) -> dict[str, Any]:
    left, top, right, bottom = box_around(areas)
    room = max(right - left, bottom - top) // 40
    return {
        "view_box": f"{left - room} {top - room} {right - left + 2 * room} "
        f"{bottom - top + 2 * room}",
        "number": number,
        # Text in the units of the map: about 14 px where the map is 700 px wide.
        "text_size": max(1, (right - left) // (48 if is_whole else 44)),
    }


def _cell(values: Sequence[float | None], index: int) -> str:
    return formats.number(values[index]) if index < len(values) else formats.NOTHING


def _short(text: str) -> str:
    head = text.split("，")[0]
    return head if len(head) <= SLIM_EVENT_CHARACTERS else f"{head[:SLIM_EVENT_CHARACTERS]}…"
