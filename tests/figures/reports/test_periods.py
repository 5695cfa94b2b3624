"""Periods as a report writes them."""

import pytest

from nuanxin.figures.rules.reports.head import period_words
from nuanxin.kernel.period import parse_period


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2022", "2022年"),
        ("2026H1", "2026年上半年"),
        ("2026-05", "2026年5月"),
        ("2018-10..2023-09", "2018年10月至2023年9月"),
        ("2026-01..2026-10", "2026年1月至10月"),
        ("2026-01-01..2026-11-27", "2026年1月1日至11月27日"),
        ("2025-12-30..2026-01-02", "2025年12月30日至2026年1月2日"),
        ("2026-05-06", "2026年5月6日"),
    ],
)
def test_the_shortest_words_that_say_these_days(period, words):
    assert period_words(parse_period(period)) == words
