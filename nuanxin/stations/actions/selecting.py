"""最美驿站: opened, nominated for, ranked from facts, shown with objections, decided by another."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.kernel.workdays import add_workdays
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event, logged_name
from nuanxin.stations import permissions
from nuanxin.stations.models import Nomination, Selection, SelectionObjection, Station
from nuanxin.stations.queries.selection import candidates_of
from nuanxin.stations.rules.selection import chosen, may_be_ranked, place
from nuanxin.stations.states.inspections import (
    SELECTION_MOVES,
    ObjectionOutcome,
    SelectionState,
)

MOST_NOMINATED = 2_000
MOST_OPEN = 200
"""Objections against one list that may wait for an answer."""
SEALED = "selection_objection"
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@transaction.atomic
def open_selection(
    *, union_id: int, title: str, year: int, places: int, nominate_until: date, actor: Actor,
    now: datetime,
) -> Selection:  # fmt: skip
    """Begin a year's selection. Raises ``NotFound``, ``Forbidden``, ``Malformed``."""
    permissions.check_can_select(actor, path=get_union(union_id).path)
    today, title = business_day(now), as_written(title)[:60]
    if not title or not 1 <= places <= 500:
        raise Malformed("stations.selection_terms", "写上名称；评几家要在 1 到 500 之间。")
    if abs(year - today.year) > 1 or not today <= nominate_until <= today + timedelta(days=366):
        raise Malformed("stations.selection_days", "年度写今年前后；推荐的最后一天要在今后一年里。")
    made = Selection.objects.create(
        union_id=union_id,
        code=f"{year}-{_letters(6).lower()}",
        title=title,
        year=year,
        places=places,
        nominate_until=nominate_until,
        weights={},
        created_at=now,
        created_by_name=logged_name(actor)[:60],
    )
    _log("stations.selection_opened", made, actor, now)
    return made


@transaction.atomic
def nominate(
    *, selection_id: int, station_code: str, reason: str, actor: Actor, now: datetime
) -> Nomination:
    """Propose a station that the actor manages, below the selection's union.

    Raises ``NotFound``, ``Forbidden``, ``Malformed``, ``Conflict`` stations.nominated and
    stations.nominating_over.
    """
    selection = _lock(selection_id)
    station = Station.objects.filter(code=station_code.strip()).first()
    if station is None:
        raise NotFound()
    path = get_union(station.union_id).path
    if not path.startswith(get_union(selection.union_id).path):
        raise NotFound()
    permissions.check_can_nominate(actor, path=path)
    _insist_nominating(selection, now)
    reason = as_written(reason)[:300]
    if len(reason) < 10:
        raise Malformed("stations.nomination_reason", "写 10 个字以上：这个站好在哪里。")
    if Nomination.objects.filter(selection=selection, withdrawn_at=None).count() >= MOST_NOMINATED:
        raise TooMany("stations.nominations_full", f"一次最多推荐 {MOST_NOMINATED:,} 家。")
    words = {
        "reason": reason,
        "nominated_at": now,
        "nominated_key": actor.person_key,
        "nominated_name": logged_name(actor)[:60],
    }
    known = Nomination.objects.filter(selection=selection, station=station).first()
    if known is not None and known.withdrawn_at is None:
        raise Conflict("stations.nominated", "这个站已经有人推荐了。")
    if known is not None:  # taken back, and proposed again
        Nomination.objects.filter(id=known.id).update(withdrawn_at=None, **words)
        known.refresh_from_db()
        made = known
    else:
        made = Nomination.objects.create(selection=selection, station=station, **words)
    _log("stations.nominated", selection, actor, now, station=station.code)
    return made


@transaction.atomic
def withdraw_nomination(*, nomination_id: int, actor: Actor, now: datetime) -> None:
    """Take a nomination back while nominations run. Raises ``NotFound``, ``Forbidden``, ``Conflict``."""
    found = Nomination.objects.select_related("station").filter(id=nomination_id).first()
    if found is None:
        raise NotFound()
    selection = _lock(found.selection_id)
    permissions.check_can_nominate(actor, path=get_union(found.station.union_id).path)
    _insist_nominating(selection, now)
    Nomination.objects.filter(id=found.id, withdrawn_at=None).update(withdrawn_at=now)
    _log("stations.nomination_withdrawn", selection, actor, now, station=found.station.code)


