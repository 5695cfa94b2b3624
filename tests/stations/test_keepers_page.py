"""The keeper's page: each thing that the station has, in one tap; and what a cadre wrote."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.errors import Malformed
from nuanxin.stations.actions import reporting
from nuanxin.stations.actions.reporting import Speaker
from nuanxin.stations.models import Facility, Inspection, Repair, StationReport
from nuanxin.stations.states.inspections import InspectionKind, Verdict
from nuanxin.stations.states.reporting import ReportSource, Said
from tests.stations.test_living_pages import link_of, open_station

__all__ = ["open_station"]
pytestmark = pytest.mark.slow
MOST_QUERIES = 24


@pytest.fixture
def kept(street, open_station):
    now = street.cast.now
    for kind in ("microwave", "toilet", "medicine", "battery_swap"):
        Facility.objects.create(station=open_station, kind=kind, noted_at=now)
    return open_station


@pytest.fixture
def page(street, kept):
    return street.cast.client("anonymous"), link_of(street, kept)


def works(kept, kind):
    return Facility.objects.get(station=kept, kind=kind).works


def test_each_thing_of_the_station_has_its_button(page):
    client, address = page
    text = client.get(address).text
    for label in ("微波炉坏了", "厕所坏了", "医药箱坏了", "换电坏了", "手机充电坏了"):
        assert label in text
    assert "饮水坏了" not in text
    assert "母婴室坏了" not in text


def test_broken_is_one_tap_and_works_again_is_one_tap(page, kept):
    client, address = page
    assert client.post(address, {"broken": "microwave"}).status_code == 302
    assert not works(kept, "microwave")
    assert Repair.objects.get(station=kept, what="microwave").done_at is None
    assert "微波炉修好了" in client.get(address).text
    client.post(address, {"works": "microwave"})
    assert works(kept, "microwave")
    assert Repair.objects.get(station=kept, what="microwave").done_at is not None


def test_broken_by_mistake_is_undone_with_its_repair(page, kept):
    client, address = page
    client.post(address, {"broken": "toilet"})
    shown = client.get(address).text
    assert "刚才点了“厕所坏了”" in shown
    client.post(address, {"undo": StationReport.objects.latest("id").id})
    assert works(kept, "toilet")
    assert not Repair.objects.filter(station=kept, done_at=None).exists()


def test_mended_by_mistake_is_undone_and_the_repair_stands_again(page, kept):
    client, address = page
    client.post(address, {"broken": "toilet"})
    client.post(address, {"works": "toilet"})
    client.post(address, {"undo": StationReport.objects.latest("id").id})
    assert not works(kept, "toilet")
    assert Repair.objects.get(station=kept, what="toilet").done_at is None


def test_the_same_tap_twice_is_one_word(page, kept):
    client, address = page
    for _ in range(2):
        assert client.post(address, {"broken": "toilet"}).status_code == 302
    assert StationReport.objects.filter(thing="toilet").count() == 1


def test_a_thing_that_the_station_has_not_is_not_found(page):
    client, address = page
    assert client.post(address, {"broken": "mother_baby"}).status_code == 404
    assert client.post(address, {"broken": "x" * 3_000}).status_code == 404


def test_a_word_about_a_thing_needs_the_thing(street, kept):
    with pytest.raises(Malformed):
        reporting.report(
            station_id=kept.id, said=Said.BROKEN, now=street.cast.now,
            speaker=Speaker(ReportSource.KEEPER, "x"),
        )  # fmt: skip


def test_a_broken_thing_says_nothing_about_the_door_nor_wipes_the_keepers_note(page, kept):
    client, address = page
    client.post(address, {"do": "open", "note": "从后门进"})
    client.post(address, {"broken": "toilet"})
    kept.stationstate.refresh_from_db()
    assert kept.stationstate.note == "从后门进"
    assert "开着" in client.get(address).text


def test_the_keeper_reads_what_a_cadre_wrote_of_his_day_and_no_other_inspection(street, page, kept):
    client, address = page
    now = street.cast.now
    for kind, heard in (
        (InspectionKind.MASTER_DAY, "骑手说中午没地方热饭"),
        (InspectionKind.ROUTINE, "例行看过"),
    ):
        is_day = kind is InspectionKind.MASTER_DAY
        Inspection.objects.create(
            client_id=uuid4(), station=kept, kind=kind, form_code="x", permille=900,
            inspected_at=now - timedelta(hours=9), sent_at=now, verdict=int(next(iter(Verdict))),
            until_at=now - timedelta(hours=1) if is_day else None, heard=heard,
            inspector_key="x", inspector_name="陈立春",
        )  # fmt: skip
    text = client.get(address).text
    assert "骑手说中午没地方热饭" in text
    assert "例行看过" not in text
    assert "陈立春" not in text


def test_the_page_asks_few_questions(page):
    client, address = page
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    assert len(seen) <= MOST_QUERIES, len(seen)
