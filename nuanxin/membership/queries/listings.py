"""Reading tables of outlets and unions: the list of a union, the interrupted ones."""

from datetime import datetime, timedelta

from nuanxin.membership.models import Listing
from nuanxin.membership.states import BatchState, ListingKind

PAGE_ROWS = 20
_LOST_AFTER = timedelta(minutes=2)


def list_listings(union_id: int, kind: ListingKind, limit: int = PAGE_ROWS) -> list[Listing]:
    """Return the latest tables of a union. Unscoped: the page has asked for the right over it."""
    found = Listing.objects.filter(union_id=union_id, kind=kind.value)
    return list(found.exclude(state=BatchState.DISCARDED).order_by("-id")[:limit])


def list_interrupted_listings(now: datetime) -> list[tuple[int, int]]:
    """Return (id, state) of tables that should be in a job's hands and have none waiting."""
    found = Listing.objects.raw(
        """
        SELECT l.id, l.state FROM membership_listing l
        WHERE l.state IN (%(reading)s, %(running)s)
          AND coalesce(l.started_at, l.created_at) < %(lost)s
          AND NOT EXISTS (
            SELECT 1 FROM procrastinate_jobs j
            WHERE j.status IN ('todo', 'doing') AND (j.args ->> 'listing_id')::bigint = l.id)
        ORDER BY l.id LIMIT 20
        """,
        {
            "reading": int(BatchState.READING),
            "running": int(BatchState.RUNNING),
            "lost": now - _LOST_AFTER,
        },
    )
    return [(listing.id, listing.state) for listing in found]
