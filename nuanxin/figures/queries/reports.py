"""Composing a report: its text with every number measured, or everything that is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nuanxin.figures.queries.drafts import figures_for
from nuanxin.figures.queries.measuring import Measurement
from nuanxin.figures.queries.registry import FIGURES
from nuanxin.figures.queries.report_numbers import Numbers, TooManyReads, last_months
from nuanxin.figures.queries.report_questions import Questions, Wanted
from nuanxin.figures.rules.claims import Claim, Reference
from nuanxin.figures.rules.reports import (
    REPORT_LIMITS,
    Absent,
    Answers,
    Block,
    Choices,
    Document,
    Fault,
    Faults,
    ReportLimits,
    Resolved,
    Series,
    Slot,
    Source,
    check_handwritten,
    make_document,
    read_source,
)
from nuanxin.figures.rules.reports.fingerprint import digest_of
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.period import Month

_TREND_MONTHS = 24
WITHHELD = "不公布"


@dataclass(frozen=True, slots=True)
class Composed:
    """What came of a report. ``document`` None: ``faults`` say why, all of them at once."""

    document: Document | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    numbers: int


def compose_report(
    text: str,
    *,
    region: str = "",
    period: str = "",
    as_of: str = "",
    limits: ReportLimits = REPORT_LIMITS,
    now: datetime,
) -> Composed:
    """Return the document of a report, or all its faults with line and column.

    ``region``, ``period`` and ``as_of`` are used instead of what the report's head says. Numbers
    are those that may be published. Never raises for what stands in the text.
    """
    faults = Faults()
    choices = Choices(clock.business_day(now), region, period, as_of)
    source = read_source(text, choices=choices, limits=limits, faults=faults)
    answers = _Answering(source, faults, limits, now).answers()
    home = int(source.setting.region)

    def lookup(claims: Sequence[Claim]) -> list[Reference]:
        return figures_for(claims, region=home, now=now)

    check_handwritten(source, answers, lookup=lookup, limits=limits, faults=faults)
    document = None
    if not faults.stops:
        document = make_document(source, answers, nesting=limits.nesting)
    return Composed(
        document=document,
        faults=tuple(faults.stops[: limits.faults]),
        warnings=tuple(faults.warnings),
        numbers=len(source.slots),
    )


class _Answering:
    """Answers the references of one report."""

    def __init__(self, source: Source, faults: Faults, limits: ReportLimits, now: datetime) -> None:
        self.source, self.faults, self.limits = source, faults, limits
        self.numbers = Numbers(now=now, most_measured=limits.measured)
        self.found = Answers()
        self.small = _allowed_small(source.blocks)

    def answers(self) -> Answers:
        """Return what could be answered; what could not is among the faults."""
        trends = {
            row.slots[0].index: block
            for block in self.source.blocks
            if block.kind == "trend"
            for row in block.rows[0]
            if row.slots
        }
        wanted = self._wanted()
        plain = {index: one for index, one in wanted.items() if index not in trends}
        try:
            measured = self.numbers.read(plain.values())
            for index, one in plain.items():
                self._answer(self.source.slots[index], one, measured[one])
            for index, block in trends.items():
                if index in wanted:
                    self._series(self.source.slots[index], block, wanted[index])
        except TooManyReads:
            self.faults.stop(
                1, 1, "too_many",
                f"一份报告里要逐个查的数（按工会数的、按某日所知的、同时分职业和渠道的）最多 "
                f"{self.limits.measured} 个。请少引用几个，或者分成几份。",
            )  # fmt: skip
        return self.found

    def _wanted(self) -> dict[int, Wanted]:
        questions = Questions(self.source.setting, self.faults)
        wanted: dict[int, Wanted] = {}
        for slot in self.source.slots:
            if self._is_optional(slot):
                self.found.numbers[slot.index] = Absent(slot.asked.option("optional"))
                continue
            one = questions.of(slot)
            if one is not None:
                wanted[slot.index] = one
        return wanted

    def _is_optional(self, slot: Slot) -> bool:
        """Return whether there is no such figure, and the report says what to write then."""
        return bool(slot.asked.option("optional")) and slot.asked.code not in FIGURES

    def _answer(self, slot: Slot, one: Wanted, measured: Measurement) -> None:
        if measured.value is not None:
            self.found.numbers[slot.index] = self._resolved(
                one, measured.value, measured.digest, measured.rounded_to
            )
            return
        allowed = slot.asked.option("small") or self.small.get(slot.index, "")
        if allowed:
            self.found.numbers[slot.index] = Absent(allowed)
            return
        if one in self.numbers.missing:
            self._not_known(slot, self.numbers.missing[one])
            return
        self.faults.stop(
            slot.line, slot.column, "withheld",
            f"{one.place}的“{one.definition.label}”人数太少，不公布（也免得从旁边的数减出来）。"
            f"请换成上一级地区或更长的时间，或者写 small={WITHHELD}。",
        )  # fmt: skip

    def _not_known(self, slot: Slot, refusal: NotFound) -> None:
        if refusal.code == "figures.denominator_missing":
            self.faults.stop(slot.line, slot.column, "no_denominator", refusal.message)
            return
        if slot.asked.option("optional"):
            self.found.numbers[slot.index] = Absent(slot.asked.option("optional"))
            return
        said = f"{refusal.message}也可以写 optional=还没有数据源。"
        self.faults.stop(slot.line, slot.column, "nothing_recorded", said)

    def _resolved(self, one: Wanted, value: int, digest: str, rounded_to: int) -> Resolved:
        setting, definition = self.source.setting, one.definition
        version = definition.version_on(one.as_of)
        return Resolved(
            code=definition.code,
            label=definition.label,
            value=value,
            unit=definition.unit,
            definition=version.text,
            version=version.number,
            place=one.place,
            when=one.when(),
            digest=digest,
            question=one.as_plain(),
            is_own_time=one.known_on is None
            and (one.period == setting.period if one.period else one.as_of == setting.as_of),
            is_own_place=not one.union and str(one.region) == setting.region,
            cut=one.cut(),
            rounded_to=rounded_to,
        )

    def _series(self, slot: Slot, block: Block, one: Wanted) -> None:
        months = self._months(block, one)
        running = block.options.get("running") in ("yes", "是")
        values = self.numbers.months(one, months, running=running)
        known = [value for value in values if value is not None]
        if not known:
            self.faults.stop(
                slot.line, slot.column, "withheld",
                f"{one.place}的“{one.definition.label}”每个月人数都太少，画不成图。请换成上一级地区。",
            )  # fmt: skip
            return
        plain = one.as_plain()
        self.found.series[slot.index] = Series(
            labels=tuple(f"{month.year}.{month.month:02d}" for month in months),
            values=tuple(values),
            of=self._resolved(
                one,
                known[-1],
                digest_of([one.code, plain, values]),
                self.numbers.step_of(one),
            ),
            digests=tuple(
                digest_of([one.code, plain, str(month), value])
                for month, value in zip(months, values, strict=True)
            ),
        )

    def _months(self, block: Block, one: Wanted) -> list[Month]:
        told = block.options.get("months", "")
        if told and not (told.isdigit() and 2 <= int(told) <= self.limits.trend_months):
            self.faults.stop(
                block.line, 1, "block", f"months= 请写 2 到 {self.limits.trend_months} 之间的数。"
            )
            told = ""
        period = self.source.setting.period
        count = sum(1 for _ in period.months()) if period and not told else 0
        wanted = int(told) if told else count if count > 1 else _TREND_MONTHS
        return last_months(one.as_of, min(wanted, self.limits.trend_months))


def _allowed_small(blocks: Sequence[Block]) -> dict[int, str]:
    """Return what a block says to write where one of its numbers is withheld."""
    return {
        slot.index: block.options["small"]
        for block in blocks
        if block.options.get("small")
        for rows in block.rows
        for row in rows
        for slot in row.slots
    }
