"""Lining a claim up with known values.

An agreeing number is believed on little likeness of words; a differing one is only told where the
words leave no doubt that the same thing is meant. So what agrees raises no alarm.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nuanxin.figures.rules.claims.claim import Claim, plain
from nuanxin.figures.rules.claims.comparing import (
    Against,
    Reason,
    Span,
    Verdict,
    compare,
    digits_that_tell,
)
from nuanxin.figures.rules.claims.periods import years_in
from nuanxin.figures.rules.claims.references import Reference
from nuanxin.figures.rules.claims.words import canonical, may_compare, pairs_of

_LIKE_ENOUGH = {0: 0.6, 1: 0.5, 2: 0.4}
_LIKE_ENOUGH_FOR_LONG = 0.3
_COVERED, _OF_IT = 0.8, 0.6
_ANY_BODY = frozenset({"工会", "企业", "单位"})
_FEWEST = 0.2
_MOST_LOOKED_AT = 16


@dataclass(frozen=True, slots=True)
class _Match:
    reference: Reference
    verdict: Verdict
    likeness: float
    is_strong: bool
    has_unit: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A known value with what is asked of it often. ``fewest`` are the pairs a claim must share."""

    reference: Reference
    keys: tuple[str, ...]
    family: str
    place: str
    fewest: float


