"""What the search field of the bar finds: members and unions, each within the reader's scope."""

from dataclasses import dataclass

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.membership.queries.members import MemberFilter, MemberRow, list_members
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow

MEMBERS_SHOWN = 10
UNIONS_SHOWN = 20
SCOPES_SEARCHED = 5


@dataclass(frozen=True, slots=True)
class Found:
    """The first of each kind; ``has_more_members`` when the list of members goes on."""

    members: tuple[MemberRow, ...]
    has_more_members: bool
    unions: tuple[UnionRow, ...]


def search_desk(*, actor: Actor, text: str, with_people: bool) -> Found:
    """Return what ``text`` finds: of either kind only what the actor may list at all."""
    if not text:
        return Found((), False, ())
    unions: list[UnionRow] = []
    if paths := policy.scope_paths(actor, "org_unit.manage"):
        unions = orgs.search_unions(text, paths=paths, limit=UNIONS_SHOWN)
    members: list[MemberRow] = []
    has_more = False
    for path in policy.scope_paths(actor, "membership.list")[:SCOPES_SEARCHED] * with_people:
        page = list_members(
            actor=actor,
            union_id=int(path.rstrip("/").rsplit("/", 1)[-1]),
            only=MemberFilter(search=text),
            limit=MEMBERS_SHOWN,
        )
        members += page.items
        has_more = has_more or page.next is not None
    return Found(
        tuple(members[:MEMBERS_SHOWN]), has_more or len(members) > MEMBERS_SHOWN, tuple(unions)
    )
