"""At 3,400 children under one node the questions about the tree still use an index."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.period import Period
from nuanxin.orgs import actions, queries
from nuanxin.orgs.actions import NewUnion
from nuanxin.orgs.states import UnionKind
from tests.orgs.conftest import World

JUNE = date(2026, 6, 1)
MANY = 3_400

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.owner]


@pytest.fixture
def wide(world: World) -> World:
    """Let 3,400 unions stand under 拱墅区外卖配送行业工会联合会, and 3 under another."""
    rows = [
        NewUnion(
            f"第{number}站点工会",
            UnionKind.JOINT,
            330105,
            date(2021, 1 + number % 12, 1),
            "WM",
            f"S{number}",
            is_new_form=True,
        )
        for number in range(MANY)
    ]
    known = datetime(2022, 1, 1, tzinfo=UTC)
    world.ids |= actions.found_unions_in_bulk(rows, actor=SYSTEM, now=known)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orgs_ancestry")
    return world


def plan_of(ask: Any) -> str:
    """Return the plans of every statement that ``ask`` runs, as text."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    plans = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            cursor.execute("EXPLAIN (FORMAT JSON) " + query["sql"].replace("%", "%%"), {})
            plans.append(json.dumps(cursor.fetchone()[0]))
    return "\n".join(plans)


def test_a_question_about_few_of_many_reads_an_index_and_no_more_than_it_shows(wide: World) -> None:
    few, many = wide["DG"], wide["WM"]
    for ask, index in (
        (lambda: queries.subtree_ids(few), "union_path"),
        (lambda: queries.subtree_ids(few, on=JUNE), "ancestry_"),
        (lambda: queries.subtree_ids(few, on=JUNE, known_at=wide.now), "ancestry_"),
        (lambda: queries.ancestors_of(wide["S7"], on=JUNE), "ancestry_"),
        (lambda: queries.children_of(many), "union_children"),
        (lambda: queries.children_of(many, on=JUNE), "placement_children"),
    ):
        plan = plan_of(ask)
        assert index in plan, plan
        assert "Seq Scan" not in plan, plan
    with connection.cursor() as cursor:
        # Nothing is covered here: an empty table is scanned unless the planner is asked not to.
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = plan_of(lambda: queries.list_coverage(many))
    assert "coverage_live_union" in plan, plan
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
    for when in ({}, {"on": JUNE}):
        with CaptureQueriesContext(connection) as captured:
            page = queries.children_of(wide["WM"], limit=50, **when)
        assert len(page.items) == 50
        assert page.next is not None
        with connection.cursor() as cursor:
            statement = captured.captured_queries[-1]["sql"].replace("%", "%%")
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, {})
            read = most_rows(json.loads(json.dumps(cursor.fetchone()[0]))[0]["Plan"])
        assert read <= 60, read


def most_rows(node: dict[str, Any]) -> float:
    """Return the most rows that any step of a plan read."""
    own = node["Actual Rows"] * node["Actual Loops"]
    return max([own, *(most_rows(below) for below in node.get("Plans", []))])


def test_a_merger_of_thousands_is_one_set_and_months_agree_with_days(wide: World) -> None:
    period = Period(date(2021, 1, 1), date(2021, 12, 31))
    by_month = queries.live_unions_at_month_ends(period=period, union_id=wide["GS"])
    new = queries.count_new_unions_by_month(period=period, union_id=wide["GS"])
    assert sum(new.values()) == MANY
    for month, count in by_month.items():
        assert count == queries.count_live_unions(on=month.end, union_id=wide["GS"])
    before = queries.count_live_unions(on=JUNE, union_id=wide["WM"])
    with CaptureQueriesContext(connection) as captured:
        outcome = wide.do(
            actions.merge_unions,
            source_ids=[wide["WM"]],
            target_id=wide["KD"],
            effective_on=date(2026, 7, 1),
            document="浙总工发〔2026〕12号",
        )
    assert len(outcome.moved_children) == MANY
    assert len(captured.captured_queries) < 40
    assert queries.count_live_unions(on=JUNE, union_id=wide["WM"]) == before == MANY + 1
    assert queries.count_live_unions(on=date(2026, 7, 1), union_id=wide["KD"]) == MANY + 1
    assert queries.list_path_faults() == []
    assert queries.get_union(wide["S9"]).path.startswith(queries.get_union(wide["KD"]).path)
