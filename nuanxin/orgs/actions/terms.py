"""Terms of office: elections, late re-election, and the nightly look at what has expired."""

from datetime import date, datetime

from django.db import transaction

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.kernel.period import shift_months
from nuanxin.orgs import permissions, queries, rules
from nuanxin.orgs.actions import ground
from nuanxin.orgs.models import Union
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.states import UnionChangeKind, UnionState, check_move
from nuanxin.records.actions import NewEvent, append_events


@transaction.atomic
def record_election(
    *,
    union_id: int,
    elected_on: date,
    term_years: int,
    actor: Actor,
    now: datetime,
    document: str = "",
) -> date:
    """Enter an election: the term runs from that day; return its last day (E-1, E-2)."""
    union = queries.get_union(union_id)
    permissions.check_can_edit(actor, path=union.path)
    ground.insist_on_life(union)
    ground.insist_on_effect(elected_on, now)
    key = "term_years_federation" if union.kind.is_federation else "term_years_grassroots"
    allowed = ground.in_force(key, adcode=union.adcode, on=elected_on)
    rules.may_choose_term(term_years, allowed_years=allowed).insist()
    ends_on = rules.term_end(elected_on, term_years)
    changed: dict[str, object] = {"term_ends_on": ends_on}
    if union.state is UnionState.TERM_EXPIRED and ends_on >= clock.business_day(now):
        check_move(union.state, UnionState.ACTIVE)
        changed["state"] = UnionState.ACTIVE.value
    Union.objects.filter(id=union_id).update(**changed)
    ground.record_change(
        UnionChangeKind.ELECTED,
        union=union,
        effective_on=elected_on,
        at=now,
        actor=actor,
        document=document,
        data={"term_years": term_years, "term_ends_on": ends_on.isoformat()},
    )
    return ends_on


@transaction.atomic
def extend_term(*, union_id: int, months: int, document: str, actor: Actor, now: datetime) -> date:
    """Put off a re-election with the upper union's approval; return the new last day (E-3, A23)."""
    union = ground.shapable(actor, union_id)
    ground.insist_on_life(union)
    if union.term_ends_on is None:
        raise Conflict("orgs.no_term", "这个工会还没有登记任期。请先登记换届选举的日期。")
    today = clock.business_day(now)
    longest = ground.in_force("term_extension_months", adcode=union.adcode, on=today)
    rules.may_extend_term(months, longest_months=longest, document=document).insist()
    if (
        Union.objects.get(id=union_id)
        .changes.filter(
            kind=UnionChangeKind.EXTENDED.value, data__term_ends_on=union.term_ends_on.isoformat()
        )
        .exists()
    ):
        raise Conflict("orgs.extended_already", "这一届已经延期过一次。请尽快换届。")
    ends_on = shift_months(union.term_ends_on, months)
    changed: dict[str, object] = {"term_ends_on": ends_on}
    if union.state is UnionState.TERM_EXPIRED and ends_on >= today:
        changed["state"] = UnionState.ACTIVE.value
    Union.objects.filter(id=union_id).update(**changed)
    ground.record_change(
        UnionChangeKind.EXTENDED,
        union=union,
        effective_on=union.term_ends_on,
        at=now,
        actor=actor,
        document=document,
        data={"months": months, "term_ends_on": ends_on.isoformat()},
    )
    return ends_on


@transaction.atomic
def expire_terms(*, actor: Actor, now: datetime) -> int:
    """Mark every union whose term ended before today; return how many (A23). Run every night."""
    rows = fetch_all(
        "UPDATE orgs_union SET state = 'term_expired'"
        " WHERE state = 'active' AND term_ends_on < %(today)s RETURNING id, term_ends_on",
        {"today": clock.business_day(now)},
    )
    events = [
        NewEvent("orgs.union_term_expired", "union", union_id, union_id, {"ended": str(ended)})
        for union_id, ended in rows
    ]
    append_events(events, actor=actor, at=now)
    return len(rows)
