"""A siting plan at the desk: asked for, worked out from what is there, kept, checked, compared."""

import json
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.geo import CRS, wgs84_to_gcj02
from nuanxin.orgs.models import Employer, Outlet
from nuanxin.people.models import Engagement, Worker
from nuanxin.stations.actions import demand_grids, siting, worked_places
from nuanxin.stations.forms.demand_table import read_points
from nuanxin.stations.models import DemandGrid, DemandPoint, SitingPlan, StationState, WorkedPlace
from nuanxin.stations.queries.siting import list_interrupted_plans, list_plans
from nuanxin.stations.queries.siting_demand import read_demand, usual_day
from nuanxin.stations.rules.siting_plan import unpack
from nuanxin.stations.rules.siting_settings import Settings
from nuanxin.stations.states import DemandSource, PlanState, Travel
from tests.cast import Cast
from tests.stations.conftest import CENTRE, Street

RIDER, COURIER = 4, 3


def settings_of(cast: Cast, **more: Any) -> Settings:
    """Return what is asked of 拱墅区 unless said otherwise."""
    asked = Settings(
        adcode=330105, side_m=500, travel=Travel.WALK, minutes=15,
        sources=(DemandSource.ENGAGEMENTS,), grid_id=None, count=2, opens=8, closes=22,
        vans=0, van_from=10, van_until=18, day=usual_day(clock.business_day(cast.now)), seed=7,
    )  # fmt: skip
    return replace(asked, **more)


def outlet(cast: Cast, east: float, riders: int, *, name: str = "") -> Outlet:
    """Return an outlet so many degrees east of the seat, with riders who work there."""
    employer, _ = Employer.objects.get_or_create(name="测试配送", adcode=330105)
    made = Outlet.objects.create(
        employer=employer,
        name=name or f"站点{east}",
        adcode=330105,
        lng=CENTRE[0] + east,
        lat=CENTRE[1],
    )
    work(cast, riders, outlet_id=made.id)
    return made


def work(cast: Cast, persons: int, **where: Any) -> None:
    """Let so many riders work somewhere."""
    workers = Worker.objects.bulk_create(
        Worker(name=f"骑手{number}", created_at=cast.now) for number in range(persons)
    )
    Engagement.objects.bulk_create(
        Engagement(worker=one, occupation=RIDER, recorded_at=cast.now, source="test", **where)
        for one in workers
    )


def open_hours(cast: Cast, station: Any, first: int, last: int, day: date) -> None:
    """Let a station be open between two hours of a day."""
    start = clock.day_start(day)
    span = TimestamptzRange(start + timedelta(hours=first), start + timedelta(hours=last))
    StationState.objects.filter(station=station).update(open_during=TimestamptzMultirange([span]))


@pytest.fixture
def three_quarters(cast: Cast) -> Cast:
    """Return the cast with three quarters of riders: 40, 25 and 10, five kilometres apart."""
    Engagement.objects.all().delete()
    for east, riders in ((0.0, 40), (0.05, 25), (0.1, 10)):
        outlet(cast, east, riders)
    worked_places.count_worked_places(now=cast.now)
    return cast


def carried_out(cast: Cast, **more: Any) -> SitingPlan:
    """Return a plan of the county cadre's, worked out."""
    plan = siting.ask_for_plan(
        name="午高峰", settings=settings_of(cast, **more), actor=cast.county_cadre, now=cast.now
    )
    siting.carry_out_plan(plan_id=plan.id, now=cast.now)
    plan.refresh_from_db()
    return plan


@pytest.mark.slow
def test_places_are_where_most_people_have_nobody(three_quarters: Cast) -> None:
    plan = carried_out(three_quarters)
    assert plan.state == PlanState.DONE, plan.failure
    east = [round(site["lng"] - CENTRE[0], 2) for site in plan.result["sites"]]
    assert east == [pytest.approx(0.0, abs=0.01), pytest.approx(0.05, abs=0.01)]
    gains = [site["gain"] for site in plan.result["sites"]]
    assert gains[0] / gains[1] == pytest.approx(40 / 25, rel=0.01)
    assert plan.result["is_best"]
    assert plan.result["names"][str(plan.result["sites"][0]["place"])] == "站点0.0附近"


@pytest.mark.slow
def test_what_an_open_station_serves_is_asked_for_no_more(
    three_quarters: Cast, street: Street
) -> None:
    cast = three_quarters
    day = settings_of(cast).day
    open_hours(cast, street.station(lng=CENTRE[0], lat=CENTRE[1]), 0, 24, day)
    plan = carried_out(cast)
    east = [round(site["lng"] - CENTRE[0], 2) for site in plan.result["sites"]]
    assert min(east) > 0.03
    assert plan.result["served_before"] > 0


