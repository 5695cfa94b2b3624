"""The desk's page of deliveries: tick, record, take back; only for those whose offer it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.clock import business_day
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.models import Application, Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def exam(town):
    offer = town.offer(places=5)
    for rider in town.riders(3):
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    return offer


def page(town, offer, who="county_cadre"):
    return town.cast.client(who).get(f"/desk/programmes/{offer.id}/deliveries/")


def send(town, offer, who="county_cadre", **told):
    told = {"day": business_day(town.cast.now).isoformat()} | told
    return town.cast.client(who).post(f"/desk/programmes/{offer.id}/deliver/", told)


def test_the_ticked_are_recorded_and_leave_the_list(town, exam):
    first = Application.objects.order_by("id").first()
    assert send(town, exam, do="record", id=[first.id]).status_code == 302
    shown = page(town, exam).content.decode()
    assert "3 人有名额，登记了 1 人" in shown
    assert "2 人全部登记" in shown
    assert send(town, exam, do="record_all").status_code == 302
    assert "有名额的人都兑现了" in page(town, exam).content.decode()


def test_a_mistake_is_taken_back_with_a_reason(town, exam):
    send(town, exam, do="record_all")
    one = Delivery.objects.first()
    refused = send(town, exam, do="take_back", id=[one.id], reason="")
    assert refused.status_code == 422
    assert "写一句为什么撤销" in refused.content.decode()
    assert send(town, exam, do="take_back", id=[one.id], reason="登错人了").status_code == 302
    assert "撤销了" in page(town, exam).content.decode()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"do": "record"}, "先勾选办好了的人"),
        ({"do": "take_back"}, "先勾选要撤销的"),
        ({"do": "record_all", "day": "昨天"}, "日期没有读懂"),
        ({"do": "record_all", "day": "2999-01-01"}, "还没到"),
        ({"do": "record", "id": ["x", "9" * 30]}, "先勾选办好了的人"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(town, exam, told, said):
    answer = send(town, exam, **told)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Delivery.objects.exists()


def test_the_next_county_finds_nothing(town, exam):
    assert page(town, exam, "cadre_of_next_county").status_code == 404
    assert send(town, exam, "cadre_of_next_county", do="record_all").status_code == 404
    assert page(town, exam).status_code == 200


def test_the_page_costs_the_same_for_one_and_for_many(town, exam):
    with CaptureQueriesContext(connection) as few:
        page(town, exam)
    for rider in town.riders(2):
        apply_for_place(code=exam.code, actor=rider, now=town.cast.now)
    with CaptureQueriesContext(connection) as many:
        page(town, exam)
    assert len(few) == len(many)
