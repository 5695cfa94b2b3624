"""Pages of inspections, the roster and the selection: what they show, take, and cost."""

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from nuanxin.kernel import clock
from nuanxin.stations.models import (
    Inspection,
    InspectionFinding,
    InspectionRound,
    KeeperShift,
    Nomination,
    Repair,
    Selection,
)
from nuanxin.stations.rules.inspections import form_of
from nuanxin.stations.states.inspections import Finding

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def cadre(street):
    return street.cast.client("county_cadre")


def filled(form_items, **found):
    fields = {f"found_{code}": "1" for code in form_items} | {"kind": "2", "heard": ""}
    return fields | {f"found_{code}": value for code, value in found.items()}


TODAY = clock.business_day(clock.now())
ITEMS = [one.code for one in form_of("330105", on=TODAY).items]


def test_a_round_is_committed_drawn_and_its_file_given_to_anybody(street, cadre):
    street.station()
    due = clock.business_day(street.cast.now) + timedelta(days=9)
    answer = cadre.post(reverse("desk-inspections"), {
        "union": street.cast.unions["county"].id, "title": "抽查", "percent": "10",
        "due_on": str(due), "seed": "明天收盘指数",
    })  # fmt: skip
    made = InspectionRound.objects.get()
    address = reverse("desk-inspection-round", args=[made.id])
    assert answer.headers["Location"] == address
    assert "明天收盘指数" in cadre.get(address).content.decode()
    cadre.post(address, {"do": "draw", "value": "3210.5"})
    file = street.cast.client("anonymous").get(reverse("station-draw-file", args=[made.id]))
    assert json.loads(file.content)["value"] == "3210.5"
    assert "还没查" in cadre.get(address).content.decode()


def test_a_form_without_an_answer_says_which_and_keeps_the_rest(street, cadre):
    station = street.station()
    address = reverse("desk-inspect", args=[station.code])
    fields = filled(ITEMS, fire="2") | {"note_fire": "灭火器过期"}
    del fields["found_sign"]
    answer = cadre.post(address, fields)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "选一个。" in page
    assert "灭火器过期" in page
    assert not Inspection.objects.exists()
    assert cadre.post(address, fields | {"found_sign": "1"}).status_code == 302
    assert InspectionFinding.objects.get(found=Finding.NO).note == "灭火器过期"


def test_forms_kept_by_a_device_are_taken_each_once_and_told(street, cadre):
    station, number = street.station(), str(uuid4())
    sheet = {
        "id": number, "station": station.code, "kind": 2, "at": street.cast.now.isoformat(),
        "found": dict.fromkeys(ITEMS, 1), "notes": {}, "heard": "",
    }  # fmt: skip
    wrong = {**sheet, "id": str(uuid4()), "found": {"fire": 1}}
    for _ in range(2):
        answer = cadre.post(
            reverse("desk-inspect-send"), json.dumps({"sheets": [sheet, wrong]}), "application/json"
        )
        kept, refused = answer.json()["taken"]
        assert (kept["kept"], refused["kept"]) == (True, False)
        assert refused["code"] == "stations.sheet_missing"
    assert Inspection.objects.count() == 1
    strange = cadre.post(reverse("desk-inspect-send"), b"{", "application/json")
    assert strange.status_code == 422


def test_mending_goes_from_one_to_another_on_the_page(street, cadre):
    station = street.station()
    cadre.post(reverse("desk-inspect", args=[station.code]), filled(ITEMS, fire="2"))
    repair = Repair.objects.get()
    address = cadre.get(reverse("desk-mending")).headers["Location"]
    assert "灭火器" in cadre.get(address).content.decode()
    done = reverse("desk-station-repair-done", args=[repair.id])
    seen = reverse("desk-station-repair-seen", args=[repair.id])
    refused = cadre.post(done, {"source": "7"})
    assert (refused.status_code, "写一句怎么改的" in refused.content.decode()) == (422, True)
    cadre.post(done, {"how": "=换了新的"})
    assert "等另一个人来看" in cadre.get(address).content.decode()
    assert cadre.post(seen, {"do": "good"}).status_code == 409
    colleague = street.cast.client("county_colleague")
    assert colleague.post(seen, {"do": "good", "source": "7"}).headers["Location"] == address
    assert "没有这样的" in cadre.get(address).content.decode()
    assert "看过了" in cadre.get(f"{reverse('desk-station-repairs')}?step=4").content.decode()


