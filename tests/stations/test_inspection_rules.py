"""What an inspection adds up to, whose hours nobody has taken, how the most beautiful are ranked."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import draw
from nuanxin.kernel.parameters import parameter
from nuanxin.stations.rules.inspections import Form, defects, judge, sample_terms
from nuanxin.stations.rules.rosters import Papers, gaps, hours_of, may_keep, months_before
from nuanxin.stations.rules.selection import Candidate, chosen, may_be_ranked, place, total_of
from nuanxin.stations.states.inspections import Finding, Verdict

DAY = date(2026, 11, 27)
CASES = yaml.safe_load((Path(__file__).parent / "cases" / "inspections.yaml").read_text())
WORDS = {one.label: one for one in Finding}
START = datetime(2026, 11, 27, tzinfo=UTC)


def the_form() -> Form:
    return Form.of(parameter("stations.inspection_form", adcode="330105", on=DAY).value)


def marks():
    return parameter("stations.inspection_marks", adcode="330105", on=DAY).value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_form_adds_up_as_the_table_says(case):
    form = the_form()
    found = {
        one.code: WORDS[case["found"].get(one.code, "做到了")]
        for one in form.items
        if one.code not in case.get("not_looked_at", [])
    }
    told = judge(form, found, marks())
    assert (told.permille, told.verdict.label) == (case["permille"], case["verdict"])
    assert list(told.failed_musts) == case.get("failed", [])
    assert list(told.missing) == case.get("missing", [])


def test_the_weights_of_the_form_are_a_hundred():
    assert sum(one.weight for one in the_form().items) == 100


def test_what_is_not_kept_is_to_be_mended_by_working_days_the_most_urgent_first():
    found = {"sign": Finding.NO, "fire": Finding.NO, "water": Finding.YES}
    told = defects(the_form(), found, {"fire": "灭火器 9 月到期"}, on=date(2026, 9, 30))
    # 国庆 and 中秋 are no working days: one working day after 30 September is in October.
    assert [(one.item, one.note) for one in told] == [("fire", "灭火器 9 月到期"), ("sign", "")]
    assert told[0].due_on > date(2026, 10, 1)


@pytest.mark.slow
@given(st.data())
def test_more_that_is_kept_is_never_worse(data):
    form = the_form()
    found = {one.code: data.draw(st.sampled_from([Finding.YES, Finding.NO])) for one in form.items}
    before = judge(form, found, marks())
    better = {**found, data.draw(st.sampled_from(sorted(found))): Finding.YES}
    after = judge(form, better, marks())
    assert after.permille >= before.permille
    assert after.verdict <= before.verdict


def test_a_sample_is_drawn_of_every_town_and_anybody_can_draw_it_again():
    stations = [(f"330105-{n:04}", "拱宸桥" if n < 38 else "半山") for n in range(40)]
    drawn = draw.run(
        draw.commit(sample_terms(stations, permille=100, title="抽查", seed="收盘指数")),
        value="3210.55",
    )
    assert draw.verify(drawn) == 5  # 38 → 4 (rounded up), 2 → at least 1
    towns = {one["stratum"] for one in drawn["result"]["winners"]}
    assert towns == {"拱宸桥", "半山"}


def test_a_sample_of_another_list_is_found_out():
    stations = [(f"330105-{n:04}", "") for n in range(10)]
    drawn = draw.run(
        draw.commit(sample_terms(stations, permille=100, title="抽查", seed="指数")), value="1"
    )
    drawn["entrants"].pop()
    with pytest.raises(draw.DrawRefused) as refused:
        draw.verify(drawn)
    assert refused.value.code == "draw.list_changed"


@pytest.mark.parametrize(
    ("papers", "needs_check", "code"),
    [
        (Papers(DAY, None, True), False, "stations.may_keep"),
        (Papers(None, None, True), False, "stations.keeper_untrained"),
        (Papers(date(2024, 11, 26), DAY, True), False, "stations.keeper_untrained"),
        (Papers(date(2024, 11, 27), DAY, True), False, "stations.may_keep"),
        (Papers(DAY, None, True), True, "stations.keeper_unchecked"),
        (Papers(DAY, date(2025, 11, 26), True), True, "stations.keeper_unchecked"),
        (Papers(DAY, date(2025, 11, 27), True), True, "stations.may_keep"),
        (Papers(DAY, DAY, False), False, "stations.keeper_not_clear"),
    ],
)
def test_who_may_be_put_on_the_roster(papers, needs_check, code):
    told = may_keep(papers, on=DAY, training_months=24, check_months=12, needs_check=needs_check)
    assert told.code == code


def test_months_before_the_end_of_a_month():
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)


@st.composite
def spans(draw_):
    starts = draw_(st.lists(st.tuples(st.integers(0, 47), st.integers(0, 12)), max_size=6))
    return [
        (START + timedelta(minutes=30 * a), START + timedelta(minutes=30 * (a + n)))
        for a, n in starts
    ]


@pytest.mark.slow
@given(spans(), spans())
def test_gaps_are_the_half_hours_that_are_promised_and_not_taken(promised, taken):
    def covered(listed, at):
        return any(a <= at < b for a, b in listed)

    told = gaps(promised, taken)
    for half in range(120):
        at = START + timedelta(minutes=30 * half)
        assert covered(told, at) == (covered(promised, at) and not covered(taken, at))
    assert hours_of(told) + hours_of(taken) >= hours_of(promised)


def candidate(code="a", verdict=Verdict.GOOD, is_open=True, **given_marks):
    wanted = {"inspection": 800, "rating": 900, "hours": 700} | given_marks
    return Candidate(code, wanted, verdict, is_open)


WEIGHTS = {"inspection": 40, "rating": 30, "hours": 30}


def test_a_mark_that_is_missing_is_not_nought_and_the_proof_says_so():
    assert total_of(candidate(), WEIGHTS)[0] == 800
    total, proof = total_of(candidate(rating=None), WEIGHTS)
    assert total == (40 * 800 + 30 * 700) // 70
    assert "没有评价" in proof
    assert "70 份" in proof


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (candidate(), "stations.selection_ranked"),
        (candidate(is_open=False), "stations.selection_closed"),
        (candidate(verdict=Verdict.MEND), "stations.selection_mend"),
        (
            candidate(inspection=None, rating=None, hours=None, verdict=None),
            "stations.selection_unknown",
        ),
    ],
)
def test_who_takes_part(one, code):
    assert may_be_ranked(one).code == code


def test_equal_sums_share_a_rank_and_the_edge_is_left_to_people():
    listed = [candidate("a", rating=1000), candidate("c"), candidate("b"), candidate("d", hours=0)]
    placed = place(listed, WEIGHTS)
    assert [(one.code, one.rank) for one in placed] == [("a", 1), ("b", 2), ("c", 2), ("d", 4)]
    taken, edge = chosen(placed, 2)
    assert [one.code for one in taken] == ["a"]
    assert [one.code for one in edge] == ["b", "c"]
    assert [one.code for one in chosen(placed, 3)[0]] == ["a", "b", "c"]
    assert chosen(placed, 9) == (placed, [])
