"""Facts people state: one question a screen, kept with its day, taken back; sensitive ones never kept."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.errors import NotFound
from nuanxin.people.models import Consent
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions.stating import state_fact, take_back_fact
from nuanxin.programmes.models import Application, StatedFact
from nuanxin.programmes.states import Way
from nuanxin.records.models import Event
from tests.programmes.test_can_get import lines, rider, text_of  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DEGREE = "/me/facts/answer/?of=degree"


def answer(browser, name, said, **more):
    return browser.post(f"/me/facts/answer/?of={name}", {"a": f"programmes.{name}={said}", **more})


def test_a_tap_keeps_what_was_answered_and_the_line_moves_at_once(town, rider):  # noqa: F811
    town.offer(Way.SCORE, definition="degree_yearly")
    (row,) = rider.get("/can-get/").context["maybe"]
    assert row["taps_url"] == "/me/facts/answer/?of=is_admitted"
    done = rider.post(row["taps_url"], {"a": row["taps"][0]["value"], "back": "can-get"})
    assert done["Location"] == "/can-get/"
    assert lines(rider.get("/can-get/"), "yes")
    fact = StatedFact.objects.get()
    assert (fact.name, fact.whole, fact.source) == ("programmes.is_admitted", 1, "本人在手机上填的")
    assert Event.objects.get(kind="programmes.fact_stated").data == {"fact": fact.name}


def test_a_number_that_is_kept_is_typed_so_that_it_stays_true(town, rider):  # noqa: F811
    page = rider.get("/me/facts/answer/?of=insured_months")
    assert not page.context["choices"]
    assert "社保参保证明" in text_of(page)
    rider.post("/me/facts/answer/?of=insured_months", {"number": "8"})
    assert StatedFact.objects.get().whole == 8


@pytest.mark.parametrize(
    ("address", "sent", "told"),
    [
        ("insured_months", {"number": "5000"}, "不像真的"),
        ("insured_months", {"number": "很久"}, "没看懂"),
        ("insured_months", {"number": ""}, "还没填"),
        ("degree", {"a": "programmes.degree=wizard"}, "没看懂"),
        ("degree", {"a": "programmes.skill_level=junior"}, "没看清"),
    ],
)
def test_what_cannot_be_is_told_and_not_kept(town, rider, address, sent, told):  # noqa: F811
    page = rider.post(f"/me/facts/answer/?of={address}", sent)
    assert page.status_code == 422
    assert told in text_of(page)
    assert StatedFact.objects.count() == 0


def test_two_taps_are_one_row_and_another_answer_is_another(town, rider):  # noqa: F811
    answer(rider, "degree", "college")
    answer(rider, "degree", "college")
    assert StatedFact.objects.count() == 1
    answer(rider, "degree", "bachelor")
    page = rider.get("/me/facts/")
    assert [row["value"] for row in page.context["rows"]] == ["本科"]


def test_it_is_listed_with_day_source_and_end_taken_back_and_in_my_data(town, rider):  # noqa: F811
    done = answer(rider, "degree", "college")
    assert done["Location"] == "/me/facts/?done=degree"
    page = rider.get(done["Location"])
    assert "记下了：已有的最高学历" in text_of(page)
    (row,) = page.context["rows"]
    assert "本人在手机上填的。用到" in row["text"]
    data = text_of(rider.get("/me/data/"))
    assert "为服务填过的情况" in data
    assert 'href="/me/facts/"' in data
    rider.post(row["back_url"])
    assert rider.get("/me/facts/").context["rows"] == []
    assert "撤回时间" in text_of(rider.get("/me/data/"))


def test_what_was_stated_too_long_ago_says_so(town, rider):  # noqa: F811
    answer(rider, "is_admitted", "yes")
    StatedFact.objects.update(stated_on=town.cast.now.date() - timedelta(days=400))
    (row,) = rider.get("/me/facts/").context["rows"]
    assert "太久了，要重新填" in row["text"]


def test_what_would_help_to_add_is_what_open_offers_wait_for(town, rider):  # noqa: F811
    town.offer(Way.SCORE, definition="degree_yearly")
    more = rider.get("/me/facts/").context["more"]
    assert "您已经被学校录取，或者正在读吗？" in [row["title"] for row in more]


def test_facts_are_stated_and_taken_back_by_oneself_or_who_may_edit(town):
    ye, lu = town.cast.rider_ye, town.cast.rider_lu
    asked = {
        "worker_id": ye.worker_id, "name": "programmes.degree", "now": town.cast.now,
    }  # fmt: skip
    more = {"value": 3, "source": "本人", "on": town.cast.now.date()}
    with pytest.raises(NotFound):
        state_fact(**asked, **more, actor=lu)
    assert state_fact(**asked, **more, actor=ye).whole == 3
    with pytest.raises(NotFound):
        take_back_fact(**asked, actor=lu)
    assert take_back_fact(**asked, actor=ye) == 1


def test_sensitive_questions_are_asked_after_their_own_consent_and_not_kept(town, rider):  # noqa: F811
    offer = town.offer(Way.NEED, definition="hardship_file")
    address = f"/can-get/questions/?of={offer.code}"
    page = rider.get(address)
    assert "这几句要你单独同意才问" in text_of(page)
    assert "已建困难职工档案" in text_of(page)
    assert Consent.objects.filter(purpose=ConsentPurpose.PROGRAMME_FACTS).count() == 0
    page = rider.post(address, {"do": "agree"})
    assert Consent.objects.filter(purpose=ConsentPurpose.PROGRAMME_FACTS).count() == 1
    asked = []
    while "choices" in page.context:
        assert "不存" in text_of(page)
        name = page.context["fact"]
        said = "no" if name == "programmes.has_hardship_file" else "yes"
        if name == "programmes.income_per_head_fen":
            said = page.context["choices"][0]["value"].partition("=")[2]
        asked.append(name)
        page = rider.post(address, {"a": [*page.context["kept"], f"{name}={said}"]})
    assert "你能领" in text_of(page)
    assert "没有存" in text_of(page)
    assert "programmes.has_hardship_file" in asked
    assert StatedFact.objects.count() == 0
    assert Event.objects.filter(data__icontains="hardship").count() == 0


def test_who_answers_so_that_it_is_no_is_told_and_can_ask_somebody(town, rider):  # noqa: F811
    offer = town.offer(Way.NEED, definition="hardship_file")
    address = f"/can-get/questions/?of={offer.code}"
    rider.post(address, {"do": "agree"})
    page = rider.post(address, {"a": "programmes.has_hardship_file=yes"})
    assert "现在还不能" in text_of(page)
    assert "/can-get/review/" in text_of(page)


def test_with_facts_known_a_place_is_two_taps_away(town, rider):  # noqa: F811
    town.offer(definition="health_exam")
    (row,) = rider.get("/can-get/").context["yes"]  # one: the tab; two: the button
    rider.post("/programmes/apply/", {"code": row["code"]})
    assert Application.objects.count() == 1


@pytest.mark.parametrize("address", ["/me/facts/", DEGREE, "/can-get/questions/?of={code}"])
def test_pages_of_facts_cost_few_queries(town, rider, address):  # noqa: F811
    offers = [town.offer(Way.SCORE, definition="degree_and_skill") for _ in range(4)]
    with CaptureQueriesContext(connection) as caught:
        assert rider.get(address.format(code=offers[0].code)).status_code == 200
    assert len(caught) <= 10, len(caught)


def test_who_is_not_signed_in_is_led_to_it(town, client):
    for address in ("/me/facts/", DEGREE, "/can-get/questions/", "/can-get/review/"):
        assert client.get(address).status_code == 302
