"""A siting plan and a table of demand of a union, for the walk."""

from typing import Any

import numpy as np

from nuanxin.kernel import clock
from nuanxin.orgs.models import Union
from nuanxin.stations.actions.siting import _result
from nuanxin.stations.models import DemandGrid, SitingPlan
from nuanxin.stations.queries.siting_demand import usual_day
from nuanxin.stations.rules.siting_plan import Question, VanQuestion, answer, digest, pack
from nuanxin.stations.rules.siting_settings import Settings
from nuanxin.stations.states import DemandSource, PlanState, Travel
from tests.cast import Cast


def small_question() -> Question:
    """Return three cells in a row with people about noon, one site and one van."""
    persons = np.zeros((3, 24))
    persons[:, 10:15] = [[30.0], [20.0], [10.0]]
    lat, lng = np.full(3, 30.32), np.array([120.15, 120.18, 120.21])
    van = VanQuestion(1, 10 * 60, 15 * 60, 60, 45, 300, 3, 400.0, 30.32, 120.15)
    return Question(lat, lng, persons, np.zeros((3, 24), bool), lat, lng, 773.0, 1, 8, 22, van, 7)


def plan(cast: Cast, union: Union) -> SitingPlan:
    """Return a plan that is worked out."""
    question = small_question()
    settings = Settings(
        330105, 500, Travel.WALK, 15, (DemandSource.ENGAGEMENTS,), None, 1, 8, 22, 1, 10, 15,
        usual_day(clock.business_day(cast.now)), 7,
    )  # fmt: skip
    return SitingPlan.objects.create(
        union=union,
        name="样例",
        settings=settings.to_json(),
        state=PlanState.DONE,
        seed=7,
        question=pack(question),
        digest=digest(question),
        result=_result(question, answer(question)),
        asked_at=cast.now,
        moved_at=cast.now,
        done_at=cast.now,
        took_ms=20,
    )


def grid(cast: Cast, union: Union) -> DemandGrid:
    """Return a table of demand."""
    return DemandGrid.objects.create(
        union=union, name="样例", source="样例", points=1, persons_hours=24, uploaded_at=cast.now
    )


def siting_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of siting; ``sample`` makes one."""

    def of_union(cast: Cast, union: Union) -> dict[str, Any]:
        return {"plan_id": plan(cast, union).id}

    one = sample(missing={"plan_id": no_id}, of_union=of_union)
    return {
        "desk-siting-plan": one,
        "desk-siting-act": one,
        "desk-siting-workbook": one,
        "desk-siting-geojson": one,
        "desk-siting-grid-drop": sample(
            missing={"grid_id": no_id},
            of_union=lambda cast, union: {"grid_id": grid(cast, union).id},
        ),
    }
