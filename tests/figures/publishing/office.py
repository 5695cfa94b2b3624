"""People of three offices, and the ways of a publication through their hands."""

from datetime import date, timedelta
from uuid import UUID

from nuanxin.figures.actions import publishing
from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.models import Publication
from nuanxin.kernel.actor import Actor, Grant, Role
from tests.figures.conftest import NOW
from tests.figures.world import LAST, World

LIVE = "membership.live_members_persons"
NEW = "membership.new_members_persons"
NET = "membership.net_new_members_persons"
LEFT = "membership.left_members_persons"
CODES = ("orgs.unions", LIVE, NEW, NET, LEFT)
_ROLES = {
    "county": (Role.COUNTY_CADRE, "gongshu"),
    "neighbour": (Role.COUNTY_CADRE, "xihu"),
    "city": (Role.CITY_CADRE, "hangzhou"),
    "province": (Role.PROVINCE_CADRE, "province"),
    "auditor": (Role.AUDITOR, "province"),
}


def person(world: World, office: str, number: int = 1) -> Actor:
    """Return the ``number``-th person of an office; each is another human being."""
    role, union = _ROLES[office]
    top = world.unions[union]
    account = UUID(int=sum(map(ord, office)) * 100 + number)
    return Actor(
        account_id=account,
        name=f"{office}{number}",
        grants=(Grant(role, top.id, top.path),),
    )


def question(**given) -> publishing.Question:
    """Return what a draft asks for; the whole province down to its counties by default."""
    values = {
        "title": "2026 年 10 月会员情况",
        "choice": Choice(CODES, below=2, cuts=("channel",)),
        "as_of": LAST,
        "since": date(2026, 10, 1),
    }
    return publishing.Question(**values | given)


def drafted(world: World, union: str = "province", by: Actor | None = None, **given) -> Publication:
    """Return a draft of the province (or another union) by its first cadre."""
    return publishing.draft_publication(
        union_code=world.unions[union].code,
        question=question(**given),
        actor=by or person(world, "province"),
        now=NOW,
    )


def checked(world: World, draft: Publication) -> Publication:
    """Return it checked by its author."""
    author = person(world, "province")
    found = publishing.check_publication(publication_id=draft.id, actor=author, now=NOW)
    assert not [one.sentence for one in found if one.blocks]
    draft.refresh_from_db()
    return draft


def published(world: World, draft: Publication | None = None, *, later: int = 0) -> Publication:
    """Return it approved by a second and published by a third person."""
    draft = checked(world, draft or drafted(world))
    second, third = person(world, "province", 2), person(world, "province", 3)
    at = NOW + timedelta(minutes=5 + later)
    publishing.approve_publication(publication_id=draft.id, actor=second, now=at)
    return publishing.publish_publication(publication_id=draft.id, actor=third, now=at)


def explained(world: World, draft: Publication) -> Publication:
    """Return it with a reason at every line, for the days when much has changed."""
    notes = {line.position: "补录了历史名册" for line in draft.lines.all()}
    publishing.explain_changes(
        publication_id=draft.id, notes=notes, actor=person(world, "province"), now=NOW
    )
    return draft
