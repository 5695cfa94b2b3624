"""Dates, times, numbers and masks as the copy rules write them."""

from datetime import UTC, date, datetime

import pytest

from config.presentation import formats

TODAY = date(2026, 11, 23)


def test_a_day_in_a_sentence_names_the_year_only_when_it_is_another() -> None:
    assert formats.day_words(date(2026, 12, 5), today=TODAY) == "12月5日"
    assert formats.day_words(date(2027, 3, 17), today=TODAY) == "2027年3月17日"
    assert formats.day_words(date(2026, 12, 5), today=TODAY, space=" ") == "12 月 5 日"


def test_an_instant_is_read_in_shanghai() -> None:
    late = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert formats.day_iso(late) == "2026-11-23"
    assert formats.time_of_day(late) == "00:30"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13735, "13,735"), (0, "0"), (-8, "−8"), (None, "—"), ("", "—"), (120.0, "120"),
        (2.5, "2.5"), (7.256, "7.26"), (-0.001, "0"), (1_000_000, "1,000,000"),
    ],
)  # fmt: skip
def test_a_number_is_grouped_and_nothing_is_a_dash(value, text: str) -> None:
    assert formats.number(value) == text


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (1_175_000, ("117.5", "万")), (490_900, ("49.09", "万")), (6_777, ("6,777", "")),
        (10_000, ("1", "万")), (99_999, ("9.99", "万")), (None, ("—", "")),
    ],
)  # fmt: skip
def test_wan_never_says_more_than_was_counted(value, parts: tuple[str, str]) -> None:
    assert formats.in_wan(value) == parts


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 18), ("还有 25 天", "")), (TODAY, ("今天", "soon")),
        (date(2026, 11, 20), ("过期 3 天", "late")), (None, ("不限", "")),
    ],
)  # fmt: skip
def test_a_deadline_is_said_in_days(day, words: tuple[str, str]) -> None:
    assert formats.due_words(day, today=TODAY) == words


def test_numbers_of_people_are_masked() -> None:
    assert formats.mask_phone("13812346027") == "138****6027"
    assert formats.mask_phone("") == "—"
    assert "19950412" not in formats.mask_identity("34112619950412271X")
