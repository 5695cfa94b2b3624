"""Random histories of the tree against a naive model: any day, as known at any moment."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Conflict
from nuanxin.orgs import actions, queries
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.states import DissolutionGround, UnionKind
from tests.orgs.oracle import LAST, ROOT, Impossible, Oracle

DAY_ZERO = date(2026, 3, 1)
FIRST_UNIONS = 7
DOCUMENT = "浙总工发〔2026〕3号"
days = st.integers(0, LAST)
early = st.sampled_from([0, 0, 1, 3, 8, 20])  # most unions are there when the changes come
later = st.one_of(st.integers(4, LAST), days)
# Why an action may refuse although the tree of every single day would be sound.
STRICTER = {
    "orgs.before_last_move",
    "orgs.already_there",
    "orgs.parent_is_younger",
    "orgs.before_founding",
    "orgs.children_left",
    "orgs.circle",
    "orgs.union_has_ended",
    "orgs.merged_into_itself",
    "orgs.outside_its_life",
}


class TreeHistories(RuleBasedStateMachine):
    """Both worlds get the same changes; whatever is asked afterwards must be answered alike."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.oracle = Oracle()
        self.ids: dict[str, int] = {}
        self.moments: list[datetime] = []
        self.clock = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=LAST + 1)

    def teardown(self) -> None:
        """Compare every moment of knowledge once more, then take it all back."""
        try:
            for moment in range(len(self.moments)):
                for day in (0, LAST // 2, LAST):
                    self.compare_closure(day, moment)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @initialize()
    def plant(self) -> None:
        union = self.act(
            actions.found_union,
            name="根",
            kind=UnionKind.REGIONAL_FEDERATION,
            parent_id=None,
            adcode=330105,
            founded_on=DAY_ZERO,
        )
        self.ids[ROOT] = union.id
        self.remember()
        for number in range(FIRST_UNIONS):
            self.found_one(number // 2, 0)

    @rule(parent=st.integers(0, 99), day=early)
    def found(self, parent: int, day: int) -> None:
        self.found_one(parent, day)

    def found_one(self, parent: int, day: int) -> None:
        above, name = self.pick(parent, root=True), f"U{len(self.ids)}"

        def act() -> None:
            union = self.act(
                actions.found_union,
                name=name,
                kind=UnionKind.REGIONAL_FEDERATION,
                parent_id=self.ids[above],
                adcode=330105,
                founded_on=on(day),
            )
            self.ids[name] = union.id

        self.both(act, lambda: self.oracle.found(name, above, day))

    @precondition(lambda self: self.oracle.living())
    @rule(union=st.integers(0, 99), parent=st.integers(0, 99), day=later)
    def move(self, union: int, parent: int, day: int) -> None:
        moved, above = self.pick(union), self.pick(parent, root=True)
        self.both(
            lambda: self.act(
                actions.move_union,
                union_id=self.ids[moved],
                parent_id=self.ids[above],
                effective_on=on(day),
            ),
            lambda: self.oracle.put(moved, above, day),
        )

    @precondition(lambda self: self.oracle.living())
    @rule(union=st.integers(0, 99), parent=st.integers(0, 99), day=days, length=days)
    def correct(self, union: int, parent: int, day: int, length: int) -> None:
        corrected, above = self.pick(union, ended=True), self.pick(parent, root=True, ended=True)
        beyond = min(day + 1 + length, LAST + 1)
        until = on(beyond) if beyond <= LAST else None
        self.both(
            lambda: self.act(
                actions.correct_placement,
                union_id=self.ids[corrected],
                parent_id=self.ids[above],
                valid_from=on(day),
                valid_to=until,
            ),
            lambda: self.oracle.put(corrected, above, day, beyond),
        )

    @precondition(lambda self: len(self.oracle.living()) > 2)
    @rule(
        sources=st.sets(st.integers(0, 99), min_size=1, max_size=3),
        into=st.integers(0, 99),
        day=later,
    )
    def merge(self, sources: set[int], into: int, day: int) -> None:
        ending = sorted({self.pick(each) for each in sources})
        target = self.pick(into, root=True)
        self.both(
            lambda: self.act(
                actions.merge_unions,
                source_ids=[self.ids[each] for each in ending],
                target_id=self.ids[target],
                effective_on=on(day),
                document=DOCUMENT,
            ),
            lambda: self.oracle.merge(ending, target, day),
        )

    @precondition(lambda self: len(self.oracle.living()) > 2)
    @rule(union=st.integers(0, 99), day=later)
    def dissolve(self, union: int, day: int) -> None:
        ending = self.pick(union)
        self.both(
            lambda: self.act(
                actions.dissolve_union,
                union_id=self.ids[ending],
                effective_on=on(day),
                dissolution_ground=DissolutionGround.EMPLOYER_ENDED,
            ),
            lambda: self.oracle.dissolve(ending, day),
        )

    @precondition(lambda self: self.oracle.living())
    @rule(union=st.integers(0, 99), day=later, ends=st.booleans(), odd=st.booleans())
    def split(self, union: int, day: int, ends: bool, odd: bool) -> None:
        source = self.pick(union)
        below = sorted(self.oracle.children(source, LAST))
        parts = [f"S{len(self.ids)}a", f"S{len(self.ids)}b"]
        shares = {child: (place + odd) % 2 for place, child in enumerate(below)}

        def act() -> None:
            outcome = self.act(
                actions.split_union,
                union_id=self.ids[source],
                parts=[{"name": part} for part in parts],
                children={self.ids[child]: place for child, place in shares.items()},
                effective_on=on(day),
                document=DOCUMENT,
                source_ends=ends,
            )
            self.ids |= dict(zip(parts, (one.id for one in outcome.founded), strict=True))

        given = {part: [c for c, p in shares.items() if p == i] for i, part in enumerate(parts)}
        self.both(act, lambda: self.oracle.split(source, given, day, ends=ends))

    @rule(day=days, moment=st.integers(0, 99), union=st.integers(0, 99))
    def ask(self, day: int, moment: int, union: int) -> None:
        """Ask the queries about one union, on any day, as known at any moment and as corrected."""
        at = moment % len(self.moments)
        name = self.pick(union, root=True, ended=True)
        for known_at, place in ((self.moments[at], at), (None, len(self.moments) - 1)):
            when = {"on": on(day), "known_at": known_at}
            closure = self.oracle.closure(day, place + 1)
            below = {u for a, u, _ in closure if a == name}
            above = sorted(
                ((depth, a) for a, u, depth in closure if u == name and depth), reverse=True
            )
            assert self.names(queries.subtree_ids(self.ids[name], **when)) == below
            assert [self.name(c.id) for c in queries.ancestors_of(self.ids[name], **when)] == [
                a for _, a in above
            ]
            page = queries.children_of(self.ids[name], **when, limit=200)
            children = self.oracle.children(name, day, place + 1)
            assert self.names([node.id for node in page.items]) == children
            assert queries.count_children(self.ids[name], **when) == len(children)
            parent = queries.parent_of(self.ids[name], **when)
            assert (parent and self.name(parent)) == (above[-1][1] if above else None)
            assert queries.count_live_unions(**when, union_id=self.ids[name], region=330105) == len(
                below
            )

    @invariant()
    def nothing_derived_disagrees(self) -> None:
        if not self.ids:
            return
        assert queries.list_path_faults() == []
        today = {u for _, u, _ in self.oracle.closure(LAST)}
        assert self.names(queries.subtree_ids(self.ids[ROOT])) == today
        self.compare_closure(LAST, len(self.moments) - 1)

    def compare_closure(self, day: int, moment: int) -> None:
        """Compare the whole closure of a day as known at a moment."""
        rows = fetch_all(
            "SELECT ancestor_id, union_id, depth FROM orgs_ancestry a"
            f" WHERE {queries.dated('a', known_at=self.moments[moment])}",
            {"on": on(day), "known_at": self.moments[moment]},
        )
        got = [(self.name(a), self.name(u), depth) for a, u, depth in rows]
        assert len(got) == len(set(got))
        assert set(got) == self.oracle.closure(day, moment + 1)

    def both(self, act: Callable[[], Any], model: Callable[[], None]) -> None:
        """Do it in both worlds, or in neither."""
        refused = None
        try:
            with transaction.atomic():
                act()
        except Conflict as conflict:
            refused = conflict
        before = self.oracle.parents
        if refused is None:
            model()  # must not be impossible
            self.remember()
            return
        assert refused.code in STRICTER, refused
        if refused.code in ("orgs.circle", "orgs.outside_its_life"):
            with pytest.raises((Impossible, IndexError)):
                model()
            self.oracle.parents = before

    def act(self, action: Callable[..., Any], **given: Any) -> Any:
        self.clock += timedelta(minutes=1)
        return action(**given, actor=SYSTEM, now=self.clock)

    def remember(self) -> None:
        self.moments.append(self.clock)
        self.oracle.remember()

    def pick(self, number: int, *, root: bool = False, ended: bool = False) -> str:
        """Return one of the unions by number."""
        known = sorted(self.oracle.parents) if ended else self.oracle.living()
        choice = ([ROOT] if root else []) + known
        return choice[number % len(choice)]

    def name(self, union_id: int) -> str:
        return next(name for name, each in self.ids.items() if each == union_id)

    def names(self, ids: list[int]) -> set[str]:
        return {self.name(each) for each in ids}


def on(day: int) -> date:
    """Return the calendar day of a number."""
    return DAY_ZERO + timedelta(days=day)


@pytest.mark.slow
@pytest.mark.django_db
def test_every_history_reads_as_in_the_naive_model() -> None:
    run_state_machine_as_test(
        TreeHistories,
        settings=settings(
            max_examples=14,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.explicit, Phase.generate],
        ),
    )
