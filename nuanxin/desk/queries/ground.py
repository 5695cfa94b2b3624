"""What a union covers, for one reader: outlets with members, an employer with who else covers it."""

from dataclasses import dataclass

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.queries.where import count_members_at
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import EmployerRow, RegionCount, UnionRow

RIGHT = "org_unit.manage"


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


@dataclass(frozen=True, slots=True)
class CoveredEmployer:
    """An employer that a union covers, with every union that covers some part of it."""

    union: UnionRow
    employer: EmployerRow
    place: str
    outlets: int
    covering: tuple[UnionRow, ...]


def get_outlets(*, actor: Actor, code: str, region: int | None, after: str | None) -> OutletsOf:
    """Return a page of outlets; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    union = orgs.get_union_by_code(code)
    policy.check(actor, RIGHT, path=union.path)
    regions = tuple(orgs.count_outlets_by_region(union.id))
    page = orgs.list_outlets(union.id, region=region, after=after)
    may_count = policy.may(actor, "membership.count", path=union.path)
    ids = [one.id for one in page.items]
    members = count_members_at(ids, path=union.path) if may_count else {}
    employers = orgs.list_employers_by_id({one.employer_id for one in page.items})
    total = sum(one.count for one in regions if region in (None, one.adcode))
    return OutletsOf(
        union=union,
        region=region,
        region_name=orgs.region_name(region) if region else "",
        regions=regions,
        total=total,
        rows=tuple(
            OutletLine(
                id=one.id,
                name=one.name,
                place=orgs.region_name(one.adcode, one.town_code),
                employer_name=employers[one.employer_id].name,
                note="，".join(part for part in (one.kind, one.address) if part),
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
