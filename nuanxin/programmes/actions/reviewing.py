"""Having an answer looked at by somebody: asked once, taken, answered once, with the reason."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from django.db import connection, transaction

from nuanxin.eligibility.rules.explaining import Explanation
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, Unavailable
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.workdays import add_workdays
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import HumanReview, Offer
from nuanxin.programmes.queries.asking import Asking, get_asking
from nuanxin.programmes.queries.qualifying import explain_person
from nuanxin.programmes.states import (
    OfferState,
    ReviewOutcome,
    ReviewState,
    check_review_move,
)
from nuanxin.records.actions import append_event, append_reading, logged_name

COLUMN = "review_reason"
LONGEST_REASON = 300
LONGEST_ANSWER = 300
SHORTEST_ANSWER = 4
MOST_REQUESTS = 3
"""Requests of one person about one offer: after that a call helps more than a form."""
READ_FOR = "处理“请人看看”"


@dataclass(frozen=True, slots=True)
class Asked:
    """The request, and whether it had been asked before."""

    id: int
    is_repeat: bool


@transaction.atomic
def ask_for_review(*, code: str, reason: str, actor: Actor, now: datetime) -> Asked:
    """Ask that somebody looks at what the rule of this offer says of oneself; asked again: the same.

    The rule's answer is frozen with its conditions as it stands now. Raises ``NotFound``,
    ``Malformed`` programmes.review_reason, ``Conflict`` programmes.review_not_needed when the rule
    says yes, .closed when nothing can be applied for any more, .review_often.
    """
    if actor.worker_id is None:
        raise NotFound()
    asked = get_asking(code, worker_id=actor.worker_id, on=business_day(now))
    said = _checked(reason, LONGEST_REASON)
    if asked.state is not OfferState.OPEN or now >= asked.closes_at:
        raise Conflict("programmes.closed", "报名结束了，不用再看了。下一期开了，这里会写出来。")
    told = _doubted(asked, actor.worker_id, now)
    _check_not_too_often(asked.offer_id, actor.worker_id)
    review_id = _insert(asked, told, said, actor.worker_id, now)
    if review_id is None:
        return Asked(_open_one(asked.offer_id, actor.worker_id), is_repeat=True)
    append_event(
        "programmes.review_asked",
        actor=actor,
        at=now,
        subject_type="programme_review",
        subject_id=review_id,
        union_id=_union_of(asked.offer_id),
        data={"answer": told.answer.value},
    )
    return Asked(review_id, is_repeat=False)


@transaction.atomic
def withdraw_review(*, review_id: int, actor: Actor, now: datetime) -> None:
    """Take one's own request back; raise ``NotFound`` or ``Conflict`` programmes.review_moved_on."""
    review = HumanReview.objects.select_for_update().filter(id=review_id).first()
    if review is None or actor.worker_id is None or review.worker_id != actor.worker_id:
        raise NotFound()
    if review.state == ReviewState.WITHDRAWN:
        return
    check_review_move(ReviewState(review.state), ReviewState.WITHDRAWN)
    review.state = ReviewState.WITHDRAWN
    review.save(update_fields=["state"])
    _record("programmes.review_withdrawn", review, actor, now)


@transaction.atomic
def take_review(*, review_id: int, actor: Actor, now: datetime, is_over: bool = False) -> None:
    """Say that one looks at it; ``is_over`` takes it over from a colleague who has it.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` programmes.review_taken or .review_answered.
    """
    review = _locked(review_id, actor)
    _check_not_answered(review)
    check_review_move(ReviewState(review.state), ReviewState.TAKEN)
    if review.state == ReviewState.TAKEN:
        if review.taken_by == actor.account_id:
            return
        if not is_over:
            raise _taken(review)
    review.state = ReviewState.TAKEN
    review.taken_by, review.taken_by_name = actor.account_id, logged_name(actor)
    review.taken_at = now
    review.save(update_fields=["state", "taken_by", "taken_by_name", "taken_at"])
    _record("programmes.review_taken", review, actor, now)


