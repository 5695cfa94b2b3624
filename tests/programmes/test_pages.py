"""The pages of 服务: two taps to a place, the desk from definition to list, and what each may cost."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel import draw as lots
from nuanxin.membership.models import Membership
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.claims import apply_for_place, withdraw_from_offer
from nuanxin.programmes.models import Application, Draw, Offer
from nuanxin.programmes.states import ClaimState, OfferState, Way
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 12


@pytest.fixture
def rider(town):
    """Rider Ye, a member of the couriers' union, in his browser."""
    ye = town.cast.rider_ye
    today = town.cast.now.date()
    Membership.objects.create(
        worker_id=ye.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=3,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    return town.cast.client("rider_ye")


@pytest.fixture
def cadre(town):
    """The county's cadre, in his browser."""
    return town.cast.client("county_cadre")


def text_of(answer):
    return answer.content.decode()


def test_the_list_tells_places_left_the_day_and_how(town, client):
    town.offer(places=3)
    town.offer(Way.DRAW, places=7)
    page = text_of(client.get("/programmes/"))
    assert "现在有 2 件能报" in page
    assert "剩 3 个" in page
    assert "7 个名额" in page
    assert "先到先得" in page
    assert "公开抽签" in page


def test_a_member_is_two_taps_from_a_place_and_one_from_giving_it_back(town, rider):
    offer = town.offer(places=1)
    page = text_of(rider.get(f"/programmes/{offer.code}/"))
    assert "报名" in page
    answer = rider.post("/programmes/apply/", {"code": offer.code}, follow=True)
    assert "名额是你的了" in text_of(answer)
    rider.post("/programmes/apply/", {"code": offer.code})
    assert Application.objects.count() == 1
    assert "名额是你的了" in text_of(rider.get("/programmes/mine/"))
    answer = rider.post("/programmes/withdraw/", {"code": offer.code}, follow=True)
    assert "你撤回了" in text_of(answer)
    assert "剩 1 个" in text_of(rider.get("/programmes/"))


def test_who_waits_is_told_his_place_in_line_and_confirms_when_it_is_his(town, rider):
    offer = town.offer(places=1)
    (other,) = town.riders(1)
    apply_for_place(code=offer.code, actor=other, now=town.cast.now)
    page = text_of(rider.get(f"/programmes/{offer.code}/"))
    assert "排候补" in page
    answer = rider.post("/programmes/apply/", {"code": offer.code}, follow=True)
    assert "你排在候补第 1" in text_of(answer)
    withdraw_from_offer(code=offer.code, actor=other, now=town.cast.now)
    assert "名额给你留着" in text_of(rider.get(f"/programmes/{offer.code}/"))
    answer = rider.post("/programmes/confirm/", {"code": offer.code}, follow=True)
    assert "名额是你的了" in text_of(answer)


def test_who_is_not_signed_in_is_led_to_it_and_who_is_no_member_is_told(town, client):
    offer = town.offer(places=1)
    page = text_of(client.get(f"/programmes/{offer.code}/"))
    assert f"/sign-in/?next=%2Fprogrammes%2F{offer.code}%2F" in page
    lu = town.cast.client("rider_lu")
    answer = lu.post("/programmes/apply/", {"code": offer.code})
    assert answer.status_code == 409
    assert "入会不收钱" in text_of(answer)
    assert lu.post("/programmes/apply/", {"code": "../"}).status_code == 422
    assert lu.post("/programmes/confirm/", {"code": offer.code}).status_code == 409


def test_the_page_tells_a_member_what_the_rule_says_of_him(town, rider):
    exam = town.offer(places=1)
    page = text_of(rider.get(f"/programmes/{exam.code}/"))
    assert "条件都满足" in page
    assert "/programmes/apply/" in page
    degree = town.offer(Way.SCORE, places=1, definition="degree_yearly")
    page = text_of(rider.get(f"/programmes/{degree.code}/"))
    assert "还不能确定" in page
    assert "/programmes/apply/" in page
    trip = town.offer(Way.DRAW, places=1, definition="recuperation")
    page = text_of(rider.get(f"/programmes/{trip.code}/"))
    assert "现在还不可以" in page
    assert "/programmes/apply/" not in page


def test_a_draft_is_nobodys_to_see_and_one_that_is_over_says_so(town, client):
    offer = town.offer(places=1)
    Offer.objects.update(state=OfferState.DRAFT)
    assert client.get(f"/programmes/{offer.code}/").status_code == 404
    Offer.objects.update(state=OfferState.CANCELLED)
    assert "这一期取消了" in text_of(client.get(f"/programmes/{offer.code}/"))
    assert "没有" in text_of(client.get("/programmes/"))


FORM = {
    "title": "2027 年免费体检",
    "way": "2",
    "places": "100",
    "opens_on": "2026-01-05",
    "closes_on": "2026-01-20",
    "directed_permille": "100",
    "released_on": "",
    "pools": "拱墅区 41 1\n西湖区 33 1\n快递员 29 1",
}


def form_of(town, **more):
    return FORM | {"union": town.cast.unions["county"].code} | more


def test_an_official_sees_each_step_of_the_split_before_it_is_kept(town, cadre):
    assert "技能竞赛" in text_of(cadre.get("/desk/programmes/new/"))
    address = "/desk/programmes/new/fill/?of=recuperation"
    assert "集中疗休养" in text_of(cadre.get(address))
    page = text_of(cadre.post(address, form_of(town, do="preview")))
    assert "拱墅区：100 × 41 ÷ 103" in page
    assert Offer.objects.count() == 0
    answer = cadre.post(address, form_of(town, do="create"))
    offer = Offer.objects.get()
    assert answer["Location"] == f"/desk/programmes/{offer.id}/"
    assert [p.places for p in offer.pool_set.order_by("ordinal")] == [40, 32, 28]
    page = text_of(cadre.post(f"/desk/programmes/{offer.id}/act/", {"do": "publish"}, follow=True))
    assert "报名中" in page
    assert "2027 年免费体检" in text_of(cadre.get("/desk/programmes/"))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"pools": "拱墅区"}, "第 1 行没有读懂"),
        ({"pools": "月球 3"}, "不是本省的市"),
        ({"pools": "拱墅区 0\n西湖区 0"}, "全是 0"),
        ({"closes_on": "2026-01-01"}, "报名截止要在报名开始以后"),
        ({"places": "0"}, "places"),
        ({"union": "nobody"}, "没有找到这家工会"),
    ],
)
def test_what_was_filled_in_wrong_is_told_and_kept(town, cadre, more, told):
    answer = cadre.post(
        "/desk/programmes/new/fill/?of=recuperation", form_of(town, do="create", **more)
    )
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert "2027 年免费体检" in text_of(answer)


