"""The made-up province of these tests, folded up to a month before its last day."""

from datetime import timedelta

import pytest

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.membership.actions.stocks import fold_flows
from tests.figures.world import LAST, World, make_world

NOW = clock.day_start(LAST) + timedelta(hours=10)


@pytest.fixture
def world(db: None) -> World:
    """Return the province; the last two months are not folded yet."""
    made = make_world()
    fold_flows(now=NOW - timedelta(days=40))
    return made


@pytest.fixture
def holder(world: World):
    """Return a function that makes somebody who holds a post over a union."""

    def make(union: str, role: Role = Role.COUNTY_CADRE) -> Actor:
        top = world.unions[union]
        return Actor(name="陈立春", grants=(Grant(role, top.id, top.path),))

    return make