@pytest.mark.slow
def test_a_station_serves_only_the_hours_in_which_it_is_open(
    three_quarters: Cast, street: Street
) -> None:
    cast = three_quarters
    open_hours(cast, street.station(lng=CENTRE[0], lat=CENTRE[1]), 8, 17, settings_of(cast).day)
    plan = carried_out(cast)
    first = next(site for site in plan.result["sites"] if abs(site["lng"] - CENTRE[0]) < 0.01)
    assert sum(first["hours"][8:17]) == 0
    assert sum(first["hours"][17:22]) > 0
    assert first["busy"][0] >= 17


@pytest.mark.slow
def test_whose_outlet_is_unknown_is_spread_over_the_county(three_quarters: Cast) -> None:
    cast = three_quarters
    day = settings_of(cast).day
    before = read_demand(330105, sources=(DemandSource.ENGAGEMENTS,), grid_id=None, day=day)
    work(cast, 75, work_adcode=330105)
    worked_places.count_worked_places(now=cast.now)
    after = read_demand(330105, sources=(DemandSource.ENGAGEMENTS,), grid_id=None, day=day)
    assert after.persons.sum() == pytest.approx(2 * before.persons.sum())
    assert (after.told["located"], after.told["unlocated"]) == (75, 75)


@pytest.mark.slow
def test_counting_again_replaces_and_names_nobody(three_quarters: Cast) -> None:
    cast = three_quarters
    assert worked_places.count_worked_places(now=cast.now) == 3
    assert WorkedPlace.objects.count() == 3
    assert not {"worker", "worker_id"} & {field.name for field in WorkedPlace._meta.get_fields()}


@pytest.mark.slow
def test_a_kept_plan_comes_out_the_same_whatever_happened_since(three_quarters: Cast) -> None:
    cast = three_quarters
    plan = carried_out(cast, vans=1, count=1)
    Engagement.objects.all().delete()
    worked_places.count_worked_places(now=cast.now)
    assert siting.check_plan(plan_id=plan.id, actor=cast.county_cadre, now=cast.now)
    plan.refresh_from_db()
    assert plan.is_same


@pytest.mark.slow
def test_a_changed_question_is_noticed(three_quarters: Cast) -> None:
    from nuanxin.stations.rules.siting_plan import pack

    plan = carried_out(three_quarters)
    question = unpack(bytes(plan.question))
    question.persons[0, 12] += 3
    SitingPlan.objects.filter(id=plan.id).update(question=pack(question))
    actor = three_quarters.county_cadre
    assert not siting.check_plan(plan_id=plan.id, actor=actor, now=three_quarters.now)


