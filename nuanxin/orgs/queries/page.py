"""Everything that a union's page and the tree page show, but for members (``membership`` adds them)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import Period
from nuanxin.orgs import permissions, rules
from nuanxin.orgs.queries.enterprises import (
    RegionCount,
    count_outlets,
    count_outlets_by_region,
    list_coverage,
)
from nuanxin.orgs.queries.places import list_territories, region_name
from nuanxin.orgs.queries.rows import (
    ChangeRow,
    CoverageRow,
    Crumb,
    TerritoryRow,
    TreePage,
    UnionRow,
)
from nuanxin.orgs.queries.tree import (
    ancestors_of,
    children_of,
    count_children,
    second_parent_of,
)
from nuanxin.orgs.queries.unions import get_union, list_changes
from nuanxin.orgs.states import PlacementKind, TermStanding

COVERAGE_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TermRow:
    """The term of office and the certificate, which is valid as long as the term (R-5)."""

    ends_on: date | None
    standing: TermStanding
    days_left: int | None
    renewal: Period | None


@dataclass(frozen=True, slots=True)
class UnionPage:
    """A union's page. ``on`` is the day of the tree shown; particulars are today's.

    ``coverage`` is its beginning only (``list_coverage`` has the rest); ``can_…`` say which
    buttons the actor gets.
    """

    union: UnionRow
    on: date | None
    region: str
    breadcrumb: tuple[Crumb, ...]
    second_parent: Crumb | None
    children: TreePage
    children_count: int
    second_children: TreePage
    territories: tuple[TerritoryRow, ...]
    coverage: tuple[CoverageRow, ...]
    outlets_count: int
    outlets_by_city: tuple[RegionCount, ...]
    changes: tuple[ChangeRow, ...]
    term: TermRow
    merged_into: UnionRow | None
    can_edit: bool
    can_shape: bool
    can_found_below: bool


def union_page(
    actor: Actor,
    union_id: int,
    *,
    now: datetime,
    on: date | None = None,
    known_at: datetime | None = None,
    after: str | None = None,
) -> UnionPage:
    """Return the page of a union; with ``on`` the tree around it on that day, as known then or now.

    ``after`` is the cursor of its children. Raises ``NotFound``. What it holds is public.
    """
    union = get_union(union_id)
    merged = get_union(union.merged_into_id) if union.merged_into_id is not None else None
    return UnionPage(
        union=union,
        on=on,
        region=region_name(union.adcode, union.town_code),
        breadcrumb=tuple(ancestors_of(union_id, on=on, known_at=known_at)),
        second_parent=second_parent_of(union_id),
        children=children_of(union_id, after=after, on=on, known_at=known_at),
        children_count=count_children(union_id, on=on, known_at=known_at),
        second_children=children_of(union_id, kind=PlacementKind.SECOND),
        territories=tuple(list_territories(union_id, on=on, known_at=known_at)),
        coverage=tuple(list_coverage(union_id, on=on, known_at=known_at, limit=COVERAGE_SHOWN)),
        outlets_count=count_outlets(union_id, on=on),
        outlets_by_city=tuple(count_outlets_by_region(union_id, by_city=True, on=on)),
        changes=tuple(list_changes(union_id)),
        term=term_of(union, on=business_day(now)),
        merged_into=merged,
        can_edit=union.is_live and permissions.can_edit(actor, path=union.path),
        can_shape=union.is_live and permissions.can_shape(actor, parent_path=union.parent_path),
        can_found_below=union.is_live and permissions.can_shape(actor, parent_path=union.path),
    )


def term_of(union: UnionRow, *, on: date) -> TermRow:
    """Return how the term of a union stands on a day (A23) and when to renew (A24)."""
    place = str(union.adcode)
    remind = parameter("orgs.term_reminder_days", adcode=place, on=on).value
    standing = rules.term_standing(union.term_ends_on, on=on, remind_days=remind)
    if union.term_ends_on is None:
        return TermRow(None, standing, None, None)
    opens = parameter("orgs.certificate_renewal_days", adcode=place, on=on).value
    window = rules.renewal_window(union.term_ends_on, opens_days_before=opens)
    return TermRow(union.term_ends_on, standing, (union.term_ends_on - on) // timedelta(1), window)
