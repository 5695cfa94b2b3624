"""The page that anybody reads: right, quick, and without anybody's name."""

import csv
import io
import json
import re
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.queries import get_board, measure, measure_for_everybody
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.rules.small_numbers import published
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.people.models import Worker
from tests.figures.conftest import NOW
from tests.figures.world import LAST

pytestmark = pytest.mark.django_db

LIVE, NEW = "membership.live_members_persons", "membership.new_members_persons"
MOST_STATEMENTS = 8


@pytest.fixture
def page(client: Client, world, monkeypatch):
    """Return a function that gets a page as of the last day of the made-up province."""
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def get(name: str = "figures", *arguments, **asked):
        return client.get(f"{reverse(name, args=arguments)}?{urlencode(asked)}")

    return get


def know_all(region: int) -> None:
    """Enter what both rates of a region are divided by."""
    entries = [
        Entry(kind, region, date(2025, 11, 15), 400 + n, "市统计局测算", date(2026, 1, 5), line=n)
        for n, kind in enumerate(DenominatorKind)
    ]
    enter_denominators(entries=entries, actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("region", [330000, 330100, 330105])
@pytest.mark.parametrize("asked", [{}, {"as_of": "2025-06-11"}])
def test_a_page_takes_few_statements(page, django_assert_max_num_queries, region, asked):
    with django_assert_max_num_queries(MOST_STATEMENTS):
        answer = page("figures-region", region, **asked)
    assert answer.status_code == 200


def test_a_period_takes_few_statements_too(page, django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_STATEMENTS):
        assert page(since="2025-01-01").status_code == 200


@pytest.mark.parametrize("region", [330000, 330100, 330105, 330212])
@pytest.mark.parametrize("days_ago", [0, 45, 300, 333])
def test_the_big_numbers_are_those_that_are_measured(world, region, days_ago):
    day = LAST - timedelta(days=days_ago)
    know_all(region)
    board = get_board(region=region, as_of=day, now=NOW)
    assert len(board.figures) == 12
    for one in board.figures:
        asked = {"region": region, "as_of": day, "now": NOW}
        if one.definition.ratio:
            told = measure_for_everybody(one.definition.code, **asked)
            assert (one.value, one.numerator) == (told.value, told.numerator)
            assert one.denominator.value == told.denominator
            continue
        truth = measure(one.definition.code, **asked).value
        is_of_persons = one.definition.unit == "persons"
        assert one.value == (published(truth, least=board.least) if is_of_persons else truth)
        assert one.step == (board.least if is_of_persons else 1)
    assert any(one.value for one in board.figures)


@pytest.mark.slow
def test_a_rate_without_a_denominator_says_what_is_missing(page, world):
    board = get_board(as_of=LAST, now=NOW)
    rates = [one for one in board.figures if one.definition.ratio]
    assert [one.value for one in rates] == [None, None]
    assert all("没有浙江省的“" in one.missing for one in rates)
    text = page().content.decode()
    assert text.count("分母还没有") == 2
    know_all(330000)
    text = page().content.decode()
    assert "分母还没有" not in text
    assert "来源：市统计局测算" in text


def test_unions_by_kind_and_route_add_up_to_the_whole(world):
    board = get_board(as_of=LAST, now=NOW)
    values = {one.definition.code: one.value for one in board.figures}
    for rows in (board.kinds, board.routes):
        assert sum(row.living for row in rows) == values["orgs.new_form_unions"]
        assert sum(row.new for row in rows) == values["orgs.new_unions"]


def test_parts_add_up_to_the_whole_but_for_the_rounding(world):
    board = get_board(as_of=LAST, now=NOW)
    live = next(one.value for one in board.figures if one.definition.code == LIVE)
    for rows in (board.cities, board.occupations, board.channels):
        withheld = sum(row.live is None for row in rows)
        rounded = sum(bool(row.live) for row in rows)
        told = sum(row.live or 0 for row in rows)
        assert abs(told - live) <= 5 * (rounded + 1) + 9 * withheld


def test_a_few_persons_are_never_told(world):
    for day in (LAST, LAST - timedelta(days=600), LAST - timedelta(days=900)):
        for region in (330000, 330100, 330106):
            board = get_board(region=region, as_of=day, now=NOW)
            rows = (*board.cities, *board.counties, *board.occupations, *board.channels)
            told = [row.live for row in rows] + [row.new for row in rows]
            told += [one.value for one in board.figures if one.definition.unit == "persons"]
            told += [point.live for point in board.trend] + [point.new for point in board.trend]
            assert not [value for value in told if value is not None and 0 < value < board.least]


def test_the_trend_ends_with_the_day(world):
    board = get_board(as_of=LAST, now=NOW)
    assert len(board.trend) == 61
    assert board.trend[-1].day == LAST
    for point in (board.trend[-1], board.trend[-20]):
        for code, told in ((LIVE, point.live), (NEW, point.new)):
            truth = measure(code, as_of=point.day, now=NOW).value
            assert told == published(truth, least=board.least)


def test_nobody_is_named_and_no_number_of_a_person_is_there(page):
    text = page().content.decode() + page("figures-region", 330105).content.decode()
    workers = list(Worker.objects.values_list("name", "identity_hint", "phone_hint"))
    assert workers
    for name, *hints in workers:
        assert name not in text
        assert not [hint for hint in hints if hint in text]
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text)


