"""取消资格: what somebody keeps his place by, until when, and what he pays back when he did not.

Data of a definition (``forfeit:``); conditions are of the rule language, over the same facts. A program
finds who no longer fulfils them; it never decides: an officer does, after the person was heard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.period import shift_months

_FIELDS = {"code", "label", "kept_while", "until", "months", "follows", "share", "source"}
LONGEST_MONTHS = 120
CITY_FROM, CITY_TO = "$city_from", "$city_to"


class Follows(StrEnum):
    """What follows: the place alone is gone, or money is to be paid back."""

    FORFEITED = "forfeited"
    PAY_BACK = "pay_back"


class Share(StrEnum):
    """How much is to be paid back of what was paid."""

    ALL = "all"
    BY_TIME = "by_time"


@dataclass(frozen=True, slots=True)
class ForfeitRule:
    """One reason to lose a place. ``months`` from the award it counts; ``until`` ends it earlier."""

    code: str
    label: str
    kept_while: tuple[Mapping[str, Any], ...]
    until: tuple[Mapping[str, Any], ...]
    months: int
    follows: Follows
    share: Share
    source: str


@dataclass(frozen=True, slots=True)
class ClawBack:
    """What is to be paid back, in fen, and how it was reckoned, a sentence a step."""

    owed_fen: int
    proof: tuple[str, ...]


def read_forfeit(entry: Mapping[str, Any]) -> ForfeitRule:
    """Return the rule of an entry that has no faults."""
    return ForfeitRule(
        code=entry["code"],
        label=entry["label"],
        kept_while=tuple(entry["kept_while"]),
        until=tuple(entry.get("until", ())),
        months=entry["months"],
        follows=Follows(entry["follows"]),
        share=Share(entry.get("share", "all")),
        source=entry["source"],
    )


def faults_of(entry: Any) -> Iterable[str]:
    """Yield what is wrong in an entry of ``forfeit:``, a sentence each."""
    if not isinstance(entry, dict):
        yield "取消资格的情况（forfeit）要写成一列，每种情况有 code、label 等几项。"
        return
    name = entry.get("label") or entry.get("code") or "没有名字的"
    yield from (f"{name}：不认识“{one}”这一项。" for one in sorted({*map(str, entry)} - _FIELDS))
    for field in ("code", "label", "source"):
        if not isinstance(entry.get(field), str) or not entry[field].strip():
            yield f"{name}：缺 {field}。"
    if not _is_clauses(entry.get("kept_while")) or not entry["kept_while"]:
        yield f"{name}：缺 kept_while，写一直要满足的条件，一条一项。"
    if not _is_clauses(entry.get("until", [])):
        yield f"{name}：until 写成一列条件，满足了就不再看。"
    months = entry.get("months")
    if not isinstance(months, int) or not 1 <= months <= LONGEST_MONTHS:
        yield f"{name}：months 填 1 到 {LONGEST_MONTHS} 的整数，从定名额那天起算几个月。"
    if entry.get("follows") not in [*Follows]:
        yield f"{name}：follows 选一种：forfeited（只取消名额）、pay_back（还要退钱）。"
    if entry.get("share", "all") not in [*Share]:
        yield f"{name}：share 选一种：all（全退）、by_time（按没满的月数退）。"


def _is_clauses(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def rule_text(
    clauses: Iterable[Mapping[str, Any]], rule: ForfeitRule, *, adcode: int, checked_on: date
) -> str:
    """Return the clauses as the text of a rule; ``$city_from`` and ``$city_to`` are the city's codes."""
    import yaml  # late: rules are quick to import

    first = adcode // 100 * 100
    city = {CITY_FROM: first, CITY_TO: first + 99}
    head = {
        "code": f"forfeit-{rule.code}".replace("_", "-"),
        "title": rule.label,
        "document": rule.source,
        "jurisdiction": "000000",
        "from": date(2000, 1, 1),
        "to": None,
        "checked_on": checked_on,
        "who": {"all": [_filled(dict(clause), city) for clause in clauses]},
    }
    return str(yaml.safe_dump(head, allow_unicode=True, sort_keys=False))


def _filled(value: Any, city: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, city) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, city) for one in value]
    return city.get(value, value) if isinstance(value, str) else value


def claw_back(
    *,
    paid_fen: int,
    rule_follows: Follows,
    share: Share,
    months: int,
    awarded_on: date,
    left_on: date,
) -> ClawBack:
    """Return what is to be paid back of ``paid_fen``, with each step in words; never above it.

    By time: what was paid, times the whole months that were not kept, divided by all months, rounded
    down to the fen. A month that was begun counts as kept.
    """
    if rule_follows is Follows.FORFEITED:
        return ClawBack(0, ("只取消名额，不用退钱。",))
    if not paid_fen:
        return ClawBack(0, ("还没有发过钱，不用退。",))
    told = [f"已经发了 {format_yuan(paid_fen)}。"]
    if share is Share.ALL:
        return ClawBack(paid_fen, (*told, f"按规定全退：{format_yuan(paid_fen)}。"))
    kept = min(_months_begun(awarded_on, left_on), months)
    owed = paid_fen * (months - kept) // months
    return ClawBack(
        owed,
        (
            *told,
            f"应满 {months} 个月；从 {awarded_on} 到 {left_on} 满了 {kept} 个月（不满一个月的算一个月）。",
            f"{format_yuan(paid_fen)} × {months - kept} ÷ {months}，抹去不满一分的 = {format_yuan(owed)}。",
        ),
    )


def _months_begun(start: date, end: date) -> int:
    """Return how many months have begun from ``start`` to ``end``, at least one."""
    count = max((end.year - start.year) * 12 + end.month - start.month, 0)
    return count if count and shift_months(start, count) >= end else count + 1


def is_within(rule: ForfeitRule, *, awarded_on: date, on: date) -> bool:
    """Return whether the reason still counts on a day."""
    return awarded_on <= on < shift_months(awarded_on, rule.months)
