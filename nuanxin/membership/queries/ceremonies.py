"""Ceremonies: found by the code of the day, listed for the officers who hold them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership import permissions
from nuanxin.membership.queries.scope import unions_below
from nuanxin.membership.rules.receipts import Where
from nuanxin.orgs.queries.unions import get_union

PAGE_LIMIT = 50


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


def _rows(statement: str, values: dict[str, Any]) -> list[CeremonyRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [CeremonyRow(row[0], Where(*row[6:12]), *row[1:6]) for row in cursor.fetchall()]
