"""Where a fact of a person comes from and how old it is: for the page that explains an answer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.explaining import Known
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.fact import Fact, Freshness
from nuanxin.programmes.facts import CATALOGUE

_FROM_NUMBER = ("people.age_years", "people.birth_on", "people.sex")
_OF_WORK = ("people.occupation", "people.labour_relation", "people.work_adcode")
_WORDS = {
    "people": "个人档案",
    "membership": "会籍登记",
    "programmes": "各级工会的报名记录",
}
_ENTERED = {
    "application": "入会时填的",
    "join": "入会时填的",
    "roster": "单位报的名单",
    "attestation": "有人证明过",
}

_STATED = """
SELECT DISTINCT ON (s.name) s.name, s.source, s.stated_on, s.whole, s.attestation_id IS NOT NULL
FROM programmes_statedfact s
WHERE s.worker_id = %(worker)s AND s.taken_back_at IS NULL AND s.stated_on <= %(day)s
  AND (s.valid_until IS NULL OR s.valid_until >= %(day)s)
ORDER BY s.name, (s.attestation_id IS NOT NULL) DESC, s.stated_on DESC, s.id DESC
"""
_WORK = """
SELECT '', e.source, e.recorded_at FROM people_engagement e
WHERE e.worker_id = %(worker)s AND coalesce(e.started_on, '-infinity') <= %(day)s
  AND coalesce(e.ended_on, 'infinity') >= %(day)s
ORDER BY e.started_on DESC NULLS LAST, e.id DESC LIMIT 1
"""


def with_sources(known: Mapping[str, Known], *, worker_id: int, on: date) -> dict[str, Known]:
    """Return the facts with their source in words and the day they are of (today: read live)."""
    values: dict[str, Any] = {"worker": worker_id, "day": on}
    with connection.cursor() as cursor:
        cursor.execute(_STATED, values)
        stated = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_WORK, values)
        work = cursor.fetchone()
    found = {}
    for name, one in known.items():
        fact = CATALOGUE.facts[name]
        if name in stated and _is_of(one, fact, stated[name]):
            found[name] = replace(one, source=stated[name][0], as_of=stated[name][1])
        elif name in _OF_WORK and work is not None:
            found[name] = replace(one, source=_entered(work[1]), as_of=_day(work[2]))
        elif name in _FROM_NUMBER:
            found[name] = replace(one, source="按身份证号", as_of=None)
        elif fact.freshness is Freshness.DECLARED:
            found[name] = one
        else:
            found[name] = replace(one, source=_WORDS[name.partition(".")[0]], as_of=on)
    return found


def _is_of(one: Known, fact: Fact, stated: tuple[str, date, int | None, bool]) -> bool:
    """Return whether what was stated is what is known: work can have changed after it was attested."""
    _, _, whole, is_attested = stated
    if fact.freshness is Freshness.DECLARED:
        return True
    return is_attested and one.value == whole


def _entered(source: str) -> str:
    return _ENTERED.get(source, source or "登记的工作")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else business_day(moment)
