"""The proof that takes time: the linear programme by HiGHS, and more steps of the multipliers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nuanxin.stations.rules.siting import Choice, Floats, Incidence, merged
from nuanxin.stations.rules.siting_bound import has_solver, lagrange_bound, solve_with_highs
from nuanxin.stations.rules.siting_capacity import held_bound, share_out

PROOF_STEPS = 4
LONGEST_SECONDS = 600.0
LONG_ROUNDS = 3_000
LONG_ROUNDS_WITH_ROOM = 1_200


class ProvedBy(StrEnum):
    """By what a bound was proved."""

    LINEAR = "linear"
    MULTIPLIERS = "multipliers"
    MULTIPLIERS_WITH_ROOM = "room"

    @property
    def label(self) -> str:
        """Return how it is said."""
        return {
            "linear": "线性规划（HiGHS）",
            "multipliers": f"拉格朗日乘子，{LONG_ROUNDS:,} 步（没有装 HiGHS）",
            "room": f"拉格朗日乘子，{LONG_ROUNDS_WITH_ROOM:,} 步（计入容量的线性规划太大）",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Proved:
    """What no choice can serve more than, None where it did not come out in time."""

    bound: float | None
    by: ProvedBy


def prove(incidence: Incidence, choice: Choice, count: int, moved: Callable[[int], None]) -> Proved:
    """Return the bound of the linear programme; ``moved`` is told the steps done, up to ``PROOF_STEPS``."""
    small = merged(incidence)
    moved(2)
    if not has_solver():
        bound = lagrange_bound(small, choice, count, rounds=LONG_ROUNDS)
        moved(3)
        return Proved(bound, ProvedBy.MULTIPLIERS)
    _, bound, is_solved = solve_with_highs(
        small, choice, count, seconds=LONGEST_SECONDS, integral=False
    )
    moved(3)
    return Proved(bound if is_solved else None, ProvedBy.LINEAR)


def prove_with_room(
    incidence: Incidence,
    demand: Floats,
    chosen: tuple[int, ...],
    count: int,
    holds: float,
    moved: Callable[[int], None],
) -> Proved:
    """Return a bound where a site holds ``holds`` an hour: by more steps of the multipliers."""
    found = share_out(incidence, chosen, demand, holds)
    moved(2)
    bound, _ = held_bound(incidence, demand, count, holds, found, LONG_ROUNDS_WITH_ROOM)
    moved(3)
    return Proved(float(np.maximum(bound, found.served)), ProvedBy.MULTIPLIERS_WITH_ROOM)
