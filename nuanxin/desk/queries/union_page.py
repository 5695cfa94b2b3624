"""A union's page on the desk: what 组织 says of it, and the members it counts, for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.membership.queries.members import count_members
from nuanxin.membership.queries.where import PlaceCount, count_members_by_county
from nuanxin.membership.states import MemberState
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import Crumb, RegionCount, TreeNode, UnionPage

RIGHT = "org_unit.manage"
SECOND_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One county: members who work there, outlets that lie there."""

    adcode: int
    name: str
    members: int | None
    outlets: int


@dataclass(frozen=True, slots=True)
class DeskUnion:
    """The page. ``counts`` None and ``places`` without members where the reader may not count.

    ``assumed`` is how many members are placed where their union sits. ``is_past`` says that the
    tree shown is that of ``on``, ``as_known_then`` that later corrections are left out.
    """

    page: UnionPage
    live: int | None
    retained: int | None
    places: tuple[PlaceRow, ...]
    assumed: int
    crumbs: tuple[tuple[str, str, bool], ...]
    second_children: tuple[tuple[str, str, bool], ...]
    on: date | None
    as_known_then: bool


def get_desk_union(
    *,
    actor: Actor,
    code: str,
    on: date | None,
    as_known_then: bool,
    after: str | None,
    now: datetime,
) -> DeskUnion:
    """Return a union's page; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    union = orgs.get_union_by_code(code)
    policy.check(actor, RIGHT, path=union.path)
    known_at = clock.day_end(on) if on and as_known_then else None
    page = orgs.union_page(actor, union.id, now=now, on=on, known_at=known_at, after=after)
    may_count = policy.may(actor, "membership.count", path=union.path)
    counted = count_members(actor=actor, union_id=union.id) if may_count else {}
    by_place: list[PlaceCount] = []
    if may_count and page.outlets_count:
        by_place = count_members_by_county(actor=actor, union_id=union.id)
    outlets = orgs.count_outlets_by_region(union.id, on=on) if page.outlets_count else []
    return DeskUnion(
        page=page,
        live=counted.get(MemberState.LIVE),
        retained=counted.get(MemberState.RETAINED),
        places=_places(by_place, outlets, may_count=may_count),
        assumed=sum(one.assumed for one in by_place),
        crumbs=_named(actor, page.breadcrumb),
        second_children=_named(actor, page.second_children.items[:SECOND_SHOWN]),
        on=on,
        as_known_then=known_at is not None,
    )


def _places(
    members: list[PlaceCount], outlets: list[RegionCount], *, may_count: bool
) -> tuple[PlaceRow, ...]:
    """Join both counts by county, the most members (then outlets) first."""
    by_code = {one.adcode: one for one in members}
    shops = {one.adcode: one for one in outlets}
    rows = [
        PlaceRow(
            adcode=code,
            name=by_code[code].name if code in by_code else shops[code].name,
            members=(by_code[code].live if code in by_code else 0) if may_count else None,
            outlets=shops[code].count if code in shops else 0,
        )
        for code in {*by_code, *shops}
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.members or 0), -row.outlets, row.adcode)))


def _named(actor: Actor, unions: Sequence[Crumb | TreeNode]) -> tuple[tuple[str, str, bool], ...]:
    """Return name, code and whether the reader may open it, in the order given."""
    rows = orgs.list_unions_by_id([one.id for one in unions])
    return tuple(
        (one.name, one.code, policy.may(actor, RIGHT, path=rows[one.id].path)) for one in unions
    )