@transaction.atomic
def answer_review(
    *, review_id: int, outcome: int, answer: str, actor: Actor, now: datetime
) -> None:
    """Answer a request, once: the rule was right, a fact was corrected, or an exception is made.

    The person gets a notice. With an exception he can apply although the rule says no. Of two
    officers at once one wins; the other gets ``Conflict`` programmes.review_answered or
    .review_taken. Raises ``NotFound``, ``Forbidden``, ``Malformed`` programmes.review_outcome or
    .review_answer.
    """
    review = _locked(review_id, actor)
    found = _outcome(outcome)
    said = _checked(answer, LONGEST_ANSWER)
    if len(said) < SHORTEST_ANSWER:
        raise Malformed("programmes.review_answer", "写一句为什么，本人会看到。")
    _check_not_answered(review)
    if review.state == ReviewState.TAKEN and review.taken_by != actor.account_id:
        raise _taken(review)
    check_review_move(ReviewState(review.state), ReviewState.ANSWERED)
    review.state = ReviewState.ANSWERED
    review.outcome, review.answer = found, said
    review.answered_by, review.answered_by_name = actor.account_id, logged_name(actor)
    review.answered_at = now
    review.save()
    _record("programmes.review_answered", review, actor, now, outcome=int(found))
    notify(
        kind="programmes.review_answered",
        title=f"“{review.offer.title}”有人看过了：{found.label}",
        body="点开看答复。" + ("现在可以报名了。" if found is ReviewOutcome.EXCEPTION else ""),
        url=f"/me/reviews/{review.id}/",
        worker_id=review.worker_id,
        now=now,
    )


def read_reason(*, review_id: int, actor: Actor, now: datetime) -> str:
    """Return what the person wrote; the reading is committed first (safety invariant 19).

    Call it outside a transaction. Raises ``NotFound``, ``Forbidden``, ``Unavailable``
    programmes.reason_unreadable.
    """
    review = HumanReview.objects.select_related("offer__union").filter(id=review_id).first()
    if review is None:
        raise NotFound()
    permissions.check_can_answer_review(
        actor, path=review.offer.union.path, worker_id=review.worker_id
    )
    if review.reason_sealed is None:
        return ""
    append_reading(
        worker_id=review.worker_id,
        field=COLUMN,
        purpose=READ_FOR,
        actor=actor,
        post=actor.grants[0].role.label if actor.grants else "",
        now=now,
    )
    try:
        return sealing.unseal(COLUMN, bytes(review.reason_sealed), review.reason_key)
    except (InvalidTag, KeyError) as error:
        raise Unavailable(
            "programmes.reason_unreadable",
            "这段话解不开：密文被改过，或者加密钥匙不全。请告诉系统管理员。",
        ) from error


# ---- inside -----------------------------------------------------------------------------------


def _doubted(asked: Asking, worker_id: int, now: datetime) -> Explanation:
    told = explain_person(
        asked.rule_code, worker_id=worker_id, on=business_day(now), is_sourced=True
    )
    if told is None or told.answer is Answer.YES:
        raise Conflict(
            "programmes.review_not_needed", "这一件的条件没有拦着你，不用请人看。直接报名就行。"
        )
    return told


def _check_not_too_often(offer_id: int, worker_id: int) -> None:
    done = HumanReview.objects.filter(
        offer_id=offer_id, worker_id=worker_id, state=int(ReviewState.ANSWERED)
    ).count()
    if done >= MOST_REQUESTS:
        raise Conflict(
            "programmes.review_often",
            f"这一件工会已经看过 {done} 次了。还有疑问，打 12351 当面说清楚更快。",
        )


_INSERT = """
INSERT INTO programmes_humanreview
    (worker_id, programme_id, offer_id, state, rule_answer, frozen, reason_sealed, reason_key,
     asked_at, due_on, taken_by_name, answered_by_name, answer)
SELECT %(worker)s, o.programme_id, o.id, 1, %(rule_answer)s, %(frozen)s::jsonb, %(sealed)s, %(key)s,
       %(now)s, %(due)s, '', '', ''
FROM programmes_offer o WHERE o.id = %(offer)s
ON CONFLICT (worker_id, programme_id) WHERE state IN (1, 2) DO NOTHING
RETURNING id
"""


