"""What a union covers, for one reader: outlets with members, an employer with who else covers it."""

from dataclasses import dataclass

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.queries.reorganising import get_effects
from nuanxin.membership.queries.where import count_members_at
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.permissions import can_close_employer
from nuanxin.orgs.queries import EmployerRow, OutletRow, RegionCount, UnionRow

RIGHT = "org_unit.manage"
ENDING_SHOWN = 20


@dataclass(frozen=True, slots=True)
class OutletLine:
    """One outlet; ``members`` None where the reader may not count them."""

    id: int
    name: str
    place: str
    employer_name: str
    note: str
    members: int | None


@dataclass(frozen=True, slots=True)
class OutletsOf:
    """A page of the outlets of a union; ``total`` counts those of the region asked for."""

    union: UnionRow
    region: int | None
    region_name: str
    regions: tuple[RegionCount, ...]
    total: int
    rows: tuple[OutletLine, ...]
    next: str | None
    closed: int


@dataclass(frozen=True, slots=True)
class CoveredEmployer:
    """An employer that a union covers, with every union that covers some part of it."""

    union: UnionRow
    employer: EmployerRow
    place: str
    outlets: int
    covering: tuple[UnionRow, ...]


def get_outlets(
    *, actor: Actor, code: str, region: int | None, after: str | None, is_closed: bool = False
) -> OutletsOf:
    """Return a page of outlets in use, or of those closed.

    Raises ``NotFound`` out of scope, ``Forbidden`` without the right.
    """
    union = orgs.get_union_by_code(code)
    policy.check(actor, RIGHT, path=union.path)
    regions = tuple(orgs.count_outlets_by_region(union.id))
    page = orgs.list_outlets(union.id, region=region, after=after, is_closed=is_closed)
    closed = orgs.count_closed_outlets(union.id)
    may_count = policy.may(actor, "membership.count", path=union.path)
    ids = [one.id for one in page.items]
    members = count_members_at(ids, path=union.path) if may_count else {}
    employers = orgs.list_employers_by_id({one.employer_id for one in page.items})
    in_use = sum(one.count for one in regions if region in (None, one.adcode))
    return OutletsOf(
        union=union,
        region=region,
        region_name=orgs.region_name(region) if region else "",
        regions=regions,
        total=closed if is_closed else in_use,
        closed=closed,
        rows=tuple(
            OutletLine(
                id=one.id,
                name=one.name,
                place=orgs.region_name(one.adcode, one.town_code),
                employer_name=employers[one.employer_id].name,
                note="，".join(part for part in _said_of(one) if part),
                members=members.get(one.id, 0) if may_count else None,
            )
            for one in page.items
        ),
        next=page.next,
    )


def get_employer(*, actor: Actor, code: str, employer_id: int) -> CoveredEmployer:
    """Return an employer that the union covers today; ``NotFound`` for any other."""
    union = orgs.get_union_by_code(code)
    policy.check(actor, RIGHT, path=union.path)
    covering = tuple(orgs.list_unions_covering(employer_id))
    if all(one.id != union.id for one in covering):
        raise NotFound()
    row = orgs.get_employer(employer_id)
    return CoveredEmployer(
        union=union,
        employer=row,
        place=orgs.region_name(row.adcode) if row.adcode else "",
        outlets=orgs.count_outlets(union.id),
        covering=covering,
    )


@dataclass(frozen=True, slots=True)
class OutletOf:
    """One outlet that a union covers; ``members`` None where the reader may not count them."""

    union: UnionRow
    outlet: OutletRow
    place: str
    employer: EmployerRow
    members: int | None


def get_outlet(*, actor: Actor, code: str, outlet_id: int, right: str) -> OutletOf:
    """Return an outlet that the union covers; ``NotFound`` for any other and out of scope."""
    union = orgs.get_union_by_code(code)
    policy.check(actor, right, path=union.path)
    outlet = orgs.find_covered_outlet(union.id, outlet_id)
    if outlet is None:
        raise NotFound()
    may_count = policy.may(actor, "membership.count", path=union.path)
    members = count_members_at([outlet.id], path=union.path) if may_count else {}
    return OutletOf(
        union=union,
        outlet=outlet,
        place=orgs.region_name(outlet.adcode, outlet.town_code),
        employer=orgs.get_employer(outlet.employer_id),
        members=members.get(outlet.id, 0) if may_count else None,
    )


@dataclass(frozen=True, slots=True)
class EmployerEnding:
    """What an employer's end touches: outlets in use, unions that cover it, those that end with it.

    ``members`` are the live and retained members of the unions that end, by union id.
    """

    covered: CoveredEmployer
    outlets: int
    ending: tuple[UnionRow, ...]
    members: dict[int, int]
    covering: int
    may_close: bool


def get_employer_ending(*, actor: Actor, code: str, employer_id: int, right: str) -> EmployerEnding:
    """Return what closing the employer would touch; ``NotFound`` as ``get_employer``."""
    union = orgs.get_union_by_code(code)
    policy.check(actor, right, path=union.path)
    covered = get_employer(actor=actor, code=code, employer_id=employer_id)
    ending = tuple(orgs.list_unions_ending_with(employer_id))
    paths = orgs.covering_paths(employer_id)
    return EmployerEnding(
        covered=covered,
        outlets=orgs.count_outlets_of(employer_id),
        ending=ending,
        members={one.id: get_effects(one.id).members for one in ending[:ENDING_SHOWN]},
        covering=len(paths),
        may_close=can_close_employer(actor, covering_paths=paths),
    )


def _said_of(outlet: OutletRow) -> tuple[str, ...]:
    closed = f"{outlet.closed_on} 停用" if outlet.closed_on else ""
    return (outlet.kind, outlet.address, closed)
