"""Who may do what: one policy file, read by code, by the matrix page and by the walk over URLs.

It lives in the kernel because ``people`` and ``orgs``, which lie below ``access``, obey it too.
A right is "object.action". Holding it in no scope at all is ``Forbidden``; holding it elsewhere is
``NotFound``: out of scope reads like not there.
"""

from functools import lru_cache
from pathlib import Path

import yaml

from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.errors import Forbidden, NotFound

POLICY_FILE = Path(__file__).parent / "data" / "policy.yaml"
EVERYWHERE = "/"
_TREE_SCOPES = frozenset("UTEK")


@lru_cache(maxsize=1)
def rights() -> dict[str, dict[Role, str]]:
    """Return every right ("membership.decide") with the scope letter of each role that holds it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where it is built
    objects = yaml.load(POLICY_FILE.read_text(encoding="utf-8"), Loader=loader)
    return {
        f"{noun}.{action}": {Role(role): letter for role, letter in holders.items()}
        for noun, actions in objects.items()
        for action, holders in actions.items()
    }


def holders(right: str) -> dict[Role, str]:
    """Return the roles that hold ``right`` with their scope letters; ``KeyError`` if unknown."""
    return rights()[right]


def holds(actor: Actor, right: str) -> bool:
    """Return whether the actor holds ``right`` anywhere."""
    return actor.has_role(Role.SYSTEM) or any(role in holders(right) for role in actor.roles)


def scope_paths(actor: Actor, right: str) -> tuple[str, ...]:
    """Return the union paths below which the actor holds ``right``; (``EVERYWHERE``,) for all.

    Empty when it is held in no subtree (own-person rights give no subtree). Paths that lie below
    another one are left out, so that a query built of them counts nobody twice.
    """
    if actor.has_role(Role.SYSTEM):
        return (EVERYWHERE,)
    letters = holders(right)
    if any(letters.get(role) in ("P", "X") for role in actor.roles):
        return (EVERYWHERE,)
    paths = {g.union_path for g in actor.grants if letters.get(g.role, "-") in _TREE_SCOPES}
    paths.discard("")
    return tuple(sorted(p for p in paths if not any(p != q and p.startswith(q) for q in paths)))


def may(actor: Actor, right: str, *, path: str | None = None, worker_id: int | None = None) -> bool:
    """Return whether the actor holds ``right`` over the union at ``path`` or the given person."""
    if path is not None and any(path.startswith(p) for p in scope_paths(actor, right)):
        return True
    if scope_paths(actor, right) == (EVERYWHERE,):
        return True
    is_self = worker_id is not None and worker_id == actor.worker_id
    return is_self and holders(right).get(Role.WORKER) == "S"


def check(
    actor: Actor, right: str, *, path: str | None = None, worker_id: int | None = None
) -> None:
    """Return when allowed; raise ``NotFound`` out of scope and ``Forbidden`` without the right."""
    if may(actor, right, path=path, worker_id=worker_id):
        return
    if holds(actor, right):
        raise NotFound()
    raise Forbidden("access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。")
