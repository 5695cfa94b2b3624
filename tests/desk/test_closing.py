"""An outlet that closes, an employer that ends: shown first, done by whom it concerns, taken back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.models import Membership, Task
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.models import Employer, Outlet, Union

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def employer(cast):
    return Employer.objects.get(name="迅达速运有限公司")


@pytest.fixture
def outlet(employer):
    return Outlet.objects.get(employer=employer, name="迅达鄞州网点")


def outlet_page(cast, outlet, union="enterprise"):
    return reverse("desk-outlet", args=[cast.union(union).code, outlet.id])


def closing_page(cast, employer, union="enterprise"):
    return reverse("desk-employer-close", args=[cast.union(union).code, employer.id])


def today(ground):
    return {"closed_on": str(ground.today)}


def test_an_outlet_is_closed_after_its_members_are_named(cast, ground, outlet):
    enterprise = cast.union("enterprise")
    for member in ground.put_members(enterprise, 2):
        Membership.objects.filter(id=member.id).update(outlet_id=outlet.id)
    officer = cast.client("enterprise_officer")
    url = outlet_page(cast, outlet)
    assert "登记在这里的 2 名会员会籍不动" in officer.get(url).content.decode()
    answer = officer.post(url, today(ground))
    assert answer.status_code == 302
    assert "1 个已停用的网点" in officer.get(answer.url).content.decode()
    page = officer.get(reverse("desk-union-outlets", args=[enterprise.code])).content.decode()
    assert "看 1 个已停用的" in page
    assert "迅达鄞州网点" not in page
    assert Membership.objects.filter(outlet_id=outlet.id, ended_on=None).count() == 2


def test_a_closed_outlet_is_opened_again(cast, ground, outlet):
    officer = cast.client("enterprise_officer")
    url = outlet_page(cast, outlet)
    officer.post(url, today(ground))
    assert "停用了" in officer.get(url).content.decode()
    assert officer.post(url, {"step": "reopen"}).status_code == 302
    outlet.refresh_from_db()
    assert outlet.closed_on is None
    assert officer.post(url, {"step": "reopen"}).status_code == 409


def test_a_day_to_come_and_a_day_before_the_opening_are_refused(cast, ground, outlet):
    officer = cast.client("enterprise_officer")
    url = outlet_page(cast, outlet)
    tomorrow = officer.post(url, {"closed_on": str(ground.today + timedelta(days=1))})
    assert tomorrow.status_code == 422
    Outlet.objects.filter(id=outlet.id).update(opened_on=ground.today)
    early = officer.post(url, {"closed_on": str(ground.today - timedelta(days=1))})
    assert "停用不能比它早" in early.content.decode()
    outlet.refresh_from_db()
    assert outlet.closed_on is None


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("enterprise_officer", 302),
        ("county_cadre", 302),
        ("cadre_of_next_county", 404),
        ("officer_chen", 404),
        ("auditor", 403),
    ],
)
def test_only_who_looks_after_an_outlet_may_close_it(cast, ground, outlet, who, status):
    assert cast.client(who).post(outlet_page(cast, outlet), today(ground)).status_code == status
    outlet.refresh_from_db()
    assert (outlet.closed_on is not None) == (status == 302)


def test_an_outlet_of_an_employer_that_is_not_covered_is_not_there(cast, ground):
    other = Employer.objects.create(name="别家速运有限公司")
    stranger = Outlet.objects.create(employer=other, name="别家网点", adcode=330105)
    assert cast.client("enterprise_officer").get(outlet_page(cast, stranger)).status_code == 404


def test_an_employer_ends_with_its_outlets_and_the_upper_union_is_asked(cast, ground, employer):
    ground.put_members(cast.union("enterprise"), 3)
    cadre = cast.client("county_cadre")
    url = closing_page(cast, employer)
    page = cadre.get(url).content.decode()
    assert "它在用的 4 个网点同一天停用" in page
    assert "「迅达速运工会」只覆盖这一家单位，要由上级撤销" in page
    assert "3 名会员到撤销时由上级保留会籍" in page
    assert cadre.post(url, today(ground)).status_code == 302
    employer.refresh_from_db()
    assert employer.closed_on == ground.today
    assert not Outlet.objects.filter(employer=employer, closed_on=None).exists()
    todo = cadre.get(reverse("desk-home")).content.decode()
    assert "「迅达速运工会」的单位终止了，请撤销这家工会" in todo
    union = Union.objects.get(id=cast.union("enterprise").id)
    assert union.ended_on is None, "the upper union dissolves it, the end of the employer does not"


def test_an_end_is_taken_back_with_its_outlets_and_its_task(cast, ground, employer):
    cadre = cast.client("county_cadre")
    url = closing_page(cast, employer)
    cadre.post(url, today(ground))
    assert cadre.post(url, today(ground)).status_code == 422
    assert cadre.post(url, {"step": "reopen"}).status_code == 302
    employer.refresh_from_db()
    assert employer.closed_on is None
    assert Outlet.objects.filter(employer=employer, closed_on=None).count() == 4
    assert not Task.objects.filter(kind="employer_ended", done_at=None).exists()


def test_an_employer_that_others_cover_too_is_for_the_union_above_all(cast, ground, employer):
    orgs.extend_coverage(
        union_id=cast.union("carers").id,
        employer_id=employer.id,
        effective_on=ground.today,
        actor=SYSTEM,
        now=ground.now,
    )
    url = closing_page(cast, employer)
    refused = cast.client("county_cadre").post(url, today(ground))
    assert refused.status_code == 409
    assert "还由别处的工会覆盖" in refused.content.decode()
    employer.refresh_from_db()
    assert employer.closed_on is None
    assert cast.client("city_cadre").post(url, today(ground)).status_code == 302


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("county_cadre", 302),
        ("cadre_of_next_county", 404),
        ("officer_chen", 404),
        ("enterprise_officer", 403),
        ("auditor", 403),
    ],
)
def test_only_those_above_may_note_the_end_of_an_employer(cast, ground, employer, who, status):
    assert cast.client(who).post(closing_page(cast, employer), today(ground)).status_code == status
    employer.refresh_from_db()
    assert (employer.closed_on is not None) == (status == 302)
