"""An officer's day at the desk: signing in, a roster from the drop to the undo, the queue."""

import io
import threading
from pathlib import Path

import openpyxl
import pyotp
import pytest
from django.urls import reverse

from nuanxin.membership.actions import roster_effect, roster_reading
from nuanxin.membership.models import JoinApplication, Membership, RosterBatch
from nuanxin.membership.queries.invitations import token_of
from nuanxin.membership.states import BatchState, JoinState
from tests.chromium import follow
from tests.demonstration import do_waiting_jobs
from tests.journeys.served import path_of, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROSTERS = Path(__file__).parents[1] / "membership" / "rosters" / "files"


def jobs_done():
    """Do the waiting jobs in a thread, as beside the server."""
    faults = []

    def work():
        from django.db import connections

        try:
            do_waiting_jobs()
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread, faults


def do_jobs():
    thread, faults = jobs_done()
    thread.join(timeout=60)
    assert not faults, faults
    assert not thread.is_alive()


def sign_in(site, tab, who):
    tab.goto(reverse("desk-sign-in"))
    tab.locator('[name="username"]').fill(who["user_name"])
    tab.locator('[name="password"]').fill(who["password"])
    picture(tab, "desk-sign-in")
    follow(tab, tab.get_by_role("button", name="下一步"))
    tab.locator('[name="code"]').fill(pyotp.TOTP(who["totp_secret"]).at(site.world.clock.now))
    picture(tab, "desk-code")
    follow(tab, tab.get_by_role("button", name="登录"))
    tab.wait_for_url("**" + reverse("desk-home"))


def drop(tab, file):
    tab.goto(reverse("desk-roster-new"))
    tab.locator('input[type="file"]').set_input_files(file)
    picture(tab, "roster-drop")
    follow(tab, tab.get_by_role("button", name="读这份名单"))
    tab.wait_for_url("**/desk/rosters/*/")


def test_a_roster_from_signing_in_to_the_undo(site, monkeypatch):
    monkeypatch.setattr(roster_reading, "CHUNK_ROWS", 1_000)
    who = site.world.who("grassroots_officer")
    tab = site.visit(1440)
    sign_in(site, tab, who)
    picture(tab, "desk-home")
    drop(tab, ROSTERS / "care_2026.csv")
    assert tab.locator("progress").is_visible()
    do_jobs()
    tab.wait_for_selector("text=人可以邀请")
    picture(tab, "roster-preview")
    _open_a_reason(tab)
    batch = RosterBatch.objects.latest("id")
    _run_with_a_look_half_way(tab, monkeypatch)
    tab.wait_for_selector("text=/^办完了，邀请了/")
    picture(tab, "roster-done", height=640)
    assert JoinApplication.objects.filter(batch=batch, state=JoinState.INVITED).count() == 2505
    _read_result(tab)
    follow(tab, tab.get_by_role("button", name="整批撤销"))
    tab.wait_for_selector("text=整批撤销了")
    batch.refresh_from_db()
    assert batch.state == BatchState.UNDONE
    assert not JoinApplication.objects.filter(batch=batch, state=JoinState.INVITED).exists()


def _open_a_reason(tab):
    before = tab.url
    follow(tab, tab.locator('a[href*="group=damaged_id"]').first)
    tab.wait_for_url("**group=damaged_id*")
    assert tab.locator("tbody tr").count() > 0
    picture(tab, "roster-reasons", height=600)
    tab.goto(before.split("?")[0])
    tab.locator("summary", has_text="列认得对不对").click()
    picture(tab, "roster-columns", height=760)


def _run_with_a_look_half_way(tab, monkeypatch):
    """Confirm; hold the work after its first rows until the page has shown how far it is."""
    first_is_done, may_go_on = threading.Event(), threading.Event()
    effect = roster_effect.effect_chunk

    def held(*given, **named):
        rows = effect(*given, **named)
        first_is_done.set()
        assert may_go_on.wait(timeout=30)
        return rows

    monkeypatch.setattr(roster_effect, "effect_chunk", held)
    follow(tab, tab.get_by_role("button", name="邀请这"))
    tab.wait_for_selector("text=正在办理")
    thread, faults = jobs_done()
    assert first_is_done.wait(timeout=30), faults
    tab.wait_for_selector("text=/^1,000 \\//")
    picture(tab, "roster-running")
    may_go_on.set()
    thread.join(timeout=60)
    assert not faults, faults


