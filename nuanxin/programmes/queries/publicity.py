"""公示 as everybody sees it, and as the desk does: lists, lines, objections, how many days are left."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.states import Kind, ObjectionState, OfferState, Way

LINES_LIMIT = 100
PAGE_LIMIT = 50
SHEET_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A list before the public. ``is_shown`` tells whether the names may still be read."""

    id: int
    code: str
    offer_id: int
    offer_code: str
    title: str
    kind: Kind
    way: Way
    state: OfferState
    number: int
    why: str
    union_id: int
    union_name: str
    persons: int
    struck: int
    open_objections: int
    posted_at: datetime
    first_on: date
    last_on: date
    ends_at: datetime
    days: int
    is_provisional: bool
    digest: str
    posted_by_name: str
    is_shown: bool = False

    def is_running(self, now: datetime) -> bool:
        """Return whether objections are taken at ``now``."""
        return self.state is OfferState.PUBLICITY and self.posted_at <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a list."""

    ordinal: int
    masked_name: str
    union_name: str
    pool: str
    is_struck: bool


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """An objection without what it says: that is sealed and read for itself."""

    id: int
    notice_id: int
    receipt: str
    state: ObjectionState
    filed_at: datetime
    due_on: date
    line: str
    title: str
    has_name: bool
    answer: str
    answered_by_name: str
    answered_at: datetime | None


_NOTICE = """
SELECT n.id, n.code, o.id, o.code, o.title, g.kind, o.way, o.state, n.number, n.why, o.union_id, u.name,
       n.persons,
       (SELECT count(*) FROM programmes_noticeline l WHERE l.notice_id = n.id AND l.struck_at IS NOT NULL),
       (SELECT count(*) FROM programmes_objection j WHERE j.notice_id = n.id AND j.state = 1),
       n.posted_at, n.first_on, n.last_on, n.ends_at, n.days, n.is_provisional, n.digest,
       n.posted_by_name
FROM programmes_publicnotice n JOIN programmes_offer o ON o.id = n.offer_id
JOIN programmes_programme g ON g.id = o.programme_id JOIN orgs_union u ON u.id = o.union_id
"""
_PUBLIC = f"""{_NOTICE}
WHERE n.ends_at > %(since)s AND o.state IN (4, 6) ORDER BY n.ends_at, n.id LIMIT %(limit)s
"""
_DESK = f"""{_NOTICE}
WHERE EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
  AND (%(after)s::bigint IS NULL OR n.id < %(after)s)
ORDER BY n.id DESC LIMIT %(limit)s
"""
_LINES = """
SELECT l.ordinal, l.masked_name, l.union_name, l.pool, l.struck_at IS NOT NULL
FROM programmes_noticeline l WHERE l.notice_id = %(notice)s AND l.ordinal > %(after)s
ORDER BY l.ordinal LIMIT %(limit)s
"""
_OBJECTIONS = """
SELECT j.id, j.notice_id, j.receipt, j.state, j.filed_at, j.due_on,
       coalesce('第 ' || l.ordinal || ' 行　' || l.masked_name, ''), o.title, j.filed_by <> '', j.answer,
       j.answered_by_name, j.answered_at
FROM programmes_objection j JOIN programmes_publicnotice n ON n.id = j.notice_id
JOIN programmes_offer o ON o.id = n.offer_id
LEFT JOIN programmes_noticeline l ON l.id = j.line_id
"""


def list_public_notices(*, now: datetime) -> list[NoticeRow]:
    """Return the lists that anybody may read now, what ends first first."""
    rows = fetch_all(
        _PUBLIC, {"since": now - timedelta(days=_shown_days(now)), "limit": PAGE_LIMIT}
    )
    return [_notice(row, True) for row in rows]


def get_public_notice(code: str, *, now: datetime) -> NoticeRow:
    """Return a list by its code; ``is_shown`` is false once its time is over. ``NotFound``."""
    rows = fetch_all(f"{_NOTICE} WHERE n.code = %(code)s AND o.state IN (4, 6)", {"code": code})
    if not rows:
        raise NotFound()
    found = _notice(rows[0], False)
    is_shown = now < found.ends_at + timedelta(days=_shown_days(now))
    return _notice(rows[0], is_shown)


def list_lines(
    notice_id: int, *, after: int = 0, limit: int = LINES_LIMIT
) -> tuple[list[LineRow], int | None]:
    """Return lines in their order, and where the next page begins."""
    size = min(limit, SHEET_LIMIT)
    rows = fetch_all(_LINES, {"notice": notice_id, "after": after, "limit": size + 1})
    lines = [LineRow(*row) for row in rows[:size]]
    return lines, lines[-1].ordinal if len(rows) > size else None


def find_my_line(notice_id: int, worker_id: int) -> LineRow | None:
    """Return one's own line on a list, None where there is none."""
    rows = fetch_all(
        "SELECT l.ordinal, l.masked_name, l.union_name, l.pool, l.struck_at IS NOT NULL"
        " FROM programmes_application a JOIN programmes_noticeline l ON l.application_id = a.id"
        " WHERE a.worker_id = %(worker)s AND l.notice_id = %(notice)s",
        {"notice": notice_id, "worker": worker_id},
    )
    return LineRow(*rows[0]) if rows else None


