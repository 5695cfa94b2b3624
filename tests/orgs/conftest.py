"""A small tree of made-up unions in real counties, founded through the actions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nuanxin.kernel.actor import SYSTEM, Actor, Grant, Role
from nuanxin.orgs import actions, queries
from nuanxin.orgs.actions import NewUnion
from nuanxin.orgs.states import Route, UnionKind

FOUNDED = date(2020, 1, 1)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

# code, parent, name, kind, adcode, town
TREE = (
    ("P", None, "浙江省总工会", UnionKind.FEDERATION, 330000, None),
    ("HZ", "P", "杭州市总工会", UnionKind.FEDERATION, 330100, None),
    ("GS", "HZ", "拱墅区总工会", UnionKind.FEDERATION, 330105, None),
    ("XH", "HZ", "西湖区总工会", UnionKind.FEDERATION, 330106, None),
    ("DG", "GS", "大关街道工会联合会", UnionKind.TOWNSHIP, 330105, 330105007),
    ("XF", "GS", "祥符街道工会联合会", UnionKind.TOWNSHIP, 330105, 330105009),
    ("KD", "DG", "大关快递行业联合工会", UnionKind.JOINT, 330105, 330105007),
    ("WM", "GS", "拱墅区外卖配送行业工会联合会", UnionKind.INDUSTRY_FEDERATION, 330105, None),
    ("XD", "GS", "迅达速运有限公司工会", UnionKind.GRASSROOTS, 330105, None),
    ("NB", "P", "宁波市总工会", UnionKind.FEDERATION, 330200, None),
)
NEW_FORM = frozenset({"KD", "WM", "XD"})


@dataclass
class World:
    """The tree by code, and a clock that each action moves on by a minute."""

    ids: dict[str, int]
    now: datetime = NOW
    people: dict[str, Actor] = field(default_factory=dict)

    def __getitem__(self, code: str) -> int:
        return self.ids[code]

    def tick(self) -> datetime:
        """Return the next minute."""
        self.now += timedelta(minutes=1)
        return self.now

    def do(self, action: Callable[..., Any], *, actor: Actor = SYSTEM, **given: Any) -> Any:
        """Run an action at the next minute."""
        return action(**given, actor=actor, now=self.tick())

    def found(self, name: str, parent: str, **given: Any) -> int:
        """Found a union under ``parent`` and return its id; its name is its code here."""
        above = queries.get_union(self[parent])
        particulars = {
            "kind": UnionKind.JOINT,
            "adcode": above.adcode,
            "founded_on": FOUNDED,
        } | given
        union = self.do(actions.found_union, name=name, parent_id=above.id, **particulars)
        self.ids[name] = union.id
        return int(union.id)

    def codes(self, ids: list[int]) -> list[str]:
        """Return the codes for ids, sorted."""
        names = {union_id: code for code, union_id in self.ids.items()}
        return sorted(names[each] for each in ids)

    def subtree(self, code: str, **when: Any) -> list[str]:
        """Return the codes of a subtree."""
        return self.codes(queries.subtree_ids(self[code], **when))

    def actor(self, role: Role, code: str) -> Actor:
        """Return somebody with a role over the union ``code``."""
        union = queries.get_union(self[code])
        return Actor(name=role.label, grants=(Grant(role, union.id, union.path),))


def row_of(code: str, parent: str | None, name: str, kind: UnionKind, *place: Any) -> NewUnion:
    """Return what ``found_unions_in_bulk`` takes."""
    return NewUnion(
        name=name,
        kind=kind,
        adcode=place[0],
        town_code=place[1],
        founded_on=FOUNDED,
        parent_code=parent,
        code=code,
        is_new_form=code in NEW_FORM,
        industry_code="H6242" if code == "WM" else "",
        route=Route.KEY_ENTERPRISE if code == "XD" else None,
    )


@pytest.fixture
def world(db: None) -> World:
    """Return the small tree, founded on 2020-01-01 and known since then."""
    known = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [row_of(*line) for line in TREE]
    ids = actions.found_unions_in_bulk(rows, actor=SYSTEM, now=known)
    return World(ids)
