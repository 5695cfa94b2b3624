"""我能领: what one can get, in one line each; asked without signing in, and read from the register."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.membership.models import Membership
from nuanxin.people.models import Engagement
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.models import Application, Offer, StatedFact
from nuanxin.programmes.states import Way
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ADDRESS = "/can-get/"
MOST_QUERIES = 8


@pytest.fixture
def rider(town):
    """Rider Ye, a member of the couriers' union since today, in his browser."""
    ye = town.cast.rider_ye
    today = town.cast.now.date()
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=3,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    return town.cast.client("rider_ye")


def text_of(answer):
    return answer.content.decode()


def ask(client, *answers, **more):
    return client.post(ADDRESS, {"a": list(answers), **more})


def lines(answer, kind):
    return [row["title"] for row in answer.context[kind]]


def offers_of_all_answers(town):
    """Return offers that a new member may have, may perhaps have and may not have yet."""
    exam = town.offer(definition="health_exam")
    degree = town.offer(Way.SCORE, definition="degree_yearly")
    trip = town.offer(Way.DRAW, definition="recuperation")
    for offer, title in ((exam, "体检"), (degree, "圆梦"), (trip, "疗休养")):
        Offer.objects.filter(id=offer.id).update(title=title)
    return exam, degree, trip


def test_the_first_question_is_what_most_rules_ask_and_one_tap_leads_on(town, client):
    offers_of_all_answers(town)
    first = client.get(ADDRESS)
    assert first.context["page_title"] == "您是工会会员吗？"
    assert [one["label"] for one in first.context["choices"]] == ["是", "不是"]
    second = ask(client, "membership.is_member=yes")
    assert second.context["step"] == 2
    assert second.context["page_title"] != first.context["page_title"]


def test_numbers_are_answered_by_stretches_that_the_rules_cut(town, client):
    town.offer(Way.SCORE, definition="degree_and_skill")
    town.offer(definition="skill_training")
    asked = ["membership.is_member=yes"]
    seen = {}
    for _ in range(4):
        page = ask(client, *asked)
        if page.context.get("choices") is None:
            break
        seen[page.context["page_title"]] = [one["label"] for one in page.context["choices"]]
        asked.append(page.context["skip"])
    assert seen["您多少周岁？"] == [
        "不满 16 周岁",
        "16 到 17 周岁",
        "18 到 45 周岁",
        "46 周岁以上",
    ]


def test_five_taps_at_most_and_every_offer_has_its_line(town, client):
    offers_of_all_answers(town)
    asked = []
    while "yes" not in (page := ask(client, *asked)).context:
        asked.append(page.context["choices"][0]["value"])
        assert len(asked) <= 5
    told = [*lines(page, "yes"), *lines(page, "maybe"), *lines(page, "no")]
    assert sorted(told) == ["体检", "圆梦", "疗休养"]


def test_yes_comes_first_maybe_with_its_question_no_with_what_would_turn_it(town, client):
    offers_of_all_answers(town)
    page = ask(
        client, "membership.is_member=yes", "programmes.had_exam=no", "membership.months=0",
        done="1",
    )  # fmt: skip
    assert lines(page, "yes") == ["体检"]
    assert lines(page, "maybe") == ["圆梦"]
    assert lines(page, "no") == ["疗休养"]
    assert "您已经被学校录取，或者正在读吗？" in page.context["maybe"][0]["text"]
    assert page.context["no"][0]["text"] == "入会要满 12 个月"
    text = text_of(page)
    assert text.index("能领</h2>") < text.index("再答几句就知道") < text.index("现在还不能")


def test_a_tap_on_the_question_of_a_line_answers_it_at_once(town, client):
    town.offer(Way.SCORE, definition="degree_yearly")
    page = ask(client, "membership.is_member=yes", "programmes.had_degree=no", done="1")
    (row,) = page.context["maybe"]
    page = ask(client, *row["kept"], row["taps"][0]["value"], done="1")
    assert page.context["yes"]
    page = ask(client, *row["kept"], row["taps"][1]["value"], done="1")
    assert page.context["no"]


