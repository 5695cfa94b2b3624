"""How two published numbers differ, in words. Pure.

Only what anybody can compute from the two numbers themselves: nothing finer is known here. Where one
of them is rounded, the difference says 约 (ADR 0131).
"""

from dataclasses import dataclass

SHARE_FROM = 100
"""From which size on a growth is also told in percent: of few, a percentage says more than is known."""


@dataclass(frozen=True, slots=True)
class Published:
    """A number as everybody may read it: None withheld; ``step`` 1 where it stands to the one."""

    value: int | None
    step: int = 1


def difference(left: Published, right: Published) -> int | None:
    """Return left less right, None where one of them is withheld."""
    if left.value is None or right.value is None:
        return None
    return left.value - right.value


def difference_words(
    left: Published, right: Published, *, names: tuple[str, str], unit: str
) -> str:
    """Return which of the two is more and by how much: 「杭州多约 120 人」."""
    by = difference(left, right)
    if by is None:
        return "有一边不公布，不比"
    if by == 0:
        if max(left.step, right.step) > 1 and left.value:
            return f"写到 {max(left.step, right.step)} 的整倍数，一样多"
        return "一样多"
    more = names[0] if by > 0 else names[1]
    return f"{more}多{_about(left, right)} {abs(by):,} {unit}"


def change_words(before: Published, after: Published, *, unit: str) -> str:
    """Return what became of a number from one day to another: 「多了约 120 人，约 12%」."""
    by = difference(after, before)
    if by is None:
        return "有一天不公布，不比"
    if by == 0:
        return (
            "写到整倍数，没有变" if max(before.step, after.step) > 1 and before.value else "没有变"
        )
    words = f"{'多' if by > 0 else '少'}了{_about(before, after)} {abs(by):,} {unit}"
    assert before.value is not None
    if before.value >= SHARE_FROM:
        words += f"，{_percent(abs(by), before.value)}"
    return words


def points_words(left: float | None, right: float | None, *, names: tuple[str, str]) -> str:
    """Return how two rates differ, in percentage points: 「杭州市高约 2.3 个百分点」.

    Always 约: their numerators are rounded, their denominators are of another day.
    """
    if left is None or right is None:
        return "有一边没有分母，先不比"
    by = _hundredths(left - right)
    return f"{names[0] if by > 0 else names[1]}高约 {_points(by)}" if by else "一样高"


def points_change_words(before: float | None, after: float | None) -> str:
    """Return what became of a rate from one day to another: 「高了约 2.3 个百分点」."""
    if before is None or after is None:
        return "有一天没有分母，先不比"
    by = _hundredths(after - before)
    return f"{'高' if by > 0 else '低'}了约 {_points(by)}" if by else "没有变"


def _hundredths(by: float) -> int:
    return round(by * 100)


def _points(by: int) -> str:
    return f"{abs(by) / 100:,.2f}".rstrip("0").rstrip(".") + " 个百分点"


def _about(left: Published, right: Published) -> str:
    return "约" if max(left.step, right.step) > 1 else ""


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    if share < 1:
        return "不到 1%"
    return f"约 {share:,.0f}%"
