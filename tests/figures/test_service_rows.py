"""From a number of services to its rows, the statement that gives it, and its row set."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection

from nuanxin.figures.queries.behind import Asked, get_lineage, rows_behind
from nuanxin.figures.queries.measuring import measure
from nuanxin.figures.queries.service_rows import OF_SERVICES, prove_services, service_statement
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.period import Period
from nuanxin.people.models import Worker
from nuanxin.programmes.models import Delivery, Programme
from tests.figures.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAY = date(2026, 6, 17)
PERIOD = Period(date(2024, 2, 3), DAY)
EXAMS, TIMES = "programmes.health_exam_persons", "programmes.given_person_times"


@pytest.fixture
def given(world):
    """Two years of exams, gifts and mutual aid all over the world, some of them taken back."""
    chosen = random.Random(3)
    programmes = [
        Programme.objects.create(code=kind, title=kind, kind=kind, created_at=NOW)
        for kind in ("exam", "gift", "insurance", "recuperation", "physical", "training", "degree", "contest", "camp")
    ]  # fmt: skip
    workers = list(Worker.objects.all()[:40])
    unions = [one for name, one in world.unions.items() if name.startswith("joint")]
    made = Delivery.objects.bulk_create(
        Delivery(
            programme=chosen.choice(programmes),
            worker=chosen.choice(workers),
            union_id=(union := chosen.choice(unions)).id,
            region=union.adcode,
            occupation=3,
            day=(day := date(2024, 1, 20) + timedelta(days=chosen.randrange(900))),
            recorded_at=clock.day_end(day),
        )
        for _ in range(160)
    )
    Delivery.objects.bulk_create(
        Delivery(
            programme_id=one.programme_id,
            worker_id=one.worker_id,
            union_id=one.union_id,
            region=one.region,
            occupation=3,
            day=one.day,
            step=-1,
            corrects=one,
            reason="错",
            recorded_at=one.recorded_at + timedelta(days=60),
        )
        for one in made[:30]
    )
    return world


def officer(world, name):
    union = world.unions[name]
    return Actor(name="审计", grants=(Grant(Role.COUNTY_CADRE, union.id, union.path),))


@pytest.mark.parametrize("known_at", [None, clock.day_end(date(2025, 9, 1))])
def test_the_statement_shown_gives_the_value_when_it_is_run(given, known_at):
    for code in sorted(OF_SERVICES):
        asked = Asked(code, given.unions["hangzhou"].id, DAY, PERIOD, known_at)
        statement = service_statement(asked)
        text = statement.for_people
        for name, value in statement.values.items():
            text = text.replace(f":'{name}'", f"'{value.isoformat()}'" if name != "union" else "")
            text = text.replace(f":{name}", str(value))
        with connection.cursor() as cursor:
            cursor.execute(text.replace("%", "%%"))
            value = cursor.fetchone()[0]
        truth = measure(
            code, union_id=asked.union_id, period=PERIOD, known_at=known_at, now=NOW
        ).value
        assert value == truth == prove_services(asked).value, code


@pytest.mark.parametrize("code", [EXAMS, TIMES])
def test_all_pages_together_are_the_number(given, code):
    union = given.unions["hangzhou"]
    asked = {
        "actor": officer(given, "hangzhou"),
        "code": code,
        "union_code": union.code,
        "since": PERIOD.start,
        "as_of": DAY,
        "limit": 7,
        "now": NOW,
    }
    page = rows_behind(**asked)
    rows, value = list(page.rows), page.measurement.value
    while page.next:
        page = rows_behind(**asked, after=page.next)
        rows += page.rows
    assert len(rows) == value > 0
    assert page.measurement.value == value
    lineage = get_lineage(page, is_proof_asked=True, now=NOW)
    assert lineage.proof.value == value


def test_as_known_on_a_day(given):
    page = rows_behind(
        actor=officer(given, "hangzhou"),
        code=TIMES,
        union_code=given.unions["hangzhou"].code,
        since=PERIOD.start,
        as_of=date(2025, 8, 1),
        known_on=date(2025, 9, 1),
        now=NOW,
    )
    assert page.measurement.value == len(page.rows) + (0 if page.next is None else 50)
    assert page.value_today <= page.measurement.value


def test_only_those_over_a_union_see_who_was_served(given):
    code = given.unions["hangzhou"].code
    with pytest.raises(NotFound):
        rows_behind(actor=officer(given, "yinzhou"), code=TIMES, union_code=code, now=NOW)
    assert rows_behind(actor=officer(given, "hangzhou"), code=TIMES, union_code=code, now=NOW).rows
