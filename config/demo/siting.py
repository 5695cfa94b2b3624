"""Who works where, a made-up table of demand of the home county, and two siting plans of it."""

from datetime import datetime
from typing import Any

import numpy as np

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.kernel import regions
from nuanxin.kernel.actor import Role
from nuanxin.kernel.clock import business_day
from nuanxin.stations.actions.demand_grids import keep_grid
from nuanxin.stations.actions.siting import ask_for_plan, carry_out_plan
from nuanxin.stations.actions.worked_places import count_worked_places
from nuanxin.stations.queries.siting_demand import usual_day
from nuanxin.stations.rules.siting_settings import Settings, circle_minutes
from nuanxin.stations.states import DemandSource, Travel

POINTS = 160
QUARTERS = 6
# Riders by hour about a place to eat: made up, with a peak at noon and one in the evening.
_DAY = (2, 1, 1, 0, 0, 1, 3, 6, 8, 12, 28, 44, 40, 20, 10, 9, 14, 34, 42, 30, 18, 12, 7, 4)


def plan_sites(sign_ins: list[SignIn], *, seed: int, now: datetime) -> dict[str, Any]:
    """Count who works where, upload the table, work two plans out; return their ids."""
    count_worked_places(now=now)
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    assert entry.union is not None  # a county's cadre has one
    cadre, adcode = accounts.actor_of(entry, now), entry.union.adcode
    grid = keep_grid(
        adcode=adcode,
        name="午晚高峰骑手热力（编造）",
        source="演示数据，按饭点编的，不是真的",
        points=_points(adcode, seed),
        actor=cadre,
        now=now,
    )
    today = business_day(now)
    made = []
    for name, count, vans in (
        ("新建 5 个，8 点到 22 点", 5, 0),
        ("新建 3 个，加 1 辆流动车", 3, 1),
    ):
        settings = Settings(
            adcode=adcode, side_m=500, travel=Travel.WALK, minutes=circle_minutes(adcode, today),
            sources=(DemandSource.GRID,), grid_id=grid.id, count=count, opens=8, closes=22,
            vans=vans, van_from=10, van_until=20, day=usual_day(today), seed=seed + 1,
        )  # fmt: skip
        plan = ask_for_plan(name=name, settings=settings, actor=cadre, now=now)
        carry_out_plan(plan_id=plan.id, now=now)
        made.append(plan.id)
    return {"siting_plans": made, "demand_grids": [grid.id]}


def _points(adcode: int, seed: int) -> list[tuple[float, float, list[float]]]:
    random = np.random.default_rng(seed)
    seat = regions.region(str(adcode))
    middles = random.normal(0, 0.025, (QUARTERS, 2))
    weights = np.array([8, 6, 4, 3, 2, 1]) / 24
    points = []
    for quarter in random.choice(QUARTERS, POINTS, p=weights):
        lng = seat.lng + middles[quarter, 0] + random.normal(0, 0.007)
        lat = seat.lat + middles[quarter, 1] + random.normal(0, 0.006)
        many = random.gamma(1.5, 0.5)
        points.append((round(lng, 5), round(lat, 5), [round(many * one, 1) for one in _DAY]))
    return points
