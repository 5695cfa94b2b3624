"""Checking a draft: find its claims, hold each against what is known and against the others."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nuanxin.figures.rules.claims.claim import Claim
from nuanxin.figures.rules.claims.comparing import Against, Reason, Verdict
from nuanxin.figures.rules.claims.draft import Draft, Line, Passage, lines_of, passages_of
from nuanxin.figures.rules.claims.layout import find_laid
from nuanxin.figures.rules.claims.matching import Known
from nuanxin.figures.rules.claims.periods import Told, find_periods, years_in
from nuanxin.figures.rules.claims.prose import Setting, claims_in
from nuanxin.figures.rules.claims.references import Reference
from nuanxin.figures.rules.claims.relations import Clash, find_clashes
from nuanxin.figures.rules.claims.words import place_key, place_names
from nuanxin.kernel.errors import Malformed

LONGEST_DRAFT = 4_000_000
"""Characters of a draft: about two thousand pages."""
_TITLE_LINES = 2
_HEADING = 40
_PLANS = re.compile(r"打算|计划|安排|目标|思路|展望")
_MOST_AGAINST = 12


@dataclass(slots=True)
class Checked:
    """A claim with what came of it; ``line`` and ``column`` count from one."""

    claim: Claim
    line: int
    column: int
    verdict: Verdict = Verdict.UNKNOWN
    against: list[Against] = field(default_factory=list)

    def as_plain(self) -> dict[str, Any]:
        """Return the claim as JSON tells it."""
        claim = self.claim
        return {
            "text": claim.text,
            "line": self.line,
            "column": self.column,
            "value": claim.value,
            "unit": claim.unit,
            "what": claim.what,
            "period": claim.period,
            "verdict": self.verdict.value,
            "against": [one.as_plain() for one in self.against],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, in the order of the draft."""

    draft: Draft
    claims: list[Checked]

    @property
    def has_faults(self) -> bool:
        """Return whether anything differs or contradicts."""
        return any(one.verdict.is_fault for one in self.claims)

    def as_plain(self) -> dict[str, Any]:
        """Return the report as JSON tells it."""
        return {"claims": [one.as_plain() for one in self.claims]}


def find_claims(draft: Draft) -> list[Claim]:
    """Return the claims of a draft in order; raise Malformed ``figures.draft_too_long``."""
    if len(draft.text) > LONGEST_DRAFT:
        raise Malformed(
            "figures.draft_too_long",
            f"这篇稿子有 {len(draft.text):,} 字，一次最多核 {LONGEST_DRAFT:,} 字。请分成几份来核。",
        )
    lines = lines_of(draft)
    laid = find_laid(draft, lines, group=0)
    claims = laid.claims + _prose_claims(draft, lines, laid.used)
    title = _title_place(lines)
    for claim in claims:
        if title and claim.scope.place == title:
            claim.scope.place = ""
    return sorted(claims, key=lambda claim: claim.start)


def check_draft(draft: Draft, references: Sequence[Reference] = ()) -> Report:
    """Return the report on a draft, held against known values and against itself."""
    return judge(draft, find_claims(draft), references)


def judge(draft: Draft, claims: Sequence[Claim], references: Sequence[Reference] = ()) -> Report:
    """Return the report on claims that were found before."""
    known = Known(references)
    checked = {}
    for claim in claims:
        one = checked[id(claim)] = Checked(claim, *draft.place(claim.start))
        one.verdict, one.against = known.judge(claim)
    _tell_clashes(checked, find_clashes(claims))
    return Report(draft, list(checked.values()))


def _tell_clashes(checked: dict[int, Checked], clashes: Iterable[Clash]) -> None:
    told: dict[int, set[tuple[int, Reason]]] = defaultdict(set)
    for clash in clashes:
        for one, other in ((clash.one, clash.other), (clash.other, clash.one)):
            if (id(other), clash.reason) in told[id(one)]:
                continue
            told[id(one)].add((id(other), clash.reason))
            _tell(checked[id(one)], checked[id(other)], clash)


def _tell(one: Checked, other: Checked, clash: Clash) -> None:
    """Write into ``one`` what its clash with ``other`` means for it."""
    is_listed_part = clash.reason is Reason.SUM and one.claim is not clash.one
    if len(one.against) >= _MOST_AGAINST or is_listed_part:
        return
    if clash.reason is Reason.NONE:
        verdict = Verdict.AGREES
    elif clash.reason is Reason.UNIT:
        verdict = Verdict.UNIT_MISMATCH
    else:
        verdict = Verdict.CONTRADICTS
    one.against.append(
        Against(
            kind="draft",
            verdict=verdict,
            reason=clash.reason,
            label=other.claim.what,
            value=other.claim.value,
            unit=other.claim.unit,
            period=other.claim.period,
            text=other.claim.text,
            line=other.line,
            column=other.column,
        )
    )
    if verdict is Verdict.CONTRADICTS or (
        verdict is Verdict.UNIT_MISMATCH and one.verdict is Verdict.UNKNOWN
    ):
        one.verdict = verdict


def _prose_claims(draft: Draft, lines: Sequence[Line], used: set[int]) -> list[Claim]:
    """Return the claims of running text; headings tell period and plan for what follows."""
    claims: list[Claim] = []
    heading: Told | None = None
    is_plan = False
    for passage in _runs(lines, used):
        setting = Setting(period=heading)
        group = 2 * len(lines) + len(claims) * 2
        found = claims_in(draft, passage, group=group, setting=setting)
        if not found and _is_heading(passage):
            dated = [told for told in find_periods(passage.text) if years_in(told.text)]
            heading = dated[0] if dated else heading
            is_plan = _PLANS.search(passage.text) is not None
        for claim in found:
            claim.mode = claim.mode or ("target" if is_plan else "")
            if _is_heading(passage):
                claim.origin = "caption"
        claims += found
    return claims


def _runs(lines: Sequence[Line], used: set[int]) -> Iterable[Passage]:
    run: list[Line] = []
    for index, line in enumerate(lines):
        if index in used:
            yield from passages_of(run)
            run = []
        else:
            run.append(line)
    yield from passages_of(run)


def _is_heading(passage: Passage) -> bool:
    return len(passage.text) <= _HEADING and passage.text[-1] not in "。！？；，"


def _title_place(lines: Sequence[Line]) -> str:
    """Return the place that the title names: the whole draft is about it."""
    for line in lines[:_TITLE_LINES]:
        found = place_names().search(line.text)
        if found and len(line.text) <= _HEADING and line.text[-1] not in "。，；":
            return place_key(found[0])
    return ""
