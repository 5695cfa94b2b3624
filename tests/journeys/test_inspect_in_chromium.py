"""An inspection is filled in with the network cut, and taken once when there is one again."""

import pytest
from django.urls import reverse
from playwright import sync_api

from nuanxin.kernel import clock
from nuanxin.stations.models import Inspection, InspectionFinding, Station
from nuanxin.stations.states.inspections import Finding
from tests.chromium import findings, runs_out_px

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NO_NETWORK = "ERR_INTERNET_DISCONNECTED"


def fill_in(tab, *, missing):
    for group in tab.locator("fieldset.f").all():
        group.get_by_label("没做到" if missing in group.inner_text() else "做到了").first.check()
    tab.get_by_role("button", name="交上").click()


def test_without_a_network_a_form_is_kept_and_sent_later_exactly_once(site):
    tab = site.visit(360, role="county_cadre")
    tab.context.clock.set_fixed_time(clock.now())
    station = Station.objects.filter(adcode=330105, standing=1).order_by("-id").first()
    before = Inspection.objects.count()
    tab.goto(reverse("desk-inspect", args=[station.code]))
    tab.wait_for_selector("[data-ready]:not([hidden])")
    assert findings(tab) == []
    assert runs_out_px(tab) <= 0

    tab.context.set_offline(True)
    tab.reload()  # the form comes from the device
    fill_in(tab, missing="灭火器")
    sync_api.expect(tab.locator('[data-said="kept"]')).to_be_visible()
    sync_api.expect(tab.locator("[data-waiting]")).to_have_text("1")
    assert Inspection.objects.count() == before

    tab.context.set_offline(False)
    sync_api.expect(tab.locator('[data-said="sent"]')).to_be_visible(timeout=30_000)
    sync_api.expect(tab.locator("[data-waiting]")).to_have_text("0")
    assert findings(tab) == []
    tab.reload()
    made = Inspection.objects.get(station=station)
    [wrong] = InspectionFinding.objects.filter(inspection=made, found=Finding.NO)
    assert wrong.item == "fire"
    assert Inspection.objects.count() == before + 1
    heard = site.witnesses[-1].said
    heard[:] = [line for line in heard if NO_NETWORK not in line]
