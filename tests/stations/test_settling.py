"""Conflicting words about a station are settled by a rule that union staff can read."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.stations.rules.settling import Word, settings_for, settle
from nuanxin.stations.states.reporting import Outcome, ReportSource, Said, Topic

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=SHANGHAI)
BY = settings_for("330105", NOW)
CASES = yaml.safe_load((Path(__file__).parent / "cases" / "settling.yaml").read_text("utf-8"))
SOURCES = {
    "站长": ReportSource.KEEPER,
    "会员": ReportSource.MEMBER,
    "门禁": ReportSource.DOOR,
    "干部": ReportSource.CADRE,
    "路过": ReportSource.VISITOR,
}
SAID = {said.label: said for said in Said}


def moment(text):
    if text.startswith("-"):
        return NOW - timedelta(days=int(text[1:].split()[0]))
    hour, minute = text.split(":")
    return NOW.replace(hour=int(hour), minute=int(minute))


def words_of(case):
    return [
        Word(
            at=moment(line["at"]),
            source=SOURCES[line["who"][:2]],
            said=SAID[line["says"]],
            reporter=f"{line['who']}{number}",
            until=moment(line["until"]) if "until" in line else None,
        )
        for line in case["said"]
        for number in range(line.get("count", 1))
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_cases_that_staff_could_read(case):
    found = settle(Topic.DOOR, words_of(case), now=NOW, by=BY)
    then = case["then"]
    assert found.outcome.label == then["outcome"]
    if found.outcome is Outcome.SETTLED:
        assert found.said.label == then["state"]
        assert found.confirmed_by.label == then["by"]
        assert found.confirmed_at == moment(then["at"])
        assert found.fresh_until > NOW
    else:
        assert (found.said, found.fresh_until) == (None, None)
    assert found.trace


def test_the_trace_says_who_said_what_and_what_it_is_worth():
    case = next(case for case in CASES if case["case"].startswith("三百个"))
    assert settle(Topic.DOOR, words_of(case), now=NOW, by=BY).trace == (
        "站长 08:00 说开着，现在算 89 分。",
        "路过的 300 人说没开，合起来最多算 20 分；没有站长、会员或门禁也这么说，不作数。",
        "“开着”89 分，够 25 分：开着。",
    )


def test_a_keepers_word_is_fresh_for_two_half_lives():
    word = Word(NOW, ReportSource.KEEPER, Said.OPEN, "k")
    assert settle(Topic.DOOR, [word], now=NOW, by=BY).fresh_until == NOW + timedelta(hours=48)


def test_what_is_said_of_water_is_settled_by_itself():
    words = [
        Word(NOW, ReportSource.KEEPER, Said.OPEN, "k"),
        Word(NOW, ReportSource.KEEPER, Said.WATER_OUT, "k"),
    ]
    assert settle(Topic.WATER, words, now=NOW, by=BY).said is Said.WATER_OUT
    assert settle(Topic.DOOR, words, now=NOW, by=BY).said is Said.OPEN


# ---- properties ---------------------------------------------------------------------------------

WORDS = st.lists(
    st.builds(
        Word,
        st.integers(-5_000, 0).map(lambda minutes: NOW + timedelta(minutes=minutes)),
        st.sampled_from(ReportSource),
        st.sampled_from([Said.OPEN, Said.CLOSED, Said.FULL]),
        st.sampled_from("abcdefgh"),
        st.none() | st.integers(-300, 300).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    ),
    max_size=12,
)
VISITORS = st.lists(
    st.builds(
        Word,
        st.integers(-600, 0).map(lambda minutes: NOW + timedelta(minutes=minutes)),
        st.just(ReportSource.VISITOR),
        st.sampled_from([Said.OPEN, Said.CLOSED, Said.FULL]),
        st.integers(0, 10_000).map(lambda number: f"visitor {number}"),
    ),
    max_size=60,
)


@pytest.mark.slow
@settings(deadline=None)
@given(WORDS, st.floats(0, 1))
def test_until_it_is_stale_an_answer_holds_and_is_the_same(words, share):
    found = settle(Topic.DOOR, words, now=NOW, by=BY)
    assume(found.outcome is Outcome.SETTLED)
    length = found.fresh_until - NOW
    assert length >= timedelta()
    later = NOW + length * share - timedelta(milliseconds=1)
    assume(later >= NOW)
    assert settle(Topic.DOOR, words, now=later, by=BY).said is found.said


@pytest.mark.slow
@settings(deadline=None)
@given(WORDS)
def test_with_nobody_saying_more_every_answer_fades(words):
    much_later = NOW + timedelta(days=30)
    assert settle(Topic.DOOR, words, now=much_later, by=BY).outcome is not Outcome.SETTLED


@pytest.mark.slow
@settings(deadline=None)
@given(WORDS, VISITORS)
def test_visitors_alone_never_shut_a_station(words, visitors):
    words = [word for word in words if word.source is not ReportSource.VISITOR]
    before = settle(Topic.DOOR, words, now=NOW, by=BY)
    assume(before.said is Said.OPEN)
    assume(all(word.said is Said.OPEN for word in words))
    assert settle(Topic.DOOR, [*words, *visitors], now=NOW, by=BY).said is Said.OPEN


@pytest.mark.slow
@settings(deadline=None)
@given(VISITORS)
def test_visitors_alone_settle_nothing(visitors):
    assert settle(Topic.DOOR, visitors, now=NOW, by=BY).outcome is Outcome.NOBODY


@pytest.mark.slow
@settings(deadline=None)
@given(st.permutations(range(8)), WORDS)
def test_the_order_in_which_words_arrive_does_not_matter(order, words):
    shuffled = [words[n] for n in order if n < len(words)] + words[8:]
    told = settle(Topic.DOOR, words, now=NOW, by=BY)
    assert settle(Topic.DOOR, shuffled, now=NOW, by=BY).said is told.said


@pytest.mark.slow
@settings(deadline=None)
@given(WORDS)
def test_a_settled_answer_was_said_and_an_unknown_one_has_no_end(words):
    found = settle(Topic.DOOR, words, now=NOW, by=BY)
    if found.outcome is Outcome.SETTLED:
        assert found.said in {word.said for word in words}
        assert found.confirmed_at <= NOW < found.fresh_until
    else:
        assert found.fresh_until is None


def test_of_two_words_of_one_person_at_one_moment_the_same_counts_in_either_order():
    """What hypothesis found: the keeper's word and his visitor's word of the same second."""
    at = NOW - timedelta(minutes=1)
    both = [
        Word(at, ReportSource.KEEPER, Said.OPEN, "r"),
        Word(at, ReportSource.VISITOR, Said.OPEN, "r"),
    ]
    told = {settle(Topic.DOOR, order, now=NOW, by=BY).said for order in (both, both[::-1])}
    assert told == {Said.OPEN}
