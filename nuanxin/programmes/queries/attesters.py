"""Attesters: who may confirm, whom a worker may ask, whether somebody works within his scope."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.orgs.queries.rows import UnionRow, fetch_all
from nuanxin.orgs.states import UnionKind, UnionLevel
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Attester
from nuanxin.programmes.rules.attestations import kind_of_role
from nuanxin.programmes.states import AttesterKind

PAGE_LIMIT = 50
CHOICES_LIMIT = 20


@dataclass(frozen=True, slots=True)
class AttesterRow:
    """An attester. ``today`` and ``month`` are how many he has attested today and in 30 days."""

    id: int
    kind: AttesterKind
    union_id: int
    union_name: str
    path: str
    adcode: int
    outlet_id: int | None
    outlet_name: str
    name: str
    post_title: str
    place: str
    phone_hash: UUID | None
    phone_hint: str
    account_id: UUID | None
    valid_to: date
    revoked_at: datetime | None
    revoked_why: str
    today: int
    month: int
    is_odd: bool = False

    def is_live_on(self, day: date) -> bool:
        """Return whether he may attest on a day."""
        return self.revoked_at is None and self.valid_to >= day

    @property
    def masked_name(self) -> str:
        """Return 李×, as others read it."""
        return f"{self.name[:1]}×"


_ROWS = """
SELECT t.id, t.kind, u.id, coalesce(nullif(u.short_name, ''), u.name), u.path, u.adcode,
       t.outlet_id, coalesce(o.name, ''), t.name, t.post_title, t.place, t.phone_hash, t.phone_hint,
       t.account_id, t.valid_to, t.revoked_at, t.revoked_why,
       (SELECT count(*) FROM programmes_attestation a
        WHERE a.attester_id = t.id AND a.attested_on = %(day)s),
       (SELECT count(*) FROM programmes_attestation a
        WHERE a.attester_id = t.id AND a.attested_on > %(day)s::date - 30)
FROM programmes_attester t JOIN orgs_union u ON u.id = t.union_id
LEFT JOIN orgs_outlet o ON o.id = t.outlet_id
"""
# In the union or below it, or at the outlet; a keeper also for those who work in his county.
_IN_SCOPE = """
EXISTS (SELECT 1 FROM membership_membership m JOIN orgs_union mu ON mu.id = m.union_id
        WHERE m.worker_id = %(worker)s AND m.ended_on IS NULL AND t.outlet_id IS NULL
          AND starts_with(mu.path, u.path))
OR EXISTS (SELECT 1 FROM people_engagement e
           WHERE e.worker_id = %(worker)s AND e.ended_on IS NULL
             AND (e.outlet_id = t.outlet_id
                  OR (t.kind = 2 AND t.outlet_id IS NULL AND e.work_adcode = u.adcode)))
"""


def list_choices(worker_id: int, *, on: date) -> list[AttesterRow]:
    """Return whom a worker may ask: live, within reach, nearest union first, never himself."""
    statement = f"""{_ROWS}
        WHERE t.revoked_at IS NULL AND t.valid_to >= %(day)s AND ({_IN_SCOPE})
          AND NOT EXISTS (SELECT 1 FROM people_worker w WHERE w.id = %(worker)s
                          AND (w.phone_hash = t.phone_hash))
          AND NOT EXISTS (SELECT 1 FROM access_account c
                          WHERE c.id = t.account_id AND c.worker_id = %(worker)s)
        ORDER BY length(u.path) DESC, t.id LIMIT %(limit)s"""
    values = {"worker": worker_id, "day": on, "limit": CHOICES_LIMIT}
    return [_row(row) for row in fetch_all(statement, values)]


def is_in_scope(attester_id: int, worker_id: int) -> bool:
    """Return whether the worker belongs to the attester's union, outlet, or county (keepers)."""
    statement = f"""SELECT {_IN_SCOPE} FROM programmes_attester t
        JOIN orgs_union u ON u.id = t.union_id WHERE t.id = %(attester)s"""
    return bool(fetch_all(statement, {"attester": attester_id, "worker": worker_id})[0][0])


