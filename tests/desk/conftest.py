"""A tree founded through the actions, so that it has a past; and its county cadre at the desk."""

from datetime import date, timedelta
from typing import Any

import pytest

from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.models import Membership
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.models import Union
from nuanxin.orgs.queries import UnionRow
from nuanxin.orgs.states import UnionKind
from nuanxin.people.models import Worker

FOUNDED = date(2022, 3, 1)


class Ground:
    """Unions founded below the cast's county, each with its past, and members put into them."""

    def __init__(self, cast: Any) -> None:
        self.cast = cast
        self.now = clock.now()
        self.today = clock.business_day(self.now)
        self.town = self.found("祥符街道总工会", cast.union("county").id, kind=UnionKind.TOWNSHIP)
        self.riders = self.found("祥符骑手联合工会", self.town.id)
        self.drivers = self.found("祥符司机联合工会", self.town.id)
        self.other_town = self.found(
            "和睦街道总工会", cast.union("county").id, kind=UnionKind.TOWNSHIP
        )

    def found(self, name: str, parent_id: int, **more: Any) -> UnionRow:
        """Found a union in 2022."""
        given = {"kind": UnionKind.JOINT, "adcode": 330105, "founded_on": FOUNDED} | more
        return orgs.found_union(name=name, parent_id=parent_id, actor=SYSTEM, now=self.now, **given)

    def put_members(self, union: UnionRow, count: int, **more: Any) -> list[Membership]:
        """Put new people into a union as live members."""
        made = []
        for number in range(count):
            worker = Worker.objects.create(name=f"样员{number:02}", created_at=self.now)
            made.append(
                Membership.objects.create(
                    worker=worker,
                    union_id=union.id,
                    channel=1,
                    occupation=3,
                    started_on=self.today - timedelta(days=number),
                    joined_on=self.today - timedelta(days=number),
                    recorded_at=self.now,
                    **more,
                )
            )
        return made

    def row(self, union: UnionRow) -> Union:
        """Return the union as it is now."""
        return Union.objects.get(id=union.id)


@pytest.fixture
def ground(cast: Any, db: None) -> Ground:
    """Four unions founded below the cast's county."""
    for name in ("county", "city", "province"):
        union = cast.union(name)
        _plant(union, cast.now)
    return Ground(cast)


def _plant(union: Union, now: Any) -> None:
    """Give a union of the cast the dated rows that a founding would have given it."""
    from nuanxin.orgs.models import Placement, Territory

    Territory.objects.create(
        union=union, adcode=union.adcode, is_seat=True, valid_from=union.founded_on, recorded_at=now
    )
    if union.parent_id is not None:
        Placement.objects.create(
            union=union, parent_id=union.parent_id, kind=1, valid_from=union.founded_on,
            recorded_at=now,
        )  # fmt: skip
