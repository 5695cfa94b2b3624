"""取消资格: found at night, heard, decided by an officer; what is owed back is a ledger of its own.

The program proposes and never decides (PIPL a.24). Nobody who is not known to have broken a condition is
proposed: not known is not a breach.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, Sum

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.explaining import Explanation, explain
from nuanxin.eligibility.rules.statement import find_statement
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.kernel.workdays import add_workdays
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import Application, DebtEntry, Forfeit, Offer, Payment, PaymentFact
from nuanxin.programmes.queries.definitions import read_version
from nuanxin.programmes.queries.ruling import POPULATION, get_known
from nuanxin.programmes.rules.definitions import Definition, all_definitions
from nuanxin.programmes.rules.forfeits import (
    Follows,
    ForfeitRule,
    Share,
    claw_back,
    is_within,
    rule_text,
)
from nuanxin.programmes.states import (
    ClaimState,
    DebtKind,
    ForfeitState,
    OfferState,
    check_forfeit_move,
)
from nuanxin.records.actions import append_event

SEALED = "forfeit_hearing"
MOST_OFFERS = 1_000
MOST_FOUND = 1_000
SHORTEST_TEXT, LONGEST_TEXT, LONGEST_REASON = 10, 1_000, 400
MINE = "/forfeits/mine/"

_HOLDERS = f"""{POPULATION} AND w.id IN (
    SELECT a.worker_id FROM programmes_application a WHERE a.offer_id = %(offer)s AND a.state = 4
      AND NOT EXISTS (SELECT 1 FROM programmes_forfeit f
                      WHERE f.application_id = a.id AND f.rule_code = %(rule)s))"""


def propose_forfeits(*, now: datetime) -> int:
    """Look through everybody who has a final place of a programme with conditions to keep it.

    Return how many were proposed to officers; each reason once an award.
    """
    made = 0
    for offer in _offers():
        version = offer.definition
        defined = read_version(
            offer.programme.code, offer.definition_id, version.digest if version else ""
        )
        if defined is not None and defined.forfeit:
            made += _propose_in(offer, defined, now)
    return made


def _offers() -> list[Offer]:
    """Return the awarded offers that one could lose a place of: of files that say so, and of the desk's."""
    shipped = [one.code for one in all_definitions() if one.forfeit]
    of_files = Q(definition__isnull=True, programme__code__in=shipped)
    rows = Offer.objects.filter(of_files | Q(definition__isnull=False), state=OfferState.AWARDED)
    return list(
        rows.select_related("union", "programme", "definition").order_by("-id")[:MOST_OFFERS]
    )


def _propose_in(offer: Offer, defined: Definition, now: datetime) -> int:
    if offer.awarded_at is None:
        return 0
    today, awarded_on = business_day(now), business_day(offer.awarded_at)
    made = 0
    for rule in defined.forfeit:
        if not is_within(rule, awarded_on=awarded_on, on=today):
            continue
        kept = _bound(rule.kept_while, rule, offer, defined, today)
        done = _bound(rule.until, rule, offer, defined, today) if rule.until else None
        for worker_id in _broken(kept, offer, rule):
            seen = _seen(kept, worker_id, today)
            is_done = done is not None and _seen(done, worker_id, today).answer is Answer.YES
            if seen.answer is Answer.NO and not is_done:
                made += _propose(offer, rule, worker_id, seen, awarded_on, today, now)
    return made


def _bound(
    clauses: Any, rule: ForfeitRule, offer: Offer, defined: Definition, today: date
) -> BoundRule:
    adcode = get_union(offer.union_id).adcode
    text = rule_text(clauses, rule, adcode=adcode, checked_on=defined.checked_on)
    return read_checked(text, CATALOGUE, on=today)


def _broken(bound: BoundRule, offer: Offer, rule: ForfeitRule) -> Iterator[int]:
    """Yield who is known not to fulfil the conditions: one statement over the holders of places."""
    statement = find_statement([bound], CATALOGUE, population=_HOLDERS)
    sql = f"SELECT id FROM ({statement.sql}) s WHERE failing_0 <> 0 ORDER BY id LIMIT %(most)s"
    more = {"offer": offer.id, "rule": rule.code, "most": MOST_FOUND}
    with connection.cursor() as cursor:
        cursor.execute(sql, statement.parameters | more)
        yield from (int(row[0]) for row in cursor.fetchall())


def _seen(bound: BoundRule, worker_id: int, today: date) -> Explanation:
    facts = [regions.fact for regions in bound.facts]
    known, consents = get_known(worker_id, facts=facts, on=today)
    return explain(bound, known, consents=consents)


