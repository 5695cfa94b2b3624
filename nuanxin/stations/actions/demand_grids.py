"""Uploaded tables of demand: kept as they came, in WGS-84; thrown away when nobody wants them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.records.actions import append_event
from nuanxin.stations import permissions
from nuanxin.stations.models import DemandGrid
from nuanxin.stations.queries.areas import get_area
from nuanxin.stations.queries.siting import get_grid

Point = tuple[float, float, list[float]]


@transaction.atomic
def keep_grid(
    *, adcode: int, name: str, source: str, points: Sequence[Point], actor: Actor, now: datetime
) -> DemandGrid:
    """Keep a table of (lng, lat, persons by hour).

    Raises ``NotFound`` for an area out of scope, ``Malformed`` stations.grid_empty, and ``Conflict``
    stations.grid_known when the union has the same points already: nothing changes then.
    """
    area = get_area(actor, permissions.PLAN, adcode)
    hours = sum(sum(persons) for _, _, persons in points)
    if not hours:
        raise Malformed("stations.grid_empty", "这张表里一个人也没有，没有存。")
    try:
        with transaction.atomic():
            grid = DemandGrid.objects.create(
                union_id=area.union_id,
                digest=digest_of(points),
                name=name,
                source=source,
                points=len(points),
                persons_hours=hours,
                uploaded_by=actor.account_id,
                uploaded_at=now,
            )
    except IntegrityError:
        raise _known(area.union_id, points) from None
    statement = "COPY stations_demandpoint (grid_id, wgs_lng, wgs_lat, persons) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for lng, lat, persons in points:
            copy.write_row((grid.id, lng, lat, persons))
    _note("stations.grid_kept", grid, actor, now)
    return grid


def _known(union_id: int, points: Sequence[Point]) -> Conflict:
    known = DemandGrid.objects.get(union_id=union_id, digest=digest_of(points))
    day = known.uploaded_at.astimezone(SHANGHAI)
    return Conflict(
        "stations.grid_known",
        f"一样的表 {day.month} 月 {day.day} 日传过了，叫“{known.name}”。没有再存一份，做方案时选它就行。",
    )


def digest_of(points: Sequence[Point]) -> str:
    """Return what tells tables apart: of the points in any order, rounded to a decimetre."""
    lines = sorted(f"{lng:.6f} {lat:.6f} {persons}" for lng, lat, persons in points)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@transaction.atomic
def drop_grid(*, grid_id: int, actor: Actor, now: datetime) -> None:
    """Throw a table away; plans made from it have kept their numbers. Raises ``NotFound``."""
    grid = get_grid(grid_id, actor=actor)
    _note("stations.grid_dropped", grid, actor, now)
    grid.delete()


def _note(kind: str, grid: DemandGrid, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="demand_grid",
        subject_id=grid.id,
        union_id=grid.union_id,
        data={"name": grid.name, "source": grid.source, "points": grid.points},
    )
