"""A table of outlets at the desk: read, shown row by row, taken in once, given back with reasons."""

import csv
import io
import time
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.access.models import Post
from nuanxin.kernel import clock
from nuanxin.membership.actions import listing_outlets, listings
from nuanxin.membership.models import Listing
from nuanxin.membership.states import BatchState
from nuanxin.orgs.models import Employer, Outlet
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = ("网点名称", "地址", "县（市、区）", "街道", "网点类型", "开业日期")
ROWS = (
    ("迅达大关网点", "上塘路 1 号", "拱墅区", "大关街道", "揽投部", "2024.5.1"),
    ("迅达慈溪网点", "", "慈溪市", "", "加盟", ""),
    ("迅达首南网点", "宁波市鄞州区首南街道学府路 3 号", "", "", "", ""),
    ("迅达拱墅网点", "", "拱墅区", "", "", ""),
    ("迅达大关网点 ", "", "拱墅区", "", "", ""),
    ("迅达白云网点", "", "", "白云街道", "", ""),
    ("", "无名路", "拱墅区", "", "", ""),
    ("合计", "", "", "", "", ""),
)


@pytest.fixture
def desk(cast, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return cast.client("enterprise_officer")


@pytest.fixture
def employer(cast):
    return Employer.objects.get(name="迅达速运有限公司")


def csv_bytes(rows, head=HEAD, coding="utf-8"):
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode(coding)


def sheet_url(cast, union="enterprise"):
    return reverse("desk-outlets-sheet", args=[cast.union(union).code])


def drop(desk, url, content, name="网点.csv", **given):
    answer = desk.post(url, {"file": SimpleUploadedFile(name, content), **given})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def run_jobs():
    """Do what the waiting jobs would do."""
    for one in Listing.objects.all():
        listings.read_listing_file(listing_id=one.id, now=clock.now())
        listings.run_listing(listing_id=one.id, now=clock.now())


def read(desk, cast, employer, rows=ROWS, **more):
    page = drop(desk, sheet_url(cast), csv_bytes(rows, **more), employer=str(employer.id))
    run_jobs()
    return page


def confirm(desk):
    answer = desk.post(reverse("desk-listing-confirm", args=[Listing.objects.latest("id").id]))
    run_jobs()
    return answer


def test_a_table_is_shown_row_by_row_before_anything_happens(desk, cast, employer):
    page = drop(desk, sheet_url(cast), csv_bytes(ROWS), employer=str(employer.id))
    assert "正在读您的表" in desk.get(page).content.decode()
    run_jobs()
    shown = desk.get(page).content.decode()
    assert "登记这 3 个" in shown
    assert Listing.objects.get().totals == {"new": 3, "here": 1, "repeated": 1, "unplaced": 2}
    assert "和第 2 行是同一个，只登记那一行" in shown
    assert "不止一处：宁波市海曙区白云街道" in shown
    assert "没有写网点名称" in shown
    assert Outlet.objects.filter(employer=employer).count() == 4, "looking registers nothing"
    only_wrong = desk.get(page, {"group": "unplaced"}).context["rows"]
    assert [row["cells"][1]["text"] for row in only_wrong] == ["第 7 行", "第 8 行"]


def test_one_click_registers_them_and_a_second_run_nothing_more(desk, cast, employer):
    page = read(desk, cast, employer)
    confirm(desk)
    run_jobs()
    assert "办完了，登记了 3 个" in desk.get(page).content.decode()
    new = Outlet.objects.get(name="迅达大关网点")
    assert (new.adcode, new.town_code, new.opened_on) == (330105, 330105007, date(2024, 5, 1))
    assert (new.address, new.kind) == ("上塘路 1 号", "揽投部")
    assert Outlet.objects.get(name="迅达首南网点").town_code == 330212006
    assert Outlet.objects.filter(employer=employer).count() == 7
    (event,) = Event.objects.filter(kind="orgs.outlets_registered")
    assert event.actor_name == "祝远", "in the officer's name, not the job's"
    outlets = desk.get(reverse("desk-union-outlets", args=[cast.union("enterprise").code]))
    assert "揽投部，上塘路 1 号" in outlets.content.decode()


def test_the_same_table_again_finds_all_of_them_here(desk, cast, employer):
    read(desk, cast, employer)
    confirm(desk)
    page = read(desk, cast, employer)
    assert Listing.objects.latest("id").totals["here"] == 4
    assert "没有要新登记的" in desk.get(page).content.decode()
    answer = confirm(desk)
    assert answer.status_code == 409
    assert "没有要新登记的" in answer.content.decode()


def test_a_run_that_was_interrupted_goes_on_and_each_outlet_comes_once(
    desk, cast, employer, monkeypatch
):
    work = listings._WORK["outlets"]
    calls = []

    def dies(listing, rows, *, actor, now):
        calls.append(len(rows))
        listing_outlets.take_effect(listing, rows, actor=actor, now=now)
        if len(calls) == 2:
            raise RuntimeError("killed")

    small = listings._Work(work.judge, dies, 4)
    monkeypatch.setitem(listings._WORK, "outlets", small)
    rows = [(f"迅达{n:03}网点", "", "拱墅区", "", "", "") for n in range(10)]
    read(desk, cast, employer, rows)
    listing = Listing.objects.get()
    desk.post(reverse("desk-listing-confirm", args=[listing.id]))
    with pytest.raises(RuntimeError):
        listings.run_listing(listing_id=listing.id, now=clock.now())
    listing.refresh_from_db()
    assert (listing.state, listing.done_rows) == (BatchState.RUNNING, 4)
    page = desk.get(reverse("desk-listing", args=[listing.id])).content.decode()
    assert "4 / 10 个" in page
    listings.run_listing(listing_id=listing.id, now=clock.now())
    listing.refresh_from_db()
    assert (listing.state, listing.done_rows) == (BatchState.DONE, 10)
    assert calls == [4, 4, 4, 2]
    assert Outlet.objects.filter(employer=employer).count() == 14


def test_417_outlets_are_a_matter_of_seconds(desk, cast, employer):
    counties = ("拱墅区", "鄞州区", "鹿城区", "越城区")
    rows = [
        (f"迅达第{n:03}营业部", f"建设路 {n} 号", counties[n % 4], "", "营业部", "")
        for n in range(417)
    ]
    started = time.perf_counter()
    read(desk, cast, employer, rows)
    confirm(desk)
    took = time.perf_counter() - started
    assert Outlet.objects.filter(employer=employer).count() == 421
    assert took < 10, f"{took:.1f} s"


def test_a_workbook_with_a_title_and_a_second_sheet_is_read(desk, cast, employer):
    book = openpyxl.Workbook()
    other = book.active
    other.title = "说明"
    other.append(["请按下表填写"])
    sheet = book.create_sheet("网点")
    sheet.append(["迅达速运网点一览"])
    sheet.append(HEAD)
    for row in ROWS[:2]:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    drop(desk, sheet_url(cast), content.getvalue(), "网点.xlsx", employer=str(employer.id))
    run_jobs()
    assert Listing.objects.get().totals == {"new": 2}


def test_gb18030_and_codes_of_counties_are_read(desk, cast, employer):
    rows = [("迅达甲网点", "", "330105", "", "", ""), ("迅达乙网点", "", "999999", "", "", "")]
    read(desk, cast, employer, rows, coding="gb18030")
    assert Listing.objects.get().totals == {"new": 1, "unplaced": 1}


def test_a_column_that_is_not_recognised_is_pointed_out(desk, cast, employer):
    rows = [("揽投一号", "拱墅区"), ("揽投二号", "慈溪市")]
    page = read(desk, cast, employer, rows, head=("揽投点", "县区"))
    shown = desk.get(page).content.decode()
    assert "没有认出哪一列是网点名称" in shown
    assert "登记这" not in shown
    listing = Listing.objects.get()
    desk.post(
        reverse("desk-listing-columns", args=[listing.id]),
        {"column-name": "0", "column-county": "1"},
    )
    run_jobs()
    assert Listing.objects.get().totals == {"new": 2}


def test_one_column_cannot_be_two_things(desk, cast, employer):
    read(desk, cast, employer)
    listing = Listing.objects.get()
    answer = desk.post(
        reverse("desk-listing-columns", args=[listing.id]),
        {"column-name": "0", "column-county": "0"},
    )
    assert answer.status_code == 422
    assert "每一列只能对应一项" in answer.content.decode()


def test_an_employer_is_found_by_its_code_and_a_stranger_is_not_taken(desk, cast, employer):
    Employer.objects.filter(id=employer.id).update(credit_code="91330105MA2800001X")
    rows = [
        ("迅达一站", "拱墅区", "91330105MA2800001X", ""),
        ("别家一站", "拱墅区", "91330100MA2800002X", ""),
        ("别家二站", "拱墅区", "", "别家速运有限公司"),
        ("没写的", "拱墅区", "", ""),
    ]
    head = ("名称", "区", "统一社会信用代码", "单位名称")
    page = drop(desk, sheet_url(cast), csv_bytes(rows, head=head), employer="")
    run_jobs()
    shown = desk.get(page).content.decode()
    assert Listing.objects.get().totals == {"new": 2, "unplaced": 2}, "the only employer is meant"
    assert "没有覆盖信用代码是“91330100MA2800002X”的单位" in shown
    assert "本工会没有覆盖“别家速运有限公司”" in shown


def test_the_result_says_what_became_of_each_row(desk, cast, employer):
    read(desk, cast, employer)
    confirm(desk)
    answer = desk.get(reverse("desk-listing-result", args=[Listing.objects.get().id]))
    body = io.BytesIO(b"".join(answer.streaming_content))
    sheet = openpyxl.load_workbook(body).active
    rows = list(sheet.values)
    assert rows[0][-2:] == ("结果", "原因和怎么改")
    assert rows[1][-2:] == ("登记好了", None)
    assert rows[4][-2] == "已经登记过"
    assert rows[6][-1].startswith("不止一处")


def test_a_formula_in_a_name_is_text_in_the_result(desk, cast, employer):
    read(desk, cast, employer, [("=1+1", "", "拱墅区", "", "", "")])
    answer = desk.get(reverse("desk-listing-result", args=[Listing.objects.get().id]))
    body = io.BytesIO(b"".join(answer.streaming_content))
    cell = openpyxl.load_workbook(body).active["A2"]
    assert (cell.data_type, cell.value) == ("s", "'=1+1")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"0" * 50, "这是一张图片"),
        (csv_bytes([]), "没有要新登记的"),
    ],
    ids=["a picture", "only the heading"],
)
def test_what_is_no_table_ends_with_a_sentence(desk, cast, employer, content, said):
    page = drop(desk, sheet_url(cast), content, employer=str(employer.id))
    run_jobs()
    assert said in desk.get(page).content.decode()


