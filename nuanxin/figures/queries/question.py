"""What is asked of a figure."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel.period import Period
from nuanxin.orgs.states import Route, UnionKind

COUNTED_FROM = date(1949, 10, 1)
"""The first day of a period that has no beginning: everything that is on record."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a figure: where, when, which cut, as known when.

    ``union_id`` means that union's subtree of the day; ``period`` ends on ``as_of``. ``occupation``
    and ``channel`` are the small keys of the tables; ``kind`` and ``route`` are cuts of unions.
    ``is_today``: the day asked for is the one that is running.
    """

    as_of: date
    period: Period
    region: int | None = None
    union_id: int | None = None
    occupation: int | None = None
    channel: int | None = None
    known_at: datetime | None = None
    kind: UnionKind | None = None
    route: Route | None = None
    is_today: bool = False
