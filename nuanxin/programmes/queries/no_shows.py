"""Who held a place and did not come: what counts of a person, his own list, and the desk's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.decision import Answer, Decision
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.people.states import MyDataSection
from nuanxin.programmes import permissions
from nuanxin.programmes.rules.no_shows import (
    NoShowTerms,
    comes_after_others,
    counted_from,
    may_apply_again,
    said_terms,
    stands_after,
)
from nuanxin.programmes.states import NoShowOf, NoShowStands, PleaKind

PAGE_LIMIT = 50
MINE_LIMIT = 50

NO_SHOWS = """
    SELECT n.day FROM programmes_noshow n
    WHERE n.worker_id = %(worker)s AND n.times = 1 AND n.day >= %(since)s
      AND NOT EXISTS (SELECT 1 FROM programmes_noshow b WHERE b.reverses_id = n.id)
      AND NOT EXISTS (SELECT 1 FROM programmes_noshowplea p
                      WHERE p.no_show_id = n.id AND p.answered_at IS NULL)
    ORDER BY n.day DESC LIMIT 50
"""
"""The days since a day, at any level, the latest first; takes ``worker`` and ``since``.

What he has said something to counts from the answer on, in doubt for him until then.
"""


def counted_since(on: date) -> date:
    """Return the first day whose no-shows count, the same in the whole country."""
    return counted_from(on, _value("programmes.no_show_months", NATION, on))


def terms_at(adcode: int, on: date) -> NoShowTerms:
    """Return the terms that hold in a place on a day; the months are the nation's."""
    place = f"{adcode:06d}"
    return NoShowTerms(
        months=_value("programmes.no_show_months", NATION, on),
        limit=_value("programmes.no_show_limit", place, on),
        wait_days=_value("programmes.no_show_wait_days", place, on),
        after_limit=_value("programmes.no_show_after_limit", place, on),
        after_days=_value("programmes.no_show_after_days", place, on),
        after_hours=_value("programmes.no_show_after_hours", place, on),
    )


def _value(key: str, place: str, on: date) -> int:
    return int(parameter(key, adcode=place, on=on).value)


def decide_no_shows(
    no_shows: Sequence[date], *, adcode: int, on: date, rush_from: datetime | None, now: datetime
) -> Decision:
    """Return whether no-shows keep somebody from applying now, by the rule of where the offer is held.

    ``rush_from`` is when an offer opened whose places are given at once, None for any other.
    """
    if not no_shows:
        return Decision.yes()
    terms = terms_at(adcode, on)
    found = may_apply_again(no_shows, today=on, terms=terms)
    if found.answer is Answer.NO or rush_from is None:
        return found
    return comes_after_others(no_shows, opens_at=rush_from, now=now, today=on, terms=terms)


def list_no_show_days(worker_id: int, *, on: date) -> tuple[date, ...]:
    """Return the days that count against somebody on a day."""
    values = {"worker": worker_id, "since": counted_since(on)}
    return tuple(row[0] for row in fetch_all(NO_SHOWS, values))


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """What follows for somebody where he is a member, and the rule in words; "" follows from none."""

    sentence: str
    is_free: bool
    rule: tuple[str, ...]


_OWN_PLACE = """
SELECT u.adcode FROM membership_membership m JOIN orgs_union u ON u.id = m.union_id
WHERE m.worker_id = %(worker)s AND m.ended_on IS NULL ORDER BY m.id LIMIT 1
"""


def get_own_standing(worker_id: int, *, on: date) -> OwnStanding:
    """Return what somebody's no-shows come to, by the terms of where he is a member."""
    rows = fetch_all(_OWN_PLACE, {"worker": worker_id})
    terms = terms_at(int(rows[0][0]) if rows else int(NATION), on)
    days = list_no_show_days(worker_id, on=on)
    found = may_apply_again(days, today=on, terms=terms)
    if found.answer is Answer.NO:
        return OwnStanding(found.message, is_free=False, rule=said_terms(terms))
    if not days:
        return OwnStanding("", is_free=True, rule=said_terms(terms))
    after = stands_after(days, today=on, terms=terms)
    return OwnStanding(
        after or f"算了 {len(days)} 次，报名不受影响。", not after, said_terms(terms)
    )