def _insert(
    asked: Asking, told: Explanation, reason: str, worker_id: int, now: datetime
) -> int | None:
    key = uuid4()
    values: dict[str, Any] = {
        "worker": worker_id,
        "offer": asked.offer_id,
        "rule_answer": told.answer.value,
        "frozen": _frozen(told),
        "sealed": sealing.seal(COLUMN, reason, key) if reason else None,
        "key": key,
        "now": now,
        "due": _due_on(asked.offer_id, business_day(now)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _due_on(offer_id: int, asked_on: date) -> date:
    """Return the last day to answer: so many working days, as the union's place says."""
    adcode = f"{get_union(_union_of(offer_id)).adcode:06d}"
    days = parameter("programmes.review_days", adcode=adcode, on=asked_on)
    return add_workdays(asked_on, int(days.value)).day


def _frozen(told: Explanation) -> str:
    """Return the rule's answer as JSON, without any value of a sensitive fact."""
    plain = told.as_plain()
    plain["document"] = told.bound.rule.document

    def hide(clause: dict[str, Any]) -> None:
        for seen in clause["details"]:
            if seen["sensitive"]:
                seen["value"], seen["value_zh"] = None, "不存"
                clause["facts"][seen["fact"]] = None
        for part in clause.get("parts", ()):
            hide(part)

    for clause in plain["clauses"]:
        hide(clause)
    return json.dumps(plain, ensure_ascii=False)


def _open_one(offer_id: int, worker_id: int) -> int:
    found = HumanReview.objects.filter(
        worker_id=worker_id,
        programme__offer__id=offer_id,
        state__in=[int(ReviewState.ASKED), int(ReviewState.TAKEN)],
    ).first()
    if found is None:  # answered in between
        raise Conflict("programmes.review_moved_on", "刚刚有了答复。刷新看看。")
    return found.id


def _locked(review_id: int, actor: Actor) -> HumanReview:
    review = (
        HumanReview.objects.select_for_update(of=("self",))
        .select_related("offer__union")
        .filter(id=review_id)
        .first()
    )
    if review is None:
        raise NotFound()
    permissions.check_can_answer_review(
        actor, path=review.offer.union.path, worker_id=review.worker_id
    )
    return review


def _check_not_answered(review: HumanReview) -> None:
    if review.state == ReviewState.ANSWERED and review.outcome is not None:
        found = ReviewOutcome(review.outcome)
        raise Conflict(
            "programmes.review_answered",
            f"{review.answered_by_name} {_said(review.answered_at)}已经答复了：{found.label}。您的没有记。",
        )


def _taken(review: HumanReview) -> Conflict:
    return Conflict(
        "programmes.review_taken",
        f"{review.taken_by_name} {_said(review.taken_at)}接手了。要换您来办，先点“换我来办”。",
    )


def _said(at: datetime | None) -> str:
    if at is None:
        return ""
    there = at.astimezone(SHANGHAI)
    return f"{there.month} 月 {there.day} 日 {there:%H:%M} "


def _outcome(value: int) -> ReviewOutcome:
    try:
        return ReviewOutcome(value)
    except ValueError:
        raise Malformed(
            "programmes.review_outcome", "选一个结果：规则算得对、信息改过了、破例。"
        ) from None


def _checked(text: str, longest: int) -> str:
    said = " ".join(text.split())
    if len(said) > longest:
        raise Malformed(
            "programmes.review_reason", f"写得太长了，最多 {longest} 个字，现在 {len(said)} 个。"
        )
    return said


def _union_of(offer_id: int) -> int:
    return int(Offer.objects.values_list("union_id", flat=True).get(id=offer_id))


def _record(kind: str, review: HumanReview, actor: Actor, now: datetime, **data: Any) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_review",
        subject_id=review.id,
        union_id=review.offer.union_id,
        data=data or None,
    )


def erase_reviews(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Erase what people wrote and what was frozen of them; that there was an answer stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE programmes_humanreview SET reason_sealed = NULL, frozen = '{}', answer = '',"
            " state = CASE WHEN state IN (1, 2) THEN 4 ELSE state END"
            " WHERE worker_id = ANY (%s)",
            [list(worker_ids)],
        )
    return ["请人看看时写的话和当时的逐条结论"]
