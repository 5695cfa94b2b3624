"""Results of a round: asked for by one, closed by another; corrections, appeals, scoring again."""

from datetime import datetime

from django.db import transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.kernel.workdays import add_workdays
from nuanxin.notices.actions import notify
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes.actions.contests import _record, round_for_update
from nuanxin.programmes.models import (
    ContestAppeal,
    ContestRound,
    EntrantMember,
    Judge,
    RoundEntry,
    ScoreSheet,
)
from nuanxin.programmes.queries.contests import count_missing, ranking_of
from nuanxin.programmes.rules.contests import said_points
from nuanxin.programmes.states import AppealState, RoundState, check_round_move

SHORTEST, LONGEST = 5, 400
SEALED = "contest_appeal"
"""What the envelope of an appeal's words is bound to, with a UUID of its own."""


@transaction.atomic
def end_sheet(
    *, round_id: int, number: int, judge_ordinal: int, why: str, actor: Actor, now: datetime
) -> None:
    """End a judge's sheet with a reason, so that he scores anew; the old one is kept.

    Before the round is closed only. Raises ``NotFound``, ``Malformed`` contests.why, ``Conflict``
    contests.not_scored.
    """
    found = round_for_update(round_id, actor)
    _insist_on_scoring(found)
    reason = _reason(why, "contests.why", "写一句为什么作废")
    count = ScoreSheet.objects.filter(
        entry__round=found,
        entry__entrant__number=number,
        judge__ordinal=judge_ordinal,
        ended_at=None,
    ).update(ended_at=now, ended_why=reason[:200], ended_by_name=actor.name[:60])
    if not count:
        raise NotFound()
    told = {"round": found.ordinal, "number": number, "judge": judge_ordinal, "why": reason}
    _record("contests.sheet_ended", found.contest, actor, now, told)


@transaction.atomic
def set_absent(*, round_id: int, number: int, is_absent: bool, actor: Actor, now: datetime) -> None:
    """Note while a round is scored that an entrant did not come, or that he did after all.

    Who did not come is not ranked and keeps nobody from closing. Raises ``NotFound``, ``Malformed``
    contests.number, ``Conflict`` contests.not_scored, contests.has_sheets.
    """
    found = round_for_update(round_id, actor)
    _insist_on_scoring(found)
    entry = RoundEntry.objects.filter(round=found, entrant__number=number).first()
    if entry is None:
        raise Malformed("contests.number", "这一轮没有这个选手号。看看下面的表。")
    if is_absent and ScoreSheet.objects.filter(entry=entry, ended_at=None).exists():
        raise Conflict(
            "contests.has_sheets", f"{number} 号已经有评委打了分，不能记没来。先把那张评分表作废。"
        )
    entry.absent_at = now if is_absent else None
    entry.absent_by_name = actor.name[:60] if is_absent else ""
    entry.save(update_fields=["absent_at", "absent_by_name"])
    told = {"round": found.ordinal, "number": number, "absent": is_absent}
    _record("contests.absence", found.contest, actor, now, told)


@transaction.atomic
def ask_to_close(*, round_id: int, actor: Actor, now: datetime) -> None:
    """Say that all scores are in; another person looks and closes.

    Raises ``Conflict`` contests.missing, contests.too_few_judges, contests.state_moved_on.
    """
    found = round_for_update(round_id, actor)
    check_round_move(RoundState(found.state), RoundState.CHECKING)
    missing = count_missing(found.id)
    if missing:
        raise Conflict("contests.missing", f"还差 {missing} 张评分表没交，不能定成绩。")
    ranking_of(found)
    found.state, found.asked_at = RoundState.CHECKING, now
    found.asked_key, found.asked_name = actor.person_key, actor.name[:60]
    found.save()
    _record("contests.close_asked", found.contest, actor, now, {"round": found.ordinal})


@transaction.atomic
def send_back(*, round_id: int, actor: Actor, now: datetime) -> None:
    """Send a round that waits for the second person back to scoring."""
    found = round_for_update(round_id, actor)
    if found.state != RoundState.CHECKING:
        check_round_move(RoundState(found.state), RoundState.CHECKING)
    found.state, found.asked_at, found.asked_key, found.asked_name = (
        RoundState.SCORING,
        None,
        "",
        "",
    )
    found.save()
    _record("contests.sent_back", found.contest, actor, now, {"round": found.ordinal})


