"""Asking for a place, giving it back, passing it on. One person has one place of an offer, once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.programmes.actions.claim_statement import (
    CLAIM,
    CLAIM_PATIENTLY,
    LOCK,
    RELEASE,
    TAKE,
)
from nuanxin.programmes.actions.freezing import NOTHING, basis_of, keeping_basis
from nuanxin.programmes.actions.party_statement import CONFIRM_TOGETHER
from nuanxin.programmes.actions.passing_on import LARGEST_PASS, expire_together, pass_on_places
from nuanxin.programmes.actions.posting import fill_list
from nuanxin.programmes.queries.asking import Asking, get_asking
from nuanxin.programmes.queries.no_shows import decide_no_shows
from nuanxin.programmes.queries.qualifying import explain_person
from nuanxin.programmes.queries.reviews import has_exception
from nuanxin.programmes.queries.rule_versions import text_of
from nuanxin.programmes.queries.sessions import find_change_until
from nuanxin.programmes.rules.asking import may_apply
from nuanxin.programmes.rules.fulfilment import may_change
from nuanxin.programmes.states import ClaimState, OfferState, Way
from nuanxin.records.actions import append_event, logged_name


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of asking: the application, where it stands, and whether it is a repeat."""

    id: int
    state: ClaimState
    is_repeat: bool


def apply_for_place(
    *, code: str, actor: Actor, now: datetime, slot_at: datetime | None = None
) -> Claimed:
    """Ask for a place of the offer, for oneself; asking again changes nothing and tells the same.

    At once where places are given at once, else on the list of applicants. Each statement commits
    by itself: call it outside a transaction. Raises ``NotFound`` and the ``Conflict`` that
    ``may_apply`` names; programmes.not_eligible with the reason of the rule; programmes.slot_full
    when the slot has no place left.
    """
    if actor.worker_id is None:
        raise NotFound()
    today = business_day(now)
    asked = get_asking(code, worker_id=actor.worker_id, on=today)
    if asked.claim_id is not None and asked.claim_state is not None:
        return Claimed(asked.claim_id, asked.claim_state, is_repeat=True)
    insist_on_open(asked, today, now)
    try:
        basis = insist_on_rule(asked, actor.worker_id, today)
    except Conflict:
        # A tap before this one may have been granted meanwhile: then the rule says that he has had it.
        again = get_asking(code, worker_id=actor.worker_id, on=today)
        if again.claim_id is None or again.claim_state is None:
            raise
        return Claimed(again.claim_id, again.claim_state, is_repeat=True)
    if asked.way is Way.BY_CLASS:
        raise Conflict("programmes.by_class", "托管班按孩子报。打开“给孩子报名”，选孩子和班。")
    if asked.way.is_at_once:
        return _take(asked, actor, now, slot_at, basis)
    return _enter(asked, actor, now, basis)


def insist_on_open(asked: Asking, today: date, now: datetime) -> None:
    """Refuse who may not ask for a place of this offer now, whatever its rule says."""
    may_apply(
        state=asked.state,
        opens_at=asked.opens_at,
        closes_at=asked.closes_at,
        now=now,
        is_member=asked.is_member,
        has_pool=asked.pool_id is not None,
    ).insist()
    decide_no_shows(
        asked.no_shows, adcode=asked.adcode, on=today, rush_from=asked.rush_from, now=now
    ).insist()


def insist_on_rule(asked: Asking, worker_id: int, today: date) -> dict[str, Any]:
    """Refuse whom the rule says no to, with what would change it; return what it said, to be kept.

    Unknown is no refusal: what the register does not know is seen from the papers. Nor is a no after
    an officer who looked at it made an exception.
    """
    try:
        text = text_of(asked.rule_code, asked.rule_version, asked.rule_digest)
    except NotFound:
        return NOTHING
    found = explain_person(asked.rule_code, worker_id=worker_id, on=today, text=text)
    if found is None:
        return NOTHING
    if found.answer is Answer.NO and not has_exception(worker_id, asked.offer_id):
        raise Conflict("programmes.not_eligible", found.sentence)
    return basis_of(found, text, on=today)


