"""The keeper's page behind its link, the door, the public page, and what the desk does with stations."""

from datetime import timedelta

import pytest
from django.urls import reverse

from nuanxin.kernel import clock
from nuanxin.stations.actions import doors, keeper_links, opening
from nuanxin.stations.models import (
    DoorDevice,
    KeeperLink,
    PlannedClosure,
    Repair,
    Station,
    StationReport,
    StationState,
    VisitSketch,
)
from nuanxin.stations.states import OpenState, Standing

pytestmark = pytest.mark.slow


@pytest.fixture
def open_station(street, monkeypatch):
    now = street.cast.now
    monkeypatch.setattr(clock, "now", lambda: now)
    station = street.station(hours="24/7")
    opening.refresh_opening(now=now, station_ids=[station.id])
    return station


def link_of(street, station):
    made = keeper_links.make_keeper_link(
        code=station.code, label="站长", actor=street.cast.county_cadre, now=street.cast.now
    )
    return "/s/" + made.link.rstrip("/").rsplit("/", 1)[-1] + "/"


def state_of(station):
    return OpenState(StationState.objects.get(station=station).state)


def test_one_tap_opens_closes_and_is_taken_back(street, open_station):
    browser, address = street.cast.client("anonymous"), link_of(street, open_station)
    page = browser.get(address)
    assert "开门了" in page.text
    assert page["Cache-Control"] == "no-store, private"
    assert browser.post(address, {"do": "open"}).status_code == 302
    assert state_of(open_station) is OpenState.OPEN
    browser.post(address, {"do": "closed", "for": "hour"})
    assert state_of(open_station) is OpenState.CLOSED
    page = browser.get(address)
    assert "撤销" in page.text
    last = StationReport.objects.latest("id")
    browser.post(address, {"undo": last.id})
    assert state_of(open_station) is OpenState.OPEN
    assert browser.post(address, {"do": "nonsense"}).status_code == 422
    assert browser.post(address, {"undo": "99999999999999999999"}).status_code == 404


def test_a_link_that_was_never_given_out_opens_nothing_and_tries_are_counted(street, open_station):
    browser = street.cast.client("anonymous")
    assert browser.get("/s/nothing/").status_code == 404
    for _ in range(keeper_links.WRONG_AN_HOUR):
        assert browser.post("/s/nothing/", {"do": "open"}).status_code == 404
    assert browser.post("/s/nothing/", {"do": "open"}).status_code == 429


def test_a_tap_on_no_water_is_a_repair_on_the_desk_that_is_done(street, open_station):
    street.cast.client("anonymous").post(link_of(street, open_station), {"do": "water_out"})
    repair = Repair.objects.get(station=open_station)
    desk = street.cast.client("county_cadre")
    page = desk.get(reverse("desk-station-repairs"))
    assert open_station.name in page.text
    elsewhere = street.cast.client("cadre_of_next_county")
    assert open_station.name not in elsewhere.get(reverse("desk-station-repairs")).text
    done = reverse("desk-station-repair-done", args=[repair.id])
    assert elsewhere.post(done).status_code == 404
    assert desk.post(done).status_code == 302
    assert open_station.name not in desk.get(reverse("desk-station-repairs")).text


def test_anybody_says_what_he_sees_and_reads_why(street, open_station):
    browser = street.cast.client("anonymous")
    address = reverse("station-now", args=[open_station.code])
    assert "说不准开没开" in browser.get(address).text
    member = street.cast.client("rider_ye")
    assert member.post(address, {"do": "open"}).status_code == 302
    page = browser.get(address)
    assert "开着，白天夜里都开" in page.text
    assert "会员" in page.text
    for _ in range(12):
        assert browser.post(address, {"do": "closed"}).status_code == 302
    assert browser.post(address, {"do": "closed"}).status_code == 429
    assert "开着，白天夜里都开" in browser.get(address).text
    assert browser.post(address, {"do": "power_out"}).status_code == 422


def test_a_station_closed_for_good_has_no_page(street, open_station):
    Station.objects.filter(id=open_station.id).update(
        standing=Standing.CLOSED,
        standing_reason="停业",
        standing_from=clock.business_day(street.cast.now),
    )
    browser = street.cast.client("anonymous")
    assert browser.get(reverse("station-now", args=[open_station.code])).status_code == 404
    assert browser.get(reverse("station-now", args=["330105-9999"])).status_code == 404


def test_the_door_opens_by_one_tap_and_counts_the_same_phone_once(street, open_station):
    now = street.cast.now
    made = doors.make_screen(
        code=open_station.code, label="正门", actor=street.cast.county_cadre, now=now
    )
    token = made.link.rstrip("/").rsplit("/", 1)[-1]
    browser = street.cast.client("anonymous")
    screen = browser.get(f"/stations/screen/{token}/")
    assert "<svg" in screen.text
    assert browser.get("/stations/screen/nothing/").status_code == 404
    device = DoorDevice.objects.select_related("station").get(id=made.id)
    for _ in range(2):
        code = doors.current_code(device, now=now)
        assert "我到了" in browser.get(f"/q/{code}/").text
        assert browser.post(f"/q/{code}/").status_code == 200
        assert browser.post(f"/q/{code}/").status_code == 409
    visits = VisitSketch.objects.get(station=open_station)
    assert (visits.visits_person_times, visits.visitors_persons) == (2, 1)
    assert browser.post("/q/nonsense/").status_code == 409


def test_reading_a_door_code_writes_nothing(street, open_station, django_assert_num_queries):
    made = doors.make_screen(
        code=open_station.code, label="x", actor=street.cast.county_cadre, now=street.cast.now
    )
    device = DoorDevice.objects.select_related("station").get(id=made.id)
    code = doors.current_code(device, now=street.cast.now)
    with django_assert_num_queries(1):
        street.cast.client("anonymous").get(f"/q/{code}/")
    assert not VisitSketch.objects.exists()


