"""Payment lists as the desk sees them, and one's own payments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.states import ListState

PAGE_LIMIT = 50
LINES_LIMIT = 100
MINE_LIMIT = 50
MOST_IDS = 20_000


@dataclass(frozen=True, slots=True)
class ListRow:
    """A payment list with what came of it."""

    id: int
    offer_id: int
    title: str
    union_id: int
    union_name: str
    state: ListState
    persons: int
    total_fen: int
    paid_persons: int
    paid_fen: int
    without_account: int
    made_at: datetime
    made_by_name: str
    checked_at: datetime | None
    checked_by_name: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A line of a list: the account is told by bank and last four digits."""

    id: int
    name: str
    bank: str
    hint: str
    amount_fen: int
    paid_fen: int
    last_reason: str
    last_at: datetime | None
    tries: int


@dataclass(frozen=True, slots=True)
class PayableOffer:
    """An offer with people who are on no list yet."""

    id: int
    title: str
    persons: int
    money_fen: int


@dataclass(frozen=True, slots=True)
class OwnPayment:
    """What one is paid for an offer."""

    title: str
    amount_fen: int
    paid_fen: int
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """Where one's money goes."""

    bank: str
    hint: str
    stated_at: datetime


_PAID = """(SELECT coalesce(sum(f.amount_fen), 0) FROM programmes_paymentfact f
            WHERE f.payment_id = p.id)"""
_ACCOUNT = """(SELECT 1 FROM programmes_application a JOIN programmes_payeeaccount y
               ON y.worker_id = a.worker_id AND y.ended_at IS NULL WHERE a.id = p.application_id)"""
_LIST = f"""
SELECT l.id, o.id, o.title, o.union_id, u.name, l.state, l.persons, l.total_fen, came.persons,
       came.fen, came.without, l.made_at, l.made_by_name, l.checked_at, l.checked_by_name
FROM programmes_paymentlist l JOIN programmes_offer o ON o.id = l.offer_id
JOIN orgs_union u ON u.id = o.union_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE one.fen > 0) AS persons,
           coalesce(sum(one.fen), 0)::bigint AS fen, count(*) FILTER (WHERE one.lacks) AS without
    FROM (SELECT {_PAID} AS fen, NOT EXISTS {_ACCOUNT} AS lacks FROM programmes_payment p
          WHERE p.list_id = l.id AND NOT p.is_void) one
) came
"""
_DESK = f"""{_LIST}
WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) q WHERE starts_with(u.path, q))
  AND (%(after)s::bigint IS NULL OR l.id < %(after)s)
ORDER BY l.id DESC LIMIT %(limit)s
"""
_LINES = f"""
SELECT p.id, w.name, coalesce(c.bank, ''), coalesce(c.hint, ''), p.amount_fen, {_PAID},
       coalesce(last.reason, ''), last.at, (SELECT count(*) FROM programmes_paymentfact f
                                            WHERE f.payment_id = p.id)
FROM programmes_payment p JOIN programmes_application a ON a.id = p.application_id
JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN LATERAL (SELECT y.bank, y.hint FROM programmes_payeeaccount y
                   WHERE y.worker_id = w.id AND y.ended_at IS NULL ORDER BY y.id DESC LIMIT 1) c ON true
LEFT JOIN LATERAL (SELECT f.reason, f.at FROM programmes_paymentfact f
                   WHERE f.payment_id = p.id ORDER BY f.id DESC LIMIT 1) last ON true
WHERE p.list_id = %(list)s AND p.id > %(after)s ORDER BY p.id LIMIT %(limit)s
"""
_PAYABLE = """
SELECT o.id, o.title, count(a.id), o.money_fen FROM programmes_offer o
JOIN orgs_union u ON u.id = o.union_id JOIN programmes_application a ON a.offer_id = o.id
WHERE o.state = 4 AND o.money_fen > 0 AND a.state = 4
  AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) q WHERE starts_with(u.path, q))
  AND NOT EXISTS (SELECT 1 FROM programmes_payment p WHERE p.application_id = a.id AND NOT p.is_void)
GROUP BY o.id ORDER BY o.id DESC LIMIT %(limit)s
"""
_MINE = f"""
SELECT o.title, p.amount_fen, {_PAID}, coalesce(last.reason, ''), last.at
FROM programmes_application a JOIN programmes_payment p ON p.application_id = a.id AND NOT p.is_void
JOIN programmes_offer o ON o.id = a.offer_id
LEFT JOIN LATERAL (SELECT f.reason, f.at FROM programmes_paymentfact f
                   WHERE f.payment_id = p.id ORDER BY f.id DESC LIMIT 1) last ON true
WHERE a.worker_id = %(worker)s ORDER BY p.id DESC LIMIT %(limit)s
"""


