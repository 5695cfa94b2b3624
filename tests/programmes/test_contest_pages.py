"""Pages of contests: a judge in by his code, the desk to the result, everybody, an entrant's appeal."""

from datetime import timedelta

import pytest
from django.test import Client

from nuanxin.programmes.models import (
    Contest,
    ContestAppeal,
    ContestRound,
    Judge,
    Recusal,
    ScoreSheet,
)
from nuanxin.programmes.states import RoundState, Way
from tests.programmes.test_contests import Match, owner

pytestmark = pytest.mark.slow


@pytest.fixture
def match(town):
    return Match(town, riders=2, judges=2)


def judge_in(match, at=0):
    browser = Client()
    answer = browser.post("/judging/", {"code": match.judges[at].code})
    assert (answer.status_code, answer["Location"]) == (302, "/judging/")
    return browser


def names_of(match):
    return {f"c{one.id}" for one in match.first.contestcriterion_set.all()}


def test_a_judge_scores_on_his_phone_and_hands_in(match):
    match.start()
    browser = judge_in(match)
    address = f"/judging/{match.first.id}/1/"
    for name in sorted(names_of(match)):
        kept = browser.post(address, {name: "60"}, headers={"accept": "application/json"})
        assert kept.json() == {"kept": True, "said": ""}
    told = browser.post(address, {"do": "hand_in"}, headers={"accept": "application/json"}).json()
    assert told == {"kept": True, "said": "", "url": f"/judging/{match.first.id}/"}
    assert ScoreSheet.objects.get().handed_in_at is not None
    page = browser.get(f"/judging/{match.first.id}/").content.decode()
    assert "交了 1，共 2" in page
    assert "骑手0" not in page
    assert "骑手1" not in page


def test_a_value_that_is_no_number_is_said_so_and_nothing_is_kept(match):
    match.start()
    name = min(names_of(match), key=lambda one: (len(one), one))  # numbers, in their order
    answer = judge_in(match).post(
        f"/judging/{match.first.id}/1/", {name: "八十"}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["said"] == "“车辆检查”写一个数，最多两位小数，比如 87.5。"
    assert not ScoreSheet.objects.exists()


def test_without_a_code_nothing_is_shown_and_guessing_is_slowed_down(match):
    browser = Client()
    assert browser.get(f"/judging/{match.first.id}/")["Location"] == "/judging/"
    for _ in range(20):
        assert browser.post("/judging/", {"code": "AAAA-BBBB-CCCC"}).status_code == 422
    assert browser.post("/judging/", {"code": match.judges[0].code}).status_code == 429


def test_the_desk_runs_a_contest_from_the_offer_to_the_result(town):
    match = Match(town, riders=2, judges=1)
    first = town.cast.client("county_cadre")
    there = f"/desk/contests/{match.id}/rounds/{match.first.id}/"
    assert first.post(there, {"do": "start"}).status_code == 302
    match.score_all()
    assert first.post(there, {"do": "ask"}).status_code == 302
    alone = first.post(there, {"do": "close"})
    assert (alone.status_code, "提请的人自己不能复核" in alone.content.decode()) == (409, True)
    assert town.cast.client("county_colleague").post(there, {"do": "close"}).status_code == 302
    page = first.get(there).content.decode()
    assert "成绩定了" in page
    assert "93.4" in page
    assert "骑手" not in page.split("谁还没打")[0]


def test_a_contest_is_made_of_lines_and_a_line_that_is_not_read_is_named(town):
    offer = town.offer(Way.SCORE, places=3, definition="skill_contest")
    browser = town.cast.client("county_cadre")
    there = f"/desk/programmes/{offer.id}/contest/"
    lines = {"rounds": "初赛 | 2026-12-05 | 20 | 1 | 1 | 体育馆",
             "criteria": "初赛 | 骑行 | 60 | 100\n决赛 | 包扎 | 40 | 100 | 60=100"}  # fmt: skip
    assert "第 2 行没读懂" in browser.post(there, lines).content.decode()
    lines["criteria"] = "初赛 | 骑行 | 60 | 100\n初赛 | 包扎 | 40 | 100 | 60=100 90=80"
    made = browser.post(there, lines)
    contest = Contest.objects.get(offer=offer)
    assert made["Location"] == f"/desk/contests/{contest.id}/"
    page = browser.post(
        f"/desk/contests/{contest.id}/",
        {"do": "judges", "judges": "周清明\n吴立夏", "until": "2099-01-01"},
    )
    assert "评委码，只显示这一次" in page.content.decode()
    assert (
        "评委码，只显示这一次" not in browser.get(f"/desk/contests/{contest.id}/").content.decode()
    )


def test_everybody_reads_masked_results_and_an_entrant_appeals_once(match):
    match.start().score_all()
    match.close()
    page = Client().get(f"/contests/{match.offer.code}/").content.decode()
    assert "第 1 名" in page
    assert "骑手" not in page
    assert "一步一步" in page
    rider = owner(match, match.winner())
    member = match.cast.client("rider_ye")
    assert member.post(f"/contests/{match.offer.code}/appeal/",
                       {"round": match.first.id, "text": "我没有参加比赛"}).status_code == 404  # fmt: skip
    assert rider.worker_id
    assert not ContestAppeal.objects.exists()


def test_pages_of_contests_keep_to_their_queries(match, django_assert_max_num_queries):
    match.start()
    browser, desk = judge_in(match), match.cast.client("county_cadre")
    for who, address, most in (
        (Client(), f"/contests/{match.offer.code}/", 9),
        (browser, f"/judging/{match.first.id}/1/", 10),
        (desk, f"/desk/contests/{match.id}/", 12),
        (desk, f"/desk/contests/{match.id}/rounds/{match.first.id}/", 13),
    ):
        with django_assert_max_num_queries(most):
            assert who.get(address).status_code == 200, address


def test_a_code_that_expired_lets_nobody_go_on(match, monkeypatch):
    browser = judge_in(match)
    match.start()
    Judge.objects.update(code_until=match.now - timedelta(minutes=1))
    assert browser.get(f"/judging/{match.first.id}/1/")["Location"] == "/judging/"
    assert ContestRound.objects.get(id=match.first.id).state == RoundState.SCORING


def test_the_desk_gives_another_code_and_keeps_a_judge_from_an_entrant(match):
    desk, there = match.cast.client("county_cadre"), f"/desk/contests/{match.id}/"
    old = match.judges[0].code
    page = desk.post(there, {"do": "renew", "renew_judge": "1", "renew_until": "2099-01-01"})
    assert "评委码，只显示这一次" in page.content.decode()
    assert Client().post("/judging/", {"code": old}).status_code == 422
    recusal = {"do": "recuse", "recuse_judge": "2", "recuse_number": "1", "recuse_why": "是亲戚"}
    assert desk.post(there, recusal).status_code == 302
    assert Recusal.objects.get(judge__ordinal=2).why == "是亲戚"
    for wrong in ({"recuse_judge": "9"}, {"recuse_number": "99"}):
        assert desk.post(there, recusal | wrong).status_code == 422


def test_a_winner_agrees_on_the_page_and_everybody_reads_his_name(match):
    assert Client().get("/contests/honours/").status_code == 200
    browser = match.cast.client("rider_ye")
    assert "愿意上光荣榜吗" not in browser.get(f"/contests/{match.offer.code}/").content.decode()
    there = f"/contests/{match.offer.code}/honour/"
    assert browser.post(there, {"do": "agree"}).status_code == 302
    assert "骑手" not in Client().get("/contests/honours/").content.decode()