def _insist_nominating(selection: Selection, now: datetime) -> None:
    is_over = business_day(now) > selection.nominate_until
    if selection.state != SelectionState.NOMINATING or is_over:
        raise Conflict("stations.nominating_over", "推荐已经结束，名单不再变。")


@transaction.atomic
def rank_nominations(*, selection_id: int, actor: Actor, now: datetime) -> int:
    """Rank who was nominated from what is known today; return how many take part.

    The first time nominations end. May be done again until the list is shown. Raises ``NotFound``,
    ``Forbidden``, ``Conflict``.
    """
    selection = _lock(selection_id)
    union = get_union(selection.union_id)
    permissions.check_can_select(actor, path=union.path)
    if selection.state == SelectionState.NOMINATING:
        _move(selection, SelectionState.CHECKING)
    elif selection.state != SelectionState.CHECKING:
        raise Conflict("stations.selection_shown", "名单已经公示，不能再排。")
    weights = parameter(
        "stations.selection_weights", adcode=f"{union.adcode:06d}", on=business_day(now)
    ).value
    rows = candidates_of(selection.id, adcode=f"{union.adcode:06d}", now=now)
    placed = {one.code: one for one in place(rows, weights)}
    refused = {one.code: may_be_ranked(one).message for one in rows}
    listed = list(
        Nomination.objects.select_related("station").filter(selection=selection, withdrawn_at=None)[
            :MOST_NOMINATED
        ]
    )
    for one in listed:
        told = placed.get(one.station.code)
        one.total, one.rank = (told.total, told.rank) if told else (None, None)
        one.proof = told.proof[:300] if told else ""
        one.left_out = "" if told else refused.get(one.station.code, "")[:120]
    Nomination.objects.bulk_update(listed, ["total", "rank", "proof", "left_out"], batch_size=500)
    selection.weights = weights
    selection.save(update_fields=["state", "weights"])
    _log("stations.selection_ranked", selection, actor, now, ranked=len(placed))
    return len(placed)


@transaction.atomic
def post_selection(
    *, selection_id: int, at_edge: Sequence[str], actor: Actor, now: datetime
) -> datetime:
    """Show the list to everybody; return until when.

    ``at_edge`` are the codes the committee takes among equals that do not all fit. Raises
    ``NotFound``, ``Forbidden``, ``Conflict``, ``Malformed`` stations.selection_edge.
    """
    selection = _lock(selection_id)
    union = get_union(selection.union_id)
    permissions.check_can_select(actor, path=union.path)
    _move(selection, SelectionState.PUBLICITY)
    rows = candidates_of(selection.id, adcode=f"{union.adcode:06d}", now=now)
    taken, edge = chosen(place(rows, selection.weights), selection.places)
    room, picked = selection.places - len(taken), {code.strip() for code in at_edge if code.strip()}
    if not taken and not edge:
        raise Conflict("stations.selection_nobody", "没有一家能排名，没有名单可以公示。")
    if edge and (len(picked) != room or not picked <= {one.code for one in edge}):
        raise Malformed(
            "stations.selection_edge",
            f"{len(edge)} 家同分，还剩 {room} 个名额。从同分的里面选 {room} 家。",
        )
    codes = {one.code for one in taken} | (picked if edge else set())
    Nomination.objects.filter(
        selection=selection, withdrawn_at=None, station__code__in=codes
    ).update(is_proposed=True)
    days = parameter(
        "stations.selection_publicity_days", adcode=f"{union.adcode:06d}", on=business_day(now)
    ).value
    selection.posted_at, selection.posted_key = now, actor.person_key
    selection.publicity_until = add_workdays(business_day(now), days).ends_at
    selection.save(update_fields=["state", "posted_at", "posted_key", "publicity_until"])
    _log("stations.selection_posted", selection, actor, now, stations=len(codes))
    return selection.publicity_until


