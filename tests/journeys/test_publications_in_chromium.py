"""What the demonstration has published, read by anybody: the correction, the first version, the draft."""

import pytest
from django.urls import reverse

from tests.chromium import findings, follow
from tests.journeys.served import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_anybody_goes_from_the_list_to_a_correction_and_the_version_before(site):
    tab = site.visit(1440)
    tab.goto(reverse("publications"))
    assert findings(tab) == []
    corrected = site.world.objects["publications"][1]
    tab.goto(reverse("publication", args=[corrected]))
    assert "更正的原因" in tab.content()
    assert findings(tab) == []
    picture(tab, "publication", height=1000)
    follow(tab, tab.get_by_role("link", name="看第 1 版"))
    assert "这是旧的一版" in tab.content()
    small = site.visit(360)
    small.goto(reverse("publication", args=[corrected]))
    assert findings(small) == []


def test_the_province_opens_a_published_version_on_the_desk(site):
    tab = site.visit(1440, role="province_cadre")
    tab.goto(reverse("desk-publications"))
    assert findings(tab) == []
    tab.goto(reverse("desk-publication", args=[site.world.objects["publications"][0]]))
    assert findings(tab) == []
    assert "导出明细" in tab.content()
    tab.goto(reverse("desk-locks"))
    assert findings(tab) == []
