"""Pages of camps: three taps to a place, a code for consent, the keeper's day, the desk; and their cost."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.membership.models import Membership
from nuanxin.notices.models import Message
from nuanxin.programmes.models import (
    CampClass,
    CampPlace,
    CampStaff,
    Child,
    ChildAccess,
    ChildConsent,
    HarmReport,
    PickupPerson,
)
from nuanxin.programmes.queries.camp_days import pickup_code
from nuanxin.programmes.states import Care, ClaimState, Presence, StaffRole
from nuanxin.records.models import Event, Reading
from tests.programmes.camp_day import Day

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 15


@pytest.fixture
def ye(camp_town):
    """Rider Ye, a member, in his browser."""
    today = camp_town.today
    Membership.objects.create(
        worker_id=camp_town.town.cast.rider_ye.worker_id, union=camp_town.town.cast.unions["couriers"],
        channel=1, occupation=3, started_on=today, joined_on=today, recorded_at=camp_town.now,
    )  # fmt: skip
    return camp_town.town.cast.client("rider_ye")


@pytest.fixture
def cadre(camp_town):
    """The county's cadre, in his browser."""
    return camp_town.town.cast.client("county_cadre")


def text_of(answer):
    return answer.content.decode()


def sent_code():
    body = Message.objects.filter(template="access.code").latest("id").body
    return re.search(r"\d{6}", body)[0]


def test_a_child_that_is_known_is_three_taps_from_a_place(camp_town, ye):
    camp = camp_town.camp()
    child = camp_town.child(camp_town.town.cast.rider_ye)
    code = camp.offer.code
    assert f"/programmes/{code}/camp/" in text_of(ye.get(f"/programmes/{code}/"))
    page = text_of(ye.get(f"/programmes/{code}/camp/"))
    room = CampClass.objects.get()
    assert "同意协议、健康声明和意外险，报名" in page
    asked = {"child": child.id, f"class-{child.id}": room.id, "accepts": "1"}
    answer = ye.post(f"/programmes/{code}/camp/apply/", asked, follow=True)
    assert "1 班有名额" in text_of(answer)
    assert CampPlace.objects.get().state == ClaimState.CONFIRMED


def test_a_child_of_thirteen_is_led_to_the_consent_and_refused_without(camp_town, ye):
    camp = camp_town.camp()
    guardian = camp_town.town.cast.rider_ye
    child = camp_town.child(guardian, years=13, grade=6, consents=())
    code = camp.offer.code
    page = text_of(ye.get(f"/programmes/{code}/camp/"))
    assert "先看同意书，点同意" in page
    room = CampClass.objects.get()
    asked = {"child": child.id, f"class-{child.id}": room.id, "accepts": "1"}
    answer = ye.post(f"/programmes/{code}/camp/apply/", asked)
    assert answer.status_code == 409
    assert "要先由监护人同意" in text_of(answer)


def test_a_guardian_adds_a_child_and_consents_by_a_code_to_his_own_phone(camp_town, ye):
    answer = ye.post(
        "/children/", {"name": "叶小禾", "born": "2018年5月", "grade": "2", "relation": "1"}
    )
    child = Child.objects.get()
    address = f"/children/{child.id}/consent/"
    assert answer.headers["Location"] == address
    assert "监护人同意书" in text_of(ye.get(address))
    page = ye.get(address)
    version = page.context["version"]
    form = {"do": "give", "version": version, "care": ["care", "health"]}
    assert ye.post(address, form | {"code": "123456"}).status_code == 422
    answer = ye.post(address, form | {"do": "send"})
    assert answer.status_code == 200
    assert 'value="care" checked' in text_of(answer), "what was ticked stays ticked"
    code = sent_code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert ye.post(address, form | {"code": wrong}).status_code == 422
    assert not ChildConsent.objects.exists()
    assert ye.post(address, form | {"code": code}).status_code == 302
    given = set(ChildConsent.objects.values_list("purpose", flat=True))
    assert given == {Care.CARE, Care.HEALTH}
    assert Reading.objects.filter(field="phone").count() == 1


