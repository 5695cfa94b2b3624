"""Lists, search, enterprises over regions, proposals, counting, and the union's page."""

from datetime import date, timedelta
from typing import Any

import pytest

from nuanxin.kernel.actor import ANONYMOUS, Role
from nuanxin.kernel.errors import Forbidden, Malformed, NotFound
from nuanxin.kernel.figure import check_definitions
from nuanxin.kernel.period import Month, Period
from nuanxin.orgs import actions, figures, queries
from nuanxin.orgs.actions import NewOutlet
from nuanxin.orgs.states import Route, TermStanding, UnionKind
from nuanxin.records.states import union_subtree_sql
from tests.orgs.conftest import FOUNDED, NOW, World

JUNE = date(2026, 6, 1)
TODAY = NOW.date()
DOCUMENT = "浙总工发〔2026〕12号"
# The case of the handbook: one enterprise union, 417 outlets, four cities.
CITIES = {330105: 214, 330602: 107, 330402: 59, 330502: 37}


def test_a_union_is_found_by_id_and_by_code(world: World) -> None:
    union = queries.get_union(world["DG"])
    assert queries.get_union_by_code(" dg ") == union
    assert (union.level_label, union.parent_path) == (
        "乡镇街道",
        queries.get_union(world["GS"]).path,
    )
    for missing in (lambda: queries.get_union(0), lambda: queries.get_union_by_code("NO")):
        with pytest.raises(NotFound):
            missing()


