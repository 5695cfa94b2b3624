"""How scores of a contest become points, totals and ranks; each step in words.

All arithmetic is exact (fractions); what is shown is rounded, what is compared is not. Judges count
alike: their order does not matter, and more points never make a rank worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.programmes.states import CriterionKind

WHOLE = 100
"""What the weights of a round add up to, and the best total."""
MOST_CRITERIA = 20
MOST_JUDGES = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that is scored: its share of the total in percent, the most points, how they come.

    ``table`` is for seconds: (up to so many seconds, so many points), the shortest time first.
    """

    id: int
    label: str
    weight: Decimal
    most: Decimal
    kind: CriterionKind = CriterionKind.POINTS
    table: tuple[tuple[Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How a round is counted: so many highest and lowest sheets left out, so many go on."""

    drop_highest: int
    drop_lowest: int
    goes_on: int


@dataclass(frozen=True, slots=True)
class Placed:
    """An entrant's total, rank and whether he goes on."""

    number: int
    total: Fraction
    rank: int
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The entrants in order, and how it was counted."""

    placed: tuple[Placed, ...]
    proof: tuple[str, ...]


def check_criteria(criteria: Sequence[Measured]) -> None:
    """Raise ``Malformed`` contests.criteria unless they can be counted."""
    if not 1 <= len(criteria) <= MOST_CRITERIA:
        raise Malformed("contests.criteria", f"评分项要有 1 到 {MOST_CRITERIA} 项。")
    for one in criteria:
        if one.weight <= 0 or one.most <= 0:
            raise Malformed("contests.criteria", f"“{one.label}”的占比和满分都要大于 0。")
        if one.kind is CriterionKind.SECONDS:
            _check_table(one)
    whole = sum((one.weight for one in criteria), Decimal(0))
    if whole != WHOLE:
        raise Malformed("contests.criteria", f"各项占比加起来要正好 100，现在是 {whole}。")


def _check_table(one: Measured) -> None:
    if not one.table:
        raise Malformed("contests.criteria", f"“{one.label}”按秒计，要写几秒以内得几分。")
    seconds = [limit for limit, _ in one.table]
    points = [given for _, given in one.table]
    if sorted(set(seconds)) != seconds or sorted(points, reverse=True) != points:
        raise Malformed("contests.criteria", f"“{one.label}”的换算：秒数从小到大，分数从大到小。")
    if min(points) < 0 or max(points) > one.most:
        raise Malformed("contests.criteria", f"“{one.label}”的换算分数在 0 和满分之间。")


def points_of(one: Measured, value: Decimal) -> Decimal:
    """Return the points for a value: itself, or what the table gives for the seconds.

    Raises ``Malformed`` contests.value outside of what the criterion takes.
    """
    if value < 0 or (one.kind is CriterionKind.POINTS and value > one.most):
        raise Malformed("contests.value", f"“{one.label}”在 0 到 {_plain(one.most)} 之间。")
    if one.kind is CriterionKind.POINTS:
        return value
    return next((given for limit, given in one.table if value <= limit), Decimal(0))


def sheet_total(criteria: Sequence[Measured], values: Mapping[int, Decimal]) -> Fraction:
    """Return the weighted total of one complete sheet, out of 100."""
    return sum(
        (
            Fraction(one.weight) * Fraction(points_of(one, values[one.id])) / Fraction(one.most)
            for one in criteria
        ),
        Fraction(0),
    )


def rank(
    criteria: Sequence[Measured],
    sheets: Mapping[int, Sequence[Mapping[int, Decimal]]],
    terms: Terms,
) -> Ranking:
    """Return the ranking of entrants by number, each with his complete sheets.

    The highest and lowest totals are left out, the others averaged. Equal totals: the better mean in
    the first criterion, then the next; whoever is equal throughout shares the rank, and shares going
    on. Raises ``Conflict`` contests.too_few_judges.
    """
    least = terms.drop_highest + terms.drop_lowest + 1
    short = sorted(number for number, of in sheets.items() if len(of) < least)
    if short:
        raise Conflict(
            "contests.too_few_judges",
            f"{'、'.join(f'{n} 号' for n in short[:5])}的评委不到 {least} 位，去掉最高最低就没分了。"
            "加评委，或者改去掉几个。",
        )
    proof = _terms_said(criteria, terms)
    totals: dict[int, Fraction] = {}
    means: dict[int, tuple[Fraction, ...]] = {}
    for number in sorted(sheets):
        totals[number] = _trimmed(number, criteria, sheets[number], terms, proof)
        means[number] = _means(criteria, sheets[number])
    keys = {number: (totals[number], *means[number]) for number in sheets}
    order = sorted(sheets, key=lambda number: (tuple(-k for k in keys[number]), number))
    placed = _placed(order, keys, totals, terms, proof)
    _ties_said(placed, keys, criteria, proof)
    return Ranking(tuple(placed), tuple(proof))


def _trimmed(
    number: int,
    criteria: Sequence[Measured],
    sheets: Sequence[Mapping[int, Decimal]],
    terms: Terms,
    proof: list[str],
) -> Fraction:
    every = sorted(sheet_total(criteria, sheet) for sheet in sheets)
    kept = every[terms.drop_lowest : len(every) - terms.drop_highest]
    total = sum(kept, Fraction(0)) / len(kept)
    said = "、".join(said_points(one) for one in every)
    left = "，".join(
        [
            *(f"去掉最低 {said_points(one)}" for one in every[: terms.drop_lowest]),
            *(f"去掉最高 {said_points(one)}" for one in every[len(every) - terms.drop_highest :]),
        ]
    )
    proof.append(
        f"{number} 号：{len(every)} 位评委 {said}{'；' + left if left else ''}；"
        f"其余 {len(kept)} 个平均 {said_points(total)}。"
    )
    return total


def _means(
    criteria: Sequence[Measured], sheets: Sequence[Mapping[int, Decimal]]
) -> tuple[Fraction, ...]:
    return tuple(
        sum((Fraction(points_of(one, sheet[one.id])) for sheet in sheets), Fraction(0))
        / len(sheets)
        for one in criteria
    )


def _placed(
    order: Sequence[int],
    keys: Mapping[int, tuple[Fraction, ...]],
    totals: Mapping[int, Fraction],
    terms: Terms,
    proof: list[str],
) -> list[Placed]:
    placed: list[Placed] = []
    for at, number in enumerate(order, start=1):
        shares = placed and keys[order[at - 2]] == keys[number]
        standing = placed[-1].rank if shares else at
        placed.append(Placed(number, totals[number], standing, standing <= terms.goes_on))
    count = sum(one.goes_on for one in placed)
    if count > terms.goes_on:
        proof.append(f"第 {terms.goes_on} 名并列，一起算上，共 {count} 个。")
    return placed


def _ties_said(
    placed: Sequence[Placed],
    keys: Mapping[int, tuple[Fraction, ...]],
    criteria: Sequence[Measured],
    proof: list[str],
) -> None:
    for before, after in pairwise(placed):
        if before.total != after.total:
            continue
        pair = f"{before.number} 号和 {after.number} 号总分一样"
        ahead = zip(criteria, keys[before.number][1:], keys[after.number][1:], strict=True)
        decided = next((one.label for one, mine, other in ahead if mine != other), None)
        proof.append(
            f"{pair}，“{decided}”平均分高的在前。" if decided else f"{pair}，各项也一样，并列。"
        )


def _terms_said(criteria: Sequence[Measured], terms: Terms) -> list[str]:
    parts = "、".join(f"{one.label} {_plain(one.weight)}%" for one in criteria)
    dropped = [
        f"{what} {count} 个"
        for what, count in (("最高", terms.drop_highest), ("最低", terms.drop_lowest))
        if count
    ]
    return [
        f"每张评分表满分 100：{parts}。",
        f"去掉{'、'.join(dropped)}，其余平均。" if dropped else "全部评委的分平均。",
        "总分一样，按评分项的次序比平均分；都一样就并列。",
    ]


def said_points(value: Fraction) -> str:
    """Return a total with three decimals at most, rounded half up."""
    scaled = (value * 1000 + Fraction(1, 2)) // 1
    whole, decimals = divmod(int(scaled), 1000)
    return f"{whole}.{decimals:03d}".rstrip("0").rstrip(".")


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