@transaction.atomic
def close_round(*, round_id: int, actor: Actor, now: datetime) -> int:
    """Close a round as the second person: ranks are kept, appeals are open, who goes on is entered.

    Return how many go on. Raises ``Conflict`` contests.same_person, contests.state_moved_on.
    """
    found = round_for_update(round_id, actor)
    check_round_move(RoundState(found.state), RoundState.CLOSED)
    if actor.person_key == found.asked_key:
        raise Conflict("contests.same_person", "提请的人自己不能复核。请另一位干部来定成绩。")
    judges = Judge.objects.filter(contest_id=found.contest_id, account_id__isnull=False)
    if judges.filter(account_id=actor.account_id).exists():
        raise Conflict("contests.own_scores", "评委自己不能定成绩。请另一位干部来定。")
    ranking = ranking_of(found)
    entries = {
        entry.entrant.number: entry
        for entry in RoundEntry.objects.select_related("entrant").filter(round=found)
    }
    for placed in ranking.placed:
        entry = entries[placed.number]
        entry.rank, entry.goes_on = placed.rank, placed.goes_on
        entry.total = said_points(placed.total)
    RoundEntry.objects.bulk_update(entries.values(), ["rank", "goes_on", "total"])
    found.state, found.closed_at, found.proof = RoundState.CLOSED, now, list(ranking.proof)
    found.closed_key, found.closed_name = actor.person_key, actor.name[:60]
    found.appeals_until = add_workdays(business_day(now), found.contest.appeal_days).day
    found.save()
    count = _enter_next(found)
    told = {"round": found.ordinal, "goes_on": count, "appeals_until": str(found.appeals_until)}
    _record("contests.round_closed", found.contest, actor, now, told)
    return count


def _enter_next(found: ContestRound) -> int:
    """Let those who go on into the next round, in place of whoever was there before."""
    winners = list(
        RoundEntry.objects.filter(round=found, goes_on=True).values_list("entrant_id", flat=True)
    )
    following = ContestRound.objects.filter(
        contest=found.contest_id, ordinal=found.ordinal + 1, state=RoundState.PREPARING
    ).first()
    if following is not None:
        RoundEntry.objects.filter(round=following).delete()
        RoundEntry.objects.bulk_create(
            RoundEntry(round=following, entrant_id=entrant) for entrant in winners
        )
    return len(winners)


# ---- appeals ----------------------------------------------------------------------------------


@transaction.atomic
def file_appeal(*, round_id: int, text: str, actor: Actor, now: datetime) -> int:
    """Appeal against one's own result of a round, in the time for it; return the appeal.

    Raises ``NotFound``, ``Malformed`` contests.text, ``Conflict`` contests.appeals_over,
    contests.appealed.
    """
    said = _reason(text, "contests.text", "写清楚哪里不对")
    member = (
        EntrantMember.objects.filter(
            application__worker_id=actor.worker_id or 0, entrant__roundentry__round_id=round_id
        )
        .select_related("entrant")
        .first()
    )
    if member is None:
        raise NotFound()
    found = (
        ContestRound.objects.select_related("contest__offer")
        .select_for_update(of=("self",))
        .get(id=round_id)
    )
    if (
        found.state != RoundState.CLOSED
        or found.appeals_until is None
        or business_day(now) > found.appeals_until
    ):
        raise Conflict("contests.appeals_over", "这一轮现在不收申诉。还有不同意见，可以打 12351。")
    entry = RoundEntry.objects.get(round=found, entrant=member.entrant)
    if ContestAppeal.objects.filter(entry=entry, state=AppealState.OPEN).exists():
        raise Conflict("contests.appealed", "你的申诉收到了，正在等答复。答复以前不用再提。")
    adcode = f"{get_union(found.contest.offer.union_id).adcode:06d}"
    days = parameter("programmes.contest_answer_days", adcode=adcode, on=business_day(now))
    bound = uuid7()
    made = ContestAppeal.objects.create(
        entry=entry,
        worker_id=actor.worker_id or 0,
        bound=bound,
        text_sealed=sealing.seal(SEALED, said, bound),
        filed_at=now,
        due_on=add_workdays(business_day(now), int(days.value)).day,
        closed_keys=f",{found.asked_key},{found.closed_key},",
    )
    _record("contests.appeal_filed", found.contest, actor, now, {"round": found.ordinal})
    return made.id


