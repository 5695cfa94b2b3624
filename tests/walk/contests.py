"""Contests for the walk: one of a given union with an entrant, a judge and an appeal."""

from datetime import date
from decimal import Decimal
from typing import Any

from nuanxin.kernel.uuid7 import uuid7
from nuanxin.orgs.models import Union
from nuanxin.programmes.models import (
    Application,
    Contest,
    ContestAppeal,
    ContestCriterion,
    ContestEntrant,
    ContestRound,
    EntrantMember,
    RoundEntry,
)
from nuanxin.programmes.states import RoundState
from tests.cast import Cast


def contest(cast: Cast, union: Union) -> Contest:
    """A contest with one round that is being scored and one entrant in it."""
    from tests.walk.offers import offer

    made = offer(cast, union, way=2)
    found = Contest.objects.create(offer=made, appeal_days=3, created_at=cast.now)
    held = ContestRound.objects.create(
        contest=found, ordinal=1, label="初赛", held_on=date(2026, 12, 5), goes_on=1,
        state=RoundState.SCORING,
    )  # fmt: skip
    ContestCriterion.objects.create(round=held, ordinal=1, label="车辆检查", weight=Decimal(100),
                                    most=Decimal(100))  # fmt: skip
    entrant = ContestEntrant.objects.create(contest=found, number=1)
    application = Application.objects.create(
        offer=made, pool=made.pool_set.get(), worker_id=cast.actor("rider_lu").worker_id,
        state=1, applied_at=cast.now,
    )  # fmt: skip
    EntrantMember.objects.create(entrant=entrant, application=application)
    entry = RoundEntry.objects.create(round=held, entrant=entrant)
    ContestAppeal.objects.create(
        entry=entry, worker_id=application.worker_id, bound=uuid7(), text_sealed=b"-", filed_at=cast.now,
        due_on=date(2026, 12, 9), closed_keys=",",
    )  # fmt: skip
    return found


def contest_of(cast: Cast, union: Union) -> dict[str, Any]:
    return {"contest_id": contest(cast, union).id}


def round_of(cast: Cast, union: Union) -> dict[str, Any]:
    found = contest(cast, union)
    return {"contest_id": found.id, "round_id": found.contestround_set.get().id}


def appeal_of(cast: Cast, union: Union) -> dict[str, Any]:
    found = contest(cast, union)
    return {"appeal_id": ContestAppeal.objects.get(entry__round__contest=found).id}


def contest_samples(sample: Any, no_id: int, offer_of: Any) -> dict[str, Any]:
    """Return the samples of the addresses of contests; ``sample`` makes one."""

    def public(cast: Cast) -> dict[str, Any]:
        return {"code": contest(cast, cast.union("county")).offer.code}

    def scored(cast: Cast) -> dict[str, Any]:
        found = contest(cast, cast.union("county"))
        return {"round_id": found.contestround_set.get().id}

    return {
        "contest": sample(missing={"code": "nothing"}, public=public),
        "contest-honour": sample(missing={"code": "nothing"}, public=public),
        "contest-appeal": sample(missing={"code": "nothing"}, public=public),
        "judging-round": sample(missing={"round_id": no_id}, public=scored),
        "judging-sheet": sample(
            missing={"round_id": no_id, "number": 1},
            public=lambda cast: {**scored(cast), "number": 1},
        ),
        "desk-offer-contest": sample(missing={"offer_id": no_id}, of_union=offer_of),
        "desk-contest": sample(missing={"contest_id": no_id}, of_union=contest_of),
        "desk-contest-round": sample(
            missing={"contest_id": no_id, "round_id": no_id}, of_union=round_of
        ),
        "desk-contest-appeal": sample(missing={"appeal_id": no_id}, of_union=appeal_of),
    }
