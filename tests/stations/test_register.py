"""Entering and changing stations: who may, what is refused with which words, what is remembered."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.actions.register import (
    StationDraft,
    change_station,
    register_station,
    set_standing,
)
from nuanxin.stations.models import Facility, Station, StationName, StationState
from nuanxin.stations.queries.register import (
    StationFilter,
    get_station,
    history_of,
    list_stations,
)
from nuanxin.stations.states import NameKind, Standing
from tests.stations.conftest import CENTRE

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(street):
    return StationDraft(
        union_id=street.cast.unions["county"].id, name="大关邮政爱心驿站", adcode=330105,
        town_code="330105006", address="大关路100号", lng=CENTRE[0], lat=CENTRE[1], crs=CRS.WGS84,
        facilities={"water": 1, "charge": 4}, names=[(NameKind.BRAND, "杭工e家大关站")],
        hours="Mo-Su 08:00-22:00",
    )  # fmt: skip


def enter(street, draft, who="county_cadre", **more):
    return register_station(draft=draft, actor=street.cast.actor(who), now=street.cast.now, **more)


def refusal(kind, call, *args, **more):
    with pytest.raises(kind) as refused:
        call(*args, **more)
    return refused.value.code


def test_a_station_is_entered_with_everything_and_its_state(street, draft):
    made = enter(street, draft)
    assert made.code == "330105-0001"
    assert enter(street, replace(draft, name="别处", address="别处1号", lat=30.33)).code.endswith(
        "2"
    )
    assert {
        one.kind: one.count for one in Facility.objects.filter(station=made)
    } == draft.facilities
    assert StationName.objects.get(station=made).name == "杭工e家大关站"
    assert StationState.objects.filter(station=made).count() == 1
    assert [event.kind for event in history_of(made.id)] == ["stations.station_registered"]


def test_coordinates_are_kept_as_given_and_in_wgs84(street, draft):
    lng, lat = convert(*CENTRE, source=CRS.WGS84, target=CRS.BD09)
    made = enter(street, replace(draft, lng=lng, lat=lat, crs=CRS.BD09))
    assert (made.lng, made.lat, made.crs) == (lng, lat, "bd09")
    assert (made.wgs_lng, made.wgs_lat) == pytest.approx(CENTRE, abs=1e-8)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lng": CENTRE[1], "lat": CENTRE[0]}, "station.swapped"),
        ({"lng": 0.0, "lat": 0.0}, "station.no_position"),
        ({"lng": 116.4, "lat": 39.9}, "station.outside"),
        ({"lng": 121.0, "lat": 28.0}, "station.far_from_county"),
        ({"adcode": 330106}, "station.county"),
        ({"adcode": 330100}, "station.county"),
        ({"adcode": 999999}, "station.county"),
        ({"town_code": "330106003"}, "station.town"),
        ({"facilities": {"sauna": 1}}, "station.facility"),
        ({"name": "（）"}, "station.name"),
        ({"address": " "}, "station.address"),
    ],
)
def test_what_cannot_be_is_refused_with_its_own_code(street, draft, change, code):
    assert refusal(Malformed, enter, street, replace(draft, **change)) == code
    assert not Station.objects.exists()


def test_one_that_is_there_is_not_entered_twice(street, draft):
    enter(street, draft)
    assert refusal(Conflict, enter, street, draft) == "station.there_already"
    near = replace(draft, name="中国移动大关厅", address="大关路98号", lat=draft.lat + 0.0001)
    assert refusal(Conflict, enter, street, near) == "station.maybe_there"
    assert enter(street, near, is_another=True).code == "330105-0002"


def test_bd09_given_as_gcj02_is_asked_about(street, draft):
    made = enter(street, draft)
    lng, lat = convert(*CENTRE, source=CRS.WGS84, target=CRS.BD09)
    moved = replace(draft, lng=lng, lat=lat, crs=CRS.GCJ02, name="大关邮政二楼")
    assert refusal(Conflict, enter, street, moved) == "station.crs_doubtful"
    assert enter(street, moved, crs_is_sure=True, is_another=True).id != made.id
    right = replace(moved, crs=CRS.BD09)
    assert refusal(Conflict, enter, street, right) == "station.there_already"


def test_bd09_given_as_gcj02_is_asked_about_beside_the_next_door(street, draft):
    enter(street, draft)
    there = convert(CENTRE[0] + 0.0008, CENTRE[1], source=CRS.WGS84, target=CRS.BD09)
    new = replace(
        draft, name="别的名字", address="大关路112号", lng=there[0], lat=there[1], names=[]
    )
    assert refusal(Conflict, enter, street, replace(new, crs=CRS.GCJ02)) == "station.crs_doubtful"
    assert enter(street, replace(new, crs=CRS.BD09), is_another=True).crs == CRS.BD09


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("cadre_of_next_county", NotFound),
        ("officer_chen", NotFound),
        ("enterprise_officer", Forbidden),
        ("city_cadre", Forbidden),
        ("auditor", Forbidden),
        ("station_keeper", Forbidden),
        ("rider_ye", Forbidden),
    ],
)
def test_only_who_manages_the_union_enters_and_changes(street, draft, who, kind):
    made = enter(street, draft)
    actor, now = street.cast.actor(who), street.cast.now
    refusal(kind, enter, street, replace(draft, name="别处"), who)
    refusal(kind, change_station, station_id=made.id, draft=draft, actor=actor, now=now)
    refusal(
        kind, set_standing, station_id=made.id, standing=Standing.CLOSED, reason="到期",
        from_on=None, until_on=None, actor=actor, now=now,
    )  # fmt: skip


def test_a_change_is_remembered_field_by_field(street, draft):
    made = enter(street, draft)
    actor, now = street.cast.county_cadre, street.cast.now
    assert change_station(station_id=made.id, draft=draft, actor=actor, now=now) == {}
    told = replace(draft, hours="24/7", is_24h=True, facilities={"water": 1})
    changes = change_station(station_id=made.id, draft=told, actor=actor, now=now)
    assert changes["hours"] == ["Mo-Su 08:00-22:00", "24/7"]
    assert changes["facilities"] == [{"water": 1, "charge": 4}, {"water": 1}]
    assert history_of(made.id)[0].data["changes"].keys() == changes.keys()


def test_a_broken_facility_stays_broken_when_others_change(street, draft):
    made = enter(street, draft)
    Facility.objects.filter(station=made, kind="water").update(works=False)
    told = replace(draft, facilities={"water": 1, "wifi": 1})
    change_station(
        station_id=made.id, draft=told, actor=street.cast.county_cadre, now=street.cast.now
    )
    works = dict(Facility.objects.filter(station=made).values_list("kind", "works"))
    assert works == {"water": False, "wifi": True}


def test_a_station_is_paused_closed_and_opened_again_with_reasons(street, draft):
    made, now = enter(street, draft), street.cast.now
    actor, today = street.cast.county_cadre, date(2026, 12, 1)

    def stand(standing, reason="装修", **days):
        given = {"from_on": None, "until_on": None} | days
        return set_standing(
            station_id=made.id, standing=standing, reason=reason, actor=actor, now=now, **given
        )

    assert refusal(Malformed, stand, Standing.PAUSED, " ") == "station.reason"
    before = {"from_on": today, "until_on": today - timedelta(days=1)}
    assert refusal(Malformed, stand, Standing.PAUSED, **before) == "station.days"
    stand(Standing.PAUSED, from_on=today, until_on=today + timedelta(days=9))
    assert refusal(Conflict, stand, Standing.PAUSED) == "station.standing"
    assert stand(Standing.CLOSED).standing_until is None
    opened = stand(Standing.OPEN, "装修完了")
    assert (opened.standing_reason, opened.standing_from) == ("", None)
    told = [(e.data["from"], e.data["to"]) for e in history_of(made.id)[:3]]
    assert told == [("CLOSED", "OPEN"), ("PAUSED", "CLOSED"), ("OPEN", "PAUSED")]


def test_a_list_holds_what_hangs_below_ones_unions_and_nothing_else(street):
    mine = street.station(union="county")
    below = street.station(union="couriers")
    beside = street.station(union="next_county", lat=30.26)

    def codes(who):
        return {one.code for one in list_stations(actor=street.cast.actor(who)).items}

    assert codes("county_cadre") == {mine.code, below.code}
    assert codes("officer_chen") == {below.code}
    assert codes("city_cadre") == codes("province_cadre") == {mine.code, below.code, beside.code}
    assert codes("auditor") == {mine.code, below.code}
    with pytest.raises(NotFound):
        get_station(actor=street.cast.county_cadre, code=beside.code, now=street.cast.now)


def test_a_list_is_narrowed_searched_and_paged(street):
    for at in range(5):
        street.station(is_24h=at % 2 == 0, facilities="water" if at else "water nap")
    StationName.objects.create(
        station=street.made[3], kind=NameKind.ALIAS, name="老邮局", compact="老邮局"
    )
    street.station(
        "关掉的", standing=Standing.CLOSED, standing_reason="到期", standing_from=date(2026, 1, 1)
    )
    actor = street.cast.county_cadre

    def found(**only):
        return [s.code[-1] for s in list_stations(actor=actor, only=StationFilter(**only)).items]

    assert found() == ["1", "2", "3", "4", "5"]
    assert found(tag="24h") == ["1", "3", "5"]
    assert found(facility="nap") == ["1"]
    assert found(search="老邮局") == ["4"]
    assert found(search="330105-0002") == ["2"]
    assert found(search="大关路3号") == ["3"]
    assert found(search="%") == []
    assert found(standing=Standing.CLOSED) == ["6"]
    assert found(region=330106) == []
    first = list_stations(actor=actor, limit=2)
    second = list_stations(actor=actor, limit=2, cursor=first.next)
    last = list_stations(actor=actor, limit=2, cursor=second.next)
    assert [s.code[-1] for page in (first, second, last) for s in page.items] == list("12345")
    assert last.next is None
    assert first.count == 5
    newest = list_stations(actor=actor, limit=3, sort="-changed")
    more = list_stations(actor=actor, limit=3, sort="-changed", cursor=newest.next)
    assert len({s.id for s in (*newest.items, *more.items)}) == 5
    with pytest.raises(Malformed):
        list_stations(actor=actor, sort="-changed", cursor=first.next)