@pytest.mark.parametrize("born", ["2018-13", "去年", "2099-01", "1990-01"])
def test_a_month_that_cannot_be_is_told(ye, born):
    answer = ye.post("/children/", {"name": "叶小禾", "born": born, "grade": "2", "relation": "1"})
    assert answer.status_code == 422
    assert not Child.objects.exists()


def test_a_guardian_keeps_the_list_of_who_picks_up_and_sees_todays_code(camp_town, ye):
    guardian = camp_town.town.cast.rider_ye
    camp = camp_town.camp(starts_in=0)
    child = camp_town.child(guardian, consents=(Care.CARE, Care.HEALTH))
    camp_town.ask(guardian, camp, child)
    place = CampPlace.objects.get()
    page = text_of(ye.get(f"/children/{child.id}/"))
    assert pickup_code(place.id, camp_town.today) in page
    act = f"/children/{child.id}/act/"
    ye.post(act, {"do": "add_pickup", "name": "林建国", "phone": "19900001234", "relation": "外公"})
    assert "外公" in text_of(ye.get(f"/children/{child.id}/"))
    person = PickupPerson.objects.get(relation="外公")
    ye.post(act, {"do": "remove_pickup", "pickup": person.id})
    assert "外公" not in text_of(ye.get(f"/children/{child.id}/"))
    assert ye.post(act, {"do": "remove_pickup", "pickup": person.id}).status_code == 404
    assert (
        ye.post(act, {"do": "add_pickup", "name": "", "phone": "", "relation": ""}).status_code
        == 422
    )
    ye.post(act, {"do": "note", "text": "花生过敏"})
    page = text_of(ye.get(f"/children/{child.id}/"))
    assert "写过了，内容加密" in page
    assert "花生过敏" not in page
    assert ye.post(act, {"do": "erase"}).status_code == 409
    ye.post(act, {"do": "take_back", "care": "care"})
    assert CampPlace.objects.get().state == ClaimState.WITHDRAWN
    assert ye.post(act, {"do": "nothing"}).status_code == 422
    ye.post(act, {"do": "erase"})
    assert Child.objects.get().erased_at is not None


@pytest.fixture
def keeper(camp_town):
    """A day in session whose keeper is Rider Lu, in his browser."""
    day = Day(camp_town, note="花生过敏")
    staff = camp_town.staff(
        "陆老师", StaffRole.TUTOR, worker_id=camp_town.town.cast.rider_lu.worker_id
    )
    day.assign(staff)
    day.staff.append(staff)
    day.browser = camp_town.town.cast.client("rider_lu")
    return day


def test_the_keepers_day_on_the_phone(keeper):
    browser, room = keeper.browser, f"/keeping/{keeper.room.id}"
    assert "1 个孩子" in text_of(browser.get("/keeping/"))
    page = text_of(browser.get(f"{room}/"))
    assert "叶小朋友" in page
    assert "叶小禾" not in page
    refused = browser.post(f"{room}/act/", {"do": "open", "staff": [keeper.staff[0].id]})
    assert refused.status_code == 409
    assert "人到齐了再开" in text_of(refused)
    browser.post(f"{room}/act/", {"do": "open", "staff": [one.id for one in keeper.staff]})
    assert browser.post(f"{room}/act/", {"do": "arrived"}).status_code == 422
    browser.post(f"{room}/act/", {"do": "arrived", "place": [keeper.place_id]})
    door = f"{room}/hand-over/{keeper.place_id}/"
    assert "奶奶" in text_of(browser.get(door))
    pickup = PickupPerson.objects.get()
    refused = browser.post(door, {"do": "hand", "pickup": "999999999", "code": keeper.code})
    assert "不在接送人名单上" in text_of(refused)
    wrong = browser.post(door, {"do": "hand", "pickup": pickup.id, "code": "1"})
    assert "接送码不对" in text_of(wrong)
    clear = browser.post(door, {"do": "names"})
    assert "周奶奶，19900009999" in text_of(clear)
    browser.post(door, {"do": "hand", "pickup": pickup.id, "code": keeper.code})
    assert "奶奶周某接走" in text_of(browser.get(f"{room}/"))
    handed = keeper.row().handed_id
    browser.post(f"{room}/act/", {"do": "undo", "presence": handed})
    assert keeper.row().handed_at is None
    browser.post(door, {"how": "papers", "pickup": pickup.id})
    assert keeper.row().handed_at is not None