def notice_codes(offer_id: int) -> list[tuple[str, int]]:
    """Return code and number of the lists of an offer, the first first."""
    statement = (
        "SELECT n.code, n.number FROM programmes_publicnotice n WHERE n.offer_id = %(offer)s"
        " ORDER BY n.number LIMIT 100"
    )
    return [(row[0], row[1]) for row in fetch_all(statement, {"offer": offer_id})]


def find_by_receipt(receipt: str) -> ObjectionRow | None:
    """Return an objection by its receipt number: whoever holds it may read the answer."""
    rows = fetch_all(f"{_OBJECTIONS} WHERE j.receipt = %(receipt)s", {"receipt": receipt})
    return _objection(rows[0]) if rows else None


# ---- the desk ---------------------------------------------------------------------------------


def list_desk_notices(
    *, actor: Actor, after: int | None = None
) -> tuple[list[NoticeRow], int | None]:
    """Return the lists below the actor's unions, the latest first, and where the next page begins."""
    values = {
        "paths": list(policy.scope_paths(actor, permissions.VIEW)),
        "after": after,
        "limit": PAGE_LIMIT + 1,
    }
    rows = [_notice(row, True) for row in fetch_all(_DESK, values)]
    return rows[:PAGE_LIMIT], rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None


def get_desk_notice(notice_id: int, *, actor: Actor) -> NoticeRow:
    """Return a list in the actor's scope; raise ``NotFound``."""
    rows = fetch_all(f"{_NOTICE} WHERE n.id = %(notice)s", {"notice": notice_id})
    if not rows:
        raise NotFound()
    found = _notice(rows[0], True)
    permissions.check_can_view(actor, path=get_union(found.union_id).path)
    return found


def list_objections(notice_id: int) -> list[ObjectionRow]:
    """Return the objections against a list, those that wait first; the caller checked the scope."""
    statement = (
        f"{_OBJECTIONS} WHERE j.notice_id = %(notice)s ORDER BY j.state, j.id LIMIT %(limit)s"
    )
    return [
        _objection(r) for r in fetch_all(statement, {"notice": notice_id, "limit": PAGE_LIMIT * 4})
    ]


def get_objection(objection_id: int, *, actor: Actor) -> ObjectionRow:
    """Return an objection whose list is in the actor's scope to manage; raise ``NotFound``."""
    rows = fetch_all(f"{_OBJECTIONS} WHERE j.id = %(id)s", {"id": objection_id})
    if not rows:
        raise NotFound()
    found = _objection(rows[0])
    union = fetch_all(
        "SELECT o.union_id FROM programmes_publicnotice n JOIN programmes_offer o ON o.id = n.offer_id"
        " WHERE n.id = %(notice)s",
        {"notice": found.notice_id},
    )
    permissions.check_can_manage(actor, path=get_union(union[0][0]).path)
    return found


def _shown_days(now: datetime) -> int:
    on = business_day(now)
    return int(parameter("programmes.publicity_shown_days", adcode=NATION, on=on).value)


def _notice(row: Any, is_shown: bool) -> NoticeRow:
    values = [*row[:5], Kind(row[5]), Way(row[6]), OfferState(row[7]), *row[8:], is_shown]
    return NoticeRow(*values)


def _objection(row: Any) -> ObjectionRow:
    return ObjectionRow(row[0], row[1], row[2], ObjectionState(row[3]), *row[4:])
