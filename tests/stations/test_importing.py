"""A list of stations: read from tables and GeoJSON, held against what is there, in effect once."""

import io
import json
from datetime import date

import pytest
import xlsxwriter

from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.actions import importing
from nuanxin.stations.forms.list_file import read_station_list
from nuanxin.stations.models import (
    Facility,
    MapId,
    Station,
    StationImport,
    StationImportRow,
    StationName,
    StationState,
)
from nuanxin.stations.states import ImportState, RowVerdict
from tests.stations.conftest import CENTRE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEADINGS = (
    "站点名称", "所在区县", "街道", "详细地址", "经度", "纬度", "共建单位", "开放时间", "设施", "座位数",
    "启用时间", "高德编号", "负责人电话",
)  # fmt: skip


def line(number=1, **told):
    """Return a row: each is a hundred metres further east, and not like another."""
    names = [
        "文晖",
        "朝晖",
        "武林",
        "米市巷",
        "湖墅",
        "拱宸桥",
        "康桥",
        "半山",
        "祥符",
        "上塘",
        "东新",
        "和睦",
    ]
    row = {
        "站点名称": f"{names[number % 12]}邮政爱心驿站", "所在区县": "拱墅区", "街道": "大关街道",
        "详细地址": f"{names[number % 12]}路{number}号", "经度": round(CENTRE[0] + number / 500, 6),
        "纬度": CENTRE[1], "共建单位": "邮政", "开放时间": "周一至周五 8:00-18:00", "设施": "饮水、空调、充电×4、暖宝宝",
        "座位数": "12人", "启用时间": date(2024, 5, number), "高德编号": f"B0{number}", "负责人电话": "1",
    }  # fmt: skip
    return row | told


def sheet(rows):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        page = book.add_worksheet("驿站")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, HEADINGS)
        for at, row in enumerate(rows, start=1):
            for place, heading in enumerate(HEADINGS):
                value = row[heading]
                if isinstance(value, date):
                    page.write_datetime(at, place, value, day)
                else:
                    page.write(at, place, value)
    return content.getvalue()


def drop(street, content, *, crs=CRS.WGS84, who="county_cadre", name="名册.xlsx", union="county"):
    cast = street.cast
    number = importing.open_import(
        union_id=cast.unions[union].id, file_name=name, content=content, crs=crs,
        actor=cast.actor(who), now=cast.now,
    )  # fmt: skip
    importing.read_import(listing_id=number, now=cast.now)
    return StationImport.objects.get(id=number)


def confirm(street, listing, *, with_changes=True):
    importing.confirm_import(
        listing_id=listing.id, with_changes=with_changes, actor=street.cast.county_cadre,
        now=street.cast.now,
    )  # fmt: skip
    importing.run_import(listing_id=listing.id, now=street.cast.now)
    listing.refresh_from_db()
    return listing


def decide(street, listing, **decisions):
    importing.decide_rows(
        listing_id=listing.id, decisions={int(k[1:]): v for k, v in decisions.items()},
        actor=street.cast.county_cadre, now=street.cast.now,
    )  # fmt: skip
    listing.refresh_from_db()


def verdicts(listing):
    rows = StationImportRow.objects.filter(listing=listing).order_by("row")
    return [RowVerdict(one.verdict).name for one in rows]


def world():
    """Return everything that a list may change, to see that it did not."""
    return (
        list(Station.objects.order_by("id").values()),
        list(Facility.objects.order_by("id").values()),
        list(StationName.objects.order_by("id").values()),
        list(MapId.objects.order_by("id").values()),
    )


