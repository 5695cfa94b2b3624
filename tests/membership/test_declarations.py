"""States, facts and papers that must agree with each other."""

from datetime import date
from itertools import product
from pathlib import Path

import pytest
from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.errors import Conflict
from nuanxin.membership import permissions
from nuanxin.membership.facts import FACTS
from nuanxin.membership.models import JoinApplication
from nuanxin.membership.rules.doubts import Doubt, DoubtFacts, doubts_in, find_doubts
from nuanxin.membership.rules.joining import (
    is_near_retirement,
    join_terms,
    near_retirement_births,
)
from nuanxin.membership.states import (
    BATCH_MOVES,
    END_FLOWS,
    JOIN_MOVES,
    MEMBER_MOVES,
    TRANSFER_MOVES,
    BatchState,
    EndReason,
    JoinState,
    MemberState,
    TransferState,
    check_move,
    diagrams,
)
from tests.membership.cast import (
    TODAY,
    Cast,
    ask_to_join,
    identity_of,
    make_member,
    make_worker,
    phone_of,
)

ROOT = Path(__file__).resolve().parents[2]
MOVES = (
    (JoinState, JOIN_MOVES),
    (MemberState, MEMBER_MOVES),
    (TransferState, TRANSFER_MOVES),
    (BatchState, BATCH_MOVES),
)


@pytest.mark.parametrize(("states", "moves"), MOVES)
def test_every_state_has_its_moves(states, moves) -> None:
    assert set(moves) == set(states)
    for old, new in product(states, states):
        if new in moves[old]:
            check_move(old, new, moves)
        else:
            with pytest.raises(Conflict) as refused:
                check_move(old, new, moves)
            assert old.label in refused.value.message


def test_every_end_has_its_flow() -> None:
    assert set(END_FLOWS) == set(EndReason)
    assert all(flow.sign == -1 for flow in END_FLOWS.values())


def test_the_diagrams_in_the_manual_are_fresh() -> None:
    """To renew: python manage.py membership_states > docs/reference/membership-states.md."""
    paper = ROOT / "docs" / "reference" / "membership-states.md"
    assert paper.read_text(encoding="utf-8") == diagrams()


def test_every_right_that_is_asked_for_is_in_the_policy() -> None:
    asked = {v for k, v in vars(permissions).items() if k.isupper() and isinstance(v, str)}
    assert asked <= set(policy.rights())


def ask(name: str, worker_id: int, day: date):
    (fact,) = [one for one in FACTS if one.name == name]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {fact.sql} FROM people_worker w WHERE w.id = %(worker)s",
            {"day": day, "worker": worker_id},
        )
        return cursor.fetchone()[0]


def test_every_fact_answers_for_everybody(cast: Cast) -> None:
    member, nobody = make_member(cast.riders), make_worker()
    for fact in FACTS:
        assert fact.definition_zh
        assert ask(fact.name, member.worker_id, TODAY) is not None
        ask(fact.name, nobody.id, TODAY)
    assert ask("membership.is_member", nobody.id, TODAY) is False
    assert ask("membership.months", nobody.id, TODAY) is None


def test_facts_are_those_of_the_day(cast: Cast) -> None:
    member = make_member(cast.riders, started_on=date(2024, 3, 8))
    worker = member.worker_id
    assert ask("membership.is_member", worker, date(2024, 3, 7)) is False
    assert ask("membership.is_member", worker, date(2024, 3, 8)) is True
    assert ask("membership.months", worker, date(2026, 3, 7)) == 23
    assert ask("membership.months", worker, date(2026, 3, 8)) == 24


def test_on_hold_is_no_member_from_that_day_on(cast: Cast) -> None:
    member = make_member(cast.riders, state=2, retained_on=TODAY)
    assert ask("membership.is_member", member.worker_id, date(2026, 11, 22)) is True
    assert ask("membership.is_member", member.worker_id, TODAY) is False
    assert ask("membership.is_retained", member.worker_id, TODAY) is True


@pytest.mark.parametrize("sex", ["M", "F"])
def test_the_births_near_retirement_are_the_rules(sex: str) -> None:
    terms = join_terms("330105", TODAY)
    births = near_retirement_births(terms)
    last = births.male if sex == "M" else births.female
    for shift in (-400, -31, -1, 0, 1, 31, 400):
        day = date.fromordinal(last.toordinal() + shift)
        assert is_near_retirement(day, sex, terms) is (shift <= 0)


def test_the_statement_finds_the_doubts_that_the_rule_finds(cast: Cast) -> None:
    """Names, phones and ages in all combinations: the statement and the rule agree."""
    for name_differs, sharers, is_near in product((False, True), (0, 1, 3), (False, True)):
        birth = date(1966, 12, 30) if is_near else date(1990, 5, 20)
        identity, phone = identity_of(birth), phone_of()
        make_worker("陈永强" if not name_differs else "陈勇强", identity=identity, phone=phone)
        for _ in range(sharers):
            make_worker("家里人", phone=phone)
        receipt = ask_to_join(cast.riders, identity=identity, phone=phone)
        found = JoinApplication.objects.get(id=receipt.application_id).doubts
        facts = DoubtFacts(
            name_differs=name_differs, others_with_phone=sharers, near_retirement=is_near
        )
        assert doubts_in(found) == doubts_in(find_doubts(facts)), facts


def test_every_doubt_says_what_to_do() -> None:
    for doubt in Doubt:
        assert len(doubt.reason) > 15
        assert len(doubt.label) <= 10
