"""What the tests of 服务 share: offers of the cast's unions, members of them, real commits for races."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.membership.models import Membership
from nuanxin.people.models import Worker
from nuanxin.programmes.actions.offers import OfferDraft, PoolDraft, create_offer, publish_offer
from nuanxin.programmes.models import Offer
from nuanxin.programmes.states import Way
from tests.cast import Cast, build_cast
from tests.membership.conftest import at_once, own_database  # noqa: F401

COURIER, DRIVER, CLEANER = 3, 2, 7


@dataclass
class Town:
    """The cast with offers and members in it."""

    cast: Cast

    def offer(self, way: Way = Way.FIRST_COME, places: int = 3, **more: Any) -> Offer:
        """Return a published offer of the county; ``directed`` is its share in permille."""
        now = self.cast.now
        draft = OfferDraft(
            definition=more.pop("definition", "health_exam"),
            title="免费体检",
            way=way,
            places=places,
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=9),
            directed_permille=more.pop("directed", 0),
            **more,
        )
        actor, county = self.cast.county_cadre, self.cast.unions["county"]
        made = create_offer(draft=draft, union_id=county.id, actor=actor, now=now)
        publish_offer(offer_id=made.id, actor=actor, now=now)
        made.refresh_from_db()
        return made

    def riders(
        self, count: int, *, occupation: int = COURIER, union: str = "couriers"
    ) -> list[Actor]:
        """Return so many new members of a union, as actors."""
        now = self.cast.now
        today = clock.business_day(now)
        workers = Worker.objects.bulk_create(
            Worker(name=f"骑手{number}", created_at=now) for number in range(count)
        )
        Membership.objects.bulk_create(
            Membership(
                worker=worker,
                union=self.cast.unions[union],
                channel=1,
                occupation=occupation,
                started_on=today,
                joined_on=today,
                recorded_at=now,
            )
            for worker in workers
        )
        return [Actor(worker_id=worker.id, name=worker.name) for worker in workers]


def town_of(cast: Cast) -> Town:
    """Let the unions of the cast take members; the directed group is the four trades."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orgs_union SET accepts_members = true WHERE level = 5")
    return Town(cast)


@pytest.fixture
def town(cast: Cast) -> Town:
    """Return the town, fresh for each test."""
    return town_of(cast)


@pytest.fixture
def racing_town(own_database: None) -> Town:  # noqa: F811
    """Return the town in a database of its own, where commits are real."""
    return town_of(build_cast())


POOLS_BY_TRADE = (
    PoolDraft("快递员", 2, occupation=COURIER),
    PoolDraft("网约车司机", 1, occupation=DRIVER),
)


@pytest.fixture
def camp_town(town: Town) -> Any:
    """Return the town with camps."""
    from tests.programmes.camp_town import CampTown

    return CampTown(town)


@pytest.fixture
def racing_camp_town(racing_town: Town) -> Any:
    """Return the town with camps in a database of its own, where commits are real."""
    from tests.programmes.camp_town import CampTown

    return CampTown(racing_town)
