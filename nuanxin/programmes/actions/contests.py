"""Setting up a contest: rounds and what is scored, entrants by number, judges with codes, recusals."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.unions import get_union, get_union_by_code
from nuanxin.programmes import permissions
from nuanxin.programmes.models import (
    Contest,
    ContestCriterion,
    ContestEntrant,
    ContestRound,
    EntrantMember,
    Judge,
    Offer,
    Recusal,
    RoundEntry,
    ScoreSheet,
)
from nuanxin.programmes.rules.contests import MOST_JUDGES, Measured, check_criteria
from nuanxin.programmes.states import CriterionKind, Kind, RoundState, check_round_move
from nuanxin.records.actions import append_event

MOST_ROUNDS = 5
MOST_ENTRANTS = 5_000
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """One thing to be scored; with ``table`` it is timed."""

    label: str
    weight: Decimal
    most: Decimal
    table: tuple[tuple[Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class RoundDraft:
    """One round to be held."""

    label: str
    held_on: date
    goes_on: int
    criteria: tuple[CriterionDraft, ...]
    place: str = ""
    drop_highest: int = 0
    drop_lowest: int = 0


@dataclass(frozen=True, slots=True)
class JudgeDraft:
    """A judge to be named; ``union_code`` is the union he belongs to, "" for none."""

    name: str
    union_code: str = ""
    account_id: Any = None


@dataclass(frozen=True, slots=True)
class NamedJudge:
    """A judge with the code he comes in with: told once, kept as a digest."""

    id: int
    name: str
    code: str = field(repr=False)


@transaction.atomic
def create_contest(
    *, offer_id: int, rounds: Sequence[RoundDraft], actor: Actor, now: datetime
) -> Contest:
    """Make a contest of an offer of that kind, with its rounds; nothing is scored yet.

    Raises ``NotFound``, ``Malformed`` contests.rounds or contests.criteria, ``Conflict``
    contests.exists or contests.not_a_contest.
    """
    offer = Offer.objects.select_related("programme").filter(id=offer_id).first()
    if offer is None:
        raise NotFound()
    union = get_union(offer.union_id)
    permissions.check_can_manage(actor, path=union.path)
    if offer.programme.kind != Kind.CONTEST:
        raise Conflict("contests.not_a_contest", "这一期不是竞赛。竞赛先在服务项目里按竞赛开一期。")
    if Contest.objects.filter(offer=offer).exists():
        raise Conflict("contests.exists", "这一期的赛程已经定过了。")
    _check_rounds(rounds)
    days = parameter(
        "programmes.contest_appeal_days", adcode=f"{union.adcode:06d}", on=business_day(now)
    )
    made = Contest.objects.create(
        offer=offer,
        appeal_days=int(days.value),
        created_at=now,
        created_by=actor.account_id,
        created_by_name=actor.name[:60],
    )
    for ordinal, draft in enumerate(rounds, start=1):
        _create_round(made, ordinal, draft)
    _record("contests.created", made, actor, now, {"rounds": len(rounds)})
    return made


def _check_rounds(rounds: Sequence[RoundDraft]) -> None:
    if not 1 <= len(rounds) <= MOST_ROUNDS:
        raise Malformed("contests.rounds", f"赛程要有 1 到 {MOST_ROUNDS} 轮。")
    for before, after in pairwise(rounds):
        if after.held_on < before.held_on:
            raise Malformed("contests.rounds", f"{after.label}不能比{before.label}早。")
        if after.goes_on > before.goes_on:
            raise Malformed(
                "contests.rounds", f"{after.label}的名额不能比{before.label}晋级的还多。"
            )
    for one in rounds:
        if one.goes_on < 1 or one.drop_highest < 0 or one.drop_lowest < 0:
            raise Malformed("contests.rounds", f"{one.label}至少要有 1 名晋级或获奖。")
        check_criteria([_measured(at, c) for at, c in enumerate(one.criteria)])


def _measured(at: int, draft: CriterionDraft) -> Measured:
    kind = CriterionKind.SECONDS if draft.table else CriterionKind.POINTS
    return Measured(at, draft.label, draft.weight, draft.most, kind, draft.table)


def _create_round(contest: Contest, ordinal: int, draft: RoundDraft) -> None:
    made = ContestRound.objects.create(
        contest=contest,
        ordinal=ordinal,
        label=draft.label,
        held_on=draft.held_on,
        place=draft.place,
        goes_on=draft.goes_on,
        drop_highest=draft.drop_highest,
        drop_lowest=draft.drop_lowest,
    )
    ContestCriterion.objects.bulk_create(
        ContestCriterion(
            round=made,
            ordinal=at,
            label=one.label,
            kind=CriterionKind.SECONDS if one.table else CriterionKind.POINTS,
            weight=one.weight,
            most=one.most,
            table=[[str(limit), str(points)] for limit, points in one.table],
        )
        for at, one in enumerate(draft.criteria, start=1)
    )


# ---- entrants ---------------------------------------------------------------------------------

_APPLICANTS = """
SELECT a.id FROM programmes_application a
WHERE a.offer_id = %(offer)s AND a.state IN (1, 2, 3, 4, 7)
  AND NOT EXISTS (SELECT 1 FROM programmes_entrantmember m WHERE m.application_id = a.id)
