"""Who may do what with a person: by himself, or from a post over a union that he stands below.

Where people stand is known to upper packages: they register it (``states.register_worker_paths``).
While nothing is registered, only the person himself and the system get through.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor, Grant
from nuanxin.kernel.errors import Forbidden, NotFound
from nuanxin.people.states import worker_paths_sql

CONTACT = "contact.record"
UNMASK, EDIT, MERGE, VIEW = "person.unmask", "person.edit", "person.merge", "person.view_masked"


def can(actor: Actor, right: str, worker_id: int) -> bool:
    """Return whether the actor holds ``right`` over the person."""
    return covers(actor, right, worker_id) is not None


def check_can(actor: Actor, right: str, worker_id: int) -> Grant | None:
    """Return the post that gives the right (None for oneself and the system).

    Raises ``NotFound`` out of scope and ``Forbidden`` without the right.
    """
    found = covers(actor, right, worker_id)
    if found is None:
        if policy.holds(actor, right):
            raise NotFound()
        raise Forbidden(
            "access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。"
        )
    return found[0]


def covers(actor: Actor, right: str, worker_id: int) -> tuple[Grant | None] | None:
    """Return (the post,) that gives ``right`` over the person, None when nothing does."""
    if policy.may(actor, right, worker_id=worker_id):
        return (None,)
    prefixes = policy.scope_paths(actor, right)
    if not prefixes or not worker_paths_sql:
        return None
    with connection.cursor() as db:
        db.execute(
            f"SELECT path FROM ({paths_sql()}) AS p "
            "WHERE p.worker_id = %s AND p.path LIKE ANY(%s) LIMIT 1",
            [worker_id, patterns(prefixes)],
        )
        row = db.fetchone()
    if row is None:
        return None
    letters = policy.holders(right)
    grants = [g for g in actor.grants if g.role in letters and row[0].startswith(g.union_path)]
    return (max(grants, key=lambda g: len(g.union_path), default=None),)


def paths_sql() -> str:
    """Return the SQL that yields (worker_id, path) of everybody; nobody while none is registered."""
    return (
        " UNION ALL ".join(worker_paths_sql) or "SELECT 0::bigint AS worker_id, '' AS path LIMIT 0"
    )


def patterns(prefixes: Sequence[str]) -> list[str]:
    """Return LIKE patterns for the subtrees."""
    return [prefix + "%" for prefix in prefixes]


def scope_condition(actor: Actor, right: str, worker: str) -> tuple[str, dict[str, Any]]:
    """Return an SQL condition on the worker id expression ``worker``, with its values.

    True for people below the actor's posts. Raises ``Forbidden`` when the right is held nowhere.
    """
    prefixes = policy.scope_paths(actor, right)
    if prefixes == (policy.EVERYWHERE,):
        return "true", {}
    if not prefixes:
        policy.check(actor, right)
    condition = (
        f"EXISTS (SELECT 1 FROM ({paths_sql()}) AS p "
        f"WHERE p.worker_id = {worker} AND p.path LIKE ANY(%(scope_patterns)s))"
    )
    return condition, {"scope_patterns": patterns(prefixes)}


def placeless_condition(worker: str) -> str:
    """Return an SQL condition: the person stands below no union at all (an unfinished form)."""
    return f"NOT EXISTS (SELECT 1 FROM ({paths_sql()}) AS q WHERE q.worker_id = {worker})"
