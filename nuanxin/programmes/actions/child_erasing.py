"""What is kept of children goes on its day: health notes first, names and pick-up persons later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.programmes.actions.camp_places import end_place, settle
from nuanxin.programmes.actions.children import own_child
from nuanxin.programmes.models import CampPlace
from nuanxin.programmes.models.camp_places import PLACE_LIVE
from nuanxin.programmes.states import ClaimState
from nuanxin.records.actions import append_event

LARGEST_SWEEP = 2_000


@transaction.atomic
def erase_health_notes(*, now: datetime) -> int:
    """Delete the notes whose day has come, and give the table a new file; return how many went.

    A deleted row's bytes would stay in the old file until its page was used again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT programmes_forget_health_notes(%s)", [business_day(now)])
        gone = int(cursor.fetchone()[0])
    if gone:
        append_event(
            "programmes.health_notes_erased", actor=SYSTEM, at=now, subject_type="health_note",
            subject_id=None, data={"count": gone},
        )  # fmt: skip
    return gone


_DUE = """
SELECT k.id FROM programmes_child k
WHERE k.erased_at IS NULL AND k.recorded_at < %(before)s
  AND NOT EXISTS (SELECT 1 FROM programmes_campplace p
                  JOIN programmes_campclass c ON c.id = p.camp_class_id
                  JOIN programmes_camp m ON m.id = c.camp_id
                  WHERE p.child_id = k.id AND m.erase_on > %(today)s)
ORDER BY k.id LIMIT %(limit)s
"""
# The keyed hash of name and month goes too; that a child was there, and on which days, stays as counts.
_ERASE = (
    """UPDATE programmes_child SET name_sealed = NULL, born = NULL, name_hint = '孩子',
              person = gen_random_uuid(), erased_at = %(now)s WHERE id = ANY (%(ids)s)""",
    """UPDATE programmes_campplace SET person = gen_random_uuid() WHERE child_id = ANY (%(ids)s)""",
    """UPDATE programmes_pickupperson SET name_sealed = NULL, phone_sealed = NULL, hint = '',
              removed_at = coalesce(removed_at, %(now)s) WHERE child_id = ANY (%(ids)s)""",
    """UPDATE programmes_childconsent SET withdrawn_at = coalesce(withdrawn_at, %(now)s)
       WHERE child_id = ANY (%(ids)s)""",
    """DELETE FROM programmes_healthnote n USING programmes_campplace p
       WHERE p.id = n.place_id AND p.child_id = ANY (%(ids)s)""",
)


@transaction.atomic
def erase_children(*, now: datetime) -> int:
    """Erase the children whose camps' day has come, and those who never came to one for as long."""
    today = business_day(now)
    days = int(parameter("programmes.camp_child_days", adcode=NATION, on=today).value)
    values: dict[str, Any] = {
        "today": today,
        "before": now - timedelta(days=days),
        "limit": LARGEST_SWEEP,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        ids = [int(row[0]) for row in cursor.fetchall()]
    if ids:
        _erase(ids, SYSTEM, now)
    return len(ids)


@transaction.atomic
def erase_child(*, child_id: int, actor: Actor, now: datetime) -> None:
    """Erase one's own child at once; raise ``NotFound``, ``Conflict`` while it has a place to come."""
    child = own_child(child_id, actor)
    live = CampPlace.objects.filter(
        child=child, state__in=PLACE_LIVE, camp_class__camp__ends_on__gte=business_day(now)
    )
    if live.exists():
        raise Conflict(
            "programmes.child_has_place",
            "孩子还有托管的名额。先退出，再删资料；托管结束也会自动删。",
        )
    _erase([child.id], actor, now)


def erase_children_of(worker_ids: Sequence[int], now: datetime) -> list[str]:
    """Erase the children of persons who are erased; places they still hold go to the next."""
    live = CampPlace.objects.filter(worker_id__in=list(worker_ids), state__in=PLACE_LIVE)
    for place_id, camp_id in live.values_list("id", "camp_class__camp_id"):
        if end_place(place_id, camp_id, ClaimState.WITHDRAWN, actor=SYSTEM, now=now):
            settle(camp_id, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM programmes_child WHERE worker_id = ANY (%s) AND erased_at IS NULL",
            [list(worker_ids)],
        )
        ids = [int(row[0]) for row in cursor.fetchall()]
    if not ids:
        return []
    _erase(ids, SYSTEM, now)
    return ["为托管班登记的孩子资料"]


def _erase(ids: list[int], actor: Actor, now: datetime) -> None:
    values: dict[str, Any] = {"ids": ids, "now": now}
    with connection.cursor() as cursor:
        for statement in _ERASE:
            cursor.execute(statement, values)
    for child_id in ids:
        append_event(
            "programmes.child_erased",
            actor=actor,
            at=now,
            subject_type="child",
            subject_id=child_id,
        )
