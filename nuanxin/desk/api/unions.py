"""Unions: what everybody may know of them."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.paging import LINE, Cursor, Empty, Limit, page
from nuanxin.kernel import regions
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.states import UnionKind

router = Router(tags=["unions"])


class Union(Schema):
    """The public fields of a union."""

    code: str
    name: str
    kind: str
    kind_label: str
    state: str
    level: int
    region: str
    town: str | None
    is_new_form: bool
    accepts_members: bool
    founded_on: date
    ended_on: date | None
    address: str


class Unions(Schema):
    """A page of unions."""

    items: list[Union]
    next: str | None


@router.get("", response=Unions, summary="工会列表")
@requires("org_unit.view")
def list_unions(
    request: HttpRequest,
    region: Annotated[
        str, Query(pattern=r"^([0-9]{6}([0-9]{3})?)?$", description="驻地的行政区划代码")
    ] = "",
    kind: Annotated[UnionKind | Empty, Query(description="工会种类")] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Return living unions in order; a region without any gives an empty page."""
    if region and region not in regions.REGIONS:
        raise NotFound("region.unknown", "没有这个行政区划代码。例如 330105 是拱墅区。")
    found = orgs.list_unions(int(region) if region else None, kind or None, cursor, limit)
    return page([_plain(one) for one in found.items], found.next)


@router.get("/{code}", response=Union, summary="一家工会")
@requires("org_unit.view")
def get_union(request: HttpRequest, code: Annotated[str, Path(max_length=40, pattern=LINE)]) -> Any:
    """Return the union with this code."""
    return _plain(orgs.get_union_by_code(code))


def _plain(one: orgs.UnionRow) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "kind": one.kind.value,
        "kind_label": one.kind.label,
        "state": one.state.value,
        "level": one.level,
        "region": str(one.adcode),
        "town": str(one.town_code) if one.town_code else None,
        "is_new_form": one.is_new_form,
        "accepts_members": one.accepts_members,
        "founded_on": one.founded_on,
        "ended_on": one.ended_on,
        "address": one.address,
    }