def test_a_table_is_entered_whole_and_a_second_time_changes_nothing(street):
    content = sheet([line(number) for number in range(1, 9)])
    listing = drop(street, content)
    assert verdicts(listing) == ["NEW"] * 8
    assert any("负责人电话" in note for note in listing.notes)
    assert not Station.objects.exists()
    done = confirm(street, listing)
    assert (done.state, done.totals) == (ImportState.DONE, {"NEW": 8})
    first = Station.objects.get(code="330105-0001")
    assert (first.name, first.town_code, first.capacity_persons) == (
        "朝晖邮政爱心驿站",
        "330105007",
        12,
    )
    assert (first.hours, first.opened_on) == ("Mo-Fr 08:00-18:00", date(2024, 5, 1))
    facilities = dict(Facility.objects.filter(station=first).values_list("kind", "count"))
    assert facilities == {"water": 1, "heating_cooling": 1, "charge": 4}
    assert StationState.objects.count() == MapId.objects.count() == 8
    before = world()
    again = drop(street, content)
    assert verdicts(again) == ["SAME"] * 8
    assert any("办过一次" in note for note in again.notes)
    with pytest.raises(Conflict, match="nothing"):
        confirm(street, again)
    assert world() == before


def test_only_what_changed_is_changed(street):
    confirm(street, drop(street, sheet([line(1), line(2), line(3)])))
    told = [line(1, 开放时间="每天 7:00-22:00"), line(2, 设施="饮水、雨伞"), line(3)]
    listing = drop(street, sheet(told))
    assert verdicts(listing) == ["CHANGED", "CHANGED", "SAME"]
    changes = StationImportRow.objects.filter(listing=listing, row=2).get().changes
    assert changes == {"hours": ["Mo-Fr 08:00-18:00", "07:00-22:00"]}
    confirm(street, listing)
    assert Station.objects.get(code="330105-0001").hours == "07:00-22:00"
    assert Facility.objects.filter(station__code="330105-0002", kind="rain_gear").exists()
    assert Facility.objects.filter(station__code="330105-0002", kind="charge").exists()
    assert verdicts(drop(street, sheet(told))) == ["SAME"] * 3


def test_new_ones_can_be_entered_without_the_changes(street):
    confirm(street, drop(street, sheet([line(1)])))
    listing = drop(street, sheet([line(1, 开放时间="24小时"), line(2)]))
    confirm(street, listing, with_changes=False)
    assert Station.objects.count() == 2
    assert Station.objects.get(code="330105-0001").hours == "Mo-Fr 08:00-18:00"


def test_the_same_place_under_another_name_gets_the_name_as_an_alias(street):
    confirm(street, drop(street, sheet([line(1)])))
    listing = drop(street, sheet([line(1, 站点名称="杭工e家朝晖站", 高德编号="")]))
    assert verdicts(listing) == ["CHANGED"]
    confirm(street, listing)
    assert StationName.objects.get().name == "杭工e家朝晖站"
    assert Station.objects.get().name == "朝晖邮政爱心驿站"


def test_what_is_unsure_waits_for_a_person_and_is_not_asked_twice(street):
    confirm(street, drop(street, sheet([line(1)])))
    near = {"经度": CENTRE[0] + 1 / 500 + 0.0001, "详细地址": "朝晖路3号", "高德编号": ""}
    told = sheet(
        [line(2, 站点名称="移动营业厅驿站", **near), line(3, 站点名称="朝晖邮政驿站", 高德编号="")]
    )
    listing = drop(street, told)
    assert verdicts(listing) == ["UNSURE", "UNSURE"]
    number = Station.objects.get().id
    decide(street, listing, r2="new", r3=f"same:{number}", r9="new")
    assert verdicts(listing) == ["NEW", "CHANGED"]
    confirm(street, listing)
    assert Station.objects.count() == 2
    assert verdicts(drop(street, told)) == ["SAME", "SAME"]


def test_a_choice_that_the_row_does_not_have_is_left_aside(street):
    other = street.station(union="next_county", lat=30.26)
    listing = drop(street, sheet([line(1)]))
    decide(street, listing, r2=f"same:{other.id}")
    assert verdicts(listing) == ["NEW"]


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        ({"经度": CENTRE[1], "纬度": CENTRE[0]}, "UNSURE", "写反了"),
        ({"经度": 0, "纬度": 0}, "WRONG", "没有定位"),
        ({"经度": 116.4, "纬度": 39.9}, "WRONG", "不在浙江"),
        ({"经度": 121.2, "纬度": 28.1}, "WRONG", "政府驻地"),
        ({"经度": "", "纬度": ""}, "WRONG", "没有写经纬度"),
        ({"经度": "东经"}, "WRONG", "读不懂"),
        ({"站点名称": ""}, "WRONG", "没有写驿站的名称"),
        ({"详细地址": ""}, "WRONG", "没有写地址"),
        ({"所在区县": "西湖区"}, "WRONG", "不归这家工会"),
        ({"所在区县": "拱野区"}, "WRONG", "没有认出"),
    ],
)
def test_a_row_that_cannot_be_says_why_and_how(street, told, verdict, words):
    listing = drop(street, sheet([line(1, **told), line(2)]))
    row = StationImportRow.objects.get(listing=listing, row=2)
    assert RowVerdict(row.verdict).name == verdict
    assert words in row.reason
    assert verdicts(listing)[1] == "NEW"


