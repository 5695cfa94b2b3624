"""The numbers that somebody typed beside the references: held against what the references gave.

The text is read as its readers will see it, with every reference written out. A typed number that
differs from a reference, from the registry or from another place of the report stops the render;
one that is not known anywhere is only told.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from nuanxin.figures.rules.claims import (
    Against,
    Checked,
    Claim,
    Draft,
    Reason,
    Reference,
    Verdict,
    find_claims,
    judge,
    telling,
)
from nuanxin.figures.rules.claims.matching import Known
from nuanxin.figures.rules.claims.periods import resolve
from nuanxin.figures.rules.claims.words import place_key
from nuanxin.figures.rules.reports.faults import Faults
from nuanxin.figures.rules.reports.limits import ReportLimits
from nuanxin.figures.rules.reports.source import SLOT_SIGN, Block, Piece, Source
from nuanxin.figures.rules.reports.values import Absent, Answers, Resolved
from nuanxin.figures.rules.reports.writing import write_number
from nuanxin.kernel import regions

_SIGN = re.compile("([\U000f0000-\U0010fffd])")
_MARKS = re.compile(r"^\s{0,8}(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)+")
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\*)\*(?!\*)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)\s]*\)")
_RULE = re.compile(r"^[\s|:*_-]{3,}$")

Lookup = Callable[[Sequence[Claim]], list[Reference]]
"""Asks the registry for the figures that claims may speak of."""


class Reading:
    """The report as it will be read, every sign with the place where it was typed."""

    def __init__(self, source: Source, answers: Answers) -> None:
        self.source, self.answers = source, answers
        self.signs: list[str] = []
        self.places: list[tuple[int, int]] = []
        self.given: list[bool] = []
        self.labels: dict[int, str] = {}
        blocks = {block.sign: block for block in source.blocks}
        for line in source.lines:
            block = blocks.get(line.text)
            if block is None:
                self._line(line.line, line.pieces, has_marks=True)
            elif block.kind == "boxes":
                self._boxes(block)

    @property
    def text(self) -> str:
        """Return the text."""
        return "".join(self.signs)

    def is_given(self, claim: Claim) -> bool:
        """Return whether a claim is, even in part, what a reference gave."""
        return any(self.given[claim.start : claim.end])

    def _boxes(self, block: Block) -> None:
        for row in block.rows[0]:
            self._line(row.line, row.label)
            self._line(row.line, row.value)
            for slot in row.slots:
                self.labels[slot.index] = "".join(piece.text for piece in row.label).strip()

    def _line(self, line: int, pieces: Sequence[Piece], *, has_marks: bool = False) -> None:
        typed = "".join(piece.text for piece in pieces)
        if has_marks and _RULE.match(typed) and typed.strip():
            typed = ""
        hidden = _hidden(typed) if has_marks and typed else set()
        at = 0
        for piece in pieces if typed else ():
            for offset, sign in enumerate(piece.text):
                if at not in hidden:
                    self._sign(sign, line, piece.column + (offset if piece.is_typed else 0))
                at += 1
        self._put("\n", line, 1, False)

    def _sign(self, sign: str, line: int, column: int) -> None:
        if not _SIGN.fullmatch(sign):
            self._put("\t" if sign == "|" else sign, line, column, False)
            return
        slot = self.source.slots[ord(sign) - SLOT_SIGN]
        answer = self.answers.numbers.get(slot.index)
        if isinstance(answer, Resolved):
            text = write_number(answer.value, answer.unit, slot.asked.filters)
        else:
            text = answer.text if isinstance(answer, Absent) else ""
        for one in text:
            self._put(one, line, column, True)

    def _put(self, sign: str, line: int, column: int, is_given: bool) -> None:
        self.signs.append(sign)
        self.places.append((line, column))
        self.given.append(is_given)


def _hidden(line: str) -> set[int]:
    """Return the places of the signs that Markdown takes for itself."""
    hidden: set[int] = set()
    if found := _MARKS.match(line):
        hidden.update(range(*found.span()))
    for found in _EMPHASIS.finditer(line):
        hidden.update(range(*found.span()))
    for found in _LINK.finditer(line):
        hidden.update(set(range(*found.span())) - set(range(*found.span(1))))
    return hidden


def check_handwritten(
    source: Source, answers: Answers, *, lookup: Lookup, limits: ReportLimits, faults: Faults
) -> None:
    """Put what the typed numbers contradict into ``faults``, and what nobody knows as warnings."""
    reading = Reading(source, answers)
    draft = Draft(reading.text)
    claims = find_claims(draft)
    typed = [claim for claim in claims if not reading.is_given(claim)]
    if not typed:
        return
    known = _Times(source, answers, reading)
    report = judge(draft, claims, lookup(typed))
    checked = [one for one in report.claims if not reading.is_given(one.claim)]
    told = 0
    for one in checked:
        known.judge(one)
        line, column = reading.places[one.claim.start]
        if one.verdict in (Verdict.DIFFERS, Verdict.CONTRADICTS):
            faults.stop(line, column, "contradicts", _sentence(one, reading))
        elif one.verdict not in (Verdict.AGREES, Verdict.WITHIN) and told < limits.warnings:
            told += 1
            faults.warn(line, column, "handwritten", _warning(one))


class _Times:
    """What the references gave, by the time it is of. What is typed is held to its own time; to the
    report's where it tells none, or tells it in words that name no days (这五年)."""

    def __init__(self, source: Source, answers: Answers, reading: Reading) -> None:
        self.today = source.setting.today
        self._own: list[Reference] = []
        self._by_span: dict[tuple[str, str], list[Reference]] = {}
        for index, answer in [*answers.numbers.items(), *_ends(answers)]:
            if isinstance(answer, Resolved):
                made = list(_references(answer, reading.labels.get(index, "")))
                self._by_span.setdefault(_span_of(answer), []).extend(made)
                self._own += made if answer.is_own_time else []
        self._known: dict[tuple[str, str] | None, Known] = {}

    def judge(self, one: Checked) -> None:
        """Hold a typed claim to the references of its time, where nothing else is known of it."""
        if one.verdict not in (Verdict.UNKNOWN, Verdict.PERIOD_MISSING):
            return
        verdict, against = self._known_at(one.claim).judge(one.claim)
        if verdict is not Verdict.UNKNOWN:
            one.verdict, one.against = verdict, [*against, *one.against]

    def _known_at(self, claim: Claim) -> Known:
        span = resolve(claim.period or "", self.today) if claim.period_key else None
        key = (span.start.isoformat(), span.end.isoformat()) if span else None
        if key not in self._known:
            found = self._own
            if key is not None:
                found = [*self._by_span.get(key, ()), *self._by_span.get(("", key[1]), ())]
            self._known[key] = Known(list(dict.fromkeys(found)))
        return self._known[key]


