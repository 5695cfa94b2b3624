"""How many employers had a union on a day: alone, in a joint one, or through one of their outlets."""

from datetime import date, datetime
from typing import Any

from nuanxin.orgs.queries.places import TOWN_CODES_FROM, region_condition
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
    if union_id is None and known_at is None and (region or 0) < TOWN_CODES_FROM:
        return _kept(on, region)
    return _counted(on, region, union_id, known_at)


def _kept(on: date, region: int | None) -> int:
    """Count by the days kept beside each employer; who has no region on record is counted out."""
    where, values = region_condition(region, adcode="e.adcode")
    counted, _ = _counting(region, _WITHOUT_REGION, None, None)
    rows = fetch_prepared(
        f"SELECT (SELECT count(*) FROM orgs_employer e WHERE {where} AND e.adcode IS NOT NULL"
        f" AND e.covered_days @> %(on)s::date AND {_IN_BUSINESS})"
        # Looked at only where there is one: the planner would join everything to find none.
        f" + CASE WHEN EXISTS (SELECT 1 FROM orgs_employer e WHERE {_WITHOUT_REGION})"
        f" THEN ({counted}) ELSE 0 END",
        values | {"on": on},
    )
    return int(rows[0][0])


def _counted(on: date, region: int | None, union_id: int | None, known_at: datetime | None) -> int:
    counted, values = _counting(region, "TRUE", union_id, known_at)
    rows = fetch_prepared(counted, values | {"on": on, "union": union_id, "known_at": known_at})
    return int(rows[0][0])


def list_covered_employers(*, on: date, region: int, known_at: datetime) -> list[tuple[int, int]]:
    """Return (employer id, adcode) of those that ``count_covered_employers`` counts; who has no region
    on record once for each seat that covers him."""
    counted, values = _counting(region, "TRUE", None, known_at, columns="e.id, {place}")
    return [
        (row[0], row[1])
        for row in fetch_prepared(
            f"{counted} ORDER BY 1, 2", values | {"on": on, "union": None, "known_at": known_at}
        )
    ]


_WITHOUT_REGION = "e.adcode IS NULL AND e.covered_days <> '{}'"
_IN_BUSINESS = "(e.closed_on IS NULL OR e.closed_on > %(on)s)"


def _counting(
    region: int | None, whose: str, union_id: int | None, known_at: datetime | None,
    *, columns: str = "",
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """Return the statement that counts them, or that has a row for each of ``columns``."""
    place = "coalesce(e.adcode, t.adcode)"
    where, values = region_condition(region, adcode=place, town="t.town_code")
    tables = [
        "orgs_coverage c JOIN orgs_employer e ON e.id = c.employer_id",
        "JOIN orgs_territory t ON t.union_id = c.union_id AND t.is_seat",
    ]
    conditions = [
        where,
        whose,
        dated("c", known_at=known_at),
        dated("t", known_at=known_at),
        _IN_BUSINESS,
    ]
    if union_id is not None:
        tables.append("JOIN orgs_ancestry a ON a.union_id = c.union_id")
        conditions += ["a.ancestor_id = %(union)s", dated("a", known_at=known_at)]
    # Grouped, not count(DISTINCT): hashed instead of sorted.
    of_them = f"FROM {' '.join(tables)} WHERE {' AND '.join(conditions)}"
    if columns:
        told = columns.replace("{place}", place)
        return f"SELECT {told} {of_them} GROUP BY {told}", values
    return f"SELECT count(*) FROM (SELECT e.id {of_them} GROUP BY e.id) AS employers", values
