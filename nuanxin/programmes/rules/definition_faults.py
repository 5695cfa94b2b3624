"""What can be wrong in the definition of a programme: a sentence a problem, with the field it is in.

The files that are shipped, those of the data folder and what is written at the desk pass the same checks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from nuanxin.kernel import occupations
from nuanxin.programmes.rules.forfeits import faults_of as forfeit_faults
from nuanxin.programmes.rules.provider_kinds import OTHER, kind_label
from nuanxin.programmes.states import Kind, Way


class Period(StrEnum):
    """How often a service comes round."""

    ANY = "any"
    YEARLY = "yearly"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    ONCE = "once"

    @property
    def label(self) -> str:
        """Return the Chinese words."""
        return _PERIODS[self]


_PERIODS = {
    Period.ANY: "不定期",
    Period.YEARLY: "每年一期",
    Period.QUARTERLY: "每季度一期",
    Period.MONTHLY: "每月一期",
    Period.ONCE: "只办一期",
}

LABELS = {
    "code": "代码",
    "title": "名称",
    "kind": "种类",
    "gives": "给什么",
    "ways": "名额可以怎么给",
    "conditions": "谁能报",
    "evidence": "要带什么",
    "rule": "条件",
    "provider_kind": "哪一类来办",
    "provider": "谁来办",
    "cost_bearer": "谁出钱",
    "money_yuan": "每人多少钱",
    "places": "通常多少名额",
    "publicity_days": "公示几个工作日",
    "directed": "定向给哪些职业",
    "confirm_hours": "候补确认几小时",
    "certificate_percent": "来够百分之几发结业证",
    "points": "分数怎么来",
    "period": "多久一期",
    "season": "哪个活动季",
    "offered_until": "办到哪天为止",
    "forfeit": "什么情况取消资格",
    "source": "依据哪份文件",
    "checked_on": "哪天核对过依据",
}
"""Every field there is, in the order in which it is written, with its Chinese words."""

LONGEST = {
    "code": 60, "title": 60, "gives": 400, "source": 400, "provider": 80, "cost_bearer": 80,
    "points": 200, "season": 60, "rule": 60, "provider_kind": 40,
}  # fmt: skip
LARGEST = {
    "money_yuan": 1_000_000, "places": 200_000, "publicity_days": 60, "confirm_hours": 720,
    "certificate_percent": 100,
}  # fmt: skip
MOST_LINES, LONGEST_LINE = 20, 100
_NEEDED = ("code", "title", "gives", "source")
_CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class DefinitionFault:
    """Something wrong in a field ("" is the whole text); the sentence says what would be right."""

    name: str
    sentence: str


class DefinitionFaulty(ValueError):
    """A definition that cannot be used, with all that is wrong in it."""

    def __init__(self, code: str, faults: Iterable[DefinitionFault]) -> None:
        self.code, self.faults = code, tuple(faults)
        told = " ".join(f"{one.name}: {one.sentence}" for one in self.faults)
        super().__init__(f"{code or '?'}: {told}")


def faults_of(entry: Mapping[str, Any]) -> list[DefinitionFault]:
    """Return what is wrong in an entry, in the order of its fields."""
    found = [
        DefinitionFault(str(name), f"不认识“{name}”这一项，删掉它，或者看看是不是写错了。")
        for name in sorted({*map(str, entry)} - {*LABELS})
    ]
    for check in (_texts, _kind_and_ways, _lists, _numbers, _days, _directed, _provider, _forfeits):
        found += [DefinitionFault(name, told) for name, told in check(entry)]
    return found


_Faults = Iterable[tuple[str, str]]


def _texts(entry: Mapping[str, Any]) -> _Faults:
    for name, longest in LONGEST.items():
        value = entry.get(name, "")
        if not isinstance(value, str):
            yield name, f"“{LABELS[name]}”要写文字。"
        elif name in _NEEDED and not value.strip():
            yield name, f"缺“{LABELS[name]}”，写上再存。"
        elif len(value) > longest:
            yield name, f"“{LABELS[name]}”最多 {longest} 个字，现在 {len(value)} 个。"
    code = entry.get("code")
    if isinstance(code, str) and code and not _CODE.fullmatch(code):
        yield "code", "代码用小写英文字母开头，后面是字母、数字、下划线，比如 haircut。"


def _kind_and_ways(entry: Mapping[str, Any]) -> _Faults:
    kinds = "、".join(f"{one}（{one.label}）" for one in Kind)
    if entry.get("kind") not in [*Kind]:
        yield "kind", f"种类选一种：{kinds}。"
    ways = entry.get("ways")
    known = [way.code for way in Way]
    if not _is_texts(ways) or not ways or {*ways} - {*known}:
        told = "、".join(f"{way.code}（{way.label}）" for way in Way)
        yield "ways", f"名额怎么给，从这些里选，至少一种：{told}。"
    if entry.get("period", "any") not in [*Period]:
        told = "、".join(f"{one}（{one.label}）" for one in Period)
        yield "period", f"多久一期，选一种：{told}。"


def _lists(entry: Mapping[str, Any]) -> _Faults:
    for name in ("conditions", "evidence"):
        lines = entry.get(name, [])
        if not _is_texts(lines):
            yield name, f"“{LABELS[name]}”一行写一条。"
        elif len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            yield name, f"“{LABELS[name]}”最多 {MOST_LINES} 条，每条最多 {LONGEST_LINE} 个字。"


def _numbers(entry: Mapping[str, Any]) -> _Faults:
    for name, largest in LARGEST.items():
        value = entry.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
            yield name, f"“{LABELS[name]}”填 0 到 {largest:,} 的整数。"


def _days(entry: Mapping[str, Any]) -> _Faults:
    if not isinstance(entry.get("checked_on"), date):
        yield "checked_on", "写上哪天把它和依据核对过，比如 2026-11-27。"
    if not isinstance(entry.get("offered_until", date.max), date):
        yield "offered_until", "办到哪天为止，写一天，比如 2027-12-31。一直办下去的，不写这一项。"


def _directed(entry: Mapping[str, Any]) -> _Faults:
    directed = entry.get("directed", [])
    known = [one.code for one in occupations.all_occupations()]
    if not _is_texts(directed):
        yield "directed", "定向给哪些职业，写成职业代码的一列。"
    elif unknown := sorted({*directed} - {*known}):
        yield "directed", f"没有这种职业：{'、'.join(unknown)}。可以写的：{'、'.join(known)}。"


def _provider(entry: Mapping[str, Any]) -> _Faults:
    kind = entry.get("provider_kind", "")
    if isinstance(kind, str) and kind and not kind_label(kind):
        yield "provider_kind", f"没有“{kind}”这一类，从列表里选；都不是，选“其他”。"
    if kind == OTHER and not str(entry.get("provider", "")).strip():
        yield "provider", "选了“其他”，写明是谁来办。"


def _forfeits(entry: Mapping[str, Any]) -> _Faults:
    forfeit = entry.get("forfeit", [])
    for one in forfeit if isinstance(forfeit, list) else [forfeit]:
        yield from (("forfeit", told) for told in forfeit_faults(one))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
