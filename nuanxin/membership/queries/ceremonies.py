"""Ceremonies: found by the code of the day, listed for the officers who hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import day_start
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.occupations import by_key
from nuanxin.kernel.text import compact
from nuanxin.membership import permissions
from nuanxin.membership.queries.members import masked
from nuanxin.membership.queries.scope import unions_below
from nuanxin.membership.rules.receipts import Where
from nuanxin.orgs.queries.unions import get_union

PAGE_LIMIT = 50
SHEET_LIMIT = 2_000
"""People on one printed list."""
TAIL_DIGITS = 4


@dataclass(frozen=True, slots=True)
class CeremonyRow:
    """A ceremony of the union ``where``; ``code`` works on ``held_on`` only."""

    id: int
    where: Where
    code: str
    title: str
    place: str
    held_on: date
    is_closed: bool = False


_FIELDS = """
SELECT c.id, c.code, c.title, c.place, c.held_on, c.closed_at IS NOT NULL,
       u.id, u.code, u.name, u.adcode, u.contact_name, u.contact_phone
FROM membership_ceremony c JOIN orgs_union u ON u.id = c.union_id
"""


def ceremony_of_code(code: str, today: date) -> CeremonyRow:
    """Return the ceremony that this code opens today; ``NotFound`` membership.ceremony_code."""
    rows = _rows(
        f"{_FIELDS} WHERE c.code = %(code)s AND c.held_on = %(day)s AND c.closed_at IS NULL",
        {"code": code, "day": today},
    )
    if not rows:
        raise NotFound(
            "membership.ceremony_code", "今天没有这个口令的仪式。看看现场写的是哪六位数字。"
        )
    return rows[0]


def get_ceremony(ceremony_id: int, *, actor: Actor) -> CeremonyRow:
    """Return a ceremony in the actor's scope; raise ``NotFound``."""
    rows = _rows(f"{_FIELDS} WHERE c.id = %(id)s", {"id": ceremony_id})
    if not rows:
        raise NotFound()
    permissions.check_can_invite(actor, path=get_union(rows[0].where.id).path)
    return rows[0]


def list_ceremonies(*, actor: Actor, union_id: int, limit: int = PAGE_LIMIT) -> list[CeremonyRow]:
    """Return the ceremonies of a union and all below it, the latest day first."""
    unions = unions_below(union_id, permissions.view_paths(actor))
    return _rows(
        f"{_FIELDS} WHERE c.union_id = ANY (%(unions)s) ORDER BY c.held_on DESC, c.id DESC"
        " LIMIT %(limit)s",
        {"unions": unions, "limit": min(limit, PAGE_LIMIT)},
    )


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """Somebody invited who has not confirmed yet; the phone is masked."""

    id: int
    name: str
    masked_phone: str
    occupation_label: str
    place: str


@dataclass(frozen=True, slots=True)
class InvitedPage:
    """A page of the invited; ``total`` of those who fit what was looked for."""

    items: tuple[InvitedRow, ...]
    total: int
    next: str | None = None


# Batches that were handed in for this ceremony, and those of its union that name no ceremony: the
# same people whom the code of the day lets confirm.
_INVITED = """
FROM membership_joinapplication a
JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN membership_rosterbatch b ON b.id = a.batch_id
LEFT JOIN orgs_outlet o ON o.id = a.outlet_id
WHERE a.union_id = %(union)s AND a.state = 1
  AND (b.ceremony_id IS NULL OR b.ceremony_id = %(ceremony)s)
  AND (%(name)s = '' OR strpos(w.name, %(name)s) > 0)
  AND (%(tail)s = '' OR right(w.phone_hint, 4) = %(tail)s)
"""
_INVITED_COLUMNS = (
    "SELECT a.id, w.name, w.phone_hint, a.occupation, coalesce(o.name, a.place_stated)"
)


def list_invited(
    ceremony: CeremonyRow,
    *,
    looked_for: str = "",
    after: str | None = None,
    limit: int = PAGE_LIMIT,
) -> InvitedPage:
    """Return a page of those invited to a ceremony who have not confirmed, in the order invited.

    ``looked_for``: a part of the name, or the last four digits of the phone. The caller has got the
    ceremony in his scope. At most ``SHEET_LIMIT`` at once, for the printed list.
    """
    size = max(1, min(limit, SHEET_LIMIT))
    values = _looked_for(ceremony, looked_for)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_INVITED}", values)
        (total,) = cursor.fetchone()
        cursor.execute(
            f"{_INVITED_COLUMNS} {_INVITED} AND a.id > %(after)s ORDER BY a.id LIMIT %(limit)s",
            values | {"after": _after_id(after), "limit": size + 1},
        )
        rows = [_invited(row) for row in cursor.fetchall()]
    more = encode_cursor([rows[size - 1].id]) if len(rows) > size else None
    return InvitedPage(tuple(rows[:size]), int(total), more)


def list_chosen(ceremony: CeremonyRow, ids: Sequence[int]) -> tuple[InvitedRow, ...]:
    """Return those of ``ids`` who are invited to the ceremony and have not confirmed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_INVITED_COLUMNS} {_INVITED} AND a.id = ANY (%(ids)s) ORDER BY a.id LIMIT %(limit)s",
            _looked_for(ceremony, "") | {"ids": list(ids), "limit": SHEET_LIMIT},
        )
        return tuple(_invited(row) for row in cursor.fetchall())


def count_signed(ceremony: CeremonyRow) -> int:
    """Return how many of the union were entered as signed on paper on the ceremony's day or later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM membership_joinapplication a"
            " LEFT JOIN membership_rosterbatch b ON b.id = a.batch_id"
            " WHERE a.union_id = %(union)s AND a.state IN (2, 3, 4) AND a.confirmed_via = 'signature'"
            " AND a.confirmed_at >= %(since)s"
            " AND (b.ceremony_id IS NULL OR b.ceremony_id = %(ceremony)s)",
            {
                "union": ceremony.where.id,
                "ceremony": ceremony.id,
                "since": day_start(ceremony.held_on),
            },
        )
        return int(cursor.fetchone()[0])


def _looked_for(ceremony: CeremonyRow, words: str) -> dict[str, Any]:
    wanted = compact(words)[:40]
    is_tail = len(wanted) == TAIL_DIGITS and wanted.isascii() and wanted.isdigit()
    return {
        "union": ceremony.where.id,
        "ceremony": ceremony.id,
        "name": "" if is_tail else wanted,
        "tail": wanted if is_tail else "",
    }


def _invited(row: tuple[Any, ...]) -> InvitedRow:
    return InvitedRow(row[0], row[1], masked(row[2], 3, 4), by_key(row[3]).label, row[4])


def _after_id(cursor: str | None) -> int:
    value = decode_cursor(cursor, length=1)[0] if cursor else 0
    return value if isinstance(value, int) else 0


def _rows(statement: str, values: dict[str, Any]) -> list[CeremonyRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [CeremonyRow(row[0], Where(*row[6:12]), *row[1:6]) for row in cursor.fetchall()]
