"""What was paid for a station and what maps call it: once, corrected by another row, ended."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.records.queries import list_events_of
from nuanxin.stations.actions.funding import correct_funding, record_funding
from nuanxin.stations.actions.map_ids import add_map_id, end_map_id
from nuanxin.stations.models import Funding, MapId
from nuanxin.stations.queries.funding import list_funding, sum_by_level, sum_by_year
from nuanxin.stations.states import FundingLevel, MapProvider

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_QUERIES = 20


def pay(street, station, **more):
    given = {
        "station_id": station.id, "year": 2026, "level": FundingLevel.COUNTY,
        "amount_fen": 6_000_000, "source": "提升行动补助", "actor": street.cast.county_cadre,
        "now": street.cast.now,
    }  # fmt: skip
    return record_funding(**given | more)


def correct(street, wrong, amount_fen, **more):
    given = {
        "station_id": wrong.station_id, "funding_id": wrong.id, "amount_fen": amount_fen,
        "actor": street.cast.county_cadre, "now": street.cast.now,
    }  # fmt: skip
    return correct_funding(**given | more)


def name(street, station, ident="B0FFHABC12", provider=MapProvider.AMAP, **more):
    given = {
        "station_id": station.id, "provider": provider, "ident": ident,
        "actor": street.cast.county_cadre, "now": street.cast.now,
    }  # fmt: skip
    return add_map_id(**given | more)


def code_of(call, *given, **more):
    with pytest.raises((Conflict, Malformed)) as raised:
        call(*given, **more)
    return raised.value.code


# ---- payments ----------------------------------------------------------------------------------


def test_sums_are_by_year_and_by_who_paid(street):
    station = street.station()
    pay(street, station)
    pay(street, station, level=FundingLevel.CITY, amount_fen=1_050)
    pay(street, station, year=2025, amount_fen=7)
    rows = list_funding(station.id)
    assert sum_by_year(rows) == {2026: 6_001_050, 2025: 7}
    assert sum_by_level(rows) == {FundingLevel.CITY: 1_050, FundingLevel.COUNTY: 6_000_007}


def test_the_same_payment_is_written_down_once(street):
    station = street.station()
    pay(street, station)
    assert code_of(pay, street, station, amount_fen=5) == "funding.there"
    pay(street, station, source="另一批")
    assert Funding.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"year": 1999}, "funding.year"), ({"year": 2031}, "funding.year"),
        ({"amount_fen": 0}, "funding.amount"), ({"amount_fen": -5}, "funding.amount"),
        ({"amount_fen": 10**12}, "funding.amount"), ({"source": "  "}, "funding.source"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_asked_about(street, more, code):
    assert code_of(pay, street, street.station(), **more) == code


def test_a_wrong_amount_is_replaced_and_stays_readable(street):
    station = street.station()
    wrong = pay(street, station)
    right = correct(street, wrong, 600_000)
    wrong.refresh_from_db()
    assert (wrong.amount_fen, wrong.replaced_at) == (6_000_000, street.cast.now)
    assert right.replaces == wrong
    assert [one.amount_fen for one in list_funding(station.id)] == [600_000]
    assert code_of(correct, street, wrong, 1) == "funding.corrected"
    assert code_of(correct, street, right, 600_000) == "funding.same"


def test_what_was_never_paid_is_corrected_to_nought_and_may_be_written_down_again(street):
    station = street.station()
    correct(street, pay(street, station), 0)
    assert list_funding(station.id) == []
    pay(street, station)
    assert [one.amount_fen for one in list_funding(station.id)] == [6_000_000]


def test_only_who_manages_the_station_writes_it_down(street):
    station = street.station()
    wrong = pay(street, station)
    other = street.station()
    with pytest.raises(NotFound):
        correct(street, wrong, 5, station_id=other.id)
    for who in ("rider_ye", "station_keeper"):
        client = street.cast.client(who)
        assert client.get(reverse("desk-station-funding", args=[station.code])).status_code in (
            302, 403, 404,
        )  # fmt: skip


def test_yuan_are_typed_and_fen_are_kept(street):
    station = street.station()
    client = street.cast.client("county_cadre")
    address = reverse("desk-station-funding", args=[station.code])
    sent = {"do": "record", "year": "2026", "level": "4", "amount": "1,250.50", "source": "一批"}
    assert client.post(address, sent).status_code == 302
    made = Funding.objects.get()
    assert made.amount_fen == 125_050
    again = client.post(address, sent)
    assert again.status_code == 409
    assert "已经记过一笔" in again.text
    for amount in ("12.345", "x", "-3", ""):
        assert client.post(address, sent | {"amount": amount, "source": "二批"}).status_code == 422
    fix = {"do": "correct", "funding": made.id, "to": "1,250"}
    assert client.post(address, fix).status_code == 302
    assert "更正成 1,250.00 元" in client.get(address).text
    assert client.post(address, fix | {"funding": ""}).status_code == 422


def test_the_workbook_holds_numbers(street):
    station = street.station()
    pay(street, station, source="=1+1")
    client = street.cast.client("county_cadre")
    answer = client.get(reverse("desk-station-funding-workbook", args=[station.code]))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[2]] == [2026, "县级工会", 60000, "=1+1"]
    assert sheet["D2"].data_type == "s"


def test_the_page_takes_the_same_questions_for_many(street):
    station = street.station()
    client = street.cast.client("county_cadre")
    address = reverse("desk-station-funding", args=[station.code])
    for year in range(2018, 2027):
        pay(street, station, year=year)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    assert len(seen) <= MOST_QUERIES, len(seen)


# ---- ids of maps -------------------------------------------------------------------------------


def test_an_id_leads_to_one_station(street):
    one, other = street.station(), street.station()
    name(street, one)
    assert code_of(name, street, one) == "map_id.there"
    with pytest.raises(Conflict) as raised:
        name(street, other)
    assert raised.value.code == "map_id.elsewhere"
    assert one.code in raised.value.message
    name(street, other, provider=MapProvider.BAIDU)
    assert MapId.objects.count() == 2


def test_an_id_that_ended_may_lead_elsewhere_and_the_log_knows(street):
    one, other = street.station(), street.station()
    made = name(street, one, provider=MapProvider.APPLE)
    end_map_id(
        station_id=one.id, map_id=made.id, actor=street.cast.county_cadre, now=street.cast.now
    )
    name(street, other, provider=MapProvider.APPLE)
    assert "stations.map_id_ended" in [event.kind for event in list_events_of("station", one.id)]
    with pytest.raises(NotFound):
        end_map_id(
            station_id=one.id, map_id=made.id, actor=street.cast.county_cadre, now=street.cast.now
        )


@pytest.mark.parametrize("ident", ["", "有 空格", "<script>", "x" * 65, "-a"])
def test_what_is_no_id_is_asked_about(street, ident):
    assert code_of(name, street, street.station(), ident=ident) == "map_id.ident"


def test_the_page_adds_one_and_ends_one(street):
    station, other = street.station(), street.station()
    name(street, other, ident="T1")
    client = street.cast.client("county_cadre")
    address = reverse("desk-station-map-ids", args=[station.code])
    assert client.post(address, {"do": "add", "provider": "amap", "ident": "T2"}).status_code == 302
    taken = client.post(address, {"do": "add", "provider": "amap", "ident": "T1"})
    assert taken.status_code == 409
    assert other.code in taken.text
    made = MapId.objects.get(station=station)
    assert client.post(address, {"do": "end", "map": made.id}).status_code == 302
    assert not MapId.objects.filter(station=station).exists()
