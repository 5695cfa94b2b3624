"""The rooms of services and stations, entered as those who use them: what a page is for stands on it.

With pictures asked for they are those of the manual.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from nuanxin.programmes.models import Contest, Offer, Session
from nuanxin.stations.models import Inspection
from tests.journeys.served import Site, picture

LOW = 620
"""Pixels of a wide page that say what it is: a long list weighs too much for a manual."""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Room:
    """A page by the name of its picture: where it is, and words that must stand on it."""

    name: str
    address: str
    words: str
    height: int = 0


def enter(tab: Any, rooms: list[Room]) -> None:
    """Enter the rooms one after the other and take their pictures."""
    for room in rooms:
        answer = tab.goto(room.address)
        assert answer.status == 200, f"{room.name}: {answer.status}"
        assert room.words in tab.locator("main").inner_text(), room.name
        picture(tab, room.name, height=room.height)


def camp_of(site: Site) -> Offer:
    """Return the camp whose classes the demonstration has filled."""
    return Offer.objects.get(id=site.world.objects["camps"][0])


def contest_of(site: Site) -> Contest:
    """Return the contest that is under way."""
    return Contest.objects.get(id=site.world.objects["contests"][0])


def station_of(site: Site) -> str:
    """Return the code of the station that is kept."""
    return str(site.world.objects["kept_station"])


def test_what_a_parent_and_a_contestant_see_on_the_phone(site):
    phone = site.visit(360, role="worker")
    contest = contest_of(site)
    enter(
        phone,
        [
            Room("camp", reverse("camp", args=[camp_of(site).code]), "托管"),
            Room("children", reverse("children"), "孩子"),
            Room("contest", reverse("contest", args=[contest.offer.code]), "评分"),
            Room("proof-ask", reverse("proof-ask"), "证明"),
        ],
    )


def test_what_an_officer_does_with_a_service(site):
    desk = site.visit(1440, role="county_cadre")
    contest, camp = contest_of(site), camp_of(site)
    session = Session.objects.get(id=site.world.objects["sessions"][0])
    enter(
        desk,
        [
            Room("desk-offers", reverse("desk-offers"), "服务", LOW),
            Room("definitions", reverse("desk-definitions"), "服务", LOW),
            Room("desk-camp", reverse("desk-camp", args=[camp.id]), "班", LOW),
            Room("desk-contest", reverse("desk-contest", args=[contest.id]), "赛程", LOW),
            Room("desk-session", reverse("desk-session", args=[session.id]), "到", LOW),
            Room("desk-proofs", reverse("desk-proofs"), "证明", LOW),
            Room("desk-no-shows", reverse("desk-no-shows"), "没来", LOW),
            Room("rules", reverse("desk-rules"), "条件", LOW),
        ],
    )


def test_anybody_finds_a_place_to_rest(site):
    phone = site.visit(360)
    station = station_of(site)
    enter(
        phone,
        [
            Room("station", reverse("worker-station", args=[station]), "怎么去"),
            Room("station-now", reverse("station-now", args=[station]), "驿站"),
            Room("keeper", urlsplit(site.world.objects["keeper_link"]).path, "开着"),
        ],
    )


def test_what_a_county_does_with_its_stations(site):
    desk = site.visit(1440, role="county_cadre")
    station = station_of(site)
    plan = site.world.objects["siting_plans"][0]
    enter(
        desk,
        [
            Room("desk-stations", reverse("desk-stations"), "驿站", LOW),
            Room("desk-station", reverse("desk-station", args=[station]), "驿站", LOW),
            Room("coverage", reverse("desk-station-coverage"), "街道"),
            Room("siting", reverse("desk-siting-plan", args=[plan]), "方案", LOW),
            Room("stale", reverse("desk-stations-stale"), "确认", LOW),
            Room("inspections", reverse("desk-inspections"), "抽查", LOW),
            Room("upgrades", reverse("desk-station-upgrades"), "驿站", LOW),
        ],
    )
    assert Inspection.objects.exists()