def test_who_is_no_member_is_told_to_join_and_where(town, client):
    town.offer(definition="health_exam")
    page = ask(client, "membership.is_member=no")
    (row,) = page.context["no"]
    assert "先入会" in row["text"]
    assert 'href="/join/"' in text_of(page)


def test_a_rule_that_says_nothing_of_members_is_for_members_all_the_same(town, client):
    town.offer(definition="season_gift")
    answers = ["people.occupation=courier", "programmes.had_gift=no"]
    page = ask(client, *answers, done="1")
    (row,) = page.context["maybe"]
    assert row["text"] == "你是工会会员吗？"
    assert lines(ask(client, *answers, "membership.is_member=yes", done="1"), "yes")
    (row,) = ask(client, *answers, "membership.is_member=no", done="1").context["no"]
    assert row["joins"]


def test_a_what_if_writes_nothing_and_names_nothing_in_its_address(town, client):
    town.offer()
    events = Event.objects.count()
    page = ask(client, "membership.is_member=yes", "people.age_years=30", done="1")
    assert page.request["QUERY_STRING"] == ""
    assert (StatedFact.objects.count(), Event.objects.count()) == (0, events)
    assert "选的没有存" in text_of(page)


def test_an_answer_is_changed_without_losing_the_others(town, client):
    town.offer(Way.DRAW, definition="recuperation")
    page = ask(client, "membership.is_member=yes", "membership.months=12", done="1")
    months = next(row for row in page.context["chosen"] if row["label"] == "入会满几个月")
    assert months["value"] == "12 个月以上"
    again = ask(client, *months["kept"], ask=months["name"])
    assert again.context["page_title"] == "您入会多久了？"
    assert "membership.is_member=yes" in again.context["kept"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("people.age_years=999", "不像真的"),
        ("people.age_years=-3", "不像真的"),
        ("people.age_years=abc", "有一句回答没看懂"),
        ("people.agee=3", "有一句回答没看懂"),
        ("people.occupation=astronaut", "有一句回答没看懂"),
        ("membership.union_path=/1/", "有一句回答没看懂"),
        ("membership.is_member=maybe", "有一句回答没看懂"),
        ("area=moon", "有一句回答没看懂"),
        ("nonsense", "有一句回答没看懂"),
        ("people.age_years=" + "1" * 200, "有一句回答没看懂"),
    ],
)
def test_an_answer_that_cannot_be_is_told_and_the_others_are_kept(town, client, answer, told):
    offers_of_all_answers(town)
    page = ask(client, "membership.is_member=yes", answer)
    assert page.status_code == 422
    assert told in text_of(page)
    assert "membership.is_member=yes" in page.context["kept"]


def test_who_is_thirteen_is_told_that_work_begins_at_sixteen(town, client):
    town.offer(definition="skill_training")
    page = ask(client, "membership.is_member=yes", "people.age_years=13", done="1")
    assert "不满 16 周岁还不能参加劳动" in text_of(page)
    assert page.context["no"][0]["text"] == "年龄要满 16 周岁"


def test_where_matters_only_when_unions_of_several_cities_have_offers(town, client):
    offers_of_all_answers(town)
    assert client.get(ADDRESS).context["skip"] == "membership.is_member=?"
    other = town.offer()
    Offer.objects.filter(id=other.id).update(union=town.cast.unions["far_county"], title="远")
    first = client.get(ADDRESS)
    assert {one["label"] for one in first.context["choices"]} == {"杭州市", "宁波市"}
    page = ask(client, "area=330200", "membership.is_member=yes", done="1")
    told = [*lines(page, "yes"), *lines(page, "maybe"), *lines(page, "no")]
    assert told == ["远"]


def test_the_register_fills_it_for_who_is_signed_in(town, rider):
    offers_of_all_answers(town)
    page = rider.get(ADDRESS)
    assert lines(page, "yes") == ["体检"]
    assert lines(page, "maybe") == ["圆梦"]
    assert lines(page, "no") == ["疗休养"]
    day = town.cast.now.date()
    assert f"到 {day.year + 1} 年 {day.month} 月 {day.day} 日就满" in page.context["no"][0]["text"]
    assert "3 件事，你能领 1 件" in text_of(page)