def list_payment_lists(
    *, actor: Actor, after: int | None = None
) -> tuple[list[ListRow], int | None]:
    """Return the lists below the actor's unions, the latest first, and where the next page begins."""
    values = {
        "paths": _paths(actor, permissions.VIEW_PAYMENTS),
        "after": after,
        "limit": PAGE_LIMIT + 1,
    }
    rows = [_list(row) for row in fetch_all(_DESK, values)]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def list_payable_offers(*, actor: Actor) -> list[PayableOffer]:
    """Return the offers with final places and money whose people are on no list yet."""
    values = {"paths": _paths(actor, permissions.MAKE_PAYMENTS), "limit": PAGE_LIMIT}
    return [PayableOffer(*row) for row in fetch_all(_PAYABLE, values)]


def get_payment_list(list_id: int, *, actor: Actor) -> ListRow:
    """Return a list in the actor's scope; raise ``NotFound``."""
    rows = fetch_all(f"{_LIST} WHERE l.id = %(list)s", {"list": list_id})
    if not rows:
        raise NotFound()
    found = _list(rows[0])
    permissions.check_payment(actor, permissions.VIEW_PAYMENTS, path=get_union(found.union_id).path)
    return found


def list_payments(list_id: int, *, after: int = 0) -> tuple[list[PaymentRow], int | None]:
    """Return lines of a list and where the next page begins; the caller has checked the scope."""
    rows = fetch_all(_LINES, {"list": list_id, "after": after, "limit": LINES_LIMIT + 1})
    found = [PaymentRow(*row) for row in rows[:LINES_LIMIT]]
    return found, found[-1].id if len(rows) > LINES_LIMIT else None


def payment_ids(list_id: int) -> frozenset[int]:
    """Return the numbers of a list's payments, to read a bank's file against."""
    rows = fetch_all(
        "SELECT p.id FROM programmes_payment p WHERE p.list_id = %(list)s AND NOT p.is_void"
        " ORDER BY p.id LIMIT %(limit)s",
        {"list": list_id, "limit": MOST_IDS},
    )
    return frozenset(row[0] for row in rows)


def list_my_payments(worker_id: int) -> list[OwnPayment]:
    """Return what one is paid, the latest first."""
    return [
        OwnPayment(*row) for row in fetch_all(_MINE, {"worker": worker_id, "limit": MINE_LIMIT})
    ]


def find_my_account(worker_id: int) -> OwnAccount | None:
    """Return where one's money goes, None while one has not said."""
    rows = fetch_all(
        "SELECT y.bank, y.hint, y.stated_at FROM programmes_payeeaccount y"
        " WHERE y.worker_id = %(worker)s AND y.ended_at IS NULL ORDER BY y.id DESC LIMIT 1",
        {"worker": worker_id},
    )
    return OwnAccount(*rows[0]) if rows else None


def _paths(actor: Actor, right: str) -> list[str]:
    return list(policy.scope_paths(actor, right))


def _list(row: Any) -> ListRow:
    values = [*row[:5], ListState(row[5]), *row[6:]]
    return ListRow(*values)