class Known:
    """The values that are known, found by the words of their labels."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._entries: list[_Entry] = []
        self._by_pair: dict[str, list[int]] = defaultdict(list)
        for index, reference in enumerate(references):
            keys = tuple(dict.fromkeys((reference.key, reference.short_key)))
            pairs = pairs_of(reference.key)
            fewest = _FEWEST * min(len(pairs), len(pairs_of(keys[-1])))
            place = reference.told_place()
            self._entries.append(_Entry(reference, keys, reference.family, place, fewest))
            for pair in pairs:
                self._by_pair[pair].append(index)

    def judge(self, claim: Claim) -> tuple[Verdict, list[Against]]:
        """Return the verdict of the known values on a claim, and which of them spoke."""
        span = claim.written.span()
        looked_at = [self._match(claim, one, span) for one in self._candidates(claim)]
        matches = [match for match in looked_at if match is not None]
        for pick in (_agreeing, _of_other_unit, _of_other_period, _differing):
            verdict, picked = pick(claim, matches)
            if picked:
                return verdict, picked
        return Verdict.UNKNOWN, []

    def _candidates(self, claim: Claim) -> Iterable[_Entry]:
        if not self._entries:
            return []
        counts: dict[int, int] = defaultdict(int)
        for pair in pairs_of(canonical(claim.near)) | pairs_of(canonical(claim.what)):
            for index in self._by_pair.get(pair, ()):
                counts[index] += 1
        near = [i for i, count in counts.items() if count >= self._entries[i].fewest]
        best = sorted(near, key=lambda index: (-counts[index], index))[:_MOST_LOOKED_AT]
        return [self._entries[index] for index in best]

    def _match(self, claim: Claim, entry: _Entry, span: Span) -> _Match | None:
        reference, place = entry.reference, entry.place
        if place and claim.scope.place and place != claim.scope.place:
            return None
        if reference.kind == "figure" and (reference.asked_period, place) != (
            claim.period_key,
            claim.scope.place,
        ):
            return None
        near, narrow, back = max(
            _likeness(claim.near, claim.what, claim.key.rstrip("~"), claim.subject, label)
            for label in entry.keys
        )
        likeness = (near + max(narrow, back)) / 2
        if likeness < _LIKE_ENOUGH_FOR_LONG and near < _COVERED:
            return None
        value = reference.as_compared_with(claim.written.value)
        verdict = compare(claim.written, value, at_least=reference.at_least, span=span)
        is_strong = (
            not claim.mode
            and (claim.key in entry.keys or (near >= _COVERED and back >= _OF_IT))
            and _is_about_same(claim, reference, place)
        )
        has_unit = may_compare(claim.family, entry.family)
        return _Match(reference, verdict, likeness, is_strong, has_unit)


@lru_cache(maxsize=65536)
def _likeness(
    near: str, what: str, key: str, subject: str, label: str
) -> tuple[float, float, float]:
    """Return how much of the label stands near the claim, in it, and how much of it in the label."""
    wanted = pairs_of(label)
    if not wanted:
        return 0.0, 0.0, 0.0
    around, inside = pairs_of(canonical(near)), pairs_of(canonical(what))
    covered = len(wanted & (around | inside)) / len(wanted)
    back = max(len(own & wanted) / max(1, len(own)) for own in (pairs_of(key), pairs_of(subject)))
    return covered, len(wanted & inside) / len(wanted), back


def _is_about_same(claim: Claim, reference: Reference, place: str) -> bool:
    if claim.scope.place != place and (claim.scope.place or claim.is_part):
        return False
    if claim.scope.body and claim.scope.body not in reference.label and not place:
        return False
    if claim.scope.level == "国":
        return False
    if not claim.subject or claim.subject in _ANY_BODY:
        return True
    own = pairs_of(claim.subject)
    return len(own & pairs_of(reference.key)) / len(own) >= _OF_IT


def _is_of_other_years(claim: Claim, reference: Reference) -> bool:
    told, known = years_in(claim.period_key), reference.years
    return bool(told and known and told != known)


def _agreeing(claim: Claim, matches: Sequence[_Match]) -> tuple[Verdict, list[Against]]:
    told = digits_that_tell(claim.written.value)
    enough = _LIKE_ENOUGH.get(told, _LIKE_ENOUGH_FOR_LONG)
    fitting = [
        match for match in matches
        if match.verdict is not Verdict.DIFFERS
        and match.has_unit
        and not claim.key.endswith("~")
        and match.likeness >= enough + (0.1 if match.verdict is Verdict.WITHIN else 0)
        and not _is_of_other_years(claim, match.reference)
    ]  # fmt: skip
    if not fitting:
        return Verdict.UNKNOWN, []
    best = max(fitting, key=lambda m: (m.likeness, m.verdict is Verdict.AGREES))
    others = [
        match for match in matches
        if match.reference.code == best.reference.code != ""
        and match.reference.period == best.reference.period
        and match.verdict is Verdict.DIFFERS
    ]  # fmt: skip
    if others:
        told_by = [_against(m, m.verdict, Reason.SOURCES) for m in (best, *others)]
        return Verdict.DIFFERS, told_by
    return best.verdict, [_against(best, best.verdict, Reason.NONE)]


def _of_other_unit(claim: Claim, matches: Sequence[_Match]) -> tuple[Verdict, list[Against]]:
    fitting = [
        match for match in matches
        if match.verdict is not Verdict.DIFFERS
        and not match.has_unit
        and match.likeness >= 0.5
        and digits_that_tell(claim.written.value) >= 2
        and not _is_of_other_years(claim, match.reference)
    ]  # fmt: skip
    if not fitting:
        return Verdict.UNKNOWN, []
    best = max(fitting, key=lambda match: match.likeness)
    against = _against(best, Verdict.UNIT_MISMATCH, Reason.UNIT)
    return Verdict.UNIT_MISMATCH, [against]


def _of_other_period(claim: Claim, matches: Sequence[_Match]) -> tuple[Verdict, list[Against]]:
    """The very number of another year."""
    fitting = [
        match for match in matches
        if match.is_strong
        and match.has_unit
        and match.verdict is Verdict.AGREES
        and digits_that_tell(claim.written.value) >= 3
        and _is_of_other_years(claim, match.reference)
    ]  # fmt: skip
    own = [m for m in matches if m.is_strong and not _is_of_other_years(claim, m.reference)]
    if not fitting or own:
        return Verdict.UNKNOWN, []
    best = max(fitting, key=lambda match: match.likeness)
    return Verdict.DIFFERS, [_against(best, Verdict.DIFFERS, Reason.PERIOD)]


def _differing(claim: Claim, matches: Sequence[_Match]) -> tuple[Verdict, list[Against]]:
    fitting = [
        match for match in matches
        if match.is_strong
        and match.verdict is Verdict.DIFFERS
        and claim.family == match.reference.family
        and not _is_of_other_years(claim, match.reference)
        and not _is_of_other_span(claim, match.reference)
    ]  # fmt: skip
    if not fitting:
        return Verdict.UNKNOWN, []
    best = max(fitting, key=lambda match: match.likeness)
    same = [match for match in fitting if match.reference.code == best.reference.code]
    is_undated = not claim.period_key and any(match.reference.years for match in same)
    if is_undated or best.reference.is_undated:
        told = [_against(match, Verdict.PERIOD_MISSING, Reason.PERIOD) for match in same]
        return Verdict.PERIOD_MISSING, told
    return Verdict.DIFFERS, [_against(match, Verdict.DIFFERS, Reason.VALUE) for match in same]


def _is_of_other_span(claim: Claim, reference: Reference) -> bool:
    """2022年上半年 against 2022年: the same year, another span."""
    return bool(
        claim.period_key and reference.period_key and claim.period_key != reference.period_key
    )


def _against(match: _Match, verdict: Verdict, reason: Reason) -> Against:
    reference = match.reference
    return Against(
        kind=reference.kind,
        verdict=verdict,
        reason=reason,
        label=reference.label,
        value=plain(reference.value),
        unit=reference.unit,
        period=reference.period or None,
        source=reference.source,
        code=reference.code,
        line=reference.row or None,
    )
