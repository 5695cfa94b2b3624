"""Values and clauses in plain Chinese."""

from datetime import date

from nuanxin.eligibility.rules.predicates import OneOf, Predicate, Within
from nuanxin.eligibility.rules.tree import Clause, Value
from nuanxin.eligibility.rules.values import MONTHS
from nuanxin.eligibility.states import Operator
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.kernel.money import format_yuan


def say_value(fact: Fact, value: Value | None) -> str:
    """Return a value as people say it: 12 个月, 外卖配送员, 3,000.00 元, 是, 不知道."""
    if value is None:
        return "不知道"
    for choice in fact.choices:
        if choice.value == value:
            return choice.label
    if isinstance(value, bool):
        return "是" if value else "不是"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if fact.type is FactType.FEN and isinstance(value, int):
        return format_yuan(value)
    return f"{value} {fact.unit}".strip()


def say_clause(clause: Clause, predicate: Predicate) -> str:
    """Return a clause that has no label of its own as a sentence."""
    fact = clause.fact
    if clause.operator in MONTHS:
        return f"{fact.label}{_say_days(predicate)}"
    if isinstance(predicate, OneOf) and clause.fact.type is FactType.BOOLEAN:
        holds = predicate.values == (True,)
        return f"{fact.label}：{'是' if holds is (clause.operator is Operator.IS) else '不是'}"
    if isinstance(predicate, OneOf):
        words = "、".join(say_value(fact, value) for value in predicate.values)
    elif isinstance(predicate, Within):
        return f"{fact.label}{_say_range(fact, predicate)}"
    else:
        words = predicate.prefix
    return f"{fact.label}：{clause.operator.label.format(words)}"


def _say_range(fact: Fact, predicate: Within) -> str:
    low, high = predicate.low, predicate.high
    if isinstance(low, date) or isinstance(high, date):
        return _say_days(predicate)
    if low is None:
        return f"不超过 {say_value(fact, high)}"
    if high is None:
        return f"不少于 {say_value(fact, low)}"
    return f"在 {low} 到 {say_value(fact, high)}之间（含两头）"


def _say_days(predicate: Predicate) -> str:
    assert isinstance(predicate, Within)
    low, high = (
        f"{day.year}年{day.month}月{day.day}日" if isinstance(day, date) else ""
        for day in (predicate.low, predicate.high)
    )
    if low and high:
        return f"在 {low} 到 {high}之间（含两头）"
    return f"不早于 {low}" if low else f"不晚于 {high}"
