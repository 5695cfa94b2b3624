"""Offers as everybody sees them, and as one person sees them."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.states import ClaimState, Kind, OfferState, Way

PAGE_LIMIT = 20
COUNTED = 10_000
"""Free places are counted up to here; beyond it is «more than»."""
MINE_LIMIT = 50


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A published offer. ``left`` are free places where they are given at once, else None."""

    id: int
    code: str
    title: str
    kind: Kind
    programme: str
    state: OfferState
    way: Way
    places: int
    left: int | None
    opens_at: datetime
    closes_at: datetime
    union_name: str
    about: str = ""
    money_fen: int = 0
    conditions: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    provider: str = ""
    cost_bearer: str = ""
    publicity_days: int = 0
    confirm_hours: int = 24
    directed_places: int = 0
    released_at: datetime | None = None
    applicants: int = 0
    waiting: int = 0
    commitment: str = ""
    is_drawn: bool = False
    rule_code: str = ""

    def is_open(self, now: datetime) -> bool:
        """Return whether one can apply at ``now``."""
        return self.state is OfferState.OPEN and self.opens_at <= now < self.closes_at


@dataclass(frozen=True, slots=True)
class OfferPage:
    """A page of offers; ``next`` is the cursor of what follows."""

    items: tuple[OfferRow, ...] = field(default_factory=tuple)
    next: str | None = None


_LEFT = f"""
CASE WHEN o.way IN (1, 5) THEN (SELECT count(*) FROM (
    SELECT 1 FROM programmes_freeseat s WHERE s.offer_id = o.id
    LIMIT {COUNTED + 1}) free) END
"""
_ROW = f"""
SELECT o.id, o.code, o.title, g.kind, g.code, o.state, o.way, o.places, {_LEFT}, o.opens_at,
       o.closes_at, u.name
"""
_FROM = """
FROM programmes_offer o JOIN programmes_programme g ON g.id = o.programme_id
JOIN orgs_union u ON u.id = o.union_id
"""
_OPEN = f"""
{_ROW} {_FROM}
WHERE o.state = 2 AND o.closes_at > %(now)s
  AND (%(closes)s::timestamptz IS NULL OR (o.closes_at, o.id) > (%(closes)s, %(id)s))
ORDER BY o.closes_at, o.id LIMIT %(limit)s
"""
_ONE = f"""
{_ROW}, o.about, o.money_fen, o.conditions, o.evidence, o.provider, o.cost_bearer, o.publicity_days,
       o.confirm_hours,
       (SELECT coalesce(sum(p.directed), 0) FROM programmes_pool p WHERE p.offer_id = o.id),
       o.released_at, counted.live, counted.waiting, coalesce(d.commitment, ''), d.done IS NOT NULL, o.rule_code
{_FROM}
LEFT JOIN programmes_draw d ON d.offer_id = o.id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.state IN (1, 2, 3, 4, 7)) AS live,
           count(*) FILTER (WHERE a.state = 2) AS waiting
    FROM programmes_application a WHERE a.offer_id = o.id AND a.state IN (1, 2, 3, 4, 7)
) counted
WHERE {{where}}
"""


def list_open_offers(
    *, now: datetime, cursor: str | None = None, limit: int = PAGE_LIMIT
) -> OfferPage:
    """Return what one can apply for now or soon, what closes first first."""
    closes, after = _after(cursor)
    size = min(limit, 100)
    values = {"now": now, "closes": closes, "id": after, "limit": size + 1}
    rows = [_row(row) for row in fetch_all(_OPEN, values)]
    last = rows[size - 1] if len(rows) > size else None
    following = encode_cursor([last.closes_at.isoformat(), last.id]) if last else None
    return OfferPage(tuple(rows[:size]), following)


def get_offer(code: str) -> OfferRow:
    """Return a published offer; raise ``NotFound``."""
    rows = fetch_all(_ONE.format(where="o.code = %(code)s AND o.state <> 1"), {"code": code})
    if not rows:
        raise NotFound()
    return _row(rows[0])


def get_offer_by_id(offer_id: int) -> OfferRow:
    """Return an offer, drafts too: for those who have checked the scope; raise ``NotFound``."""
    rows = fetch_all(_ONE.format(where="o.id = %(id)s"), {"id": offer_id})
    if not rows:
        raise NotFound()
    return _row(rows[0])


def _after(cursor: str | None) -> tuple[datetime | None, int]:
    if not cursor:
        return None, 0
    values = decode_cursor(cursor, length=2)
    try:
        closes, after = datetime.fromisoformat(str(values[0])), int(str(values[1]))
    except ValueError:
        closes, after = None, -1
    if closes is None or closes.tzinfo is None or not 0 <= after < 1 << 63:
        raise Malformed("cursor.unreadable", "这一页的位置读不出来了。请从列表的第一页重新开始。")
    return closes, after


