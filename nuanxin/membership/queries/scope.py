"""Which unions an actor's question is about: the subtree asked for, within the actor's own."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.kernel.cursor import decode_cursor
from nuanxin.kernel.errors import Malformed, NotFound

# A subtree is a range of paths in the C collation: "/1/20/" up to, not including, "/1/200"
# ("0" follows "/"), so the index on the path answers it.
_BELOW = """
SELECT u.id FROM orgs_union top
JOIN orgs_union u ON u.path >= top.path AND u.path < left(top.path, -1) || '0'
WHERE top.id = %(union)s
  AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(top.path, p))
"""


def unions_below(union_id: int, paths: Sequence[str]) -> list[int]:
    """Return the union and all below it; raise ``NotFound`` when it lies outside ``paths``."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, {"union": union_id, "paths": list(paths)})
        found = [int(row[0]) for row in cursor.fetchall()]
    if not found:
        raise NotFound()
    return found


def path_range(path: str) -> tuple[str, str]:
    """Return the range [from, to) of the paths that begin with ``path`` (it ends in a slash)."""
    return path, path[:-1] + "0"


# Below which unions a person stands: the one he belongs to, the one that he asks to join, and the
# one that invited him. A member who has moved on is out of the old union's sight at once.
WORKER_PATHS = """
SELECT m.worker_id, u.path FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
WHERE m.ended_on IS NULL
UNION ALL
SELECT a.worker_id, v.path FROM membership_joinapplication a JOIN orgs_union v ON v.id = a.union_id
WHERE a.state IN (1, 2, 3)
"""


def read_cursor(text: str, *kinds: type) -> tuple[Any, ...]:
    """Return the values of a cursor, each of its kind (int, str, date; "infinity" is a date too).

    Raises ``Malformed`` cursor.unreadable for anything else, as for a cursor of another list.
    """
    values = decode_cursor(text, length=len(kinds))
    return tuple(_checked(value, kind) for value, kind in zip(values, kinds, strict=True))


def _checked(value: object, kind: type) -> object:
    if kind is int and isinstance(value, int) and abs(value) < _BIGINT:
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value:
        return value
    if kind is date and isinstance(value, str):
        if value == "infinity":
            return value
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")


_BIGINT = 1 << 63
