"""Why one can or cannot, in one line: the deciding condition, and what would turn it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from nuanxin.eligibility.rules.answering import question_of
from nuanxin.eligibility.rules.changing import Change
from nuanxin.eligibility.rules.explaining import Explanation, Known
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.rules.words import say_value
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.kernel.period import shift_months
from nuanxin.programmes.queries.can_get import BORN_ON, GIVEN, JOINED_ON
from nuanxin.programmes.rules.can_get import MEMBER, Because, Line

MONTHS, AGE = "membership.months", "people.age_years"
_HAD = "programmes.had_"
_MOST_TOLD = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """A line's reason. ``needs_joining``: becoming a member would turn it."""

    text: str
    needs_joining: bool = False


def reason_of(line: Line, known: Mapping[str, Known]) -> Reason:
    """Return why a line is what it is, and what would turn a no."""
    if line.because is Because.EXCEPTION:
        return Reason("工会看过了，同意你报名")
    if line.because is Because.MEMBERS_ONLY:
        return Reason("先入会。入会不收钱，几分钟就能办", needs_joining=True)
    if line.because is Because.NO_POOL:
        return Reason("这一期没有给你所在地区或职业的名额")
    if line.because is Because.MEMBER_UNKNOWN:
        return Reason("你是工会会员吗？")
    if line.told is None:
        return Reason("会员都能报")
    if line.answer is Answer.YES:
        return Reason(_all_met(line.told))
    if line.answer is Answer.UNKNOWN:
        return Reason(_to_answer(line))
    return _turned(line.told, known)


def _all_met(told: Explanation) -> str:
    met = [clause.text for clause in told.clauses if clause.answer is Answer.YES]
    more = f"，{len(met)} 条都够" if len(met) > _MOST_TOLD else ""
    return "，".join(met[:_MOST_TOLD]).replace("（不论哪一级）", "") + more


def _to_answer(line: Line) -> str:
    first, *others = line.missing
    more = f"（还有 {len(others)} 句）" if others else ""
    return f"{question_of(first.fact)}{more}"


def _turned(told: Explanation, known: Mapping[str, Known]) -> Reason:
    changes = [change for change in told.changes if change.before is not None]
    said = [say_change(change, told, known) for change in changes[:_MOST_TOLD]]
    joins = any(change.regions.fact.name == MEMBER for change in changes)
    if not said:
        failing = "、".join(clause.text for clause in told.failing[:_MOST_TOLD])
        return Reason(f"“{failing}”没有满足")
    return Reason("；".join(said), needs_joining=joins)


def say_change(change: Change, told: Explanation, known: Mapping[str, Known]) -> str:
    """Return one fact that would have to be otherwise: what is needed, what is, from which day on."""
    fact, before, after = change.regions.fact, change.before, change.after
    if fact.name == MEMBER:
        return "先入会。入会不收钱，几分钟就能办"
    if fact.name.startswith(_HAD):
        return f"{fact.label.replace('（不论哪一级）', '')}了，满 12 个月再报"
    if isinstance(after, bool):
        return f"要“{fact.label}”" if after else f"因为“{fact.label}”"
    if fact.choices:
        return f"要求“{_failing_of(fact, told)}”，现在是{say_value(fact, before)}"
    if isinstance(after, date) or isinstance(before, date):
        return f"“{fact.label}”要是 {say_value(fact, after)}"
    return _say_number(fact, before, after, known)


def _say_number(
    fact: Fact, before: Value | None, after: Value, known: Mapping[str, Known]
) -> str:  # fmt: skip
    assert isinstance(before, int)
    assert isinstance(after, int)
    name = _SHORT.get(fact.name, fact.label)
    is_more = after > before
    needed = f"{name}{'要满' if is_more else '不超过'} {say_value(fact, after)}"
    if fact.type is FactType.FEN:
        needed = f"{name}要{'不低于' if is_more else '不高于'} {say_value(fact, after)}"
    if known[fact.name].source == GIVEN:
        return needed  # what was chosen stands for a stretch: no number was said
    day = _day_when(fact, after, known) if is_more else None
    if day is not None:
        return f"{needed}，到 {day.year} 年 {day.month} 月 {day.day} 日就满"
    if is_more and fact.type is not FactType.FEN and not fact.is_given:
        return f"{needed}，现在 {say_value(fact, before)}，再有 {after - before} {fact.unit}就够"
    fixed = "，这一项改不了" if fact.is_given else ""
    return f"{needed}，现在 {say_value(fact, before)}{fixed}"


_SHORT = {MONTHS: "入会", AGE: "年龄", "programmes.insured_months": "社保缴费"}


def _day_when(fact: Fact, after: int, known: Mapping[str, Known]) -> date | None:
    """Return the day on which a count that grows by itself gets there, None where it does not."""
    if fact.name == MONTHS and JOINED_ON in known:
        joined = known[JOINED_ON].value
        return shift_months(joined, after) if isinstance(joined, date) else None
    if fact.name == AGE and BORN_ON in known:
        born = known[BORN_ON].value
        return shift_months(born, 12 * after) if isinstance(born, date) else None
    return None


def _failing_of(fact: Fact, told: Explanation) -> str:
    """Return the condition that this fact fails."""
    for clause in told.failing:
        if any(seen.fact.name == fact.name for seen in clause.facts):
            return clause.text
    return fact.label
