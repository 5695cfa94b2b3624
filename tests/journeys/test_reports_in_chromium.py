"""A bulletin is written, stopped at what does not hold, put right, frozen and taken away."""

import re

import pypdf
import pytest
from django.urls import reverse

from tests.chromium import findings, follow, runs_out_px
from tests.journeys.served import picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without script"])
def test_a_cadre_writes_a_bulletin(site, tmp_path, has_script):
    desk = site.visit(1440, role="county_cadre", java_script_enabled=has_script)
    desk.goto(reverse("desk-reports"))
    desk.get_by_label("用哪个模板").select_option(label="一页简报")
    follow(desk, desk.get_by_role("button", name="用模板新写"))
    desk.wait_for_url(re.compile(r"/desk/reports/\d+/$"))
    text = desk.get_by_label("正文")
    written = text.input_value()
    text.fill(written + "\n去年全区新发展会员99,999人，见{{ orgs.onions }}。\n")
    follow(desk, desk.get_by_role("button", name="只看一看，不存"))
    faults = desk.locator("#faults")
    assert "有 2 处要改" in faults.inner_text()
    assert faults.locator("mark").all_inner_texts() == ["99,999人", "{{ orgs.onions }}"]
    assert "99,999人" in desk.get_by_label("正文").input_value()
    if has_script:
        picture(desk, "report-faults", height=560)
        assert findings(desk) == []
    desk.get_by_label("正文").fill(written)
    desk.get_by_label("找指标").fill("首次入会")
    follow(desk, desk.get_by_role("button", name="找一找"))
    put = desk.get_by_role("button", name=re.compile("放进正文.*首次入会")).first
    put.click() if has_script else follow(desk, put)
    assert "{{ membership.first_joined_persons | unit }}" in desk.get_by_label("正文").input_value()
    desk.get_by_label("正文").fill(written)
    follow(desk, desk.get_by_role("button", name="存一版"))
    if has_script:
        picture(desk, "report-edit", height=640)
    follow(desk, desk.get_by_role("button", name="定稿"))
    desk.wait_for_url("**/desk/reports/frozen/*/")
    digest = desk.locator(".r-digest code").inner_text()
    with desk.expect_download() as download:
        desk.get_by_role("button", name="PDF").click()
    path = tmp_path / "report.pdf"
    download.value.save_as(path)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    assert digest in text
    assert desk.locator("main .report a[href^='/figures/']").count() > 3


def test_on_a_phone_the_frozen_report_is_whole(site):
    frozen = site.world.objects["frozen_reports"][0]
    phone = site.visit(360, role="county_cadre")
    phone.goto(reverse("desk-report-render", args=[frozen]))
    assert runs_out_px(phone) <= 0
    picture(phone, "report-frozen")
    assert findings(phone) == []