def test_lists_go_on_where_they_stopped_and_keep_to_region_kind_and_scope(world: World) -> None:
    seen, cursor = [], None
    for _ in range(20):
        page = queries.list_unions(330105, cursor=cursor, limit=2)
        seen += [union.code for union in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["GS", "DG", "XF", "KD", "WM", "XD"]

    def codes(**given: Any) -> list[str]:
        return [union.code for union in queries.list_unions(**given).items]

    assert codes(kind="township") == ["DG", "XF"]
    assert codes(region=330105009) == ["XF"]
    assert codes(region=330200) == ["NB"]
    assert len(codes(region=330000)) == 10
    assert codes(paths=[queries.get_union(world["DG"]).path]) == ["DG", "KD"]
    assert codes(paths=[]) == []
    assert len(codes(paths=["/"])) == 10
    assert codes(is_new_form=True) == ["KD", "WM", "XD"]
    assert codes(route=Route.KEY_ENTERPRISE.value) == ["XD"]
    with pytest.raises(Malformed):
        codes(cursor="不是游标")


def test_children_come_in_pages_today_and_on_a_day(world: World) -> None:
    for when in ({}, {"on": JUNE}):
        first = queries.children_of(world["GS"], limit=3, **when)
        second = queries.children_of(world["GS"], after=first.next, limit=3, **when)
        assert [node.code for node in first.items + second.items] == ["DG", "XF", "WM", "XD"]
        assert second.next is None
        assert first.items[0].children_count == 1


def test_search_puts_the_likeliest_first_and_stays_in_scope(world: World) -> None:
    def found(text: str, **given: Any) -> list[str]:
        return [union.code for union in queries.search_unions(text, **given)]

    assert found("大关") == ["DG", "KD"]
    assert found("大关快递行业联合工会") == ["KD"]
    assert found("dg") == ["DG"]
    assert found("工会", paths=[queries.get_union(world["DG"]).path]) == ["DG", "KD"]
    assert found("总工会", accepts_members=True) == []
    assert found("100%") == found("_") == found("  ") == []


def test_the_log_learns_how_paths_become_unions() -> None:
    from nuanxin.records import states

    assert "orgs_union" in states.union_subtree_sql
    assert union_subtree_sql is not None


@pytest.fixture
def courier(world: World) -> int:
    """Let 迅达速运 have 417 outlets in four cities, all covered by the union of one district."""
    employer = int(
        world.do(
            actions.register_employer,
            name="迅达速运有限公司",
            credit_code="91330000MC9999993N",
            is_key_enterprise=True,
        )
    )
    rows = [
        NewOutlet(f"{adcode}第{number}网点", adcode)
        for adcode, count in CITIES.items()
        for number in range(count)
    ]
    world.do(actions.register_outlets_in_bulk, employer_id=employer, rows=rows)
    world.do(
        actions.extend_coverage,
        union_id=world["XD"],
        employer_id=employer,
        effective_on=FOUNDED,
    )
    return employer


def test_one_union_covers_outlets_in_four_cities_and_each_place_is_countable(
    world: World, courier: int
) -> None:
    union = world["XD"]
    assert queries.count_outlets(union) == 417
    by_city = {
        one.adcode: one.count for one in queries.count_outlets_by_region(union, by_city=True)
    }
    assert by_city == {330100: 214, 330600: 107, 330400: 59, 330500: 37}
    assert queries.count_outlets_by_region(union)[0].name == "杭州市拱墅区"
    assert queries.count_outlets(union, region=330600) == 107
    assert len(queries.outlet_ids_of(union, on=JUNE)) == 417
    # The union itself stands and counts in one district only: tree, region, enterprise are apart.
    assert [u.id for u in queries.list_unions(330602).items] == []
    assert "XD" in world.subtree("GS")
    first = queries.list_outlets(union, region=330400, limit=50)
    rest = queries.list_outlets(union, region=330400, after=first.next, limit=50)
    assert len(first.items) + len(rest.items) == 59
    outlet = first.items[0]
    assert queries.find_outlet(courier, outlet.name) == outlet
    assert [u.id for u in queries.list_unions_covering(courier, outlet_id=outlet.id)] == [union]


def test_single_outlets_may_be_covered_and_given_up(world: World, courier: int) -> None:
    ids = queries.outlet_ids_of(world["XD"])
    cover = {"union_id": world["KD"], "employer_id": courier, "outlet_ids": ids[:5]}
    assert world.do(actions.extend_coverage, effective_on=JUNE, **cover) == 5
    assert world.do(actions.extend_coverage, effective_on=JUNE, **cover) == 0
    assert queries.outlet_ids_of(world["KD"]) == ids[:5]
    cover["outlet_ids"] = ids[:2]
    assert world.do(actions.close_coverage, effective_on=date(2026, 8, 1), **cover) == 2
    assert queries.outlet_ids_of(world["KD"]) == ids[2:5]
    assert queries.outlet_ids_of(world["KD"], on=JUNE) == ids[:5]
    assert queries.outlet_ids_of(world["KD"], on=FOUNDED) == []


def test_an_outlet_that_closes_stays_in_the_past(world: World, courier: int) -> None:
    outlet = queries.outlet_ids_of(world["XD"])[0]
    world.do(actions.close_outlet, outlet_id=outlet, closed_on=JUNE)
    assert queries.count_outlets(world["XD"]) == 416
    assert queries.count_outlets(world["XD"], on=JUNE - timedelta(days=1)) == 417
    assert queries.count_outlets(world["XD"], on=JUNE) == 416


def test_outlets_are_entered_by_who_looks_after_the_employer(world: World, courier: int) -> None:
    new = {"employer_id": courier, "name": "新网点", "adcode": 330105}
    for role, code in ((Role.COUNTY_CADRE, "XH"), (Role.GRASSROOTS_OFFICER, "KD")):
        with pytest.raises(Forbidden):
            world.do(actions.register_outlet, actor=world.actor(role, code), **new)
    officer = world.actor(Role.ENTERPRISE_OFFICER, "XD")
    first = world.do(actions.register_outlet, actor=officer, **new)
    assert world.do(actions.register_outlet, actor=officer, **new) == first


def test_an_employer_is_entered_once_by_its_code(world: World, courier: int) -> None:
    again = world.do(actions.register_employer, name="别的写法", credit_code="91330000 mc9999993n")
    assert again == courier
    assert queries.find_employer(credit_code="91330000MC9999993N").id == courier
    assert queries.find_employer(name="迅达速运有限公司").id == courier
    assert [one.id for one in queries.search_employers("迅达")] == [courier]
    with pytest.raises(Malformed, match=r"orgs\.employer_code_is_union"):
        world.do(actions.register_employer, name="工会", credit_code="81330000MC9999993P")
    with pytest.raises(Forbidden):
        world.do(actions.register_employer, name="某公司", actor=ANONYMOUS)


def proposed(world: World, **given: Any) -> list[str]:
    names = {union_id: code for code, union_id in world.ids.items()}
    return [names[one.union_id] for one in queries.candidates_for(on=TODAY, **given).all]


def test_a_rider_without_labour_relation_is_offered_trade_work_and_home(world: World) -> None:
    # A33
    assert proposed(
        world,
        adcode=330105,
        town_code=330105007,
        home_adcode=330105,
        home_town_code=330105009,
        occupation="delivery_rider",
        employer_text="迅达速运",
        has_labour_relation=False,
    ) == ["WM", "DG", "XF"]


def test_who_has_a_labour_relation_is_offered_the_employers_union(
    world: World, courier: int
) -> None:
    given = {"adcode": 330105, "town_code": 330105007, "occupation": "courier"}
    assert proposed(world, employer_text="迅达速运", has_labour_relation=True, **given)[0] == "XD"
    assert proposed(world, employer_text="迅达速运", **given) == ["DG", "XD"]
    assert proposed(world, employer_text="没登记过的公司", has_labour_relation=True, **given) == [
        "DG"
    ]
    # Another city: that employer's outlets there are covered by the same union.
    assert proposed(
        world, adcode=330602, employer_text="迅达速运", has_labour_relation=True, occupation=3
    ) == ["XD"]


def test_where_nothing_fits_the_townships_union_takes_the_person(world: World) -> None:
    proposals = queries.candidates_for(adcode=330105, town_code=330105017, on=TODAY)
    assert proposals.is_backstop
    assert proposals.first is not None
    assert queries.get_union(proposals.first.union_id).kind is UnionKind.TOWNSHIP
    assert "你做什么" in proposals.missing
    assert queries.backstop_union(330105007).code == "DG"
    assert queries.backstop_union(330105).code in ("DG", "XF")
    assert queries.backstop_union(330106) is None
    assert queries.candidates_for(adcode=330106, on=TODAY).first is None


def test_a_walk_is_promised_only_between_measured_points(world: World) -> None:
    world.do(actions.edit_contact, union_id=world["DG"], lng=120.150, lat=30.310)
    given = {"adcode": 330105, "town_code": 330105007, "occupation": "courier", "on": TODAY}
    near = queries.candidates_for(lng=120.151, lat=30.3136, **given)
    assert [reason.text for reason in near.first.reasons] == [
        "你常在大关街道干活",
        "离你近，办事走路 5 分钟",
    ]
    unmeasured = queries.candidates_for(**given)
    assert [reason.text for reason in unmeasured.first.reasons] == ["你常在大关街道干活"]


def test_a_union_in_preparation_or_closed_to_persons_is_not_proposed(world: World) -> None:
    from nuanxin.orgs.models import Union

    given = {"adcode": 330105, "town_code": 330105007, "has_labour_relation": False}
    assert proposed(world, **given) == ["DG"]
    Union.objects.filter(id=world["DG"]).update(accepts_members=False)
    assert proposed(world, **given) != ["DG"]


def test_living_and_new_unions_are_counted_by_place_and_by_tree_of_the_day(world: World) -> None:
    world.found("N1", "DG", founded_on=date(2026, 3, 5), is_new_form=True, route=Route.BACKSTOP)
    world.found("N2", "XH", founded_on=date(2026, 5, 5), is_new_form=True)
    spring = Period(date(2026, 1, 1), date(2026, 6, 30))
    for when in (JUNE, TODAY):
        assert queries.count_live_unions(on=when) == 12
        assert queries.count_live_unions(on=when, region=330105) == 7
        assert queries.count_live_unions(on=when, union_id=world["GS"]) == 7
        assert queries.count_live_unions(on=when, region=330105, is_new_form=True) == 4
    assert queries.count_live_unions(on=date(2026, 3, 4), region=330100) == 8
    assert queries.count_new_unions(period=spring) == 2
    assert queries.count_new_unions(period=spring, region=330105) == 1
    assert queries.count_new_unions(period=spring, union_id=world["DG"]) == 1
    assert queries.count_new_unions(period=spring, region=330200) == 0
    by_month = queries.count_new_unions_by_month(period=spring)
    assert [by_month[Month(2026, m)] for m in range(1, 7)] == [0, 0, 1, 0, 1, 0]
    assert queries.count_new_unions_by_route(period=spring) == {Route.BACKSTOP: 1, Route.OTHER: 1}
    counties = {one.adcode: one.count for one in queries.count_new_unions_by_county(period=spring)}
    assert counties == {330105: 1, 330106: 1}
    kinds = queries.count_live_unions_by_kind(on=TODAY, region=330105)
    assert kinds[UnionKind.TOWNSHIP] == 2
    assert sum(kinds.values()) == 7


def test_a_merger_changes_no_figure_of_a_day_before_it(world: World) -> None:
    year = Period(date(2026, 1, 1), date(2026, 10, 31))
    world.found("N1", "DG", founded_on=date(2026, 3, 5), is_new_form=True)
    before = queries.live_unions_at_month_ends(period=year, region=330105)
    known_before = world.now
    world.do(
        actions.merge_unions,
        source_ids=[world["DG"], world["N1"]],
        target_id=world["XF"],
        effective_on=JUNE,
        document=DOCUMENT,
    )
    after = queries.live_unions_at_month_ends(period=year, region=330105)
    for month in year.months():
        lost = 2 if month >= Month(2026, 6) else 0
        assert after[month] == before[month] - lost
        assert after[month] == queries.count_live_unions(on=month.end, region=330105)
        by_tree = queries.live_unions_at_month_ends(period=year, union_id=world["GS"])
        assert by_tree[month] == queries.count_live_unions(on=month.end, union_id=world["GS"])
    assert queries.count_new_unions(period=year, region=330105) == 1
    assert queries.count_new_unions(period=year, union_id=world["DG"]) == 1
    assert queries.count_ended_unions(period=year, region=330105) == 2
    assert queries.count_ended_unions(period=year, union_id=world["GS"]) == 2
    as_known = queries.count_live_unions(on=TODAY, region=330105, known_at=known_before)
    assert as_known == queries.count_live_unions(on=TODAY, region=330105) + 2


def test_the_figures_are_declared_soundly() -> None:
    assert check_definitions(figures.FIGURES) == []
    assert {one.code for one in figures.FIGURES} >= {"orgs.unions", "orgs.new_unions"}


def test_the_page_of_a_union_holds_what_stands_around_it(world: World, courier: int) -> None:
    page = queries.union_page(world.actor(Role.COUNTY_CADRE, "GS"), world["XD"], now=NOW)
    assert [crumb.name for crumb in page.breadcrumb][-1] == "拱墅区总工会"
    assert page.region == "杭州市拱墅区"
    assert (page.outlets_count, len(page.outlets_by_city)) == (417, 4)
    assert page.coverage[0].employer_id == courier
    assert page.changes[-1].kind.label == "成立"
    assert page.term.standing is TermStanding.UNSET
    assert (page.can_edit, page.can_shape, page.can_found_below) == (True, True, True)
    seen = queries.union_page(ANONYMOUS, world["XD"], now=NOW)
    assert (seen.can_edit, seen.can_shape, seen.can_found_below) == (False, False, False)
    officer = queries.union_page(world.actor(Role.GRASSROOTS_OFFICER, "XD"), world["XD"], now=NOW)
    assert (officer.can_edit, officer.can_shape) == (True, False)


def test_the_page_of_a_past_day_shows_the_tree_of_that_day(world: World) -> None:
    world.do(actions.move_union, union_id=world["DG"], parent_id=world["XH"], effective_on=JUNE)
    then = queries.union_page(ANONYMOUS, world["GS"], now=NOW, on=JUNE - timedelta(days=1))
    now = queries.union_page(ANONYMOUS, world["GS"], now=NOW)
    assert then.children_count == now.children_count + 1


def test_subtree_conditions_serve_statements_of_upper_packages(world: World) -> None:
    from nuanxin.orgs.queries.rows import fetch_all

    for when in ({}, {"on": JUNE}, {"on": JUNE, "known_at": NOW}):
        for union in (world["DG"], queries.get_union(world["DG"]).path):
            sql, values = queries.subtree_condition("u.id", union, **when)
            rows = fetch_all(f"SELECT u.id FROM orgs_union u WHERE {sql}", values)
            assert world.codes([row[0] for row in rows]) == ["DG", "KD"]