def test_a_draw_at_the_desk_is_committed_told_to_everybody_run_and_verified(town, cadre, client):
    offer = town.offer(Way.DRAW, places=3)
    for person in town.riders(8):
        apply_for_place(code=offer.code, actor=person, now=town.cast.now)
    address = f"/desk/programmes/{offer.id}/draw/"
    assert client.get(f"/programmes/{offer.code}/draw.json").status_code == 404
    assert "选一种填" in text_of(cadre.post(address, {"do": "commit"}))
    early = cadre.post(address, {"do": "commit", "public": "12 月 10 日开奖的数"})
    assert early.status_code == 409
    cadre.post(f"/desk/programmes/{offer.id}/act/", {"do": "close"})
    cadre.post(address, {"do": "commit", "public": "12 月 10 日开奖的数"})
    commitment = Draw.objects.get().commitment
    assert commitment in text_of(client.get(f"/programmes/{offer.code}/"))
    page = text_of(cadre.post(address, {"do": "run", "value": ""}))
    assert "还没有种子数" in page
    cadre.post(address, {"do": "run", "value": "024681"})
    assert "抽中 3 人" in text_of(cadre.get(address))
    file = client.get(f"/programmes/{offer.code}/draw.json")
    assert lots.verify(json.loads(file.content)) == 3
    assert "骑手" not in text_of(file)
    script = client.get("/programmes/draw.py")
    assert b"nuanxin-draw-1" in script.content


def test_the_list_of_those_with_places_leaves_masked_with_a_purpose_that_is_kept(town, cadre):
    offer = town.offer(places=2)
    Worker.objects.update(phone_hint="")
    (person,) = town.riders(1)
    Worker.objects.filter(id=person.worker_id).update(name="=骑手", phone_hint="1386027")
    apply_for_place(code=offer.code, actor=person, now=town.cast.now)
    assert "138****6027" in text_of(cadre.get(f"/desk/programmes/{offer.id}/awards/"))
    address = f"/desk/programmes/{offer.id}/export/"
    assert cadre.post(address, {"purpose": ""}).status_code == 422
    answer = cadre.post(address, {"purpose": "交体检机构排班"})
    assert "'=骑手" in text_of(answer)
    assert Event.objects.get(kind="programmes.awards_exported").data["purpose"] == "交体检机构排班"
    assert town.cast.client("auditor").post(address, {"purpose": "看看看看"}).status_code == 403


