"""Offers that one can apply for, as the public page lists them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.paging import Cursor, Limit, page
from nuanxin.kernel import clock
from nuanxin.programmes.queries.offers import OfferRow, list_open_offers

router = Router(tags=["programmes"])


class Offer(Schema):
    """One offer: ``programme`` is the code of its definition, ``way`` how places are given.

    ``left`` are places that are free now where they are given at once, null where they are given
    after the end of applying. Times are UTC.
    """

    code: str
    programme: str
    kind: str
    title: str
    way: str
    places: int
    left: int | None
    opens_at: datetime
    closes_at: datetime
    union_name: str


class Offers(Schema):
    """A page of offers, what closes first first."""

    items: list[Offer]
    next: str | None


@router.get("", response=Offers, summary="现在能报名的服务")
@requires("programme.browse")
def list_programmes(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Return the published offers whose applying has not ended."""
    found = list_open_offers(now=clock.now(), cursor=cursor, limit=limit)
    return page([_plain(one) for one in found.items], found.next)


def _plain(one: OfferRow) -> dict[str, Any]:
    return {
        "code": one.code,
        "programme": one.programme,
        "kind": one.kind.value,
        "title": one.title,
        "way": one.way.code,
        "places": one.places,
        "left": one.left,
        "opens_at": one.opens_at,
        "closes_at": one.closes_at,
        "union_name": one.union_name,
    }
