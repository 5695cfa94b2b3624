"""核稿 on the desk: pasted or uploaded, in sight of who may, and nothing of it is kept."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.figures.documents import docx_of

pytestmark = pytest.mark.django_db

DRAFT = (
    "去年，全市建成爱心驿站365个。\n市总工会介绍，去年建成爱心驿站356个。\n<b>补助驿站12家。</b>"
)
CSV = "code,label,value,unit,period\nstations,补助驿站,12,家,\n"


def post(client, **fields):
    return client.post(reverse("desk-draft"), {"region": "330000", **fields})


@pytest.mark.slow
def test_a_pasted_draft_is_checked_and_its_text_is_escaped(cast):
    page = post(cast.client("county_cadre"), text=DRAFT).content.decode()
    assert "找到 3 处数字：0 处一致，2 处要看，1 处这里查不到" in page
    assert "建成爱心驿站，365个还是356个" in page
    assert "同稿第 2 行" in page
    assert "<b>补助" not in page


def test_a_table_of_known_values_may_come_with_it(cast):
    table = SimpleUploadedFile("known.csv", CSV.encode("utf-8-sig"))
    page = post(cast.client("county_cadre"), text="补助驿站12家。", against=table).content.decode()
    assert "1 处一致" in page
    assert "对照表第 2 行" in page


@pytest.mark.slow
def test_a_word_document_is_read(cast):
    upload = SimpleUploadedFile("稿.docx", docx_of("全市建成驿站365个。"))
    page = post(cast.client("city_cadre"), file=upload).content.decode()
    assert "365个" in page


def test_without_a_draft_it_asks_for_one(cast):
    answer = post(cast.client("county_cadre"), text="  ")
    assert answer.status_code == 422
    assert "把稿子粘贴在这里" in answer.content.decode()


@pytest.mark.slow
def test_a_file_that_is_no_draft_is_refused_at_its_field(cast):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("xl/workbook.xml", "<a/>")
    upload = SimpleUploadedFile("表.xlsx", buffer.getvalue())
    answer = post(cast.client("county_cadre"), file=upload)
    assert answer.status_code == 422
    assert "这不是 Word 文档" in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer_chen", 200),
        ("county_cadre", 200),
        ("auditor", 200),
        ("rider_ye", 403),
        ("finance", 403),
        ("anonymous", 302),
    ],
)
def test_who_may_check_drafts(cast, who, status):
    client = cast.client(who)
    assert client.get(reverse("desk-draft")).status_code == status
    assert post(client, text=DRAFT).status_code == status


def test_the_rail_leads_to_it_only_who_may(cast):
    assert reverse("desk-draft") in cast.client("county_cadre").get("/desk/").content.decode()
    assert reverse("desk-draft") not in cast.client("finance").get("/desk/").content.decode()
