"""Where people belong, for lists of people that the caller has already limited to his scope."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from nuanxin.membership.states import JoinState, MemberState
from nuanxin.people.queries.workers import ROWS_LIMIT


@dataclass(frozen=True, slots=True)
class Standing:
    """The live membership of a person, else the open application: union, and what it is there."""

    union_name: str
    label: str
    is_member: bool


_STANDINGS = """
SELECT DISTINCT ON (worker_id) worker_id, name, member_state, join_state FROM (
    SELECT m.worker_id, u.name, m.state AS member_state, NULL::smallint AS join_state, 0 AS rank
    FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
    WHERE m.worker_id = ANY (%(ids)s) AND m.ended_on IS NULL
    UNION ALL
    SELECT a.worker_id, u.name, NULL, a.state, 1
    FROM membership_joinapplication a JOIN orgs_union u ON u.id = a.union_id
    WHERE a.worker_id = ANY (%(ids)s) AND a.state IN (1, 2, 3)
) AS stands ORDER BY worker_id, rank, name
"""


def standings_of(worker_ids: Iterable[int]) -> dict[int, Standing]:
    """Return where each person stands, in one statement; who stands nowhere is left out."""
    wanted = list(worker_ids)
    if len(wanted) > ROWS_LIMIT:
        raise ValueError(f"{len(wanted)} people at once; the limit is {ROWS_LIMIT}")
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"ids": wanted})
        rows = cursor.fetchall()
    return {
        worker: Standing(
            union_name=name,
            label=(MemberState(member) if member is not None else JoinState(waiting)).label,
            is_member=member is not None,
        )
        for worker, name, member, waiting in rows
    }