def test_swapped_numbers_are_put_right_by_one_choice(street):
    listing = drop(street, sheet([line(1, 经度=CENTRE[1], 纬度=CENTRE[0])]))
    decide(street, listing, r2="swap")
    assert verdicts(listing) == ["NEW"]
    confirm(street, listing)
    assert (Station.objects.get().lng, Station.objects.get().lat) == CENTRE


def test_a_row_twice_in_the_list_is_entered_once(street):
    listing = drop(street, sheet([line(1), line(2), line(1, 高德编号="")]))
    assert verdicts(listing) == ["NEW", "NEW", "REPEATED"]
    confirm(street, listing)
    assert Station.objects.count() == 2


def shifted(rows, crs):
    for row in rows:
        lng, lat = convert(row["经度"], row["纬度"], source=CRS.WGS84, target=crs)
        yield row | {"经度": lng, "纬度": lat}


def test_a_list_in_bd09_that_was_said_to_be_gcj02_is_asked_about(street):
    rows = [line(number) for number in range(1, 7)]
    confirm(street, drop(street, sheet(rows)))
    plain = [row | {"高德编号": ""} for row in rows]
    listing = drop(street, sheet(list(shifted(plain, CRS.BD09))), crs=CRS.GCJ02)
    assert listing.question["crs"] == "bd09"
    assert "百度" in listing.question["text"]
    with pytest.raises(Conflict, match="asks_first"):
        confirm(street, listing)
    importing.answer_question(
        listing_id=listing.id, crs=CRS.BD09, actor=street.cast.county_cadre, now=street.cast.now
    )
    importing.read_import(listing_id=listing.id, now=street.cast.now)
    listing.refresh_from_db()
    assert listing.question is None
    assert verdicts(listing) == ["SAME"] * 6


