"""Who may read the log, who may verify it, and over which unions."""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor


def check_can_verify(actor: Actor) -> None:
    """Return if the actor may verify the chain; raise ``Forbidden`` otherwise."""
    policy.check(actor, "event_log.verify")


def event_scope(actor: Actor) -> tuple[str, ...]:
    """Return the union paths whose events the actor may see; ("/",) for all.

    Raises ``Forbidden`` when the right is not held at all.
    """
    paths = policy.scope_paths(actor, "event_log.view")
    if not paths:
        policy.check(actor, "event_log.view")
    return paths
