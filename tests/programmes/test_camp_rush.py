"""Thirty-two guardians at one class, and what is left on disk of a note: commits are real here."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from config.embedded import uses_embedded_server
from config.places import places
from config.postgres.cluster import WEB_ROLE
from nuanxin.programmes.actions import camp_places, child_erasing
from nuanxin.programmes.models import CampPlace, HealthNote
from tests.programmes.camp_day import Day
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


def test_the_bytes_of_a_health_note_are_gone_on_its_day(racing_camp_town):
    day = Day(racing_camp_town, note="花生过敏，随身带着药")
    other = Day(racing_camp_town, note="晕车", starts_in=10, name="陆小舟")
    sealed = bytes(HealthNote.objects.get(place_id=day.place_id).sealed)
    before = day.town.now + timedelta(days=27)
    assert child_erasing.erase_health_notes(now=before - timedelta(days=1)) == 0
    assert sealed in bytes_of_table("programmes_healthnote")
    as_the_web_role()
    assert child_erasing.erase_health_notes(now=before) == 1
    as_the_owner()
    assert HealthNote.objects.get().place_id == other.place_id, "what is still needed stays"
    assert sealed not in bytes_of_table("programmes_healthnote")


def test_deleting_alone_would_leave_the_bytes(racing_camp_town):
    Day(racing_camp_town, note="花生过敏，随身带着药")
    sealed = bytes(HealthNote.objects.get().sealed)
    HealthNote.objects.all().delete()
    assert sealed in bytes_of_table("programmes_healthnote")


def bytes_of_table(table):
    """Return what stands in the table's file on disk; only the run's own server's can be looked at."""
    if not uses_embedded_server():
        pytest.skip("the files of another's server cannot be looked at")
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_relation_filepath(%s)", [table])
        return (places().cluster / cursor.fetchone()[0]).read_bytes()


def as_the_web_role():
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {WEB_ROLE}")


def as_the_owner():
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
