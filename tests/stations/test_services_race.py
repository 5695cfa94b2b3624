"""Sixteen who tap one time: one has it; and what happens when the database does not keep the seat."""

import pytest
from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.people.models import Worker
from nuanxin.stations.actions.serving import book_service, open_service
from nuanxin.stations.models import ServiceBooking
from nuanxin.stations.queries.services import slots_of
from nuanxin.stations.states.services import ServiceKind
from tests.cast import build_cast
from tests.membership.conftest import at_once, own_database  # noqa: F401
from tests.stations.conftest import Street

pytestmark = pytest.mark.slow
CLIENTS = 16


@pytest.fixture
def taps(own_database):  # noqa: F811
    """Return what lets everybody tap the same time at once; in a database where commits are real."""
    street = Street(build_cast())
    now = street.cast.now
    service = open_service(
        code=street.station().code, kind=ServiceKind.LEGAL, hours="Mo-Su 00:00-24:00",
        slot_minutes=60, seats=1, server_hint="王律师", is_remote=False,
        actor=street.cast.county_cadre, now=now,
    )  # fmt: skip
    begin = slots_of(service, now=now)[5][0]
    people = [
        Actor(name="骑手", worker_id=Worker.objects.create(name=f"骑手{n}", created_at=now).id)
        for n in range(CLIENTS)
    ]

    def tap(number):
        try:
            return book_service(
                service_id=service.id, starts_at=begin, topic="pay", actor=people[number], now=now
            ).seat
        except Conflict as refused:
            return refused.code

    return lambda: at_once(CLIENTS, tap)


def test_of_sixteen_who_tap_one_time_one_has_it_and_the_others_are_told(taps):
    answers = taps()
    assert answers.count(1) == 1
    assert answers.count("stations.slot_taken") == CLIENTS - 1
    assert ServiceBooking.objects.count() == 1


def test_without_the_constraint_several_have_the_same_time(taps):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE stations_servicebooking DROP CONSTRAINT one_booking_a_seat;"
            # Who writes has looked; nobody writes before a second one is as far as that.
            "CREATE SEQUENCE arrived;"
            "CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM nextval('arrived');"
            " WHILE (SELECT last_value FROM arrived) < 2 LOOP"
            " IF clock_timestamp() > statement_timestamp() + interval '20 seconds' THEN"
            " RAISE 'no second one came'; END IF;"
            " END LOOP; RETURN NEW; END $$;"
            "CREATE TRIGGER waits BEFORE INSERT ON stations_servicebooking"
            " FOR EACH ROW EXECUTE FUNCTION waits()"
        )
    taps()
    assert ServiceBooking.objects.count() > 1, "the look beforehand alone does not keep a seat"
