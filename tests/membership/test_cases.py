"""The cases that union staff read and write: ``cases/*.yaml``."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nuanxin.kernel.decision import Decision
from nuanxin.membership.rules import belonging
from nuanxin.membership.rules.belonging import LapseFacts, may_lapse
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.rules.joining import join_terms, may_join
from nuanxin.membership.rules.review import ReviewFacts, may_approve
from nuanxin.membership.states import JoinState

FOLDER = Path(__file__).parent / "cases"
HANGZHOU_GONGSHU = "330105"

ANSWERS = {
    "可以": "",
    "不可以：未满年龄": "underage",
    "不可以：已到退休年龄": "retired",
    "不可以：要请另一位同事": "own_application",
    "不可以：要写一句理由": "note_needed",
    "不可以：先合并档案": "settle_first",
    "不可以：改走转会": "member_elsewhere",
    "不可以：工会不收会员": "union_takes_no_members",
    "不可以：不在待审核": "not_waiting",
    "不可以：欠缴不到六个月": "dues_not_long_due",
    "不可以：最近参加过活动": "active_lately",
    "不可以：要先谈话": "talk_first",
    "不可以：免缴会费": "dues_waived",
}


def cases(name: str) -> list[Any]:
    found = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["情况"]) for case in found]


def check(case: dict[str, Any], decision: Decision) -> None:
    wanted = ANSWERS[case["结论"]]
    assert decision.is_yes is (wanted == "")
    if wanted:
        assert decision.reasons[0].code == wanted
        assert len(decision.reasons[0].message) > 5


@pytest.mark.parametrize("case", cases("joining"))
def test_who_may_join(case: dict[str, Any]) -> None:
    terms = join_terms(HANGZHOU_GONGSHU, case["日期"])
    decision = may_join(case["出生"], "F" if case["性别"] == "女" else "M", terms)
    check(case, decision)
    if "哪天可以" in case:
        day = case["哪天可以"]
        assert f"{day.year} 年 {day.month} 月 {day.day} 日" in decision.reasons[0].message


@pytest.mark.parametrize("case", cases("review"))
def test_what_may_be_approved(case: dict[str, Any]) -> None:
    doubts = {doubt.label: doubt for doubt in Doubt}
    states = {state.label: state for state in JoinState}
    check(
        case,
        may_approve(
            ReviewFacts(
                state=states[case.get("状态", "待审核")],
                doubts=sum(int(doubts[name]) for name in case.get("疑点", [])),
                is_own=case.get("自己的申请", False) in (True, "是"),
                union_takes_members=case.get("工会在收会员", True) not in (False, "否"),
                is_member_elsewhere=case.get("别处有会籍", False) in (True, "是"),
                note=case.get("理由", ""),
            )
        ),
    )


@pytest.mark.parametrize("case", cases("lapse"))
def test_who_may_be_taken_as_left(case: dict[str, Any], monkeypatch) -> None:
    monkeypatch.setattr(belonging, "dues_waiver", lambda adcode, on: case.get("免缴政策", ""))
    facts = LapseFacts(
        joined_on=case["入会"],
        dues_paid_to=case.get("会费交到"),
        active_on=case.get("最近参加活动"),
        persuaded_on=case.get("谈话"),
    )
    check(case, may_lapse(facts, adcode=HANGZHOU_GONGSHU, on=case["日期"]))
