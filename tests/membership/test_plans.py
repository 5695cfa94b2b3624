"""Deciding on thousands at once never compares every row with every other."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from nuanxin.membership.actions import confirm
from nuanxin.membership.actions.ending import GoingOn, end_memberships, open_again
from nuanxin.membership.actions.review import (
    approve_applications,
    return_applications,
    undo_decisions,
)
from nuanxin.membership.states import EndReason, FlowKind, JoinState
from nuanxin.people.states import Assurance
from tests.membership.cast import NOW, Cast, make_application, make_invitation, make_member

# The owner analyses the table, so that the planner knows what it is asked about.
pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.owner]
ENOUGH = 40
"""The planner goes by its statistics, which say "none": forty rows are planned like 5,000."""


def many_of(make: Callable[..., Any], cast: Cast) -> list[int]:
    ids = [make(cast.riders).id for _ in range(ENOUGH)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE membership_joinapplication SET state = CASE state WHEN 1 THEN 2 ELSE 1 END"
        )
        cursor.execute("ANALYZE membership_joinapplication")  # it has seen only the other state
        cursor.execute(
            "UPDATE membership_joinapplication SET state = CASE state WHEN 1 THEN 2 ELSE 1 END"
        )
    return ids


def pairs_compared(act: Callable[[], Any]) -> list[str]:
    """Return where the statements of ``act`` would compare all rows with all rows."""
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        act()
        transaction.set_rollback(True)
    found = []
    with connection.cursor() as cursor:
        for query in captured.captured_queries:
            if query["sql"].lstrip().startswith(("WITH picked", "WITH was")):
                cursor.execute("EXPLAIN (FORMAT JSON) " + query["sql"].replace("%", "%%"), {})
                found += _loops_of_two(cursor.fetchone()[0][0]["Plan"])
    assert captured.captured_queries
    return found


def _loops_of_two(node: dict[str, Any]) -> list[str]:
    return [json.dumps(each) for each in _nodes(node) if _is_loop_of_two(each)]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def _is_loop_of_two(node: dict[str, Any]) -> bool:
    kinds = [below["Node Type"] for below in node.get("Plans", [])]
    return "Join Filter" in node and set(kinds) <= {"CTE Scan", "Function Scan"}


def test_approving_many_is_no_comparison_of_all_with_all(cast: Cast) -> None:
    ids = many_of(make_application, cast)
    assert not pairs_compared(
        lambda: approve_applications(application_ids=ids, actor=cast.officer_lin, now=NOW)
    )


def test_returning_and_undoing_many_is_none_either(cast: Cast) -> None:
    ids = many_of(make_application, cast)
    act = {"actor": cast.officer_lin, "now": NOW}
    assert not pairs_compared(
        lambda: return_applications(application_ids=ids, reason="照片看不清", **act)
    )
    run = approve_applications(application_ids=ids, **act).run_id
    assert not pairs_compared(lambda: undo_decisions(run_id=run, **act))


def test_confirming_many_on_site_is_none_either(cast: Cast) -> None:
    ids = many_of(make_invitation, cast)
    assert not pairs_compared(
        lambda: confirm.take_up(
            application_ids=ids,
            moved_from=JoinState.INVITED,
            assurance=Assurance.SEEN_ON_SITE,
            consents=confirm.NEEDED_CONSENTS,
            via="ceremony",
            actor=cast.officer_lin,
            now=NOW,
        )
    )


def test_moving_many_elsewhere_is_none_either(cast: Cast) -> None:
    members = [make_member(cast.riders).id for _ in range(ENOUGH)]
    act = {"actor": cast.cadre_chen, "now": NOW}
    to = GoingOn(cast.street.id, FlowKind.MERGED_IN, "membership.moved", "换了工会", "……")

    def move() -> None:
        moved = open_again(end_memberships(members, EndReason.UNION_MERGED, **act), to, **act)
        assert len(moved) == ENOUGH

    assert not pairs_compared(move)