@transaction.atomic
def read_appeal(*, appeal_id: int, actor: Actor, now: datetime) -> str:
    """Return what an appeal says; that it was read, and by whom, is recorded first.

    Raises ``NotFound``, ``Forbidden``, and ``Conflict`` contests.own_result for the one who appealed.
    """
    appeal = ContestAppeal.objects.select_related("entry__entrant").filter(id=appeal_id).first()
    if appeal is None:
        raise NotFound()
    found = round_for_update(appeal.entry.round_id, actor)
    if actor.worker_id is not None and actor.worker_id == appeal.worker_id:
        raise Conflict("contests.own_result", "这是您自己的申诉，由另一位干部来看、来答复。")
    told = {"round": found.ordinal, "number": appeal.entry.entrant.number}
    _record("contests.appeal_read", found.contest, actor, now, told)
    return sealing.unseal(SEALED, bytes(appeal.text_sealed), appeal.bound)


@transaction.atomic
def answer_appeal(
    *, appeal_id: int, is_upheld: bool, answer: str, actor: Actor, now: datetime
) -> None:
    """Answer an appeal, as somebody who did not close the round; upheld: scored again.

    Scoring again ends every sheet of the entrant with the reason; the round closes anew, by two
    persons. Raises ``NotFound``, ``Malformed`` contests.text, ``Conflict`` contests.answered,
    contests.own_result, contests.next_begun.
    """
    said = _reason(answer, "contests.text", "写清楚查了什么、结果怎样")
    appeal = ContestAppeal.objects.select_related("entry__entrant").filter(id=appeal_id).first()
    if appeal is None:
        raise NotFound()
    found = round_for_update(appeal.entry.round_id, actor)
    appeal = (
        ContestAppeal.objects.select_for_update(of=("self",))
        .select_related("entry__entrant")
        .get(id=appeal_id)
    )
    if appeal.state != AppealState.OPEN:
        raise Conflict("contests.answered", "这件申诉已经答复了。")
    if f",{actor.person_key}," in appeal.closed_keys or actor.worker_id == appeal.worker_id:
        raise Conflict(
            "contests.own_result", "定这一轮成绩的人和申诉的本人不能答复。请另一位干部来答复。"
        )
    if is_upheld:
        _score_again(found, appeal, said, actor, now)
    appeal.state = AppealState.RESCORED if is_upheld else AppealState.ANSWERED
    appeal.answer, appeal.answered_at = said, now
    appeal.answered_key, appeal.answered_name = actor.person_key, actor.name[:60]
    appeal.save()
    told = {"round": found.ordinal, "number": appeal.entry.entrant.number, "upheld": is_upheld}
    _record("contests.appeal_answered", found.contest, actor, now, told)
    notify(
        kind="programmes.contest_appeal_answered",
        title="你的竞赛申诉有答复了",
        body=f"{AppealState(appeal.state).label}。{said}",
        url=f"/contests/{found.contest.offer.code}/",
        worker_id=appeal.worker_id,
        now=now,
    )


def _score_again(
    found: ContestRound, appeal: ContestAppeal, why: str, actor: Actor, now: datetime
) -> None:
    if ContestRound.objects.filter(
        contest=found.contest_id, ordinal=found.ordinal + 1
    ).exclude(state=RoundState.PREPARING).exists():  # fmt: skip
        raise Conflict(
            "contests.next_begun", "下一轮已经开始，不能重新打分。请在答复里写明怎么补救。"
        )
    check_round_move(RoundState(found.state), RoundState.SCORING)
    found.state, found.closed_at, found.appeals_until = RoundState.SCORING, None, None
    found.asked_at, found.asked_key, found.asked_name = None, "", ""
    found.closed_key, found.closed_name, found.proof = "", "", []
    found.save()
    RoundEntry.objects.filter(round=found).update(rank=None, total="", goes_on=None)
    ScoreSheet.objects.filter(entry=appeal.entry, ended_at=None).update(
        ended_at=now, ended_why=f"申诉成立：{why}"[:200], ended_by_name=actor.name[:60]
    )


# ---- inside -----------------------------------------------------------------------------------


def _insist_on_scoring(found: ContestRound) -> None:
    if found.state != RoundState.SCORING:
        raise Conflict(
            "contests.not_scored", f"这一轮现在是“{RoundState(found.state).label}”，评分表不能动。"
        )


def _reason(text: str, code: str, ask: str) -> str:
    said = text.strip()
    if not SHORTEST <= len(said) <= LONGEST:
        raise Malformed(code, f"{ask}，{SHORTEST} 到 {LONGEST} 个字。")
    return said