def _span_of(answer: Resolved) -> tuple[str, str]:
    """Return the first and last day of a number; no first day of one as of a day."""
    start, _, end = answer.question.get("period", "").partition("..")
    return (start, end) if end else ("", answer.question["as_of"])


def _references(answer: Resolved, told: str) -> Iterator[Reference]:
    """Return a number as known values: by its own label and by the one that the report gives it."""
    for label in sorted({answer.label, told} - {""}):
        for place in _places(answer):
            yield Reference(
                code=answer.code,
                label=answer.cut + label,
                value=Fraction(answer.value),
                unit=answer.unit.label,
                source=answer.when,
                rounded_to=answer.rounded_to,
                place=place,
            )


def _ends(answers: Answers) -> list[tuple[int, Resolved]]:
    return [(index, series.of) for index, series in answers.series.items()]


def _places(answer: Resolved) -> list[str]:
    code = answer.question.get("region", "")
    named = place_key(regions.region(code).name) if code and not code.endswith("0000") else ""
    return ["", named] if answer.is_own_place and named else [named]


def _sentence(one: Checked, reading: Reading) -> str:
    thing = f"手写的“{one.claim.text}”"
    differing = [a for a in one.against if a.verdict is Verdict.DIFFERS and a.kind != "draft"]
    against = next((a for a in (*differing, *one.against) if a.verdict.is_fault), one.against[0])
    other = _other(against, reading)
    if against.reason is Reason.PART:
        return f"{thing}和{other}对不上：部分比总数大。请核对后改其中一处。"
    if against.reason is Reason.SUM:
        return f"{thing}不是各分项的和（{other}）。请核对后改。"
    if against.reason is Reason.LABEL:
        return (
            f"{thing}在这里说的是“{one.claim.what}”，在{other}说的是“{against.label}”。"
            "请问清后改成一个说法。"
        )
    if against.kind == "draft":
        if "引用" in other:
            return f"{thing}和{other}不一样。请也改成引用，或者写明是哪一天、按什么口径数的。"
        return f"{thing}和{other}矛盾。请问清后改成一个说法，能用引用的就用引用。"
    return f"{thing}和数读不一样，数读是 {other}。请改成引用，或者写明是哪一天、按什么口径数的。"


def _other(against: Against, reading: Reading) -> str:
    said = against.text or telling.number_of(against)
    if against.kind != "draft" or against.line is None or against.column is None:
        when = against.period or against.source
        return "，".join(filter(None, (said, against.label, when)))
    offset = Draft(reading.text).starts[against.line - 1] + against.column - 1
    offset = min(offset, len(reading.places) - 1)
    words = "引用的" if reading.given[offset] else "的"
    return f"第 {reading.places[offset][0]} 行{words}“{said}”"


def _warning(one: Checked) -> str:
    thing = f"手写的“{one.claim.text}”"
    match one.verdict:
        case Verdict.UNIT_MISMATCH:
            unit = one.against[0].unit if one.against else ""
            return f"{thing}的单位和数读不一样（数读是“{unit}”）。人和人次是两个数，请核对。"
        case Verdict.PERIOD_MISSING:
            return f"{thing}没写是哪段时间的数。请补上时间段，或者改成引用。"
    return f"{thing}数读里查不到，没有核。请自己核对来源。"
