"""Occupations and industries: dated groups, small keys that never move, words from rosters."""

from datetime import date

import pytest

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.industries import (
    all_industries,
    industry,
    is_within_industry,
    sections,
)
from nuanxin.kernel.occupations import (
    StatisticsClass,
    all_occupations,
    by_key,
    occupation,
    recognise,
)
from tests.kernel.reading import mapping

DAY = date(2026, 1, 1)

KEYS = {
    "truck_driver": 1,
    "ride_hailing_driver": 2,
    "courier": 3,
    "delivery_rider": 4,
    "care_worker": 5,
    "elder_care_worker": 6,
    "domestic_worker": 7,
    "mall_promoter": 8,
    "estate_agent": 9,
    "security_guard": 10,
    "streamer": 11,
    "designated_driver": 12,
    "other": 99,
}


def test_keys_are_as_they_were_first_given():
    assert {one.code: one.key for one in all_occupations()} == KEYS
    assert all(by_key(one.key) is one for one in all_occupations())


def test_the_four_core_groups_and_the_eight_of_2018():
    core = {one.code for one in all_occupations() if one.is_core_four(DAY)}
    eight = {one.code for one in all_occupations() if one.is_eight_2018(DAY)}
    assert core == {"truck_driver", "ride_hailing_driver", "courier", "delivery_rider"}
    assert eight == {
        "truck_driver",
        "courier",
        "delivery_rider",
        "care_worker",
        "domestic_worker",
        "mall_promoter",
        "estate_agent",
        "security_guard",
    }


def test_groups_begin_on_their_day():
    assert not occupation("courier").is_core_four(date(2021, 6, 30))
    assert occupation("courier").is_core_four(date(2021, 7, 1))
    assert not occupation("ride_hailing_driver").is_eight_2018(DAY)
    assert {one.code for one in all_occupations(on=date(2018, 6, 1))} < KEYS.keys()


def test_several_occupations_count_as_one_class():
    by_class = {}
    for one in all_occupations():
        by_class.setdefault(one.statistics_class, []).append(one.code)
    assert by_class[StatisticsClass.CARE] == ["care_worker", "elder_care_worker"]
    assert set(by_class) == set(StatisticsClass)
    assert all(group.label for group in StatisticsClass)


@pytest.mark.parametrize(("word", "code"), list(mapping("occupations").items()))
def test_a_word_from_a_roster_is_recognised_or_left_open(word, code):
    assert recognise(word) == code


def test_no_word_stands_for_two_occupations():
    words = [word for one in all_occupations() for word in {one.label, *one.words}]
    assert len(words) == len(set(words))


def test_official_codes_carry_their_edition():
    for one in all_occupations():
        assert bool(one.official_code) == bool(one.official_edition) == bool(one.official_name)
    assert occupation("delivery_rider").official_code == "4-02-07-10"
    assert occupation("courier").official_code == "4-02-07-08"


@pytest.mark.parametrize("unknown", ["", "pilot"])
def test_an_unknown_occupation_is_refused(unknown):
    with pytest.raises(Malformed, match=r"occupation\.unknown"):
        occupation(unknown)
    with pytest.raises(Malformed, match=r"occupation\.unknown"):
        by_key(98)


def test_industries_of_occupations_are_all_kept():
    for one in all_occupations():
        for code in one.industry_codes:
            assert industry(code).code == code


def test_sections_run_from_a_to_t():
    assert "".join(one.code for one in sections()) == "ABCDEFGHIJKLMNOPQRST"


def test_every_industry_lies_below_its_parent():
    for one in all_industries():
        if one.parent:
            assert is_within_industry(one.code, industry(one.parent).code)
            assert one.section == industry(one.parent).section


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("G602", "快递服务"),
        ("6020", "快递服务"),
        ("g5437", "城市配送"),
        ("H6242", "外卖送餐服务"),
        ("Q8514", "老年人、残疾人养护服务"),
    ],
)
def test_an_industry_is_found_as_it_is_usually_written(typed, label):
    assert industry(typed).label == label


def test_care_of_the_old_is_not_health_care():
    assert is_within_industry("Q8514", "Q85")
    assert not is_within_industry("Q8514", "Q84")
    with pytest.raises(Malformed, match=r"industry\.unknown"):
        industry("X9999")