@dataclass(frozen=True, slots=True)
class NoShowRow:
    """A no-show with what was said to it; ``name`` is the person's."""

    id: int
    title: str
    union_id: int
    union_path: str
    union_name: str
    adcode: int
    worker_id: int
    name: str
    what: NoShowOf
    day: date
    recorded_at: datetime
    recorded_by_name: str
    plea: PleaKind | None
    said_at: datetime | None
    due_on: date | None
    is_accepted: bool | None
    answer: str
    answered_by_name: str
    taken_back_at: datetime | None
    taken_back_why: str
    taken_back_by: str

    @property
    def stands(self) -> NoShowStands:
        """Return whether it counts."""
        if self.taken_back_at is not None:
            return NoShowStands.TAKEN_BACK
        if self.plea is None:
            return NoShowStands.COUNTS
        return NoShowStands.PLEADED if self.is_accepted is None else NoShowStands.REFUSED


_ROW = """
SELECT n.id, o.title, o.union_id, u.path, u.name, u.adcode, n.worker_id, w.name, n.what, n.day,
       n.recorded_at, n.recorded_by_name, p.kind, p.said_at, p.due_on, p.is_accepted,
       coalesce(p.answer, ''), coalesce(p.answered_by_name, ''),
       b.recorded_at, coalesce(b.reason, ''), coalesce(b.recorded_by_name, '')
FROM programmes_noshow n JOIN programmes_offer o ON o.id = n.offer_id
JOIN orgs_union u ON u.id = o.union_id JOIN people_worker w ON w.id = n.worker_id
LEFT JOIN programmes_noshowplea p ON p.no_show_id = n.id
LEFT JOIN programmes_noshow b ON b.reverses_id = n.id
WHERE n.times = 1
"""
_SCOPE = "EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) r WHERE starts_with(u.path, r))"
_LATEST = f"""{_ROW} AND {_SCOPE} AND (%(after)s::bigint IS NULL OR n.id < %(after)s)
ORDER BY n.id DESC LIMIT %(limit)s"""
_OPEN = f"""{_ROW} AND {_SCOPE} AND p.answered_at IS NULL AND p.id IS NOT NULL
  AND b.id IS NULL ORDER BY p.due_on, n.id LIMIT %(limit)s"""
_MINE = f"""{_ROW} AND n.worker_id = %(worker)s ORDER BY n.day DESC, n.id DESC LIMIT %(limit)s"""


def list_no_shows(*, actor: Actor, after: int | None = None) -> tuple[list[NoShowRow], int | None]:
    """Return the no-shows below the actor's unions, the latest first, and where the next page begins."""
    values = {"paths": _paths(actor), "after": after, "limit": PAGE_LIMIT + 1}
    rows = [_row(row) for row in fetch_all(_LATEST, values)]
    following = rows[PAGE_LIMIT - 1].id if len(rows) > PAGE_LIMIT else None
    return rows[:PAGE_LIMIT], following


def list_open_pleas(*, actor: Actor) -> list[NoShowRow]:
    """Return what waits for an answer below the actor's unions, the most urgent first."""
    values = {"paths": _paths(actor), "limit": PAGE_LIMIT}
    return [_row(row) for row in fetch_all(_OPEN, values)]


def list_my_no_shows(worker_id: int) -> list[NoShowRow]:
    """Return a person's own, the latest first."""
    values = {"worker": worker_id, "limit": MINE_LIMIT}
    return [_row(row) for row in fetch_all(_MINE, values)]


def get_no_show(no_show_id: int, *, actor: Actor) -> NoShowRow:
    """Return one in the actor's scope; raise ``NotFound``, ``Forbidden``."""
    rows = fetch_all(f"{_ROW} AND n.id = %(id)s", {"id": no_show_id})
    if not rows:
        raise NotFound()
    found = _row(rows[0])
    permissions.check_can_view(actor, path=found.union_path)
    return found


def _paths(actor: Actor) -> list[str]:
    return list(policy.scope_paths(actor, permissions.VIEW))


def _row(row: Any) -> NoShowRow:
    values = list(row)
    values[8] = NoShowOf(values[8])
    values[12] = None if values[12] is None else PleaKind(values[12])
    return NoShowRow(*values)


def _my_data(worker_ids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "offer": row.title,
            "day": row.day.isoformat(),
            "stands": row.stands.label,
            "plea": row.plea.label if row.plea else "",
            "answer": row.answer or row.taken_back_why,
        }
        for worker_id in worker_ids
        for row in list_my_no_shows(worker_id)
    ]


MY_NO_SHOWS = MyDataSection(
    "no_shows",
    "约了没来",
    {"offer": "哪一期", "day": "哪天", "stands": "算不算", "plea": "你的说明", "answer": "答复"},
    _my_data,
    way_on=("my-no-shows", "说明、看规则"),
)
