"""Whom the end of a union touches: counted before it is done, for the page that asks."""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Effects:
    """Who hangs on one union itself (not on those below): all of them move, wait or are told."""

    live: int
    retained: int
    applications: int
    transfers_here: int

    @property
    def members(self) -> int:
        """Return how many memberships go on elsewhere."""
        return self.live + self.retained

    @property
    def is_somebody(self) -> bool:
        """Return whether anybody at all is touched."""
        return bool(self.members or self.applications or self.transfers_here)


def get_effects(union_id: int) -> Effects:
    """Return whom it would touch if the union ended now. Unscoped: the page asks for a right first."""
    with connection.cursor() as db:
        db.execute(
            """SELECT
                (SELECT count(*) FROM membership_membership
                 WHERE union_id = %(id)s AND ended_on IS NULL AND state = 1),
                (SELECT count(*) FROM membership_membership
                 WHERE union_id = %(id)s AND ended_on IS NULL AND state = 2),
                (SELECT count(*) FROM membership_joinapplication
                 WHERE union_id = %(id)s AND state IN (1, 2, 3)),
                (SELECT count(*) FROM membership_transfer
                 WHERE to_union_id = %(id)s AND state = 1)""",
            {"id": union_id},
        )
        return Effects(*db.fetchone())
