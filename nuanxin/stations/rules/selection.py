"""最美驿站: nominated, checked against facts, ranked with proof, shown, decided.

Marks are in permille; a mark that nobody has given is not 0: the weights of the marks that are there
are scaled to the whole, and the proof says which one was missing. Who has an inspection to be mended,
or no mark at all, is not ranked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nuanxin.kernel.decision import Decision
from nuanxin.stations.states.inspections import Verdict

PARTS = {"inspection": "检查", "rating": "评价", "hours": "说到做到的开放时间"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A nominated station with its marks in permille, None where nobody has given one."""

    code: str
    marks: Mapping[str, int | None]
    verdict: Verdict | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with the sum in permille and how it came about."""

    code: str
    total: int
    rank: int
    proof: str


def may_be_ranked(one: Candidate) -> Decision:
    """Return whether a candidate takes part, with the reason where not."""
    if not one.is_open:
        return Decision.no("stations.selection_closed", "这个站停用或者关了，不参加排名。")
    if one.verdict is Verdict.MEND:
        return Decision.no(
            "stations.selection_mend", "最近一次检查要整改。整改完重新查过，再参加。"
        )
    if all(mark is None for mark in one.marks.values()):
        return Decision.no(
            "stations.selection_unknown", "检查、评价、开放时间一样都没有，排不出先后。"
        )
    return Decision.yes("stations.selection_ranked")


def total_of(one: Candidate, weights: Mapping[str, int]) -> tuple[int, str]:
    """Return the sum in permille, rounded down, and its proof in a sentence."""
    there = {name: mark for name, mark in one.marks.items() if mark is not None}
    whole = sum(weights[name] for name in there)
    total = sum(weights[name] * mark for name, mark in there.items()) // whole if whole else 0
    told = "，".join(
        f"{PARTS[name]} {mark / 10:.1f} 分 × {weights[name]} 份" for name, mark in there.items()
    )
    missing = [PARTS[name] for name, mark in one.marks.items() if mark is None]
    without = f"；没有{'、'.join(missing)}，按其余 {whole} 份算" if missing else ""
    return total, f"{told}{without}，合 {total / 10:.1f} 分"


def place(candidates: Sequence[Candidate], weights: Mapping[str, int]) -> list[Placed]:
    """Return who takes part, the best first; equal sums have the same rank, in the order of codes."""
    sums = sorted(
        ((*total_of(one, weights), one.code) for one in candidates if may_be_ranked(one).is_yes),
        key=lambda told: (-told[0], told[2]),
    )
    placed: list[Placed] = []
    for at, (total, proof, code) in enumerate(sums, start=1):
        rank = placed[-1].rank if placed and placed[-1].total == total else at
        placed.append(Placed(code, total, rank, proof))
    return placed


def chosen(placed: Sequence[Placed], places: int) -> tuple[list[Placed], list[Placed]]:
    """Return (taken, at the edge): equal ones that do not all fit are for the committee to decide."""
    if len(placed) <= places or placed[places - 1].rank != placed[places].rank:
        return list(placed[:places]), []
    edge = placed[places].rank
    return [one for one in placed if one.rank < edge], [one for one in placed if one.rank == edge]
