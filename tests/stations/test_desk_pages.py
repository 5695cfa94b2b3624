"""The desk's pages of the register: the list, one station, entering with questions, standing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.stations.models import Station
from nuanxin.stations.states import Standing
from tests.stations.conftest import CENTRE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def browser(street):
    return street.cast.client("county_cadre")


def sent(street, **more):
    given = {
        "name": "大关邮政爱心驿站", "name_kind": "3", "union": street.cast.unions["county"].code,
        "adcode": "330105", "town_code": "大关街道", "address": "大关路100号", "lng": f"{CENTRE[0]}",
        "lat": f"{CENTRE[1]}", "crs": "wgs84", "host_kind": "1", "facilities": ["water", "charge"],
        "hours": "Mo-Su 08:00-22:00", "has_sign": "1", "has_rules": "",
    }  # fmt: skip
    return given | more


def test_a_list_shows_filters_rows_and_the_way_on(street, browser):
    for _ in range(52):
        street.station()
    page = browser.get("/desk/stations/?region=330105&facility=water").content.decode()
    assert "共 52 个" in page
    assert "在拱墅区" in page
    assert "能用饮水" in page
    assert page.count('href="/desk/stations/330105-') == 50
    assert 'rel="next"' in page


def test_an_empty_register_tells_what_to_do_and_an_empty_search_what_to_drop(street, browser):
    assert "这里还没有驿站" in browser.get("/desk/stations/").content.decode()
    street.station()
    said = browser.get("/desk/stations/?q=没有这个").content.decode()
    assert "没有这样的驿站" in said
    assert "看全部" in said
    assert browser.get("/desk/stations/?region=123&standing=x&tag=y&sort=z").status_code == 200


def test_pages_ask_the_database_a_fixed_number_of_times(street, browser):
    first = street.station()
    browser.get("/desk/stations/")
    counts = []
    for _ in range(2):
        for url in ("/desk/stations/", f"/desk/stations/{first.code}/"):
            with CaptureQueriesContext(connection) as asked:
                browser.get(url)
            counts.append(len(asked))
        for _ in range(8):
            street.station()
    assert counts[:2] == counts[2:]
    assert max(counts) <= 20


def test_a_station_is_entered_and_its_page_tells_it(street, browser):
    answer = browser.post("/desk/stations/new", sent(street))
    assert answer.status_code == 302
    page = browser.get(answer.url).content.decode()
    for words in ("拱墅区大关街道", "大关路100号", "饮水", "WGS-84", "登记", "六有"):
        assert words in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lng": f"{CENTRE[1]}", "lat": f"{CENTRE[0]}"}, "经度和纬度写反了"),
        ({"lng": "0", "lat": "0"}, "也就是没有定位"),
        ({"lng": "116.4", "lat": "39.9"}, "不在浙江"),
        ({"town_code": "西溪街道"}, "没有叫这个名字的乡镇"),
        ({"union": "T999999"}, "没有找到这家工会"),
        ({"name": ""}, "写上驿站的名称"),
        ({"lng": "一百二"}, "填一个数"),
        ({"area_m2": "0"}, "填 1 以上的数"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_lost(street, browser, change, words):
    answer = browser.post("/desk/stations/new", sent(street, **change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "大关路100号" in page
    assert not Station.objects.exists()


def test_a_union_out_of_reach_is_told_beside_its_field(street, browser):
    answer = browser.post(
        "/desk/stations/new", sent(street, union=street.cast.unions["next_county"].code)
    )
    assert "这家工会不在您的范围里" in answer.content.decode()


def test_a_doubt_is_asked_and_a_tick_answers_it(street, browser):
    browser.post("/desk/stations/new", sent(street))
    near = sent(street, name="中国移动大关厅", address="大关路98号", lat=f"{CENTRE[1] + 0.0001}")
    asked = browser.post("/desk/stations/new", near)
    assert asked.status_code == 409
    assert "是另一个驿站" in asked.content.decode()
    assert browser.post("/desk/stations/new", near | {"is_another": "1"}).status_code == 302
    assert Station.objects.count() == 2


def test_a_change_stands_in_the_history(street, browser):
    code = browser.post("/desk/stations/new", sent(street)).url.split("/")[-2]
    form = browser.get(f"/desk/stations/{code}/edit").content.decode()
    assert "大关街道" in form
    answer = browser.post(f"/desk/stations/{code}/edit", sent(street, hours="24/7"))
    assert answer.status_code == 302
    assert "改了值守时间" in browser.get(answer.url).content.decode()


def test_a_station_is_paused_with_a_reason_and_says_so(street, browser):
    station = street.station()
    url = f"/desk/stations/{station.code}/standing"
    assert browser.post(url, {"standing": "2", "reason": ""}).status_code == 422
    told = {"standing": "2", "reason": "换水管", "from_on": "2026-12-01", "until_on": "2026-12-09"}
    assert browser.post(url, told).status_code == 302
    page = browser.get(f"/desk/stations/{station.code}/").content.decode()
    assert "暂停：从 2026 年 12 月 1 日，到 2026 年 12 月 9 日。换水管" in page
    station.refresh_from_db()
    assert station.standing == Standing.PAUSED


def test_who_only_looks_sees_no_way_to_change(street):
    station = street.station()
    page = street.cast.client("city_cadre").get(f"/desk/stations/{station.code}/").content.decode()
    assert "改资料" not in page
    assert "改去留" not in page
