"""Where a union works: shown before it changes, dated, its wrong dates corrected, nothing lost."""

from datetime import date

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Territory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HANGZHOU_XIHU, NINGBO_YINZHOU = 330106, 330212


def shape(union, change):
    return reverse("desk-union-shape", args=[union.code, change])


def history(union):
    return reverse("desk-union-territory", args=[union.code])


def do(desk, url, given):
    """Go through the preview and confirm, as the page does."""
    shown = desk.post(url, given)
    assert shown.status_code == 200, shown.content.decode()
    return desk.post(url, given | {"step": "confirm", "seen": shown.context["seen"]})


def settled(ground, **changed):
    return {
        "seat": "拱墅区",
        "areas": "杭州市西湖区\n鄞州区\n",
        "effective_on": "2024-03-01",
    } | changed


def areas(union, on=None):
    rows = orgs.list_territories(union.id, on=on)
    return {one.adcode for one in rows if not one.is_seat}


def seat(union, on):
    return orgs.seat_of(union.id, on=on).adcode


def entry_of(union, adcode):
    return Territory.objects.get(union_id=union.id, adcode=adcode, superseded_at=None)


def test_areas_are_shown_first_and_begin_on_their_day(cast, ground):
    desk = cast.client("county_cadre")
    url = shape(ground.riders, "territory")
    page = desk.post(url, settled(ground)).content.decode()
    assert "2024-03-01 起还在这些地方：杭州市西湖区、宁波市鄞州区" in page
    assert areas(ground.riders) == set(), "looking changes nothing"
    assert do(desk, url, settled(ground)).status_code == 302
    assert areas(ground.riders) == {HANGZHOU_XIHU, NINGBO_YINZHOU}
    assert areas(ground.riders, on=date(2024, 2, 29)) == set()


def test_the_form_begins_with_what_is_so_and_a_line_taken_out_ends(cast, ground):
    desk = cast.client("county_cadre")
    url = shape(ground.riders, "territory")
    do(desk, url, settled(ground))
    begun = desk.get(url).context["form"].initial
    assert begun["areas"].split() == ["杭州市西湖区", "宁波市鄞州区"]
    fewer = settled(ground, areas="宁波市鄞州区", effective_on="2025-01-01")
    assert "2025-01-01 起不再管：杭州市西湖区" in desk.post(url, fewer).content.decode()
    do(desk, url, fewer)
    assert areas(ground.riders) == {NINGBO_YINZHOU}
    assert areas(ground.riders, on=date(2024, 12, 31)) == {HANGZHOU_XIHU, NINGBO_YINZHOU}


def test_a_seat_that_moves_says_where_the_numbers_go(cast, ground):
    desk = cast.client("county_cadre")
    given = settled(ground, seat="西湖区", areas="")
    page = desk.post(shape(ground.riders, "territory"), given).content.decode()
    assert "按地区的数，2024-03-01 起计在杭州市西湖区；这天以前的仍计在杭州市拱墅区" in page
    do(desk, shape(ground.riders, "territory"), given)
    assert seat(ground.riders, date(2024, 3, 1)) == HANGZHOU_XIHU
    assert seat(ground.riders, date(2024, 2, 29)) == 330105


def test_a_wrong_date_of_a_seat_is_corrected_and_what_was_known_stays(cast, ground):
    desk = cast.client("county_cadre")
    do(desk, shape(ground.riders, "territory"), settled(ground, seat="西湖区", areas=""))
    known_before = clock.now()
    url = shape(ground.riders, "territory-days")
    given = {
        "entry": str(entry_of(ground.riders, HANGZHOU_XIHU).id),
        "valid_from": "2024-02-01",
        "reason": "批复写的是二月",
    }
    page = desk.post(url, given).content.decode()
    assert "原来登记的是 2024-03-01 起一直，更正为 2024-02-01 起一直" in page
    assert do(desk, url, given).status_code == 302
    day = date(2024, 2, 10)
    assert seat(ground.riders, day) == HANGZHOU_XIHU
    assert orgs.seat_of(ground.riders.id, on=day, known_at=known_before).adcode == 330105
    rows = desk.get(history(ground.riders)).content.decode()
    assert rows.count("改过了") == 3, "the founding's, cut once by the move, and both corrected"
    assert "更正地域的日期" in desk.get(
        reverse("desk-union", args=[ground.riders.code])
    ).content.decode()  # fmt: skip