def _row(row: Any) -> OfferRow:
    head = OfferRow(
        row[0], row[1], row[2], Kind(row[3]), row[4], OfferState(row[5]), Way(row[6]), *row[7:12]
    )
    if len(row) == 12:
        return head
    more = list(row[12:])
    more[2], more[3] = tuple(_listed(more[2])), tuple(_listed(more[3]))
    shared = (row[0], row[1], row[2], head.kind, row[4], head.state, head.way, *row[7:12])
    return OfferRow(*shared, *more)


def _listed(value: Any) -> Any:
    """Return a JSON column: a raw cursor may give it as text."""
    return json.loads(value) if isinstance(value, str) else value


# ---- one's own --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One's application for an offer. ``place_in_line`` counts from 1 while one waits.

    Who asked with the family: ``together`` are the live ones of it, oneself among them, ``skipped`` is
    how often others went past because the free places did not do.
    """

    id: int
    code: str
    title: str
    kind: Kind
    way: Way
    state: ClaimState
    applied_at: datetime
    keep_until: datetime | None
    place_in_line: int | None
    starts_on: date | None = None
    slot_at: datetime | None = None
    together: int = 1
    skipped: int = 0


_MINE = """
SELECT a.id, o.code, o.title, g.kind, o.way, a.state, a.applied_at, a.keep_until,
       CASE WHEN a.state = 2 THEN (
           SELECT count(*) FROM programmes_application b
           WHERE b.pool_id = a.pool_id AND b.state = 2
             AND (b.rank, b.id) <= (coalesce(f.rank, a.rank), coalesce(f.first, a.id))) END,
       o.starts_on, s.slot_at, coalesce(f.together, 1), coalesce(f.skipped, 0)
FROM programmes_application a JOIN programmes_offer o ON o.id = a.offer_id
LEFT JOIN programmes_seat s ON s.id = a.seat_id
JOIN programmes_programme g ON g.id = o.programme_id
LEFT JOIN LATERAL (
    SELECT min(c.rank) AS rank, min(c.id) AS first, count(*) AS together,
           (SELECT p.skipped FROM programmes_party p WHERE p.id = a.party_id) AS skipped
    FROM programmes_application c
    WHERE c.party_id = a.party_id AND c.state IN (1, 2, 3, 4, 7) AND a.state IN (1, 2, 3, 4, 7)
    HAVING count(*) > 0
) f ON a.party_id IS NOT NULL
WHERE a.worker_id = %(worker)s {more}
ORDER BY a.id DESC LIMIT %(limit)s
"""


def list_my_claims(worker_id: int) -> list[ClaimRow]:
    """Return one's applications, the latest first."""
    return [
        _claim(r)
        for r in fetch_all(_MINE.format(more=""), {"worker": worker_id, "limit": MINE_LIMIT})
    ]


def find_my_claim(worker_id: int, offer_id: int) -> ClaimRow | None:
    """Return one's latest application for an offer, None without."""
    values = {"worker": worker_id, "limit": 1, "offer": offer_id}
    rows = fetch_all(_MINE.format(more="AND a.offer_id = %(offer)s"), values)
    return _claim(rows[0]) if rows else None


def _claim(row: Any) -> ClaimRow:
    return ClaimRow(row[0], row[1], row[2], Kind(row[3]), Way(row[4]), ClaimState(row[5]), *row[6:])


_SLOTS = """
SELECT s.slot_at, count(f.id) FROM programmes_seat s LEFT JOIN programmes_freeseat f ON f.id = s.id
WHERE s.offer_id = %(offer)s AND s.slot_at > %(now)s GROUP BY s.slot_at ORDER BY s.slot_at LIMIT 200
"""


def list_slots(offer_id: int, *, now: datetime) -> list[tuple[datetime, int]]:
    """Return the slots that are still to come, each with how many places it has left."""
    return [(row[0], row[1]) for row in fetch_all(_SLOTS, {"offer": offer_id, "now": now})]


def get_draw_file(code: str) -> dict[str, Any]:
    """Return the file of a draw: committed, and once it is drawn with the result; ``NotFound``."""
    rows = fetch_all(
        "SELECT coalesce(d.done, d.committed) FROM programmes_draw d"
        " JOIN programmes_offer o ON o.id = d.offer_id WHERE o.code = %(code)s",
        {"code": code},
    )
    if not rows:
        raise NotFound()
    found: dict[str, Any] = _listed(rows[0][0])
    return found