def is_same_person(attester_id: int, worker_id: int) -> bool:
    """Return whether the attester is the worker: by phone, or by the account's own record."""
    statement = """SELECT EXISTS (SELECT 1 FROM people_worker w WHERE w.id = %(worker)s
                                  AND w.phone_hash = t.phone_hash)
               OR EXISTS (SELECT 1 FROM access_account c WHERE c.id = t.account_id
                          AND c.worker_id = %(worker)s)
        FROM programmes_attester t WHERE t.id = %(attester)s"""
    return bool(fetch_all(statement, {"attester": attester_id, "worker": worker_id})[0][0])


def get_attester(attester_id: int, *, on: date) -> AttesterRow:
    """Return an attester; raise ``NotFound``. The caller checks the scope."""
    rows = fetch_all(f"{_ROWS} WHERE t.id = %(id)s", {"id": attester_id, "day": on})
    if not rows:
        raise NotFound()
    return _row(rows[0])


def find_own(actor: Actor, *, on: date) -> AttesterRow | None:
    """Return the live attester that the signed-in actor is, None when he is none."""
    if actor.account_id is None:
        return None
    statement = f"""{_ROWS} WHERE t.account_id = %(account)s AND t.revoked_at IS NULL
        AND t.valid_to >= %(day)s ORDER BY length(u.path), t.id LIMIT 1"""
    rows = fetch_all(statement, {"account": actor.account_id, "day": on})
    return _row(rows[0]) if rows else None


def kind_at_desk(actor: Actor, *, on: date) -> AttesterKind:
    """Return as what kind of attester the signed-in actor attests by card: as entered, else by his post."""
    post = permissions.post_for(actor, permissions.ATTEST_ANSWER)
    if post is None or post.union_id is None:
        return AttesterKind.OFFICER
    entered = Attester.objects.filter(
        union_id=post.union_id, account_id=actor.account_id, revoked_at=None, valid_to__gte=on
    )
    kind = entered.values_list("kind", flat=True).first()
    return kind_of_role(post.role.value) if kind is None else AttesterKind(kind)


def list_attesters(
    *, actor: Actor, now: datetime, after: int | None = None
) -> tuple[list[AttesterRow], int | None]:
    """Return the attesters below the actor's unions, the newest first, and where it goes on.

    Those who confirmed more in 30 days than programmes.attestation_odd are marked.
    """
    on = business_day(now)
    odd = int(parameter("programmes.attestation_odd", adcode=NATION, on=on).value)
    statement = f"""{_ROWS}
        WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
          AND (%(after)s::bigint IS NULL OR t.id < %(after)s)
        ORDER BY t.id DESC LIMIT %(limit)s"""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.ATTEST_VIEW)),
        "after": after,
        "day": on,
        "limit": PAGE_LIMIT + 1,
    }
    rows = [_row(row, odd) for row in fetch_all(statement, values)]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


_OUTLETS = """
SELECT o.id, o.name FROM orgs_outlet o WHERE o.closed_on IS NULL AND (
    o.adcode = %(region)s
    OR EXISTS (SELECT 1 FROM orgs_coverage c JOIN orgs_union u ON u.id = c.union_id
               WHERE c.employer_id = o.employer_id AND c.valid_to IS NULL AND c.superseded_at IS NULL
                 AND (c.outlet_id IS NULL OR c.outlet_id = o.id) AND starts_with(u.path, %(path)s)))
  AND (%(outlet)s::bigint IS NULL OR o.id = %(outlet)s)
ORDER BY o.name, o.id LIMIT 200
"""


def list_outlets_of(union: UnionRow, *, outlet_id: int | None = None) -> list[tuple[int, str]]:
    """Return id and name of the outlets that a union answers for: covered, or in a county's region."""
    is_region = union.kind is UnionKind.FEDERATION and union.level == UnionLevel.COUNTY
    values = {
        "region": union.adcode if is_region else None,
        "path": union.path,
        "outlet": outlet_id,
    }
    return [(row[0], row[1]) for row in fetch_all(_OUTLETS, values)]


def is_outlet_of(outlet_id: int, union: UnionRow) -> bool:
    """Return whether the union answers for the outlet."""
    return bool(list_outlets_of(union, outlet_id=outlet_id))


def _row(row: Any, odd: int = 0) -> AttesterRow:
    is_odd = bool(odd and row[18] >= odd)
    values: list[Any] = [row[0], AttesterKind(row[1]), *row[2:], is_odd]
    return AttesterRow(*values)