def _take(
    asked: Asking, actor: Actor, now: datetime, slot_at: datetime | None, basis: dict[str, Any]
) -> Claimed:
    if asked.way is Way.SLOT and slot_at is None:
        raise Malformed("programmes.no_slot", "先选一个时段，再点预约。")
    if slot_at is None and not asked.is_directed:
        # Most of a rush ends here: one short statement.
        (taken,) = _run(TAKE, asked, actor, now, None, basis)
        if taken is not None:
            return Claimed(int(taken), ClaimState.CONFIRMED, is_repeat=False)
    is_open, claim_id, state, known_id = _claim(CLAIM, asked, actor, now, slot_at, basis)
    if slot_at is not None and is_open and claim_id is None and known_id is None:
        is_open, claim_id, state, known_id = _claim(
            CLAIM_PATIENTLY, asked, actor, now, slot_at, basis
        )
    if claim_id is not None and state == ClaimState.CONFIRMED:
        return Claimed(claim_id, ClaimState.CONFIRMED, is_repeat=False)
    if slot_at is None and asked.pool_id is not None:
        # Who waits looks once more, and so does who let a locked seat go: see CLAIM and TAKE.
        pass_on_places(pool_id=asked.pool_id, hours=asked.confirm_hours, now=now)
    again = get_asking(asked.code, worker_id=actor.worker_id or 0, on=business_day(now))
    if again.claim_id is None or again.claim_state is None:
        if is_open and slot_at is not None:
            raise Conflict("programmes.slot_full", "这个时段约满了。换一个时段。")
        raise Conflict("programmes.closed", "报名结束了。下一期开了，这里会写出来。")
    if claim_id == again.claim_id and again.claim_state is ClaimState.GRANTED:
        confirm_place(code=asked.code, actor=actor, now=now)  # he stands here and has asked for it
        return Claimed(again.claim_id, ClaimState.CONFIRMED, is_repeat=False)
    return Claimed(again.claim_id, again.claim_state, is_repeat=claim_id is None)


def _claim(
    statement: str,
    asked: Asking,
    actor: Actor,
    now: datetime,
    slot_at: datetime | None,
    basis: dict[str, Any],
) -> tuple[bool, int | None, int | None, int | None]:
    """Return whether the offer is open, the new application and its state, the one there was."""
    row: tuple[bool, int | None, int | None, int | None] = _run(
        statement, asked, actor, now, slot_at, basis
    )
    return row


def _run(
    statement: str,
    asked: Asking,
    actor: Actor,
    now: datetime,
    slot_at: datetime | None,
    basis: dict[str, Any],
) -> Any:
    values: dict[str, Any] = {
        "offer": asked.offer_id,
        "worker": actor.worker_id,
        "pool": asked.pool_id,
        "directed": asked.is_directed,
        "start": asked.start,
        "slot": slot_at,
        "now": now,
        "account": actor.account_id,
        "actor_name": logged_name(actor),
        "union": asked.union_id,
        **basis,
    }
    kept = keeping_basis(statement) if basis["basis_digest"] is not None else statement
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(kept, values)
        return cursor.fetchone()


_ENTER = keeping_basis("""
WITH mine AS (
    INSERT INTO programmes_application
        (offer_id, pool_id, worker_id, is_directed, state, rank, applied_at)
    SELECT o.id, %(pool)s, %(worker)s, %(directed)s, 1, 0, %(now)s FROM programmes_offer o
    WHERE o.id = %(offer)s AND o.state = 2 AND o.closes_at > %(now)s
    ON CONFLICT (offer_id, worker_id) WHERE state IN (1, 2, 3, 4, 7) DO NOTHING
    RETURNING id
)
SELECT id FROM mine
""")


@transaction.atomic
def _enter(asked: Asking, actor: Actor, now: datetime, basis: dict[str, Any]) -> Claimed:
    values = {
        "offer": asked.offer_id,
        "pool": asked.pool_id,
        "worker": actor.worker_id,
        "directed": asked.is_directed,
        "now": now,
        **basis,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, values)
        row = cursor.fetchone()
    if row is None:
        again = get_asking(asked.code, worker_id=actor.worker_id or 0, on=business_day(now))
        if again.claim_id is None or again.claim_state is None:
            raise Conflict("programmes.closed", "报名结束了。下一期开了，这里会写出来。")
        return Claimed(again.claim_id, again.claim_state, is_repeat=True)
    _record("programmes.applied", row[0], actor, now)
    return Claimed(row[0], ClaimState.APPLIED, is_repeat=False)


_CONFIRM = """
UPDATE programmes_application a SET state = 4, keep_until = NULL FROM programmes_offer o
WHERE o.id = a.offer_id AND o.code = %(code)s AND a.worker_id = %(worker)s AND a.state = 3
  AND a.keep_until > %(now)s
RETURNING a.id, a.party_id
"""


