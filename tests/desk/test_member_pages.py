"""The list of members at the desk: found, narrowed, sorted, taken away; numbers stay out of addresses."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import openpyxl
import pytest
from django.urls import reverse

from nuanxin.kernel import clock, sealing
from nuanxin.people.models import Contact, Worker
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PHONE = "13900001234"
QUERIES_OF_THE_LIST = 16
QUERIES_OF_A_MEMBER = 14
TODAY = clock.business_day(clock.now()).isoformat()
LIST = "desk-members"
EXPORT = "desk-members-export"


@pytest.fixture
def desk(cast):
    return cast.client("county_cadre")


def names_on(answer):
    return [row["name"] for row in answer.context["rows"]]


def member_with_phone(ground):
    (membership,) = ground.put_members(ground.riders, 1)
    hashed = sealing.lookup_hash("phone", PHONE)
    Worker.objects.filter(id=membership.worker_id).update(
        name="周小船",
        phone_hash=hashed,
        phone_sealed=sealing.seal("phone", PHONE, hashed),
        phone_hint="1391234",
    )
    return membership


def test_a_name_goes_on_to_an_address_that_can_be_kept(desk, ground):
    member_with_phone(ground)
    answer = desk.post(reverse(LIST), {"q": "小船", "state": "1"})
    assert answer.status_code == 302
    assert names_on(desk.get(answer["Location"])) == ["周小船"]


def test_a_whole_number_is_answered_at_once_and_stands_in_no_address(desk, ground):
    member_with_phone(ground)
    ground.put_members(ground.riders, 2)
    answer = desk.post(reverse(LIST), {"q": PHONE})
    assert answer.status_code == 200
    assert names_on(answer) == ["周小船"]
    assert PHONE not in answer.content.decode()


def test_a_number_that_came_in_an_address_is_taken_out_of_it(desk, ground):
    member_with_phone(ground)
    answer = desk.get(reverse(LIST), {"q": PHONE, "state": "1"})
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse(LIST)}?state=1")
    assert "周小船" not in desk.get(reverse("desk-search"), {"q": PHONE}).content.decode()


def test_the_search_field_of_the_bar_finds_people_and_unions(desk, ground):
    member_with_phone(ground)
    by_phone = desk.post(reverse("desk-search"), {"q": PHONE})
    assert "周小船" in by_phone.content.decode()
    by_name = desk.get(desk.post(reverse("desk-search"), {"q": "祥符"})["Location"])
    assert "祥符骑手联合工会" in by_name.content.decode()


def test_the_search_field_finds_nothing_of_the_next_county(cast, ground):
    member_with_phone(ground)
    stranger = cast.client("cadre_of_next_county")
    assert "周小船" not in stranger.post(reverse("desk-search"), {"q": PHONE}).content.decode()
    assert "祥符骑手" not in stranger.get(reverse("desk-search"), {"q": "祥符"}).content.decode()


def test_each_filter_that_is_on_can_be_dropped_by_itself(desk, ground):
    ground.put_members(ground.riders, 3)
    asked = {"state": "1", "from": str(ground.today - timedelta(days=1))}
    answer = desk.get(reverse(LIST), asked)
    assert len(answer.context["rows"]) == 2
    words = [one["label"] for one in answer.context["chosen"]]
    assert words == ["在籍", f"{asked['from']} 起入会"]
    without = desk.get(reverse(LIST) + answer.context["chosen"][1]["url"])
    assert len(without.context["rows"]) == 3


def test_nonsense_in_an_address_is_left_aside(desk, ground):
    asked = {"state": "77", "occupation": "9999", "from": "gestern", "region": "9" * 40}
    assert desk.get(reverse(LIST), asked).status_code == 200


def test_the_day_of_joining_sorts_both_ways_over_pages(desk, ground):
    ground.put_members(ground.riders, 60)
    first = desk.get(reverse(LIST), {"sort": "joined"})
    second = desk.get(reverse(LIST) + first.context["next_url"])
    days = [row["cells"][5] for page in (first, second) for row in page.context["rows"]]
    assert len(days) == 60
    assert days == sorted(days)
    newest = desk.get(reverse(LIST), {"sort": "-joined"}).context["rows"][0]["cells"][5]
    assert newest == str(ground.today)


def test_an_export_asks_what_for_and_records_who_took_it(desk, cast, ground):
    member_with_phone(ground)
    url = reverse(EXPORT)
    refused = desk.post(url, {"purpose": "", "do": "csv"})
    assert refused.status_code == 422
    assert not Event.objects.filter(kind="membership.members_exported").exists()
    taken = desk.post(url, {"purpose": "给体检医院核对", "do": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(taken.streaming_content).decode("utf-8-sig"))))
    assert rows[1][:3] == ["周小船", "", "139****1234"]
    event = Event.objects.get(kind="membership.members_exported")
    assert event.actor_account == cast.account_id("county_cadre")
    assert event.data["purpose"] == "给体检医院核对"


def test_an_export_never_begins_a_formula(desk, ground):
    (membership,) = ground.put_members(ground.riders, 1)
    Worker.objects.filter(id=membership.worker_id).update(name='=HYPERLINK("x")')
    taken = desk.post(reverse(EXPORT), {"purpose": "给体检医院核对", "do": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(taken.content)).active
    assert sheet["A2"].value == '\'=HYPERLINK("x")'
    assert sheet["A2"].data_type == "s"


@pytest.mark.parametrize(
    ("who", "status"),
    [("county_cadre", 200), ("cadre_of_next_county", 404), ("city_cadre", 403), ("auditor", 403)],
)
def test_only_who_may_takes_a_list_away_and_only_his_own(cast, ground, who, status):
    given = {"union": ground.riders.code, "purpose": "给体检医院核对", "do": "csv"}
    assert cast.client(who).post(reverse(EXPORT), given).status_code == status


def test_the_list_costs_the_same_however_many_members(desk, ground, django_assert_max_num_queries):
    ground.put_members(ground.riders, 1)
    desk.get(reverse(LIST))
    ground.put_members(ground.riders, 49)
    with django_assert_max_num_queries(QUERIES_OF_THE_LIST):
        assert len(desk.get(reverse(LIST)).context["rows"]) == 50


def test_a_number_read_in_clear_goes_from_the_screen_after_a_minute(desk, ground):
    membership = member_with_phone(ground)
    url = reverse("desk-member-unmask", args=[membership.id])
    answer = desk.post(url, {"field": "phone", "purpose": "联系本人"})
    assert PHONE in answer.content.decode()
    assert answer["Refresh"] == f"60; url={reverse('desk-member', args=[membership.id])}"
    assert "no-store" in answer["Cache-Control"]


# ---- contacts -----------------------------------------------------------------------------------


def contact_of(desk, ground, **body):
    (membership,) = ground.put_members(ground.riders, 1)
    given = {"kind": "10", "day": TODAY, "note": "问了体检", "form_id": str(uuid4())} | body
    url = reverse("desk-member-contact", args=[membership.id])
    return membership, desk.post(url, given)


def test_an_officer_writes_down_that_he_reached_a_member_and_takes_it_back_the_same_day(
    desk, ground, django_assert_max_num_queries
):
    membership, answer = contact_of(desk, ground)
    page = reverse("desk-member", args=[membership.id])
    assert answer["Location"] == f"{page}#contacts"
    with django_assert_max_num_queries(QUERIES_OF_A_MEMBER):
        shown = desk.get(page)
    (row,) = shown.context["contacts"]
    assert row["text"] == "打电话联系上"
    assert "问了体检" in row["detail"]
    assert desk.post(row["back_url"]).status_code == 302
    assert desk.get(page).context["contacts"] == []
    kinds = Event.objects.filter(kind__startswith="people.contact_").values_list("kind", flat=True)
    assert sorted(kinds) == ["people.contact_recorded", "people.contact_taken_back"]


def test_a_day_to_come_is_said_beside_the_day_and_what_was_typed_stays(desk, ground):
    membership, answer = contact_of(desk, ground, day="2099-01-01", note="下周去")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "还没有发生的不能记" in text
    assert "下周去" in text
    assert not Contact.objects.filter(worker_id=membership.worker_id, kind=10).exists()


def test_a_form_without_a_kind_or_with_one_that_only_the_system_writes_is_refused(desk, ground):
    for kind in ("", "1", "99"):
        _, answer = contact_of(desk, ground, kind=kind)
        assert answer.status_code == 422
    assert not Contact.objects.filter(kind__in=[1, 99]).exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("county_cadre", 302), ("cadre_of_next_county", 404), ("city_cadre", 403), ("auditor", 403)],
)
def test_only_who_may_writes_down_and_only_of_his_own(cast, ground, who, status):
    assert contact_of(cast.client(who), ground)[1].status_code == status


def test_who_only_looks_sees_the_contacts_without_form_and_note(cast, desk, ground):
    membership, _ = contact_of(desk, ground)
    shown = cast.client("auditor").get(reverse("desk-member", args=[membership.id]))
    assert shown.context["contact_form"] is None
    assert "问了体检" not in shown.content.decode()
    assert shown.context["contacts"][0]["text"] == "打电话联系上"
