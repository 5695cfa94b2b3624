"""The pages of 公示: what everybody reads, how an objection goes in and its answer comes out, the desk."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel import clock
from nuanxin.membership.models import Membership
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.awarding import award_by_points
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.offers import close_offer
from nuanxin.programmes.models import Objection, Offer, PublicNotice
from nuanxin.programmes.states import OfferState, Way

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 14
WHY = "他上个月就离开杭州了，不在这里干了。"


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def ye(town):
    """Rider Ye, a member of the couriers' union, as an actor."""
    rider = town.cast.rider_ye
    today = town.cast.now.date()
    Membership.objects.create(
        worker_id=rider.worker_id, union=town.cast.unions["couriers"], channel=1, occupation=3,
        started_on=today, joined_on=today, recorded_at=town.cast.now,
    )  # fmt: skip
    return rider


def posted(town, riders, *, places=2, at=None):
    """Post a list of an offer now (or at a moment), and return it."""
    offer = town.offer(Way.SCORE, places=places, definition="degree_yearly")
    for rider in riders:
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    cadre, now = town.cast.county_cadre, at or clock.now()
    close_offer(offer_id=offer.id, actor=cadre, now=now)
    award_by_points(offer_id=offer.id, actor=cadre, now=now)
    return PublicNotice.objects.get(offer=offer)


def test_everybody_reads_masked_names_and_the_person_himself_his_line(town, ye, client):
    riders = town.riders(1)
    Worker.objects.filter(id=riders[0].worker_id).update(name="欧阳小满", phone_hint="1386027")
    notice = posted(town, [*riders, ye])
    assert "正在公示 1 份名单" in text_of(client.get("/publicity/"))
    answer = client.get(f"/publicity/{notice.code}/")
    page = text_of(answer)
    assert "欧阳××" in page
    assert "小满" not in page
    assert "6027" not in page
    assert notice.digest in page
    assert "你在名单上" not in page
    assert answer.headers["X-Robots-Tag"] == "noindex, noarchive"
    assert "你在名单上，第 2 行" in text_of(
        town.cast.client("rider_ye").get(f"/publicity/{notice.code}/")
    )
    sheet = text_of(client.get(f"/publicity/{notice.code}/sheet/"))
    assert "（盖章）" in sheet
    assert "<svg" in sheet
    offer = Offer.objects.get()
    assert "看公示的名单" in text_of(client.get(f"/programmes/{offer.code}/"))


def test_the_names_vanish_some_days_after_the_end_and_the_record_stays(town, client):
    notice = posted(town, town.riders(1), at=clock.now() - timedelta(days=60))
    page = text_of(client.get(f"/publicity/{notice.code}/"))
    assert "名单收起来了" in page
    assert "骑" not in page
    assert client.get(f"/publicity/{notice.code}/sheet/").status_code == 404
    assert "现在没有在公示的名单" in text_of(client.get("/publicity/"))
    answer = client.post(f"/publicity/{notice.code}/object/", {"text": WHY})
    assert answer.status_code == 409
    assert "上一级工会" in text_of(answer)