def test_a_later_day_gives_the_days_back_to_the_seat_before(cast, ground):
    desk = cast.client("county_cadre")
    do(desk, shape(ground.riders, "territory"), settled(ground, seat="西湖区", areas=""))
    given = {
        "entry": str(entry_of(ground.riders, HANGZHOU_XIHU).id),
        "valid_from": "2024-05-01",
        "reason": "五月才搬",
    }
    do(desk, shape(ground.riders, "territory-days"), given)
    assert seat(ground.riders, date(2024, 4, 30)) == 330105
    assert seat(ground.riders, date(2024, 5, 1)) == HANGZHOU_XIHU


def test_the_days_of_an_area_are_corrected(cast, ground):
    desk = cast.client("county_cadre")
    do(desk, shape(ground.riders, "territory"), settled(ground))
    given = {
        "entry": str(entry_of(ground.riders, NINGBO_YINZHOU).id),
        "valid_from": "2024-01-01",
        "valid_to": "2025-01-01",
        "reason": "只管了一年",
    }
    do(desk, shape(ground.riders, "territory-days"), given)
    assert NINGBO_YINZHOU in areas(ground.riders, on=date(2024, 1, 1))
    assert areas(ground.riders, on=date(2025, 1, 1)) == {HANGZHOU_XIHU}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"areas": "西湖区\n乌有县"}, "第 2 行「乌有县」：没有这个地方"),
        ({"areas": "城东街道"}, "不止一处"),
        ({"seat": "乌有县"}, "没有这个地方"),
        ({"areas": ""}, "和现在登记的一样"),
        ({"effective_on": "2020-01-01"}, "2022-03-01 才成立"),
    ],
)
def test_what_cannot_be_said_is_answered_beside_its_field(cast, ground, given, said):
    desk = cast.client("county_cadre")
    answer = desk.post(shape(ground.riders, "territory"), settled(ground, **given))
    assert answer.status_code in (409, 422)
    assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"valid_from": "2024-03-01"}, "日期一样，不用改"),
        ({"valid_from": "2022-03-01"}, "前一个驻地 2022-03-01 才开始"),
        ({"valid_from": "2024-04-01", "valid_to": "2025-01-01"}, "看下一个驻地从哪天起"),
    ],
)
def test_a_seat_leaves_no_day_without_one(cast, ground, given, said):
    desk = cast.client("county_cadre")
    do(desk, shape(ground.riders, "territory"), settled(ground, seat="西湖区", areas=""))
    entry = str(entry_of(ground.riders, HANGZHOU_XIHU).id)
    answer = desk.post(
        shape(ground.riders, "territory-days"), {"entry": entry, "reason": "写错了"} | given
    )
    assert answer.status_code == 409
    assert said in answer.content.decode()


def test_an_entry_of_another_union_cannot_be_corrected(cast, ground):
    other = Territory.objects.get(union_id=ground.drivers.id, superseded_at=None)
    answer = cast.client("county_cadre").post(
        shape(ground.riders, "territory-days"),
        {"entry": str(other.id), "valid_from": "2024-01-01", "reason": "写错了"},
    )
    assert "实际从哪天起" in answer.content.decode()
    assert Territory.objects.get(id=other.id).superseded_at is None


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("county_cadre", 200),
        ("cadre_of_next_county", 404),
        ("officer_chen", 403),
        ("auditor", 403),
    ],
)
def test_only_those_above_may_change_it(cast, ground, who, status):
    answer = cast.client(who).post(shape(ground.riders, "territory"), settled(ground))
    assert answer.status_code == status
    assert areas(ground.riders) == set()


def test_the_history_is_for_whoever_looks_after_the_union(cast, ground):
    assert cast.client("auditor").get(history(ground.riders)).status_code == 200
    assert cast.client("cadre_of_next_county").get(history(ground.riders)).status_code == 404
    page = cast.client("auditor").get(history(ground.riders)).content.decode()
    assert "更正日期" not in page, "who may only read is offered no change"


def test_a_long_history_costs_as_much_as_a_short_one(cast, ground, django_assert_max_num_queries):
    for number, code in enumerate(range(330102, 330115)):
        for year in (2023, 2024, 2025, 2026, 2022):
            Territory.objects.create(
                union_id=ground.riders.id, adcode=code, valid_from=date(year, 1 + number % 9, 2),
                valid_to=date(year, 1 + number % 9, 9), recorded_at=ground.now,
            )  # fmt: skip
    desk = cast.client("county_cadre")
    with django_assert_max_num_queries(12):
        page = desk.get(history(ground.riders))
    assert len(page.context["rows"]) == 50
    assert len(desk.get(history(ground.riders) + page.context["next_url"]).context["rows"]) == 16