def test_names_notes_and_the_paper_sheet_are_shown_on_a_logged_tap(keeper):
    browser, address = keeper.browser, f"/keeping/{keeper.room.id}/names/"
    assert "叶小禾" in text_of(browser.post(address, {"what": "names"}))
    assert "花生过敏" in text_of(browser.post(address, {"what": "health"}))
    sheet = text_of(browser.post(address, {"what": "sheet"}))
    assert "周奶奶 19900009999" in sheet
    fields = set(Reading.objects.values_list("field", flat=True))
    assert fields == {"child_name", "child_health", "pickup_name", "pickup_phone"}
    assert browser.get(address).status_code == 405


def test_a_keeper_whose_check_is_over_finds_his_class_gone(keeper):
    CampStaff.objects.filter(name="陆老师").update(
        checked_on=keeper.town.today - timedelta(days=400)
    )
    assert keeper.browser.get(f"/keeping/{keeper.room.id}/").status_code == 404
    assert "现在没有你带的班" in text_of(keeper.browser.get("/keeping/"))


def test_suspected_harm_names_the_three_authorities_and_is_recorded(keeper, cadre):
    address = f"/keeping/{keeper.room.id}/harm/"
    page = text_of(keeper.browser.get(address))
    for words in ("公安机关", "民政部门", "教育部门", 'href="tel:110"'):
        assert words in page
    assert keeper.browser.post(address, {"what": ""}).status_code == 422
    noticed = (keeper.town.now - timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M")
    form = {"police": "1", "noticed_at": noticed, "what": "手臂上有新伤，孩子说不敢回家"}
    assert "记下了" in text_of(keeper.browser.post(address, form))
    report = HarmReport.objects.get()
    desk = f"/desk/camps/{keeper.camp.offer_id}/children/"
    assert "告诉民政部门了" in text_of(cadre.get(desk))
    cadre.post(f"{desk}act/", {"do": "civil", "report": report.id})
    assert HarmReport.objects.get().civil_told_at is not None
    assert "新伤" in text_of(cadre.post(f"{desk}act/", {"do": "read_harm", "report": report.id}))


def test_the_desk_sets_up_a_camp_and_cannot_assign_who_was_not_checked(camp_town, cadre):
    from nuanxin.programmes.states import Way

    offer = camp_town.town.offer(Way.BY_CLASS, places=30, definition="children_camp")
    address = f"/desk/camps/{offer.id}/"
    assert "还没设日子" in text_of(cadre.get("/desk/camps/"))
    start = camp_town.today + timedelta(days=30)
    days = {"starts_on": start, "ends_on": start + timedelta(days=20)}
    assert cadre.post(f"{address}act/", {"do": "set_up"} | days).status_code == 422
    cadre.post(f"{address}act/", {"do": "set_up", "insurance": "人保 2027-01"} | days)
    room = {
        "do": "add_class", "label": "1 班", "place": "大关社区学堂", "opens_at": "08:00",
        "closes_at": "17:30", "grade_from": "1", "grade_to": "6", "size": "31", "tutors": "1",
        "volunteers": "2",
    }  # fmt: skip
    refused = cadre.post(f"{address}act/", room)
    assert "一班 1 到 30 个孩子" in text_of(refused)
    cadre.post(f"{address}act/", room | {"size": "30"})
    staff = "/desk/camps/staff/"
    old = camp_town.today - timedelta(days=400)
    cadre.post(f"{staff}act/", {"do": "add", "name": "严松", "role": "3", "checked_on": old})
    assert "过期，不能排班" in text_of(cadre.get(staff))
    person, made = CampStaff.objects.get(), CampClass.objects.get()
    assign = {"do": "assign", "class": made.id, "staff": person.id}
    assert "过期了，不能排班" in text_of(cadre.post(f"{address}act/", assign))
    renew = {"do": "renew", "staff": person.id, "checked_on": camp_town.today}
    cadre.post(f"{staff}act/", renew)
    assert cadre.post(f"{address}act/", assign).status_code == 302
    assert "不够，开不了班" in text_of(cadre.get(address))
    assert "严松（志愿者）" in text_of(cadre.get(address))


def test_an_officer_reads_names_after_a_colleague_approved(camp_town, cadre):
    day = Day(camp_town)
    address = f"/desk/camps/{day.camp.offer_id}/children/"
    assert "叶小禾" not in text_of(cadre.get(address))
    cadre.post(f"{address}act/", {"do": "ask", "purpose": "联系家长核对保险"})
    access = ChildAccess.objects.get()
    assert cadre.post(f"{address}act/", {"do": "read", "access": access.id}).status_code == 403
    colleague = camp_town.town.cast.client("county_colleague")
    colleague.post(f"{address}act/", {"do": "approve", "access": access.id})
    page = text_of(cadre.post(f"{address}act/", {"do": "read", "access": access.id}))
    assert "叶小禾" in page
    assert "奶奶 周奶奶 19900009999" in page
    read = Reading.objects.filter(worker_id=day.guardian.worker_id).first()
    assert read.purpose == "联系家长核对保险"


def test_the_yearly_audit_counts_children_consents_and_readings_and_leaves_with_a_purpose(
    camp_town, cadre
):
    day = Day(camp_town, note="花生过敏")
    day.open()
    day.record(Presence.ARRIVED)
    from nuanxin.programmes.actions.child_reading import What

    day.read(What.NAMES, What.HEALTH)
    page = text_of(cadre.get("/desk/camps/audit/"))
    assert "未满 14 周岁的孩子" in page
    assert "看健康情况" in page
    assert cadre.post("/desk/camps/audit/", {"purpose": ""}).status_code == 422
    answer = cadre.post("/desk/camps/audit/", {"purpose": "报市委网信办"})
    lines = text_of(answer).splitlines()
    assert "未满 14 周岁的孩子,1 人" in lines
    assert "看健康情况,1 次，1 个人看过，涉及 1 家" in lines
    assert (
        Event.objects.get(kind="programmes.camp_audit_exported").data["purpose"] == "报市委网信办"
    )
    other = camp_town.town.cast.client("cadre_of_next_county")
    assert "未满 14 周岁的孩子,0 人" in text_of(
        other.post("/desk/camps/audit/", {"purpose": "报市委网信办"})
    )


@pytest.mark.parametrize("how_many", [1, 5])
def test_pages_cost_no_more_queries_with_more_children(camp_town, ye, cadre, how_many):
    guardian = camp_town.town.cast.rider_ye
    camp = camp_town.camp(sizes=(30, 30), starts_in=0)
    own = [camp_town.child(guardian, name=f"叶小{k}") for k in "禾苗谷雨露"[:how_many]]
    camp_town.ask(guardian, camp, own[0])
    for other, kids in camp_town.families(how_many):
        camp_town.ask(other, camp, *kids)
    staff = camp_town.staff(
        "陆老师", StaffRole.HEAD, worker_id=camp_town.town.cast.rider_lu.worker_id
    )
    room = CampClass.objects.order_by("id").first()
    from nuanxin.programmes.actions import camps

    camps.assign_staff(
        class_id=room.id, staff_id=staff.id, actor=camp_town.cadre, now=camp_town.now
    )
    lu = camp_town.town.cast.client("rider_lu")
    place = CampPlace.objects.order_by("id").first()
    pages = [
        (ye, f"/programmes/{camp.offer.code}/camp/"), (ye, "/children/"), (ye, f"/children/{own[0].id}/"),
        (ye, f"/children/{own[0].id}/consent/"), (lu, "/keeping/"), (lu, f"/keeping/{room.id}/"),
        (lu, f"/keeping/{room.id}/hand-over/{place.id}/"), (lu, f"/keeping/{room.id}/harm/"),
        (cadre, "/desk/camps/"), (cadre, "/desk/camps/staff/"), (cadre, "/desk/camps/audit/"),
        (cadre, f"/desk/camps/{camp.offer_id}/"), (cadre, f"/desk/camps/{camp.offer_id}/children/"),
    ]  # fmt: skip
    for browser, address in pages:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        assert len(caught) <= MOST_QUERIES, (address, len(caught))
