"""The pages of 代办: beginning, doing, the receipt on the worker's page, the undo, the lists."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel import clock, sealing
from nuanxin.membership.models import Membership
from nuanxin.membership.queries.card import get_card
from nuanxin.notices.models import Message
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.attesters import register_self
from nuanxin.programmes.models import Application, HelpAct, HelpSession, StatedFact
from nuanxin.programmes.states import ClaimState, Way
from nuanxin.stations.models import ServiceBooking
from tests.people.conftest import number as identity
from tests.programmes.test_helping import Hall
from tests.programmes.test_helping_with_places import Clinic, Desk, Family

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 16


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def ye(town):
    """Rider Ye, a member of the couriers' union, as an actor."""
    today = clock.business_day(town.cast.now)
    Membership.objects.create(
        worker_id=town.cast.rider_ye.worker_id, union=town.cast.unions["couriers"], channel=1,
        occupation=3, started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    Worker.objects.filter(id=town.cast.rider_ye.worker_id).update(identity_hint="33014321")
    return town.cast.rider_ye


@pytest.fixture
def keeper(town):
    """The keeper of a station, at his desk."""
    return town.cast.client("station_keeper")


@pytest.fixture
def hall(town):
    return Hall(town)


@pytest.fixture
def family(hall):
    return Family(hall)


def begin(keeper, ye):
    token = get_card(actor=ye, now=clock.now()).token
    answer = keeper.post("/desk/help/", {"do": "card", "card": token})
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_a_keeper_applies_for_who_shows_the_card_and_the_worker_undoes_it(town, ye, keeper):
    offer = town.offer()
    room = begin(keeper, ye)
    page = text_of(keeper.get(room))
    assert "叶" in page
    assert "小满" not in page
    assert offer.title in page
    assert keeper.post(room, {"do": "apply", "offer": offer.code}).status_code == 302
    act = HelpAct.objects.get()
    assert act.receipt in text_of(keeper.get(room))
    own = town.cast.client("rider_ye")
    page = text_of(own.get("/helped/"))
    assert act.receipt in page
    assert "沈谷雨" in page
    assert "撤销了" in text_of(own.post("/helped/undo/", {"id": act.id}))
    assert Application.objects.get().state == ClaimState.WITHDRAWN
    again = own.post("/helped/undo/", {"id": act.id})
    assert again.status_code == 409
    assert "已经撤销过了" in text_of(again)
    assert town.cast.client("rider_lu").post("/helped/undo/", {"id": act.id}).status_code == 404
    assert own.post("/helped/undo/", {"id": "x"}).status_code == 422


def test_the_code_is_read_aloud_and_a_wrong_phone_is_told_nothing(town, ye, keeper):
    phone = {"do": "phone", "phone": "19900000000", "last_four": "4321"}
    for given in (phone | {"last_four": "0000"}, phone):
        answer = keeper.post("/desk/help/", given)
        assert answer.status_code == 302
        assert "请他念验证码" in text_of(keeper.get(answer.headers["Location"]))
    room = answer.headers["Location"]
    body = Message.objects.get(template="access.help_code").body
    code = "".join(c for c in body.split("，")[0] if c.isdigit())
    assert keeper.post(room, {"do": "code", "code": "000000"}).status_code == 422
    assert keeper.post(room, {"do": "state", "fact": "x", "value": "1"}).status_code == 404
    assert keeper.post(room, {"do": "code", "code": code}).status_code == 302
    assert "能报的" in text_of(keeper.get(room))


def test_what_is_missing_or_refused_is_told_on_the_page(town, ye, keeper):
    assert keeper.post("/desk/help/", {"do": "card", "card": ""}).status_code == 422
    assert "这不是会员卡" in text_of(keeper.post("/desk/help/", {"do": "card", "card": "x"}))
    assert keeper.post("/desk/help/", {"do": "phone", "phone": "1"}).status_code == 422
    room = begin(keeper, ye)
    assert keeper.post(room, {"do": "nothing"}).status_code == 404
    short = keeper.post(room, {"do": "state", "fact": "programmes.local_months", "value": ""})
    assert short.status_code == 422
    keeper.post(room, {"do": "state", "fact": "programmes.local_months", "value": "14"})
    assert StatedFact.objects.get().whole == 14
    own = register_self(actor=town.cast.officer_chen, now=town.cast.now)
    assert "请人证明" in text_of(keeper.get(room))
    keeper.post(room, {"do": "ask", "attester": own.id, "months": "14"})
    assert HelpAct.objects.count() == 2
    HelpSession.objects.update(expires_at=clock.now(), asked_at=clock.now() - timedelta(hours=1))
    ended = keeper.get(room)
    assert ended.status_code == 409
    assert "时间到了" in text_of(ended)


def test_a_session_is_the_helpers_own_and_ends_when_he_says_so(town, ye, keeper):
    room = begin(keeper, ye)
    assert town.cast.client("officer_chen").get(room).status_code == 404
    assert town.cast.client("auditor").get(room).status_code == 403
    assert keeper.post(room, {"do": "close"}).headers["Location"] == "/desk/help/"
    assert keeper.get(room).status_code == 409


def test_lists_show_ones_own_and_the_countys(town, ye, keeper):
    town.offer()
    room = begin(keeper, ye)
    keeper.post(room, {"do": "state", "fact": "programmes.local_months", "value": "14"})
    receipt = HelpAct.objects.get().receipt
    assert receipt in text_of(keeper.get("/desk/help/mine/"))
    assert receipt not in text_of(town.cast.client("officer_chen").get("/desk/help/mine/"))
    assert receipt in text_of(town.cast.client("county_cadre").get("/desk/help/acts/"))
    assert receipt not in text_of(town.cast.client("cadre_of_next_county").get("/desk/help/acts/"))
    assert keeper.get("/desk/help/acts/").status_code == 403


@pytest.mark.parametrize("how_many", [1, 6])
def test_pages_cost_no_more_queries_with_more_rows(town, ye, keeper, how_many):
    room = begin(keeper, ye)
    for _ in range(how_many):
        keeper.post(room, {"do": "apply", "offer": town.offer(places=9).code})
        town.offer()
    pages = [
        (keeper, "/desk/help/"), (keeper, room), (keeper, "/desk/help/mine/"),
        (town.cast.client("county_cadre"), "/desk/help/acts/"),
        (town.cast.client("rider_ye"), "/helped/"),
    ]  # fmt: skip
    for browser, address in pages:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        assert len(caught) <= MOST_QUERIES, (address, len(caught))


def test_a_desk_of_a_station_is_booked_and_changed_on_the_page_and_told_without_its_kind(
    town, ye, keeper
):
    at_desk = Desk(Hall(town))
    room = begin(keeper, ye)
    page = text_of(keeper.get(room))
    assert at_desk.station.name in page
    looked = f"{room}?station={at_desk.station.code}"
    page = text_of(keeper.get(looked))
    first, later = at_desk.slot(5), at_desk.slot(7)
    assert first.isoformat() in page
    sent = {"do": "desk", "service": at_desk.service.id, "topic": "pay"}
    assert keeper.post(looked, sent | {"at": ""}).status_code == 422
    assert keeper.post(looked, sent | {"at": first.isoformat()}).status_code == 302
    mine = ServiceBooking.objects.get()
    page = text_of(keeper.get(room))
    assert f"instead={mine.id}" in page
    assert "法律咨询" not in page
    assert "换到这个时间" in text_of(keeper.get(f"{looked}&instead={mine.id}"))
    keeper.post(looked, sent | {"at": later.isoformat(), "instead": mine.id})
    assert at_desk.standing() == [(ye.worker_id, later, "pay")]
    assert "驿站预约换到" in text_of(town.cast.client("rider_ye").get("/helped/"))
    (booked,) = ServiceBooking.objects.filter(state=1)
    keeper.post(room, {"do": "desk-cancel", "booking": booked.id})
    assert at_desk.standing() == []


def test_sessions_slots_and_classes_are_on_the_page(hall, family, keeper):
    clinic = Clinic(hall, definition="skill_training")
    at = hall.now + timedelta(hours=72)
    slotted = hall.town.offer(Way.SLOT, places=1, slots=(at,))
    room = begin(keeper, hall.rider)
    page = text_of(keeper.get(room))
    for shown in (str(clinic.morning.place), at.isoformat(), "给孩子报", "都同意"):
        assert shown in page
    keeper.post(room, {"do": "apply", "offer": slotted.code, "slot": at.isoformat()})
    keeper.post(room, {"do": "session", "session": clinic.morning.id})
    sent = {"do": "child", "offer": family.camp.offer.code, "child": family.child.id,
            "room": family.room.id}  # fmt: skip
    assert keeper.post(room, sent).status_code == 422
    assert keeper.post(room, sent | {"accepts": "1"}).status_code == 302
    assert HelpAct.objects.count() == 3
    assert "撤回报名" in text_of(keeper.get(room))


def test_by_papers_a_colleague_witnesses_and_the_worker_owns_to_it_on_his_page(town, ye, keeper):
    number = identity(123)
    Worker.objects.filter(id=ye.worker_id).update(
        identity_hash=sealing.lookup_hash("identity", number), identity_sealed=b"-"
    )
    assert keeper.post("/desk/help/", {"do": "papers", "papers_name": ""}).status_code == 422
    sent = {"do": "papers", "papers_name": ye.name, "papers_number": number}
    answer = keeper.post("/desk/help/", sent)
    room = answer.headers["Location"]
    assert number not in room
    page = text_of(keeper.get(room))
    assert "请同事看证件" in page
    colleague = town.cast.client("officer_chen")
    asked = {"help_number": HelpSession.objects.get().id, "witness_number": number}
    assert "没有对上" in text_of(colleague.post("/desk/help/witness/", asked | {"help_number": 9}))
    assert "对上了" in text_of(colleague.post("/desk/help/witness/", asked))
    offer = town.offer()
    keeper.post(room, {"do": "apply", "offer": offer.code})
    page = text_of(keeper.get(room))
    assert "是我的意思" in page
    assert "填一项情况" not in page
    assert "撤回报名" not in page
    own, act = town.cast.client("rider_ye"), HelpAct.objects.get()
    assert "不认就自动撤回" in text_of(own.get("/helped/"))
    assert "算数" in text_of(own.post("/helped/undo/", {"id": act.id, "do": "confirm"}))
    assert "不认就自动撤回" not in text_of(own.get("/helped/"))
    assert town.cast.client("finance").get("/desk/help/witness/").status_code == 403
