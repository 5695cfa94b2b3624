"""Reading lists that were brought in: the latest of a union, the rows of one, the interrupted ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.stations import permissions
from nuanxin.stations.models import StationImport, StationImportRow
from nuanxin.stations.states import ImportState, RowVerdict

PAGE_ROWS = 50
LISTED = 20
_LOST_AFTER = timedelta(minutes=2)


def list_imports(actor: Actor, limit: int = LISTED) -> list[StationImport]:
    """Return the latest lists of unions that the actor may bring lists for, not the discarded ones."""
    return list(
        StationImport.objects.raw(
            """SELECT i.* FROM stations_stationimport i JOIN orgs_union u ON u.id = i.union_id
               WHERE i.state <> %(discarded)s
                 AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
               ORDER BY i.id DESC LIMIT %(limit)s""",
            {
                "paths": list(policy.scope_paths(actor, permissions.MANAGE)),
                "discarded": int(ImportState.DISCARDED),
                "limit": min(limit, LISTED),
            },
        )
    )


def list_rows(
    listing_id: int, verdict: RowVerdict | None, *, after: int = 0
) -> Sequence[StationImportRow]:
    """Return up to a page and one of the rows of a list; the caller has checked the list."""
    rows = StationImportRow.objects.select_related("station").filter(
        listing_id=listing_id, row__gt=after
    )
    if verdict is not None:
        rows = rows.filter(verdict=verdict)
    return list(rows.order_by("row")[: PAGE_ROWS + 1])


def list_interrupted_imports(now: datetime) -> list[tuple[int, int]]:
    """Return (id, state) of lists that should be in a job's hands and have none waiting."""
    found = StationImport.objects.raw(
        """SELECT i.id, i.state FROM stations_stationimport i
           WHERE i.state IN (1, 3) AND coalesce(i.started_at, i.created_at) < %(lost)s
             AND NOT EXISTS (
               SELECT 1 FROM procrastinate_jobs j
               WHERE j.status IN ('todo', 'doing') AND j.task_name LIKE 'stations.%%'
                 AND (j.args ->> 'listing_id')::bigint = i.id)
           ORDER BY i.id LIMIT 20""",
        {"lost": now - _LOST_AFTER},
    )
    return [(one.id, one.state) for one in found]
