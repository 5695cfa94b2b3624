"""Forfeits as the desk sees them, and one's own."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.states import DebtKind, ForfeitState

PAGE_LIMIT = 50
MINE_LIMIT = 20


@dataclass(frozen=True, slots=True)
class ForfeitRow:
    """A forfeit; what the person said is sealed and read for itself."""

    id: int
    title: str
    union_id: int
    union_name: str
    name: str
    label: str
    source: str
    evidence: tuple[str, ...]
    state: ForfeitState
    found_on: date
    hear_until: datetime | None
    said_at: datetime | None
    decided_at: datetime | None
    decided_by_name: str
    reason: str
    owed_fen: int
    left_fen: int
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of money to be paid back."""

    id: int
    kind: DebtKind
    amount_fen: int
    note: str
    at: datetime
    recorded_by_name: str
    is_reversed: bool


_FORFEIT = """
SELECT f.id, o.title, o.union_id, u.name, w.name, f.label, f.source, f.evidence, f.state, f.found_on,
       f.hear_until, f.said_at, f.decided_at, f.decided_by_name, f.reason, f.owed_fen,
       (SELECT coalesce(sum(e.amount_fen), 0)::bigint FROM programmes_debtentry e WHERE e.forfeit_id = f.id),
       f.proof
FROM programmes_forfeit f JOIN programmes_application a ON a.id = f.application_id
JOIN programmes_offer o ON o.id = a.offer_id JOIN orgs_union u ON u.id = o.union_id
JOIN people_worker w ON w.id = a.worker_id
"""
_DESK = f"""{_FORFEIT}
WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
  AND (%(after)s::bigint IS NULL OR f.id < %(after)s)
ORDER BY f.id DESC LIMIT %(limit)s
"""


def list_forfeits(*, actor: Actor, after: int | None = None) -> tuple[list[ForfeitRow], int | None]:
    """Return the forfeits below the actor's unions, the latest first, and where the next page begins."""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.VIEW)),
        "after": after,
        "limit": PAGE_LIMIT + 1,
    }
    rows = [_row(row) for row in fetch_all(_DESK, values)]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def get_forfeit(forfeit_id: int, *, actor: Actor) -> ForfeitRow:
    """Return a forfeit in the actor's scope; raise ``NotFound``."""
    rows = fetch_all(f"{_FORFEIT} WHERE f.id = %(id)s", {"id": forfeit_id})
    if not rows:
        raise NotFound()
    found = _row(rows[0])
    permissions.check_can_view(actor, path=get_union(found.union_id).path)
    return found


def list_entries(forfeit_id: int) -> list[EntryRow]:
    """Return the entries of a forfeit in their order; the caller has checked the scope."""
    rows = fetch_all(
        "SELECT e.id, e.kind, e.amount_fen, e.note, e.at, e.recorded_by_name,"
        " EXISTS (SELECT 1 FROM programmes_debtentry r WHERE r.reverses_id = e.id)"
        " FROM programmes_debtentry e WHERE e.forfeit_id = %(id)s ORDER BY e.id LIMIT 200",
        {"id": forfeit_id},
    )
    return [EntryRow(row[0], DebtKind(row[1]), *row[2:]) for row in rows]


def list_my_forfeits(worker_id: int) -> list[ForfeitRow]:
    """Return one's own, once a hearing began: before that nobody has looked at it."""
    rows = fetch_all(
        f"{_FORFEIT} WHERE a.worker_id = %(worker)s AND f.heard_from IS NOT NULL"
        " ORDER BY f.id DESC LIMIT %(limit)s",
        {"worker": worker_id, "limit": MINE_LIMIT},
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> ForfeitRow:
    values = list(row)
    values[7], values[17] = _listed(row[7]), _listed(row[17])
    values[8] = ForfeitState(row[8])
    return ForfeitRow(*values)


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(json.loads(value) if isinstance(value, str) else value)
