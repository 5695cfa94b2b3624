"""Trying a draft: who would be gained and lost, by county and trade, in one statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.clock import business_day
from nuanxin.membership.models import Membership
from nuanxin.programmes.actions import previewing as act_preview
from nuanxin.programmes.actions import rule_versions as act
from nuanxin.programmes.actions.previewing import (
    ask_for_preview,
    carry_out_preview,
    estimate_preview,
)
from nuanxin.programmes.models import RulePreview
from nuanxin.programmes.pages.rule_words import preview_under_way
from nuanxin.programmes.queries import previewing as trials
from nuanxin.programmes.queries.previewing import list_examples
from nuanxin.programmes.states import PreviewState
from tests.programmes.conftest import COURIER, DRIVER
from tests.programmes.test_rule_versions import drafted, open_to_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def tried(cast, version):
    asked = ask_for_preview(version_id=version.id, actor=cast.province_cadre, now=cast.now)
    carry_out_preview(preview_id=asked.id, now=cast.now)
    asked.refresh_from_db()
    return asked


def long_members(town, riders):
    day = business_day(town.cast.now).replace(year=2020)
    ids = [rider.worker_id for rider in riders]
    Membership.objects.filter(worker_id__in=ids).update(started_on=day, joined_on=day)


def test_who_is_gained_is_counted_by_county_and_trade_and_told_why(town):
    town.riders(6, occupation=COURIER)
    town.riders(2, occupation=DRIVER, union="drivers")
    long_members(town, town.riders(3))
    found = tried(town.cast, drafted(town.cast, change=open_to_all))
    assert found.state == PreviewState.DONE
    result = found.result
    assert (result["before"]["yes"], result["after"]["yes"]) == (3, 11)
    assert (result["gained"], result["lost"]) == (8, 0)
    assert [330105, COURIER, 9, 6, 0] in result["cells"]
    assert [330105, DRIVER, 2, 2, 0] in result["cells"]
    shown = list_examples(found, "gained", shows_names=True)
    assert len(shown) == 5
    assert shown[0].because == ("入会满规定的月数",)
    assert (shown[0].place, shown[0].trade) == ("杭州市拱墅区", "快递员")
    assert "*" in shown[0].name
    assert list_examples(found, "gained", shows_names=False)[0].name == ""


def test_who_is_lost_is_counted_too(town):
    long_members(town, town.riders(4))
    version = drafted(
        town.cast,
        change=lambda text: text.replace(
            'at_least: "@programmes.recuperation_member_months"', "at_least: 999"
        ),
    )
    result = tried(town.cast, version).result
    assert (result["gained"], result["lost"], result["after"]["yes"]) == (0, 4, 0)
    assert result["warnings"] == ["eligibility.fits_nobody"]
    (condition,) = (one for one in result["clauses"] if one["text"] == "入会满规定的月数")
    assert condition["no"] >= 4


def test_it_is_one_statement_over_the_register(town):
    town.riders(3)
    version = drafted(town.cast)
    asked = ask_for_preview(
        version_id=version.id, actor=town.cast.province_cadre, now=town.cast.now
    )
    with CaptureQueriesContext(
        connection,
    ) as seen:
        carry_out_preview(preview_id=asked.id, now=town.cast.now)
    assert sum("FROM people_worker" in one["sql"] for one in seen.captured_queries) == 1


def test_asked_twice_it_runs_once_and_after_a_change_anew(town):
    version = drafted(town.cast)
    first = tried(town.cast, version)
    assert tried(town.cast, version).id == first.id
    act.save_rule_text(version_id=version.id, text=version.text + "# 又改\n", revision=1, actor=town.cast.province_cadre, now=town.cast.now)  # fmt: skip
    assert tried(town.cast, version).id != first.id


def test_a_text_changed_under_way_is_not_mistaken_for_the_one_that_was_asked(town):
    version = drafted(town.cast)
    asked = ask_for_preview(
        version_id=version.id, actor=town.cast.province_cadre, now=town.cast.now
    )
    act.save_rule_text(version_id=version.id, text=version.text + "# 又改\n", revision=1, actor=town.cast.province_cadre, now=town.cast.now)  # fmt: skip
    carry_out_preview(preview_id=asked.id, now=town.cast.now)
    assert RulePreview.objects.get(id=asked.id).state == PreviewState.FAILED


@pytest.fixture
def large_register(monkeypatch):
    """Let a few people be a register that nobody waits for."""
    monkeypatch.setattr(trials, "SMALL_REGISTER", 2)
    monkeypatch.setattr(act_preview, "is_small_register", lambda: False)


def test_in_parts_comes_out_what_comes_out_at_once_and_how_far_it_has_come_is_told(
    town, large_register, monkeypatch
):
    town.riders(6, occupation=COURIER)
    town.riders(3, occupation=DRIVER, union="drivers")
    long_members(town, town.riders(3))
    version = drafted(town.cast, change=open_to_all)
    at_once = try_at_once(version, monkeypatch, town)
    shares = []
    seen = trials.try_rule

    def watched(before, after, *, below, tell):
        def tell_and_note(share):
            tell(share)
            shares.append(RulePreview.objects.get(id=asked.id).result["share"])

        return seen(before, after, below=below, tell=tell_and_note)

    monkeypatch.setattr(act_preview, "try_rule", watched)
    asked = ask_for_preview(
        version_id=version.id, actor=town.cast.province_cadre, now=town.cast.now
    )
    carry_out_preview(preview_id=asked.id, now=town.cast.now)
    asked.refresh_from_db()
    assert asked.state == PreviewState.DONE
    assert asked.result == at_once
    assert len(shares) >= 4
    assert shares == sorted(shares)
    assert shares[-1] < 100


def try_at_once(version, monkeypatch, town):
    with monkeypatch.context() as patched:
        patched.setattr(act_preview, "is_small_register", lambda: True)
        result = tried(town.cast, version).result
    RulePreview.objects.all().delete()
    return result


def test_while_one_waits_a_sample_says_about_how_many(town, large_register, monkeypatch):
    town.riders(40, occupation=COURIER)
    monkeypatch.setattr(trials, "_registered", lambda: 3 * trials.SAMPLED)
    version = drafted(town.cast, change=open_to_all)
    asked = ask_for_preview(
        version_id=version.id, actor=town.cast.province_cadre, now=town.cast.now
    )
    estimate_preview(preview_id=asked.id)
    asked.refresh_from_db()
    found = asked.result["estimate"]
    assert asked.state == PreviewState.WAITING
    assert found["one_in"] == 3
    assert 0 < found["gained"] <= found["after"] <= found["sampled"] < 60
    said = preview_under_way(asked, least=10)
    assert said["share"] == 0
    assert said["estimate"]["facts"][0]["label"] == "多出来"
    assert said["estimate"]["facts"][1]["value"].startswith("不到")
    carry_out_preview(preview_id=asked.id, now=town.cast.now)
    asked.refresh_from_db()
    assert "estimate" not in asked.result