@transaction.atomic
def _propose(
    offer: Offer, rule: ForfeitRule, worker_id: int, seen: Explanation, awarded_on: date,
    today: date, now: datetime,
) -> int:  # fmt: skip
    claim = Application.objects.filter(
        offer=offer, worker_id=worker_id, state=ClaimState.CONFIRMED
    ).first()
    if claim is None:
        return 0
    made, is_new = Forfeit.objects.get_or_create(
        application=claim,
        rule_code=rule.code,
        defaults={
            "label": rule.label[:60],
            "source": rule.source[:400],
            "evidence": [clause.text for clause in seen.failing],
            "follows": rule.follows.value,
            "share": rule.share.value,
            "months": rule.months,
            "awarded_on": awarded_on,
            "found_on": today,
            "proposed_at": now,
            "bound": uuid7(),
        },
    )
    if is_new:
        _record("programmes.forfeit_proposed", made, offer, SYSTEM, now)
    return int(is_new)


@transaction.atomic
def open_hearing(*, forfeit_id: int, actor: Actor, now: datetime) -> None:
    """Tell the person what was found and until when he can say how it is."""
    found, offer = _for_update(forfeit_id, actor)
    check_forfeit_move(ForfeitState(found.state), ForfeitState.HEARING)
    place = f"{get_union(offer.union_id).adcode:06d}"
    today = business_day(now)
    days = int(parameter("programmes.hearing_days", adcode=place, on=today).value)
    until = add_workdays(today, days)
    found.state, found.heard_from, found.hear_until = ForfeitState.HEARING, now, until.ends_at
    found.save()
    _record("programmes.forfeit_hearing_opened", found, offer, actor, now)
    notify(
        kind="programmes.forfeit_hearing",
        title="名额的事，先听你说",
        body=f"“{offer.title}”：登记上看到“{found.label}”。不对，或者有原因，{until.day.month} 月"
        f" {until.day.day} 日前写给我们，再决定。",
        url=MINE,
        worker_id=found.application.worker_id,
        now=now,
    )


@transaction.atomic
def say_at_hearing(*, forfeit_id: int, text: str, actor: Actor, now: datetime) -> None:
    """Keep what the person says, sealed; he may say it anew while the hearing runs.

    Raises ``NotFound`` for another's, ``Malformed`` forfeits.text, ``Conflict`` forfeits.hearing_over.
    """
    found = Forfeit.objects.select_for_update().filter(id=forfeit_id).first()
    if found is None or actor.worker_id is None or found.application.worker_id != actor.worker_id:
        raise NotFound()
    said = text.strip()
    if not SHORTEST_TEXT <= len(said) <= LONGEST_TEXT:
        raise Malformed("forfeits.text", f"写 {SHORTEST_TEXT} 到 {LONGEST_TEXT} 个字，说清楚就行。")
    is_open = found.state == ForfeitState.HEARING and found.hear_until is not None
    if not is_open or found.hear_until is None or now >= found.hear_until:
        raise Conflict(
            "forfeits.hearing_over", "说明的时间过了。还有话说，打 12351，或者找主办工会。"
        )
    found.said_at, found.said_sealed = now, sealing.seal(SEALED, said, found.bound)
    found.save(update_fields=["said_at", "said_sealed"])
    offer = Offer.objects.get(id=found.application.offer_id)
    _record("programmes.forfeit_answered", found, offer, actor, now)


@transaction.atomic
def read_hearing(*, forfeit_id: int, actor: Actor, now: datetime) -> str:
    """Return what the person said; that it was read is recorded. ``NotFound`` while he said nothing."""
    found, offer = _for_update(forfeit_id, actor)
    if found.said_sealed is None:
        raise NotFound()
    _record("programmes.forfeit_hearing_read", found, offer, actor, now)
    return sealing.unseal(SEALED, bytes(found.said_sealed), found.bound)


@transaction.atomic
def decide_forfeit(
    *, forfeit_id: int, is_forfeited: bool, reason: str, actor: Actor, now: datetime
) -> None:
    """Decide: the place is taken, with what is owed back by rule; or nothing happens. He is told why.

    Raises ``Malformed`` forfeits.reason, ``Conflict`` forfeits.not_heard, forfeits.own_matter,
    forfeits.state_moved_on.
    """
    why = reason.strip()
    if not SHORTEST_TEXT <= len(why) <= LONGEST_REASON:
        raise Malformed("forfeits.reason", f"写 {SHORTEST_TEXT} 到 {LONGEST_REASON} 个字的理由。")
    found, offer = _for_update(forfeit_id, actor)
    to = ForfeitState.DECIDED if is_forfeited else ForfeitState.DROPPED
    check_forfeit_move(ForfeitState(found.state), to)
    claim = Application.objects.select_for_update().get(id=found.application_id)
    if actor.worker_id == claim.worker_id:
        raise Conflict("forfeits.own_matter", "这是您本人的事，要由另一位干部决定。")
    if (
        is_forfeited
        and found.said_at is None
        and (found.hear_until is None or now < found.hear_until)
    ):
        raise Conflict("forfeits.not_heard", "还在听本人说。他说了，或者时间过了，再决定。")
    found.state, found.reason, found.decided_at = to, why, now
    found.decided_by, found.decided_by_name = actor.account_id, actor.name[:60]
    paid = _paid_fen(claim)
    if is_forfeited:
        reckoned = claw_back(
            paid_fen=paid,
            rule_follows=Follows(found.follows),
            share=Share(found.share),
            months=found.months,
            awarded_on=found.awarded_on,
            left_on=found.found_on,
        )
        found.owed_fen, found.proof = reckoned.owed_fen, list(reckoned.proof)
    found.save()
    if is_forfeited:
        _take_place(found, claim, paid, actor, now)
    _record(f"programmes.forfeit_{to.name.lower()}", found, offer, actor, now)
    _tell_decision(found, claim, offer, now)


