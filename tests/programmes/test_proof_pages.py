"""The pages of attestations: the worker's, the attester's behind the link, the desk's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel import clock
from nuanxin.membership.models import Membership
from nuanxin.membership.queries.card import get_card
from nuanxin.notices.models import Message, Notice
from nuanxin.programmes.actions.attesters import AttesterDraft, register_attester, register_self
from nuanxin.programmes.forms.attestations import AskForm, CardForm
from nuanxin.programmes.models import Attestation, AttestationRequest, Attester
from nuanxin.programmes.queries.attesters import list_choices
from nuanxin.programmes.states import AttesterKind, RequestState

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 14


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def ye(town):
    """Rider Ye, a member of the couriers' union, in a browser."""
    today = clock.business_day(town.cast.now)
    Membership.objects.create(
        worker_id=town.cast.rider_ye.worker_id, union=town.cast.unions["couriers"], channel=1,
        occupation=3, started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    return town.cast.client("rider_ye")


@pytest.fixture
def officer(town):
    """Somebody of the couriers' union with a phone and no account."""
    return registered(town, "19911110001")


def registered(town, phone):
    draft = AttesterDraft(
        kind=AttesterKind.OFFICER, name="李春和", post_title="工会主席", phone=phone,
        valid_to=clock.business_day(town.cast.now) + timedelta(days=90),
    )  # fmt: skip
    union = town.cast.unions["couriers"]
    return register_attester(
        draft=draft, union_id=union.id, actor=town.cast.county_cadre, now=town.cast.now
    )


def link_of(message):
    return "/a/" + message.body.split("/a/")[1].split("/")[0] + "/"


def ask(ye, officer, **more):
    given = {"attester": officer.id, "months": 36, "workplace": "大关站"} | more
    answer = ye.post("/proofs/ask/", given)
    assert answer.status_code == 302, text_of(answer)
    return link_of(Message.objects.filter(template="programmes.attestation_asked").latest("id"))


def test_asked_on_the_phone_and_confirmed_in_two_taps(ye, officer, client):
    assert "还没有工作证明" in text_of(ye.get("/proofs/"))
    page = text_of(ye.get("/proofs/ask/"))
    assert "李×，工会主席" in page
    assert "春和" not in page
    link = ask(ye, officer)
    page = text_of(client.get(link))
    assert "叶" in page
    assert "小满" not in page
    assert "36 个月" in page
    assert "是这样，我确认" in page
    answer = client.post(link, {"do": "yes"})
    assert "确认好了" in text_of(answer)
    page = text_of(ye.get("/proofs/"))
    assert "我有 1 份工作证明" in page
    assert "工会主席李×" in page
    assert Notice.objects.filter(kind="programmes.attestation_confirmed").exists()


def test_looking_at_the_link_writes_nothing_and_using_it_twice_is_told(ye, officer, client):
    link = ask(ye, officer)
    for _ in range(3):
        client.get(link)
    assert AttestationRequest.objects.get().state == RequestState.ASKED
    client.post(link, {"do": "correct", "months": "20"})
    assert Attestation.objects.get().scope == [{"name": "programmes.local_months", "value": 20}]
    for again in (client.get(link), client.post(link, {"do": "yes"})):
        assert again.status_code == 409
        assert "链接只能用一次" in text_of(again)


def test_a_wrong_link_and_a_late_one_are_told_in_a_sentence(ye, officer, client):
    for answer in (client.get("/a/nothing/"), client.post("/a/nothing/", {"do": "yes"})):
        assert answer.status_code == 404
        assert "这个链接不对或者不完整" in text_of(answer)
    link = ask(ye, officer)
    AttestationRequest.objects.update(expires_at=clock.now() - timedelta(hours=1))
    answer = client.get(link)
    assert answer.status_code == 409
    assert "这个链接过期了" in text_of(answer)
    assert "36 个月" not in text_of(answer)


def test_a_refusal_needs_one_of_the_reasons_and_the_worker_reads_it(ye, officer, client):
    link = ask(ye, officer)
    assert client.post(link, {"do": "no"}).status_code == 422
    assert client.post(link, {"do": "no", "reason": "别的"}).status_code == 422
    assert "没有确认" in text_of(client.post(link, {"do": "no", "reason": "不认识他。"}))
    assert "不认识他。" in text_of(ye.get("/proofs/"))


def test_a_request_is_withdrawn_and_a_proof_taken_back_by_the_worker(ye, officer, client):
    link = ask(ye, officer)
    ye.post("/proofs/withdraw/", {"id": AttestationRequest.objects.get().id})
    assert "本人不用你证明了" in text_of(client.get(link))
    client.post(ask(ye, officer), {"do": "yes"})
    assert ye.post("/proofs/take-back/", {"id": "x"}).status_code == 422
    ye.post("/proofs/take-back/", {"id": Attestation.objects.get().id})
    page = text_of(ye.get("/proofs/"))
    assert "不算数了" in page
    assert "本人收回" in page


def test_nothing_chosen_and_nobody_registered_are_told(ye, town):
    assert "还没有登记证明人" in text_of(ye.get("/proofs/ask/"))
    officer = registered(town, "19911110001")
    empty = ye.post("/proofs/ask/", {"attester": officer.id})
    assert empty.status_code == 422
    assert "至少选一项" in text_of(empty)
    assert ye.post("/proofs/ask/", {"attester": 10**9, "months": 3}).status_code == 422


def test_an_officer_answers_at_the_desk_and_attests_by_the_card(ye, town):
    chen = town.cast.client("officer_chen")
    assert "劳动者还找不到你" in text_of(chen.get("/desk/proofs/asked/"))
    chen.post("/desk/proofs/asked/", {"do": "register"})
    own = Attester.objects.get()
    ye.post("/proofs/ask/", {"attester": own.id, "months": 12})
    page = text_of(chen.get("/desk/proofs/asked/"))
    assert "12 个月" in page
    asked = AttestationRequest.objects.get()
    assert (
        town.cast.client("county_cadre").get(f"/desk/proofs/asked/{asked.id}/").status_code == 404
    )
    assert "请你证明" in text_of(chen.get(f"/desk/proofs/asked/{asked.id}/"))
    assert chen.post(f"/desk/proofs/asked/{asked.id}/", {"do": "yes"}).status_code == 302
    token = get_card(actor=town.cast.rider_ye, now=clock.now()).token
    done = chen.post("/desk/proofs/asked/", {"do": "card", "code": token, "months": 24})
    assert "的证明好了" in text_of(done)
    assert (
        chen.post("/desk/proofs/asked/", {"do": "card", "code": "x", "months": 1}).status_code
        == 422
    )
    assert Attestation.objects.count() == 2


def test_the_desk_filters_takes_back_and_reviews(ye, officer, town, client):
    client.post(ask(ye, officer), {"do": "yes"})
    said = Attestation.objects.get()
    cadre = town.cast.client("county_cadre")
    assert "李春和" in text_of(cadre.get("/desk/proofs/"))
    assert "李春和" not in text_of(cadre.get("/desk/proofs/?state=over"))
    assert "李春和" not in text_of(town.cast.client("cadre_of_next_county").get("/desk/proofs/"))
    assert "有效" in text_of(cadre.get(f"/desk/proofs/{said.id}/"))
    page = cadre.post(f"/desk/proofs/attesters/{officer.id}/", {"why": ""})
    assert page.status_code == 422
    moved = cadre.post(f"/desk/proofs/attesters/{officer.id}/", {"why": "换人了"}, follow=True)
    assert "待复核" in text_of(moved)
    assert "在复核" in text_of(ye.get("/proofs/"))
    cadre.post(f"/desk/proofs/{said.id}/act/", {"do": "keep"})
    assert "有效" in text_of(cadre.get(f"/desk/proofs/{said.id}/"))
    assert cadre.post(f"/desk/proofs/{said.id}/act/", {"do": "take"}).status_code == 422
    cadre.post(f"/desk/proofs/{said.id}/act/", {"do": "take", "why": "站点说没有这个人"})
    assert "站点说没有这个人" in text_of(ye.get("/proofs/"))


def test_somebody_is_registered_at_the_desk_with_what_is_missing_told(town):
    cadre = town.cast.client("county_cadre")
    union = town.cast.unions["county"].id
    given = {
        "kind": 2, "union": union, "name": "王站长", "post_title": "站长", "place": "大关驿站",
        "phone": "19911110007", "valid_to": (clock.now() + timedelta(days=200)).date().isoformat(),
    }  # fmt: skip
    assert cadre.post("/desk/proofs/attesters/new/", {}).status_code == 422
    short = cadre.post("/desk/proofs/attesters/new/", given | {"phone": "123"})
    assert short.status_code == 422
    assert cadre.post("/desk/proofs/attesters/new/", given).status_code == 302
    page = text_of(cadre.get("/desk/proofs/attesters/"))
    assert "王站长" in page
    assert "大关驿站" in page
    assert town.cast.client("auditor").get("/desk/proofs/attesters/").status_code == 200
    assert town.cast.client("auditor").get("/desk/proofs/attesters/new/").status_code == 403


@pytest.mark.parametrize("how_many", [1, 5])
def test_pages_cost_no_more_queries_with_more_rows(ye, town, client, how_many):
    register_self(actor=town.cast.officer_chen, now=town.cast.now)
    for number in range(how_many):
        person = registered(town, f"1991111002{number}")
        link = ask(ye, person)
        if number % 2 == 0:
            client.post(link, {"do": "yes"})
    link = ask(ye, person) if how_many == 1 else link
    cadre, chen = town.cast.client("county_cadre"), town.cast.client("officer_chen")
    pages = [
        (ye, "/proofs/"), (ye, "/proofs/ask/"), (client, link), (cadre, "/desk/proofs/"),
        (cadre, f"/desk/proofs/{Attestation.objects.latest('id').id}/"),
        (cadre, "/desk/proofs/attesters/"), (cadre, "/desk/proofs/attesters/new/"),
        (cadre, f"/desk/proofs/attesters/{person.id}/"), (chen, "/desk/proofs/asked/"),
    ]  # fmt: skip
    for browser, address in pages:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code in (200, 409)
        assert len(caught) <= MOST_QUERIES, (address, len(caught))


# ---- only what the attester may say is offered -------------------------------------------------


def keeper(town):
    draft = AttesterDraft(
        kind=AttesterKind.KEEPER, name="方建国", post_title="站长", phone="19911110008",
        valid_to=clock.business_day(town.cast.now) + timedelta(days=90), place="大关驿站",
    )  # fmt: skip
    union = town.cast.unions["county"]
    return register_attester(
        draft=draft, union_id=union.id, actor=town.cast.county_cadre, now=town.cast.now
    )


def test_what_none_of_ones_attesters_may_say_is_not_offered(ye, officer, town):
    page = text_of(ye.get("/proofs/ask/"))
    assert 'name="platform"' in page
    assert 'name="days"' not in page, "an officer does not see the days"
    keeper(town)
    page = text_of(ye.get("/proofs/ask/"))
    assert 'name="days"' in page
    assert "只有驿站站长、平台或网点联系人能证明这项" in page


def test_each_fact_names_the_attesters_that_it_goes_with_for_the_page_to_hide_the_others(
    ye, officer, town
):
    by_keeper = keeper(town)
    goes_with = AskForm(attesters=list_choices_of(ye, town)).fact_fields
    told = {one["field"].name: set(one["by"].split()) for one in goes_with}
    assert told["months"] == {str(officer.id), str(by_keeper.id)}
    assert told["days"] == {str(by_keeper.id)}
    assert told["platform"] == {str(officer.id)}


def test_a_fact_that_the_chosen_one_may_not_say_is_refused_at_its_field(ye, officer, town):
    by_keeper = keeper(town)
    answer = ye.post("/proofs/ask/", {"attester": by_keeper.id, "months": 3, "platform": 1})
    assert answer.status_code == 422
    assert "他证明不了这项，要请工会干部、平台或网点联系人" in text_of(answer)
    assert not AttestationRequest.objects.exists()
    assert ye.post("/proofs/ask/", {"attester": officer.id, "platform": 1}).status_code == 302


def test_the_card_form_offers_what_is_open_to_that_desk(town):
    def offered(who):
        return text_of(town.cast.client(who).get("/desk/proofs/asked/"))

    assert 'name="platform"' in offered("officer_chen")
    assert 'name="days"' not in offered("officer_chen")
    by_keeper = CardForm(kind=AttesterKind.KEEPER)
    assert {one["field"].name for one in by_keeper.fact_fields} >= {"days", "months"}
    assert "platform" not in by_keeper.fields


def list_choices_of(ye, town):
    del ye
    return list_choices(town.cast.rider_ye.worker_id, on=clock.business_day(town.cast.now))
