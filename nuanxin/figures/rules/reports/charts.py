"""Charts of a report for paper: plain SVG whose every colour stands in it, drawn from numbers.

The colours are the product's (``static/css/tokens.css``). Text is escaped; nothing else comes from
the report.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

RED, BLUE, GREY = "#C8321F", "#1F5FA8", "#5F5750"
INK, INK_2, LINE, RULE, BAR = "#1F1B18", "#5F5750", "#E7DED3", "#CFC3B5", "#DD8F6D"
_STROKES = ((RED, ""), (BLUE, "7 4"), (GREY, "1.5 4"))
_WIDTH, _HEIGHT = 640.0, 250.0
_TOP, _FOOT = 18.0, 26.0
_SIZE = 12.0
_WAN = 10_000
_ROW = 22.0


def trend_svg(block: dict[str, Any], family: str) -> str:
    """Return the lines of a trend block as SVG of 640 × 250."""
    lines = block["lines"][: len(_STROKES)]
    known = [value for line in lines for value in line["values"] if value is not None]
    ticks = _ticks(max(known, default=0))
    left = max(_width(_number(tick)) for tick in ticks) + 8
    ends = [line["label"] if len(lines) > 1 else _last(line) for line in lines]
    right = _WIDTH - max((_width(end) for end in ends), default=0) - 12
    bottom = _HEIGHT - _FOOT
    step = (right - left) / max(1, len(block["labels"]) - 1)

    def at(index: int, value: float) -> tuple[float, float]:
        return left + step * index, bottom - (bottom - _TOP) * value / ticks[-1]

    parts = [_axis(tick, at(0, tick)[1], left, right) for tick in ticks]
    parts += _months(block["labels"], left, step, right - left)
    names: list[tuple[float, float, str, str]] = []
    for line, end, (colour, dash) in zip(lines, ends, _STROKES, strict=False):
        points = [None if v is None else at(i, v) for i, v in enumerate(line["values"])]
        parts.append(_line(points, colour, dash))
        there = [point for point in points if point is not None]
        if there:
            x, y = there[-1]
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
            names.append((x + 7, y + 4, end, colour))
    parts += [_text(x, y, end, colour) for x, y, end, colour in _apart(names, bottom + 4)]
    return _svg(_HEIGHT, family, parts)


def bars_svg(block: dict[str, Any], family: str) -> str:
    """Return the bars of a block as SVG of 640 and as high as it has rows."""
    rows = block["rows"]
    most = max((row["value"] or 0 for row in rows), default=0) or 1
    left = max((_width(row["label"]) for row in rows), default=0) + 12
    right = _WIDTH - max((_width(row["text"]) for row in rows), default=0) - 10
    parts = []
    for number, row in enumerate(rows):
        y = number * _ROW
        long = (right - left) * max(0, row["value"] or 0) / most
        parts.append(_text(0, y + 15, row["label"], INK))
        parts.append(
            f'<rect x="{left:.1f}" y="{y + 4:.1f}" width="{long:.1f}" height="14" fill="{BAR}"/>'
        )
        parts.append(_text(_WIDTH, y + 15, row["text"], INK, anchor="end"))
    return _svg(max(_ROW, len(rows) * _ROW), family, parts)


def _svg(height: float, family: str, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" '
        f'width="{_WIDTH:g}" height="{height:g}" font-family="{escape(family)}" '
        f'font-size="{_SIZE:g}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, words: str, colour: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def _axis(tick: float, y: float, left: float, right: float) -> str:
    colour = RULE if tick == 0 else LINE
    path = f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{colour}" stroke-width="1"/>'
    return path + _text(left - 8, y + 4, _number(tick), INK_2, anchor="end")


def _months(labels: Sequence[str], left: float, step: float, room: float) -> list[str]:
    """Return as many labels as fit, always with the first and the last."""
    if not labels:
        return []
    fits = max(2, int(room // (_width(labels[0]) + 18)))
    every = max(1, math.ceil((len(labels) - 1) / max(1, fits - 1)))
    last = len(labels) - 1
    kept = [i for i in range(0, last + 1, every) if last - i >= every or i == last]
    kept = sorted({*kept, last})
    anchors = {0: "start", last: "end"}
    return [
        _text(left + step * i, _HEIGHT - 8, labels[i], INK_2, anchors.get(i, "middle"))
        for i in kept
    ]


def _line(points: Sequence[tuple[float, float] | None], colour: str, dash: str) -> str:
    path, is_up = [], True
    for point in points:
        if point is not None:
            path.append(f"{'M' if is_up else 'L'}{point[0]:.1f} {point[1]:.1f}")
        is_up = point is None
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="2"'
        f' stroke-linejoin="round" stroke-linecap="round"{dashes}/>'
        if path
        else ""
    )


def _apart(
    names: list[tuple[float, float, str, str]], lowest: float
) -> Iterable[tuple[float, float, str, str]]:
    """Move names that lie over each other a line apart, none below ``lowest``."""
    line, placed, free = _SIZE + 2, [], float("-inf")
    for x, y, words, colour in sorted(names, key=lambda one: one[1]):
        free = max(y, free) + line
        placed.append((x, free - line, words, colour))
    below = lowest + line
    for x, y, words, colour in reversed(placed):
        below = min(y, below - line)
        yield x, below, words, colour


def _last(line: dict[str, Any]) -> str:
    known = [value for value in line["values"] if value is not None]
    return _number(known[-1]) if known else ""


def _ticks(highest: float) -> list[float]:
    """Return three to five round numbers from 0 that reach ``highest``."""
    if highest <= 0:
        return [0, 1]
    power = 10.0 ** math.floor(math.log10(highest))
    for part in (0.2, 0.25, 0.5, 1, 2, 2.5, 5):
        count = math.ceil(highest / (power * part) - 1e-9)
        if 2 <= count <= 4:
            return [power * part * i for i in range(count + 1)]
    return [0, highest]


def _number(value: float) -> str:
    if value >= _WAN:
        return f"{value / _WAN:,.2f}".rstrip("0").rstrip(".") + "万"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def _width(words: str) -> float:
    return sum(_SIZE if ord(sign) > 0x2E80 else _SIZE * 0.58 for sign in words)
