"""Rules at the desk: read by every official, written by one of the level that owns them, released by another."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.access.models import Account
from nuanxin.access.states import SessionKind
from nuanxin.kernel.clock import business_day
from nuanxin.membership.models import Membership
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import rule_versions as act
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.models import RulePreview, RuleVersion
from nuanxin.programmes.states import VersionState
from tests.programmes.test_rule_versions import colleague_of, eased, open_to_all, released

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIST_QUERIES, RULE_QUERIES, DRAFT_QUERIES, DECIDE_QUERIES = 7, 10, 11, 13
BASIS_QUERIES = 8


@pytest.fixture
def version(cast):
    return act.draft_rule(code="recuperation", actor=cast.province_cadre, now=cast.now)


@pytest.fixture
def desk(cast):
    return cast.client("province_cadre")


def at(version, tail=""):
    return f"/desk/rules/versions/{version.id}/{tail}"


def sent(version, text, **more):
    return {"text": text, "revision": version.revision, "laid_out": act.digest_of(text)} | more


def counted(client, address):
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode(), len(seen.captured_queries)


@pytest.mark.parametrize(
    ("address", "most", "said"),
    [
        ("/desk/rules/", LIST_QUERIES, "疗休养"),
        ("/desk/rules/recuperation/", RULE_QUERIES, "入会满规定的月数"),
        ("/desk/rules/recuperation/0/", RULE_QUERIES, "随系统带的"),
    ],
)
def test_every_official_reads_rules_in_few_statements(cast, address, most, said):
    page, count = counted(cast.client("county_cadre"), address)
    assert said in page
    assert count <= most, count
    assert "起草新的一版" not in page


def test_the_level_that_owns_it_begins_a_version(cast, desk):
    assert "起草新的一版" in desk.get("/desk/rules/recuperation/").content.decode()
    answer = desk.post("/desk/rules/recuperation/new/")
    assert answer["Location"] == at(RuleVersion.objects.get())
    assert cast.client("county_cadre").post("/desk/rules/recuperation/new/").status_code == 403
    assert cast.client("city_cadre").post("/desk/rules/recuperation/new/").status_code == 404


def test_a_draft_opens_in_few_statements_with_its_values_facts_and_cases(desk, version):
    page, count = counted(desk, at(version))
    assert count <= DRAFT_QUERIES, count
    assert 'name="v-1" value="@programmes.recuperation_member_months"' in page
    assert "membership.months" in page
    assert "入会十一个月" in page
    assert "敏感个人信息" in page


def test_a_number_is_changed_in_its_field(desk, version):
    answer = desk.post(at(version), sent(version, version.text, do="values", **{"v-1": "1"}))
    assert answer.status_code == 302
    version.refresh_from_db()
    assert "at_least: 1" in version.text
    page = desk.get(at(version)).content.decode()
    assert "对不上" in page  # the case of eleven months says so
    assert "去掉" in page


def test_fields_do_not_write_over_a_text_that_was_changed_by_hand(desk, version):
    told = sent(version, version.text, do="values", **{"v-1": "1"}) | {
        "text": version.text + "# 我写的\n"
    }
    answer = desk.post(at(version), told)
    assert answer.status_code in (400, 422)
    page = answer.content.decode()
    assert "您写的都还在" in page
    assert "# 我写的" in page
    assert 'value="1"' in page


def test_faults_are_told_with_line_and_column_and_what_was_typed_stays(desk, version):
    broken = version.text.replace("membership.months", "membership.month")
    answer = desk.post(at(version), sent(version, broken, do="submit"))
    page = answer.content.decode()
    assert answer.status_code in (400, 422)
    assert re.search(r"第 \d+ 行第 \d+ 列", page)
    assert "membership.month\n" in page
    version.refresh_from_db()
    assert (version.text, version.state) == (broken, VersionState.DRAFT)


def test_typing_is_kept_and_answered_at_once(desk, version):
    answer = desk.post(at(version, "check/"), sent(version, eased(version.text)))
    page = answer.content.decode()
    version.refresh_from_db()
    assert "at_least: 1" in version.text
    assert f'data-revision="{version.revision}"' in page
    assert "都对得上" in page
    stale = desk.post(at(version, "check/"), {"text": "别的", "revision": 0}).content.decode()
    assert "在别处改过" in stale
    version.refresh_from_db()
    assert "at_least: 1" in version.text


def test_a_case_is_added_from_fields(desk, version):
    answer = desk.post(
        at(version),
        sent(version, version.text, do="case", case_name="一年：整", case_answer="yes", **{
            "f-membership.is_member": "true", "f-membership.months": "12",
            "f-programmes.had_recuperation": "false"}),
    )  # fmt: skip
    assert answer.status_code == 302
    assert "一年：整" in desk.get(at(version)).content.decode()
    unnamed = desk.post(at(version), sent(RuleVersion.objects.get(), RuleVersion.objects.get().text, do="case"))  # fmt: skip
    assert "起个名字" in unnamed.content.decode()


def test_from_draft_to_release_by_two_people(cast, town, desk, version):
    town.riders(3)
    desk.post(at(version), sent(version, open_to_all(version.text), do="submit"))
    tried = desk.post(at(version, "preview/"))
    assert tried.status_code == 302
    page, _ = counted(desk, at(version, "preview/"))
    assert "多不到 10 人" in page  # the province sees no persons, so no small numbers either
    assert "某位劳动者" in page
    own = desk.get(at(version, "decide/")).content.decode()
    assert "另一位同事来复核" in own
    colleague_of(cast)
    other = second_client(cast)
    page, count = counted(other, at(version, "decide/"))
    assert count <= DECIDE_QUERIES, count
    assert "定稿，从这天起用" in page
    today = business_day(cast.now)
    refused = other.post(at(version, "decide/"), {"do": "release", "valid_from": "2020-01-01"})
    assert "过去的日子" in refused.content.decode()
    assert other.post(at(version, "decide/"), {"do": "release", "valid_from": today.isoformat()}).status_code == 302  # fmt: skip
    shown = desk.get("/desk/rules/recuperation/1/").content.decode()
    assert "随系统带的比" in shown
    assert "第二人" in shown


def second_client(cast):
    """Return a browser signed in as the colleague of the province."""
    cast.accounts["province_colleague"] = Account.objects.get(username="second.official")
    return cast.client("province_colleague", kind=SessionKind.CADRE)


def test_it_goes_back_from_the_page_with_a_reason(cast, desk, version):
    desk.post(at(version), sent(version, eased(version.text), do="submit"))
    colleague_of(cast)
    other = second_client(cast)
    assert "为什么退回" in other.post(at(version, "decide/"), {"do": "send_back"}).content.decode()
    assert (
        other.post(at(version, "decide/"), {"do": "send_back", "reason": "缺文号"}).status_code
        == 302
    )
    assert "退回来了：缺文号" in desk.get(at(version)).content.decode()


def test_a_large_register_is_tried_by_a_job_and_the_page_waits(monkeypatch, desk, version):
    deferred = []
    monkeypatch.setattr("nuanxin.programmes.queries.previewing.SMALL_REGISTER", -2)
    monkeypatch.setattr(
        "nuanxin.programmes.tasks.preview_rule.defer", lambda **told: deferred.append(told)
    )
    desk.post(at(version, "preview/"))
    assert deferred == [{"preview_id": RulePreview.objects.get().id}]
    page = desk.get(at(version, "preview/")).content.decode()
    assert "data-progress" in page
    assert "先看个大概" in page


def test_a_draft_that_cannot_be_read_is_not_tried(desk, version):
    desk.post(at(version), sent(version, "不是条件", do="save"))
    page = desk.post(at(version, "preview/"))
    assert page.status_code in (400, 422)
    assert desk.get(at(version)).status_code == 200


def test_why_somebody_has_a_place_is_shown_at_the_desk_and_to_him(cast, town):
    offer = town.offer(places=2)
    rider = Worker.objects.get(id=cast.rider_ye.worker_id)
    Membership.objects.filter(worker=rider, ended_on=None).delete()
    (other,) = town.riders(1)
    Membership.objects.filter(worker_id=other.worker_id).update(worker=rider)
    claimed = apply_for_place(code=offer.code, actor=cast.rider_ye, now=cast.now)
    own = cast.client("rider_ye")
    assert "报名时按什么条件比的" in own.get(f"/programmes/{offer.code}/").content.decode()
    told = own.get(f"/programmes/{offer.code}/basis/").content.decode()
    assert "是工会会员" in told
    address = f"/desk/programmes/{offer.id}/basis/{claimed.id}/"
    desk = cast.client("county_cadre")
    assert address in desk.get(f"/desk/programmes/{offer.id}/awards/").content.decode()
    page, count = counted(desk, address)
    assert "随系统带的" in page
    assert "叶*" in page
    assert "叶小满" not in page
    assert count <= BASIS_QUERIES, count


def test_programs_are_answered_by_the_version_in_force(cast, town, client):
    asked = {"facts": {"membership.is_member": True, "membership.months": 1, "programmes.had_recuperation": False}}  # fmt: skip
    address = "/api/v1/programmes/recuperation/what-if"

    def answer():
        return client.post(address, asked, content_type="application/json").json()["answer"]

    assert answer() == "no"
    released(cast, colleague_of(cast))
    assert answer() == "yes"
