"""Two regions on a day, a region on two days: the same numbers as on their own pages, and no finer."""

import pytest
from django.urls import reverse

from nuanxin.figures.queries.board import get_board
from nuanxin.figures.queries.comparing import get_comparison
from nuanxin.figures.rules.differing import (
    Published,
    change_words,
    difference,
    difference_words,
    points_change_words,
    points_words,
)
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed
from tests.figures.conftest import NOW
from tests.figures.test_public_page import MOST_STATEMENTS
from tests.figures.world import LAST

HANGZHOU, NINGBO = 330100, 330200
EARLIER = LAST.replace(year=LAST.year - 1)
NAMES = ("杭州市", "宁波市")


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (Published(130, 10), Published(120, 10), "杭州市多约 10 人"),
        (Published(4_120), Published(4_123), "宁波市多 3 人"),
        (Published(4_123), Published(4_120, 10), "杭州市多约 3 人"),
        (Published(120, 10), Published(120, 10), "写到 10 的整倍数，一样多"),
        (Published(0, 10), Published(0, 10), "一样多"),
        (Published(7), Published(7), "一样多"),
        (Published(None, 10), Published(120, 10), "有一边不公布，不比"),
        (Published(12_340, 10), Published(0, 10), "杭州市多约 12,340 人"),
    ],
)
def test_a_difference_says_about_where_a_side_is_rounded(left, right, words):
    assert difference_words(left, right, names=NAMES, unit="人") == words


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (Published(120, 10), Published(150, 10), "多了约 30 人，约 25%"),
        (Published(150, 10), Published(140, 10), "少了约 10 人，约 7%"),
        (Published(50, 10), Published(90, 10), "多了约 40 人"),
        (Published(0, 10), Published(90, 10), "多了约 90 人"),
        (Published(9), Published(12), "多了 3 人"),
        (Published(20_000, 10), Published(20_010, 10), "多了约 10 人，约 不到 1%"),
        (Published(90, 10), Published(90, 10), "写到整倍数，没有变"),
        (Published(90, 10), Published(None, 10), "有一天不公布，不比"),
    ],
)
def test_a_change_tells_a_percentage_only_of_many(before, after, words):
    assert change_words(before, after, unit="人") == words.replace("约 不到", "不到")


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (63.27, 60.97, "杭州市高约 2.3 个百分点"),
        (60.0, 63.0, "宁波市高约 3 个百分点"),
        (60.0, 60.0, "一样高"),
        (None, 60.0, "有一边没有分母，先不比"),
    ],
)
def test_rates_differ_in_points_and_always_about(left, right, words):
    assert points_words(left, right, names=NAMES) == words


def test_a_rate_becomes_higher_or_lower():
    assert points_change_words(60.0, 63.25) == "高了约 3.25 个百分点"
    assert points_change_words(63.25, 60.0) == "低了约 3.25 个百分点"
    assert points_change_words(60.0, None) == "有一天没有分母，先不比"


def test_a_difference_is_what_anybody_can_compute():
    assert difference(Published(130, 10), Published(120, 10)) == 10
    assert difference(Published(130, 10), Published(None, 10)) is None


@pytest.mark.django_db
def test_both_sides_are_their_own_boards(world):
    two = get_comparison(region=HANGZHOU, as_of=LAST, other=NINGBO, other_as_of=LAST, now=NOW)
    for side, region in ((two.left, HANGZHOU), (two.right, NINGBO)):
        assert side == get_board(region=region, as_of=LAST, now=NOW)
    assert len(two.figures) == len(two.left.figures)
    assert two.live == tuple(tuple(p.live for p in b.trend) for b in (two.left, two.right))
    assert {one.label for one in two.occupations} == {
        row.label for board in (two.left, two.right) for row in board.occupations
    }


@pytest.mark.django_db
def test_of_one_place_the_earlier_day_stands_left(world):
    two = get_comparison(region=HANGZHOU, as_of=LAST, other=HANGZHOU, other_as_of=EARLIER, now=NOW)
    assert (two.left.as_of, two.right.as_of) == (EARLIER, LAST)
    assert two.is_of_one_place
    assert len(two.live) == 1


@pytest.mark.django_db
def test_one_place_on_one_day_is_nothing_to_compare(world):
    with pytest.raises(Malformed, match=r"figures\.nothing_to_compare"):
        get_comparison(region=HANGZHOU, as_of=LAST, other=HANGZHOU, other_as_of=None, now=NOW)


@pytest.fixture
def page(client, world, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return lambda **asked: client.get(reverse("figures-compare"), asked)


@pytest.mark.django_db
def test_the_page_takes_twice_the_statements_of_a_board(page, django_assert_max_num_queries):
    with django_assert_max_num_queries(2 * MOST_STATEMENTS):
        answer = page(region=HANGZHOU, other=NINGBO)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "多约" in text
    # The address to send on holds both days, so that it shows the same tomorrow.
    assert f"?region={HANGZHOU}&amp;as_of={LAST}&amp;other={NINGBO}&amp;other_as_of={LAST}" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked", [{}, {"region": HANGZHOU}, {"region": HANGZHOU, "as_of": EARLIER}]
)
def test_until_both_sides_are_chosen_the_page_asks(page, asked):
    answer = page(**asked)
    assert answer.status_code == 200
    assert "选好两边" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"region": 999999, "other": NINGBO}, "没有这个地方"),
        ({"region": HANGZHOU, "other": HANGZHOU}, "同一个地方、同一天"),
        ({"region": HANGZHOU, "other": NINGBO, "as_of": "昨天"}, "日期没有读懂"),
        ({"region": HANGZHOU, "other": NINGBO, "as_of": "2027-01-01"}, "还没到"),
    ],
)
def test_what_cannot_be_compared_is_told_beside_the_form(page, asked, said):
    answer = page(**asked)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "选好两边" in answer.content.decode()
