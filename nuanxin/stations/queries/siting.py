"""Siting plans and uploaded tables of demand, scoped by the union whose area they are of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.stations import permissions
from nuanxin.stations.models import DemandGrid, SitingPlan
from nuanxin.stations.rules.siting_settings import Settings
from nuanxin.stations.states import PlanState

PAGE = 50
LOST_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan with what was asked and what came out; ``result`` is empty until it is done."""

    id: int
    name: str
    union_name: str
    path: str
    settings: Settings
    state: PlanState
    done_steps: int
    seed: int
    digest: str
    told: dict[str, Any]
    result: dict[str, Any]
    failure: str
    asked_at: datetime
    done_at: datetime | None
    took_ms: int | None
    checked_at: datetime | None
    is_same: bool | None
    proof_state: PlanState | None
    proof_steps: int
    proof: dict[str, Any]

    @property
    def is_done(self) -> bool:
        """Return whether it came out."""
        return self.state == PlanState.DONE


def list_plans(
    actor: Actor, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[PlanRow], int | None]:
    """Return a page of the plans in scope, the newest first, and the id after which it goes on."""
    found = _plans().filter(_scope(actor, "union__path"))
    if before is not None:
        found = found.filter(id__lt=before)
    rows = [_row(plan) for plan in found.order_by("-id")[: limit + 1]]
    more = rows[limit - 1].id if len(rows) > limit else None
    return rows[:limit], more


def get_plan_row(plan_id: int, *, actor: Actor) -> PlanRow:
    """Return one plan; raise ``NotFound`` out of scope."""
    plan = _plans().filter(id=plan_id).first()
    if plan is None:
        raise NotFound()
    permissions.check_can_plan(actor, path=plan.union.path)
    return _row(plan)


def get_question(plan_id: int, *, actor: Actor) -> bytes:
    """Return the packed numbers of a plan; raise ``NotFound`` out of scope and while there are none."""
    get_plan_row(plan_id, actor=actor)
    kept = SitingPlan.objects.filter(id=plan_id).values_list("question", flat=True).first()
    if kept is None:
        raise NotFound()
    return bytes(kept)


def list_interrupted_plans(now: datetime) -> list[int]:
    """Return plans that should be in a job's hands and have none waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id FROM stations_sitingplan p
            WHERE p.state IN (%(waiting)s, %(running)s) AND p.moved_at < %(lost)s
              AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs j
                WHERE j.status IN ('todo', 'doing') AND (j.args ->> 'plan_id')::bigint = p.id)
            ORDER BY p.id LIMIT 20
            """,
            {
                "waiting": int(PlanState.WAITING),
                "running": int(PlanState.RUNNING),
                "lost": now - LOST_AFTER,
            },
        )
        return [int(row[0]) for row in cursor.fetchall()]


def list_interrupted_proofs(now: datetime) -> list[int]:
    """Return plans whose proof should be in a job's hands and has none waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id FROM stations_sitingplan p
            WHERE p.proof_state IN (%(waiting)s, %(running)s) AND p.proof_moved_at < %(lost)s
              AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs j
                WHERE j.status IN ('todo', 'doing') AND (j.args ->> 'plan_id')::bigint = p.id)
            ORDER BY p.id LIMIT 20
            """,
            {
                "waiting": int(PlanState.WAITING),
                "running": int(PlanState.RUNNING),
                "lost": now - LOST_AFTER,
            },
        )
        return [int(row[0]) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class GridRow:
    """An uploaded table of demand."""

    id: int
    name: str
    source: str
    points: int
    persons_hours: float
    union_name: str
    uploaded_at: datetime


def list_grids(actor: Actor, *, limit: int = PAGE) -> list[GridRow]:
    """Return the newest tables in scope."""
    found = DemandGrid.objects.select_related("union").filter(_scope(actor, "union__path"))
    return [_grid_row(grid) for grid in found.order_by("-id")[:limit]]


def list_grids_of(path: str, *, limit: int = 20) -> list[GridRow]:
    """Return the newest tables of the area at ``path`` and below it; the caller may see the area."""
    found = DemandGrid.objects.select_related("union").filter(union__path__startswith=path)
    return [_grid_row(grid) for grid in found.order_by("-id")[:limit]]


def get_grid(grid_id: int, *, actor: Actor) -> DemandGrid:
    """Return one table; raise ``NotFound`` out of scope."""
    grid = DemandGrid.objects.select_related("union").filter(id=grid_id).first()
    if grid is None:
        raise NotFound()
    permissions.check_can_plan(actor, path=grid.union.path)
    return grid


def is_grid_of(grid_id: int | None, path: str) -> bool:
    """Return whether the table is of the area at ``path``, of one below it, or of one above it."""
    if grid_id is None:
        return False
    grid = DemandGrid.objects.select_related("union").filter(id=grid_id).first()
    if grid is None:
        return False
    theirs = grid.union.path
    return theirs.startswith(path) or path.startswith(theirs)


def has_worked_places() -> bool:
    """Return whether it was ever counted who works where."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM stations_workedplace)")
        return bool(cursor.fetchone()[0])


def _grid_row(grid: DemandGrid) -> GridRow:
    return GridRow(
        grid.id,
        grid.name,
        grid.source,
        grid.points,
        grid.persons_hours,
        grid.union.name,
        grid.uploaded_at,
    )


def _plans() -> Any:
    return SitingPlan.objects.select_related("union").defer("question")


def _scope(actor: Actor, field: str) -> Q:
    paths = policy.scope_paths(actor, permissions.PLAN)
    if not paths:
        return Q(pk__in=[])
    scope = Q()
    for path in paths:
        scope |= Q(**{f"{field}__startswith": path})
    return scope


def _row(plan: SitingPlan) -> PlanRow:
    union: Any = plan.union
    return PlanRow(
        id=plan.id,
        name=plan.name,
        union_name=union.name,
        path=union.path,
        settings=Settings.from_json(plan.settings),
        state=PlanState(plan.state),
        done_steps=plan.done_steps,
        seed=plan.seed,
        digest=plan.digest,
        told=plan.told,
        result=plan.result,
        failure=plan.failure,
        asked_at=plan.asked_at,
        done_at=plan.done_at,
        took_ms=plan.took_ms,
        checked_at=plan.checked_at,
        is_same=plan.is_same,
        proof_state=None if plan.proof_state is None else PlanState(plan.proof_state),
        proof_steps=plan.proof_steps,
        proof=plan.proof,
    )
