"""The tree of any past day: as it was known then, and as corrected since."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection

from nuanxin.kernel.errors import Conflict
from nuanxin.orgs import actions, queries
from nuanxin.orgs.states import DissolutionGround, UnionKind, UnionState
from tests.orgs.conftest import FOUNDED, World

JUNE = date(2026, 6, 1)
DOCUMENT = "浙总工发〔2026〕12号"


def test_the_tree_of_today_and_of_a_past_day_agree_when_nothing_changed(world: World) -> None:
    assert world.subtree("GS") == ["DG", "GS", "KD", "WM", "XD", "XF"]
    assert world.subtree("GS", on=JUNE) == world.subtree("GS")
    assert [c.name for c in queries.ancestors_of(world["KD"])] == [
        "浙江省总工会",
        "杭州市总工会",
        "拱墅区总工会",
        "大关街道工会联合会",
    ]
    assert queries.ancestors_of(world["KD"], on=JUNE) == queries.ancestors_of(world["KD"])
    assert queries.list_path_faults() == []


def test_before_its_founding_a_union_is_nowhere(world: World) -> None:
    eve = FOUNDED - timedelta(days=1)
    assert world.subtree("GS", on=eve) == []
    assert queries.ancestors_of(world["KD"], on=eve) == []


def test_a_move_changes_days_from_then_on_and_no_day_before(world: World) -> None:
    known_before = world.now
    world.do(actions.move_union, union_id=world["DG"], parent_id=world["XH"], effective_on=JUNE)
    assert world.subtree("XH") == ["DG", "KD", "XH"]
    assert world.subtree("XH", on=JUNE) == ["DG", "KD", "XH"]
    assert world.subtree("XH", on=JUNE - timedelta(days=1)) == ["XH"]
    assert "KD" in world.subtree("GS", on=JUNE - timedelta(days=1))
    assert "KD" not in world.subtree("GS", on=JUNE)
    # As it was known before the move was entered, even for days after it.
    assert "KD" in world.subtree("GS", on=JUNE, known_at=known_before)
    assert world.subtree("XH", on=JUNE, known_at=known_before) == ["XH"]
    assert queries.get_union(world["KD"]).path == "/{}/{}/{}/{}/{}/".format(
        *(world[code] for code in ("P", "HZ", "XH", "DG", "KD"))
    )
    assert queries.list_path_faults() == []


def test_a_correction_supersedes_what_was_entered_and_keeps_it_readable(world: World) -> None:
    known_before = world.now
    world.do(
        actions.correct_placement,
        union_id=world["KD"],
        parent_id=world["XF"],
        valid_from=date(2023, 1, 1),
        valid_to=date(2024, 1, 1),
    )
    in_2023 = date(2023, 7, 1)
    assert "KD" in world.subtree("XF", on=in_2023)
    assert "KD" not in world.subtree("DG", on=in_2023)
    assert "KD" in world.subtree("DG", on=in_2023, known_at=known_before)
    assert "KD" in world.subtree("DG", on=date(2024, 1, 1))
    assert "KD" in world.subtree("DG", on=date(2022, 12, 31))
    assert "KD" in world.subtree("DG")
    assert queries.list_path_faults() == []


def test_a_correction_reaches_what_stands_below(world: World) -> None:
    world.do(
        actions.correct_placement,
        union_id=world["DG"],
        parent_id=world["XH"],
        valid_from=date(2021, 1, 1),
        valid_to=date(2022, 1, 1),
    )
    assert world.subtree("XH", on=date(2021, 5, 1)) == ["DG", "KD", "XH"]
    assert world.subtree("XH", on=date(2022, 5, 1)) == ["XH"]


def test_a_merger_never_changes_a_past_day(world: World) -> None:
    before = {
        (code, day): world.subtree(code, on=day)
        for code in ("GS", "DG", "XF", "HZ")
        for day in (FOUNDED, date(2023, 3, 1), JUNE - timedelta(days=1))
    }
    outcome = world.do(
        actions.merge_unions,
        source_ids=[world["DG"]],
        target_id=world["XF"],
        effective_on=JUNE,
        document=DOCUMENT,
    )
    assert {(c, d): world.subtree(c, on=d) for c, d in before} == before
    assert world.subtree("XF") == ["KD", "XF"]
    assert world.subtree("XF", on=JUNE) == ["KD", "XF"]
    assert world.subtree("DG", on=JUNE) == []
    assert outcome.moved_children == (world["KD"],)
    (move,) = outcome.members
    assert (move.from_union_id, move.to_union_id, move.on) == (world["DG"], world["XF"], JUNE)
    merged = queries.get_union(world["DG"])
    assert (merged.state, merged.ended_on) == (UnionState.MERGED, JUNE)
    assert queries.where_merged(world["DG"]).id == world["XF"]
    assert queries.list_path_faults() == []


def test_several_unions_merge_into_one_at_once(world: World) -> None:
    for name in ("A", "B"):
        world.found(name, "XF")
    world.found("A1", "A", kind=UnionKind.GRASSROOTS)
    outcome = world.do(
        actions.merge_unions,
        source_ids=[world["A"], world["B"], world["XF"]],
        target_id=world["DG"],
        effective_on=JUNE,
        document=DOCUMENT,
    )
    assert world.subtree("DG") == ["A1", "DG", "KD"]
    assert world.codes(list(outcome.ended)) == ["A", "B", "XF"]
    assert world.codes(list(outcome.moved_children)) == ["A1"]
    assert queries.list_path_faults() == []


def test_a_dissolved_union_keeps_its_past_and_takes_no_children(world: World) -> None:
    outcome = world.do(
        actions.dissolve_union,
        union_id=world["XD"],
        effective_on=JUNE,
        dissolution_ground=DissolutionGround.EMPLOYER_ENDED,
    )
    assert "XD" in world.subtree("GS", on=JUNE - timedelta(days=1))
    assert "XD" not in world.subtree("GS", on=JUNE)
    assert "XD" not in world.subtree("GS")
    assert outcome.report_to == world["GS"]
    assert outcome.members[0].is_retention
    with pytest.raises(Conflict, match=r"orgs\.union_has_ended"):
        world.found("N", "XD")


def test_a_split_founds_new_unions_beside_the_old_one(world: World) -> None:
    world.found("A", "KD", kind=UnionKind.GRASSROOTS)
    world.found("B", "KD", kind=UnionKind.GRASSROOTS)
    outcome = world.do(
        actions.split_union,
        union_id=world["KD"],
        parts=[{"name": "大关快递一联合工会"}, {"name": "大关快递二联合工会"}],
        children={world["A"]: 0, world["B"]: 1},
        effective_on=JUNE,
        document=DOCUMENT,
        source_ends=True,
    )
    first, second = outcome.founded
    world.ids |= {"N1": first.id, "N2": second.id}
    assert world.subtree("DG") == ["A", "B", "DG", "N1", "N2"]
    assert world.subtree("N1") == ["A", "N1"]
    assert world.subtree("DG", on=JUNE - timedelta(days=1)) == ["A", "B", "DG", "KD"]
    assert queries.get_union(world["KD"]).state is UnionState.DISSOLVED
    assert queries.list_path_faults() == []


def test_a_circle_is_refused_by_the_action_and_by_the_database(world: World) -> None:
    world.found("A", "KD")
    with pytest.raises(Conflict, match=r"orgs\.circle"):
        world.do(actions.move_union, union_id=world["KD"], parent_id=world["A"], effective_on=JUNE)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "UPDATE orgs_placement SET superseded_at = now() WHERE union_id = %s", [world["KD"]]
        )
        with pytest.raises(IntegrityError, match="under itself"):
            cursor.execute(
                "INSERT INTO orgs_placement (union_id, parent_id, kind, valid_from, recorded_at)"
                " VALUES (%s, %s, 1, '2020-01-01', now())",
                [world["KD"], world["A"]],
            )
