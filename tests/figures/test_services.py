"""A year of services for anybody: each beside its plan, and the places in a league."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.queries import measure
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.services import get_service_board
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.period import parse_period
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.counting import follow_deliveries
from nuanxin.programmes.models import Delivery, Programme

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

GONGSHU, YINZHOU = 330105, 330212


@pytest.fixture
def year():
    """What was given in 2022: 40 exams, twenty of them had mutual aid twice; eight in Ningbo."""
    now = clock.now()
    exam, aid = (
        Programme.objects.create(code=kind, title=kind, kind=kind, created_at=now)
        for kind in ("exam", "insurance")
    )
    people = Worker.objects.bulk_create(Worker(name=f"骑手{n}", created_at=now) for n in range(48))

    def give(programme, worker, region, day):
        return Delivery(
            programme=programme,
            worker=worker,
            union_id=1,
            region=region,
            day=day,
            recorded_at=now,
        )

    rows = [give(exam, one, GONGSHU, date(2022, 7, 1)) for one in people[:40]]
    rows += [give(aid, one, GONGSHU, date(2022, 8, day)) for one in people[:20] for day in (1, 2)]
    rows += [give(exam, one, YINZHOU, date(2022, 9, 1)) for one in people[40:]]
    Delivery.objects.bulk_create(rows)
    follow_deliveries()
    return now


def plan(kind, value, year=2022, region=330000):
    entry = Entry(
        kind=kind,
        region=region,
        as_of=date(year, 1, 1),
        value=value,
        source="年度工作计划",
        checked_on=date(year, 2, 1),
    )
    enter_denominators(entries=[entry], actor=SYSTEM, now=clock.now())


def line(board, code):
    return next(one for one in board.lines if one.definition.code == code)


def test_persons_and_times_are_apart_and_to_the_ten(year):
    board = get_service_board(year=2022, now=year)
    assert (board.persons, board.person_times) == (50, 90)
    assert line(board, "programmes.health_exam_persons").done == 50
    assert line(board, "programmes.mutual_aid_person_times").done == 40


def test_a_few_are_not_told(year):
    board = get_service_board(region=330200, year=2022, now=year)
    assert (board.persons, board.person_times) == (None, None)
    assert line(board, "programmes.health_exam_persons").done is None


def test_done_stands_beside_the_plan_of_its_own_year(year):
    assert line(get_service_board(year=2022, now=year), "programmes.health_exam_persons").percent is None  # fmt: skip
    plan(DenominatorKind.PLANNED_HEALTH_EXAM, 30, year=2021)
    one = line(get_service_board(year=2022, now=year), "programmes.health_exam_persons")
    assert (one.planned, one.percent) == (None, None)
    plan(DenominatorKind.PLANNED_HEALTH_EXAM, 40)
    one = line(get_service_board(year=2022, now=year), "programmes.health_exam_persons")
    assert (one.planned.value, one.percent) == (40, 12_500)


def test_the_registry_says_the_same(year):
    plan(DenominatorKind.PLANNED_HEALTH_EXAM, 40)
    whole = parse_period("2022")
    asked = {"region": 330000, "period": whole, "now": year}
    assert measure("programmes.health_exam_persons", **asked).value == 48
    told = measure_for_everybody("programmes.health_exam_persons", **asked)
    assert (told.value, told.rounded_to) == (50, 10)
    assert measure_for_everybody("programmes.health_exam_done_percent", **asked).value == 12_500
    assert measure_for_everybody("programmes.mutual_aid_person_times", **asked).value == 40


def test_a_plan_is_of_one_year_only(year):
    plan(DenominatorKind.PLANNED_HEALTH_EXAM, 40)
    with pytest.raises(NotFound) as refused:
        measure(
            "programmes.health_exam_done_percent",
            region=330000,
            period=parse_period("2021-06..2022-12"),
            now=year,
        )
    assert refused.value.code == "figures.denominator_missing"


def test_what_nobody_entered_is_not_known_and_not_nought(year):
    for code in ("programmes.recuperation_persons", "programmes.gift_person_times"):
        with pytest.raises(NotFound) as refused:
            measure(code, region=330000, period=parse_period("2022"), now=year)
        assert refused.value.code == "figures.nothing_recorded"
    assert measure("programmes.health_exam_persons", region=330300, period=parse_period("2022"), now=year).value == 0  # fmt: skip
    with pytest.raises(NotFound):
        measure(
            "programmes.health_exam_persons",
            region=330000,
            period=parse_period("2021"),
            now=year,
        )


def test_as_known_before_a_mistake_was_taken_back(year):
    first = Delivery.objects.filter(programme__kind="exam").first()
    later = year + timedelta(hours=1)
    values = {
        field: getattr(first, field)
        for field in ("programme_id", "worker_id", "union_id", "region", "day")
    }
    Delivery.objects.create(**values, step=-1, corrects=first, reason="错", recorded_at=later)
    asked = {"region": 330000, "period": parse_period("2022"), "now": later}
    then = measure("programmes.health_exam_persons", known_at=year, **asked)
    follow_deliveries()
    assert (then.value, measure("programmes.health_exam_persons", **asked).value) == (48, 47)


def test_a_month_of_the_year_is_read_from_the_facts(year):
    asked = {"region": 330000, "now": year}
    july = measure("programmes.health_exam_persons", period=parse_period("2022-07"), **asked)
    september = measure("programmes.health_exam_persons", period=parse_period("2022-09"), **asked)
    assert (july.value, september.value) == (40, 8)


def test_the_league_orders_by_times_per_thousand_members(year, world):
    board = get_service_board(year=2022, now=year)
    assert len(board.league) == 11
    rates = [one.rate for one in board.league]
    known = [one for one in rates if one is not None]
    assert known == sorted(known, reverse=True)
    assert rates[len(known) :] == [None] * (len(rates) - len(known))
    assert get_service_board(region=GONGSHU, year=2022, now=year).league == ()


@pytest.mark.parametrize("asked", [1999, 2099])
def test_a_year_of_which_nothing_can_be_is_refused(year, asked):
    with pytest.raises(Malformed) as refused:
        get_service_board(year=asked, now=year)
    assert refused.value.code == "figures.no_such_year"
    page = Client().get("/figures/services/", {"year": asked})
    assert page.status_code == 422
    assert str(asked) in page.content.decode()


def test_the_page_costs_the_same_however_much_there_is(year):
    client = Client()
    with CaptureQueriesContext(connection) as few:
        assert client.get("/figures/services/?year=2022").status_code == 200
    Delivery.objects.bulk_create(
        Delivery(
            programme=Programme.objects.first(),
            worker=one,
            union_id=1,
            region=GONGSHU,
            day=date(2022, 10, 1),
            recorded_at=year,
        )
        for one in Worker.objects.all()
    )
    follow_deliveries()
    with CaptureQueriesContext(connection) as many:
        client.get("/figures/services/?year=2022")
    assert len(many) == len(few) <= 8


def test_the_numbers_can_be_taken_away(year):
    plan(DenominatorKind.PLANNED_HEALTH_EXAM, 40)
    told = json.loads(Client().get("/figures/330000/services.json?year=2022").content)
    exam = next(one for one in told["rows"] if one["code"] == "programmes.health_exam_persons")
    assert (exam["value"], exam["planned"], exam["percent"]) == (50, 40, 125.0)
    sheet = Client().get("/figures/330000/services.csv?year=2022").content.decode()
    assert "参加免费体检" in sheet
    assert Client().get("/figures/330000/services.xml").status_code == 404


def test_an_installation_without_any_says_so():
    page = Client().get("/figures/services/").content.decode()
    assert "还没有登记过兑现" in page
