"""What waits at a membership: a proposal to move that its holder has not answered."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from nuanxin.membership.states import TransferState


@dataclass(frozen=True, slots=True)
class WaitingTransfer:
    """A proposal to move; ``path`` is that of the union that would take the member."""

    id: int
    union_name: str
    path: str
    expires_on: date | None


def waiting_transfer(*, worker_id: int, membership_id: int) -> WaitingTransfer | None:
    """Return the proposal that waits at a membership, or None. The caller has checked the scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id, u.name, u.path, t.expires_on
               FROM membership_transfer t JOIN orgs_union u ON u.id = t.to_union_id
               WHERE t.worker_id = %s AND t.from_membership_id = %s AND t.state = %s LIMIT 1""",
            [worker_id, membership_id, int(TransferState.PROPOSED)],
        )
        row = cursor.fetchone()
    return WaitingTransfer(*row) if row else None