def test_the_county_plans_a_closure_and_makes_and_ends_links_and_screens(street, open_station):
    desk = street.cast.client("county_cadre")
    page, act = (
        reverse(name, args=[open_station.code])
        for name in ("desk-station-living", "desk-station-living-act")
    )
    begins = street.cast.now + timedelta(days=2)
    given = {
        "do": "closure",
        "begins": f"{begins:%Y-%m-%dT10:00}",
        "ends": f"{begins:%Y-%m-%dT12:00}",
        "reason": "空调检修",
    }
    assert desk.post(act, given).status_code == 302
    assert desk.post(act, given).status_code == 409
    assert desk.post(act, given | {"begins": "明天"}).status_code == 422
    assert "空调检修" in desk.get(page).text
    closure = PlannedClosure.objects.get()
    assert desk.post(act, {"do": f"cancel-{closure.id}"}).status_code == 302
    made = desk.post(act, {"do": "link", "label": "站长沈老师"})
    assert "/s/" in made.text
    link = KeeperLink.objects.get()
    assert desk.post(act, {"do": f"unlink-{link.id}"}).status_code == 302
    assert "/stations/screen/" in desk.post(act, {"do": "screen", "place": "正门"}).text
    device = DoorDevice.objects.get()
    assert desk.post(act, {"do": f"unscreen-{device.id}"}).status_code == 302
    assert desk.post(act, {"do": "what"}).status_code == 422
    for who in ("cadre_of_next_county", "far_cadre"):
        if who in street.cast.accounts:
            assert street.cast.client(who).post(act, given).status_code == 404


def test_hours_are_written_in_a_plain_form(street, open_station):
    desk = street.cast.client("county_cadre")
    address = reverse("desk-station-hours", args=[open_station.code, "hours"])
    week = {f"d{day}a": "08:00" for day in range(5)} | {f"d{day}b": "20:00" for day in range(5)}
    assert desk.post(address, week | {"holidays": "shut", "by": "form"}).status_code == 302
    open_station.refresh_from_db()
    assert open_station.hours == "Mo-Fr 08:00-20:00; PH closed"
    assert StationState.objects.get(station=open_station).open_during
    assert "周一至周五 08:00–20:00；节假日不开" in desk.get(address).text
    refused = desk.post(address, week | {"d0b": "", "by": "form"})
    assert refused.status_code == 422
    assert "周一只写了一头" in refused.text
    refused = desk.post(address, {"by": "text", "text": "看心情"})
    assert "Mo-Fr 08:00-18:00" in refused.text
    assert desk.post(address, {"by": "text", "text": "每天 8:00-22:00"}).status_code == 302
    nothing = reverse("desk-station-hours", args=[open_station.code, "nothing"])
    assert desk.get(nothing).status_code == 404
    assert street.cast.client("cadre_of_next_county").get(address).status_code == 404


def test_the_stale_list_names_who_should_be_open_and_is_not_confirmed(street, open_station):
    desk = street.cast.client("county_cadre")
    address = reverse("desk-stations-stale")
    assert open_station.name in desk.get(address).text
    street.cast.client("anonymous").post(link_of(street, open_station), {"do": "open"})
    assert open_station.name not in desk.get(address).text


@pytest.mark.parametrize(
    ("name", "most"),
    [("desk-stations-stale", 8), ("desk-station-repairs", 8)],
)
def test_lists_of_the_desk_keep_their_budget(
    street, open_station, name, most, django_assert_max_num_queries
):
    for _ in range(5):
        station = street.station(hours="24/7")
        Repair.objects.create(
            station=station,
            what="water",
            source=1,
            reported_at=street.cast.now,
            due_on=clock.business_day(street.cast.now),
        )
    opening.refresh_opening(now=street.cast.now)
    desk = street.cast.client("county_cadre")
    with django_assert_max_num_queries(most):
        assert desk.get(reverse(name)).status_code == 200


def test_the_public_page_keeps_its_budget(street, open_station, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        street.cast.client("anonymous").get(reverse("station-now", args=[open_station.code]))


# ---- programs -----------------------------------------------------------------------------------


def test_a_keepers_program_reports_with_the_token_in_the_body(street, open_station):
    token = link_of(street, open_station).strip("/").rsplit("/", 1)[-1]
    client = street.cast.client("anonymous")
    address = "/api/v1/station-keeping/reports"

    def sent(**more):
        body = {"token": token, "said": "open"} | more
        return client.post(address, body, content_type="application/json")

    answer = sent()
    assert (answer.status_code, answer.json()["state"]) == (201, "open")
    assert sent(said="full").json()["state"] == "full"
    assert sent(token="x" * 24).status_code == 404
    assert sent(said="nothing").status_code == 422


def test_a_controller_hands_in_what_it_took_without_a_network(street, open_station):
    now = street.cast.now
    made = doors.make_screen(
        code=open_station.code, label="x", actor=street.cast.county_cadre, now=now
    )
    device = DoorDevice.objects.select_related("station").get(id=made.id)
    at = now - timedelta(hours=3)
    scan = {"code": doors.current_code(device, now=at), "scanned_at": at.isoformat()}
    body = {"token": made.link.rstrip("/").rsplit("/", 1)[-1], "scans": [scan, scan]}
    answer = street.cast.client("anonymous").post(
        "/api/v1/station-keeping/scans", body, content_type="application/json"
    )
    assert answer.json() == {"outcomes": ["opened", "used"]}
