"""Contests as everybody, an entrant, a judge and the desk see them. Judges never see a name."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Contest, ContestCriterion, ContestRound, Offer
from nuanxin.programmes.rules.contests import Measured, Ranking, Terms, rank
from nuanxin.programmes.rules.publicity import masked_name
from nuanxin.programmes.states import AppealState, CriterionKind, RoundState

ENTRANTS_LIMIT = 500
LIST_LIMIT = 50
RESULTS_LIMIT = 200


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round with what is scored in it."""

    id: int
    ordinal: int
    label: str
    held_on: date
    place: str
    goes_on: int
    drop_highest: int
    drop_lowest: int
    state: RoundState
    entrants: int
    asked_name: str
    asked_key: str
    closed_name: str
    closed_at: datetime | None
    appeals_until: date | None
    proof: tuple[str, ...]
    criteria: tuple[Measured, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class ResultRow:
    """An entrant's result in a closed round; the name is masked."""

    number: int
    masked_name: str
    rank: int
    total: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class ContestRow:
    """A contest and its rounds."""

    id: int
    offer_id: int
    code: str
    title: str
    union_id: int
    union_name: str
    union_path: str
    appeal_days: int
    rounds: tuple[RoundRow, ...]


@dataclass(frozen=True, slots=True)
class MineRow:
    """One's own entry in a round."""

    round_id: int
    number: int
    team: str
    rank: int | None
    total: str
    goes_on: bool | None
    appeal: AppealState | None
    answer: str


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """A judge in a list of the desk, or oneself."""

    id: int
    contest_id: int
    ordinal: int
    name: str
    code_until: datetime
    recused: int


@dataclass(frozen=True, slots=True)
class BlindRow:
    """An entrant before a judge: a number and how far one's own sheet is."""

    number: int
    given: int
    is_handed_in: bool
    is_recused: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An entrant at the desk: who he is, and each judge's sheet in a word."""

    number: int
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal at the desk, without what it says: that is sealed and read for itself."""

    id: int
    contest_id: int
    round_id: int
    round_label: str
    number: int
    filed_at: datetime
    due_on: date
    state: AppealState
    answer: str
    answered_name: str
    closed_keys: str


# ---- contests and rounds ----------------------------------------------------------------------


def get_public_contest(code: str) -> ContestRow:
    """Return the contest of a published offer; raise ``NotFound``."""
    contest = (
        Contest.objects.select_related("offer")
        .filter(offer__code=code, offer__published_at__isnull=False)
        .first()
    )
    if contest is None:
        raise NotFound()
    return _contest(contest)


def find_public_contest(code: str) -> str:
    """Return the code of an offer's contest when it has one, else ""."""
    found = Contest.objects.filter(offer__code=code, offer__published_at__isnull=False)
    return code if found.exists() else ""


def list_public_contests() -> list[tuple[str, str, str]]:
    """Return (code, title, union) of published contests, the latest first."""
    rows = (
        Contest.objects.filter(offer__published_at__isnull=False)
        .order_by("-id")
        .values_list("offer__code", "offer__title", "offer__union__name")[:LIST_LIMIT]
    )
    return list(rows)


def find_contest_of(offer_id: int) -> int | None:
    """Return the contest of an offer, if it has one; the caller has checked the scope."""
    return Contest.objects.filter(offer_id=offer_id).values_list("id", flat=True).first()


def get_desk_contest(contest_id: int, *, actor: Actor) -> ContestRow:
    """Return a contest in the actor's scope; raise ``NotFound``."""
    contest = Contest.objects.select_related("offer").filter(id=contest_id).first()
    if contest is None:
        raise NotFound()
    found = _contest(contest)
    permissions.check_can_view(actor, path=found.union_path)
    return found


def may_manage(found: ContestRow, *, actor: Actor) -> bool:
    """Return whether the actor may run the contest."""
    return policy.may(actor, permissions.MANAGE, path=found.union_path)


_ROUNDS = """
SELECT r.id, r.ordinal, r.label, r.held_on, r.place, r.goes_on, r.drop_highest, r.drop_lowest, r.state,
       (SELECT count(*) FROM programmes_roundentry e WHERE e.round_id = r.id),
       r.asked_name, r.asked_key, r.closed_name, r.closed_at, r.appeals_until
FROM programmes_contestround r WHERE r.contest_id = %(contest)s ORDER BY r.ordinal LIMIT 10
"""


def _contest(contest: Contest) -> ContestRow:
    offer: Offer = contest.offer
    union = get_union(offer.union_id)
    criteria = _criteria_of(contest.id)
    rows = fetch_all(_ROUNDS, {"contest": contest.id})
    proofs = dict(ContestRound.objects.filter(contest=contest).values_list("id", "proof"))
    return ContestRow(
        id=contest.id,
        offer_id=offer.id,
        code=offer.code,
        title=offer.title,
        union_id=union.id,
        union_name=union.name,
        union_path=union.path,
        appeal_days=contest.appeal_days,
        rounds=tuple(
            _round(row, proofs[row[0]], criteria.get(row[0], []), is_last=at == len(rows))
            for at, row in enumerate(rows, start=1)
        ),
    )


def _round(row: Any, proof: list[str], criteria: list[Measured], *, is_last: bool) -> RoundRow:
    values: list[Any] = [
        *row[:8],
        RoundState(row[8]),
        *row[9:15],
        tuple(proof),
        tuple(criteria),
        is_last,
    ]
    return RoundRow(*values)


def _criteria_of(contest_id: int) -> dict[int, list[Measured]]:
    found: dict[int, list[Measured]] = {}
    rows = ContestCriterion.objects.filter(round__contest_id=contest_id).order_by("ordinal")
    for row in rows:
        found.setdefault(row.round_id, []).append(measured_of(row))
    return found


def measured_of(row: ContestCriterion) -> Measured:
    """Return a criterion as the rules take it."""
    return Measured(
        id=row.id,
        label=row.label,
        weight=row.weight,
        most=row.most,
        kind=CriterionKind(row.kind),
        table=tuple((Decimal(limit), Decimal(points)) for limit, points in row.table),
    )


def round_of(found: ContestRow, round_id: int) -> RoundRow:
    """Return one round of a contest; raise ``NotFound``."""
    row = next((one for one in found.rounds if one.id == round_id), None)
    if row is None:
        raise NotFound()
    return row


_RESULTS = """
SELECT n.number, n.team, (
           SELECT w.name FROM programmes_entrantmember m
           JOIN programmes_application a ON a.id = m.application_id
           JOIN people_worker w ON w.id = a.worker_id
           WHERE m.entrant_id = n.id ORDER BY m.id LIMIT 1),
       e.rank, e.total, e.goes_on
FROM programmes_roundentry e JOIN programmes_contestentrant n ON n.id = e.entrant_id
WHERE e.round_id = %(round)s AND e.rank IS NOT NULL
ORDER BY e.rank, n.number LIMIT %(limit)s
"""


def list_results(round_id: int, *, limit: int = RESULTS_LIMIT) -> list[ResultRow]:
    """Return the results of a closed round in order, names masked (a team by its name)."""
    return [
        ResultRow(row[0], row[1] or masked_name(row[2] or ""), *row[3:])
        for row in fetch_all(_RESULTS, {"round": round_id, "limit": limit})
    ]


_MINE = """
SELECT e.round_id, n.number, n.team, e.rank, e.total, e.goes_on, p.state, p.answer
FROM programmes_application a
JOIN programmes_entrantmember m ON m.application_id = a.id
JOIN programmes_contestentrant n ON n.id = m.entrant_id
JOIN programmes_roundentry e ON e.entrant_id = n.id
LEFT JOIN LATERAL (SELECT p.state, p.answer FROM programmes_contestappeal p
                   WHERE p.entry_id = e.id ORDER BY p.id DESC LIMIT 1) p ON true
WHERE a.worker_id = %(worker)s AND n.contest_id = %(contest)s LIMIT 10
"""


def list_mine(contest_id: int, *, worker_id: int) -> list[MineRow]:
    """Return one's own entries in a contest."""
    rows = fetch_all(_MINE, {"contest": contest_id, "worker": worker_id})
    return [_mine(row) for row in rows]


def _mine(row: Any) -> MineRow:
    values: list[Any] = [*row[:6], AppealState(row[6]) if row[6] else None, row[7] or ""]
    return MineRow(*values)


# ---- judges -----------------------------------------------------------------------------------

_JUDGE = """
SELECT j.id, j.contest_id, j.ordinal, j.name, j.code_until,
       (SELECT count(*) FROM programmes_recusal c WHERE c.judge_id = j.id)
FROM programmes_judge j
"""


def find_judge(judge_id: int, *, now: datetime) -> JudgeRow | None:
    """Return a judge whose code still holds, or None."""
    rows = fetch_all(f"{_JUDGE} WHERE j.id = %(judge)s AND j.code_until > %(now)s",
                  {"judge": judge_id, "now": now})  # fmt: skip
    return JudgeRow(*rows[0]) if rows else None


def find_judge_of_account(actor: Actor, *, now: datetime) -> JudgeRow | None:
    """Return as which judge somebody who is signed in may score, the latest contest first."""
    if actor.account_id is None:
        return None
    rows = fetch_all(
        f"{_JUDGE} WHERE j.account_id = %(account)s AND j.code_until > %(now)s ORDER BY j.id DESC LIMIT 1",
        {"account": actor.account_id, "now": now},
    )
    return JudgeRow(*rows[0]) if rows else None


def list_judges(contest_id: int) -> list[JudgeRow]:
    """Return the judges of a contest; the caller has checked the scope."""
    rows = fetch_all(f"{_JUDGE} WHERE j.contest_id = %(contest)s ORDER BY j.ordinal LIMIT 50",
                  {"contest": contest_id})  # fmt: skip
    return [JudgeRow(*row) for row in rows]


def contest_of_judge(judge: JudgeRow) -> ContestRow:
    """Return the contest that a judge scores: rounds and what is scored, nobody's name."""
    return _contest(Contest.objects.select_related("offer").get(id=judge.contest_id))


_BLIND = """
SELECT n.number, (SELECT count(*) FROM programmes_score p WHERE p.sheet_id = s.id),
       s.handed_in_at IS NOT NULL, c.id IS NOT NULL
FROM programmes_roundentry e JOIN programmes_contestentrant n ON n.id = e.entrant_id
LEFT JOIN programmes_scoresheet s
    ON s.entry_id = e.id AND s.judge_id = %(judge)s AND s.ended_at IS NULL
LEFT JOIN programmes_recusal c ON c.entrant_id = n.id AND c.judge_id = %(judge)s
WHERE e.round_id = %(round)s ORDER BY n.number LIMIT %(limit)s
"""


def list_blind(round_id: int, *, judge_id: int) -> list[BlindRow]:
    """Return the entrants of a round as this judge sees them."""
    values = {"round": round_id, "judge": judge_id, "limit": ENTRANTS_LIMIT}
    return [BlindRow(row[0], row[1] or 0, row[2], row[3]) for row in fetch_all(_BLIND, values)]


_OWN_SCORES = """
SELECT p.criterion_id, p.value FROM programmes_score p
JOIN programmes_scoresheet s ON s.id = p.sheet_id AND s.ended_at IS NULL
JOIN programmes_roundentry e ON e.id = s.entry_id
JOIN programmes_contestentrant n ON n.id = e.entrant_id
WHERE e.round_id = %(round)s AND n.number = %(number)s AND s.judge_id = %(judge)s LIMIT 50
"""


def own_scores(round_id: int, number: int, *, judge_id: int) -> dict[int, Decimal]:
    """Return what this judge, and no other, gave this entrant, by criterion."""
    values = {"round": round_id, "number": number, "judge": judge_id}
    return {row[0]: row[1] for row in fetch_all(_OWN_SCORES, values)}


# ---- counting ---------------------------------------------------------------------------------

_MISSING = """
SELECT count(*) FROM programmes_roundentry e
JOIN programmes_contestround r ON r.id = e.round_id
JOIN programmes_judge j ON j.contest_id = r.contest_id
WHERE e.round_id = %(round)s AND e.absent_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM programmes_recusal c
                  WHERE c.judge_id = j.id AND c.entrant_id = e.entrant_id)
  AND NOT EXISTS (SELECT 1 FROM programmes_scoresheet s
                  WHERE s.judge_id = j.id AND s.entry_id = e.id AND s.ended_at IS NULL
                    AND s.handed_in_at IS NOT NULL)
"""


def count_missing(round_id: int) -> int:
    """Return how many sheets of a round are not handed in."""
    return int(fetch_all(_MISSING, {"round": round_id})[0][0])


_SHEETS = """
SELECT n.number, s.id, p.criterion_id, p.value
FROM programmes_roundentry e JOIN programmes_contestentrant n ON n.id = e.entrant_id
LEFT JOIN programmes_scoresheet s
    ON s.entry_id = e.id AND s.ended_at IS NULL AND s.handed_in_at IS NOT NULL
LEFT JOIN programmes_score p ON p.sheet_id = s.id
WHERE e.round_id = %(round)s AND e.absent_at IS NULL
"""


def ranking_of(found: ContestRound) -> Ranking:
    """Return the ranking of a round from its sheets; raise ``Conflict`` contests.too_few_judges."""
    criteria = _criteria_of(found.contest_id)[found.id]
    sheets: dict[int, dict[int, dict[int, Decimal]]] = {}
    for number, sheet, criterion, value in fetch_all(_SHEETS, {"round": found.id}):
        of_entrant = sheets.setdefault(number, {})
        if sheet is not None:
            of_entrant.setdefault(sheet, {})[criterion] = value
    terms = Terms(found.drop_highest, found.drop_lowest, found.goes_on)
    return rank(criteria, {number: list(of.values()) for number, of in sheets.items()}, terms)


_MATRIX = """
SELECT n.number, n.team, (
           SELECT string_agg(w.name, '、' ORDER BY m.id) FROM programmes_entrantmember m
           JOIN programmes_application a ON a.id = m.application_id
           JOIN people_worker w ON w.id = a.worker_id WHERE m.entrant_id = n.id),
       array_agg(CASE WHEN e.absent_at IS NOT NULL THEN '没来' WHEN c.id IS NOT NULL THEN '回避' WHEN s.handed_in_at IS NOT NULL THEN '交了'
                      WHEN s.id IS NOT NULL THEN '在打' ELSE '没打' END ORDER BY j.ordinal)
FROM programmes_roundentry e JOIN programmes_contestentrant n ON n.id = e.entrant_id
JOIN programmes_judge j ON j.contest_id = n.contest_id
LEFT JOIN programmes_recusal c ON c.judge_id = j.id AND c.entrant_id = n.id
LEFT JOIN programmes_scoresheet s ON s.judge_id = j.id AND s.entry_id = e.id AND s.ended_at IS NULL
WHERE e.round_id = %(round)s GROUP BY n.id, e.id ORDER BY n.number LIMIT %(limit)s
"""


def list_matrix(round_id: int) -> list[MatrixRow]:
    """Return who is in a round and where each judge's sheet stands; never a value."""
    rows = fetch_all(_MATRIX, {"round": round_id, "limit": ENTRANTS_LIMIT})
    return [MatrixRow(row[0], row[1] or row[2] or "", tuple(row[3])) for row in rows]


_APPEALS = """
SELECT p.id, r.contest_id, r.id, r.label, n.number, p.filed_at, p.due_on, p.state, p.answer,
       p.answered_name, p.closed_keys
FROM programmes_contestappeal p JOIN programmes_roundentry e ON e.id = p.entry_id
JOIN programmes_contestround r ON r.id = e.round_id
JOIN programmes_contestentrant n ON n.id = e.entrant_id
"""


def list_appeals(contest_id: int) -> list[AppealRow]:
    """Return the appeals of a contest, what waits first; the caller has checked the scope."""
    rows = fetch_all(
        f"{_APPEALS} WHERE r.contest_id = %(contest)s ORDER BY p.state, p.due_on, p.id LIMIT 100",
        {"contest": contest_id},
    )
    return [_appeal(row) for row in rows]


def get_appeal(appeal_id: int, *, actor: Actor) -> AppealRow:
    """Return an appeal in the actor's scope; raise ``NotFound``."""
    rows = fetch_all(f"{_APPEALS} WHERE p.id = %(appeal)s", {"appeal": appeal_id})
    if not rows:
        raise NotFound()
    found = _appeal(rows[0])
    get_desk_contest(found.contest_id, actor=actor)
    return found


def _appeal(row: Any) -> AppealRow:
    values: list[Any] = [*row[:7], AppealState(row[7]), *row[8:]]
    return AppealRow(*values)
