"""A rule's conditions as a person reads them: each with the fact, its value, where it is from, its age."""

from typing import Any

from nuanxin.eligibility.rules.answering import say_answer
from nuanxin.eligibility.rules.explaining import ClauseSeen, Explanation, FactSeen
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.fact import Sensitivity

ICONS = {Answer.YES: "yes", Answer.UNKNOWN: "maybe", Answer.NO: "no"}
_NUMBERS = "零一两三四五六七八九十"


def heading_of(told: Explanation) -> str:
    """Return 五条里，你够四条."""
    count = len(told.clauses)
    met = sum(clause.answer is Answer.YES for clause in told.clauses)
    if met == count:
        return f"{_number(count)}条都够" if count > 1 else "这一条够了"
    return (
        f"{_number(count)}条里，你够{_number(met)}条"
        if met
        else f"{_number(count)}条里，还没有够的"
    )


def clause_rows(told: Explanation) -> list[dict[str, Any]]:
    """Return a row a condition: what it wants, and what is known of it and from where."""
    return [
        {
            "title": clause.text.replace("（不论哪一级）", "（各级都算）"),
            "text": "；".join(say_fact(seen) for seen in _told(clause)),
            "answer": ICONS[clause.answer],
        }
        for clause in told.clauses
    ]


def say_fact(seen: FactSeen) -> str:
    """Return 年龄 31 周岁，来自身份证号；还没有登记 for what is not known."""
    if seen.withheld is not None:
        if seen.fact.sensitivity is Sensitivity.SENSITIVE:
            return f"{seen.fact.label}：用到时再问，不存"
        return f"{seen.fact.label}：{seen.value_zh}"
    value = say_answer(seen.fact, seen.value, ()) if isinstance(seen.value, bool) else seen.value_zh
    return f"{seen.fact.label}：{value}。{seen.source_zh}"


def _told(clause: ClauseSeen) -> list[FactSeen]:
    """Return what of a condition is worth telling: of a group that holds, only what is known."""
    if clause.answer is Answer.YES:
        return [seen for seen in clause.facts if seen.withheld is None]
    return list(clause.facts)


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)
