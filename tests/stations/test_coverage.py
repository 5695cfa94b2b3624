"""The circle of a county and the programme's targets: counted right, told apart by place, scoped."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.people.models import Engagement
from nuanxin.stations.actions import demand_grids, worked_places
from nuanxin.stations.models import StationState
from nuanxin.stations.queries.areas import get_area, list_areas
from nuanxin.stations.queries.coverage import Coverage, get_coverage
from nuanxin.stations.queries.siting_demand import usual_day
from nuanxin.stations.queries.upgrades import get_upgrade_plan, list_targets
from nuanxin.stations.states import Standing, Travel
from tests.cast import Cast
from tests.stations.conftest import CENTRE, Street
from tests.stations.test_siting import open_hours, outlet, work

DAY = date(2026, 11, 24)
TOWN, OTHER_TOWN = "330105001", "330105002"


@pytest.fixture
def riders(cast: Cast) -> Cast:
    """Return the cast with 30 riders at the seat and 10 two kilometres east of it."""
    Engagement.objects.all().delete()
    outlet(cast, 0.0, 30)
    outlet(cast, 0.021, 10)
    worked_places.count_worked_places(now=cast.now)
    return cast


def circle(cast: Cast, travel: Travel = Travel.WALK, hour: int = 12) -> Coverage:
    """Return the circle of 拱墅区 on a usual day."""
    area = get_area(cast.county_cadre, "station.coverage", 330105)
    day = usual_day(clock.business_day(cast.now))
    return get_coverage(area, travel=travel, hour=hour, day=day)


@pytest.mark.slow
def test_within_the_circle_is_who_reaches_an_open_station(riders: Cast, street: Street) -> None:
    day = usual_day(clock.business_day(riders.now))
    open_hours(riders, street.station(lng=CENTRE[0], lat=CENTRE[1]), 8, 20, day)
    found = circle(riders)
    assert found.minutes == 15
    assert found.walk_by_hour[12] == pytest.approx(0.75)
    assert found.ebike_by_hour[12] == pytest.approx(1.0)
    assert found.walk_by_hour[7] == 0
    assert found.walk_by_hour[20] == 0
    assert found.open_by_hour[12] == 1
    assert found.open_by_hour[21] == 0


@pytest.mark.slow
def test_a_paused_station_serves_nobody(riders: Cast, street: Street) -> None:
    day = usual_day(clock.business_day(riders.now))
    paused = street.station(
        lng=CENTRE[0], lat=CENTRE[1], standing=Standing.PAUSED, standing_reason="装修",
        standing_from=day,
    )  # fmt: skip
    open_hours(riders, paused, 0, 24, day)
    assert circle(riders).walk_share == 0


@pytest.mark.slow
def test_each_town_has_a_line_also_one_without_a_station(riders: Cast, street: Street) -> None:
    street.station(town_code=TOWN, is_benchmark=True)
    street.station(town_code=TOWN, is_24h=True)
    rows = {one.code: one for one in circle(riders).towns}
    assert (rows[TOWN].stations, rows[TOWN].benchmarks, rows[TOWN].all_day) == (2, 1, 1)
    assert rows[OTHER_TOWN].stations == 0
    assert rows[OTHER_TOWN].name


@pytest.mark.slow
def test_without_anybody_known_the_page_says_so(cast: Cast) -> None:
    Engagement.objects.all().delete()
    worked_places.count_worked_places(now=cast.now)
    assert circle(cast).walk_share is None
    page = cast.client("county_cadre").get("/desk/stations/coverage/")
    assert page.status_code == 200
    assert "算不出圈里有多少人" in page.content.decode()


@pytest.mark.slow
def test_where_few_are_known_a_table_that_was_uploaded_is_shown_first(cast: Cast) -> None:
    Engagement.objects.all().delete()
    outlet(cast, 0.0, 1)
    work(cast, 40, work_adcode=330105)
    worked_places.count_worked_places(now=cast.now)
    demand_grids.keep_grid(
        adcode=330105, name="热力", source="测试", points=[(*CENTRE, [5.0] * 24)],
        actor=cast.county_cadre, now=cast.now,
    )  # fmt: skip
    client = cast.client("county_cadre")
    of_table, of_register = (
        client.get(f"/desk/stations/coverage/{asked}").content.decode() for asked in ("", "?grid=")
    )
    assert "人数用的是上传的需求表" in of_table
    assert "人数用的是上传的需求表" not in of_register
    assert "知道网点的太少的县" in of_register


@pytest.mark.slow
def test_a_cadre_sees_the_counties_below_him(cast: Cast) -> None:
    assert [code for code, _ in list_areas(cast.county_cadre, "station.coverage")] == [330105]
    assert {330105, 330106} <= {code for code, _ in list_areas(cast.city_cadre, "station.coverage")}
    with pytest.raises(NotFound):
        get_area(cast.county_cadre, "station.coverage", 330106)
    browser = cast.client("county_cadre")
    for page in ("coverage", "upgrades", "upgrades/plan.xlsx"):
        assert browser.get(f"/desk/stations/{page}?area=330106", follow=True).status_code == 404
        assert browser.get(f"/desk/stations/{page}?area=x", follow=True).status_code == 404


@pytest.mark.slow
def test_targets_count_what_is_missing(cast: Cast, street: Street) -> None:
    for number in range(20):
        street.station(town_code=TOWN, is_benchmark=number < 2, is_24h=number < 1)
    street.station(standing=Standing.CLOSED, standing_reason="搬走", standing_from=DAY)
    told, places = list_targets(330105, day=DAY)
    place = next(one for one in places if one.adcode == 330105)
    assert told is not None
    assert place.stations == 20
    assert place.benchmark.needs == max(2, -(-place.towns * 3 // 2))
    assert place.all_day.needs == 3
    assert place.all_day.missing == 2
    assert len(place.towns_without) == place.towns - 1
    assert list_targets(330105, day=date(2027, 2, 1)) == (None, [])


@pytest.mark.slow
def test_the_stations_to_raise_are_those_that_lack_least(cast: Cast, street: Street) -> None:
    full = "water charge table_chairs rain_gear medicine microwave fridge heating_cooling tools wifi tv"  # fmt: skip
    near = street.station("差一点", town_code=TOWN, facilities=full, has_sign=True, has_rules=True, capacity_persons=8)  # fmt: skip
    far = street.station("差得多", town_code=TOWN, facilities="water")
    elsewhere = street.station("另一个街道", town_code=OTHER_TOWN, facilities="")
    place = next(one for one in list_targets(330105, day=DAY)[1] if one.adcode == 330105)
    plan = get_upgrade_plan(place, day=DAY)
    assert [one.code for one in plan.benchmark] == [near.code, far.code, elsewhere.code]
    assert plan.benchmark[0].lacks == (("能在地图上找到", "没有"),)
    assert plan.benchmark_short == place.benchmark.missing - 3
    assert ("雨具", "没有") in plan.benchmark[1].lacks


@pytest.mark.slow
def test_the_plan_is_read_printed_and_taken_along(cast: Cast, street: Street) -> None:
    station = street.station("大关驿站", town_code=TOWN, scan_hours="22:00-08:00", is_smart=True)
    browser = cast.client("county_cadre")
    page = browser.get("/desk/stations/upgrades/").content.decode()
    assert "大关驿站" in page
    assert "1.5 倍" in page
    assert "都齐了，只差认定" in page
    book = load_workbook(BytesIO(browser.get("/desk/stations/upgrades/plan.xlsx").content))
    assert book["改成 24 小时"]["A2"].value == station.code
    province = cast.client("province_cadre").get("/desk/stations/upgrades/?area=330000")
    assert "/desk/stations/upgrades/?area=330105" in province.content.decode()


@pytest.mark.slow
def test_after_the_programme_the_page_says_that_there_are_no_targets(cast: Cast) -> None:
    with time_machine.travel(date(2027, 3, 1), tick=False):
        page = cast.client("county_cadre").get("/desk/stations/upgrades/")
    assert page.status_code in (200, 302)
    if page.status_code == 200:
        assert "没有在执行的目标" in page.content.decode()


@pytest.mark.slow
def test_the_pages_cost_as_many_queries_whatever_is_there(riders: Cast, street: Street) -> None:
    browser = riders.client("county_cadre")
    urls = ("/desk/stations/coverage/?hour=12", "/desk/stations/upgrades/")
    counts = []
    for more in (1, 12):
        for number in range(more):
            street.station(town_code=TOWN if number % 2 else OTHER_TOWN)
        for url in urls:
            browser.get(url)
            with CaptureQueriesContext(connection) as seen:
                assert browser.get(url).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12
    assert StationState.objects.count() == 13
