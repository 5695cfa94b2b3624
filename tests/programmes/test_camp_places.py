"""A place for a child: consent first, one a year, in order, brothers and sisters together, never over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.programmes.actions import camp_places, camps, child_consents, children
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.models import CampClass, CampPlace, Child, ChildConsent, PickupPerson
from nuanxin.programmes.states import Care, ClaimState, SaidBy, StaffRole, Way
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
WAITING, GRANTED, CONFIRMED = ClaimState.WAITING, ClaimState.GRANTED, ClaimState.CONFIRMED


def refused_by_the_database(statement, *values):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def states(camp):
    rows = CampPlace.objects.filter(camp_class__camp=camp).order_by("id")
    return [ClaimState(row.state).name for row in rows]


def test_a_child_of_thirteen_without_guardian_consent_is_refused_with_what_to_do(camp_town):
    camp = camp_town.camp()
    (guardian,) = camp_town.town.riders(1)
    child = camp_town.child(guardian, years=13, grade=6, consents=())
    with pytest.raises(Conflict, match="先由监护人同意") as refused:
        camp_town.ask(guardian, camp, child)
    assert refused.value.code == "programmes.guardian_consent"
    refused_by_the_database(
        "INSERT INTO programmes_campplace (camp_class_id, child_id, worker_id, person, season, party,"
        " state, applied_at, agreement, agreed_at, declared_at, insured_at)"
        " SELECT c.id, k.id, k.worker_id, k.person, 2027, k.person, 4, now(), 'x', now(), now(), now()"
        " FROM programmes_campclass c, programmes_child k"
    )
    assert not CampPlace.objects.exists()


def test_the_thirty_first_child_of_a_class_of_thirty_waits(camp_town):
    camp = camp_town.camp(sizes=(30,))
    answers = [camp_town.ask(g, camp, *kids)[0].state for g, kids in camp_town.families(31)]
    assert answers == [CONFIRMED] * 30 + [WAITING]
    assert camp_town.held(camp) == 30
    refused_by_the_database("UPDATE programmes_campplace SET state = 4 WHERE state = 2")
    refused_by_the_database("UPDATE programmes_campclass SET size = 29")


def test_a_child_of_fourteen_consents_itself_and_the_guardian_is_told(camp_town):
    (guardian,) = camp_town.town.riders(1)
    child = camp_town.child(guardian, years=14, grade=8, consents=())
    with pytest.raises(Conflict) as refused:
        camp_town.consent(guardian, child, Care.CARE, said_by=SaidBy.GUARDIAN)
    assert refused.value.code == "programmes.who_consents"
    camp_town.consent(guardian, child, Care.CARE, said_by=SaidBy.CHILD)
    assert ChildConsent.objects.get().said_by == SaidBy.CHILD
    camp = camp_town.camp()
    with pytest.raises(Conflict) as refused:
        camp_town.ask(guardian, camp, child)
    assert refused.value.code == "programmes.camp_grade"


def test_under_fourteen_the_childs_own_word_is_not_enough(camp_town):
    (guardian,) = camp_town.town.riders(1)
    child = camp_town.child(guardian, consents=())
    with pytest.raises(Conflict, match="由监护人同意"):
        camp_town.consent(guardian, child, Care.CARE, said_by=SaidBy.CHILD)


def test_too_old_for_the_rule_of_the_place_is_told(camp_town):
    camp = camp_town.camp()
    (guardian,) = camp_town.town.riders(1)
    child = camp_town.child(guardian, years=13, grade=6)
    with pytest.raises(Conflict, match="周岁") as refused:
        camp_town.ask(guardian, camp, child)
    assert refused.value.code == "programmes.not_eligible"


def test_papers_pickup_and_membership_come_first(camp_town):
    camp = camp_town.camp()
    (guardian,) = camp_town.town.riders(1)
    child = camp_town.child(guardian, pickup=False)
    with pytest.raises(Malformed) as refused:
        camp_town.ask(guardian, camp, child, accepts=False)
    assert refused.value.code == "programmes.camp_papers"
    with pytest.raises(Conflict) as refused:
        camp_town.ask(guardian, camp, child)
    assert refused.value.code == "programmes.no_pickup"
    outsider = camp_town.town.cast.rider_lu
    other = camp_town.child(outsider, name="陆小舟")
    with pytest.raises(Conflict) as refused:
        camp_town.ask(outsider, camp, other)
    assert refused.value.code == "programmes.members_only"


def test_nobody_applies_for_somebody_elses_child(camp_town):
    camp = camp_town.camp()
    mother, stranger = camp_town.town.riders(2)
    child = camp_town.child(mother)
    with pytest.raises(NotFound):
        camp_town.ask(stranger, camp, child)
    for act in (
        lambda: children.change_grade(
            child_id=child.id, grade=3, actor=stranger, now=camp_town.now
        ),
        lambda: camp_town.consent(stranger, child, Care.HEALTH),
        lambda: children.remove_pickup_person(
            pickup_id=PickupPerson.objects.get().id, actor=stranger, now=camp_town.now
        ),
    ):
        with pytest.raises(NotFound):
            act()


def test_asking_again_changes_nothing_and_one_child_has_one_session_a_year(camp_town):
    first, second = camp_town.camp(), camp_town.camp()
    mother, father = camp_town.town.riders(2)
    child = camp_town.child(mother)
    (placed,) = camp_town.ask(mother, first, child)
    (again,) = camp_town.ask(mother, first, child)
    assert (again.place_id, again.is_repeat) == (placed.place_id, True)
    for guardian in (mother, father):
        same = camp_town.child(guardian)
        with pytest.raises(Conflict) as refused:
            camp_town.ask(guardian, second, same)
        assert refused.value.code == "programmes.camp_twice"
    refused_by_the_database(
        "INSERT INTO programmes_campplace (camp_class_id, child_id, worker_id, person, season, party,"
        " state, applied_at, agreement, agreed_at, declared_at, insured_at)"
        " SELECT camp_class_id, child_id, worker_id, person, season, party, 2, applied_at, agreement,"
        " agreed_at, declared_at, insured_at FROM programmes_campplace"
    )


def test_a_place_given_back_is_kept_for_the_next_in_order_and_passed_on(camp_town):
    camp = camp_town.camp(sizes=(1,))
    (a, one), (b, two), (c, three) = camp_town.families(3)
    (placed,) = camp_town.ask(a, camp, *one)
    (second,) = camp_town.ask(b, camp, *two)
    camp_town.ask(c, camp, *three)
    assert camp_places.withdraw_child(place_id=placed.place_id, actor=a, now=camp_town.now)
    assert states(camp) == ["WITHDRAWN", "GRANTED", "WAITING"]
    later = camp_town.now + timedelta(hours=49)
    with pytest.raises(Conflict) as refused:
        camp_places.confirm_child_place(place_id=second.place_id, actor=b, now=later)
    assert refused.value.code == "programmes.not_kept"
    assert camp_places.pass_on_child_places(now=later) == 1
    assert states(camp) == ["WITHDRAWN", "EXPIRED", "GRANTED"]
    assert camp_places.pass_on_child_places(now=later) == 0
    assert Event.objects.filter(kind="programmes.camp_place_kept").count() == 2


def test_brothers_and_sisters_come_together_and_no_place_stays_empty_for_it(camp_town):
    camp = camp_town.camp(sizes=(3,))
    families = camp_town.families(3, kids=2)
    first, second, third = families
    assert {p.state for p in camp_town.ask(first[0], camp, *first[1], is_together=True)} == {
        CONFIRMED
    }
    assert {p.state for p in camp_town.ask(second[0], camp, *second[1], is_together=True)} == {
        WAITING
    }
    (alone,) = camp_town.ask(third[0], camp, third[1][0])
    assert alone.state is CONFIRMED, "the one place left does not do for two"
    for place in CampPlace.objects.filter(worker_id=first[0].worker_id):
        camp_places.withdraw_child(place_id=place.id, actor=first[0], now=camp_town.now)
    assert {p.state for p in CampPlace.objects.filter(worker_id=second[0].worker_id)} == {GRANTED}
    assert camp_town.held(camp) == 3


def test_withdrawing_consent_ends_the_place_and_passes_it_on(camp_town):
    camp = camp_town.camp(sizes=(1,))
    (a, one), (b, two) = camp_town.families(2)
    camp_town.ask(a, camp, *one)
    camp_town.ask(b, camp, *two)
    child_consents.withdraw_child_consent(
        child_id=one[0].id, care=Care.CARE, actor=a, now=camp_town.now
    )
    assert states(camp) == ["WITHDRAWN", "GRANTED"]
    with pytest.raises(NotFound):
        child_consents.withdraw_child_consent(
            child_id=one[0].id, care=Care.CARE, actor=a, now=camp_town.now
        )


def test_a_camp_is_not_applied_for_without_a_child(camp_town):
    camp = camp_town.camp()
    (guardian,) = camp_town.town.riders(1)
    with pytest.raises(Conflict) as refused:
        apply_for_place(code=camp.offer.code, actor=guardian, now=camp_town.now)
    assert refused.value.code == "programmes.by_class"


def test_a_name_is_sealed_and_pickup_persons_are_few(camp_town):
    (guardian,) = camp_town.town.riders(1)
    child = camp_town.child(guardian)
    stored = Child.objects.get()
    assert "小禾".encode() not in bytes(stored.name_sealed)
    assert stored.name_hint == "叶小朋友"
    for number in range(3):
        children.add_pickup_person(
            child_id=child.id, name="李大爷", phone=f"1990000888{number}", relation="爷爷",
            actor=guardian, now=camp_town.now,
        )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        children.add_pickup_person(
            child_id=child.id, name="李大爷", phone="19900008889", relation="爷爷",
            actor=guardian, now=camp_town.now,
        )  # fmt: skip
    assert refused.value.code == "programmes.too_many_pickups"
    gone = PickupPerson.objects.first()
    children.remove_pickup_person(pickup_id=gone.id, actor=guardian, now=camp_town.now)
    gone.refresh_from_db()
    assert (gone.name_sealed, gone.phone_sealed) == (None, None)


@pytest.mark.parametrize(
    ("draft", "code"),
    [({"size": 31}, "programmes.class_size"), ({"volunteers": 1}, "programmes.class_ratio")],
)
def test_a_class_keeps_to_size_and_ratio_of_its_place(camp_town, draft, code):
    camp = camp_town.camp()
    with pytest.raises(Malformed) as refused:
        camp_town.room(camp, label="2 班", **draft)
    assert refused.value.code == code


def test_a_keeper_whose_check_is_thirteen_months_old_is_not_assigned(camp_town):
    camp = camp_town.camp()
    room = CampClass.objects.get()
    old = camp_town.staff("顾老师", StaffRole.TUTOR, months_ago=13)
    never = camp_town.staff("钱老师", StaffRole.TUTOR, checked_on=None)
    for staff, code in ((old, "record_check_over"), (never, "record_not_checked")):
        with pytest.raises(Conflict) as refused:
            camps.assign_staff(
                class_id=room.id, staff_id=staff.id, actor=camp_town.cadre, now=camp_town.now
            )
        assert refused.value.code == f"programmes.{code}"
        refused_by_the_database(
            "INSERT INTO programmes_campassignment (camp_class_id, staff_id, from_on, assigned_at)"
            " VALUES (%s, %s, %s, now())",
            room.id, staff.id, camp.starts_on,
        )  # fmt: skip
    fresh = camp_town.staff("周老师", StaffRole.TUTOR)
    camps.assign_staff(
        class_id=room.id, staff_id=fresh.id, actor=camp_town.cadre, now=camp_town.now
    )


def test_only_offers_shared_by_class_become_camps_and_only_once(camp_town):
    camp = camp_town.camp()
    other = camp_town.town.offer(Way.FIRST_COME)
    for offer_id, code in ((camp.offer_id, "camp_there"), (other.id, "no_camp")):
        with pytest.raises(Conflict) as refused:
            camps.set_up_camp(
                offer_id=offer_id, starts_on=camp.starts_on, ends_on=camp.ends_on, insurance="有",
                actor=camp_town.cadre, now=camp_town.now,
            )  # fmt: skip
        assert refused.value.code == f"programmes.{code}"
    stranger = camp_town.town.cast.cadre_of_next_county
    with pytest.raises(NotFound):
        camps.set_up_camp(
            offer_id=other.id, starts_on=camp.starts_on, ends_on=camp.ends_on, insurance="有",
            actor=stranger, now=camp_town.now,
        )  # fmt: skip
