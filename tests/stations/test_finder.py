"""驿站 for everybody: three that are usable now, the others with a warning, and nothing about who asks."""

import gzip
import re
from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.assets import join_bundle
from nuanxin.kernel import clock
from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.models import Station, StationState
from nuanxin.stations.rules.navigation import map_links
from nuanxin.stations.states import ConfirmedBy, OpenState, Standing
from tests.stations.test_api import HERE, open_now

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ADDRESS = "/stations/"
MOST_QUERIES = 5
FIRST_VIEW_BYTES = 60_000


@pytest.fixture
def anybody(cast):
    return cast.client("anonymous")


def stand(client, lng=HERE[0], lat=HERE[1], **more):
    return client.post(ADDRESS, {"lng": lng, "lat": lat, **more})


def names(answer, which):
    return [line["name"] for line in answer.context[which]]


def test_three_that_are_usable_come_first_and_the_stale_one_with_a_warning(street, anybody):
    stale = street.station("最近但没人确认的驿站", lng=120.1506)
    usable = [open_now(street.station(f"开着{n}号驿站", lng=120.152 + n / 100)) for n in range(4)]
    old = clock.now() - timedelta(days=9)
    StationState.objects.filter(station=stale).update(
        state=OpenState.OPEN, confirmed_at=old, confirmed_by_kind=1, fresh_until=old
    )
    answer = stand(anybody)
    assert names(answer, "usable") == [one.name for one in usable[:3]]
    assert stale.name in names(answer, "others")
    text = answer.content.decode()
    assert "附近 3 个开着" in text
    assert "别白跑" in text
    assert "走 " in text
    assert "骑 " in text


def test_a_chip_asks_for_what_must_be_there(street, anybody):
    nap = open_now(street.station(facilities="water nap", lng=120.16))
    open_now(street.station(facilities="water", lng=120.151))
    answer = stand(anybody, has="nap")
    assert names(answer, "usable") == [nap.name]
    assert "有能躺的" in answer.content.decode()


def test_where_somebody_stands_is_in_no_address_and_is_not_kept(street, anybody):
    open_now(street.station())
    answer = stand(anybody, lng="120.150512", lat="30.319534")
    assert answer["Cache-Control"] == "no-store, private"
    addresses = re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode())
    assert not [url for url in addresses if "120.1505" in url or "30.3195" in url]


def test_without_a_script_a_place_is_chosen_from_a_list_or_by_name(street, anybody):
    station = open_now(street.station("大关东五苑驿站", town_code="330105003"))
    first = anybody.get(ADDRESS).content.decode()
    assert 'name="place"' in first
    assert "拱墅区" in first
    by_county = anybody.get(ADDRESS, {"place": "330105"})
    assert names(by_county, "usable") == [station.name]
    assert names(anybody.get(ADDRESS, {"place": station.code}), "usable") == [station.name]
    found = anybody.get("/stations/place/", {"q": "东五苑"}).content.decode()
    assert f"/stations/?place={station.code}" in found
    towns = anybody.get("/stations/place/", {"county": "330105"}).content.decode()
    assert "街道" in towns


@pytest.mark.parametrize(
    ("lng", "lat", "word"),
    [("", "", "没有拿到你的位置"), ("0", "0", "还没有拿到你的位置"),
     ("30.3", "120.1", "写反了"), ("116.4", "39.9", "不在浙江"), ("x", "y", "没有读到你的位置")],
)  # fmt: skip
def test_a_position_that_cannot_be_is_told_with_a_way_on(street, anybody, lng, lat, word):
    answer = stand(anybody, lng=lng, lat=lat)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert "选个地方" in answer.content.decode()


def test_where_nothing_is_open_it_says_so_and_shows_the_nearest(street, anybody):
    station = street.station(lng=120.151)
    answer = stand(anybody)
    assert names(answer, "usable") == []
    assert names(answer, "others") == [station.name]
    assert "没有能确认开着的" in answer.content.decode()


def test_the_finder_asks_few_questions_and_weighs_little(street, anybody):
    for number in range(12):
        open_now(street.station(f"某某街道大关东五苑{number}号驿站", lng=120.15 + number / 500,
                 facilities="water hot_water charge toilet nap microwave medicine"))  # fmt: skip
    stand(anybody)
    with CaptureQueriesContext(connection) as seen:
        answer = stand(anybody)
    assert len(seen) <= MOST_QUERIES, [one["sql"][:80] for one in seen]
    parts = [answer.content, join_bundle("css/worker.css").encode()]
    script = finders.find("js/finder.js")
    with open(script, "rb") as opened:
        parts.append(opened.read())
    assert sum(len(gzip.compress(part, 6)) for part in parts) <= FIRST_VIEW_BYTES


