"""Points are pasted, seen, entered, taken back; places are added at the desk after a look."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.programmes.actions.awarding import award_by_points
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.points import enter_points, read_points, take_points_back
from nuanxin.programmes.models import Application, Offer
from nuanxin.programmes.states import Way

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 16


@pytest.fixture
def asking(town):
    """Return an offer by points with three applicants."""
    offer = town.offer(Way.SCORE, places=1, definition="degree_and_skill")
    Offer.objects.filter(id=offer.id).update(rule_code="", publicity_days=0)
    for rider in town.riders(3):
        apply_for_place(code=offer.code, actor=rider, now=town.cast.now)
    offer.refresh_from_db()
    return offer


def ids(offer) -> list[int]:
    return list(Application.objects.filter(offer=offer).order_by("id").values_list("id", flat=True))


def points_of(offer) -> list[int | None]:
    found = Application.objects.filter(offer=offer).order_by("id")
    return list(found.values_list("points", flat=True))


def test_a_pasted_table_is_read_with_its_header_and_what_does_not_match_is_told(asking):
    first, second, _ = ids(asking)
    read = read_points(
        asking,
        f"报名编号\t姓名\t分数\n{first}\t骑手0\t88\n{second}，骑手1，90\n99999999 7\n{first} 12\n{second} 90",
    )
    assert read.points == {first: 88, second: 90}
    assert [line.partition("行")[0] for line in read.unmatched] == ["第 1 ", "第 4 ", "第 5 "]


def test_points_are_entered_and_taken_back_to_what_stood_before(town, asking):
    values = {"offer_id": asking.id, "actor": town.cast.county_cadre, "now": town.cast.now}
    first, second, third = ids(asking)
    assert enter_points(points={first: 10, second: 20}, **values) == 2
    assert enter_points(points={second: 5, third: 30}, **values) == 2
    assert points_of(asking) == [10, 5, 30]
    assert take_points_back(**values) == 2
    assert points_of(asking) == [10, 20, None]
    with pytest.raises(Conflict):
        take_points_back(**values)


@pytest.mark.parametrize("points", [{}, {1: -1}, {1: 10**10}])
def test_no_points_and_impossible_ones_are_refused(town, asking, points):
    with pytest.raises(Malformed):
        enter_points(
            offer_id=asking.id, points=points, actor=town.cast.county_cadre, now=town.cast.now
        )


def test_points_do_not_change_after_the_award_nor_for_others(town, asking):
    values = {"actor": town.cast.county_cadre, "now": town.cast.now}
    Offer.objects.filter(id=asking.id).update(state=3)
    award_by_points(offer_id=asking.id, **values)
    with pytest.raises(Conflict):
        enter_points(offer_id=asking.id, points={ids(asking)[0]: 3}, **values)
    with pytest.raises(Conflict):
        enter_points(offer_id=town.offer().id, points={1: 3}, **values)


def test_the_page_shows_what_was_read_before_anything_is_entered(town, asking):
    cadre = town.cast.client("county_cadre")
    url = f"/desk/programmes/{asking.id}/points/"
    text = f"{ids(asking)[0]} 77\n不认识的"
    page = cadre.post(url, {"do": "preview", "text": text}).content.decode()
    assert "读懂了 1 人的分数，1 行没对上" in page
    assert points_of(asking) == [None, None, None]
    page = cadre.post(url, {"do": "enter", "text": text}, follow=True).content.decode()
    assert "3 人报名，1 人有分了" in page
    page = cadre.post(url, {"do": "undo"}, follow=True).content.decode()
    assert "3 人报名，0 人有分了" in page
    assert cadre.post(url, {"do": "preview", "text": ""}).status_code == 422
    assert cadre.get(f"/desk/programmes/{town.offer().id}/points/").status_code == 404


def test_the_desk_sees_the_split_before_places_are_added(town):
    offer = town.offer(places=3)
    cadre = town.cast.client("county_cadre")
    url = f"/desk/programmes/{offer.id}/places/"
    page = cadre.post(url, {"do": "preview", "more": "4"}).content.decode()
    assert "加了以后" in page
    offer.refresh_from_db()
    assert offer.places == 3
    assert cadre.post(url, {"do": "add", "more": "4"}).status_code == 302
    offer.refresh_from_db()
    assert offer.places == 7
    assert cadre.post(url, {"do": "add", "more": "-1"}).status_code == 422


@pytest.mark.parametrize("page", ["places", "points"])
def test_the_pages_cost_few_queries(town, asking, page):
    cadre = town.cast.client("county_cadre")
    cadre.get(f"/desk/programmes/{asking.id}/{page}/")
    with CaptureQueriesContext(connection) as seen:
        cadre.get(f"/desk/programmes/{asking.id}/{page}/")
    assert len(seen) <= MOST_QUERIES


def workbook(rows):
    """Return a workbook of these rows as an upload."""
    import io

    import xlsxwriter
    from django.core.files.uploadedfile import SimpleUploadedFile

    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet("分数")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile("分数.xlsx", body.getvalue())


def test_a_workbook_is_seen_by_its_own_row_numbers_entered_once_and_again_changes_nothing(
    town, asking
):
    cadre, url = town.cast.client("county_cadre"), f"/desk/programmes/{asking.id}/points/"
    first, second, third = ids(asking)
    rows = [
        ["2027 年圆梦行动评分表"], [], ["序", "姓名", "报名编号", "工龄分", "总分"],
        [1, "甲", first, 3, 88], [2, "乙", second, 9, 90], [3, "丙", third, 9, 88.5], [4, "丁", 99999999, 1, 7],
    ]  # fmt: skip
    page = cadre.post(url, {"do": "preview", "file": workbook(rows)}).content.decode()
    assert "读懂了 2 人的分数，2 行没对上" in page
    assert f"第 6 行：{third}" in page
    assert "第 7 行：99999999" in page
    assert points_of(asking) == [None, None, None]
    text = f"{first}\t88\n{second}\t90"
    assert text.replace("\t", " ") in page.replace("\t", " ").replace("\r", "")
    assert cadre.post(url, {"do": "enter", "file": workbook(rows)}).status_code == 302
    assert points_of(asking) == [88, 90, None]
    again = cadre.post(url, {"do": "enter", "file": workbook(rows)}).content.decode()
    assert "没有改动" in again
    cadre.post(url, {"do": "undo"})
    assert points_of(asking) == [None, None, None], "the second time left nothing to take back"


@pytest.mark.parametrize("body", [b"PK\x03\x04 not a workbook", b"", b"\x00\x01\x02"])
def test_a_file_that_is_no_table_is_told_in_words(town, asking, body):
    from django.core.files.uploadedfile import SimpleUploadedFile

    cadre = town.cast.client("county_cadre")
    file = SimpleUploadedFile("分数.xlsx", body)
    answer = cadre.post(
        f"/desk/programmes/{asking.id}/points/", {"do": "preview", "file": file, "text": ""}
    )
    assert answer.status_code == 422
    assert points_of(asking) == [None, None, None]
