"""Who may do what here: one ``can``/``check`` pair a right; the policy file alone decides."""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor

VIEW = "programme.view"
MANAGE = "programme.manage"
EXPORT = "programme.export"
APPLY = "own.open"


def can_manage(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may make and award offers of the union at ``path``."""
    return policy.may(actor, MANAGE, path=path)


def check_can_manage(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_manage``."""
    policy.check(actor, MANAGE, path=path)


def check_can_view(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may see the desk's side of offers of the union at ``path``."""
    policy.check(actor, VIEW, path=path)


def check_can_export(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may take the list of those who have places out of the system."""
    policy.check(actor, EXPORT, path=path)
