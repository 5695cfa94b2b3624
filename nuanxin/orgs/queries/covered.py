"""How many employers had a union on a day: alone, in a joint one, or through one of their outlets."""

from datetime import date, datetime

from nuanxin.orgs.queries.places import region_condition
from nuanxin.orgs.queries.rows import fetch_prepared
from nuanxin.orgs.queries.tree import dated


def count_covered_employers(
    *,
    on: date,
    region: int | None = None,
    union_id: int | None = None,
    known_at: datetime | None = None,
) -> int:
    """Return the employers in business that a living union covered on a day, each once.

    A region's are those registered there (the seat of the union where no region is on record); a
    subtree's are those that one of its unions covered.
    """
    place = "coalesce(e.adcode, t.adcode)"
    where, values = region_condition(region, adcode=place, town="t.town_code")
    tables = [
        "orgs_coverage c JOIN orgs_employer e ON e.id = c.employer_id",
        "JOIN orgs_territory t ON t.union_id = c.union_id AND t.is_seat",
    ]
    conditions = [
        where,
        dated("c", known_at=known_at),
        dated("t", known_at=known_at),
        "(e.closed_on IS NULL OR e.closed_on > %(on)s)",
    ]
    if union_id is not None:
        tables.append("JOIN orgs_ancestry a ON a.union_id = c.union_id")
        conditions += ["a.ancestor_id = %(union)s", dated("a", known_at=known_at)]
    rows = fetch_prepared(
        # Grouped, not count(DISTINCT): hashed instead of sorted.
        f"SELECT count(*) FROM (SELECT e.id FROM {' '.join(tables)}"
        f" WHERE {' AND '.join(conditions)} GROUP BY e.id) AS employers",
        values | {"on": on, "union": union_id, "known_at": known_at},
    )
    return int(rows[0][0])