def test_what_one_applied_for_is_told_apart(town, rider):
    exam, *_ = offers_of_all_answers(town)
    apply_for_place(code=exam.code, actor=town.cast.rider_ye, now=town.cast.now)
    page = rider.get(ADDRESS)
    assert [row["title"] for row in page.context["applied"]] == ["体检"]
    assert "体检" not in lines(page, "yes")


def test_two_taps_lead_from_the_list_to_a_place(town, rider):
    exam, *_ = offers_of_all_answers(town)
    page = rider.get(ADDRESS)
    assert page.context["yes"][0]["code"] == exam.code
    rider.post("/programmes/apply/", {"code": exam.code})
    assert Application.objects.count() == 1


def test_offers_of_other_counties_are_not_ones_own(town, rider):
    near, far = town.offer(), town.offer()
    Offer.objects.filter(id=far.id).update(union=town.cast.unions["next_county"], title="远")
    Offer.objects.filter(id=near.id).update(title="近")
    assert lines(rider.get(ADDRESS), "yes") == ["近"]


def test_a_pool_for_another_trade_is_told(town, rider):
    from tests.programmes.conftest import POOLS_BY_TRADE

    town.offer(pools=POOLS_BY_TRADE[1:])
    (row,) = rider.get(ADDRESS).context["no"]
    assert "没有给你所在地区或职业的名额" in row["text"]


def test_an_offer_that_begins_later_says_when_and_cannot_be_asked_for_yet(town, rider):
    offer = town.offer()
    Offer.objects.filter(id=offer.id).update(opens_at=town.cast.now + timedelta(days=1))
    (row,) = rider.get(ADDRESS).context["yes"]
    assert "起报名" in row["text"]
    assert not row["may_apply"]


def test_the_page_of_an_offer_tells_each_condition_with_its_fact_source_and_age(town, rider):
    exam, _, trip = offers_of_all_answers(town)
    text = text_of(rider.get(f"/programmes/{exam.code}/"))
    assert "两条都够" in text
    assert "最近 12 个月享受过体检（不论哪一级）：没有。各级工会的报名记录，今天" in text
    text = text_of(rider.get(f"/programmes/{trip.code}/"))
    assert "三条里，你够两条" in text
    assert "入会满几个月：0 个月。会籍登记，今天" in text
    assert "去我的资料改" in text


@pytest.mark.parametrize("how_many", [1, 6])
def test_more_offers_cost_no_more_queries(town, rider, client, how_many):
    ye = town.cast.rider_ye
    Engagement.objects.create(worker_id=ye.worker_id, occupation=3, recorded_at=town.cast.now)
    for _ in range(how_many):
        offers_of_all_answers(town)
    for browser in (rider, client):
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(ADDRESS).status_code == 200
        assert len(caught) <= MOST_QUERIES, len(caught)


def test_a_program_gets_the_questions_and_its_answers_fit_a_what_if(town, client):
    town.offer(Way.DRAW, definition="recuperation")
    exam = town.offer(definition="health_exam")
    with CaptureQueriesContext(connection) as caught:
        found = client.get("/api/v1/can-get/questions").json()
    assert len(caught) <= 4
    assert (found["most"], found["items"][0]["fact"]) == (5, "membership.is_member")
    assert found["items"][0]["offers"] == 2
    named = {one["fact"]: one for one in found["items"]}
    assert [one["value"] for one in named["membership.is_member"]["answers"]] == [True, False]
    months = named["membership.months"]["answers"]
    assert months[0]["value"] == 0
    facts = {name: one["answers"][-1]["value"] for name, one in named.items()}
    answer = client.post(
        f"/api/v1/programmes/{exam.code}/what-if",
        json.dumps({"facts": facts}),
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["missing"] == []


def test_questions_are_of_a_place_and_name_nobody(town, client):
    town.offer(definition="health_exam")
    here = client.get("/api/v1/can-get/questions?area=330100").json()
    assert here["areas"] == ["330100"]
    assert here["items"]
    assert client.get("/api/v1/can-get/questions?area=330200").json()["items"] == []
    assert client.get("/api/v1/can-get/questions?area=here").status_code == 422