def test_geojson_is_read_with_its_properties(street):
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [*CENTRE, 4.0]},
        "properties": {
            "name": "大关邮政驿站", "adcode": 330105, "address": "大关路1号", "is_24h": True,
            "facilities": ["water", "wifi"], "opening_hours": "24/7", "color": "red",
        },
    }  # fmt: skip
    broken = {"type": "Feature", "geometry": None, "properties": None}
    listing = drop(
        street,
        json.dumps({"type": "FeatureCollection", "features": [feature, broken, 7]}).encode(),
        name="名册.geojson",
    )
    assert verdicts(listing) == ["NEW", "WRONG", "WRONG"]
    confirm(street, listing)
    made = Station.objects.get()
    assert (made.lng, made.lat, made.is_24h, made.hours) == (*CENTRE, True, "24/7")
    assert set(Facility.objects.values_list("kind", flat=True)) == {"water", "wifi"}


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b'{"type": "Feature"}', "a.geojson", "station_list.not_geojson"),
        (b'{"type": "FeatureCollection", "features": [', "a.geojson", "station_list.not_geojson"),
        (b'{"type": "FeatureCollection", "features": []}', "a.json", "station_list.empty"),
        ("地址,经度,纬度\n大关路1号,120,30\n".encode(), "a.csv", "station_list.no_name"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(content, name, code):
    with pytest.raises(Malformed) as refused:
        read_station_list(content, name)
    assert refused.value.code == code


def test_a_list_that_was_interrupted_goes_on_where_it_stood(street, monkeypatch):
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", 3)
    listing = drop(street, sheet([line(number) for number in range(1, 9)]))
    effect = importing.take_effect
    calls = []

    def once(*given, **more):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        effect(*given, **more)

    monkeypatch.setattr(importing, "take_effect", once)
    with pytest.raises(RuntimeError):
        confirm(street, listing)
    assert Station.objects.count() == 3
    importing.run_import(listing_id=listing.id, now=street.cast.now)
    listing.refresh_from_db()
    assert (listing.state, Station.objects.count()) == (ImportState.DONE, 8)
    importing.run_import(listing_id=listing.id, now=street.cast.now)
    assert Station.objects.count() == 8


def test_what_somebody_entered_since_the_preview_is_not_entered_twice(street):
    content = sheet([line(1), line(2)])
    first, second = drop(street, content), drop(street, content)
    confirm(street, first)
    confirm(street, second)
    assert Station.objects.count() == 2
    assert second.totals == {"REPEATED": 2}


def test_a_lower_union_does_not_change_a_station_of_the_county(street):
    confirm(street, drop(street, sheet([line(1)])))
    told = sheet([line(1, 开放时间="24小时")])
    listing = drop(street, told, who="officer_chen", union="couriers")
    assert verdicts(listing) == ["SKIPPED"]
    assert "拱墅区总工会管" in StationImportRow.objects.get(listing=listing).reason


def test_a_list_is_seen_and_acted_on_by_its_own_union_alone(street):
    listing = drop(street, sheet([line(1)]))
    for who in ("cadre_of_next_county", "officer_chen", "auditor", "station_keeper"):
        with pytest.raises(NotFound):
            importing.get_import(street.cast.actor(who), listing.id)
        with pytest.raises(NotFound):
            importing.discard_import(
                listing_id=listing.id, actor=street.cast.actor(who), now=street.cast.now
            )
    importing.discard_import(
        listing_id=listing.id, actor=street.cast.county_cadre, now=street.cast.now
    )
    assert not StationImportRow.objects.exists()


def test_the_pages_take_a_list_from_the_drop_to_its_end(street, monkeypatch):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from nuanxin.stations.tasks import imports as jobs

    monkeypatch.setattr(jobs.read_import, "defer", lambda listing_id: jobs.read_import(listing_id))
    monkeypatch.setattr(jobs.run_import, "defer", lambda listing_id: jobs.run_import(listing_id))
    browser = street.cast.client("county_cadre")
    rows = [line(1), line(2, 经度=CENTRE[1], 纬度=CENTRE[0]), line(3, 详细地址="")]
    upload = SimpleUploadedFile("名册.xlsx", sheet(rows))
    union = street.cast.unions["county"].id
    sent = browser.post("/desk/stations/imports/", {"file": upload, "union": union, "crs": "wgs84"})
    page = browser.get(sent.url).content.decode()
    assert "对调以后再登记" in page
    assert "登记这 1 个" in page
    browser.post(f"{sent.url}act", {"do": "decide", "row-3": "swap"})
    assert "登记这 2 个" in browser.get(sent.url).content.decode()
    browser.post(f"{sent.url}act", {"do": "new"})
    assert "办完了：登记了 2 个" in browser.get(sent.url).content.decode()
    again = browser.post(f"{sent.url}act", {"do": "new"})
    assert again.status_code == 409
    assert "办完了" in again.content.decode()
    assert "没有写地址" in browser.get(f"{sent.url}?group=5").content.decode()


def test_a_list_of_new_stations_next_door_to_known_ones_is_asked_about_once(street):
    """None of its rows is a station that is known; each is a few doors away from one."""
    rows = [line(number) for number in range(1, 7)]
    confirm(street, drop(street, sheet(rows)))
    fresh = [
        row
        | {
            "站点名称": f"新{row['站点名称'][:2]}之角",
            "详细地址": row["详细地址"].replace(f"{number}号", f"{number + 9}号"),
            "经度": row["经度"] + 0.0006,
            "高德编号": "",
        }
        for number, row in enumerate(rows, 1)
    ]
    assert drop(street, sheet(list(shifted(fresh, CRS.GCJ02))), crs=CRS.GCJ02).question is None
    listing = drop(street, sheet(list(shifted(fresh, CRS.BD09))), crs=CRS.GCJ02)
    assert listing.question["crs"] == "bd09"