@transaction.atomic
def object_to_nomination(*, nomination_id: int, text: str, now: datetime) -> str:
    """File what somebody holds against a station on a shown list; return the receipt number.

    No name is asked. Raises ``NotFound``, ``Malformed``, ``Conflict`` stations.publicity_over,
    ``TooMany``.
    """
    found = (
        Nomination.objects.select_related("selection")
        .filter(id=nomination_id, is_proposed=True, struck_at=None)
        .first()
    )
    if found is None:
        raise NotFound()
    text, selection = text.strip(), found.selection
    if not 10 <= len(text) <= 1000:
        raise Malformed("stations.objection_text", "写 10 到 1000 个字：哪里不对，怎么知道的。")
    if selection.state != SelectionState.PUBLICITY or not _is_shown(selection, now):
        raise Conflict("stations.publicity_over", "公示期过了，这里不再收异议。可以打 12351 反映。")
    waiting = SelectionObjection.objects.filter(
        nomination__selection=selection, outcome=int(ObjectionOutcome.OPEN)
    ).count()
    if waiting >= MOST_OPEN:
        raise TooMany(
            "stations.objections_full", "收到的异议太多，一时看不完。明天再来，或打 12351。"
        )
    bound = uuid7()
    made = SelectionObjection.objects.create(
        nomination=found,
        receipt=_letters(12),
        filed_at=now,
        bound_to=bound,
        text_sealed=sealing.seal(SEALED, text, bound),
        posted_key=selection.posted_key,
    )
    return made.receipt


@transaction.atomic
def answer_objection(
    *, objection_id: int, upheld: bool, answer: str, actor: Actor, now: datetime
) -> None:
    """Answer an objection; upheld, the station is struck off the list.

    Raises ``NotFound``, ``Forbidden``, ``Malformed``, ``Conflict`` stations.answered and
    stations.answered_by_another.
    """
    found = (
        SelectionObjection.objects.select_for_update(of=("self",))
        .select_related("nomination")
        .filter(id=objection_id)
        .first()
    )
    if found is None:
        raise NotFound()
    selection = _lock(found.nomination.selection_id)
    permissions.check_can_select(actor, path=get_union(selection.union_id).path)
    answer = as_written(answer)[:400]
    if len(answer) < 10:
        raise Malformed("stations.objection_answer", "写 10 个字以上：查了什么，结果怎样。")
    if found.outcome != ObjectionOutcome.OPEN:
        raise Conflict("stations.answered", "这条异议已经答复过了。")
    if found.posted_key == actor.person_key:
        raise Conflict("stations.answered_by_another", "名单是您公示的，请另一位来答复。")
    found.outcome = int(ObjectionOutcome.UPHELD if upheld else ObjectionOutcome.NOT_UPHELD)
    found.answer, found.answered_at, found.answered_key = answer, now, actor.person_key
    found.save(update_fields=["outcome", "answer", "answered_at", "answered_key"])
    if upheld:
        Nomination.objects.filter(id=found.nomination_id, struck_at=None).update(
            struck_at=now, struck_reason="有异议，查了属实"
        )
    _log("stations.objection_answered", selection, actor, now, upheld=upheld)


@transaction.atomic
def decide_selection(*, selection_id: int, actor: Actor, now: datetime) -> None:
    """Make the shown list final: after the publicity, nothing unanswered, by another than who posted it.

    Raises ``NotFound``, ``Forbidden``, ``Conflict``.
    """
    selection = _lock(selection_id)
    permissions.check_can_select(actor, path=get_union(selection.union_id).path)
    _move(selection, SelectionState.DECIDED)
    if _is_shown(selection, now):
        raise Conflict("stations.publicity_runs", "公示还没到期，到期以后再定。")
    if SelectionObjection.objects.filter(
        nomination__selection=selection, outcome=int(ObjectionOutcome.OPEN)
    ).exists():
        raise Conflict("stations.objections_open", "还有异议没有答复。都答复了再定。")
    if selection.posted_key == actor.person_key:
        raise Conflict("stations.decided_by_another", "名单是您公示的，请另一位来定。")
    selection.decided_at, selection.decided_key = now, actor.person_key
    selection.save(update_fields=["state", "decided_at", "decided_key"])
    _log("stations.selection_decided", selection, actor, now)


def _is_shown(selection: Selection, now: datetime) -> bool:
    return selection.publicity_until is None or now < selection.publicity_until


def _move(selection: Selection, target: SelectionState) -> None:
    current = SelectionState(selection.state)
    if target not in SELECTION_MOVES[current]:
        raise Conflict("stations.selection_state", f"评选现在是“{current.label}”，不能这样做。")
    selection.state = int(target)


def _lock(selection_id: int) -> Selection:
    found = Selection.objects.select_for_update().filter(id=selection_id).first()
    if found is None:
        raise NotFound()
    return found


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def _log(kind: str, found: Selection, actor: Actor, now: datetime, **data: int | str) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="station_selection",
        subject_id=found.id,
        union_id=found.union_id,
        data=data or None,
    )