@transaction.atomic
def confirm_place(*, code: str, actor: Actor, now: datetime) -> int:
    """Take the place that is kept for oneself, and for one's family where they asked together.

    Raises ``Conflict`` programmes.not_kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONFIRM, {"code": code, "worker": actor.worker_id or 0, "now": now})
        row = cursor.fetchone()
    if row is None:
        raise Conflict(
            "programmes.not_kept", "现在没有给你留着的名额。留的时间过了，就给了下一位。"
        )
    _record("programmes.place_confirmed", row[0], actor, now)
    if row[1] is not None:
        with connection.cursor() as cursor:
            cursor.execute(CONFIRM_TOGETHER, {"party": row[1]})
            others = cursor.fetchall()
        for (other,) in others:
            _record("programmes.place_confirmed", other, actor, now)
    return int(row[0])


def withdraw_from_offer(*, code: str, actor: Actor, now: datetime) -> bool:
    """Take one's application back, with the place; it goes to the next at once. False: had none.

    Each statement commits by itself, so that the next sees the free seat. Raises ``Conflict``
    programmes.too_late_to_change once the hour of his session has passed.
    """
    if actor.worker_id is None:
        raise NotFound()
    asked = get_asking(code, worker_id=actor.worker_id, on=business_day(now))
    if asked.claim_id is None:
        return False
    change_until = find_change_until(asked.claim_id)
    if change_until is not None:
        may_change(change_until=change_until, now=now).insist()
    done = _release(asked.claim_id, ClaimState.WITHDRAWN, actor, now)
    if done and asked.state is OfferState.PUBLICITY:
        fill_list(offer_id=asked.offer_id, now=now)
    elif done and asked.pool_id is not None:
        pass_on_places(pool_id=done, hours=asked.confirm_hours, now=now)
    return bool(done)


@transaction.atomic
def _release(claim_id: int, to: ClaimState, actor: Actor, now: datetime) -> int:
    """End an application and free its seat; return its pool, 0 when it had ended."""
    with connection.cursor() as cursor:
        # First the lock, then a statement of its own: one that had to wait for the lock would look
        # for the seat as it was before it waited, and miss one that was given meanwhile.
        cursor.execute(LOCK, {"application": claim_id})
        cursor.execute(RELEASE, {"application": claim_id, "to": int(to), "now": now})
        row = cursor.fetchone()
    if row is None:
        return 0
    _record(f"programmes.application_{to.name.lower()}", claim_id, actor, now)
    return int(row[0])


_EXPIRED = """
SELECT a.id, o.confirm_hours, coalesce(a.party_id, 0) FROM programmes_application a
JOIN programmes_offer o ON o.id = a.offer_id
WHERE a.state = 3 AND a.keep_until <= %(now)s ORDER BY a.keep_until LIMIT %(limit)s
"""
# Pools with free seats and people waiting: none, unless a process died between two statements. What
# is before the public is filled by ``posting.fill_lists``.
_STRANDED = """
SELECT DISTINCT a.pool_id, o.confirm_hours, 0 FROM programmes_application a
JOIN programmes_offer o ON o.id = a.offer_id
WHERE a.state = 2 AND o.state <> 6 AND EXISTS (
    SELECT 1 FROM programmes_freeseat s WHERE s.pool_id = a.pool_id
      AND (NOT s.is_directed OR a.is_directed))
LIMIT %(limit)s
"""


def pass_on_what_expired(*, now: datetime) -> int:
    """End what nobody confirmed in time and give it on; see to seats that nobody gave on."""
    values = {"now": now, "limit": LARGEST_PASS}
    expired = _fetch(_EXPIRED, values)
    for party_id, hours in sorted({(party, hours) for _, hours, party in expired if party}):
        expire_together(party_id=party_id, hours=hours, now=now)
    for claim_id, hours, party in expired:
        if party:
            continue
        pool_id = _release(claim_id, ClaimState.EXPIRED, SYSTEM, now)
        if pool_id:
            pass_on_places(pool_id=pool_id, hours=hours, now=now)
    for pool_id, hours, _ in _fetch(_STRANDED, values):
        pass_on_places(pool_id=pool_id, hours=hours, now=now)
    return len(expired)


_RELEASE_DIRECTED = """
WITH due AS MATERIALIZED (
    SELECT f.id, o.confirm_hours FROM programmes_freeseat f JOIN programmes_offer o ON o.id = f.offer_id
    WHERE f.is_directed AND o.state = 2 AND o.released_at <= %(now)s
    ORDER BY f.id FOR UPDATE OF f
)
UPDATE programmes_seat s SET is_directed = false FROM due d WHERE s.id = d.id
RETURNING s.pool_id, d.confirm_hours, 0
"""


def release_directed_places(*, now: datetime) -> int:
    """Open the directed places that nobody took, of offers whose day of release has come."""
    with transaction.atomic():
        freed = _fetch(_RELEASE_DIRECTED, {"now": now})
    for pool_id, hours, _ in sorted(set(freed)):
        pass_on_places(pool_id=pool_id, hours=hours, now=now)
    return len(freed)


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(int(row[0]), int(row[1]), int(row[2])) for row in cursor.fetchall()]


def _record(kind: str, claim_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="programme_application", subject_id=claim_id
    )
