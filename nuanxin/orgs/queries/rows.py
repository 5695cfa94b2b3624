"""The rows that queries of 组织 return, and how they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.kernel.cursor import Scalar, decode_cursor, encode_cursor
from nuanxin.orgs.states import (
    PAGE_LIMIT,
    Route,
    UnionChangeKind,
    UnionKind,
    UnionLevel,
    UnionState,
)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnionRow:
    """A union as it is today. ``path`` is "/1/20/311/"; region codes are integers.

    Everything here is public but for nothing: a union's contact is an office, not a person's own.
    """

    id: int
    code: str
    name: str
    short_name: str
    kind: UnionKind
    state: UnionState
    level: int
    parent_id: int | None
    path: str
    credit_code: str | None
    adcode: int
    town_code: int | None
    industry_code: str
    is_new_form: bool
    accepts_members: bool
    route: str
    founded_on: date
    ended_on: date | None
    term_ends_on: date | None
    address: str
    contact_name: str
    contact_phone: str
    lng: float | None
    lat: float | None
    merged_into_id: int | None

    @property
    def is_live(self) -> bool:
        """Return whether it exists now."""
        return self.state.is_live

    @property
    def parent_path(self) -> str:
        """Return the path of the union above, "" for the root."""
        return self.path[: -len(f"{self.id}/")] if self.parent_id is not None else ""

    @property
    def level_label(self) -> str:
        """Return 省级, 市级, 县级, 乡镇街道 or 基层."""
        return UnionLevel(self.level).label

    @property
    def route_label(self) -> str:
        """Return the Chinese name of the route of founding, "" where none is known."""
        return Route(self.route).label if self.route else ""


UNION_COLUMNS = (
    "u.id, u.code, u.name, u.short_name, u.kind, u.state, u.level, u.parent_id, u.path,"
    " u.credit_code, u.adcode, u.town_code, u.industry_code, u.is_new_form, u.accepts_members,"
    " u.route, u.founded_on, u.ended_on, u.term_ends_on, u.address, u.contact_name,"
    " u.contact_phone, u.lng, u.lat, u.merged_into_id"
)
_KIND, _STATE, _LAST = 4, 5, 25


@dataclass(frozen=True, slots=True)
class UnionList:
    """A page of unions; ``next`` is the cursor of the following page, None on the last."""

    items: tuple[UnionRow, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way from the root to a union; the name is that of the day asked about."""

    id: int
    code: str
    name: str
    kind: UnionKind
    level: int


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A union below another one, with how many unions stand directly below itself that day."""

    id: int
    code: str
    name: str
    kind: UnionKind
    state: UnionState
    level: int
    adcode: int
    town_code: int | None
    is_new_form: bool
    children_count: int


@dataclass(frozen=True, slots=True)
class TreePage:
    """A page of the unions directly below one; ``next`` is a cursor, None on the last page."""

    items: tuple[TreeNode, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    """A region a union works in, with its full Chinese name; ``valid_to`` is not included."""

    adcode: int
    town_code: int | None
    name: str
    is_seat: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class TerritoryRecord:
    """One entry of where a union works, in both times; ``valid_to`` is not included.

    ``superseded_at`` is when it was found to be otherwise, None while it holds.
    """

    id: int
    adcode: int
    town_code: int | None
    name: str
    is_seat: bool
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    superseded_at: datetime | None

    @property
    def holds(self) -> bool:
        """Return whether it is what is known today."""
        return self.superseded_at is None


@dataclass(frozen=True, slots=True)
class TerritoryHistory:
    """A page of entries, the last recorded first; ``next`` is a cursor, None on the last page."""

    items: tuple[TerritoryRecord, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """An employer (or one outlet of it) that a union covers; ``valid_to`` is not included."""

    id: int
    employer_id: int
    employer_name: str
    is_platform: bool
    outlet_id: int | None
    outlet_name: str
    industry_code: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change in the life of a union, as it was recorded; ``other`` is the union concerned."""

    id: int
    union_id: int
    kind: UnionChangeKind
    effective_on: date
    recorded_at: datetime
    other_id: int | None
    other_name: str
    reason: str
    document: str
    data: Mapping[str, Any]

    @property
    def is_late(self) -> bool:
        """Return whether it was entered more than a day after it took effect."""
        return (self.recorded_at.date() - self.effective_on).days > 1


@dataclass(frozen=True, slots=True)
class ReportDue:
    """A dissolution that the union above has not acknowledged; ``id`` is that of the change."""

    id: int
    union_id: int
    code: str
    name: str
    parent_id: int | None
    effective_on: date
    recorded_at: datetime
    reason: str
    document: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A page of dissolutions to be acknowledged; ``next`` is a cursor, None on the last page."""

    items: tuple[ReportDue, ...]
    next: str | None = None


def union_row(values: tuple[Any, ...]) -> UnionRow:
    """Return the row whose first columns are ``UNION_COLUMNS``."""
    own = list(values[:_LAST])
    own[_KIND], own[_STATE] = UnionKind(own[_KIND]), UnionState(own[_STATE])
    return UnionRow(*own)


def fetch_all(statement: str, values: Values | None = None) -> list[tuple[Any, ...]]:
    """Return every row of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(values or {}))
        return list(cursor.fetchall())


def fetch_prepared(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return every row of a statement that is asked all the time: it is planned once."""
    with connection.prepared_cursor(is_binary=True) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def fetch_one(statement: str, values: Values | None = None) -> tuple[Any, ...] | None:
    """Return the first row of a statement, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(values or {}))
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def page_size(limit: int) -> int:
    """Return ``limit`` kept between 1 and the longest page."""
    return max(1, min(limit, PAGE_LIMIT))


def after_id(cursor: str | None) -> int:
    """Return the id after which a list ordered by id goes on; 0 from the start."""
    if not cursor:
        return 0
    value: Scalar = decode_cursor(cursor, length=1)[0]
    return value if isinstance(value, int) else 0


def next_cursor(ids: list[int], limit: int) -> str | None:
    """Return the cursor behind the last shown of ``ids``, which holds one more if there is more."""
    return encode_cursor([ids[limit - 1]]) if len(ids) > limit else None
