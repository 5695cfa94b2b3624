"""Many ask with one identity at one moment, and what would happen without the unique index.

All statements are held at the same point, after each has looked and before it writes; so the rush
is certain and not a matter of luck.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from nuanxin.membership.actions import join
from nuanxin.membership.actions.join_statement import JOIN, Statement
from nuanxin.membership.models import JoinApplication, MemberFlow
from nuanxin.membership.states import ReceiptKind
from nuanxin.people.models import Worker
from nuanxin.records.models import Event
from tests.membership.cast import Cast, ask_to_join, identity_of, phone_of
from tests.membership.conftest import at_once

pytestmark = pytest.mark.slow
RUNNERS = 32
GATE = 7_226
GUARD = "ON CONFLICT (identity_hash) WHERE merged_into_id IS NULL DO NOTHING"
_LOOKS = 100_000
_WAITING = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
)


@contextmanager
def a_gate_before_writing(runners: int) -> Iterator[Callable[[], None]]:
    """Hold whoever inserts a person; yield what opens the gate once ``runners`` wait at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"""
        )
        cursor.execute(
            "CREATE TRIGGER gate BEFORE INSERT ON people_worker"
            " FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
        )
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])

    def open_when_all_wait() -> None:
        with connection.cursor() as cursor:
            for _ in range(_LOOKS):
                cursor.execute(_WAITING, [GATE])
                if cursor.fetchone()[0] == runners:
                    break
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])

    yield open_when_all_wait


def rush(cast: Cast) -> list[Any]:
    """Let 32 ask with one identity; all have looked before the first one writes."""
    me = {"identity": identity_of(), "phone": phone_of()}
    with a_gate_before_writing(RUNNERS) as open_gate, ThreadPoolExecutor(1) as aside:
        asking = aside.submit(at_once, RUNNERS, lambda _: ask_to_join(cast.riders, **me))
        open_gate()
        return asking.result(timeout=60)


def test_thirty_two_who_all_looked_first_are_one_person(racing_cast: Cast) -> None:
    kinds = [answer.kind for answer in rush(racing_cast)]
    assert kinds.count(ReceiptKind.NEW) == 1
    assert kinds.count(ReceiptKind.ALREADY_APPLIED) == RUNNERS - 1
    assert Worker.objects.count() == 1
    assert JoinApplication.objects.count() == MemberFlow.objects.count() == 1
    assert Event.objects.count() == 1


def test_without_the_unique_index_they_would_be_thirty_two(racing_cast: Cast, monkeypatch) -> None:
    assert JOIN.sql.count(GUARD) == 1
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_living_record_per_identity")
    monkeypatch.setattr(join, "JOIN", Statement(JOIN.sql.replace(GUARD, ""), JOIN.names))
    kinds = [answer.kind for answer in rush(racing_cast)]
    assert kinds == [ReceiptKind.NEW] * RUNNERS
    assert Worker.objects.count() == RUNNERS
