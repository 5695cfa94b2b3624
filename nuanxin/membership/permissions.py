"""Who may do what here: one ``can``/``check`` pair a right; the policy file alone decides.

Out of scope raises ``NotFound``, in scope without the right ``Forbidden`` (``kernel.policy``).
Every pair takes the path of the union concerned, and where a person's own record is meant his id.
"""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor

VIEW = "membership.view"
COUNT = "membership.count"
CREATE = "membership.create"
DECIDE = "membership.decide"
EXPORT = "membership.export"
ROSTER = "roster.create"
CARD = "card.view"


def can_view(actor: Actor, *, path: str, worker_id: int | None = None) -> bool:
    """Return whether the actor may see memberships and applications of the union at ``path``."""
    return policy.may(actor, VIEW, path=path, worker_id=worker_id)


def check_can_view(actor: Actor, *, path: str, worker_id: int | None = None) -> None:
    """Raise unless ``can_view``."""
    policy.check(actor, VIEW, path=path, worker_id=worker_id)


def can_count(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may know how many members the union at ``path`` has."""
    return policy.may(actor, COUNT, path=path)


def check_can_count(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_count``."""
    policy.check(actor, COUNT, path=path)


def can_decide(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may decide on applications and memberships there."""
    return policy.may(actor, DECIDE, path=path)


def check_can_decide(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_decide``."""
    policy.check(actor, DECIDE, path=path)


def can_invite(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may hold a ceremony and hand in rosters there."""
    return policy.may(actor, ROSTER, path=path)


def check_can_invite(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_invite``."""
    policy.check(actor, ROSTER, path=path)


def can_export(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may take a list of the members there out of the system."""
    return policy.may(actor, EXPORT, path=path)


def check_can_export(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_export``."""
    policy.check(actor, EXPORT, path=path)


def is_own_person(actor: Actor, worker_id: int) -> bool:
    """Return whether the record is the actor's own: nobody decides about himself."""
    return actor.worker_id is not None and actor.worker_id == worker_id


def decide_paths(actor: Actor) -> tuple[str, ...]:
    """Return the subtrees in which the actor decides; empty for none."""
    return policy.scope_paths(actor, DECIDE)


def view_paths(actor: Actor) -> tuple[str, ...]:
    """Return the subtrees in which the actor sees members; empty for none."""
    return policy.scope_paths(actor, VIEW)
