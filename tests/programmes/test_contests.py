"""A contest from the list of applicants to the appeal: blind, complete, two persons, with a trace."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.programmes.actions import contest_results as results
from nuanxin.programmes.actions import contests, judging
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.contests import CriterionDraft, JudgeDraft, RoundDraft
from nuanxin.programmes.actions.honouring import agree_to_be_named
from nuanxin.programmes.models import (
    ContestAppeal,
    ContestCriterion,
    ContestRound,
    Judge,
    Recusal,
    RoundEntry,
    Score,
    ScoreSheet,
)
from nuanxin.programmes.queries import contests as queries
from nuanxin.programmes.queries.honours import has_won, list_honours
from nuanxin.programmes.states import AppealState, RoundState, Way
from nuanxin.records.models import Event

pytestmark = pytest.mark.slow
TABLE = ((Decimal(60), Decimal(100)), (Decimal(120), Decimal(40)))


class Match:
    """A contest of the county with riders in it; ``second`` is another cadre of the same county."""

    def __init__(self, town, riders=4, judges=3, union=""):
        cast = town.cast
        self.cast, self.now, self.cadre = cast, cast.now, cast.county_cadre
        self.second = Actor(account_id=cast.city_cadre.account_id, name="复核",
                            grants=self.cadre.grants)  # fmt: skip
        self.riders = town.riders(riders)
        self.offer = town.offer(Way.SCORE, places=10, definition="skill_contest")
        for rider in self.riders:
            apply_for_place(code=self.offer.code, actor=rider, now=self.now)
        made = contests.create_contest(
            offer_id=self.offer.id, rounds=rounds(self.now), actor=self.cadre, now=self.now
        )
        self.id = made.id
        contests.take_entrants(contest_id=made.id, actor=self.cadre, now=self.now)
        self.judges = contests.name_judges(
            contest_id=made.id,
            judges=[JudgeDraft(f"评委{n}", union) for n in range(1, judges + 1)],
            code_until=self.now + timedelta(days=1),
            actor=self.cadre,
            now=self.now,
        )
        self.first, self.last = ContestRound.objects.filter(contest=made).order_by("ordinal")

    def start(self):
        contests.start_round(round_id=self.first.id, actor=self.cadre, now=self.now)
        return self

    def numbers(self, found=None):
        rows = RoundEntry.objects.filter(round=found or self.first)
        return sorted(rows.values_list("entrant__number", flat=True))

    def score(self, judge, number, points, seconds=50, *, hands_in=True, found=None):
        found = found or self.first
        for criterion, value in zip(
            found.contestcriterion_set.order_by("ordinal"), (points, seconds), strict=True
        ):
            judging.save_score(judge_id=judge.id, round_id=found.id, number=number,
                               criterion_id=criterion.id, value=Decimal(value), now=self.now)  # fmt: skip
        if hands_in:
            judging.hand_in(judge_id=judge.id, round_id=found.id, number=number, now=self.now)

    def score_all(self):
        for judge in self.judges:
            for number in self.numbers():
                self.score(judge, number, 90 - number)

    def close(self):
        results.ask_to_close(round_id=self.first.id, actor=self.cadre, now=self.now)
        return results.close_round(round_id=self.first.id, actor=self.second, now=self.now)

    def winner(self):
        return RoundEntry.objects.get(round=self.first, rank=1)


def rounds(now):
    criteria = (
        CriterionDraft("车辆检查", Decimal(60), Decimal(100)),
        CriterionDraft("包扎", Decimal(40), Decimal(100), TABLE),
    )
    day = now.date()
    return [
        RoundDraft("初赛", day, 2, criteria),
        RoundDraft("决赛", day + timedelta(days=9), 1, criteria, drop_highest=1, drop_lowest=1),
    ]


@pytest.fixture
def match(town):
    return Match(town)


def state(match):
    return RoundState(ContestRound.objects.get(id=match.first.id).state)


def test_everybody_gets_a_number_once(match):
    assert match.numbers() == [1, 2, 3, 4]
    assert contests.take_entrants(contest_id=match.id, actor=match.cadre, now=match.now) == 0


def test_a_judge_comes_in_with_the_code_until_it_expires(match):
    code = match.judges[0].code
    assert judging.enter(code=code.lower().replace("-", " "), now=match.now) == match.judges[0].id
    with pytest.raises(Malformed):
        judging.enter(code=code, now=match.now + timedelta(days=2))
    contests.renew_code(judge_id=match.judges[0].id, code_until=match.now + timedelta(days=1),
                        actor=match.cadre, now=match.now)  # fmt: skip
    with pytest.raises(Malformed):
        judging.enter(code=code, now=match.now)


def test_a_judge_sees_numbers_and_his_own_scores_alone(match):
    match.start()
    first, second = match.judges[:2]
    match.score(first, 1, 88, hands_in=False)
    assert list(queries.own_scores(match.first.id, 1, judge_id=first.id).values()) == [88, 50]
    assert queries.own_scores(match.first.id, 1, judge_id=second.id) == {}
    told = repr(queries.list_blind(match.first.id, judge_id=second.id))
    assert "骑手" not in told


def test_the_desk_sees_who_lacks_and_no_value(match):
    match.start()
    match.score(match.judges[0], 1, 87)
    row = queries.list_matrix(match.first.id)[0]
    assert row.cells == ("交了", "没打", "没打")


def test_the_same_tap_twice_keeps_one_value_and_a_later_one_replaces_it(match):
    match.start()
    for value in (80, 80, 81):
        match.score(match.judges[0], 2, value, hands_in=False)
    assert ScoreSheet.objects.count() == 1
    assert list(queries.own_scores(match.first.id, 2, judge_id=match.judges[0].id).values()) == [
        81,
        50,
    ]


def test_a_sheet_with_a_gap_is_not_taken(match):
    match.start()
    criterion = match.first.contestcriterion_set.first()
    judging.save_score(judge_id=match.judges[0].id, round_id=match.first.id, number=1,
                       criterion_id=criterion.id, value=Decimal(9), now=match.now)  # fmt: skip
    with pytest.raises(Conflict) as refused:
        judging.hand_in(
            judge_id=match.judges[0].id, round_id=match.first.id, number=1, now=match.now
        )
    assert refused.value.code == "contests.incomplete"


def test_what_was_handed_in_stays_also_for_whoever_writes_past_the_product(match):
    match.start()
    match.score(match.judges[0], 1, 87)
    with pytest.raises(Conflict):
        match.score(match.judges[0], 1, 100)
    for statement in (
        "UPDATE programmes_score SET value = 99",
        "DELETE FROM programmes_score",
        "DELETE FROM programmes_scoresheet",
        "UPDATE programmes_scoresheet SET handed_in_at = NULL",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_correction_ends_the_sheet_with_a_reason_and_keeps_it(match):
    match.start()
    judge = match.judges[0]
    match.score(judge, 1, 78)
    results.end_sheet(round_id=match.first.id, number=1, judge_ordinal=1, why="把 87 打成了 78",
                      actor=match.cadre, now=match.now)  # fmt: skip
    match.score(judge, 1, 87)
    ended, live = ScoreSheet.objects.order_by("id")
    assert (ended.ended_why, live.ended_at) == ("把 87 打成了 78", None)
    assert Score.objects.filter(sheet=ended).count() == 2


def test_a_judge_does_not_score_his_own_union(town):
    match = Match(town, union="")
    union = town.cast.unions["couriers"]
    named = contests.name_judges(
        contest_id=match.id, judges=[JudgeDraft("同会", union.code)],
        code_until=match.now + timedelta(days=1), actor=match.cadre, now=match.now,
    )[0]  # fmt: skip
    assert Recusal.objects.filter(judge_id=named.id).count() == 4
    match.start()
    with pytest.raises(Conflict) as refused:
        match.score(named, 1, 90)
    assert refused.value.code == "contests.recused"
    entry = RoundEntry.objects.get(round=match.first, entrant__number=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoreSheet.objects.create(entry=entry, judge_id=named.id)


def test_a_judge_who_knows_an_entrant_withdraws_and_the_round_closes_without_him(match):
    match.start()
    match.score(match.judges[0], 1, 100, hands_in=False)
    judging.withdraw_from_entrant(judge_id=match.judges[0].id, round_id=match.first.id, number=1,
                                  why="是亲戚", actor=Actor(name="评委1"), now=match.now)  # fmt: skip
    for judge in match.judges:
        for number in match.numbers():
            if (judge, number) != (match.judges[0], 1):
                match.score(judge, number, 80)
    assert match.close() == 4, "all are equal, all go on"


def test_what_is_missing_blocks_closing_in_the_database_too(match):
    match.start()
    match.score(match.judges[0], 1, 80)
    with pytest.raises(Conflict) as refused:
        results.ask_to_close(round_id=match.first.id, actor=match.cadre, now=match.now)
    assert (refused.value.code, refused.value.message) == (
        "contests.missing", "还差 11 张评分表没交，不能定成绩。",
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ContestRound.objects.filter(id=match.first.id).update(state=RoundState.CHECKING)


def test_two_persons_close_a_round_and_the_best_go_on(match):
    match.start().score_all()
    results.ask_to_close(round_id=match.first.id, actor=match.cadre, now=match.now)
    with pytest.raises(Conflict) as refused:
        results.close_round(round_id=match.first.id, actor=match.cadre, now=match.now)
    assert refused.value.code == "contests.same_person"
    assert results.close_round(round_id=match.first.id, actor=match.second, now=match.now) == 2
    assert match.numbers(match.last) == [1, 2]
    assert match.winner().total == "93.4"
    found = ContestRound.objects.get(id=match.first.id)
    assert "1 号：3 位评委 93.4、93.4、93.4；其余 3 个平均 93.4。" in found.proof
    with pytest.raises(IntegrityError), transaction.atomic():
        ContestRound.objects.filter(id=found.id).update(closed_key=found.asked_key)


def test_nothing_is_scored_or_ended_after_a_round_is_closed(match):
    match.start().score_all()
    match.close()
    with pytest.raises(Conflict):
        match.score(match.judges[0], 1, 0)
    with pytest.raises(Conflict):
        results.end_sheet(round_id=match.first.id, number=1, judge_ordinal=1, why="想改一改",
                          actor=match.cadre, now=match.now)  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoreSheet.objects.update(ended_at=match.now, ended_why="x")


def owner(match, entry):
    """Return the rider behind an entry."""
    worker = entry.entrant.entrantmember_set.get().application.worker_id
    return next(one for one in match.riders if one.worker_id == worker)


def test_an_appeal_is_answered_by_another_and_upheld_it_is_scored_again_with_a_trace(match):
    match.start().score_all()
    match.close()
    entry = RoundEntry.objects.get(round=match.first, rank=4)
    rider = owner(match, entry)
    appeal = results.file_appeal(
        round_id=match.first.id, text="包扎的秒表没停", actor=rider, now=match.now
    )
    for actor in (match.cadre, match.second):
        with pytest.raises(Conflict) as refused:
            results.answer_appeal(appeal_id=appeal, is_upheld=True, answer="查了录像，属实",
                                  actor=actor, now=match.now)  # fmt: skip
        assert refused.value.code == "contests.own_result"
    third = Actor(account_id=match.cast.province_cadre.account_id, name="第三人",
                  grants=match.cadre.grants)  # fmt: skip
    results.answer_appeal(appeal_id=appeal, is_upheld=True, answer="查了录像，属实",
                          actor=third, now=match.now)  # fmt: skip
    assert state(match) is RoundState.SCORING
    assert ScoreSheet.objects.filter(ended_why="申诉成立：查了录像，属实").count() == 3
    for judge in match.judges:
        match.score(judge, entry.entrant.number, 100)
    match.close()
    assert match.winner() == entry
    assert ContestAppeal.objects.get().state == AppealState.RESCORED
    assert entry.entrant.number in match.numbers(match.last)


def test_an_appeal_has_its_time_and_its_person(match):
    match.start().score_all()
    match.close()
    rider = owner(match, match.winner())
    with pytest.raises(NotFound):
        results.file_appeal(
            round_id=match.first.id, text="我没有参加", actor=match.cast.rider_ye, now=match.now
        )
    with pytest.raises(Conflict) as refused:
        results.file_appeal(round_id=match.first.id, text="太晚了才想起来", actor=rider,
                            now=match.now + timedelta(days=30))  # fmt: skip
    assert refused.value.code == "contests.appeals_over"


def test_a_team_stands_under_one_number(match):
    number = contests.form_team(contest_id=match.id, team="顺风队", numbers=[2, 4], actor=match.cadre,
                                now=match.now)  # fmt: skip
    assert (number, match.numbers()) == (2, [1, 2, 3])
    assert queries.list_matrix(match.first.id)[1].name == "顺风队"


def test_another_county_finds_no_contest_and_a_worker_may_not(match, town):
    for actor, refusal in (
        (town.cast.cadre_of_next_county, NotFound),
        (match.riders[0], Forbidden),
    ):
        with pytest.raises(refusal):
            contests.start_round(round_id=match.first.id, actor=actor, now=match.now)
        with pytest.raises(refusal):
            queries.get_desk_contest(match.id, actor=actor)


def test_judges_are_not_added_while_a_round_is_scored(match):
    match.start()
    with pytest.raises(Conflict):
        contests.name_judges(contest_id=match.id, judges=[JudgeDraft("迟到")], actor=match.cadre,
                             code_until=match.now + timedelta(days=1), now=match.now)  # fmt: skip
    assert Judge.objects.count() == 3


def test_what_an_appeal_says_is_sealed_and_each_reading_is_kept(match):
    match.start().score_all()
    match.close()
    rider = owner(match, match.winner())
    appeal = results.file_appeal(
        round_id=match.first.id, text="包扎的秒表没停", actor=rider, now=match.now
    )
    assert "秒表".encode() not in bytes(ContestAppeal.objects.get().text_sealed)
    assert (
        results.read_appeal(appeal_id=appeal, actor=match.cadre, now=match.now) == "包扎的秒表没停"
    )
    assert Event.objects.filter(kind="contests.appeal_read").count() == 1
    with pytest.raises(NotFound):
        results.read_appeal(appeal_id=appeal, actor=match.cast.cadre_of_next_county, now=match.now)
    assert Event.objects.filter(kind="contests.appeal_read").count() == 1


def closed_for_good(match):
    """Close the contest's last round, and let the time for appeals go by; return the day after."""
    match.start().score_all()
    match.close()
    later = ContestRound.objects.filter(contest_id=match.id).exclude(id=match.first.id)
    RoundEntry.objects.filter(round__in=later).delete()
    ContestCriterion.objects.filter(round__in=later).delete()
    later.delete()
    first = ContestRound.objects.get(id=match.first.id)
    return first.appeals_until + timedelta(days=1)


def test_only_winners_who_agreed_stand_on_the_list_of_honours(match):
    after = closed_for_good(match)
    rider = owner(match, match.winner())
    assert has_won(match.id, worker_id=rider.worker_id)
    assert not has_won(match.id, worker_id=match.cast.rider_ye.worker_id)
    assert list_honours(today=after) == []
    agree_to_be_named(is_agreed=True, actor=rider, now=match.now)
    assert [(row.rank, row.name) for row in list_honours(today=after)] == [(1, rider.name)]
    assert list_honours(today=after - timedelta(days=1)) == [], "appeals may still come"
    agree_to_be_named(is_agreed=False, actor=rider, now=match.now)
    assert list_honours(today=after) == []


def test_nobody_is_honoured_while_an_appeal_is_open(match):
    after = closed_for_good(match)
    rider = owner(match, match.winner())
    agree_to_be_named(is_agreed=True, actor=rider, now=match.now)
    results.file_appeal(round_id=match.first.id, text="包扎的秒表没停", actor=rider, now=match.now)
    assert list_honours(today=after) == []
