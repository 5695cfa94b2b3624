"""Members of the token's own subtree, masked."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.paging import LINE, Cursor, Limit, actor_of, page
from nuanxin.membership.queries.members import MemberRow, list_members
from nuanxin.orgs import queries as orgs

router = Router(tags=["members"])
RIGHT = "membership.api_view"


class Member(Schema):
    """One membership; number and phone are masked."""

    id: int
    name: str
    masked_identity: str
    masked_phone: str
    occupation: str
    union_name: str
    channel: str
    state: str
    started_on: date
    joined_on: date


class Members(Schema):
    """A page of members, the newest first."""

    items: list[Member]
    next: str | None


@router.get("", response=Members, summary="会员列表（号码打码）")
@requires(RIGHT)
def list_of_members(
    request: HttpRequest,
    union: Annotated[
        str | None, Query(max_length=40, pattern=LINE, description="工会编码，默认令牌的工会")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Return the members of a union in the token's scope and of all below it."""
    actor = actor_of(request)
    union_id = orgs.get_union_by_code(union).id if union else actor.grants[0].union_id
    assert union_id is not None
    found = list_members(actor=actor, union_id=union_id, cursor=cursor, limit=limit, right=RIGHT)
    return page([_plain(one) for one in found.items], found.next)


def _plain(one: MemberRow) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "masked_identity": one.masked_identity,
        "masked_phone": one.masked_phone,
        "occupation": one.occupation_label,
        "union_name": one.union_name,
        "channel": one.channel.code,
        "state": one.state.name.lower(),
        "started_on": one.started_on,
        "joined_on": one.joined_on,
    }