@pytest.mark.slow
def test_a_plan_cut_off_is_taken_up_with_the_same_question(
    three_quarters: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = three_quarters
    plan = siting.ask_for_plan(
        name="断了", settings=settings_of(cast), actor=cast.county_cadre, now=cast.now
    )

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(siting, "answer", killed)
        with pytest.raises(KeyboardInterrupt):
            siting.carry_out_plan(plan_id=plan.id, now=cast.now)
    plan.refresh_from_db()
    digest = plan.digest
    assert digest
    assert list_interrupted_plans(cast.now + timedelta(minutes=5)) == [plan.id]
    outlet(cast, 0.02, 500)
    worked_places.count_worked_places(now=cast.now)
    siting.carry_out_plan(plan_id=plan.id, now=cast.now)
    plan.refresh_from_db()
    assert (plan.state, plan.digest) == (PlanState.DONE, digest)
    assert list_interrupted_plans(cast.now + timedelta(minutes=5)) == []


@pytest.mark.slow
def test_without_any_place_the_plan_says_what_to_do(cast: Cast) -> None:
    Engagement.objects.all().delete()
    plan = carried_out(cast)
    assert plan.state == PlanState.FAILED
    assert "需求表" in plan.failure


@pytest.mark.slow
def test_a_seed_is_drawn_and_kept_when_none_is_given(three_quarters: Cast) -> None:
    plan = carried_out(three_quarters, seed=0)
    assert plan.seed > 0
    assert plan.settings["seed"] == plan.seed
    assert unpack(bytes(plan.question)).seed == plan.seed


@pytest.mark.slow
def test_only_cadres_of_the_area_may_plan_it(three_quarters: Cast) -> None:
    cast = three_quarters
    plan = carried_out(cast)
    asked = {"name": "x", "settings": settings_of(cast), "now": cast.now}
    assert siting.ask_for_plan(**asked, actor=cast.city_cadre).id
    assert siting.ask_for_plan(**asked, actor=cast.province_cadre).id
    for stranger in (cast.cadre_of_next_county, cast.officer_chen):
        with pytest.raises((NotFound, Forbidden)):
            siting.ask_for_plan(**asked, actor=stranger)
        with pytest.raises((NotFound, Forbidden)):
            siting.check_plan(plan_id=plan.id, actor=stranger, now=cast.now)
    assert [row.id for row in list_plans(cast.cadre_of_next_county)[0]] == []


@pytest.mark.slow
def test_three_at_a_time_wait(cast: Cast) -> None:
    asked = {"name": "x", "settings": settings_of(cast), "actor": cast.county_cadre}
    for _ in range(3):
        siting.ask_for_plan(**asked, now=cast.now)
    with pytest.raises(Conflict, match="3 份方案"):
        siting.ask_for_plan(**asked, now=cast.now)


GRID = "经度,纬度,12点,13点,其他\n120.15,30.32,30,10,x\n\n120.20,30.32,5,,y\n".encode()


def test_a_table_of_hours_or_of_persons_is_read() -> None:
    heads = "经度,纬度," + ",".join(f"{hour}点" for hour in range(24))
    body = f"{heads}\n120.15,30.32,{','.join(str(hour) for hour in range(24))}\n"
    lng, lat, persons = read_points(body.encode("gb18030"), crs=CRS.WGS84, hours=(8, 20))[0]
    assert (lng, lat) == (120.15, 30.32)
    assert persons == [float(hour) for hour in range(24)]
    plain = "人数,纬度,经度\n7,30.32,120.15\n".encode("utf-8-sig")
    assert sum(read_points(plain, crs=CRS.WGS84, hours=(8, 20))[0][2]) == 7 * 12


def test_a_table_in_gcj02_is_shifted_back() -> None:
    east, north = wgs84_to_gcj02(120.15, 30.32)
    body = f"经度,纬度,人数\n{east},{north},7\n".encode()
    lng, lat, _ = read_points(body, crs=CRS.GCJ02, hours=(8, 20))[0]
    assert (lng, lat) == (pytest.approx(120.15, abs=1e-6), pytest.approx(30.32, abs=1e-6))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("30.32,120.15,5", "写反了"),
        ("0,0,5", "不在浙江"),
        ("116.4,39.9,5", "不在浙江"),
        ("x,30.32,5", "要是数字"),
        ("120.15,30.32,很多", "不是人数"),
        ("120.15,30.32,-5", "人数要在"),
        ("120.15,30.32,nan", "人数要在"),
    ],
)
def test_a_faulty_line_is_named(line: str, said: str) -> None:
    body = f"经度,纬度,人数\n120.1,30.3,1\n{line}\n".encode()
    with pytest.raises(Malformed, match=f"第 3 行.*{said}"):
        read_points(body, crs=CRS.WGS84, hours=(8, 20))


def test_a_table_without_columns_or_lines_is_refused() -> None:
    for body in (b"", "经度,纬度,人数\n".encode(), GRID, b"a,b\n1,2\n"):
        with pytest.raises(Malformed):
            read_points(body, crs=CRS.WGS84, hours=(8, 20))


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.slow
def test_a_workbook_says_the_same_as_a_table_with_titles_above_it() -> None:
    body = workbook(
        ("骑手热力，日均",), (), ("经度", "纬度", "人数"), (120.15, 30.32, 7), (120.2, 30.32, 5)
    )
    plain = "经度,纬度,人数\n120.15,30.32,7\n120.2,30.32,5\n".encode()
    asked: dict[str, Any] = {"crs": CRS.WGS84, "hours": (8, 20)}
    assert read_points(body, **asked) == read_points(plain, **asked)
    faulty = workbook(("骑手热力",), ("经度", "纬度", "人数"), (120.15, 30.32, "很多"))
    with pytest.raises(Malformed, match=r"第 3 行：.*不是人数"):
        read_points(faulty, **asked)


def features(*pairs: tuple[Any, dict[str, Any]]) -> bytes:
    told = [{"type": "Feature", "geometry": shape, "properties": said} for shape, said in pairs]
    return json.dumps({"type": "FeatureCollection", "features": told}).encode()


