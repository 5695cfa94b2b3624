"""Declarations of figures and facts say enough to be published and asked."""

from dataclasses import replace

from nuanxin.kernel.fact import Fact, FactType, Freshness, Sensitivity
from nuanxin.kernel.figure import FigureDefinition, Unit, check_definitions
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


def test_persons_are_not_person_times():
    assert [unit.label for unit in Unit] == ["人", "人次", "家", "元", "个", "%"]


def test_a_sound_declaration_has_no_problems():
    assert check_definitions([NEW_MEMBERS, replace(NEW_MEMBERS, version=2)]) == []


def test_each_fault_of_a_declaration_is_named():
    faults = {
        "begin with its owner": replace(NEW_MEMBERS, owner="orgs"),
        "both needed": replace(NEW_MEMBERS, definition_zh=""),
        "begin at 1": replace(NEW_MEMBERS, version=0),
        "named twice": replace(NEW_MEMBERS, dimensions=("region", "region")),
    }
    for said, faulty in faults.items():
        assert any(said in problem for problem in faulty.problems())
    assert "declared twice" in check_definitions([NEW_MEMBERS, NEW_MEMBERS])[0]


def test_a_fact_says_how_sensitive_and_how_fresh_it_is():
    age = Fact("people.age_years", "年龄", "周岁", FactType.INTEGER, "age(w.birth_on)")
    assert (age.sensitivity.label, age.freshness.label) == ("个人信息", "实时")
    assert Sensitivity.SENSITIVE.label == "敏感个人信息"
    assert Freshness.DECLARED.label == "本人填报"
