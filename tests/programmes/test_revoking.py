"""A released version is taken back before its day, with the reason; there is still one text a day."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.notices.models import Notice
from nuanxin.programmes.actions import rule_versions as act
from nuanxin.programmes.models import RuleVersion
from nuanxin.programmes.queries.rule_versions import text_in_force
from nuanxin.programmes.states import VersionState
from nuanxin.records.models import Event
from tests.programmes.test_rule_versions import colleague_of, eased, released

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

WHY = "文件改了日期，重新发"


@pytest.fixture
def second(cast):
    return colleague_of(cast)


def of_two_months(text):
    return text.replace("at_least: 1", "at_least: 2").replace(": 0", ": 1", 1)


def revoke(cast, version, *, by=None, reason=WHY, days=0):
    act.revoke_rule(
        version_id=version.id, reason=reason, actor=by or cast.province_cadre,
        now=cast.now + timedelta(days=days),
    )  # fmt: skip
    version.refresh_from_db()


def numbers(cast, *days):
    today = business_day(cast.now)
    return [text_in_force("recuperation", today + timedelta(days=day)).number for day in days]


def test_the_one_before_goes_on_and_it_is_told_and_kept(cast, second):
    first = released(cast, second)
    coming = released(cast, second, days=5, change=of_two_months)
    assert numbers(cast, 4, 5, 300) == [1, 2, 2]
    revoke(cast, coming, by=second)
    assert numbers(cast, 4, 5, 300) == [1, 1, 1]
    first.refresh_from_db()
    assert first.valid_to is None
    assert (coming.state, coming.reason, coming.revoked_by) == (
        VersionState.REVOKED, WHY, second.account_id,
    )  # fmt: skip
    event = Event.objects.get(kind="programmes.rule_revoked")
    assert event.data["number"] == 2
    told = Notice.objects.filter(account_id=cast.account_id("province_cadre"), title="条件撤回了")
    assert WHY in told.get().body


def test_between_two_the_one_before_lasts_until_the_one_behind(cast, second):
    released(cast, second)
    middle = released(cast, second, days=5, change=of_two_months)
    released(cast, second, days=9, change=lambda text: eased(text) + "# 又一版\n")
    assert numbers(cast, 5, 8, 9) == [2, 2, 3]
    revoke(cast, middle)
    assert numbers(cast, 5, 8, 9) == [1, 1, 3]


def test_without_one_before_the_shipped_file_counts(cast, second):
    coming = released(cast, second, days=5)
    revoke(cast, coming)
    assert numbers(cast, 5) == [0]
    again = released(cast, second, days=5)
    assert (again.number, numbers(cast, 5)) == (2, [2])


def test_from_its_day_on_it_stays(cast, second):
    coming = released(cast, second, days=5)
    with pytest.raises(Conflict, match="已经在用"):
        revoke(cast, coming, days=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleVersion.objects.filter(id=coming.id).update(
            state=VersionState.REVOKED, reason=WHY, revoked_by=second.account_id,
            revoked_at=cast.now + timedelta(days=5),
        )  # fmt: skip
    revoke(cast, coming, days=4)


def test_a_reason_and_a_right_are_needed_and_once_is_enough(cast, second):
    coming = released(cast, second, days=5)
    with pytest.raises(Malformed, match="为什么撤回"):
        revoke(cast, coming, reason=" ")
    for who, error in (("county_cadre", Forbidden), ("city_cadre", NotFound)):
        with pytest.raises(error):
            revoke(cast, coming, by=cast.actor(who))
    revoke(cast, coming)
    with pytest.raises(Conflict, match="撤回了"):
        revoke(cast, coming)


def test_the_database_lets_nothing_else_of_it_change(cast, second):
    first = released(cast, second)
    coming = released(cast, second, days=5, change=of_two_months)
    own = RuleVersion.objects.filter(id=coming.id)
    far = business_day(cast.now) + timedelta(days=99)
    changes = [
        (own, {"state": VersionState.REVOKED, "reason": WHY, "revoked_at": cast.now}),
        (own, {"state": VersionState.REVOKED, "revoked_by": second.account_id, "revoked_at": cast.now}),
        (own, {"state": VersionState.REVOKED, "reason": WHY, "revoked_by": second.account_id,
               "revoked_at": cast.now, "text": "x"}),
        (RuleVersion.objects.filter(id=first.id), {"valid_to": far}),
        (RuleVersion.objects.filter(id=first.id), {"valid_to": None}),
    ]  # fmt: skip
    for rows, change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    revoke(cast, coming)
    with pytest.raises(IntegrityError), transaction.atomic():
        own.update(state=VersionState.RELEASED, revoked_by=None, revoked_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        own.delete()


def test_it_is_done_on_its_page_and_stands_in_the_list(cast, second):
    coming = released(cast, second, days=5)
    desk = cast.client("province_cadre")
    assert "撤回这一版" in desk.get("/desk/rules/recuperation/1/").content.decode()
    other = cast.client("county_cadre").get("/desk/rules/recuperation/1/")
    assert "撤回这一版" not in other.content.decode()
    address = f"/desk/rules/versions/{coming.id}/revoke/"
    assert "接着用随系统带的" in desk.get(address).content.decode()
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert desk.post(address, {"reason": WHY})["Location"] == "/desk/rules/recuperation/"
    page = desk.get("/desk/rules/recuperation/").content.decode()
    assert "撤回了" in page
    assert WHY in page
    assert "起草新的一版" in page
    assert desk.post(address, {"reason": WHY}).status_code == 409
