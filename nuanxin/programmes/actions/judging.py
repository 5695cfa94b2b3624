"""What a judge does: come in with a code, score criterion by criterion, hand in, withdraw."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.programmes.actions.contests import declare, digest_of
from nuanxin.programmes.models import ContestCriterion, Judge, Recusal, RoundEntry, ScoreSheet
from nuanxin.programmes.queries.contests import measured_of
from nuanxin.programmes.rules.contests import points_of
from nuanxin.programmes.states import RoundState
from nuanxin.records.actions import append_event


def enter(*, code: str, now: datetime) -> int:
    """Return the judge whose code this is; raise ``Malformed`` contests.code when it is nobody's.

    The caller limits how often it is tried.
    """
    judge = Judge.objects.filter(code_key=digest_of(code), code_until__gt=now).first()
    if judge is None:
        raise Malformed(
            "contests.code", "这个评委码不对，或者过期了。看看有没有抄错，或者找主办工会要新的。"
        )
    return judge.id


# One statement a tap: the sheet if it is not there yet, and the value. A repeat after a broken
# connection writes the same again.
_SAVE = """
WITH sheet AS (
    INSERT INTO programmes_scoresheet (entry_id, judge_id, ended_why, ended_by_name)
    VALUES (%(entry)s, %(judge)s, '', '')
    ON CONFLICT (judge_id, entry_id) WHERE ended_at IS NULL DO UPDATE SET entry_id = EXCLUDED.entry_id
    RETURNING id
)
INSERT INTO programmes_score (sheet_id, criterion_id, value, given_at)
SELECT id, %(criterion)s, %(value)s, %(now)s FROM sheet
"""
_CHANGE = """
UPDATE programmes_score p SET value = %(value)s, given_at = %(now)s FROM programmes_scoresheet s
WHERE s.id = p.sheet_id AND s.judge_id = %(judge)s AND s.entry_id = %(entry)s AND s.ended_at IS NULL
  AND p.criterion_id = %(criterion)s
"""


@transaction.atomic
def save_score(
    *, judge_id: int, round_id: int, number: int, criterion_id: int, value: Decimal, now: datetime
) -> None:
    """Keep one value of one's own sheet; the same again changes nothing.

    Raises ``NotFound``, ``Malformed`` contests.value, ``Conflict`` contests.recused,
    contests.handed_in, contests.not_scored.
    """
    entry = _entry(judge_id, round_id, number)
    criterion = ContestCriterion.objects.filter(id=criterion_id, round_id=round_id).first()
    if criterion is None:
        raise NotFound()
    points_of(measured_of(criterion), value)
    values: dict[str, Any] = {
        "judge": judge_id,
        "entry": entry.id,
        "criterion": criterion_id,
        "value": value,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE, values)
        if cursor.rowcount:
            return
        try:
            with transaction.atomic():
                cursor.execute(_SAVE, values)
        except IntegrityError:  # the same tap came twice at once
            cursor.execute(_CHANGE, values)


@transaction.atomic
def hand_in(*, judge_id: int, round_id: int, number: int, now: datetime) -> None:
    """Hand in one's sheet of an entrant: from now on it does not change.

    Raises ``NotFound``, ``Conflict`` contests.incomplete and those of ``save_score``.
    """
    entry = _entry(judge_id, round_id, number)
    sheet = ScoreSheet.objects.select_for_update().filter(
        judge_id=judge_id, entry=entry, ended_at=None
    ).first()  # fmt: skip
    wanted = ContestCriterion.objects.filter(round_id=round_id).count()
    given = sheet.score_set.count() if sheet else 0
    if sheet is None or given < wanted:
        raise Conflict("contests.incomplete", f"还差 {wanted - given} 项没打分，打完再交。")
    sheet.handed_in_at = now
    sheet.save(update_fields=["handed_in_at"])


@transaction.atomic
def withdraw_from_entrant(
    *, judge_id: int, round_id: int, number: int, why: str, actor: Actor, now: datetime
) -> None:
    """Declare that one does not score this entrant: a relative, a friend. A sheet begun is ended."""
    judge = Judge.objects.select_related("contest__offer").filter(id=judge_id).first()
    if judge is None:
        raise NotFound()
    _entry(judge_id, round_id, number)
    declare(judge, number, why, by=judge.name, now=now)
    append_event(
        "contests.judge_withdrew",
        actor=actor,
        at=now,
        subject_type="contest",
        subject_id=judge.contest_id,
        union_id=judge.contest.offer.union_id,
        data={"judge": judge.ordinal, "number": number},
    )


def _entry(judge_id: int, round_id: int, number: int) -> RoundEntry:
    """Return the entry that this judge may score now; raise ``NotFound`` or ``Conflict``."""
    entry = (
        RoundEntry.objects.select_related("round")
        .filter(
            round_id=round_id,
            entrant__number=number,
            round__contest__judge__id=judge_id,
        )
        .first()
    )
    if entry is None:
        raise NotFound()
    if entry.round.state != RoundState.SCORING:
        raise Conflict(
            "contests.not_scored",
            f"这一轮现在是“{RoundState(entry.round.state).label}”，打不了分。",
        )
    if Recusal.objects.filter(judge_id=judge_id, entrant_id=entry.entrant_id).exists():
        raise Conflict("contests.recused", "这位选手你要回避，不打分。")
    if ScoreSheet.objects.filter(
        judge_id=judge_id, entry=entry, ended_at=None, handed_in_at__isnull=False
    ).exists():
        raise Conflict("contests.handed_in", "这张评分表交了，改不了。打错了，请主办工会作废重打。")
    return entry
