"""What is known of somebody who asks for a place: his union, and the pool that is his."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from nuanxin.kernel.errors import NotFound
from nuanxin.programmes.queries.no_shows import NO_SHOWS, counted_since
from nuanxin.programmes.queries.rule_versions import JOIN_IN_FORCE
from nuanxin.programmes.states import ClaimState, OfferState, Way


@dataclass(frozen=True, slots=True)
class Asking:
    """An offer and a person before it. ``pool_id`` is None where no pool is his.

    ``start`` is where in the pool his search for a free seat begins. ``adcode`` is where it is held;
    ``no_shows`` are the days that count on which he held a place and did not come.
    """

    offer_id: int
    code: str
    title: str
    state: OfferState
    way: Way
    opens_at: datetime
    closes_at: datetime
    confirm_hours: int
    is_member: bool
    pool_id: int | None
    is_directed: bool
    start: int
    claim_id: int | None
    claim_state: ClaimState | None
    rule_code: str = ""
    rule_version: int | None = None
    rule_digest: str = ""
    union_id: int = 0
    adcode: int = 0
    no_shows: tuple[date, ...] = ()

    @property
    def rush_from(self) -> datetime | None:
        """Return when it opened, where places are given at once; None for any other way."""
        return self.opens_at if self.way.is_at_once else None


_ASKING = """
WITH person AS (
    SELECT m.occupation, u.adcode, u.path FROM membership_membership m
    JOIN orgs_union u ON u.id = m.union_id
    WHERE m.worker_id = %(worker)s AND m.ended_on IS NULL AND m.retained_on IS NULL
    ORDER BY m.id LIMIT 1
)
SELECT o.id, o.code, o.title, o.state, o.way, o.opens_at, o.closes_at, o.confirm_hours,
       p.path IS NOT NULL, pool.id,
       coalesce(p.occupation = ANY (o.directed_occupations), false),
       pool.base + (%(worker)s * 2654435761) %% pool.lanes * (pool.places / pool.lanes),
       a.id, a.state, o.rule_code, v.id, v.digest, o.union_id,
       (SELECT h.adcode FROM orgs_union h WHERE h.id = o.union_id), ARRAY({no_shows})
FROM programmes_offer o
LEFT JOIN person p ON true
LEFT JOIN LATERAL (
    SELECT q.id, q.places, least(greatest(q.places, 1), 256) AS lanes,
           (SELECT coalesce(sum(b.places), 0) FROM programmes_pool b
            WHERE b.offer_id = q.offer_id AND b.ordinal < q.ordinal) AS base
    FROM programmes_pool q
    WHERE q.offer_id = o.id AND p.path IS NOT NULL
      AND (q.region IS NULL OR q.region IN (p.adcode, p.adcode / 100 * 100, p.adcode / 10000 * 10000))
      AND (q.occupation IS NULL OR q.occupation = p.occupation)
      AND (q.union_path = '' OR starts_with(p.path, q.union_path))
    ORDER BY q.ordinal LIMIT 1
) pool ON true
LEFT JOIN programmes_application a
    ON a.offer_id = o.id AND a.worker_id = %(worker)s AND a.state IN (1, 2, 3, 4, 7)
{version}
WHERE o.code = %(code)s AND o.state <> 1
""".replace("{version}", JOIN_IN_FORCE.format(code="o.rule_code")).replace("{no_shows}", NO_SHOWS)


def get_asking(code: str, *, worker_id: int, on: date) -> Asking:
    """Return the published offer of this code as it stands before a person; raise ``NotFound``.

    With it comes which version of its rule counts on the day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ASKING,
            {
                "code": code,
                "worker": worker_id,
                "day": on,
                "since": counted_since(on),
            },
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    return Asking(
        offer_id=row[0],
        code=row[1],
        title=row[2],
        state=OfferState(row[3]),
        way=Way(row[4]),
        opens_at=row[5],
        closes_at=row[6],
        confirm_hours=row[7],
        is_member=row[8],
        pool_id=row[9],
        is_directed=row[10],
        start=int(row[11] or 0),
        claim_id=row[12],
        claim_state=None if row[13] is None else ClaimState(row[13]),
        rule_code=row[14],
        rule_version=row[15],
        rule_digest=row[16] or "",
        union_id=row[17],
        adcode=int(row[18] or 0),
        no_shows=tuple(row[19]),
    )
