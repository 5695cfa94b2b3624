"""What becomes of a row of a dropped table: the verdict that is shown, kept and taken into effect."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nuanxin.kernel.text import compact
from nuanxin.membership.states import ListingOutcome

_PUNCTUATION = str.maketrans("", "", "()（）[]【】、，,·-—_/ ")


@dataclass(slots=True)
class Verdict:
    """One row: its spreadsheet number, what it is called, where, whose, and what becomes of it.

    ``values`` are plain values from which the write is made, only for NEW.
    """

    row: int
    outcome: ListingOutcome
    name: str
    where: str = ""
    whose: str = ""
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def refused(row: int, name: str, reason: str) -> Verdict:
    """Return a row that cannot be taken in, with what to do about it."""
    return Verdict(row, ListingOutcome.UNPLACED, name, reason=reason)


def key_of(name: str) -> str:
    """Return a name as it is compared: no spaces, one kind of brackets and letters."""
    return compact(name).replace("（", "(").replace("）", ")").casefold()


def kind_word(text: str) -> str:
    """Return a word for a kind as it is compared: no brackets, no marks."""
    return compact(text).translate(_PUNCTUATION)


def mark_repeated(verdicts: Iterable[Verdict], key: str) -> None:
    """Let only the first of the NEW rows with the same ``values[key]`` stay new."""
    first: dict[Any, int] = {}
    for one in verdicts:
        if one.outcome is not ListingOutcome.NEW:
            continue
        mark = one.values[key]
        if mark in first:
            one.outcome = ListingOutcome.REPEATED
            one.reason = f"和第 {first[mark]} 行是同一{_unit(one)}，只登记那一行。"
            one.values = {}
        else:
            first[mark] = one.row


def _unit(one: Verdict) -> str:
    return "个" if "employer" in one.values else "家"