def test_the_list_of_repairs_is_taken_away_as_it_is_asked_for(street, cadre):
    station, other = street.station(), street.station()
    for one in (station, other):
        cadre.post(reverse("desk-inspect", args=[one.code]), filled(ITEMS, fire="2"))
    asked = f"{reverse('desk-station-repairs-workbook')}?station={station.code}&source=7"
    book = load_workbook(io.BytesIO(cadre.get(asked).content), read_only=True)
    rows = list(book.active.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == [station.code]
    elsewhere = street.cast.client("cadre_of_next_county").get(asked)
    assert station.code.encode() not in elsewhere.content


def test_a_shift_that_ends_after_midnight_is_on_the_next_day(street, cadre):
    keeper = street.keeper(street.station())
    address = reverse("desk-station-roster", args=[keeper.station.code])
    today = str(clock.business_day(street.cast.now))
    cadre.post(address, {
        "do": "paper", "keeper": keeper.id, "kind": "1", "done_on": today, "course": "急救",
    })  # fmt: skip
    answer = cadre.post(address, {
        "do": "shift", "keeper": keeper.id, "day": today, "begins": "20:00", "ends": "02:00",
    })  # fmt: skip
    assert answer.status_code == 302
    made = KeeperShift.objects.get()
    assert made.ends_at - made.starts_at == timedelta(hours=6)
    assert "第二天 02:00" in cadre.get(address).content.decode()


def test_a_selection_from_opening_to_objection_on_its_pages(street, cadre):
    cast, station = street.cast, street.station()
    cadre.post(reverse("desk-inspect", args=[station.code]), filled(ITEMS))
    today = clock.business_day(cast.now)
    cadre.post(reverse("desk-selections"), {
        "union": cast.unions["county"].id, "title": "最美驿站", "year": today.year, "places": 1,
        "nominate_until": str(today),
    })  # fmt: skip
    selection = Selection.objects.get()
    cadre.post(reverse("desk-nominate"), {
        "selection_id": selection.id, "station_code": station.code,
        "reason": "通宵开门，骑手都说好，药箱有人看",
    })  # fmt: skip
    address = reverse("desk-selection", args=[selection.id])
    for step in ("rank", "post"):
        assert cadre.post(address, {"do": step}).status_code == 302, step
    anybody = cast.client("anonymous")
    shown = reverse("station-selection", args=[selection.code])
    assert station.name in anybody.get(shown).content.decode()
    told = anybody.post(shown, {
        "do": "object", "line": Nomination.objects.get().id, "text": "晚上九点去过，门是锁着的",
    })  # fmt: skip
    assert "回执号" in told.content.decode()
    assert "门是锁着的" in cadre.get(address).content.decode()


def test_pages_cost_few_queries(street, cadre):
    stations = [street.station() for _ in range(8)]
    for one in stations:
        cadre.post(reverse("desk-inspect", args=[one.code]), filled(ITEMS, sign="2"))
    cadre.get(reverse("desk-inspections"))
    for address, most in (
        (reverse("desk-inspections"), 12),
        (reverse("desk-station-repairs"), 10),
        (reverse("desk-station-roster", args=[stations[0].code]), 12),
        (reverse("desk-selections"), 11),
        (reverse("desk-inspection", args=[Inspection.objects.first().id]), 10),
    ):
        with CaptureQueriesContext(connection) as caught:
            assert cadre.get(address).status_code == 200
        assert len(caught) <= most, (address, len(caught))
