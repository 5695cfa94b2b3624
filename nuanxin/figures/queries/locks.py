"""Which months are locked, and what a federation may lock next."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q

from nuanxin.figures.models import PeriodLock
from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.period import Month

BOARD_LIMIT = 400
"""Federations on one board; a province has a hundred."""
_LOCKS_LIMIT = 1_000
_EVERY_LIMIT = 20_000
"""A hundred federations in sixteen years."""


@dataclass(frozen=True, slots=True)
class LockRow:
    """A federation of the board; ``open_below`` how many federations under it are not locked."""

    union_id: int
    code: str
    name: str
    level: int
    path: str
    lock_id: int | None
    locked_at: datetime | None
    locked_by: str
    below: int
    open_below: int
    is_upper_locked: bool
    may_decide: bool

    @property
    def is_locked(self) -> bool:
        """Return whether the month stands locked here."""
        return self.lock_id is not None


_BOARD = """
WITH held AS (
    SELECT id, union_id, locked_at, locked_by_name FROM figures_periodlock
    WHERE month = %(month)s AND unlocked_at IS NULL)
SELECT u.id, u.code, u.name, u.level, u.path, h.id, h.locked_at, coalesce(h.locked_by_name, ''),
       (SELECT count(*) FROM orgs_union b WHERE b.parent_id = u.id AND b.kind = 'federation'
            AND b.level <= 3 AND b.ended_on IS NULL),
       (SELECT count(*) FROM orgs_union b WHERE b.parent_id = u.id AND b.kind = 'federation'
            AND b.level <= 3 AND b.ended_on IS NULL
            AND NOT EXISTS (SELECT 1 FROM held WHERE held.union_id = b.id)),
       EXISTS (SELECT 1 FROM held WHERE held.union_id = u.parent_id)
FROM orgs_union u LEFT JOIN held h ON h.union_id = u.id
WHERE u.kind = 'federation' AND u.level <= 3 AND u.ended_on IS NULL
  AND u.path LIKE ANY (%(paths)s)
ORDER BY u.path LIMIT %(limit)s
"""


def list_lock_board(*, actor: Actor, month: date) -> list[LockRow]:
    """Return the federations in the actor's scope with their locks of a month; one statement."""
    paths = policy.scope_paths(actor, "figure.drafts")
    with connection.cursor() as cursor:
        cursor.execute(
            _BOARD,
            {"month": month, "paths": [f"{path}%" for path in paths], "limit": BOARD_LIMIT},
        )
        return [
            LockRow(*row, policy.may(actor, "figure.decide", path=row[4]))  # type: ignore[call-arg]
            for row in cursor.fetchall()
        ]


def get_lock_known_at(day: date, *, region: int, union_id: int | None = None) -> datetime | None:
    """Return as known when figures of a day are read: the moment its month was locked, or None.

    The lock is that of the region, or of the union where a subtree is asked for.
    """
    locks = PeriodLock.objects.filter(month=day.replace(day=1), unlocked_at__isnull=True)
    locks = locks.filter(region=region) if union_id is None else locks.filter(union_id=union_id)
    return locks.order_by("-locked_at").values_list("locked_at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Locked:
    """The locks that bear on a board: of the day's month by region, and of one region by month."""

    places: dict[int, datetime]
    months: dict[date, datetime]


def locked_around(day: date, *, region: int, first: date) -> Locked:
    """Return the locks of the day's month, and those of a region from ``first`` on; one statement."""
    month = day.replace(day=1)
    rows = (
        PeriodLock.objects.filter(unlocked_at__isnull=True)
        .filter(Q(month=month) | Q(region=region, month__gte=first, month__lt=month))
        .order_by("locked_at")
        .values_list("month", "region", "locked_at")[:_LOCKS_LIMIT]
    )
    places, months = {}, {}
    for locked, place, at in rows:
        if locked == month:
            places[place] = at
        if place == region:
            months[locked] = at
    return Locked(places, months)


def every_lock() -> dict[date, dict[int, datetime]]:
    """Return all locks that stand, by month and region; one statement, for a whole report."""
    rows = (
        PeriodLock.objects.filter(unlocked_at__isnull=True)
        .order_by("-month", "locked_at")
        .values_list("month", "region", "locked_at")[:_EVERY_LIMIT]
    )
    found: dict[date, dict[int, datetime]] = {}
    for month, region, at in rows:
        found.setdefault(month, {})[region] = at
    return found


def list_unlockings(*, month: date, union_ids: list[int]) -> list[PeriodLock]:
    """Return the locks of a month that were taken off again, the newest first, at most 50."""
    return list(
        PeriodLock.objects.filter(month=month, union_id__in=union_ids, unlocked_at__isnull=False)
        .select_related("union")
        .order_by("-unlocked_at", "-id")[:50]
    )


def month_of(text: str, *, today: date) -> date:
    """Return the first day of a month written 2026-10; the last closed month when it is not one."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return Month.of(today).previous.start
    return min(asked, today.replace(day=1))
