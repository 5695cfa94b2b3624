"""What somebody stated for programmes: as it stands, with source, age and until when it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.answering import say_answer
from nuanxin.eligibility.rules.tree import Value
from nuanxin.eligibility.rules.words import say_value
from nuanxin.kernel.fact import Fact, FactType, Freshness, Sensitivity
from nuanxin.people.states import MyDataSection
from nuanxin.programmes.facts import FACTS
from nuanxin.programmes.rules.can_get import can_be_tapped

LIMIT = 100
STATEABLE = {
    fact.name: fact
    for fact in FACTS
    if fact.freshness is Freshness.DECLARED and fact.sensitivity is not Sensitivity.SENSITIVE
}
"""What people may state and what is kept of it, by name."""


def can_be_asked(fact: Fact) -> bool:
    """Return whether a person himself can answer: kept, or (sensitive) for the moment only."""
    is_own = fact.name in STATEABLE or fact.sensitivity is Sensitivity.SENSITIVE
    return is_own and can_be_tapped(fact)


@dataclass(frozen=True, slots=True)
class StatedRow:
    """The latest that was stated of a fact. ``until`` is the last day on which it counts."""

    fact: Fact
    value: Value
    stated_on: date
    source: str
    until: date | None

    @property
    def value_zh(self) -> str:
        """Return the value in words."""
        if isinstance(self.value, bool):
            return say_answer(self.fact, self.value, ())
        return say_value(self.fact, self.value)

    def counts_on(self, day: date) -> bool:
        """Return whether rules still take it."""
        return self.until is None or day <= self.until


_LATEST = """
SELECT DISTINCT ON (s.name) s.name, s.whole, s.day, s.stated_on, s.source
FROM programmes_statedfact s WHERE s.worker_id = %(worker)s AND s.taken_back_at IS NULL
  AND s.attestation_id IS NULL
ORDER BY s.name, s.stated_on DESC, s.id DESC LIMIT %(limit)s
"""
_ALL = """
SELECT s.name, s.whole, s.day, s.stated_on, s.source, s.taken_back_at
FROM programmes_statedfact s WHERE s.worker_id = ANY (%(workers)s)
ORDER BY s.stated_on DESC, s.id DESC LIMIT %(limit)s
"""


def list_stated(worker_id: int) -> list[StatedRow]:
    """Return what stands of what somebody stated, the latest of each fact; the caller has checked."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"worker": worker_id, "limit": LIMIT})
        rows = cursor.fetchall()
    return [_stated(*row) for row in rows if row[0] in STATEABLE]


def _stated(
    name: str, whole: int | None, day: date | None, stated_on: date, source: str
) -> StatedRow:
    fact = STATEABLE[name]
    until = None if fact.keeps_days is None else stated_on + timedelta(fact.keeps_days)
    return StatedRow(fact, _value(fact, whole, day), stated_on, source, until)


def _value(fact: Fact, whole: int | None, day: date | None) -> Value:
    if day is not None:
        return day
    assert whole is not None
    return bool(whole) if fact.type is FactType.BOOLEAN else whole


def _mine(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_ALL, {"workers": list(record_ids), "limit": LIMIT})
        rows = cursor.fetchall()
    found = []
    for *row, taken_back_at in rows:
        if row[0] not in STATEABLE:
            continue
        one = _stated(*row)
        found.append(
            {
                "fact": one.fact.label,
                "value": one.value_zh,
                "stated_on": one.stated_on,
                "source": one.source,
                "until": one.until,
                "taken_back_at": taken_back_at,
            }
        )
    return found


MY_STATED = MyDataSection(
    "programme_facts",
    "为服务填过的情况",
    {
        "fact": "情况",
        "value": "填的",
        "stated_on": "哪天填的",
        "source": "谁填的",
        "until": "用到哪天",
        "taken_back_at": "撤回时间",
    },
    _mine,
    way_on=("my-facts", "补充、改、撤回"),
)
