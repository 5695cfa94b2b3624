"""Where the members of a union work: by county, from the outlet each stands at."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.membership import permissions
from nuanxin.membership.queries.scope import path_range
from nuanxin.orgs.queries.places import region_name
from nuanxin.orgs.queries.unions import get_union

COUNTIES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """Live members by county. ``assumed``: of them, those counted where their union sits."""

    adcode: int
    name: str
    live: int
    assumed: int


_BY_PLACE = """
SELECT coalesce(o.adcode, u.adcode) AS place, count(*), count(*) FILTER (WHERE o.id IS NULL)
FROM orgs_union u
JOIN membership_membership m ON m.union_id = u.id AND m.ended_on IS NULL AND m.state = 1
LEFT JOIN orgs_outlet o ON o.id = m.outlet_id
WHERE u.path >= %(low)s AND u.path < %(high)s
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""


def count_members_by_county(*, actor: Actor, union_id: int) -> list[PlaceCount]:
    """Return the live members of a union and all below it by the county they work in, most first.

    Whoever stands at no registered outlet is counted where his union sits. Raises ``NotFound`` out
    of scope, ``Forbidden`` without the right.
    """
    union = get_union(union_id)
    permissions.check_can_count(actor, path=union.path)
    low, high = path_range(union.path)
    with connection.cursor() as db:
        db.execute(_BY_PLACE, {"low": low, "high": high, "most": COUNTIES_SHOWN})
        rows = db.fetchall()
    return [PlaceCount(place, region_name(place), live, assumed) for place, live, assumed in rows]


def count_members_at(outlet_ids: Collection[int], *, path: str) -> dict[int, int]:
    """Return the live members below ``path`` at each outlet (at most a page of them) by its id.

    Outlets without members are left out. The page that asks has checked the right to count.
    """
    low, high = path_range(path)
    with connection.cursor() as db:
        db.execute(
            """SELECT m.outlet_id, count(*) FROM membership_membership m
               JOIN orgs_union u ON u.id = m.union_id AND u.path >= %(low)s AND u.path < %(high)s
               WHERE m.outlet_id = ANY (%(ids)s) AND m.ended_on IS NULL AND m.state = 1
               GROUP BY 1""",
            {"ids": list(outlet_ids), "low": low, "high": high},
        )
        return dict(db.fetchall())
