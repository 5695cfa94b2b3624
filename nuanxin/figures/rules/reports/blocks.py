"""The blocks of a report: data boxes, tables of figures, trends, bars."""

import re
from typing import Any

from nuanxin.figures.rules.reports.fingerprint import digest_of
from nuanxin.figures.rules.reports.items import LOOPS
from nuanxin.figures.rules.reports.notes import Notes
from nuanxin.figures.rules.reports.source import Block, BlockRow, Piece, Slot, Source
from nuanxin.figures.rules.reports.values import Absent, Answers, Resolved
from nuanxin.kernel.numbers_zh import format_thousands, format_wan

_TYPED_NUMBER = re.compile(r"\s*([近约超]?[\d,.]+\s*[万亿千百]?[余多]?)\s*(.*?)\s*")
_SIGNS = re.compile("[\U000f0000-\U0010fffd]")
_MOST_BARS = 40


class BlockMaker:
    """Makes the blocks of one document."""

    def __init__(self, source: Source, answers: Answers, notes: Notes) -> None:
        self.source, self.answers, self.notes = source, answers, notes

    def make(self, block: Block) -> dict[str, Any]:
        """Return a block as plain values."""
        made = {
            "boxes": self._boxes,
            "figures-table": self._table,
            "bars": self._bars,
            "trend": self._trend,
        }[block.kind](block)
        return {"kind": block.kind, "title": block.options.get("title", ""), **made}

    def _boxes(self, block: Block) -> dict[str, Any]:
        rows = [self._box(row) for row in block.rows[0]]
        return {"name": block.options.get("name", ""), "rows": rows}

    def _box(self, row: BlockRow) -> dict[str, Any]:
        label = _words(row.label)
        if len(row.slots) == 1:
            number = self.notes.number(row.slots[0])
            if not number.get("unit"):
                number["unit"] = _words(row.value)
            return {"label": label, **number}
        found = _TYPED_NUMBER.fullmatch(_words(row.value))
        text, unit = (found[1], found[2]) if found else (_words(row.value), "")
        return {"label": label, "kind": "typed", "text": text, "unit": unit}

    def _table(self, block: Block) -> dict[str, Any]:
        if not block.items:
            return self._plain_table(block)
        first = block.rows[0]
        columns = [
            {"label": _words(row.label), "note": self._column_note(block, at)}
            for at, row in enumerate(first)
        ]
        rows = [
            {
                "label": item.short_name if item.kind != "region" else item.name,
                "cells": [self._cell(row.slots[0]) for row in rows],
            }
            for item, rows in zip(block.items, block.rows, strict=True)
        ]
        return {"corner": LOOPS[block.options["each"]], "columns": columns, "rows": rows}

    def _plain_table(self, block: Block) -> dict[str, Any]:
        rows = [
            {"label": _words(row.label), "cells": [self.notes.number(row.slots[0])]}
            for row in block.rows[0]
        ]
        return {"corner": "指标", "columns": [{"label": "数", "note": None}], "rows": rows}

    def _cell(self, slot: Slot) -> dict[str, Any]:
        answer = self.answers.numbers[slot.index]
        if isinstance(answer, Absent):
            return {"kind": "absent", "text": answer.text}
        filters = slot.asked.filters or ("full",)
        return {"kind": "number", **self.notes.written(answer, filters), "note": None}

    def _column_note(self, block: Block, at: int) -> int | None:
        """Return one note for all numbers of a column, with a fingerprint over theirs."""
        answers = [self.answers.numbers[rows[at].slots[0].index] for rows in block.rows]
        there = [one for one in answers if isinstance(one, Resolved)]
        if not there:
            return None
        place = f"{self.source.setting.region_name}，{len(block.items)} 个{_kind(block)}"
        return self.notes.note(there, place=place, digest=digest_of([one.digest for one in there]))

    def _bars(self, block: Block) -> dict[str, Any]:
        rows: list[dict[str, Any]] = []
        if block.items:
            rounds = zip(block.items, block.rows, strict=True)
            pairs = [(item.short_name, lines[0].slots[0]) for item, lines in rounds]
        else:
            pairs = [(_words(row.label), row.slots[0]) for row in block.rows[0]]
        for label, slot in pairs:
            answer = self.answers.numbers[slot.index]
            if isinstance(answer, Absent):
                rows.append({"label": label, "value": None, "text": answer.text, "number": None})
            elif answer.value or not block.items:
                number = self.notes.index(answer)
                text = format_wan(answer.value)
                rows.append({"label": label, "value": answer.value, "text": text, "number": number})
        rows.sort(key=lambda row: -(row["value"] or 0) if row["value"] is not None else 1)
        most = block.options.get("most", "")
        kept = int(most) if most.isdigit() and 0 < int(most) <= _MOST_BARS else _MOST_BARS
        note = self._column_note(block, 0) if block.items else None
        unit = self._unit(block.rows[0][0].slots[0])
        return {"rows": rows[:kept], "note": note, "unit": unit}

    def _unit(self, slot: Slot) -> str:
        answer = self.answers.numbers[slot.index]
        return answer.unit.label if isinstance(answer, Resolved) else ""

    def _trend(self, block: Block) -> dict[str, Any]:
        lines: list[dict[str, Any]] = []
        labels: tuple[str, ...] = ()
        units: list[str] = []
        for row in block.rows[0]:
            series = self.answers.series[row.slots[0].index]
            labels = series.labels
            units.append(series.of.unit.label)
            place = f"{series.of.place}，{len(series.labels)} 个月"
            note = self.notes.note(
                [series.of], place=place, digest=digest_of(series.digests), is_one=True
            )
            lines.append(
                {
                    "label": _words(row.label),
                    "values": list(series.values),
                    "note": note,
                    "number": self.notes.index(series.of),
                }
            )
        last = [(line["label"], line["values"][-1]) for line in lines]
        said = [
            f"{label}{format_thousands(value)}" if value is not None else f"{label}人数太少，不公布"
            for label, value in last
        ]
        return {
            "labels": list(labels),
            "lines": lines,
            "unit": units[0] if units else "",
            "finding": f"到{labels[-1]}，{'，'.join(said)}",
        }


def _kind(block: Block) -> str:
    return LOOPS[block.options["each"]]


def _words(pieces: tuple[Piece, ...]) -> str:
    return _SIGNS.sub("", "".join(piece.text for piece in pieces)).strip()
