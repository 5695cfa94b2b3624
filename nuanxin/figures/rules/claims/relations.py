"""What the numbers of one draft say of each other: repeated, part and whole, sums, persons and times."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from nuanxin.figures.rules.claims.claim import Claim
from nuanxin.figures.rules.claims.comparing import Reason, digits_that_tell, may_be_same
from nuanxin.figures.rules.claims.numerals import Leaning
from nuanxin.figures.rules.claims.periods import years_in

MOST_VALUES = 6
"""So many different numbers for one thing are a listing that was not understood, no contradiction."""
_MOST_TWINS = 200


@dataclass(frozen=True, slots=True)
class Clash:
    """Two claims of a draft that do not go together; ``agrees`` is true of a repetition that does."""

    one: Claim
    other: Claim
    reason: Reason


def find_clashes(claims: Sequence[Claim]) -> list[Clash]:
    """Return every clash and, with ``Reason.NONE``, every repetition, each pair once."""
    values = _repeated(claims)
    clashes = [*values, *_relabelled(claims, values), *_parts(claims), *_sums(claims)]
    return [*clashes, *_table_sums(claims), *_persons_and_times(claims)]


def _repeated(claims: Sequence[Claim]) -> list[Clash]:
    """Return the pairs that speak of one thing: with other numbers, other units, or alike."""
    buckets: dict[tuple[str, str, str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        if len(claim.key) >= 2 and claim.mode in ("", "change"):
            buckets[claim.key, claim.subject, claim.scope.place, claim.scope.body].append(claim)
    told = {years_in(claim.period_key) or claim.period_key for claim in claims if claim.period_key}
    found: list[Clash] = []
    for bucket in buckets.values():
        if len(bucket) > 1:
            found += _within_bucket(bucket, only_period=len(told) <= 1)
    return found


def _within_bucket(bucket: list[Claim], *, only_period: bool) -> list[Clash]:
    by_period: dict[str, list[Claim]] = defaultdict(list)
    for claim in bucket:
        by_period[claim.period_key].append(claim)
    undated = by_period.get("", [])
    found: list[Clash] = []
    for period, group in by_period.items():
        if len({claim.written.value for claim in group}) >= MOST_VALUES:
            continue
        others = [c for c in undated if only_period or c.origin != "prose"] if period else []
        if len(others) > _MOST_TWINS or len({c.written.value for c in others}) >= MOST_VALUES:
            others = []
        found += _pairs([*group, *others])
    return list({(id(c.one), id(c.other)): c for c in found}.values())


def _pairs(group: list[Claim]) -> Iterable[Clash]:
    """Pair each claim with the first of every different writing: linear in the claims."""
    firsts: dict[tuple[Fraction, str, str], Claim] = {}
    for claim in sorted(group, key=lambda c: c.start):
        for first in firsts.values():
            reason = _reason(first, claim)
            if reason is not None:
                yield Clash(first, claim, reason)
        firsts.setdefault((claim.written.value, claim.family, claim.scope.level), claim)


def _reason(one: Claim, other: Claim) -> Reason | None:
    """Return how two claims of one thing differ, ``NONE`` if they agree, None if not comparable."""
    if one.group == other.group or not one.scope.is_of_same(other.scope):
        return None
    if "change" in (one.mode, other.mode) and (one.mode != other.mode or not one.period_key):
        return None
    same = may_be_same(one.written, other.written)
    if one.family == other.family or not one.family or not other.family:
        return Reason.NONE if same else Reason.VALUE
    counted = {"persons", "person_times"}
    if {one.family, other.family} == counted and one.written.value == other.written.value:
        return Reason.UNIT if digits_that_tell(one.written.value) >= 2 else None
    return None


def _relabelled(claims: Sequence[Claim], clashes: Iterable[Clash]) -> list[Clash]:
    """Where two places disagree: a number of one that the other gives to another thing.

    Text: 1.38万人 exams, 3.47万人 training; box: 1.38万人 recuperation, 3.47万人 exams. The exams
    contradict each other, and so do the names that the box and the text give to one number.
    """
    by_group: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_group[claim.group].append(claim)
    found = []
    for clash in clashes:
        if clash.reason is not Reason.VALUE:
            continue
        for one, other in ((clash.one, clash.other), (clash.other, clash.one)):
            if digits_that_tell(one.written.value) < 2:
                continue
            for claim in by_group[other.group]:
                is_same_number = claim.written.value == one.written.value
                if is_same_number and claim.key not in ("", one.key) and claim.family == one.family:
                    found.append(Clash(claim, one, Reason.LABEL))
    return found


def _parts(claims: Sequence[Claim]) -> list[Clash]:
    """其中: a part is not more than its whole."""
    found = []
    whole: dict[str, Claim] = {}
    group = None
    for claim in claims:
        if claim.cell is not None or claim.origin == "box":
            continue
        if claim.group != group and not (claim.is_part and group == claim.group - 1):
            whole = {}
        group = claim.group
        if not claim.is_part:
            whole[claim.family] = claim
            continue
        over = whole.get(claim.family)
        if over and not claim.mode and claim.family != "percent" and _is_more(claim, over):
            found.append(Clash(claim, over, Reason.PART))
    return found


def _is_more(part: Claim, whole: Claim) -> bool:
    return part.written.span()[0] > whole.written.span()[1]


def _sums(claims: Sequence[Claim]) -> list[Clash]:
    """甲10家、乙20家，合计60家: what is listed adds up to what is called the sum."""
    found, run = [], list[Claim]()
    for before, claim in pairwise([None, *claims]):
        if claim is None or claim.cell is not None or claim.origin == "box":
            continue
        if before is None or before.group != claim.group:
            run = []
        if claim.is_total:
            parts = [one for one in run if one.family == claim.family and not one.mode]
            if len(parts) >= 2 and len(parts) == len(run) and not _adds_up(claim, parts):
                found += [Clash(claim, part, Reason.SUM) for part in parts[:12]]
            run = []
        else:
            run.append(claim)
    return found


def _adds_up(total: Claim, parts: Sequence[Claim]) -> bool:
    if any(part.written.leaning not in (Leaning.EXACT, Leaning.OVER) for part in [total, *parts]):
        return True
    spans = [part.written.span() for part in parts]
    low, high = sum(span[0] for span in spans), sum(span[1] for span in spans)
    least, most = total.written.span()
    return low <= most and least <= high


def _table_sums(claims: Sequence[Claim]) -> list[Clash]:
    """A row 合计 is the sum of the rows above it (or below, if it is the first)."""
    columns: dict[tuple[int, int], list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.cell is not None:
            columns[claim.group, claim.cell[1]].append(claim)
    found = []
    for column in columns.values():
        totals = [claim for claim in column if claim.is_total]
        parts = [claim for claim in column if not claim.is_total]
        is_plain = all(
            "小计" not in c.near and c.family not in ("percent", "points") for c in column
        )
        if len(totals) != 1 or len(parts) < 2 or not is_plain:
            continue
        if _stands_at_end(totals[0], column) and not _adds_up(totals[0], parts):
            found += [Clash(totals[0], part, Reason.SUM) for part in parts[:12]]
    return found


def _stands_at_end(total: Claim, column: Sequence[Claim]) -> bool:
    return total is column[0] or total is column[-1]


def _persons_and_times(claims: Sequence[Claim]) -> list[Clash]:
    """Who came several times is one person: persons are never more than person-times."""
    key: Callable[[Claim], tuple[str, ...]] = lambda c: (  # noqa: E731
        c.key, c.subject, c.period_key, c.scope.place, c.scope.body, c.scope.level,
    )  # fmt: skip
    times = {
        key(claim): claim
        for claim in claims
        if claim.family == "person_times" and len(claim.key) >= 2 and claim.mode in ("", "listed")
    }
    found = []
    for claim in claims:
        other = times.get(key(claim)) if claim.family == "persons" and not claim.mode else None
        if other is not None and _is_more(claim, other):
            found.append(Clash(claim, other, Reason.PART))
    return found