def _read_result(tab):
    with tab.expect_download() as coming:
        tab.get_by_role("link", name="下载结果表").click()
    assert coming.value.suggested_filename.endswith("结果.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(Path(coming.value.path()).read_bytes()))
    words = {str(cell.value) for row in book.active.iter_rows() for cell in row if cell.value}
    assert any("邀请" in word for word in words)


def test_an_invited_person_says_yes_and_the_officer_approves_and_takes_it_back(site):
    home = site.world.unions["home"]
    asked = JoinApplication.objects.get(id=site.world.objects["applications_invited"][0])
    phone = site.visit(360)
    phone.goto(reverse("invitation", args=[token_of(asked.id, asked.expires_on)]))
    assert home["name"] in phone.content()
    picture(phone, "invitation")
    follow(phone, phone.get_by_role("button", name="我愿意"))
    phone.wait_for_selector("text=收到了")
    asked.refresh_from_db()
    assert asked.state == JoinState.SUBMITTED

    desk = site.visit(1440, role="grassroots_officer")
    desk.goto(reverse("desk-review"))
    picture(desk, "review", height=640)
    members = Membership.objects.filter(union__code=home["code"], ended_on=None).count()
    follow(desk, desk.locator('button[value="approve_all"]'))
    desk.wait_for_selector("text=收回")
    picture(desk, "review-approved", height=640)
    asked.refresh_from_db()
    assert asked.state == JoinState.APPROVED
    approved = Membership.objects.filter(union__code=home["code"], ended_on=None).count() - members
    assert approved > 20
    follow(desk, desk.get_by_role("button", name="收回").first)
    asked.refresh_from_db()
    assert asked.state == JoinState.SUBMITTED
    assert Membership.objects.filter(union__code=home["code"], ended_on=None).count() == members


def test_a_doubtful_one_is_opened_with_its_reason_and_returned(site):
    one = site.world.objects["applications_doubtful"][0]
    desk = site.visit(1440, role="grassroots_officer")
    desk.goto(reverse("desk-review") + "?part=doubtful")
    desk.goto(reverse("desk-application", args=[one]))
    assert "membership." not in desk.locator("main").inner_text()
    picture(desk, "review-doubtful")
    desk.locator('[name="note"]').fill("手机号请换成自己的")
    follow(desk, desk.get_by_role("button", name="退回补正"))
    desk.wait_for_url("**" + reverse("desk-review") + "*")
    assert JoinApplication.objects.get(id=one).state == JoinState.RETURNED


def test_a_number_is_read_with_a_purpose_and_the_member_sees_who_looked(site):
    worker = site.world.who("worker")
    desk = site.visit(1440, role="grassroots_officer")
    held = Membership.objects.get(worker_id=worker["worker_id"], ended_on=None)
    desk.goto(reverse("desk-members"))
    picture(desk, "members", height=640)
    desk.goto(reverse("desk-member", args=[held.id]))
    assert worker["phone"] not in desk.content()
    desk.locator('[name="purpose"]').select_option(index=1)
    follow(desk, desk.get_by_role("button", name="看手机号"))
    desk.wait_for_selector("text=这次查看已经记下")
    assert worker["phone"] in desk.content()
    phone = site.visit(360, role="worker")
    phone.goto(reverse("worker-readings"))
    assert site.world.who("grassroots_officer")["name"] in phone.content()
    picture(phone, "readings")


def test_the_unions_page_has_the_code_to_print(site):
    desk = site.visit(1440, role="grassroots_officer")
    desk.goto(reverse("desk-union", args=[site.world.unions["home"]["code"]]))
    assert path_of(desk) == reverse("desk-union", args=[site.world.unions["home"]["code"]])
    assert "扫码入会" in desk.content()
    picture(desk, "union")
