"""What a table that was brought in goes through, whatever is in it: its moves, and their events."""

from datetime import datetime

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict
from nuanxin.membership.models import Listing, RosterBatch
from nuanxin.membership.states import BATCH_MOVES, BatchState
from nuanxin.records import actions as records


def move_batch(batch: RosterBatch | Listing, to: BatchState, *, code: str, noun: str) -> None:
    """Set the state without saving it. Raises ``Conflict`` with ``code`` for a move that is none."""
    state = BatchState(batch.state)
    if to not in BATCH_MOVES[state]:
        raise Conflict(code, f"{noun}现在是「{state.label}」，不能这样办。刷新看看最新的情况。")
    batch.state = to


def record_batch(
    kind: str,
    batch: RosterBatch | Listing,
    actor: Actor,
    now: datetime,
    data: dict[str, object] | None = None,
    *,
    owner: str,
) -> None:
    """Append the event of a move; ``owner`` is what the kind of table is called in 留痕."""
    records.append_event(
        kind,
        actor=actor,
        at=now,
        subject_type=owner,
        subject_id=batch.id,
        union_id=batch.union_id,
        data=data,
    )
