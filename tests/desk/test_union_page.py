"""A union's page: its place on any day, what it covers, what it offers to whom; and its cost."""

from datetime import date

import pytest
from django.urls import reverse

from nuanxin.kernel.actor import SYSTEM
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.models import Coverage, Employer, Outlet

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

QUERIES_OF_THE_PAGE = 35
QUERIES_OF_THE_OUTLETS = 16


def page_of(desk, union, **asked):
    answer = desk.get(reverse("desk-union", args=[union.code]), asked)
    assert answer.status_code == 200
    return answer


def cover(union, places):
    employer = Employer.objects.create(name="四城快送有限公司", adcode=330105)
    Coverage.objects.create(union_id=union.id, employer=employer, valid_from=date(2022, 3, 1))
    return [
        Outlet.objects.create(employer=employer, name=f"{adcode}站", adcode=adcode)
        for adcode in places
    ]


def test_the_past_reads_as_corrected_or_as_it_was_known_then(cast, ground):
    desk = cast.client("county_cadre")
    orgs.correct_placement(
        union_id=ground.riders.id,
        parent_id=ground.other_town.id,
        valid_from=date(2023, 1, 1),
        reason="登记时选错了",
        actor=SYSTEM,
        now=ground.now,
    )

    def tree(**asked):
        return str(page_of(desk, ground.riders, on=str(ground.today), **asked).context["tree"])

    assert "和睦街道总工会" in tree()
    corrected = page_of(desk, ground.riders, on="2023-06-01").content.decode()
    assert "按后来更正过的" in corrected
    assert "和睦街道总工会" in corrected
    then = page_of(desk, ground.riders, on="2023-06-01", known="then").content.decode()
    assert "和睦街道总工会" not in then.split("变动")[0]


def test_a_day_before_its_founding_says_so(cast, ground):
    desk = cast.client("county_cadre")
    page = page_of(desk, ground.riders, on="2021-12-31").content.decode()
    assert "它还没有成立" in page


def test_a_union_over_several_counties_counts_members_and_outlets_by_place(cast, ground):
    desk = cast.client("county_cadre")
    outlets = cover(ground.riders, [330105, 330212, 330302])
    ground.put_members(ground.riders, 2, outlet_id=outlets[1].id)
    ground.put_members(ground.riders, 1)
    answer = page_of(desk, ground.riders)
    rows = {row["cells"][0]: row["cells"][1]["text"] for row in answer.context["places"]}
    assert rows == {"宁波市鄞州区": "2", "杭州市拱墅区": "1", "温州市鹿城区": "0"}
    assert answer.context["places_total"][1]["text"] == "3"
    assert "其中 1 人没有登记网点" in answer.content.decode()


@pytest.mark.parametrize(("who", "live"), [("province_cadre", "2"), ("auditor", "2")])
def test_who_may_only_count_sees_the_numbers(cast, ground, who, live):
    outlets = cover(ground.riders, [330212])
    ground.put_members(ground.riders, 2, outlet_id=outlets[0].id)
    answer = page_of(cast.client(who), ground.riders)
    assert answer.context["places_total"][1]["text"] == live


def test_the_history_reads_from_where_one_stands(cast, ground):
    desk = cast.client("county_cadre")
    orgs.move_union(
        union_id=ground.riders.id,
        parent_id=ground.other_town.id,
        effective_on=ground.today,
        actor=SYSTEM,
        now=ground.now,
    )
    own = [one["text"] for one in page_of(desk, ground.riders).context["changes"]]
    assert own == ["改到「和睦街道总工会」下面", "成立，上级是「祥符街道总工会」"]
    upper = [one["text"] for one in page_of(desk, ground.other_town).context["changes"]]
    assert upper[0] == "「祥符骑手联合工会」改到这里下面"


def test_the_members_of_one_place_are_listed_by_the_link_of_the_table(cast, ground):
    desk = cast.client("county_cadre")
    outlets = cover(ground.riders, [330105, 330212])
    ground.put_members(ground.riders, 2, outlet_id=outlets[1].id)
    ground.put_members(ground.riders, 3)
    (link,) = [
        row["url"]
        for row in page_of(desk, ground.riders).context["places"]
        if row["cells"][0] == "宁波市鄞州区"
    ]
    assert len(desk.get(link).context["rows"]) == 2


def test_the_outlets_are_listed_with_their_members_and_narrowed_to_a_county(cast, ground):
    desk = cast.client("county_cadre")
    outlets = cover(ground.riders, [330105, 330212])
    ground.put_members(ground.riders, 2, outlet_id=outlets[1].id)
    url = reverse("desk-union-outlets", args=[ground.riders.code])
    lines = [row["cells"] for row in desk.get(url, {"region": "330212"}).context["rows"]]
    assert [(line[0]["text"], line[3]["text"]) for line in lines] == [("330212站", "2")]


@pytest.mark.parametrize(
    ("who", "has"),
    [("county_cadre", True), ("auditor", False), ("province_cadre", True), ("city_cadre", True)],
)
def test_only_who_may_change_it_is_offered_a_change(cast, ground, who, has):
    page = page_of(cast.client(who), ground.riders)
    assert bool(page.context["menu"]) is has


def test_the_page_costs_the_same_however_many_stand_below(
    cast, ground, django_assert_max_num_queries
):
    desk = cast.client("county_cadre")
    cover(ground.town, [330105, 330212])
    page_of(desk, ground.town)
    with django_assert_max_num_queries(QUERIES_OF_THE_PAGE) as few:
        page_of(desk, ground.town)
    for number in range(20):
        ground.found(f"祥符第{number}联合工会", ground.town.id)
    with django_assert_max_num_queries(QUERIES_OF_THE_PAGE) as many:
        page_of(desk, ground.town)
    assert len(many) == len(few)


def test_the_outlets_cost_the_same_however_many_they_are(
    cast, ground, django_assert_max_num_queries
):
    desk = cast.client("county_cadre")
    outlets = cover(ground.riders, [330105] * 1)
    url = reverse("desk-union-outlets", args=[ground.riders.code])
    desk.get(url)
    for number in range(30):
        Outlet.objects.create(employer=outlets[0].employer, name=f"分站{number}", adcode=330105)
    with django_assert_max_num_queries(QUERIES_OF_THE_OUTLETS):
        assert len(desk.get(url).context["rows"]) == 31
