"""Founding, ending, renaming, territory and terms: who may, what is refused, what is recorded."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.orgs import actions, queries
from nuanxin.orgs.actions import NewUnion
from nuanxin.orgs.models import Placement, Territory, Union, UnionChange
from nuanxin.orgs.states import (
    DissolutionGround,
    PlacementKind,
    TermStanding,
    UnionChangeKind,
    UnionKind,
    UnionState,
)
from nuanxin.records.models import Event
from tests.orgs.conftest import FOUNDED, NOW, World

JUNE = date(2026, 6, 1)
DOCUMENT = "浙总工发〔2026〕12号"


def found(world: World, actor: Actor, parent: str, **given: Any) -> Any:
    values = {
        "name": "上塘街道货运联合工会",
        "kind": UnionKind.JOINT,
        "adcode": 330105,
        "founded_on": JUNE,
    } | given
    return actions.found_union(parent_id=world[parent], actor=actor, now=world.tick(), **values)


def test_only_who_stands_above_may_found(world: World) -> None:
    for stranger in (
        world.actor(Role.COUNTY_CADRE, "XH"),  # the next county: as if not there
        world.actor(Role.CITY_CADRE, "NB"),
    ):
        with pytest.raises(NotFound):
            found(world, stranger, "GS")
    for without_right in (ANONYMOUS, world.actor(Role.GRASSROOTS_OFFICER, "GS")):
        with pytest.raises(Forbidden):
            found(world, without_right, "GS")
    union = found(world, world.actor(Role.COUNTY_CADRE, "GS"), "GS")
    assert union.path == f"{queries.get_union(world['GS']).path}{union.id}/"
    assert union.accepts_members
    assert (union.level, union.state) == (5, UnionState.ACTIVE)


def test_a_county_cadre_changes_nothing_of_the_county_itself_nor_moves_into_the_next(
    world: World,
) -> None:
    chen = world.actor(Role.COUNTY_CADRE, "GS")
    move = {"effective_on": JUNE, "actor": chen}
    with pytest.raises(NotFound):
        world.do(actions.move_union, union_id=world["DG"], parent_id=world["XH"], **move)
    with pytest.raises(NotFound):
        world.do(actions.move_union, union_id=world["GS"], parent_id=world["NB"], **move)
    with pytest.raises(NotFound):
        world.do(
            actions.merge_unions,
            source_ids=[world["XF"]],
            target_id=world["XH"],
            document=DOCUMENT,
            **move,
        )
    world.do(actions.move_union, union_id=world["KD"], parent_id=world["XF"], **move)
    city = world.actor(Role.CITY_CADRE, "HZ")
    world.do(
        actions.move_union,
        union_id=world["DG"],
        parent_id=world["XH"],
        effective_on=JUNE,
        actor=city,
    )


def test_a_founding_is_recorded_once_with_change_and_event(world: World) -> None:
    union = found(world, SYSTEM, "GS", document=DOCUMENT, reason="集中建会")
    (change,) = queries.list_changes(union.id)
    assert (change.kind, change.effective_on) == (UnionChangeKind.FOUNDED, JUNE)
    assert (change.document, change.other_id) == (DOCUMENT, world["GS"])
    event = Event.objects.get(kind="orgs.union_founded")
    assert (event.subject_id, event.union_id, event.actor_name) == (union.id, union.id, "系统")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": "  "}, "orgs.name_missing"),
        ({"name": "长" * 121}, "orgs.name_too_long"),
        ({"adcode": 339999}, "region.unknown"),
        ({"town_code": 330106004}, "orgs.town_elsewhere"),
        ({"credit_code": "91330000MC9999993N"}, "credit_code.not_a_union"),
        ({"credit_code": "81330000MC9999993A"}, "credit_code.check_character"),
        ({"industry_code": "Z9999"}, "industry.unknown"),
        ({"founded_on": date(2027, 1, 1)}, "orgs.not_yet_in_effect"),
        ({"founded_on": FOUNDED - timedelta(days=1)}, "orgs.parent_is_younger"),
        ({"kind": UnionKind.FEDERATION, "adcode": 330100}, "orgs.parent_is_lower"),
        ({"code": "KD"}, "orgs.code_taken"),
    ],
)
def test_a_founding_that_cannot_be_right_is_refused_and_leaves_nothing(
    world: World, wrong: dict[str, Any], code: str
) -> None:
    before = Union.objects.count()
    with pytest.raises((Malformed, Conflict)) as refused:
        found(world, SYSTEM, "GS", **wrong)
    assert refused.value.code == code
    assert Union.objects.count() == before
    found(world, SYSTEM, "GS")


def test_a_checked_credit_code_is_kept_and_belongs_to_one_union(world: World) -> None:
    union = found(world, SYSTEM, "GS", credit_code="８１330000 MC9999993P")
    assert union.credit_code == "81330000MC9999993P"
    with pytest.raises(Conflict, match=r"orgs\.credit_code_taken"):
        found(world, SYSTEM, "GS", credit_code="81330000MC9999993P")
    with pytest.raises(Conflict, match=r"orgs\.credit_code_taken"):
        world.do(actions.set_credit_code, union_id=world["KD"], credit_code="81330000MC9999993P")


def test_there_is_one_root_for_the_action_and_for_the_database(world: World) -> None:
    with pytest.raises(Conflict, match=r"orgs\.second_root"):
        actions.found_union(
            name="另一个",
            kind=UnionKind.FEDERATION,
            parent_id=None,
            adcode=330000,
            founded_on=FOUNDED,
            actor=SYSTEM,
            now=NOW,
        )
    with pytest.raises(IntegrityError, match="one_root"), transaction.atomic():
        Union.objects.create(
            code="R2", name="另一个", kind="federation", level=1, adcode=330000, founded_on=FOUNDED
        )


def test_bulk_founding_takes_rows_in_any_order_with_their_history(world: World) -> None:
    known = datetime(2022, 5, 1, tzinfo=UTC)
    rows = [
        NewUnion("三", UnionKind.GRASSROOTS, 330105, JUNE, "N2", "N3"),
        NewUnion("二", UnionKind.JOINT, 330105, date(2022, 4, 1), "N1", "N2", recorded_at=known),
        NewUnion("一", UnionKind.JOINT, 330105, date(2021, 4, 1), "DG", "N1", recorded_at=known),
    ]
    world.ids |= world.do(actions.found_unions_in_bulk, rows=rows)
    assert world.subtree("N1") == ["N1", "N2", "N3"]
    assert world.subtree("DG", on=date(2022, 6, 1)) == ["DG", "KD", "N1", "N2"]
    earlier = known - timedelta(days=1)
    assert world.subtree("DG", on=date(2022, 6, 1), known_at=earlier) == ["DG", "KD"]
    assert queries.list_path_faults() == []
    assert UnionChange.objects.filter(union_id=world["N3"]).count() == 1


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("A", "B"), ("B", "A")], "orgs.circle"),
        ([("A", "A")], "orgs.circle"),
        ([("A", "nobody")], "not_found"),
        ([("A", "DG"), ("A", "DG")], "orgs.code_taken"),
        ([("KD", "DG")], "orgs.code_taken"),
        ([("A", None)], "orgs.second_root"),
    ],
)
def test_bulk_founding_is_all_or_nothing(
    world: World, rows: list[tuple[str, str | None]], code: str
) -> None:
    before = Union.objects.count()
    sound = NewUnion("好的", UnionKind.JOINT, 330105, JUNE, "DG", "GOOD")
    listed = [
        NewUnion("某工会", UnionKind.JOINT, 330105, JUNE, parent, own) for own, parent in rows
    ]
    with pytest.raises((Malformed, Conflict, NotFound)) as refused:
        world.do(actions.found_unions_in_bulk, rows=[sound, *listed])
    assert refused.value.code == code
    assert Union.objects.count() == before


def test_bulk_founding_is_for_who_may_shape_what_is_above(world: World) -> None:
    rows = [NewUnion("某工会", UnionKind.JOINT, 330105, JUNE, "DG", "N")]
    for role, code, refusal in (
        (Role.COUNTY_CADRE, "XH", NotFound),
        (Role.GRASSROOTS_OFFICER, "DG", Forbidden),
    ):
        with pytest.raises(refusal):
            world.do(actions.found_unions_in_bulk, rows=rows, actor=world.actor(role, code))
    county = world.actor(Role.COUNTY_CADRE, "GS")
    mixed = [*rows, NewUnion("别县的工会", UnionKind.JOINT, 330106, JUNE, "XH", "M")]
    with pytest.raises(NotFound):
        world.do(actions.found_unions_in_bulk, rows=mixed, actor=county)
    root = [NewUnion("另一个总工会", UnionKind.FEDERATION, 330000, JUNE, None, "R")]
    with pytest.raises(Forbidden):
        world.do(actions.found_unions_in_bulk, rows=root, actor=county)
    assert world.do(actions.found_unions_in_bulk, rows=rows, actor=county)
    assert world.do(actions.found_unions_in_bulk, rows=[replace(rows[0], code="", name="又一家")])


def test_a_merger_needs_a_document_a_day_that_has_come_and_another_union(world: World) -> None:
    def merge(**given: Any) -> Any:
        values = {
            "source_ids": [world["DG"]],
            "target_id": world["XF"],
            "effective_on": JUNE,
            "document": DOCUMENT,
        } | given
        return world.do(actions.merge_unions, **values)

    for wrong, code in (
        ({"document": " "}, "orgs.document_missing"),
        ({"effective_on": date(2027, 1, 1)}, "orgs.not_yet_in_effect"),
        ({"effective_on": FOUNDED}, "orgs.before_founding"),
        ({"target_id": world["DG"]}, "orgs.merged_into_itself"),
        ({"target_id": world["KD"]}, "orgs.circle"),
        ({"source_ids": [world["P"]]}, "orgs.root_stays"),
        ({"source_ids": []}, "orgs.merge_count"),
        ({"source_ids": [world["HZ"]], "target_id": world["NB"]}, None),
    ):
        if code is None:
            continue
        with pytest.raises((Conflict, Malformed)) as refused:
            merge(**wrong)
        assert refused.value.code == code
    merge()
    with pytest.raises(Conflict, match=r"orgs\.union_has_ended"):
        merge(target_id=world["GS"])


def test_what_a_merged_union_covered_and_where_it_worked_goes_to_the_other_once(
    world: World,
) -> None:
    employer = world.do(actions.register_employer, name="迅达速运有限公司")
    shared = world.do(actions.register_employer, name="两家都覆盖的公司")
    for code, employers in (("KD", [employer, shared]), ("XD", [shared])):
        for each in employers:
            world.do(
                actions.extend_coverage,
                union_id=world[code],
                employer_id=each,
                effective_on=FOUNDED,
            )
    world.do(
        actions.merge_unions,
        source_ids=[world["KD"]],
        target_id=world["XD"],
        effective_on=JUNE,
        document=DOCUMENT,
    )
    assert {c.employer_id for c in queries.list_coverage(world["XD"])} == {employer, shared}
    assert queries.list_coverage(world["KD"]) == []
    may = JUNE - timedelta(days=1)
    assert {c.employer_id for c in queries.list_coverage(world["KD"], on=may)} == {employer, shared}
    assert {c.employer_id for c in queries.list_coverage(world["XD"], on=may)} == {shared}
    places = {(t.adcode, t.town_code, t.is_seat) for t in queries.list_territories(world["XD"])}
    assert places == {(330105, None, True), (330105, 330105007, False)}


def test_dissolving_waits_for_the_children_and_is_reported_upwards(world: World) -> None:
    end = {"effective_on": JUNE, "dissolution_ground": DissolutionGround.UPPER_APPROVED}
    with pytest.raises(Conflict, match=r"orgs\.children_left"):
        world.do(actions.dissolve_union, union_id=world["DG"], document=DOCUMENT, **end)
    with pytest.raises(Conflict, match=r"orgs\.document_missing"):
        world.do(actions.dissolve_union, union_id=world["KD"], **end)
    world.do(actions.dissolve_union, union_id=world["KD"], document=DOCUMENT, **end)
    county = queries.get_union(world["GS"])
    (due,) = queries.list_reports_due([county.path]).items
    assert due.union_id == world["KD"]
    assert queries.list_reports_due([queries.get_union(world["XH"]).path]).items == ()
    ended = queries.get_union(world["KD"])
    assert queries.list_reports_due([ended.path]).items == (), "not its own to acknowledge"
    world.do(actions.acknowledge_dissolution, union_id=world["KD"])
    assert queries.list_reports_due([county.path]).items == ()
    with pytest.raises(Conflict, match=r"orgs\.already_reported"):
        world.do(actions.acknowledge_dissolution, union_id=world["KD"])


def test_when_its_employer_closes_the_enterprise_union_is_due_to_end(world: World) -> None:
    employer = world.do(actions.register_employer, name="迅达速运有限公司")
    other = world.do(actions.register_employer, name="另一家公司")
    cover = {"effective_on": FOUNDED}
    world.do(actions.extend_coverage, union_id=world["XD"], employer_id=employer, **cover)
    world.do(actions.extend_coverage, union_id=world["KD"], employer_id=employer, **cover)
    world.do(actions.extend_coverage, union_id=world["KD"], employer_id=other, **cover)
    ending = world.do(actions.close_employer, employer_id=employer, closed_on=JUNE)
    assert ending == (world["XD"],)
    outcome = world.do(
        actions.dissolve_union,
        union_id=world["XD"],
        effective_on=JUNE,
        dissolution_ground=DissolutionGround.EMPLOYER_ENDED,
    )
    (retained,) = outcome.members
    assert (retained.to_union_id, retained.is_retention) == (world["GS"], True)
    assert Union.objects.filter(id=world["XD"]).exists()
    with pytest.raises(Conflict, match=r"orgs\.employer_closed"):
        world.do(actions.close_employer, employer_id=employer, closed_on=JUNE)


def test_a_second_parent_is_for_trades_and_counts_nobody_twice(world: World) -> None:
    second = {"union_id": world["KD"], "effective_on": JUNE}
    world.do(actions.set_second_parent, parent_id=world["WM"], **second)
    assert queries.second_parent_of(world["KD"]).id == world["WM"]
    below = queries.children_of(world["WM"], kind=PlacementKind.SECOND)
    assert [node.id for node in below.items] == [world["KD"]]
    assert world.subtree("WM") == ["WM"]
    assert queries.parent_of(world["KD"], on=JUNE, kind=PlacementKind.SECOND) == world["WM"]
    for wrong, code in (
        ({"union_id": world["DG"], "parent_id": world["WM"]}, "orgs.no_dual_subordination"),
        ({"parent_id": world["DG"]}, "orgs.already_first_parent"),
        ({"parent_id": world["XD"]}, "orgs.second_parent_kind"),
    ):
        with pytest.raises(Conflict) as refused:
            world.do(actions.set_second_parent, **(second | wrong))
        assert refused.value.code == code
    # When the second parent becomes the first, it is no longer the second.
    world.do(
        actions.move_union,
        union_id=world["KD"],
        parent_id=world["WM"],
        effective_on=date(2026, 7, 1),
    )
    assert queries.second_parent_of(world["KD"]) is None
    assert queries.list_path_faults() == []


def test_when_the_second_parent_is_merged_its_successor_takes_its_place(world: World) -> None:
    successor = world.found("N", "GS", kind=UnionKind.INDUSTRY_FEDERATION)
    world.do(
        actions.set_second_parent,
        union_id=world["KD"],
        parent_id=world["WM"],
        effective_on=FOUNDED,
    )
    world.do(
        actions.merge_unions,
        source_ids=[world["WM"]],
        target_id=successor,
        effective_on=JUNE,
        document=DOCUMENT,
    )
    second = {"kind": PlacementKind.SECOND}
    assert queries.parent_of(world["KD"], on=JUNE, **second) == successor
    assert queries.parent_of(world["KD"], on=FOUNDED, **second) == world["WM"]


def test_a_new_name_counts_from_its_day_and_the_old_one_before(world: World) -> None:
    known_before = world.now
    officer = world.actor(Role.GRASSROOTS_OFFICER, "DG")
    world.do(
        actions.rename_union,
        union_id=world["DG"],
        name="大关街道工会联合会 (新)",
        effective_on=JUNE,
        actor=officer,
    )

    def name_of(**when: Any) -> str:
        return queries.ancestors_of(world["KD"], **when)[-1].name

    assert name_of() == name_of(on=JUNE) == "大关街道工会联合会 （新）"
    assert name_of(on=JUNE - timedelta(days=1)) == "大关街道工会联合会"
    assert name_of(on=JUNE, known_at=known_before) == "大关街道工会联合会"
    with pytest.raises(Conflict, match=r"orgs\.before_last_rename"):
        world.do(actions.rename_union, union_id=world["DG"], name="又改", effective_on=FOUNDED)
    with pytest.raises(NotFound):
        world.do(
            actions.rename_union,
            union_id=world["XF"],
            name="别人的",
            effective_on=JUNE,
            actor=officer,
        )


def test_a_seat_that_moves_is_counted_in_each_county_at_its_time(world: World) -> None:
    world.do(
        actions.set_territory,
        union_id=world["XD"],
        places=[(330106, None), (330105, 330105007)],
        seat=(330106, 330106004),
        effective_on=JUNE,
    )
    assert queries.seat_of(world["XD"], on=JUNE).adcode == 330106
    assert queries.seat_of(world["XD"], on=JUNE - timedelta(days=1)).adcode == 330105
    assert queries.get_union(world["XD"]).town_code == 330106004
    working = queries.list_unions_working_in(330106, on=JUNE)
    assert world["XD"] in [union.id for union in working.items]
    # What stays is not touched, what is left out ends.
    world.do(
        actions.set_territory,
        union_id=world["XD"],
        places=[(330106, None)],
        effective_on=date(2026, 8, 1),
    )
    assert Territory.objects.filter(union_id=world["XD"], adcode=330106, is_seat=False).count() == 1
    assert len(queries.list_territories(world["XD"])) == 2
    assert len(queries.list_territories(world["XD"], on=JUNE)) == 3
    assert queries.list_path_faults() == []
    with pytest.raises(Forbidden):
        world.do(
            actions.set_territory,
            union_id=world["XD"],
            places=[],
            effective_on=JUNE,
            actor=world.actor(Role.GRASSROOTS_OFFICER, "KD"),
        )


def test_a_term_expires_at_night_and_an_election_begins_the_next(world: World) -> None:
    elected = date(2021, 5, 20)
    union = {"union_id": world["KD"]}
    ends_on = world.do(actions.record_election, elected_on=elected, term_years=5, **union)
    assert ends_on == date(2026, 5, 20)
    on_the_last_day = datetime(2026, 5, 20, 12, tzinfo=UTC)
    assert actions.expire_terms(actor=SYSTEM, now=on_the_last_day) == 0
    assert actions.expire_terms(actor=SYSTEM, now=on_the_last_day + timedelta(days=1)) == 1
    assert queries.get_union(world["KD"]).state is UnionState.TERM_EXPIRED
    term = queries.term_of(queries.get_union(world["KD"]), on=NOW.date())
    assert term.standing is TermStanding.EXPIRED
    with pytest.raises(Conflict, match=r"orgs\.extension_too_long"):
        world.do(actions.extend_term, months=7, document=DOCUMENT, **union)
    extended = world.do(actions.extend_term, months=6, document=DOCUMENT, **union)
    assert extended == date(2026, 11, 20)
    assert queries.get_union(world["KD"]).state is UnionState.ACTIVE
    with pytest.raises(Conflict, match=r"orgs\.extended_already"):
        world.do(actions.extend_term, months=1, document=DOCUMENT, **union)
    with pytest.raises(Conflict, match=r"orgs\.term_not_allowed"):
        world.do(actions.record_election, elected_on=JUNE, term_years=4, **union)
    world.do(actions.record_election, elected_on=JUNE, term_years=3, **union)
    assert queries.get_union(world["KD"]).term_ends_on == date(2029, 6, 1)


def test_an_extension_is_the_upper_unions_to_give(world: World) -> None:
    world.do(
        actions.record_election,
        union_id=world["KD"],
        elected_on=date(2023, 5, 20),
        term_years=3,
        actor=world.actor(Role.GRASSROOTS_OFFICER, "KD"),
    )
    extend = {"union_id": world["KD"], "months": 3, "document": DOCUMENT}
    with pytest.raises(Forbidden):
        world.do(actions.extend_term, actor=world.actor(Role.GRASSROOTS_OFFICER, "KD"), **extend)
    world.do(actions.extend_term, actor=world.actor(Role.COUNTY_CADRE, "GS"), **extend)


def test_a_union_in_preparation_is_taken_into_the_register_with_a_document(world: World) -> None:
    union = found(world, SYSTEM, "GS", state=UnionState.PREPARING)
    approve = {"union_id": union.id, "approved_on": JUNE}
    with pytest.raises(Conflict, match=r"orgs\.document_missing"):
        world.do(actions.activate_union, document="", **approve)
    world.do(actions.activate_union, document=DOCUMENT, **approve)
    with pytest.raises(Conflict, match=r"orgs\.move_not_allowed"):
        world.do(actions.activate_union, document=DOCUMENT, **approve)


@pytest.mark.owner  # a web process does not even get as far as the trigger
def test_the_database_rewrites_no_dated_row_and_lets_none_overlap(world: World) -> None:
    row = Placement.objects.get(union_id=world["KD"])
    for forbidden in (
        "UPDATE orgs_placement SET valid_from = '2019-01-01' WHERE id = %s",
        "UPDATE orgs_placement SET parent_id = 1, superseded_at = now() WHERE id = %s",
        "DELETE FROM orgs_placement WHERE id = %s",
    ):
        with (
            pytest.raises(IntegrityError, match="never rewritten"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(forbidden, [row.id])
    with pytest.raises(IntegrityError, match="one_parent_of_a_kind"), transaction.atomic():
        Placement.objects.create(
            union_id=world["KD"],
            parent_id=world["XF"],
            valid_from=JUNE,
            valid_to=date(2026, 7, 1),
            recorded_at=NOW,
        )


def test_the_database_lets_no_union_stand_under_one_that_has_ended(world: World) -> None:
    world.do(
        actions.dissolve_union,
        union_id=world["XD"],
        effective_on=JUNE,
        dissolution_ground=DissolutionGround.EMPLOYER_ENDED,
    )
    with pytest.raises(IntegrityError, match="takes no children"), transaction.atomic():
        Union.objects.filter(id=world["KD"]).update(parent_id=world["XD"])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="does not exist"):
            cursor.execute(
                "UPDATE orgs_union SET ended_on = '2021-01-01', state = 'dissolved' WHERE id = %s",
                [world["DG"]],
            )


def test_a_writer_with_a_slower_clock_never_seems_to_have_known_earlier(world: World) -> None:
    ahead = world.tick() + timedelta(minutes=10)
    actions.move_union(
        union_id=world["KD"], parent_id=world["XF"], effective_on=JUNE, actor=SYSTEM, now=ahead
    )
    actions.move_union(
        union_id=world["KD"],
        parent_id=world["GS"],
        effective_on=date(2026, 7, 1),
        actor=SYSTEM,
        now=ahead - timedelta(minutes=5),
    )
    assert queries.list_path_faults() == []
    assert queries.parent_of(world["KD"], on=JUNE) == world["XF"]
    assert queries.parent_of(world["KD"], on=date(2026, 7, 1)) == world["GS"]


def test_a_path_changed_by_hand_is_found_by_the_sweep(world: World) -> None:
    Union.objects.filter(id=world["KD"]).update(path="/1/")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orgs_ancestry WHERE union_id = %s AND depth = 2", [world["XF"]])
    found_kinds = {(fault.kind.value, fault.union_id) for fault in queries.list_path_faults()}
    assert found_kinds == {("path", world["KD"]), ("closure_missing", world["XF"])}
