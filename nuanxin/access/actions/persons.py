"""What becomes of sign-ins when two records of a person are merged, or a person is erased.

Parts of ``people.actions.merge_workers`` and ``erase_worker``, registered when the application
starts. A person has one sign-in: of two, the one that was used last survives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from nuanxin.access.actions.sessions import end_sessions_of
from nuanxin.kernel.actor import Actor, Grant
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries import get_union
from nuanxin.records.actions import append_event

_BOTH = """
SELECT id, worker_id, is_active, username IS NULL FROM access_account
WHERE worker_id = ANY(%s)
ORDER BY is_active DESC, last_login DESC NULLS LAST, created_at DESC, id FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class AccountMergeStep:
    """The step of 权限 in a merge of two records."""

    name: str = "access"

    def fold(self, *, kept_id: int, folded_id: int, actor: Actor, now: datetime) -> Any:
        """Leave the kept record one sign-in; return how both stood before."""
        found = _fetch(_BOTH, [kept_id, folded_id])
        for number, _, _, is_a_workers_own in found[1:]:
            _run(
                "UPDATE access_account SET worker_id = NULL, is_active = is_active AND NOT %s"
                " WHERE id = %s",
                is_a_workers_own,
                number,
            )
            end_sessions_of(number)
        for number, *_ in found[:1]:
            _run("UPDATE access_account SET worker_id = %s WHERE id = %s", kept_id, number)
        if len(found) > 1:
            append_event(
                "access.second_account_closed",
                actor=actor,
                at=now,
                subject_type="worker",
                subject_id=kept_id,
                data={"account": str(found[1][0])},
            )
        return [[str(number), worker_id, is_active] for number, worker_id, is_active, _ in found]

    def unfold(
        self, memo: Any, *, kept_id: int, folded_id: int, actor: Actor, now: datetime
    ) -> None:
        """Give each record its sign-in back."""
        numbers = [UUID(number) for number, _, _ in memo]
        _run("UPDATE access_account SET worker_id = NULL WHERE id = ANY(%s)", numbers)
        for number, worker_id, is_active in memo:
            _run(
                "UPDATE access_account SET worker_id = %s, is_active = %s WHERE id = %s",
                worker_id,
                is_active,
                UUID(number),
            )
        for number in numbers:
            end_sessions_of(number)  # whoever is signed in sees the right record next time


def erase_accounts_of(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """End the sign-in of an erased person: no name, no phone, no host app remains."""
    for number, *_ in _fetch(_BOTH, list(worker_ids)):
        end_sessions_of(number)
        _run("DELETE FROM access_hostbinding WHERE account_id = %s", number)
        _run(
            """UPDATE access_account SET name = '已清除', phone_hash = NULL, worker_id = NULL,
                      is_active = is_active AND username IS NOT NULL WHERE id = %s""",
            number,
        )
    return ["登录账号"]


def name_of_post(grant: Grant) -> str:
    """Return what a post is called in the reading log: 城西外卖工会 基层工会干部."""
    try:
        union = get_union(grant.union_id) if grant.union_id is not None else None
    except NotFound:
        union = None
    return f"{union.name} {grant.role.label}" if union else grant.role.label


def _fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
