"""Rules of 组织 as union staff would read them: the cases are in ``cases/*.yaml``."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import parameters
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs import rules
from nuanxin.orgs.actions.employers import _employer_code
from nuanxin.orgs.actions.founding import parse_union_code
from nuanxin.orgs.states import (
    UNION_MOVES,
    DissolutionGround,
    Leadership,
    TermStanding,
    UnionKind,
    UnionState,
    check_move,
)
from tests.orgs.conftest import FOUNDED, NOW

CASES = Path(__file__).parent / "cases"
RULES = yaml.safe_load((CASES / "rules.yaml").read_text("utf-8"))
PROPOSALS = yaml.safe_load((CASES / "proposals.yaml").read_text("utf-8"))
TODAY = NOW.date()


def in_force(key: str) -> Any:
    return parameters.parameter(f"orgs.{key}", adcode="330105", on=TODAY).value


def assert_answer(decision: Any, case: dict[str, Any]) -> None:
    assert decision.answer.value == case["answer"], decision
    if "code" in case:
        assert decision.reasons[0].code == case["code"]
        assert decision.reasons[0].message


@pytest.mark.parametrize("case", RULES["leadership"], ids=str)
def test_leadership(case: dict[str, Any]) -> None:
    threshold = in_force("committee_required_members")
    wanted = Leadership(case["wanted"])
    decision = rules.may_choose_leadership(wanted, case["members"], required_from_persons=threshold)
    assert_answer(decision, case)
    offered = rules.leadership_options(case["members"], required_from_persons=threshold)
    assert (wanted in offered) == decision.is_yes


def test_with_24_members_all_three_are_offered_and_with_25_only_the_committee() -> None:
    assert rules.leadership_options(24, required_from_persons=25) == list(Leadership)
    assert rules.leadership_options(25, required_from_persons=25) == [Leadership.COMMITTEE]


@pytest.mark.parametrize("case", RULES["terms"], ids=str)
def test_terms(case: dict[str, Any]) -> None:
    ends_on = rules.term_end(case["elected_on"], case["years"])
    assert ends_on == case["ends_on"]
    remind = in_force("term_reminder_days")
    standing = rules.term_standing(ends_on, on=case["day"], remind_days=remind)
    assert standing is TermStanding(case["standing"])


def test_without_an_election_no_term_is_claimed() -> None:
    assert rules.term_standing(None, on=TODAY, remind_days=120) is TermStanding.UNSET


@pytest.mark.parametrize("case", RULES["extensions"], ids=str)
def test_extensions(case: dict[str, Any]) -> None:
    longest = in_force("term_extension_months")
    assert_answer(
        rules.may_extend_term(case["months"], longest_months=longest, document=case["document"]),
        case,
    )


@pytest.mark.parametrize("case", RULES["renewals"], ids=str)
def test_renewal_of_the_certificate(case: dict[str, Any]) -> None:
    opens = in_force("certificate_renewal_days")
    assert_answer(
        rules.may_renew_certificate(case["valid_to"], on=case["day"], opens_days_before=opens), case
    )


@pytest.mark.parametrize("case", RULES["term_years"], ids=str)
def test_years_of_a_term(case: dict[str, Any]) -> None:
    key = "term_years_federation" if case["federation"] else "term_years_grassroots"
    assert_answer(rules.may_choose_term(case["years"], allowed_years=in_force(key)), case)


@pytest.mark.parametrize("case", RULES["credit_codes"], ids=str)
def test_credit_codes_by_field(case: dict[str, Any]) -> None:
    read = _employer_code if case["field"] == "employer" else parse_union_code
    if case["answer"] == "accepted":
        assert read(case["code"])
        return
    with pytest.raises(Malformed) as refused:
        read(case["code"])
    assert refused.value.code == case["answer"]


@pytest.mark.parametrize("case", RULES["parents"], ids=str)
def test_who_may_stand_under_whom(case: dict[str, Any]) -> None:
    decision = rules.may_stand_under(
        UnionKind(case["kind"]),
        case["level"],
        parent_kind=UnionKind(case["parent"]),
        parent_level=case["parent_level"],
    )
    assert_answer(decision, case)


def test_ten_women_make_a_committee_and_nine_a_commissioner() -> None:
    limit = in_force("womens_committee_members")
    assert rules.needs_womens_committee(10, required_from_persons=limit).is_yes
    assert rules.needs_womens_committee(9, required_from_persons=limit).is_no


def test_a_union_never_ends_at_will() -> None:
    def decide(ground: DissolutionGround, document: str, children: int = 0) -> Any:
        return rules.may_dissolve(
            ground, document=document, children=children, on=TODAY, founded_on=FOUNDED
        )

    assert decide(DissolutionGround.EMPLOYER_ENDED, "").is_yes
    assert decide(DissolutionGround.UPPER_APPROVED, "浙总工发〔2026〕8号").is_yes
    assert decide(DissolutionGround.UPPER_APPROVED, " ").reasons[0].code == "orgs.document_missing"
    assert decide(DissolutionGround.EMPLOYER_ENDED, "", 3).reasons[0].code == "orgs.children_left"


def test_every_state_may_only_make_the_moves_of_the_table() -> None:
    for before in UnionState:
        for after in UnionState:
            if after in UNION_MOVES[before]:
                check_move(before, after)
            else:
                with pytest.raises(Conflict):
                    check_move(before, after)
    assert all(not UNION_MOVES[state] for state in UnionState if not state.is_live)


@pytest.mark.parametrize("case", PROPOSALS, ids=lambda case: case["name"])
def test_proposals(case: dict[str, Any]) -> None:
    given_situation = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in case["situation"].items()
    }
    proposals = rules.rank(
        [candidate_of(union) for union in case["unions"]], rules.Situation(**given_situation)
    )
    assert [one.union_id for one in proposals.all] == case["proposed"]
    assert proposals.is_backstop == case.get("is_backstop", False)
    texts = {one.union_id: [reason.text for reason in one.reasons] for one in proposals.all}
    for union_id, expected in case.get("reasons", {}).items():
        assert texts[union_id] == expected
    if "missing" in case:
        assert list(proposals.missing) == case["missing"]


def candidate_of(union: dict[str, Any]) -> rules.Candidate:
    return rules.Candidate(
        union_id=union["id"],
        code=str(union["id"]),
        name=union["name"],
        kind=UnionKind(union["kind"]),
        covers_employer="employer" in union,
        covers_platform="platform" in union,
        employer_name=union.get("employer", union.get("platform", "")),
        trade_label=union.get("trade", ""),
        is_work_town=union.get("town", False),
        is_work_county=union.get("county", False),
        is_home_town=union.get("home", False),
        region_span=union.get("span", 1),
        distance_m=union.get("distance"),
        is_distance_exact=union.get("exact", False),
        is_backstop=union.get("backstop", False),
    )


candidates = st.lists(
    st.builds(
        rules.Candidate,
        union_id=st.integers(1, 40),
        code=st.just("C"),
        name=st.just("某工会"),
        kind=st.sampled_from(list(UnionKind)),
        covers_employer=st.booleans(),
        covers_platform=st.booleans(),
        trade_label=st.sampled_from(["", "快递员"]),
        is_work_town=st.booleans(),
        is_work_county=st.booleans(),
        is_home_town=st.booleans(),
        region_span=st.integers(0, 3),
        distance_m=st.none() | st.floats(0, 100_000),
        is_distance_exact=st.booleans(),
        is_backstop=st.booleans(),
    ),
    unique_by=lambda one: one.union_id,
    max_size=12,
)
situations = st.builds(
    rules.Situation,
    has_labour_relation=st.sampled_from([None, True, False]),
    occupation_labels=st.sampled_from([(), ("快递员",)]),
    town_name=st.sampled_from(["", "大关街道"]),
    employer_said=st.sampled_from(["", "迅达"]),
)


@given(candidates, situations)
def test_proposals_always_have_reasons_are_few_and_do_not_depend_on_the_order_given(
    given_unions: list[rules.Candidate], situation: rules.Situation
) -> None:
    proposals = rules.rank(given_unions, situation)
    assert len(proposals.all) <= 3
    assert len({one.union_id for one in proposals.all}) == len(proposals.all)
    assert all(one.reasons for one in proposals.all)
    assert rules.rank(list(reversed(given_unions)), situation) == proposals
    if proposals.is_backstop:
        backstops = {one.union_id for one in given_unions if one.is_backstop}
        assert {one.union_id for one in proposals.all} <= backstops
    if situation.has_labour_relation is False:
        employers = {u.union_id for u in given_unions if u.covers_employer or u.covers_platform}
        fitting = {one.union_id for one in proposals.all} - {
            u.union_id for u in given_unions if u.is_backstop
        }
        assert not fitting & employers


def test_every_parameter_of_this_package_has_a_value_today() -> None:
    keys = {one.key for one in parameters.all_parameters() if one.key.startswith("orgs.")}
    assert len(keys) >= 10
    for key in keys:
        assert parameters.parameter(key, adcode="330105", on=TODAY).source