ORDER BY a.id LIMIT %(limit)s
"""


@transaction.atomic
def take_entrants(*, contest_id: int, actor: Actor, now: datetime) -> int:
    """Give every applicant who has none a number, in an order drawn by lot; return how many.

    Before the first round is scored. Raises ``Conflict`` contests.begun or contests.too_many.
    """
    contest = for_update(contest_id, actor)
    first = _first_round(contest)
    with connection.cursor() as cursor:
        cursor.execute(_APPLICANTS, {"offer": contest.offer_id, "limit": MOST_ENTRANTS + 1})
        applications = [row[0] for row in cursor.fetchall()]
    last = ContestEntrant.objects.filter(contest=contest).aggregate(last=Max("number"))["last"] or 0
    if last + len(applications) > MOST_ENTRANTS:
        raise Conflict("contests.too_many", f"一场竞赛最多 {MOST_ENTRANTS:,} 名选手。")
    random.SystemRandom().shuffle(applications)
    made = ContestEntrant.objects.bulk_create(
        ContestEntrant(contest=contest, number=last + at) for at in range(1, len(applications) + 1)
    )
    EntrantMember.objects.bulk_create(
        EntrantMember(entrant=entrant, application_id=application)
        for entrant, application in zip(made, applications, strict=True)
    )
    RoundEntry.objects.bulk_create(RoundEntry(round=first, entrant=entrant) for entrant in made)
    _recuse_own_unions(contest, now)
    _record("contests.entrants_numbered", contest, actor, now, {"entrants": len(made)})
    return len(made)


@transaction.atomic
def form_team(
    *, contest_id: int, team: str, numbers: Sequence[int], actor: Actor, now: datetime
) -> int:
    """Let entrants be one team under the lowest of their numbers; return it.

    Before the first round is scored. Raises ``Malformed`` contests.team, ``Conflict`` contests.begun.
    """
    contest = for_update(contest_id, actor)
    _first_round(contest)
    entrants = list(
        ContestEntrant.objects.filter(contest=contest, number__in=numbers).order_by("number")
    )
    if not team.strip() or len(entrants) < 2 or len(entrants) != len(set(numbers)):
        raise Malformed("contests.team", "一队写一个队名，至少两个选手号，每个号都要在名单上。")
    head, others = entrants[0], entrants[1:]
    EntrantMember.objects.filter(entrant__in=others).update(entrant=head)
    RoundEntry.objects.filter(entrant__in=others).delete()
    Recusal.objects.filter(entrant__in=others).delete()
    ContestEntrant.objects.filter(id__in=[one.id for one in others]).delete()
    head.team = team.strip()[:40]
    head.save(update_fields=["team"])
    _recuse_own_unions(contest, now)
    _record("contests.team_formed", contest, actor, now, {"number": head.number})
    return head.number


def _first_round(contest: Contest) -> ContestRound:
    first = ContestRound.objects.get(contest=contest, ordinal=1)
    if first.state != RoundState.PREPARING:
        raise Conflict("contests.begun", "第一轮已经开始打分，选手名单不能再动。")
    return first


# ---- judges -----------------------------------------------------------------------------------


def digest_of(code: str) -> bytes:
    """Return what is kept of a judge's code, however it was typed."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return sha256(f"nuanxin judge {typed}".encode()).digest()