@pytest.mark.parametrize("how_many", [1, 6])
def test_pages_cost_no_more_queries_with_more_rows(town, rider, cadre, how_many):
    offers = [town.offer(places=2) for _ in range(how_many)]
    for offer in offers:
        for person in town.riders(3):
            apply_for_place(code=offer.code, actor=person, now=town.cast.now)
        apply_for_place(code=offer.code, actor=town.cast.rider_ye, now=town.cast.now)
    pages = [
        (rider, "/programmes/"), (rider, f"/programmes/{offers[0].code}/"),
        (rider, "/programmes/mine/"), (cadre, "/desk/programmes/"),
        (cadre, f"/desk/programmes/{offers[0].id}/"),
        (cadre, f"/desk/programmes/{offers[0].id}/awards/"),
    ]  # fmt: skip
    for browser, address in pages:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert browser.get(address).status_code == 200
        assert len(caught) <= MOST_QUERIES, (address, len(caught))


def test_the_list_is_paged(town, client):
    for number in range(23):
        offer = town.offer(places=1)
        Offer.objects.filter(id=offer.id).update(
            title=f"第{number}期", closes_at=town.cast.now + timedelta(days=2, minutes=number)
        )
    first = client.get("/programmes/")
    assert first.context["next_url"]
    second = client.get("/programmes/" + first.context["next_url"])
    assert len(second.context["rows"]) == 3
    assert client.get("/programmes/?after=nonsense").status_code in (404, 422)
    assert Application.objects.filter(state=ClaimState.APPLIED).count() == 0


def test_programs_read_the_same_list_page_by_page(town, client):
    for places in (1, 2, 3):
        town.offer(places=places)
    town.offer(Way.DRAW, places=4)
    first = client.get("/api/v1/programmes?limit=3").json()
    assert [one["left"] for one in first["items"]] == [1, 2, 3]
    rest = client.get("/api/v1/programmes", {"limit": 3, "cursor": first["next"]}).json()
    (last,) = rest["items"]
    assert (last["way"], last["left"], last["places"]) == ("draw", None, 4)
    assert rest["next"] is None
    assert client.get("/api/v1/programmes?cursor=nonsense").status_code in (404, 422)


def ask_what_if(client, code, **body):
    return client.post(
        f"/api/v1/programmes/{code}/what-if", json.dumps(body), content_type="application/json"
    )


def test_anybody_asks_what_if_without_being_looked_up_or_kept(town, client):
    facts = {"membership.is_member": True, "membership.months": 8}
    found = ask_what_if(client, "recuperation", facts=facts).json()
    assert found["answer"] == "no"
    assert [clause["answer"] for clause in found["clauses"]] == ["yes", "no", "unknown"]
    change = found["would_change"]
    assert (change["fact"], change["from"], change["to"]) == ("membership.months", 8, 12)
    assert change["together_with"][0]["fact"] == "programmes.had_recuperation"
    assert ask_what_if(client, "recuperation", facts={}, as_of="9999-12-31").json()["missing"]


def test_an_offers_code_asks_the_rule_of_its_programme(town, client):
    offer = town.offer(definition="health_exam")
    found = ask_what_if(client, offer.code, facts={"membership.is_member": False}).json()
    assert (found["programme"], found["answer"]) == ("health_exam", "no")


@pytest.mark.parametrize(
    ("code", "body", "status", "told"),
    [
        ("no-such-code", {"facts": {}}, 404, "programmes.no_rule"),
        ("recuperation", {"facts": {"membership.month": 1}}, 422, "eligibility.unknown_fact"),
        ("recuperation", {"facts": {"membership.months": "1"}}, 422, "eligibility.fact_type"),
        ("recuperation", {"facts": {}, "region": "33"}, 422, ""),
        ("recuperation", {"facts": {}, "as_of": "yesterday"}, 422, ""),
        ("recuperation", {}, 422, ""),
    ],
)
def test_a_what_if_that_cannot_be_read_is_refused(town, client, code, body, status, told):
    answer = ask_what_if(client, code, **body)
    assert answer.status_code == status
    assert told in answer.content.decode()


def test_a_slot_is_chosen_and_one_that_is_full_is_told(town, rider):
    slots = tuple(town.cast.now + timedelta(days=20, hours=hour) for hour in (1, 2))
    offer = town.offer(Way.SLOT, places=3, slots=slots)
    page = text_of(rider.get(f"/programmes/{offer.code}/"))
    assert "剩 2 个" in page
    assert "剩 1 个" in page
    asked = {"code": offer.code}
    assert rider.post("/programmes/apply/", asked).status_code == 422
    (other,) = town.riders(1)
    apply_for_place(code=offer.code, actor=other, now=town.cast.now, slot_at=slots[1])
    full = rider.post("/programmes/apply/", asked | {"slot": slots[1].isoformat()})
    assert full.status_code == 409
    assert "这个时段约满了" in text_of(full)
    done = rider.post("/programmes/apply/", asked | {"slot": slots[0].isoformat()}, follow=True)
    assert "来就行" in text_of(done)
    seat = Application.objects.get(worker_id=town.cast.rider_ye.worker_id).seat
    assert seat.slot_at == slots[0]