def test_points_and_squares_of_geojson_are_read_squares_by_their_middle() -> None:
    square = [[120.1, 30.3], [120.2, 30.3], [120.2, 30.4], [120.1, 30.4], [120.1, 30.3]]
    body = features(
        ({"type": "Point", "coordinates": [120.15, 30.32]}, {"人数": 7, "名": "x"}),
        ({"type": "Polygon", "coordinates": [square]}, {"人数": 5}),
        ({"type": "MultiPolygon", "coordinates": [[square[::-1]]]}, {"人数": 3}),
    )
    points = read_points(body, crs=CRS.WGS84, hours=(8, 9))
    assert [(round(lng, 9), round(lat, 9), sum(persons)) for lng, lat, persons in points] == [
        (120.15, 30.32, 7),
        (120.15, 30.35, 5),
        (120.15, 30.35, 3),
    ]


@pytest.mark.parametrize(
    "shape",
    [
        None,
        {"type": "Point"},
        {"type": "LineString", "coordinates": [[120.1, 30.3], [120.2, 30.3]]},
        {"type": "Polygon", "coordinates": [[[120.1, 30.3], [120.1, 30.3]]]},
    ],
)
def test_a_shape_without_a_middle_is_named(shape: Any) -> None:
    body = features(({"type": "Point", "coordinates": [120.15, 30.32]}, {"人数": 7}), (shape, {}))
    with pytest.raises(Malformed, match="第 2 个：经度、纬度要是数字"):
        read_points(body, crs=CRS.WGS84, hours=(8, 9))


@pytest.mark.parametrize("body", [b'{"type": "Feature"}', b'{"type": "FeatureCol'])
def test_what_is_no_whole_geojson_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="GeoJSON"):
        read_points(body, crs=CRS.WGS84, hours=(8, 9))


def test_the_same_table_twice_changes_nothing_in_whatever_order(cast: Cast) -> None:
    points = [(CENTRE[0], CENTRE[1], [5.0] * 24), (CENTRE[0] + 0.05, CENTRE[1], [9.0] * 24)]
    asked: dict[str, Any] = {
        "adcode": 330105, "source": "测试", "actor": cast.county_cadre, "now": cast.now
    }  # fmt: skip
    demand_grids.keep_grid(name="热力", points=points, **asked)
    with pytest.raises(Conflict, match="叫“热力”"):
        demand_grids.keep_grid(name="另一个名字", points=points[::-1], **asked)
    assert DemandGrid.objects.count() == 1
    assert DemandPoint.objects.count() == 2
    demand_grids.keep_grid(name="少一个点", points=points[:1], **asked)
    assert DemandGrid.objects.count() == 2


@pytest.mark.slow
def test_an_uploaded_table_takes_the_place_of_the_register(cast: Cast) -> None:
    points = [(CENTRE[0], CENTRE[1], [5.0] * 24), (CENTRE[0] + 0.05, CENTRE[1], [9.0] * 24)]
    grid = demand_grids.keep_grid(
        adcode=330105,
        name="热力",
        source="测试",
        points=points,
        actor=cast.county_cadre,
        now=cast.now,
    )
    assert DemandPoint.objects.filter(grid=grid).count() == 2
    plan = carried_out(cast, sources=(DemandSource.GRID,), grid_id=grid.id, count=1)
    assert plan.result["sites"][0]["lng"] == pytest.approx(CENTRE[0] + 0.05, abs=0.01)
    demand_grids.drop_grid(grid_id=grid.id, actor=cast.county_cadre, now=cast.now)
    assert not DemandGrid.objects.exists()
    assert siting.check_plan(plan_id=plan.id, actor=cast.county_cadre, now=cast.now)


@pytest.mark.slow
def test_a_table_of_another_county_is_not_used(cast: Cast) -> None:
    points = [(CENTRE[0], CENTRE[1], [5.0] * 24)]
    other = cast.cadre_of_next_county
    grid = demand_grids.keep_grid(
        adcode=330106, name="热力", source="测试", points=points, actor=other, now=cast.now
    )
    with pytest.raises(Malformed):
        carried_out(cast, sources=(DemandSource.GRID,), grid_id=grid.id)
    with pytest.raises(NotFound):
        demand_grids.drop_grid(grid_id=grid.id, actor=cast.county_cadre, now=cast.now)


# ---- pages ---------------------------------------------------------------------------------------

FORM = {
    "name": "新建两个", "area": "330105", "side_m": "500", "travel": "walk", "minutes": "15",
    "sources": ["engagements"], "grid": "", "count": "2", "opens": "8", "closes": "22",
    "vans": "1", "van_from": "10", "van_until": "18", "seed": "7",
}  # fmt: skip


