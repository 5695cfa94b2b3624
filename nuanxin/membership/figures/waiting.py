"""What waits to be done below a union, counted only: for overviews of those who may count."""

from dataclasses import dataclass
from datetime import date

from nuanxin.membership.figures.reading import _rows
from nuanxin.membership.queries.scope import path_range
from nuanxin.membership.states import BatchState


@dataclass(frozen=True, slots=True)
class Waiting:
    """Applications to be reviewed (``overdue`` among them) and invitations not confirmed yet."""

    to_review: int = 0
    overdue: int = 0
    invited: int = 0


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Open tasks and roster batches below a union."""

    tasks: int
    tasks_overdue: int
    batches: int


def waiting_by_union(path: str, *, today: date) -> dict[int, Waiting]:
    """Return what waits by union, for all below ``path``; unions where nothing waits are left out."""
    low, high = path_range(path)
    rows = _rows(
        "SELECT a.union_id, count(*) FILTER (WHERE a.state = 2),"
        " count(*) FILTER (WHERE a.state = 2 AND a.due_on < %(today)s),"
        " count(*) FILTER (WHERE a.state = 1)"
        " FROM orgs_union u JOIN membership_joinapplication a ON a.union_id = u.id"
        " WHERE u.path >= %(low)s AND u.path < %(high)s AND a.state IN (1, 2, 3) GROUP BY 1",
        {"low": low, "high": high, "today": today},
    )
    return {row[0]: Waiting(*row[1:]) for row in rows}


def open_work(path: str, *, today: date) -> OpenWork:
    """Return how many tasks and roster batches are open below ``path``."""
    low, high = path_range(path)
    below = "union_id IN (SELECT id FROM orgs_union WHERE path >= %(low)s AND path < %(high)s)"
    (row,) = _rows(
        "SELECT (SELECT count(*) FROM membership_task"
        f"         WHERE done_at IS NULL AND {below}),"
        " (SELECT count(*) FROM membership_task"
        f"         WHERE done_at IS NULL AND due_on < %(today)s AND {below}),"
        " (SELECT count(*) FROM membership_rosterbatch"
        f"         WHERE state = ANY(%(states)s) AND {below})",
        {
            "low": low,
            "high": high,
            "today": today,
            "states": [
                int(state)
                for state in (
                    BatchState.READING,
                    BatchState.PREVIEWED,
                    BatchState.RUNNING,
                    BatchState.FAILED,
                )
            ],
        },
    )
    return OpenWork(*row)