def test_an_objection_without_a_name_gets_a_number_and_the_number_an_answer(town, client):
    notice = posted(town, town.riders(3), places=1)
    address = f"/publicity/{notice.code}/object/"
    assert "没登录也能提" in text_of(client.get(f"{address}?line=1"))
    assert client.post(address, {"text": "短", "line": "1"}).status_code == 422
    proof = SimpleUploadedFile("proof.png", b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    answer = client.post(address, {"text": WHY, "line": "1", "proof": proof}, follow=True)
    objection = Objection.objects.get()
    assert objection.receipt in text_of(answer)
    assert objection.receipt not in answer.request["PATH_INFO"]

    chen, colleague = town.cast.client("county_cadre"), town.cast.client("county_colleague")
    desk = f"/desk/objections/{objection.id}/"
    assert objection.receipt in text_of(chen.get(f"/desk/publicity/{notice.id}/"))
    assert WHY not in text_of(colleague.get(desk))
    opened = text_of(colleague.post(desk, {"do": "read"}))
    assert WHY in opened
    assert "下载附件" in opened
    reply = {"do": "answer", "outcome": "yes", "answer": "查了社保记录，情况属实。"}
    refused = chen.post(desk, reply)
    assert refused.status_code == 409
    assert "另一位干部" in text_of(refused)
    assert colleague.post(desk, {"do": "answer", "outcome": "yes", "answer": ""}).status_code == 422
    assert colleague.post(desk, reply).status_code == 302
    assert "划去了" in text_of(client.get(f"/publicity/{notice.code}/"))
    page = text_of(client.post("/publicity/receipt/", {"receipt": objection.receipt.lower()}))
    assert "查了社保记录" in page
    assert client.post("/publicity/receipt/", {"receipt": "YY000"}).status_code == 422


def test_the_file_of_an_objection_opens_at_the_desk_only(town, client):
    notice = posted(town, town.riders(1))
    proof = SimpleUploadedFile("proof.png", b"\x89PNG\r\n\x1a\nthe bytes")
    client.post(f"/publicity/{notice.code}/object/", {"text": WHY, "proof": proof})
    desk = f"/desk/objections/{Objection.objects.get().id}/"
    colleague = town.cast.client("county_colleague")
    page = colleague.post(desk, {"do": "read"})
    (file,) = page.context["files"]
    answer = colleague.post(desk, {"do": "file", "file": str(file.id)})
    assert b"".join(answer.streaming_content).endswith(b"the bytes")
    assert colleague.post(desk, {"do": "file", "file": "nonsense"}).status_code == 404


def test_the_desk_sees_what_is_left_and_cannot_award_before_the_end(town):
    notice = posted(town, town.riders(2))
    cadre = town.cast.client("county_cadre")
    assert "还有" in text_of(cadre.get("/desk/publicity/"))
    page = cadre.get(f"/desk/programmes/{notice.offer_id}/")
    assert page.context["notices_url"] == "/desk/publicity/"
    answer = cadre.post(f"/desk/publicity/{notice.id}/finish/")
    assert answer.status_code == 409
    assert Offer.objects.get().state == OfferState.PUBLICITY
    assert town.cast.client("auditor").get(f"/desk/publicity/{notice.id}/").status_code == 200
    assert (
        town.cast.client("auditor").post(f"/desk/publicity/{notice.id}/finish/").status_code == 403
    )


@pytest.mark.parametrize("how_many", [1, 6])
def test_pages_cost_no_more_queries_with_more_rows(town, ye, client, how_many):
    for _ in range(how_many):
        notice = posted(town, [*town.riders(how_many), ye], places=how_many + 1)
        for _ in range(how_many):
            client.post(f"/publicity/{notice.code}/object/", {"text": WHY})
    cadre, rider = town.cast.client("county_cadre"), town.cast.client("rider_ye")
    pages = [
        (client, "/publicity/"), (rider, f"/publicity/{notice.code}/"),
        (client, f"/publicity/{notice.code}/sheet/"), (client, f"/publicity/{notice.code}/object/"),
        (cadre, "/desk/publicity/"), (cadre, f"/desk/publicity/{notice.id}/"),
        (cadre, f"/desk/objections/{Objection.objects.latest('id').id}/"),
    ]  # fmt: skip
    for browser, address in pages:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        assert len(caught) <= MOST_QUERIES, (address, len(caught))


def test_the_link_on_a_printed_list_is_the_public_address_whatever_the_request_says(
    town, client, settings
):
    settings.PUBLIC_ADDRESS = "https://nuanxin.example"
    notice = posted(town, town.riders(1))
    page = text_of(client.get(f"/publicity/{notice.code}/sheet/", headers={"host": "testserver"}))
    assert f"https://nuanxin.example/publicity/{notice.code}/" in page
    assert "testserver" not in page
