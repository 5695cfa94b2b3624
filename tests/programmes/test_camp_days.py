"""A day of a camp: enough checked adults, arrived, handed over by the day's code, late ones told."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.notices.models import Message, Notice
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import (
    camp_days,
    camp_harm,
    child_erasing,
    child_reading,
    children,
)
from nuanxin.programmes.actions.camp_days import MOST_WRONG_CODES
from nuanxin.programmes.actions.child_reading import What
from nuanxin.programmes.models import (
    CampClass,
    CampPresence,
    CampStaff,
    Child,
    HarmReport,
    HealthNote,
    PickupPerson,
)
from nuanxin.programmes.queries.camp_days import pickup_code
from nuanxin.programmes.states import Care, HandOver, Presence
from nuanxin.records.models import Event, Reading
from tests.programmes.camp_day import Day

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def day(camp_town):
    return Day(camp_town)


def refused_by_the_database(statement, *values):
    refused = (IntegrityError, ProgrammingError)  # by a guard, or by what the web role may not do
    with pytest.raises(refused), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_day_opens_with_enough_checked_and_trained_adults_only(day):
    with pytest.raises(Conflict, match="1 位老师、2 位志愿者") as refused:
        day.open(day.staff[:2])
    assert refused.value.code == "programmes.too_few_adults"
    refused_by_the_database(
        "INSERT INTO programmes_campday (camp_class_id, day, staff, opened_at, opened_by_name)"
        " VALUES (%s, %s, %s, now(), '')",
        day.room.id, day.town.today, [day.staff[0].id],
    )  # fmt: skip
    CampStaff.objects.filter(id=day.staff[1].id).update(trained_on=None)
    with pytest.raises(Conflict) as refused:
        day.open()
    assert refused.value.code == "programmes.not_trained"
    CampStaff.objects.filter(id=day.staff[1].id).update(trained_on=day.town.today)
    expired = day.town.today - timedelta(days=400)
    CampStaff.objects.filter(id=day.staff[2].id).update(checked_on=expired)
    with pytest.raises(Conflict) as refused:
        day.open()
    assert refused.value.code == "programmes.record_check_over"
    CampStaff.objects.filter(id=day.staff[2].id).update(checked_on=day.town.today)
    day.open()
    day.open()
    assert Event.objects.filter(kind="programmes.camp_day_opened").count() == 1


def test_nobody_arrives_before_the_day_is_open(day):
    with pytest.raises(Conflict) as refused:
        day.record()
    assert refused.value.code == "programmes.day_not_open"


def test_a_child_arrives_once_and_goes_with_who_is_listed_and_has_the_code(day):
    day.open()
    with pytest.raises(Conflict) as refused:
        day.hand_over(code=day.code)
    assert refused.value.code == "programmes.not_there"
    assert (day.record(), day.record()) == (1, 0)
    stranger = day.town.child(day.town.town.riders(1)[0], name="王小满")
    others = PickupPerson.objects.get(child=stranger)
    for tried, code in (
        ({"code": "000000" if day.code != "000000" else "000001"}, "pickup_code"),
        ({}, "pickup_unproved"),
        ({"pickup_id": others.id, "code": day.code}, "not_listed"),
        ({"pickup_id": others.id, "how": HandOver.PAPERS}, "not_listed"),
    ):
        with pytest.raises(Conflict) as refused:
            day.hand_over(**tried)
        assert refused.value.code == f"programmes.{code}"
    assert Event.objects.filter(kind="programmes.camp_hand_over_refused").count() == 4
    refused_by_the_database(
        "INSERT INTO programmes_camppresence (place_id, day, kind, round, at, pickup_id, how,"
        " recorded_at, recorded_by_name) VALUES (%s, %s, 2, 0, now(), %s, 1, now(), '')",
        day.place_id, day.town.today, others.id,
    )  # fmt: skip
    day.hand_over(code=f" {day.code[:3]} {day.code[3:]}")
    assert day.row().handed_to == "奶奶周某"
    assert CampPresence.objects.get(kind=Presence.HANDED_OVER).how == HandOver.CODE


def test_who_was_taken_off_the_list_gets_no_child(day):
    day.open()
    day.record()
    person = PickupPerson.objects.get()
    children.remove_pickup_person(pickup_id=person.id, actor=day.guardian, now=day.town.now)
    with pytest.raises(Conflict) as refused:
        day.hand_over(pickup_id=person.id, code=day.code)
    assert refused.value.code == "programmes.not_listed"


def test_the_code_is_another_one_tomorrow_and_for_another_child(day):
    tomorrow = day.town.today + timedelta(days=1)
    codes = {
        day.code,
        pickup_code(day.place_id, tomorrow),
        pickup_code(day.place_id + 1, day.town.today),
    }
    assert len(codes) == 3
    assert all(len(code) == 6 for code in codes)


def test_what_was_recorded_is_taken_back_by_a_row_and_never_changed(day):
    day.open()
    day.record()
    row = day.row()
    camp_days.take_back_presence(
        class_id=day.room.id, presence_id=row.arrival_id, actor=day.keeper, now=day.town.now
    )
    assert day.row().arrived_at is None
    assert day.record() == 1
    assert CampPresence.objects.count() == 3
    for statement in (
        "UPDATE programmes_camppresence SET day = day + 1",
        "DELETE FROM programmes_camppresence",
    ):
        refused_by_the_database(statement)


def test_absent_and_then_there_after_all(day):
    day.open()
    day.record(Presence.ABSENT)
    assert day.row().is_absent
    day.record()
    row = day.row()
    assert row.arrived_at is not None
    assert not row.is_absent


def test_guardian_and_head_are_told_once_of_a_child_that_is_still_there(day):
    day.open()
    day.record()
    there = day.town.now.astimezone(SHANGHAI)
    CampClass.objects.update(opens_at="00:00", closes_at=there.time().replace(hour=17, minute=30))
    closing = there.replace(hour=17, minute=30, second=0, microsecond=0)
    CampPresence.objects.count()
    assert camp_days.alarm_late_pickups(now=closing + timedelta(minutes=10)) == 0
    assert camp_days.alarm_late_pickups(now=closing + timedelta(minutes=21)) == 1
    assert camp_days.alarm_late_pickups(now=closing + timedelta(minutes=26)) == 0
    told = set(
        Notice.objects.filter(kind="programmes.child_late").values_list("worker_id", flat=True)
    )
    assert told == {day.guardian.worker_id, day.keeper.worker_id}


def test_the_late_alarm_does_not_wait_for_quiet_hours(day):
    day.open()
    day.record()
    Worker.objects.filter(id=day.guardian.worker_id).update(
        phone_hash="00000000-0000-7000-8000-000000000001", phone_sealed=b"x", phone_hint="1990001"
    )
    CampClass.objects.update(opens_at="00:00", closes_at="00:01")
    late = day.town.now.astimezone(SHANGHAI).replace(hour=23, minute=50)
    assert camp_days.alarm_late_pickups(now=late) == 1
    message = Message.objects.get(template="programmes.child_late")
    assert message.not_before is None
    assert "叶小朋友还在托管点" in message.body


# ---- reading in clear --------------------------------------------------------------------------


def test_a_keeper_reads_names_and_notes_each_logged_under_the_guardian(camp_town):
    day = Day(camp_town, note="花生过敏，别吃坚果")
    (child,) = day.read(What.NAMES, What.HEALTH, What.PICKUPS)
    assert (child.name, child.note) == ("叶小禾", "花生过敏，别吃坚果")
    assert (child.pickups[0].name, child.pickups[0].phone) == ("周奶奶", "19900009999")
    read = Reading.objects.filter(worker_id=day.guardian.worker_id)
    assert {row.field for row in read} == {
        "child_name",
        "child_health",
        "pickup_name",
        "pickup_phone",
    }
    assert {row.purpose for row in read} == {"今天带班点名"}
    with pytest.raises(Malformed):
        day.read(What.NAMES, purpose="")


def test_nobody_reads_the_children_of_a_class_that_is_not_his_or_when_his_check_is_over(day):
    with pytest.raises(NotFound):
        day.read(What.NAMES, actor=day.guardian)
    CampStaff.objects.filter(id=day.staff[0].id).update(
        checked_on=day.town.today - timedelta(days=400)
    )
    with pytest.raises(NotFound):
        day.read(What.NAMES)
    assert not Reading.objects.exists()


def test_nothing_is_opened_when_the_reading_cannot_be_logged(day, monkeypatch):
    monkeypatch.setattr("nuanxin.records.actions.readings._READINGS", "SELECT nothing")
    opened = []
    monkeypatch.setattr(child_reading, "_open", lambda *more: opened.append(more))
    with pytest.raises(Exception, match="没有写成"), transaction.atomic():
        day.read(What.NAMES)
    assert not opened


def test_an_officer_reads_after_another_officer_approved_and_sees_no_health_note(camp_town):
    day = Day(camp_town, note="花生过敏")
    cast = camp_town.town.cast
    ask = {
        "camp_id": day.camp.id,
        "purpose": "联系家长核对保险",
        "actor": cast.county_cadre,
        "now": day.town.now,
    }
    access = child_reading.ask_to_read(**ask)
    read = {"camp_id": day.camp.id, "access_id": access.id, "now": day.town.now}
    with pytest.raises(Forbidden):
        child_reading.read_camp(**read, actor=cast.county_cadre)
    with pytest.raises(Forbidden) as refused:
        child_reading.decide_reading(
            access_id=access.id, is_approved=True, actor=cast.county_cadre, now=day.town.now
        )
    assert refused.value.code == "programmes.own_access"
    with pytest.raises(NotFound):
        child_reading.decide_reading(
            access_id=access.id, is_approved=True, actor=cast.cadre_of_next_county, now=day.town.now
        )
    child_reading.decide_reading(
        access_id=access.id, is_approved=True, actor=cast.county_colleague, now=day.town.now
    )
    (child,) = child_reading.read_camp(**read, actor=cast.county_cadre)
    assert (child.name, child.note) == ("叶小禾", "")
    with pytest.raises(Forbidden):
        child_reading.read_camp(**read, actor=cast.county_colleague)
    with pytest.raises(Forbidden):
        child_reading.read_camp(
            **read | {"now": day.town.now + timedelta(days=4)}, actor=cast.county_cadre
        )
    refused_by_the_database("UPDATE programmes_childaccess SET decided_by = asked_by")


def test_a_health_note_needs_its_own_consent_and_goes_when_it_is_withdrawn(camp_town):
    day = Day(camp_town)
    note = {
        "place_id": day.place_id,
        "text": "花生过敏",
        "actor": day.guardian,
        "now": day.town.now,
    }
    with pytest.raises(Conflict) as refused:
        children.write_health_note(**note)
    assert refused.value.code == "programmes.health_consent"
    camp_town.consent(day.guardian, day.child, Care.HEALTH)
    children.write_health_note(**note)
    assert HealthNote.objects.get().erase_on == day.camp.ends_on + timedelta(days=7)
    assert "过敏".encode() not in bytes(HealthNote.objects.get().sealed)
    from nuanxin.programmes.actions.child_consents import withdraw_child_consent

    withdraw_child_consent(
        child_id=day.child.id, care=Care.HEALTH, actor=day.guardian, now=day.town.now
    )
    assert not HealthNote.objects.exists()
    assert day.row().place_id == day.place_id, "the place stays"


# ---- erasing -----------------------------------------------------------------------------------


def test_a_child_is_erased_on_the_stated_day_with_pickups_and_hash_and_counts_stay(day):
    day.open()
    day.record()
    person = day.child.person
    assert child_erasing.erase_children(now=day.town.now + timedelta(days=300)) == 0
    assert child_erasing.erase_children(now=day.town.now + timedelta(days=421)) == 1
    child = Child.objects.get()
    assert (child.name_sealed, child.born, child.name_hint) == (None, None, "孩子")
    assert child.person != person
    pickup = PickupPerson.objects.get()
    assert (pickup.name_sealed, pickup.phone_sealed, pickup.hint) == (None, None, "")
    assert CampPresence.objects.count() == 1


def test_a_guardian_erases_his_child_after_giving_the_place_back(day):
    from nuanxin.programmes.actions.camp_places import withdraw_child

    with pytest.raises(Conflict) as refused:
        child_erasing.erase_child(child_id=day.child.id, actor=day.guardian, now=day.town.now)
    assert refused.value.code == "programmes.child_has_place"
    withdraw_child(place_id=day.place_id, actor=day.guardian, now=day.town.now)
    child_erasing.erase_child(child_id=day.child.id, actor=day.guardian, now=day.town.now)
    assert Child.objects.get().erased_at is not None


# ---- attendance and harm -----------------------------------------------------------------------


def test_who_came_on_less_than_seven_days_of_ten_does_not_get_the_next_session(day):
    from nuanxin.programmes.models import Camp, CampDay

    for number in range(10):
        CampDay.objects.create(
            camp_class=day.room, day=day.town.today + timedelta(days=number),
            staff=[one.id for one in day.staff], opened_at=day.town.now,
        )  # fmt: skip
    for number in range(6):
        CampPresence.objects.create(
            place_id=day.place_id, day=day.town.today + timedelta(days=number), kind=1,
            at=day.town.now, recorded_at=day.town.now,
        )  # fmt: skip
    following = day.town.camp(starts_in=400)
    with pytest.raises(Conflict, match="开了 10 天，孩子来了 6 天，不到 70%") as refused:
        day.town.ask(day.guardian, following, day.child)
    assert refused.value.code == "programmes.camp_attendance"
    CampPresence.objects.create(
        place_id=day.place_id, day=day.town.today + timedelta(days=6), kind=1,
        at=day.town.now, recorded_at=day.town.now,
    )  # fmt: skip
    assert day.town.ask(day.guardian, following, day.child)[0].state.holds_seat
    assert Camp.objects.count() == 2


def test_suspected_harm_is_kept_sealed_and_tells_whom_nobody_told_yet(day):
    told = {camp_harm.Authority.POLICE}
    report = camp_harm.record_harm(
        class_id=day.room.id, noticed_at=day.town.now - timedelta(minutes=5),
        what="手臂上有新伤，孩子说不敢回家", told=told, actor=day.keeper, now=day.town.now,
    )  # fmt: skip
    assert "伤".encode() not in bytes(report.what_sealed)
    cadre = day.town.cadre
    camp_harm.tell_authority(
        report_id=report.id, authority=camp_harm.Authority.CIVIL, actor=cadre, now=day.town.now
    )
    kept = HarmReport.objects.get()
    assert kept.civil_told_at is not None
    assert kept.education_told_at is None
    assert "新伤" in camp_harm.read_harm(report_id=report.id, actor=cadre, now=day.town.now)
    assert Event.objects.filter(kind="programmes.harm_read").count() == 1
    with pytest.raises(NotFound):
        camp_harm.read_harm(
            report_id=report.id, actor=day.town.town.cast.cadre_of_next_county, now=day.town.now
        )
    refused_by_the_database(
        "UPDATE programmes_harmreport SET noticed_at = now() - interval '1 day'"
    )
    refused_by_the_database("DELETE FROM programmes_harmreport")


# ---- the guardian's own record -----------------------------------------------------------------


def test_children_stand_in_my_data_by_hint_and_go_when_the_guardian_is_erased(day):
    from nuanxin.people.queries import my_data

    (section,) = [
        one for one in my_data(day.guardian.worker_id)["sections"] if one["key"] == "children"
    ]
    assert section["rows"][0]["called"] == "叶小朋友"
    assert child_erasing.erase_children_of([day.guardian.worker_id], day.town.now) == [
        "为托管班登记的孩子资料"
    ]
    assert Child.objects.get().erased_at is not None
    assert child_erasing.erase_children_of([day.guardian.worker_id], day.town.now) == []


def test_two_records_with_the_same_child_are_not_merged_before_one_is_erased(day):
    from nuanxin.programmes.actions.merging import ProgrammesMergeStep

    (other,) = day.town.town.riders(1)
    step = {
        "kept_id": other.worker_id,
        "folded_id": day.guardian.worker_id,
        "actor": day.town.cadre,
    }
    ProgrammesMergeStep().fold(**step, now=day.town.now)
    day.town.child(other)
    with pytest.raises(Conflict) as refused:
        ProgrammesMergeStep().fold(**step, now=day.town.now)
    assert refused.value.code == "programmes.same_child_twice"


def test_after_five_wrong_codes_of_a_day_only_papers_count(day):
    day.open()
    day.record()
    wrong = "000000" if day.code != "000000" else "000001"
    for _ in range(MOST_WRONG_CODES):
        with pytest.raises(Conflict):
            day.hand_over(code=wrong)
    for code in (wrong, day.code):
        with pytest.raises(TooMany) as refused:
            day.hand_over(code=code)
        assert refused.value.code == "programmes.pickup_code_tried"
    day.hand_over(how=HandOver.PAPERS)
    assert Event.objects.filter(kind="programmes.camp_handed_over").count() == 1
