"""What differs between two texts of a rule: the conditions in words, and the text line by line."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.wording import say_rule

CONTEXT = 2
MOST_LINES = 400


class Mark(StrEnum):
    """What became of a line."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {Mark.SAME: "没变", Mark.GONE: "去掉", Mark.NEW: "加上"}[self]


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its mark."""

    mark: Mark
    text: str


def word_changes(before: BoundRule, after: BoundRule) -> list[Line]:
    """Return the conditions of both in words, those that stay as they are included."""
    return _lines(_words(before), _words(after), context=None)


def text_changes(before: str, after: str) -> list[Line]:
    """Return the lines that differ, with a little around them; nothing when the texts are the same."""
    return _lines(before.splitlines(), after.splitlines(), context=CONTEXT)


def _words(bound: BoundRule) -> list[str]:
    return [
        f"{'　' * said.depth}{said.text}{f'（{said.detail}）' if said.detail else ''}"
        for said in say_rule(bound)
    ]


def _lines(before: Sequence[str], after: Sequence[str], *, context: int | None) -> list[Line]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found: list[Line] = []
    whole = [matcher.get_opcodes()]
    for group in whole if context is None else matcher.get_grouped_opcodes(context):
        for kind, i, j, k, m in group:
            if kind == "equal":
                found += [Line(Mark.SAME, text) for text in before[i:j]]
                continue
            found += [Line(Mark.GONE, text) for text in before[i:j]]
            found += [Line(Mark.NEW, text) for text in after[k:m]]
    return found[:MOST_LINES]
