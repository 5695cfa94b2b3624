"""Thirty-two guardians at one class: granted is min(places, children) exactly. Commits are real."""

import pytest
from django.db import IntegrityError, connection

from nuanxin.programmes.actions import camp_places
from nuanxin.programmes.models import CampPlace
from tests.programmes.conftest import at_once

pytestmark = pytest.mark.slow
CLIENTS = 32


def counted(camp):
    rows = CampPlace.objects.filter(camp_class__camp=camp)
    return rows.filter(state__in=(3, 4)).count(), rows.filter(state=2).count()


def insist_on_answers(answers):
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    assert not failed, failed[:3]


def test_a_rush_with_double_taps_fills_every_place_once(racing_camp_town):
    town = racing_camp_town
    camp = town.camp(sizes=(20,))
    families = town.families(32)

    def client(number):
        guardian, kids = families[number]
        return [town.ask(guardian, camp, *kids)[0].state for _ in range(3)]

    insist_on_answers(at_once(CLIENTS, client))
    assert counted(camp) == (20, 12)


def test_with_cancellations_and_siblings_no_child_waits_beside_a_free_place(racing_camp_town):
    town = racing_camp_town
    camp = town.camp(sizes=(16,))
    families = town.families(32, kids=2)

    def client(number):
        guardian, kids = families[number]
        placed = town.ask(guardian, camp, *kids, is_together=number % 4 == 0)
        if number % 2:
            for one in placed:
                camp_places.withdraw_child(place_id=one.place_id, actor=guardian, now=town.now)

    insist_on_answers(at_once(CLIENTS, client))
    assert counted(camp) == (16, 16)


def test_without_the_lock_the_database_still_refuses_the_child_too_many(
    racing_camp_town, monkeypatch
):
    town = racing_camp_town
    camp = town.camp(sizes=(4,))
    families = town.families(32)
    monkeypatch.setattr(camp_places, "_lock", lambda camp_id: None)
    answers = at_once(CLIENTS, lambda n: town.ask(families[n][0], camp, *families[n][1]))
    assert counted(camp)[0] <= 4
    assert any(isinstance(answer, IntegrityError) for answer in answers), "the race is there"


def test_without_lock_and_trigger_a_class_is_oversold(racing_camp_town, monkeypatch):
    town = racing_camp_town
    camp = town.camp(sizes=(4,))
    families = town.families(32)
    monkeypatch.setattr(camp_places, "_lock", lambda camp_id: None)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER camp_class_holds ON programmes_campplace")
    at_once(CLIENTS, lambda n: town.ask(families[n][0], camp, *families[n][1]))
    assert counted(camp)[0] > 4