def test_a_table_that_is_put_away_leaves_nothing(desk, cast, employer):
    read(desk, cast, employer)
    listing = Listing.objects.get()
    desk.post(reverse("desk-listing-discard", args=[listing.id]))
    assert "这张表已放弃" in desk.get(reverse("desk-listing", args=[listing.id])).content.decode()
    assert desk.post(reverse("desk-listing-confirm", args=[listing.id])).status_code == 409
    assert Outlet.objects.filter(employer=employer).count() == 4


def test_a_union_that_covers_nobody_is_told_what_to_do_first(cast, desk):
    officer = cast.client("officer_chen")
    page = officer.get(sheet_url(cast, "couriers")).content.decode()
    assert "先在工会页的“办理”里覆盖一家单位" in page


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("enterprise_officer", 200),
        ("county_cadre", 200),
        ("cadre_of_next_county", 404),
        ("officer_chen", 404),
        ("auditor", 403),
        ("liaison_cadre", 403),
    ],
)
def test_only_who_looks_after_the_outlets_may_bring_a_table(cast, desk, employer, who, status):
    read(desk, cast, employer)
    listing = Listing.objects.get()
    client = cast.client(who)
    assert client.get(sheet_url(cast)).status_code == status
    assert client.get(reverse("desk-listing", args=[listing.id])).status_code == status
    confirmed = client.post(reverse("desk-listing-confirm", args=[listing.id])).status_code
    assert confirmed == (302 if status == 200 else status)
    listing.refresh_from_db()
    assert (listing.state == BatchState.RUNNING) == (status == 200)


def test_who_lost_the_right_meanwhile_changes_nothing(cast, desk, employer):
    read(desk, cast, employer)
    listing = Listing.objects.get()
    desk.post(reverse("desk-listing-confirm", args=[listing.id]))
    yesterday = clock.business_day(cast.now) - timedelta(days=1)
    holder = cast.account_id("enterprise_officer")
    Post.objects.filter(account_id=holder).update(valid_to=yesterday)
    run_jobs()
    listing.refresh_from_db()
    assert listing.state == BatchState.FAILED
    assert Outlet.objects.filter(employer=employer).count() == 4


def test_pages_of_a_long_table_cost_the_same(cast, desk, employer, django_assert_max_num_queries):
    rows = [(f"迅达{n:03}网点", "", "拱墅区", "", "", "") for n in range(120)]
    page = read(desk, cast, employer, rows)
    with django_assert_max_num_queries(8):
        first = desk.get(page)
    assert len(first.context["rows"]) == 50
    last = desk.get(page, {"from": "100"})
    assert len(last.context["rows"]) == 20
