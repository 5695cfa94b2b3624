"""A rider finds a station by where he stands; with the network cut he sees what was kept."""

from datetime import timedelta

import pytest
from playwright import sync_api
from psycopg.types.range import TimestamptzRange

from nuanxin.kernel import clock
from nuanxin.stations.models import Station, StationState
from tests.chromium import WIDTHS, findings, runs_out_px
from tests.journeys.served import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def opened(site):
    """A station of the demonstration that its keeper has just found open."""
    now = clock.now()
    station = Station.objects.filter(standing=1).order_by("id").first()
    state = StationState.objects.get(station=station)
    state.state, state.confirmed_by_kind = 1, 1
    state.confirmed_at, state.fresh_until = now, now + timedelta(hours=2)
    state.open_during = [TimestamptzRange(now - timedelta(hours=1), now + timedelta(hours=3))]
    state.save()
    return station


@pytest.mark.parametrize("width", [360, 1440])
def test_found_by_position_and_again_without_a_network(site, opened, width):
    tab = site.visit(width)
    tab.clock.set_fixed_time(site.world.clock.now)  # the telephone knows what day it is
    tab.context.grant_permissions(["geolocation"])
    tab.context.set_geolocation(
        {"longitude": opened.wgs_lng + 0.001, "latitude": opened.wgs_lat + 0.001}
    )
    tab.goto("/stations/")
    assert findings(tab) == []
    tab.get_by_role("button", name="找我附近的").click()
    sync_api.expect(tab.locator("h1")).to_contain_text("开着")
    assert str(round(opened.wgs_lat, 3)) not in tab.url
    sync_api.expect(tab.locator(".nx-st-name").first).to_have_text(opened.name)
    shown(tab, "stations-near", width)
    # Tall enough that the bar of tabs stands on no button: what it covers is scrolled free.
    tab.set_viewport_size({"width": width, "height": 2_400})
    assert findings(tab) == []
    assert runs_out_px(tab) <= 0
    tab.locator("label[for=v-map]").click()
    sync_api.expect(tab.locator(".nx-map svg")).to_be_visible()
    shown(tab, "stations-map", width)
    assert findings(tab) == []
    tab.wait_for_selector("[data-kept]:not([hidden])")

    tab.context.set_offline(True)
    tab.goto("/stations/")
    sync_api.expect(tab.locator("h1")).to_have_text("存下来的驿站")
    sync_api.expect(tab.locator("[data-list] li").first).to_be_visible()
    assert opened.name in tab.locator("[data-list]").inner_text()
    shown(tab, "stations-offline", width)
    tab.get_by_role("button", name="按离我多远排").click()
    sync_api.expect(tab.locator("[data-list] .nx-st-far").first).to_contain_text("米")
    assert opened.name in tab.locator("[data-list] li").first.inner_text()
    tab.context.set_offline(False)


def shown(tab, name: str, width: int) -> None:
    """Take a picture as a telephone shows it, of the first screen."""
    if width != 360:
        return
    before = tab.viewport_size
    tab.set_viewport_size({"width": width, "height": WIDTHS[width]})
    tab.evaluate("window.scrollTo(0, 0)")
    picture(tab, name)
    tab.set_viewport_size(before)
