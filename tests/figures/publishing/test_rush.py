"""Two who approve at the same moment, on real connections: two persons publish once, one never twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID

import pytest
from django.db import connection

from nuanxin.figures.actions import publishing
from nuanxin.figures.models import Approval, Publication, PublicationSeries
from nuanxin.figures.states import PublicationState
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.errors import Refusal
from nuanxin.orgs.models import Union
from tests.membership.cast import make_union
from tests.records.committed import at_once, committed

__all__ = ["committed"]
pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TABLES = (
    "figures_approval",
    "figures_publicationline",
    "figures_publication",
    "figures_publicationseries",
    "figures_periodlock",
)


@pytest.fixture
def draft(committed: None) -> Iterator[Publication]:
    """Return a checked withdrawal: no numbers, so that only the approvals matter."""
    union = make_union("浙江省总工会", None, level=1, adcode=330000, kind="federation")
    made = Publication.objects.create(
        series=PublicationSeries.objects.create(union=union, created_at=NOW),
        title="样例",
        union=union,
        region=330000,
        as_of=date(2026, 10, 31),
        known_at=NOW,
        measured_at=NOW,
        least_persons=5,
        is_withdrawal=True,
        author_key="a-author",
        drafted_at=NOW,
    )
    publishing.check_publication(publication_id=made.id, actor=person(union, 1), now=NOW)
    yield made
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}")
        cursor.execute("ALTER TABLE orgs_union DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM orgs_union WHERE id = %s", [union.id])
        cursor.execute("ALTER TABLE orgs_union ENABLE TRIGGER USER")


def person(union: Union, number: int) -> Actor:
    grants = (Grant(Role.PROVINCE_CADRE, union.id, union.path),)
    return Actor(account_id=UUID(int=number), name=f"审签{number}", grants=grants)


def test_eight_who_approve_at_once_are_one_first_approval(draft):
    approve = partial(publishing.approve_publication, publication_id=draft.id, now=NOW)
    done = at_once([partial(approve, actor=person(draft.union, n)) for n in range(8)])
    assert sum(isinstance(one, Refusal) for one in done) == 7
    assert Approval.objects.count() == 1


def test_eight_who_publish_at_once_publish_once_and_the_first_approver_never(draft):
    first = person(draft.union, 1)
    publishing.approve_publication(publication_id=draft.id, actor=first, now=NOW)
    publish = partial(publishing.publish_publication, publication_id=draft.id, now=NOW)
    people = [first, first, *(person(draft.union, n) for n in range(2, 8))]
    done = at_once([partial(publish, actor=one) for one in people])
    assert sum(isinstance(one, Publication) for one in done) == 1
    assert all(isinstance(one, Refusal) for one in done[:2])
    draft.refresh_from_db()
    assert draft.state == PublicationState.PUBLISHED
    assert Approval.objects.values("person_key").distinct().count() == 2
