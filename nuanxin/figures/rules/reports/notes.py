"""The numbers of a document and their notes: each number once, each note once."""

from collections.abc import Sequence
from typing import Any

from nuanxin.figures.rules.reports.source import Slot
from nuanxin.figures.rules.reports.values import Absent, Answers, Resolved
from nuanxin.figures.rules.reports.writing import write_number
from nuanxin.kernel.figure import Unit
from nuanxin.kernel.numbers_zh import format_thousands


class Notes:
    """Gathers numbers and notes in the order in which they are first used."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self._numbers: dict[str, int] = {}
        self._told: list[dict[str, Any]] = []
        self._notes: dict[tuple[str, ...], int] = {}
        self._lines: list[dict[str, Any]] = []
        self._definitions: dict[tuple[str, int], dict[str, Any]] = {}

    def number(self, slot: Slot) -> dict[str, Any]:
        """Return the number of a slot as it stands in the text, with its note."""
        answer = self.answers.numbers[slot.index]
        if isinstance(answer, Absent):
            return {"kind": "absent", "text": answer.text}
        return {
            "kind": "number",
            **self.written(answer, slot.asked.filters),
            "note": self.note([answer]),
        }

    def written(self, answer: Resolved, filters: Sequence[str]) -> dict[str, Any]:
        """Return a number in the style asked for, its unit apart, and which number it is."""
        plain = [one for one in filters if one != "unit"]
        has_unit = "unit" in filters and answer.unit is not Unit.PERCENT
        return {
            "text": write_number(answer.value, answer.unit, plain),
            "unit": answer.unit.label if has_unit else "",
            "number": self.index(answer),
        }

    def index(self, answer: Resolved) -> int:
        """Return which of the document's numbers this is."""
        if answer.digest not in self._numbers:
            self._numbers[answer.digest] = len(self._told)
            self._told.append(
                {
                    "code": answer.code,
                    "label": answer.label,
                    "value": answer.value,
                    "unit": answer.unit.label,
                    "place": answer.place,
                    "when": answer.when,
                    "cut": answer.cut,
                    "version": answer.version,
                    "digest": answer.digest,
                    "question": answer.question,
                }
            )
        return self._numbers[answer.digest]

    def note(
        self,
        answers: Sequence[Resolved],
        *,
        place: str = "",
        digest: str = "",
        is_one: bool = False,
    ) -> int:
        """Return the note of a number, or of many that one line of a table or chart brings.

        ``is_one``: all of them are one figure over time, which can be looked up.
        """
        first = answers[0]
        key = (first.code, first.when, place or first.place, first.cut if not place else "",
               digest or first.digest)  # fmt: skip
        if key not in self._notes:
            self._notes[key] = len(self._lines) + 1
            self._lines.append(
                {
                    "note": len(self._lines) + 1,
                    "label": first.label,
                    "cut": "" if place else first.cut,
                    "place": place or first.place,
                    "when": first.when,
                    "exact": "" if place else _exact(first),
                    "rounded_to": first.rounded_to,
                    "version": first.version,
                    "digest": digest or first.digest,
                    "number": None if place and not is_one else self.index(first),
                }
            )
            self._definitions.setdefault(
                (first.code, first.version),
                {
                    "code": first.code,
                    "label": first.label,
                    "version": first.version,
                    "text": first.definition,
                },
            )
        return self._notes[key]

    def as_plain(self) -> dict[str, Any]:
        """Return numbers, notes and definitions as a document holds them."""
        return {
            "numbers": self._told,
            "notes": self._lines,
            "definitions": list(self._definitions.values()),
        }


def _exact(answer: Resolved) -> str:
    rounded = f"（取到 {answer.rounded_to}）" if answer.rounded_to > 1 else ""
    return f"{format_thousands(answer.value)} {answer.unit.label}{rounded}"
