"""What a sample says of everybody, with how far it may be off."""

from dataclasses import dataclass
from math import ceil, sqrt

SPREAD = 1.96
"""Standard errors on either side that hold the true number in 95 of 100 samples."""
FEW = 10
"""Fewer hits than this tell only an upper end."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """About ``number`` of all, give or take ``margin``; 0 means fewer than ``margin``."""

    number: int
    margin: int


def estimate(hits: int, *, sampled: int, one_in: int) -> Estimate:
    """Return how many of all there are where ``hits`` of ``sampled`` are, drawn one in ``one_in``."""
    if one_in <= 1:
        return Estimate(hits, 0)
    if hits < FEW:
        return Estimate(0, ceil(_at_most(hits) * one_in))
    others = sampled - hits
    spread = _at_most(others) if others < FEW else SPREAD * sqrt(hits * others / sampled)
    return Estimate(hits * one_in, ceil(spread * one_in))


def _at_most(hits: int) -> float:
    """Return how many of a rare kind a sample would have at most, where it has so many."""
    return hits + SPREAD * sqrt(hits) + 3


def in_words(found: Estimate, *, least: int) -> str:
    """Return it as it is told, never finer than ``least``: 约 8,100 人（上下差 600）, 不到 180 人."""
    if not found.margin:
        few = 0 < found.number < least
        return f"不到 {least} 人" if few else f"{found.number:,} 人"
    if not found.number:
        return f"不到 {max(found.margin, least):,} 人"
    step = max(least, 10 ** (len(str(found.margin)) - 1))
    number, margin = (max(1, round(one / step)) * step for one in (found.number, found.margin))
    return f"约 {number:,} 人（上下差 {margin:,}）"
