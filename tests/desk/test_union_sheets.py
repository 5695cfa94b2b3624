"""A table of new unions: shown row by row, founded all at once below who may, nothing twice."""

import csv
import io
import time
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions import listings
from nuanxin.membership.models import Listing
from nuanxin.membership.states import BatchState
from nuanxin.orgs import actions as orgs_actions
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Union, UnionChange
from nuanxin.orgs.states import DissolutionGround
from nuanxin.records.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = (
    "工会名称",
    "工会类型",
    "建会路径",
    "上级工会",
    "县区",
    "街道",
    "成立日期",
    "联系人",
    "电话",
)
GOOD = (
    (
        "样光外卖工会",
        "单独基层工会",
        "重点建",
        "祥符街道总工会",
        "",
        "",
        "2024-05-01",
        "办公室",
        "0571-1",
    ),
    ("样丰联合工会", "联合基层工会", "兜底建", "", "拱墅区", "大关街道", "2024年6月1日", "", ""),
)


@pytest.fixture
def desk(cast, ground, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    return cast.client("county_cadre")


def page_of(cast, union="county"):
    return reverse("desk-unions-sheet", args=[cast.union(union).code])


def run_jobs():
    """Do what the waiting jobs would do."""
    for one in Listing.objects.all():
        listings.read_listing_file(listing_id=one.id, now=clock.now())
        listings.run_listing(listing_id=one.id, now=clock.now())


def read(desk, cast, rows, head=HEAD, **given):
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    file = SimpleUploadedFile("新建工会.csv", text.getvalue().encode())
    answer = desk.post(page_of(cast), {"file": file, "is_new_form": "on", **given})
    assert answer.status_code == 302, answer.content.decode()
    run_jobs()
    return answer["Location"]


def confirm(desk):
    answer = desk.post(reverse("desk-listing-confirm", args=[Listing.objects.latest("id").id]))
    run_jobs()
    return answer


def reason_of(desk, page, row):
    (found,) = [
        one["cells"]
        for one in desk.get(page).context["rows"]
        if one["cells"][1]["text"] == f"第 {row} 行"
    ]
    return found[4]["text"], found[5]


def test_new_unions_are_shown_and_founded_by_one_click(desk, cast, ground):
    page = read(desk, cast, GOOD, document="拱工〔2026〕15号")
    shown = desk.get(page).content.decode()
    assert "登记这 2 家" in shown
    assert not Union.objects.filter(name="样光外卖工会").exists(), "looking founds nothing"
    confirm(desk)
    assert "办完了，登记了 2 家" in desk.get(page).content.decode()
    first = Union.objects.get(name="样光外卖工会")
    assert (first.parent_id, first.kind, first.route) == (
        ground.town.id,
        "grassroots",
        "key_enterprise",
    )
    assert (first.contact_name, first.contact_phone, first.is_new_form) == (
        "办公室",
        "0571-1",
        True,
    )
    second = Union.objects.get(name="样丰联合工会")
    assert (second.parent_id, second.town_code) == (cast.union("county").id, 330105007)
    assert orgs.parent_of(second.id, on=second.founded_on) == cast.union("county").id
    assert UnionChange.objects.filter(union=second, kind="founded").count() == 1
    event = Event.objects.get(kind="orgs.unions_founded_in_bulk")
    assert (event.actor_name, event.data["source"]) == ("陈立春", "拱工〔2026〕15号")


def test_the_same_table_again_founds_nothing(desk, cast):
    read(desk, cast, GOOD)
    confirm(desk)
    read(desk, cast, GOOD)
    assert Listing.objects.latest("id").totals == {"here": 2}
    assert confirm(desk).status_code == 409
    assert Union.objects.filter(name="样光外卖工会").count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({0: ""}, "写工会全称"),
        ({1: "俱乐部"}, "不知道“俱乐部”是哪一种工会"),
        ({2: "随便建"}, "不知道“随便建”怎么建的"),
        ({3: "乌有工会"}, "没有上级工会“乌有工会”"),
        ({3: "鄞州区总工会"}, "没有上级工会“鄞州区总工会”"),
        ({4: "乌有县"}, "没有“乌有县”这个地方"),
        ({6: "去年"}, "看不懂成立日期“去年”"),
        ({6: "2021-01-01"}, "比上级「祥符街道总工会」成立得早"),
        ({1: "总工会"}, "总工会的上级只能是上一级总工会"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_and_the_others_go_on(desk, cast, changed, said):
    bad = list(GOOD[0])
    for place, text in changed.items():
        bad[place] = text
    page = read(desk, cast, [bad, GOOD[1]])
    outcome, reason = reason_of(desk, page, 2)
    assert outcome == "登记不了"
    assert said in reason
    assert Listing.objects.get().totals == {"new": 1, "unplaced": 1}


def test_a_day_to_come_is_refused(desk, cast, ground):
    later = str(ground.today + timedelta(days=3))
    page = read(desk, cast, [(*GOOD[0][:6], later, "", "")])
    assert "还没到" in reason_of(desk, page, 2)[1]


def test_a_name_twice_in_the_table_is_founded_once(desk, cast):
    page = read(desk, cast, [GOOD[0], GOOD[0]])
    assert reason_of(desk, page, 3) == ("表里重复", "和第 2 行是同一家，只登记那一行。")
    confirm(desk)
    assert Union.objects.filter(name="样光外卖工会").count() == 1


def test_what_the_register_refuses_meanwhile_undoes_all_of_it(desk, cast, ground):
    upper = ground.other_town
    page = read(desk, cast, [(*GOOD[0][:3], upper.name, *GOOD[0][4:]), GOOD[1]])
    orgs_actions.dissolve_union(
        union_id=upper.id,
        effective_on=ground.today,
        dissolution_ground=DissolutionGround.UPPER_APPROVED,
        document="拱工〔2026〕16号",
        actor=SYSTEM,
        now=ground.now,
    )
    confirm(desk)
    shown = desk.get(page).content.decode()
    assert Listing.objects.get().state == BatchState.FAILED
    assert "已撤销" in shown
    assert "什么都没改" in shown
    assert not Union.objects.filter(name__in=[row[0] for row in GOOD]).exists()


def test_the_result_gives_each_row_its_reason(desk, cast):
    read(desk, cast, [GOOD[0], ("缺类型", "", "", "", "", "", "2024-01-01", "", "")])
    answer = desk.get(reverse("desk-listing-result", args=[Listing.objects.get().id]))
    body = io.BytesIO(b"".join(answer.streaming_content))
    rows = list(openpyxl.load_workbook(body).active.values)
    assert rows[1][-2] == "新登记"
    assert rows[2][-2] == "登记不了"


def test_sixty_unions_of_a_county_take_seconds(desk, cast):
    rows = [(f"样例{n:02}联合工会", *GOOD[1][1:]) for n in range(60)]
    started = time.perf_counter()
    read(desk, cast, rows)
    confirm(desk)
    assert Union.objects.filter(name__startswith="样例").count() == 60
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("county_cadre", 200),
        ("city_cadre", 200),
        ("cadre_of_next_county", 404),
        ("officer_chen", 403),
        ("auditor", 403),
    ],
)
def test_only_who_may_found_unions_may_bring_a_table(cast, desk, who, status):
    read(desk, cast, GOOD)
    listing = Listing.objects.get()
    client = cast.client(who)
    assert client.get(page_of(cast)).status_code == status
    # An officer may bring tables of outlets; one of unions is not there for him.
    confirmed = {200: 302, 403: 404 if who == "officer_chen" else 403}.get(status, status)
    answer = client.post(reverse("desk-listing-confirm", args=[listing.id]))
    assert answer.status_code == confirmed
    listing.refresh_from_db()
    assert (listing.state == BatchState.RUNNING) == (status == 200)
