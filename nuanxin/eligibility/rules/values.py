"""Single values in the text of a rule: read by the type of the fact they are held against."""

import re
from datetime import date
from fractions import Fraction
from typing import Any

from nuanxin.eligibility.rules.faults import Place, faulty
from nuanxin.eligibility.rules.tree import Reference, Today, Value, Written
from nuanxin.eligibility.states import Operator
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.kernel.money import parse_yuan

LARGEST = 2**53
_REFERENCE = re.compile(
    r"@(?P<key>[a-z_]+\.[a-z0-9_.]+)"
    r"(?:\s*[×*x]\s*(?:(?P<times>\d+(?:\.\d+)?)|@(?P<other>[a-z_]+\.[a-z0-9_.]+)))?"
)
_INTEGER = re.compile(r"-?\d{1,16}")
_WORDS = {"true": True, "false": False, "yes": True, "no": False, "是": True, "否": False}
MONTHS = (Operator.MONTHS_SINCE_AT_LEAST, Operator.MONTHS_SINCE_BELOW)


def read_value(node: Any, place: Place, fact: Fact, operator: Operator) -> Written:
    """Return a scalar node as a value for ``fact``; raise ``RuleFaulty`` when it does not fit."""
    text = node.value.strip() if isinstance(node.value, str) else ""
    if not text:
        raise faulty(place, "shape", "这里要写一个值。")
    if text.startswith("@"):
        return Written(_reference(text, place, fact), place)
    if operator in MONTHS:
        return Written(_number(text, place, "几个月"), place)
    value: Value | Today | None = None
    match fact.type:
        case FactType.BOOLEAN:
            value = _WORDS.get(text.lower())
        case FactType.DATE:
            value = Today() if text in ("today", "今天") else _day(text)
        case FactType.FEN:
            value = _fen(text)
        case _ if fact.choices:
            value = _choice(text, place, fact)
        case FactType.INTEGER:
            value = _number(text, place, fact.label)
        case _:
            value = text
    if value is None:
        raise faulty(place, "type_mismatch", f"“{fact.label}”{_WANTS[fact.type]}，不能写“{text}”。")
    return Written(value, place)


_WANTS = {
    FactType.BOOLEAN: "只能写 true 或 false",
    FactType.DATE: "要写日期，如 2026-11-27，或 today",
    FactType.FEN: "要写金额，如 3000 元，或整数的分",
    FactType.INTEGER: "要写整数",
    FactType.CODE: "要写代码",
    FactType.TEXT: "要写文字",
}


def check_parameter(
    value: object, unit: str, place: Place, fact: Fact, key: str
) -> Fraction | Value:
    """Return a parameter's value in the unit of the fact; raise ``RuleFaulty`` when it cannot be."""
    if fact.type is FactType.FEN and isinstance(value, int) and not isinstance(value, bool):
        if unit not in ("分", "元"):
            raise faulty(place, "type_mismatch", f"@{key} 的单位是“{unit}”，不是金额。")
        return Fraction(value * (100 if unit == "元" else 1))
    if isinstance(value, bool):
        fits = fact.type is FactType.BOOLEAN
    elif isinstance(value, int):
        if fact.type in (FactType.INTEGER, FactType.DATE):
            return Fraction(value)
        fits = False
    elif isinstance(value, date):
        fits = fact.type is FactType.DATE
    else:
        fits = isinstance(value, str) and fact.type in (FactType.CODE, FactType.TEXT)
    if not fits:
        raise faulty(place, "type_mismatch", f"@{key} 的值不能和“{fact.label}”比较：类型不一样。")
    assert isinstance(value, bool | date | str)
    return value


def read_times(value: object, unit: str, place: Place, key: str) -> Fraction:
    """Return a parameter that another is multiplied with; raise ``RuleFaulty`` when it is no number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise faulty(place, "type_mismatch", f"@{key} 不是整数，不能拿来乘。")
    return Fraction(value, {"‰": 1000, "%": 100}.get(unit, 1))


def _reference(text: str, place: Place, fact: Fact) -> Reference:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise faulty(place, "parameter", "参数要写成 @programmes.xxx，或 @programmes.xxx × 1.5。")
    times = Fraction(match["times"] or 1)
    if (times != 1 or match["other"]) and fact.type not in (FactType.INTEGER, FactType.FEN):
        raise faulty(place, "type_mismatch", f"“{fact.label}”不是数，参数不能乘。")
    return Reference(match["key"], times, match["other"] or "")


def _number(text: str, place: Place, label: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise faulty(place, "type_mismatch", f"“{label}”要写整数，不能写“{text}”。")
    if abs(int(text)) > LARGEST:
        raise faulty(place, "number_too_large", "这个数太大了，请检查是不是多写了几位。")
    return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _fen(text: str) -> int | None:
    try:
        if text.endswith(("分", "fen")):
            return int(text.removesuffix("分").removesuffix("fen").strip())
        if text.endswith("元"):
            return parse_yuan(text)
        return int(text)
    except (ValueError, Malformed):
        return None


def _choice(text: str, place: Place, fact: Fact) -> Value:
    for choice in fact.choices:
        if text in (choice.code, choice.label, str(choice.value)):
            return choice.value
    listed = "、".join(f"{choice.code}（{choice.label}）" for choice in fact.choices[:12])
    raise faulty(place, "unknown_choice", f"“{fact.label}”没有“{text}”。可以写 {listed}。")