def test_each_number_says_how_it_is_counted_and_where_from(page):
    text = page().content.decode()
    assert text.count("怎么算的") >= 6
    assert "第 1 版" in text
    assert "2026-10-20" in text


@pytest.mark.parametrize(
    "asked", [{"as_of": "2027-01-01"}, {"as_of": "昨天"}, {"since": "2026-10-21"}]
)
def test_a_day_that_cannot_be_is_told_and_today_is_shown(page, asked):
    answer = page(**asked)
    assert answer.status_code == 422
    assert 'class="err"' in answer.content.decode()
    assert "在籍会员" in answer.content.decode()


@pytest.mark.parametrize("region", [1, 999999, 330105006])
def test_a_region_that_is_not_there_is_not_found(page, region):
    assert page("figures-region", region).status_code == 404


def test_before_anything_the_page_says_so(client, db):
    answer = client.get(reverse("figures"))
    assert answer.status_code == 200
    assert "这一天还没有数" in answer.content.decode()


def test_the_numbers_can_be_taken_away(page):
    told = json.loads(page("figures-table", 330100, "json").content)
    assert (told["region"], told["as_of"]) == ("330100", "2026-10-20")
    by_code = {row["code"]: row for row in reversed(told["rows"]) if row["region"] == "330100"}
    truth = measure(LIVE, region=330100, as_of=LAST, now=NOW).value
    assert by_code[LIVE]["value"] == published(truth, least=10)
    assert by_code[LIVE]["rounded_to"] == 10

    answer = page("figures-table", 330100, "csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == len(told["rows"])
    assert all((row["数值"] == "") == (row["是否不公布"] == "是") for row in rows)

    workbook = page("figures-table", 330100, "xlsx")
    assert workbook.content[:2] == b"PK"
    assert "figures-330100-2026-10-20.xlsx" in workbook["Content-Disposition"]
    assert page("figures-table", 330100, "exe").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("asked", [{}, {"as_of": "2025-06-11", "since": "2025-01-01"}])
def test_csv_excel_json_and_the_page_carry_the_same_numbers(page, asked):
    rows = json.loads(page("figures-table", 330100, "json", **asked).content)["rows"]
    text = page("figures-table", 330100, "csv", **asked).content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(page("figures-table", 330100, "xlsx", **asked).content))
    told = [(row["code"], row["region"], row["label"], row["value"]) for row in rows]

    from_csv = [(r["指标代码"], r["区划代码"], r["指标"], r["数值"]) for r in _csv(text)]
    assert [(*row[:3], _plain(row[3])) for row in told] == from_csv

    head, *body = [list(row) for row in book["数读"].iter_rows(values_only=True)]
    from_sheet = [dict(zip(head, row, strict=True)) for row in body]
    assert [
        (r["指标代码"], r["区划代码"], r["指标"], _plain(r["数值"])) for r in from_sheet
    ] == from_csv

    shown = page("figures-region", 330100, **asked).content.decode()
    big = re.findall(r'<p class="big">([\d,−—.]+)', shown)
    leading = rows[: len(big)]
    assert [one.replace(",", "") for one in big] == [_plain(row["value"]) or "—" for row in leading]

    meanings = {row[0]: row[3] for row in book["怎么算的"].iter_rows(min_row=2, values_only=True)}
    assert set(meanings) >= {row["code"] for row in leading}
    assert all(meanings.values())


def _csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def _plain(value):
    return "" if value is None else str(value)


def test_a_future_day_is_refused_for_a_table_too(page):
    assert page("figures-table", 330100, "csv", as_of="2027-01-01").status_code == 422
