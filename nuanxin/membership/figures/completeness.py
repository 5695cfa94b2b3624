"""How many live members have both an identity number and a phone on record: of today only.

Neither keeps its former values, so nothing can be said of a day before.
"""

from datetime import date

from nuanxin.membership.figures.reading import Place, _rows

# Both are only ever stored when they pass their check; a record that was erased has neither.
_REAL_NAMED = """
SELECT count(*) FROM membership_membership m
JOIN people_worker w ON w.id = m.worker_id
JOIN orgs_union u ON u.id = m.union_id
WHERE m.state = 1 AND m.started_on <= %(today)s AND (m.ended_on IS NULL OR m.ended_on > %(today)s)
  AND w.identity_hash IS NOT NULL AND w.phone_hash IS NOT NULL AND {where}
"""


def count_real_named(place: Place, *, today: date) -> int:
    """Return the live members with identity number and phone in a region, or of unions by id.

    One pass over the members of the place; nothing is kept ready.
    """
    first, last = place.counties
    where = "u.adcode BETWEEN %(first)s AND %(last)s"
    if place.union_ids is not None:
        where = "m.union_id = ANY(%(unions)s)"
    rows = _rows(
        _REAL_NAMED.format(where=where),
        {"today": today, "first": first, "last": last, "unions": list(place.union_ids or ())},
    )
    return int(rows[0][0])
