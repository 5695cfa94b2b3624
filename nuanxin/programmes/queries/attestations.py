"""Attestations as the worker, the attester and the desk see them."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes import permissions
from nuanxin.programmes.rules.attestations import Point, as_points
from nuanxin.programmes.states import AttestWay, RequestState

PAGE_LIMIT = 50
OWN_LIMIT = 50
SOON = timedelta(days=30)
FILTERS = ("live", "soon", "flagged", "over")


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """What was attested, and how it stands."""

    id: int
    worker_id: int
    worker_name: str
    attester_id: int
    union_name: str
    path: str
    by_name: str
    by_post: str
    points: tuple[Point, ...]
    workplace: str
    programme: str
    way: AttestWay
    attested_at: datetime
    valid_until: date
    digest: str
    taken_back_at: datetime | None
    taken_back_by_name: str
    taken_back_why: str
    flagged_why: str
    is_flagged: bool

    @property
    def masked_worker(self) -> str:
        """Return the name as those see it who do not keep his record."""
        return mask_name(self.worker_name)

    def is_live_on(self, day: date) -> bool:
        """Return whether rules read it on a day."""
        return self.taken_back_at is None and self.valid_until >= day


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What was asked of whom, and what became of it."""

    id: int
    worker_name: str
    attester_name: str
    attester_post: str
    union_name: str
    points: tuple[Point, ...]
    workplace: str
    programme: str
    state: RequestState
    asked_at: datetime
    expires_at: datetime
    reason: str

    @property
    def masked_worker(self) -> str:
        """Return the name as the attester reads it."""
        return mask_name(self.worker_name)


_ROWS = """
SELECT a.id, a.worker_id, w.name, a.attester_id, a.by_union, u.path, a.by_name, a.by_post, a.scope,
       a.workplace, a.programme, a.way, a.attested_at, a.valid_until, a.digest, a.taken_back_at,
       a.taken_back_by_name, a.taken_back_why, a.flagged_why,
       a.flagged_at IS NOT NULL AND a.reviewed_at IS NULL AND a.taken_back_at IS NULL
FROM programmes_attestation a JOIN people_worker w ON w.id = a.worker_id
JOIN orgs_union u ON u.id = a.union_id
"""
_REQUESTS = """
SELECT r.id, w.name, t.name, t.post_title, coalesce(nullif(u.short_name, ''), u.name), r.scope,
       r.workplace, r.programme, r.state, r.asked_at, r.expires_at, r.reason
FROM programmes_attestationrequest r JOIN people_worker w ON w.id = r.worker_id
JOIN programmes_attester t ON t.id = r.attester_id JOIN orgs_union u ON u.id = t.union_id
"""
_FILTERS = {
    "": "true",
    "live": "a.taken_back_at IS NULL AND a.valid_until >= %(day)s",
    "soon": "a.taken_back_at IS NULL AND a.valid_until BETWEEN %(day)s AND %(soon)s",
    "flagged": "a.flagged_at IS NOT NULL AND a.reviewed_at IS NULL AND a.taken_back_at IS NULL",
    "over": "(a.taken_back_at IS NOT NULL OR a.valid_until < %(day)s)",
}


def list_my_attestations(worker_id: int) -> list[AttestationRow]:
    """Return what was attested of somebody, the latest first; the caller is he himself."""
    rows = fetch_all(
        f"{_ROWS} WHERE a.worker_id = %(worker)s ORDER BY a.id DESC LIMIT %(limit)s",
        {"worker": worker_id, "limit": OWN_LIMIT},
    )
    return [_row(row) for row in rows]


def list_my_requests(worker_id: int) -> list[RequestRow]:
    """Return what somebody has asked, the latest first, without what was confirmed."""
    rows = fetch_all(
        f"{_REQUESTS} WHERE r.worker_id = %(worker)s AND r.state NOT IN (2, 3)"
        " ORDER BY r.id DESC LIMIT %(limit)s",
        {"worker": worker_id, "limit": OWN_LIMIT},
    )
    return [_request(row) for row in rows]


def get_request(request_id: int) -> RequestRow:
    """Return a request as its attester sees it; the caller holds the link or is the attester."""
    rows = fetch_all(f"{_REQUESTS} WHERE r.id = %(id)s", {"id": request_id})
    if not rows:
        raise NotFound()
    return _request(rows[0])


def list_asked_of(actor: Actor, *, now: datetime) -> list[RequestRow]:
    """Return what waits for the answer of the signed-in actor, the oldest first."""
    rows = fetch_all(
        f"{_REQUESTS} WHERE t.account_id = %(account)s AND r.state = 1 AND r.expires_at > %(now)s"
        " ORDER BY r.id LIMIT %(limit)s",
        {"account": actor.account_id, "now": now, "limit": OWN_LIMIT},
    )
    return [_request(row) for row in rows]


def get_asked_of(request_id: int, *, actor: Actor) -> RequestRow:
    """Return a request that was put to the actor's own account; raise ``NotFound``."""
    rows = fetch_all(
        f"{_REQUESTS} WHERE r.id = %(id)s AND t.account_id = %(account)s",
        {"id": request_id, "account": actor.account_id},
    )
    if not rows:
        raise NotFound()
    return _request(rows[0])


def list_attestations(
    *, actor: Actor, now: datetime, chosen: str = "", attester_id: int | None = None,
    after: int | None = None,
) -> tuple[list[AttestationRow], int | None]:  # fmt: skip
    """Return what was attested below the actor's unions, the latest first, and where it goes on.

    ``chosen`` is one of ``FILTERS`` or "".
    """
    on = business_day(now)
    statement = f"""{_ROWS}
        WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
          AND {_FILTERS.get(chosen, "true")}
          AND (%(attester)s::bigint IS NULL OR a.attester_id = %(attester)s)
          AND (%(after)s::bigint IS NULL OR a.id < %(after)s)
        ORDER BY a.id DESC LIMIT %(limit)s"""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.ATTEST_VIEW)),
        "day": on,
        "soon": on + SOON,
        "attester": attester_id,
        "after": after,
        "limit": PAGE_LIMIT + 1,
    }
    rows = [_row(row) for row in fetch_all(statement, values)]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def get_attestation(attestation_id: int, *, actor: Actor) -> AttestationRow:
    """Return what was attested below the actor's unions; raise ``NotFound``."""
    rows = fetch_all(f"{_ROWS} WHERE a.id = %(id)s", {"id": attestation_id})
    if not rows:
        raise NotFound()
    found = _row(rows[0])
    permissions.check_can_view_attestations(actor, path=found.path)
    return found


def _row(row: Any) -> AttestationRow:
    values: list[Any] = [
        *row[:8],
        as_points(_plain(row[8])),
        *row[9:11],
        AttestWay(row[11]),
        *row[12:],
    ]
    return AttestationRow(*values)


def _request(row: Any) -> RequestRow:
    values: list[Any] = [
        *row[:5],
        as_points(_plain(row[5])),
        *row[6:8],
        RequestState(row[8]),
        *row[9:],
    ]
    return RequestRow(*values)


def _plain(value: Any) -> Any:
    """Return a JSON column: a raw cursor may give it as text."""
    return json.loads(value) if isinstance(value, str) else value
