"""一家一起报: a household asks for places as one, and gets all of them or waits for all of them.

Granted = min(places, claimants) holds for families as far as they fit: at rest no family and nobody
alone waits beside free seats that would do, unless seats gather for a family that others have gone
past as often as programmes.party_skips allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.notices.actions import notify
from nuanxin.people.queries import list_household
from nuanxin.programmes.actions import claims
from nuanxin.programmes.actions import party_statement as statements
from nuanxin.programmes.actions.claims import Claimed, insist_on_open, insist_on_rule
from nuanxin.programmes.actions.freezing import keeping_basis
from nuanxin.programmes.actions.passing_on import (
    end_together,
    grant,
    lock_seats,
    pass_on_places,
)
from nuanxin.programmes.actions.posting import fill_list
from nuanxin.programmes.models import Application, Party
from nuanxin.programmes.queries.asking import Asking, get_asking
from nuanxin.programmes.queries.sessions import find_change_until
from nuanxin.programmes.rules.fulfilment import may_change
from nuanxin.programmes.rules.parties import may_apply_together
from nuanxin.programmes.states import LIVE, ClaimState, OfferState, Way
from nuanxin.records.actions import append_event


@dataclass(frozen=True, slots=True)
class _One:
    """One of a family before an offer: who, as he is called to the others, and what the rule said."""

    worker_id: int
    called: str
    asked: Asking
    basis: dict[str, Any]


def apply_together(
    *, code: str, with_workers: Sequence[int], actor: Actor, now: datetime,
    slot_at: datetime | None = None,
) -> Claimed:  # fmt: skip
    """Ask for places for oneself and others of one's household: all are given, or all wait.

    Each of them fulfils the conditions himself. Asked again, nothing changes. Returns what became of
    one's own application. Each statement commits by itself: call it outside a transaction. Raises as
    ``apply_for_place`` does, with who it is, and the ``Conflict`` that ``may_apply_together`` names.
    """
    if actor.worker_id is None:
        raise NotFound()
    today = business_day(now)
    mine = get_asking(code, worker_id=actor.worker_id, on=today)
    if (known := _asked_before(mine)) is not None:
        return known
    try:
        family = _family(mine, with_workers, actor.worker_id, today, now)
        if mine.way is Way.SLOT and slot_at is None:
            raise Malformed("programmes.no_slot", "先选一个时段，再点预约。")
        claim_id, is_given = _enter(family, mine, slot_at, actor, now)
    except Conflict:
        # A tap before this one may have been answered meanwhile: then they have applied.
        again = get_asking(code, worker_id=actor.worker_id, on=today)
        if (known := _asked_before(again)) is None:
            raise
        return known
    pool_id = mine.pool_id or 0
    if not is_given:
        # Who waits looks once more after his own commit, as somebody alone does.
        pass_on_places(pool_id=pool_id, hours=mine.confirm_hours, now=now)
    state = ClaimState(Application.objects.values_list("state", flat=True).get(id=claim_id))
    if state is ClaimState.GRANTED:
        claims.confirm_place(code=code, actor=actor, now=now)  # he stands here and has asked for it
        state = ClaimState.CONFIRMED
    return Claimed(claim_id, state, is_repeat=False)


def _asked_before(mine: Asking) -> Claimed | None:
    """Return what became of asking together before; refuse who has asked for himself alone."""
    if mine.claim_id is None or mine.claim_state is None:
        return None
    if Application.objects.filter(id=mine.claim_id, party__isnull=False).exists():
        return Claimed(mine.claim_id, mine.claim_state, is_repeat=True)
    raise Conflict(
        "programmes.applied_alone", "你自己已经报了。先撤回，再一家一起报；撤回了名额会给下一位。"
    )


def _family(
    mine: Asking, with_workers: Sequence[int], worker_id: int, today: date, now: datetime
) -> list[_One]:
    """Return who asks, oneself first; refuse who does not belong to them or may not apply."""
    home = {one.worker_id: one.masked_name for one in list_household(worker_id)}
    chosen = sorted(set(with_workers))
    if any(other not in home for other in chosen):
        raise Conflict(
            "programmes.not_family",
            "只能和登记在一个家里的人一起报。刚搬出去的，请工会改一下家庭登记。",
        )
    place = f"{mine.adcode:06d}"
    most = int(parameter("programmes.party_persons_most", adcode=place, on=today).value)
    if len(chosen) >= most:
        chosen = chosen[:most]  # one too many is enough to refuse
    people = [(worker_id, "你", mine)]
    people += [(one, home[one], get_asking(mine.code, worker_id=one, on=today)) for one in chosen]
    found = [
        _One(who, called, asked, _allowed(asked, who, called, today, now))
        for who, called, asked in people
    ]
    may_apply_together(
        way=mine.way,
        persons=len(found),
        most=most,
        pools=[one.asked.pool_id for one in found],
        places=_places_of(mine.pool_id),
    ).insist()
    return found


def _allowed(
    asked: Asking, worker_id: int, called: str, today: date, now: datetime
) -> dict[str, Any]:
    """Return what the rule says of one of them; a refusal says of whom."""
    try:
        if asked.claim_id is not None:
            raise Conflict("programmes.member_applied", "已经报过这一期了。")
        insist_on_open(asked, today, now)
        return insist_on_rule(asked, worker_id, today)
    except Conflict as refused:
        if called == "你":
            raise
        raise Conflict(refused.code, f"{called}不能一起报：{refused.message}") from refused


def _places_of(pool_id: int | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT places FROM programmes_pool WHERE id = %s", [pool_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


@transaction.atomic
def _enter(
    family: Sequence[_One], mine: Asking, slot_at: datetime | None, actor: Actor, now: datetime
) -> tuple[int, bool]:
    """Write everybody's application, with seats when nobody waits and there are enough.

    Returns one's own, and whether the places are given.
    """
    pool_id = mine.pool_id or 0
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK_POOL, {"pool": pool_id})
        cursor.execute(statements.SOMEBODY_WAITS, {"pool": pool_id})
        waits = bool(cursor.fetchone()[0]) and slot_at is None
        # Seats before applications: a claim that waits for one of these people's rows holds no seat
        # that is waited for here.
        seats = (
            []
            if waits
            else lock_seats(cursor, pool_id, [o.asked.is_directed for o in family], slot_at)
        )
        if slot_at is not None and len(seats) < len(family):
            raise Conflict(
                "programmes.slot_full",
                f"这个时段放不下你们 {len(family)} 个人。换一个时段，或者少勾几个。",
            )
        party = Party.objects.create(
            offer_id=mine.offer_id, pool_id=pool_id, persons=len(family), created_at=now
        )
        written = [(_write(cursor, one, party.id, now), one) for one in family]
        is_given = len(seats) == len(family)
        if is_given:
            ordered = sorted(written, key=lambda pair: not pair[1].asked.is_directed)
            grant(cursor, [claim_id for claim_id, _ in ordered], seats,
                  to=ClaimState.CONFIRMED, until=None, now=now)  # fmt: skip
    for claim_id, one in written:
        kind = "programmes.place_taken" if is_given else "programmes.waiting"
        append_event(kind, actor=actor, at=now, subject_type="programme_application",
                     subject_id=claim_id, union_id=mine.union_id, data={"party": party.id})  # fmt: skip
        if one is not family[0]:
            _tell_applied(one, mine, len(family), now)
    return written[0][0], is_given


def _write(cursor: Any, one: _One, party_id: int, now: datetime) -> int:
    values = {
        "offer": one.asked.offer_id,
        "pool": one.asked.pool_id,
        "worker": one.worker_id,
        "directed": one.asked.is_directed,
        "party": party_id,
        "now": now,
        **one.basis,
    }
    has_basis = one.basis["basis_digest"] is not None
    cursor.execute(keeping_basis(statements.ENTER) if has_basis else statements.ENTER, values)
    row = cursor.fetchone()
    if row is None:
        raise Conflict(
            "programmes.member_applied",
            f"{one.called}刚刚自己报了，或者报名正好结束。回到这一页看看现在怎么样。",
        )
    return int(row[0])


def _tell_applied(one: _One, mine: Asking, persons: int, now: datetime) -> None:
    notify(
        kind="programmes.family_applied",
        title="家里人给你一起报了名",
        body=f"“{mine.title}”，你们一家 {persons} 个人一起报的。不想去，自己撤回就行，不影响别人。",
        url=f"/programmes/{mine.code}/",
        worker_id=one.worker_id,
        now=now,
    )


def withdraw_together(*, code: str, actor: Actor, now: datetime) -> int:
    """Take back what one's whole family asked for; the places go on at once. Returns how many.

    Raises ``NotFound`` for who is in no family here, ``Conflict`` programmes.too_late_to_change.
    """
    if actor.worker_id is None:
        raise NotFound()
    asked = get_asking(code, worker_id=actor.worker_id, on=business_day(now))
    found = Application.objects.filter(id=asked.claim_id or 0, party__isnull=False)
    party_id = found.values_list("party_id", flat=True).first()
    if party_id is None or asked.pool_id is None:
        raise NotFound()
    live = Application.objects.filter(party_id=party_id, state__in=LIVE)
    for claim_id in live.order_by("id").values_list("id", flat=True)[: statements.MEMBERS_LIMIT]:
        change_until = find_change_until(claim_id)
        if change_until is not None:
            may_change(change_until=change_until, now=now).insist()
    ended, pool_id = end_together(party_id, LIVE, ClaimState.WITHDRAWN, actor, now)
    if ended and asked.state is OfferState.PUBLICITY:
        fill_list(offer_id=asked.offer_id, now=now)
    elif ended:
        pass_on_places(pool_id=pool_id, hours=asked.confirm_hours, now=now)
    return ended
