"""Declarations of figures and facts say enough to be published and asked."""

from dataclasses import replace
from datetime import date

from nuanxin.kernel.fact import Fact, FactType, Freshness, Sensitivity
from nuanxin.kernel.figure import (
    DefinitionVersion,
    FigureDefinition,
    Ratio,
    Unit,
    check_definitions,
    ratio_value,
)
from nuanxin.kernel.period import PeriodKind

NEW_MEMBERS = FigureDefinition(
    code="membership.new_members_persons",
    label="新发展会员",
    unit=Unit.PERSONS,
    period_kind=PeriodKind.IN_PERIOD,
    grain="membership",
    definition_zh="期间内审批通过的入会，转入不算。",
    owner="membership",
    public=True,
    dimensions=("region", "occupation", "channel"),
)


FIRST = DefinitionVersion(
    1, "期间内审批通过的入会，转入也算。", date(2018, 1, 1), date(2022, 12, 31)
)
CHANGED = replace(NEW_MEMBERS, version=2, valid_from=date(2023, 1, 1), former=(FIRST,))
RATE = replace(
    NEW_MEMBERS,
    code="membership.joining_rate_percent",
    label="入会率",
    unit=Unit.PERCENT,
    decimals=2,
    ratio=Ratio("membership.live_members_persons", "workers_in_scope", "劳动者", Unit.PERSONS),
)


def test_persons_are_not_person_times():
    assert [unit.label for unit in Unit] == [
        "人", "人次", "家", "家", "元", "个", "个", "个", "小时", "%",
    ]  # fmt: skip


def test_a_sound_declaration_has_no_problems():
    assert check_definitions([NEW_MEMBERS, CHANGED]) == []


def test_each_fault_of_a_declaration_is_named():
    faults = {
        "begin with its owner": replace(NEW_MEMBERS, owner="orgs"),
        "both needed": replace(NEW_MEMBERS, definition_zh=""),
        "begin at 1": replace(NEW_MEMBERS, version=0),
        "named twice": replace(NEW_MEMBERS, dimensions=("region", "region")),
        "versions before 2 are missing": replace(NEW_MEMBERS, version=2),
        "leave a gap": replace(CHANGED, valid_from=date(2023, 2, 1)),
        "overlap": replace(CHANGED, valid_from=date(2022, 12, 31)),
        "not numbered one after the other": replace(CHANGED, version=3),
        "lack the day": replace(CHANGED, valid_from=None),
        "has no text": replace(CHANGED, former=(replace(FIRST, text=""),)),
        "ends before it begins": replace(
            CHANGED, former=(replace(FIRST, valid_from=date(2023, 5, 1)),)
        ),
        "percent is what a ratio is in": replace(RATE, unit=Unit.PERSONS),
        "has 2 decimals": replace(RATE, decimals=0),
        "needs a numerator": replace(RATE, ratio=Ratio("", "x", "x", Unit.PERSONS)),
    }
    for said, faulty in faults.items():
        assert any(said in problem for problem in faulty.problems())
    assert "declared twice" in check_definitions([NEW_MEMBERS, NEW_MEMBERS])[0]


def test_a_fact_says_how_sensitive_and_how_fresh_it_is():
    age = Fact("people.age_years", "年龄", "周岁", FactType.INTEGER, "age(w.birth_on)")
    assert (age.sensitivity.label, age.freshness.label) == ("个人信息", "实时")
    assert Sensitivity.SENSITIVE.label == "敏感个人信息"
    assert Freshness.DECLARED.label == "本人填报"


def test_each_day_has_the_version_that_was_in_force():
    told = {
        date(2017, 5, 1): 1,
        date(2018, 1, 1): 1,
        date(2022, 12, 31): 1,
        date(2023, 1, 1): 2,
        date(2026, 10, 20): 2,
    }
    assert {day: CHANGED.version_on(day).number for day in told} == told
    assert CHANGED.version_on(date(2022, 12, 31)).text == FIRST.text
    assert [one.number for one in CHANGED.versions] == [1, 2]


def test_a_ratio_is_written_in_hundredths_of_a_percent():
    assert RATE.problems() == []
    assert (ratio_value(6_327, 10_000), ratio_value(1, 3), ratio_value(2, 3)) == (6327, 3333, 6667)
    assert (ratio_value(0, 7), ratio_value(12, 10)) == (0, 12_000)
    assert (RATE.plain(6327), NEW_MEMBERS.plain(6327)) == (63.27, 6327)