@pytest.mark.slow
def test_a_cadre_asks_reads_and_takes_a_plan_along(three_quarters: Cast) -> None:
    cast = three_quarters
    browser = cast.client("county_cadre")
    answer = browser.post("/desk/stations/siting/new/", FORM)
    plan = SitingPlan.objects.get()
    assert answer.status_code == 302
    waiting = browser.get(answer.url).content.decode()
    assert "data-progress" in waiting
    siting.carry_out_plan(plan_id=plan.id, now=cast.now)
    page = browser.get(answer.url).content.decode()
    assert "点有" in page
    assert "人时没人接" in page
    assert "<svg" in page
    assert "收车" in page
    book = load_workbook(BytesIO(browser.get(f"{answer.url}plan.xlsx").content))
    assert book.sheetnames == ["建议地点", "流动车", "说明"]
    assert book["建议地点"].max_row == 3
    told = json.loads(browser.get(f"{answer.url}plan.geojson").content)
    assert {one["properties"]["kind"] for one in told["features"]} == {"fixed", "mobile"}
    assert browser.post(f"{answer.url}act/", {"do": "check"}).status_code == 302
    assert "重算过，一样" in browser.get(answer.url).content.decode()
    assert browser.post(f"{answer.url}act/", {"do": "drop"}).status_code == 302
    assert browser.get(answer.url).status_code == 404


@pytest.mark.slow
def test_two_plans_stand_beside_each_other(three_quarters: Cast) -> None:
    cast = three_quarters
    first, second = carried_out(cast), carried_out(cast, count=1)
    browser = cast.client("county_cadre")
    page = browser.get(
        f"/desk/stations/siting/compare/?a={first.id}&b={second.id}"
    ).content.decode()
    assert page.count('<svg class="chart"') == 2
    assert "1 个，共 2 个" in page
    assert browser.get("/desk/stations/siting/compare/?a=1").status_code == 302
    stranger = cast.client("cadre_of_next_county")
    url = f"/desk/stations/siting/compare/?a={first.id}&b={second.id}"
    assert stranger.get(url).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"closes": "8"}, "关门要晚于开门"),
        ({"count": "0", "vans": "0"}, "至少要有一样"),
        ({"van_from": "6", "van_until": "22"}, "分两班"),
        ({"sources": ["grid"]}, "选是哪一张"),
        ({"sources": []}, "至少选一样"),
        ({"area": "330212"}, "330212"),
        ({"minutes": "90"}, "最多 60 分钟"),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_field(
    cast: Cast, changed: dict[str, Any], said: str
) -> None:
    answer = cast.client("county_cadre").post("/desk/stations/siting/new/", FORM | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SitingPlan.objects.exists()


@pytest.mark.slow
def test_a_table_is_uploaded_and_a_faulty_one_is_not_kept(cast: Cast) -> None:
    browser = cast.client("county_cadre")
    told = {"area": "330105", "name": "热力", "source": "测试", "crs": "wgs84", "hour_from": "8", "hour_until": "20"}  # fmt: skip

    def upload(body: str) -> Any:
        file = SimpleUploadedFile("需求.csv", body.encode())
        return browser.post("/desk/stations/siting/grids/", told | {"file": file})

    faulty = upload("经度,纬度,人数\n30.3,120.1,5\n")
    assert faulty.status_code in (400, 422)
    assert "写反了" in faulty.content.decode()
    assert upload("经度,纬度,人数\n120.15,30.3,5\n").status_code == 302
    assert "热力" in browser.get("/desk/stations/siting/grids/").content.decode()
    grid = DemandGrid.objects.get()
    assert browser.post(f"/desk/stations/siting/grids/{grid.id}/drop/").status_code == 302


@pytest.mark.slow
def test_reading_a_plan_costs_as_many_queries_whatever_its_size(three_quarters: Cast) -> None:
    cast = three_quarters
    browser = cast.client("county_cadre")
    counts = []
    for count in (1, 3):
        plan = carried_out(cast, count=count, vans=1)
        url = f"/desk/stations/siting/{plan.id}/"
        browser.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(url).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 12
    with CaptureQueriesContext(connection) as seen:
        browser.get("/desk/stations/siting/")
    assert len(seen) <= 9


def test_a_usual_day_is_midweek_and_ahead() -> None:
    for number in range(14):
        today = date(2026, 11, 20) + timedelta(days=number)
        day = usual_day(today)
        assert day.weekday() in (1, 2, 3)
        assert 0 < (day - today).days <= 5
