"""代办 as the worker, the helper and the county see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.programmes import permissions
from nuanxin.programmes.models import HelpSession
from nuanxin.programmes.states import HelpConsent, HelpKind

PAGE_LIMIT = 50


@dataclass(frozen=True, slots=True)
class ActRow:
    """One thing done for somebody."""

    id: int
    session_id: int
    worker_name: str
    helper_name: str
    union_name: str
    kind: HelpKind
    said: str
    receipt: str
    consent: HelpConsent
    done_at: datetime
    undo_until: datetime
    undone_at: datetime | None
    undone_said: str
    confirm_until: datetime | None
    confirmed_at: datetime | None

    @property
    def masked_worker(self) -> str:
        """Return the name as others than the worker read it."""
        return mask_name(self.worker_name)

    def is_to_be_owned_to(self) -> bool:
        """Return whether it waits for the worker to say that it was his will."""
        return bool(self.confirm_until) and not self.confirmed_at and not self.undone_at

    def can_be_undone(self, now: datetime) -> bool:
        """Return whether the worker can still undo it."""
        return self.undone_at is None and now <= self.undo_until


@dataclass(frozen=True, slots=True)
class HelperPlace:
    """Where a helper works: the union of the post from which he helps."""

    union_id: int
    path: str


def get_helper_place(session_id: int, *, actor: Actor) -> HelperPlace:
    """Return the union from which one helps in a session of one's own; raise ``NotFound``."""
    found = HelpSession.objects.select_related("union").filter(id=session_id).first()
    if found is None or found.helper_account != actor.account_id:
        raise NotFound()
    return HelperPlace(found.union_id, found.union.path)


_ROWS = """
SELECT a.id, a.session_id, w.name, a.helper_name, coalesce(nullif(u.short_name, ''), u.name), a.kind,
       a.said, a.receipt, s.consent, a.done_at, a.undo_until, a.undone_at, a.undone_said,
       a.confirm_until, a.confirmed_at
FROM programmes_helpact a JOIN programmes_helpsession s ON s.id = a.session_id
JOIN people_worker w ON w.id = a.worker_id JOIN orgs_union u ON u.id = a.union_id
"""
_AFTER = "(%(after)s::bigint IS NULL OR a.id < %(after)s)"


def list_done_for(worker_id: int, *, after: int | None = None) -> tuple[list[ActRow], int | None]:
    """Return what was done for somebody, the latest first; the caller is he himself."""
    return _page(
        f"{_ROWS} WHERE a.worker_id = %(worker)s AND {_AFTER}", {"worker": worker_id}, after
    )


def list_own_acts(*, actor: Actor, after: int | None = None) -> tuple[list[ActRow], int | None]:
    """Return what the actor himself has done for others, the latest first."""
    statement = f"{_ROWS} WHERE a.helper_account = %(account)s AND {_AFTER}"
    return _page(statement, {"account": actor.account_id}, after)


def list_acts(*, actor: Actor, after: int | None = None) -> tuple[list[ActRow], int | None]:
    """Return what was done below the actor's unions, the latest first."""
    statement = f"""{_ROWS} WHERE EXISTS (
        SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p)) AND {_AFTER}"""
    paths = list(policy.scope_paths(actor, permissions.HELP_VIEW))
    return _page(statement, {"paths": paths}, after)


def list_session_acts(session_id: int) -> list[ActRow]:
    """Return what was done in one help session; the caller has checked that it is his."""
    rows, _ = _page(
        f"{_ROWS} WHERE a.session_id = %(session)s AND {_AFTER}", {"session": session_id}
    )
    return rows


def _page(
    statement: str, values: dict[str, Any], after: int | None = None
) -> tuple[list[ActRow], int | None]:
    values |= {"after": after, "limit": PAGE_LIMIT + 1}
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY a.id DESC LIMIT %(limit)s", values)
        rows = [_row(row) for row in cursor.fetchall()]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def _row(row: Any) -> ActRow:
    values: list[Any] = [*row[:5], HelpKind(row[5]), *row[6:8], HelpConsent(row[8]), *row[9:]]
    return ActRow(*values)
