"""A season's facilities and its lines of the form come and go with the day."""

from datetime import date

import pytest

from nuanxin.stations.pages.rows import _kinds
from nuanxin.stations.rules.inspections import form_of
from nuanxin.stations.rules.seasons import season_on

AUTUMN, SUMMER, WINTER = date(2026, 11, 28), date(2026, 7, 20), date(2027, 1, 5)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 5, 31), None), (date(2026, 6, 1), "heat"), (date(2026, 9, 30), "heat"),
        (date(2026, 10, 1), None), (AUTUMN, None), (date(2026, 12, 1), "cold"),
        (date(2026, 12, 31), "cold"), (date(2027, 2, 28), "cold"), (date(2028, 2, 29), "cold"),
        (date(2027, 3, 1), None),
    ],
)  # fmt: skip
def test_both_ends_belong_to_a_season_and_winter_goes_over_the_new_year(day, code):
    season = season_on(day, "330105")
    assert (season.code if season else None) == code


def test_the_form_asks_more_in_the_season_and_says_so_in_its_code():
    plain, hot, cold = (form_of("330105", on=day) for day in (AUTUMN, SUMMER, WINTER))
    assert (hot.code, cold.code) == (f"{plain.code}+heat", f"{plain.code}+cold")
    assert {one.code for one in hot.items} - {one.code for one in plain.items} == {
        "heat_water", "heat_cool", "heat_drugs",
    }  # fmt: skip
    assert set(plain.items) < set(cold.items)


def test_what_the_season_wants_is_said_first():
    kinds = ("charge", "microwave", "water", "hot_water", "heating_cooling")
    autumn, summer, winter = (_kinds(kinds, day) for day in (AUTUMN, SUMMER, WINTER))
    assert summer[1] == winter[1] != autumn[1]
    assert winter[0] == "热水"
