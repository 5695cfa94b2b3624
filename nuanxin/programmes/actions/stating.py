"""What people state for programmes: appended, taken back, erased; sensitive facts are never kept."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction

from nuanxin.eligibility.rules.tree import Value
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.fact import Freshness, Sensitivity
from nuanxin.people import permissions as people
from nuanxin.programmes.facts import FACTS
from nuanxin.programmes.models import StatedFact
from nuanxin.records.actions import append_event


@transaction.atomic
def state_fact(
    *, worker_id: int, name: str, value: Value, source: str, actor: Actor, now: datetime,
    on: date,
) -> StatedFact:  # fmt: skip
    """Keep a fact that was stated on a day, by oneself or who may edit the person.

    Stated again on the same day with the same value it is the same row. Raises ``NotFound`` or
    ``Forbidden``, and ``Malformed`` for a fact that is not kept here.
    """
    people.check_can(actor, people.EDIT, worker_id)
    fact = next((one for one in FACTS if one.name == name), None)
    if (
        fact is None
        or fact.freshness is not Freshness.DECLARED
        or fact.sensitivity is Sensitivity.SENSITIVE
    ):
        raise Malformed(
            "programmes.not_kept", "这项情况不在这里登记。健康、家庭和孩子的情况用到时再问，不存。"
        )
    if isinstance(value, str):
        raise Malformed("programmes.not_kept", "这项情况要写成数、日期，或者选一个。")
    values: dict[str, Any] = {
        "worker_id": worker_id,
        "name": name,
        "whole": None if isinstance(value, date) else int(value),
        "day": value if isinstance(value, date) else None,
        "stated_on": on,
    }
    latest = _standing(worker_id).filter(name=name)
    again = latest.order_by("-stated_on", "-id").first()
    if again is not None and all(getattr(again, key) == one for key, one in values.items()):
        return again  # tapped twice
    made = StatedFact.objects.create(
        **values, source=source, recorded_at=now, recorded_by=actor.account_id
    )
    _record("programmes.fact_stated", made, actor, now)
    return made


@transaction.atomic
def take_back_fact(*, name: str, worker_id: int, actor: Actor, now: datetime) -> int:
    """Take back all that was stated of a fact, so that it counts as not known; return how many rows.

    What somebody has attested is taken back with his attestation.
    Raises ``NotFound`` or ``Forbidden``.
    """
    people.check_can(actor, people.EDIT, worker_id)
    standing = _standing(worker_id).filter(name=name)
    taken = list(standing.select_for_update())
    standing.update(taken_back_at=now)
    for one in taken[-1:]:
        _record("programmes.fact_taken_back", one, actor, now)
    return len(taken)


@transaction.atomic
def take_back_row(*, fact_id: int, actor: Actor, now: datetime) -> bool:
    """Take back one thing stated of oneself; False when it was before. Raises ``NotFound``."""
    found = StatedFact.objects.filter(
        id=fact_id, worker_id=actor.worker_id or 0, attestation=None
    ).first()
    if found is None:
        raise NotFound()
    done = _standing(found.worker_id).filter(id=fact_id).update(taken_back_at=now)
    if done:
        _record("programmes.fact_taken_back", found, actor, now)
    return bool(done)


def _standing(worker_id: int) -> models.QuerySet[StatedFact]:
    """Return what was stated of somebody and not attested, as far as it was not taken back."""
    return StatedFact.objects.filter(worker_id=worker_id, attestation=None, taken_back_at=None)


def _record(kind: str, fact: StatedFact, actor: Actor, now: datetime) -> None:
    """Log that it was stated, never what: the value is personal."""
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=fact.worker_id,
        data={"fact": fact.name},
    )


_EMPTY_BASES = """
UPDATE programmes_awardbasis b SET clauses = '[]', erased_at = %s FROM programmes_application a
WHERE a.id = b.application_id AND a.worker_id = ANY (%s) AND b.erased_at IS NULL
"""


# The masks alone stay, under a number that is nobody's, until the night has counted them off.
_LOOSEN = """
UPDATE programmes_ruling SET worker_id = -1 - (random() * 9e18)::bigint WHERE worker_id = ANY (%s)
"""
_ABOUT_A_PERSON = (
    "programmes_statedfact",
    "programmes_helpact",
    "programmes_helpsession",
    "programmes_attestation",
    "programmes_attestationrequest",
)
"""Tables of which a row is about one person; what refers to another of them comes first."""


def erase_stated(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Erase what was stated and what was concluded from it; return what it was."""
    with connection.cursor() as cursor:
        for table in _ABOUT_A_PERSON:
            cursor.execute(f"DELETE FROM {table} WHERE worker_id = ANY (%s)", [list(worker_ids)])
        cursor.execute(_LOOSEN, [list(worker_ids)])
        cursor.execute(_EMPTY_BASES, [now, list(worker_ids)])
    return [
        "为服务项目填报的情况",
        "服务条件的比对结果",
        "报名时各条件用到的情况",
        "工作证明",
        "代办记录",
    ]
