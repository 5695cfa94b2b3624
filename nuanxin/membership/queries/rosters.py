"""Reading roster batches: the list of a scope, one batch for its page, the interrupted ones."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.membership.models import JoinApplication, RosterBatch, Transfer
from nuanxin.membership.states import BatchState, JoinState, RowOutcome, TransferState

PAGE_ROWS = 50
_LOST_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as lists and pages show it. Counts are rows of the file."""

    id: int
    union_id: int
    union_name: str
    union_code: str
    state: BatchState
    file_name: str
    created_at: datetime
    created_by_name: str
    rows_count: int
    done_rows: int
    totals: dict[str, int]
    failure: str
    undo_until: datetime | None
    mapping: dict[str, int] | None

    @property
    def state_label(self) -> str:
        """Return the Chinese state."""
        return self.state.label

    @property
    def groups(self) -> list[tuple[str, str, int]]:
        """Return (code, label, rows) of every outcome that occurs, in the order of the codes."""
        return [(o.code, o.label, self.totals[o.code]) for o in RowOutcome if o.code in self.totals]

    @property
    def percent(self) -> int:
        """Return how much of a running batch is done, 0 to 100."""
        return 100 * self.done_rows // self.rows_count if self.rows_count else 0


def list_batches(
    actor: Actor, *, union_id: int | None = None, before: int | None = None, limit: int = PAGE_ROWS
) -> list[BatchRow]:
    """Return the batches of the actor's scope, the newest first, below id ``before``."""
    scope = Q()
    paths = policy.scope_paths(actor, "roster.view")
    if not paths:
        return []
    for path in paths:
        scope |= Q(union__path__startswith=path)
    found = RosterBatch.objects.select_related("union").filter(scope)
    if union_id is not None:
        found = found.filter(union_id=union_id)
    if before is not None:
        found = found.filter(id__lt=before)
    return [_row(batch) for batch in found.order_by("-id")[: min(limit, 100)]]


def get_batch_row(actor: Actor, batch_id: int) -> BatchRow:
    """Return one batch; raise ``NotFound`` out of scope."""
    batch = RosterBatch.objects.select_related("union").filter(id=batch_id).first()
    if batch is None:
        raise NotFound()
    policy.check(actor, "roster.view", path=batch.union.path)
    return _row(batch)


def list_interrupted_batches(now: datetime) -> list[tuple[int, int]]:
    """Return (id, state) of batches that should be in a job's hands and have none waiting."""
    found = RosterBatch.objects.raw(
        """
        SELECT b.id, b.state FROM membership_rosterbatch b
        WHERE b.state IN (%(reading)s, %(running)s)
          AND coalesce(b.started_at, b.created_at) < %(lost)s
          AND NOT EXISTS (
            SELECT 1 FROM procrastinate_jobs j
            WHERE j.status IN ('todo', 'doing') AND (j.args ->> 'batch_id')::bigint = b.id)
        ORDER BY b.id LIMIT 20
        """,
        {
            "reading": int(BatchState.READING),
            "running": int(BatchState.RUNNING),
            "lost": now - _LOST_AFTER,
        },
    )
    return [(batch.id, batch.state) for batch in found]


def _row(batch: RosterBatch) -> BatchRow:
    union: Any = batch.union
    return BatchRow(
        id=batch.id,
        union_id=union.id,
        union_name=union.name,
        union_code=union.code,
        state=BatchState(batch.state),
        file_name=batch.file_name,
        created_at=batch.created_at,
        created_by_name=batch.created_by_name,
        rows_count=batch.rows_count,
        done_rows=batch.done_rows,
        totals=batch.totals,
        failure=batch.failure,
        undo_until=batch.undo_until,
        mapping=batch.mapping,
    )


@dataclass(frozen=True, slots=True)
class UndoEffect:
    """What undoing a batch would take back now, in persons; ``moved_persons`` it would not."""

    invited_persons: int
    confirmed_persons: int
    approved_persons: int
    moved_persons: int


def get_undo_effect(actor: Actor, batch_id: int) -> UndoEffect:
    """Return what undoing the batch would do to people by now; raise ``NotFound`` out of scope."""
    batch = get_batch_row(actor, batch_id)
    of_state = Counter(
        dict(
            JoinApplication.objects.filter(batch_id=batch.id)
            .values_list("state")
            .annotate(persons=Count("id"))
            .order_by("state")
        )
    )
    return UndoEffect(
        invited_persons=of_state[JoinState.INVITED],
        confirmed_persons=of_state[JoinState.SUBMITTED] + of_state[JoinState.RETURNED],
        approved_persons=of_state[JoinState.APPROVED],
        moved_persons=Transfer.objects.filter(
            batch_id=batch.id, state=TransferState.ACCEPTED
        ).count(),
    )
