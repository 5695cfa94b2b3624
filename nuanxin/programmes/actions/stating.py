"""What people state for programmes: appended, taken back, erased; sensitive facts are never kept."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.fact import Freshness, Sensitivity
from nuanxin.people import permissions as people
from nuanxin.programmes.facts import FACTS
from nuanxin.programmes.models import StatedFact


def state_fact(
    *, worker_id: int, name: str, value: bool | int | date, source: str, actor: Actor, now: datetime,
    on: date,
) -> StatedFact:  # fmt: skip
    """Keep a fact that was stated on a day, by oneself or who may edit the person.

    Raises ``NotFound`` or ``Forbidden``, and ``Malformed`` for a fact that is not kept here.
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
    return StatedFact.objects.create(
        worker_id=worker_id,
        name=name,
        whole=None if isinstance(value, date) else int(value),
        day=value if isinstance(value, date) else None,
        stated_on=on,
        source=source,
        recorded_at=now,
        recorded_by=actor.account_id,
    )


_EMPTY_BASES = """
UPDATE programmes_awardbasis b SET clauses = '[]', erased_at = %s FROM programmes_application a
WHERE a.id = b.application_id AND a.worker_id = ANY (%s) AND b.erased_at IS NULL
"""


def erase_stated(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Erase what was stated and what was concluded from it; return what it was."""
    with connection.cursor() as cursor:
        for table in ("programmes_statedfact", "programmes_ruling"):
            cursor.execute(f"DELETE FROM {table} WHERE worker_id = ANY (%s)", [list(worker_ids)])
        cursor.execute(_EMPTY_BASES, [now, list(worker_ids)])
    return ["为服务项目填报的情况", "服务条件的比对结果", "报名时各条件用到的情况"]