def _paid_fen(claim: Application) -> int:
    facts = PaymentFact.objects.filter(payment__application=claim)
    return int(facts.aggregate(sum=Sum("amount_fen"))["sum"] or 0)


def _take_place(found: Forfeit, claim: Application, paid: int, actor: Actor, now: datetime) -> None:
    """End the place; what was not paid yet is not paid any more, what is owed is entered."""
    if claim.state == ClaimState.CONFIRMED:
        claim.state, claim.ended_at = ClaimState.FORFEITED, now
        claim.save(update_fields=["state", "ended_at"])
    if not paid:
        Payment.objects.filter(application=claim, is_void=False).update(is_void=True)
    if found.owed_fen:
        _enter(found, DebtKind.OWED, found.owed_fen, "按规定应退", actor, now)


def _tell_decision(found: Forfeit, claim: Application, offer: Offer, now: datetime) -> None:
    if found.state == ForfeitState.DECIDED:
        owed = f"应退 {format_yuan(found.owed_fen)}。" if found.owed_fen else "不用退钱。"
        title = "名额取消了"
        body = f"“{offer.title}”：{found.reason} {owed}不同意，可以向主办工会的上一级工会申诉，或者打 12351。"
    else:
        title, body = "名额不取消", f"“{offer.title}”：{found.reason}"
    notify(
        kind="programmes.forfeit_decided",
        title=title,
        body=body,
        url=MINE,
        worker_id=claim.worker_id,
        now=now,
    )


@transaction.atomic
def enter_return(
    *, forfeit_id: int, amount_fen: int, note: str, actor: Actor, now: datetime
) -> None:
    """Enter money that came back; never more than is still owed."""
    found, offer = _for_update(forfeit_id, actor)
    left = balance_of(found.id)
    if not 0 < amount_fen <= left:
        raise Malformed(
            "forfeits.amount", f"还应退 {format_yuan(left)}，退回的要大于 0，不能比它多。"
        )
    _enter(found, DebtKind.RETURNED, -amount_fen, note, actor, now)
    _record("programmes.debt_returned", found, offer, actor, now)


@transaction.atomic
def reverse_entry(*, entry_id: int, note: str, actor: Actor, now: datetime) -> None:
    """Take an entry of money that came back out again by its opposite, once."""
    entry = DebtEntry.objects.filter(id=entry_id, kind=DebtKind.RETURNED).first()
    if entry is None:
        raise NotFound()
    found, offer = _for_update(entry.forfeit_id, actor)
    if not note.strip():
        raise Malformed("forfeits.note", "写一下为什么冲回。")
    if DebtEntry.objects.filter(reverses=entry).exists():
        raise Conflict("forfeits.reversed", "这一笔已经冲回过了。")
    _enter(found, DebtKind.REVERSED, -entry.amount_fen, note, actor, now, reverses=entry)
    _record("programmes.debt_reversed", found, offer, actor, now)


def balance_of(forfeit_id: int) -> int:
    """Return what is still owed, in fen."""
    rows = DebtEntry.objects.filter(forfeit_id=forfeit_id)
    return int(rows.aggregate(sum=Sum("amount_fen"))["sum"] or 0)


def _enter(
    found: Forfeit, kind: DebtKind, amount_fen: int, note: str, actor: Actor, now: datetime,
    *, reverses: DebtEntry | None = None,
) -> None:  # fmt: skip
    DebtEntry.objects.create(
        forfeit=found,
        kind=kind,
        amount_fen=amount_fen,
        reverses=reverses,
        note=note.strip()[:120],
        at=now,
        recorded_by=actor.account_id,
        recorded_by_name=actor.name[:60],
    )


def _for_update(forfeit_id: int, actor: Actor) -> tuple[Forfeit, Offer]:
    """Return the forfeit, locked, and its offer; raise ``NotFound`` out of scope."""
    found = Forfeit.objects.select_for_update(of=("self",)).filter(id=forfeit_id).first()
    if found is None:
        raise NotFound()
    offer = Offer.objects.get(id=found.application.offer_id)
    permissions.check_can_manage(actor, path=get_union(offer.union_id).path)
    return found, offer


def _record(kind: str, found: Forfeit, offer: Offer, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_forfeit",
        subject_id=found.id,
        union_id=offer.union_id,
        data={"rule": found.rule_code, "owed_fen": found.owed_fen},
    )