def test_along_the_way_come_in_its_order(street, anybody):
    street.station("起点驿站", lng=120.10, lat=30.30)
    street.station("终点驿站", lng=120.20, lat=30.30)
    second = open_now(street.station("后半程站", lng=120.17, lat=30.303))
    first = open_now(street.station("前半程站", lng=120.12, lat=30.297))
    open_now(street.station("离得远的站", lng=120.15, lat=30.35))
    answer = anybody.post("/stations/along/", {"from": "起点驿站", "to": "终点驿站"})
    assert names(answer, "lines") == [first.name, second.name]
    lost = anybody.post("/stations/along/", {"from": "哪儿也不是", "to": "终点驿站"})
    assert lost.status_code == 422
    assert "没找到：哪儿也不是" in lost.content.decode()


def test_a_station_says_whether_it_is_open_who_says_so_and_how_to_get_there(street, anybody):
    station = open_now(street.station("大关东五苑驿站", facilities="water nap"))
    text = anybody.get(f"/stations/{station.code}/").content.decode()
    for word in ("开着，到", "站长", "确认", "饮水", "躺椅、午休", station.address, "高德地图"):
        assert word in text
    Station.objects.update(
        standing=Standing.PAUSED, standing_reason="在装修", standing_from="2026-11-01"
    )
    assert "停用，在装修" in anybody.get(f"/stations/{station.code}/").content.decode()
    assert anybody.get("/stations/330105-9999/").status_code == 404


def test_each_map_app_gets_the_coordinates_it_is_made_for():
    wgs = (120.1505, 30.3195)
    links = {one.code: one.url for one in map_links("大关驿站", wgs_lng=wgs[0], wgs_lat=wgs[1])}
    lng, lat = (f"{v:.6f}" for v in convert(*wgs, source=CRS.WGS84, target=CRS.GCJ02))
    bd_lng, bd_lat = (f"{v:.6f}" for v in convert(*wgs, source=CRS.WGS84, target=CRS.BD09))
    assert f"to={lng},{lat}," in links["amap"]
    assert "coordinate=gaode" in links["amap"]
    assert f"latlng:{bd_lat},{bd_lng}" in links["baidu"]
    assert "bd09ll" in links["baidu"]
    assert f"tocoord={lat},{lng}" in links["tencent"]
    assert f"daddr={lat},{lng}" in links["apple"]


def test_a_county_can_be_kept_on_the_device(street, anybody):
    station = open_now(street.station(town_code="330105003"))
    told = anybody.get("/stations/county/330105.json").json()
    assert told["county"] == "拱墅区"
    (line,) = told["stations"]
    assert line[:2] == [station.code, station.name]
    assert line[7] > 0
    assert anybody.get("/stations/saved/").status_code == 200
    assert anybody.get("/stations/worker.js")["Content-Type"] == "text/javascript"


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_poster_at_the_door_is_a_pdf_whose_code_leads_to_the_page(street, anybody, paper):
    station = street.station("大关东五苑驿站", scan_hours="Mo-Su 20:00-24:00")
    answer = anybody.get(f"/stations/{station.code}/poster-{paper}.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert anybody.get(f"/stations/{station.code}/poster-a9.pdf").status_code == 404
    assert anybody.get("/stations/330105-9999/poster-a4.pdf").status_code == 404


def test_a_shared_link_shows_a_picture(street, anybody):
    station = street.station("大关东五苑驿站")
    assert "share.png" in anybody.get(f"/stations/{station.code}/").content.decode()
    picture = anybody.get(f"/stations/{station.code}/share.png")
    assert picture.content.startswith(b"\x89PNG")


def test_the_map_of_a_county_shows_all_of_it_town_by_town(street, anybody):
    open_now(street.station("湖墅一号驿站", town_code="330105003"))
    street.station("湖墅二号驿站", town_code="330105003", lng=120.18)
    with CaptureQueriesContext(connection) as seen:
        answer = anybody.get("/stations/map/", {"county": "330105"})
    assert len(seen) <= 3
    assert (answer.context["total"], answer.context["open"]) == (2, 1)
    (town,) = answer.context["towns"]
    assert (town["total"], town["open"]) == (2, 1)
    text = answer.content.decode()
    assert text.count('class="pin"') == 1
    assert town["name"] in text
    assert "选一个县" in anybody.get("/stations/map/").content.decode()
    assert (
        "还没有登记的驿站" in anybody.get("/stations/map/", {"county": "330106"}).content.decode()
    )


def test_a_picture_of_a_foreign_host_is_there_only_with_a_key(street, anybody, settings):
    open_now(street.station())
    without = stand(anybody)
    assert "tianditu" not in without.content.decode() + without["Content-Security-Policy"]
    settings.TIANDITU_KEY = "abc"
    answer = stand(anybody, lng="120.150512", lat="30.319534")
    assert "api.tianditu.gov.cn/staticimage" in answer.content.decode()
    assert "img-src https://api.tianditu.gov.cn " in answer["Content-Security-Policy"]
    assert "120.1505" not in answer.content.decode().replace('value="120.150512"', "")


@pytest.mark.parametrize("who", list(ConfirmedBy))
def test_whoever_confirmed_is_named_by_what_he_is(street, anybody, who):
    station = open_now(street.station())
    StationState.objects.update(confirmed_by_kind=who)
    text = anybody.get(f"/stations/{station.code}/").content.decode()
    assert "确认" in text
    assert stand(anybody).status_code == 200
