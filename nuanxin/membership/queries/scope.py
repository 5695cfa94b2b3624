"""Which unions an actor's question is about: the subtree asked for, within the actor's own."""

from collections.abc import Sequence

from django.db import connection

from nuanxin.kernel.errors import NotFound

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
