"""Jobs of a person: several at once, each dated."""

from datetime import date, datetime

from django.db import connection, transaction

from nuanxin.kernel import occupations
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.people import permissions
from nuanxin.people.models import Engagement
from nuanxin.people.states import LabourRelation
from nuanxin.records.actions import append_event

OPEN_LIMIT = 12
"""Jobs that one person can hold at a time in here: more is a mistake of a form."""

_PLACE_LONGEST = 120


@transaction.atomic
def add_engagement(
    *,
    worker_id: int,
    occupation: int,
    source: str,
    actor: Actor,
    now: datetime,
    place_stated: str = "",
    relation: int = LabourRelation.UNKNOWN,
    employer_id: int | None = None,
    platform_id: int | None = None,
    outlet_id: int | None = None,
    work_adcode: int | None = None,
    started_on: date | None = None,
) -> int:
    """Add a job and return its id; the same running job again returns the one that is there.

    ``occupation`` is the key of ``kernel.occupations``, ``source`` where it was said ("join",
    "roster:5", "worker"). Raises ``Malformed`` for an unknown occupation, ``Conflict``
    people.too_many_engagements, ``NotFound``, ``Forbidden``.
    """
    permissions.check_can(actor, permissions.EDIT, worker_id)
    occupations.by_key(occupation)
    _lock(worker_id)
    place = " ".join(place_stated.split())[:_PLACE_LONGEST]
    running = Engagement.objects.filter(worker_id=worker_id, ended_on__isnull=True)
    same = running.filter(
        occupation=occupation,
        employer_id=employer_id,
        platform_id=platform_id,
        outlet_id=outlet_id,
        place_stated=place,
    ).first()
    if same is not None:
        return same.id
    if running.count() >= OPEN_LIMIT:
        raise Conflict(
            "people.too_many_engagements",
            f"同时在做的工作最多记 {OPEN_LIMIT} 份。请先把不做了的结束掉。",
        )
    added = Engagement.objects.create(
        worker_id=worker_id,
        occupation=occupation,
        employer_id=employer_id,
        platform_id=platform_id,
        outlet_id=outlet_id,
        place_stated=place,
        relation=LabourRelation(relation),
        work_adcode=work_adcode,
        started_on=started_on,
        recorded_at=now,
        source=source,
    )
    _log("people.engagement_added", worker_id, added.id, actor, now)
    return added.id


@transaction.atomic
def close_engagement(
    *, engagement_id: int, worker_id: int, ended_on: date, actor: Actor, now: datetime
) -> None:
    """End a running job on a day (its last one).

    Raises ``NotFound`` when it is not a running job of this person, ``Malformed``
    people.engagement_dates when it would end before it began.
    """
    permissions.check_can(actor, permissions.EDIT, worker_id)
    found = (
        Engagement.objects.select_for_update()
        .filter(id=engagement_id, worker_id=worker_id, ended_on__isnull=True)
        .first()
    )
    if found is None:
        raise NotFound()
    if found.started_on is not None and ended_on < found.started_on:
        raise Malformed(
            "people.engagement_dates",
            f"结束日期不能早于开始日期（{found.started_on.isoformat()}）。请再看一遍。",
        )
    Engagement.objects.filter(id=engagement_id).update(ended_on=ended_on)
    _log("people.engagement_ended", worker_id, engagement_id, actor, now)


def _lock(worker_id: int) -> None:
    with connection.cursor() as db:
        db.execute(
            """SELECT 1 FROM people_worker
               WHERE id = %s AND merged_into_id IS NULL AND erased_at IS NULL FOR UPDATE""",
            [worker_id],
        )
        if db.fetchone() is None:
            raise NotFound()


def _log(kind: str, worker_id: int, engagement_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=worker_id,
        data={"engagement": engagement_id},
    )
