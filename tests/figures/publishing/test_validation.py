"""The rules that a version is held against, alone and over random worlds."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.figures.rules.sealing import RowSum, canonical, content_hash
from nuanxin.figures.rules.validation import (
    LEFT,
    NET,
    NEW,
    LineFacts,
    Threshold,
    findings_of,
    is_jump,
)

DAY = date(2026, 10, 31)
USUAL = Threshold(permille=200, least=50)
LIVE = "membership.live_members_persons"


def line(code=LIVE, region=330000, value=1_000, **given):
    values = {"label": "在籍会员", "unit": "人", "defined_unit": "人", "as_of": DAY}
    return LineFacts(code=code, region=region, value=value, **values | given)


def codes(*lines, measured=DAY, published=DAY, blocks=True):
    found = findings_of(lines, measured_on=measured, published_on=published, threshold=USUAL)
    assert all(one.sentence.endswith(("。", "！")) or "说明：" in one.sentence for one in found)
    return {one.code for one in found if one.blocks is blocks}


SOUND = (
    line(),
    line(region=330100, value=600),
    line(region=330200, value=400),
    line(region=330105, value=600),
    line(value=700, occupation="courier"),
    line(value=300, occupation="rider"),
    line(NEW, value=90),
    line(LEFT, value=20),
    line(NET, value=70),
)


def test_what_is_sound_has_no_finding():
    assert not codes(*SOUND)


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ((line(unit="人次"),), "figures.unit_differs"),
        ((line(period_start=date(2026, 11, 1)),), "figures.period_backwards"),
        ((line(as_of=date(2026, 11, 1)),), "figures.as_of_after_measured"),
        ((line(), line(region=330100, value=1_001)), "figures.parts_exceed_total"),
        (
            (line(), line(value=900, channel="online"), line(value=101, channel="one_click")),
            "figures.cuts_exceed_total",
        ),
        (
            (
                line("aid.served_persons", value=11),
                line("aid.served_person_times", value=10, unit="人次", defined_unit="人次"),
            ),
            "figures.more_persons_than_times",
        ),
        ((line(NEW, value=90), line(LEFT, value=20), line(NET, value=71)), "figures.net_differs"),
        ((line(upkeep=999),), "figures.upkeep_differs"),
        ((line(last=700),), "figures.jump_needs_reason"),
        ((), "figures.no_lines"),
    ],
)
def test_each_rule_has_its_code(spoilt, code):
    assert codes(*spoilt) == {code}


def test_what_is_measured_after_it_is_published_is_found():
    late = date(2026, 11, 2)
    assert codes(line(), measured=late, published=DAY) == {"figures.measured_after_published"}


def test_a_jump_with_a_reason_is_told_and_does_not_block():
    assert not codes(line(last=700, note="集中入会"))
    assert codes(line(last=700, note="集中入会"), blocks=False) == {"figures.jump_explained"}
    assert codes(line(last=700, note=" 多 "))


def test_a_withheld_part_proves_nothing():
    assert not codes(line(value=10), line(region=330100, value=12), line(region=330200, value=None))


@given(
    values=st.lists(st.integers(0, 500), min_size=1, max_size=11),
    rest=st.integers(0, 50),
    spoil=st.integers(1, 40),
)
def test_parts_that_fit_are_sound_and_one_too_many_is_always_found(values, rest, spoil):
    parts = [line(region=330100 + 100 * at, value=value) for at, value in enumerate(values)]
    total = line(value=sum(values) + rest)
    assert not codes(total, *parts)
    assert codes(replace(total, value=sum(values) - spoil), *parts) == {
        "figures.parts_exceed_total"
    }


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(-50, 50))
def test_net_is_gross_less_exits_and_nothing_else(gross, exits, off):
    found = codes(
        line(NEW, value=gross), line(LEFT, value=exits), line(NET, value=gross - exits + off)
    )
    assert (found == {"figures.net_differs"}) is (off != 0)


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_a_jump_is_the_same_seen_from_far_and_small_ones_are_none(value, last):
    assert not is_jump(last, last, USUAL)
    if abs(value - last) < USUAL.least:
        assert not is_jump(value, last, USUAL)
    assert is_jump(-value, -last, USUAL) is is_jump(value, last, USUAL)


@given(st.lists(st.text(max_size=20), max_size=12), st.randoms())
def test_a_row_set_has_one_hash_in_any_order_and_in_any_parts(texts, chosen):
    whole = RowSum.of_texts(texts)
    shuffled = list(texts)
    chosen.shuffle(shuffled)
    cut = chosen.randint(0, len(texts))
    assert RowSum.of_texts(shuffled).hash == whole.hash
    parts = RowSum.of_texts(shuffled[:cut]).plus(RowSum.of_texts(shuffled[cut:]))
    assert parts.hash == whole.hash
    assert RowSum.of_texts([*texts, "one more"]).hash != whole.hash


@given(st.dictionaries(st.text(max_size=8), st.integers() | st.none() | st.text(max_size=8)))
def test_a_text_is_written_in_one_way(content):
    turned = dict(reversed(list(content.items())))
    assert canonical(content) == canonical(turned)
    assert content_hash(content) == content_hash(turned)


def test_a_number_that_is_not_whole_is_not_signed():
    with pytest.raises(ValueError, match="whole numbers"):
        canonical({"lines": [{"value": 1.5}]})