def _new_code() -> str:
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    return "-".join(code[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


@transaction.atomic
def name_judges(
    *,
    contest_id: int,
    judges: Sequence[JudgeDraft],
    code_until: datetime,
    actor: Actor,
    now: datetime,
) -> list[NamedJudge]:
    """Name judges; return each with his code, which is not shown again.

    Not while a round is being scored: a sheet of each judge would be missing. Raises ``Malformed``
    contests.judges or contests.code_until, ``Conflict`` contests.scoring.
    """
    contest = for_update(contest_id, actor)
    if ContestRound.objects.filter(
        contest=contest, state__in=(RoundState.SCORING, RoundState.CHECKING)
    ).exists():
        raise Conflict("contests.scoring", "正在打分，不能加评委。这一轮定了成绩再加。")
    if code_until <= now:
        raise Malformed("contests.code_until", "评委码的到期时间要在以后。")
    last = Judge.objects.filter(contest=contest).aggregate(last=Max("ordinal"))["last"] or 0
    if not judges or last + len(judges) > MOST_JUDGES:
        raise Malformed("contests.judges", f"一场竞赛 1 到 {MOST_JUDGES} 位评委。")
    named = []
    for at, draft in enumerate(judges, start=last + 1):
        code = _new_code()
        made = Judge.objects.create(
            contest=contest,
            ordinal=at,
            name=draft.name.strip()[:40],
            account_id=draft.account_id,
            code_key=digest_of(code),
            code_until=code_until,
            union_path=_path_of(draft.union_code),
        )
        named.append(NamedJudge(made.id, made.name, code))
    _recuse_own_unions(contest, now)
    _record("contests.judges_named", contest, actor, now, {"judges": len(named)})
    return named


def _path_of(code: str) -> str:
    return str(get_union_by_code(code).path) if code else ""


@transaction.atomic
def renew_code(*, judge_id: int, code_until: datetime, actor: Actor, now: datetime) -> NamedJudge:
    """Give a judge another code; the one before is worth nothing from now on."""
    judge = _judge(judge_id, actor)
    if code_until <= now:
        raise Malformed("contests.code_until", "评委码的到期时间要在以后。")
    code = _new_code()
    judge.code_key, judge.code_until = digest_of(code), code_until
    judge.save(update_fields=["code_key", "code_until"])
    _record("contests.code_renewed", judge.contest, actor, now, {"judge": judge.ordinal})
    return NamedJudge(judge.id, judge.name, code)


_OWN_UNIONS = """
INSERT INTO programmes_recusal (judge_id, entrant_id, why, declared_at, declared_by_name)
SELECT DISTINCT j.id, e.id, '同一个工会', %(now)s::timestamptz, '系统'
FROM programmes_judge j
JOIN programmes_contestentrant e ON e.contest_id = j.contest_id
JOIN programmes_entrantmember m ON m.entrant_id = e.id
JOIN programmes_application a ON a.id = m.application_id
JOIN membership_membership s ON s.worker_id = a.worker_id AND s.ended_on IS NULL
JOIN orgs_union u ON u.id = s.union_id AND starts_with(u.path, j.union_path)
WHERE j.contest_id = %(contest)s AND j.union_path <> ''
ON CONFLICT (judge_id, entrant_id) DO NOTHING
"""


def _recuse_own_unions(contest: Contest, now: datetime) -> None:
    """Keep judges from entrants of the union they belong to, whoever they are."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_UNIONS, {"contest": contest.id, "now": now})


@transaction.atomic
def recuse(*, judge_id: int, number: int, why: str, actor: Actor, now: datetime) -> None:
    """Keep a judge from an entrant, by the desk; a sheet that he began is ended with the reason.

    Raises ``NotFound``, ``Malformed`` contests.why.
    """
    judge = _judge(judge_id, actor)
    declare(judge, number, why, by=actor.name, now=now)
    _record(
        "contests.judge_recused",
        judge.contest,
        actor,
        now,
        {"judge": judge.ordinal, "number": number},
    )


def declare(judge: Judge, number: int, why: str, *, by: str, now: datetime) -> None:
    """Write a recusal; whoever calls has checked that he may."""
    reason = why.strip()[:60]
    if len(reason) < 2:
        raise Malformed("contests.why", "写一句为什么回避，比如“是亲戚”。")
    entrant = ContestEntrant.objects.filter(contest=judge.contest, number=number).first()
    if entrant is None:
        raise NotFound()
    ScoreSheet.objects.filter(
        judge=judge, entry__entrant=entrant, entry__round__state=RoundState.SCORING, ended_at=None
    ).update(ended_at=now, ended_why=f"回避：{reason}", ended_by_name=by[:60])
    Recusal.objects.get_or_create(
        judge=judge,
        entrant=entrant,
        defaults={"why": reason, "declared_at": now, "declared_by_name": by[:60]},
    )


@transaction.atomic
def start_round(*, round_id: int, actor: Actor, now: datetime) -> None:
    """Open a round for scoring. Raises ``Conflict`` contests.nobody or contests.state_moved_on."""
    found = round_for_update(round_id, actor)
    check_round_move(RoundState(found.state), RoundState.SCORING)
    if found.state != RoundState.PREPARING:
        raise Conflict(
            "contests.state_moved_on", f"这一轮现在是“{RoundState(found.state).label}”。"
        )
    if not RoundEntry.objects.filter(round=found).exists():
        raise Conflict("contests.nobody", "这一轮还没有选手。先编选手号，或者先定上一轮的成绩。")
    if not Judge.objects.filter(contest=found.contest).exists():
        raise Conflict("contests.nobody", "还没有评委。先请评委。")
    found.state = RoundState.SCORING
    found.save(update_fields=["state"])
    _record("contests.round_started", found.contest, actor, now, {"round": found.ordinal})


# ---- inside -----------------------------------------------------------------------------------


def for_update(contest_id: int, actor: Actor) -> Contest:
    """Return the contest, locked; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    contest = (
        Contest.objects.select_for_update(of=("self",))
        .select_related("offer")
        .filter(id=contest_id)
        .first()
    )
    if contest is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(contest.offer.union_id).path)
    return contest


def round_for_update(round_id: int, actor: Actor) -> ContestRound:
    """Return the round, its contest locked; raise like ``for_update``."""
    found = ContestRound.objects.filter(id=round_id).first()
    if found is None:
        raise NotFound()
    contest = for_update(found.contest_id, actor)
    found = ContestRound.objects.select_for_update().get(id=round_id)
    found.contest = contest
    return found


def _judge(judge_id: int, actor: Actor) -> Judge:
    judge = Judge.objects.filter(id=judge_id).first()
    if judge is None:
        raise NotFound()
    judge.contest = for_update(judge.contest_id, actor)
    return judge


def _record(kind: str, contest: Contest, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="contest",
        subject_id=contest.id,
        union_id=contest.offer.union_id,
        data=data,
    )
