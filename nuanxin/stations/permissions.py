"""Who may do what here: one ``can``/``check`` pair a right; the policy file alone decides.

What everybody may see of a station is public (``station.view``). A keeper's right reaches, beside
the subtree of his post, only stations that he keeps: the queries ask for that too.
"""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor

VIEW = "station.view"
LIST = "station.list"
MANAGE = "station.manage"
EDIT_OWN = "station.edit_own"


def can_list(actor: Actor, *, path: str) -> bool:
    """Return whether the actor sees the desk's side of stations of the union at ``path``."""
    return policy.may(actor, LIST, path=path)


def check_can_list(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_list``."""
    policy.check(actor, LIST, path=path)


def can_manage(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may register and change stations of the union at ``path``."""
    return policy.may(actor, MANAGE, path=path)


def check_can_manage(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_manage``."""
    policy.check(actor, MANAGE, path=path)


def can_keep(actor: Actor, *, path: str, keeps: bool) -> bool:
    """Return whether the actor may act as keeper: in the subtree of his post and it is his own."""
    return keeps and policy.may(actor, EDIT_OWN, path=path)


# ---- inspections and the selection of the most beautiful -----------------------------------------

INSPECT = "station.inspect"
SELECT = "station.select"


def can_inspect(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may inspect stations of the union at ``path``."""
    return policy.may(actor, INSPECT, path=path)


def check_can_inspect(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_inspect``."""
    policy.check(actor, INSPECT, path=path)


def can_select(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may run a selection of the union at ``path``."""
    return policy.may(actor, SELECT, path=path)


def check_can_select(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_select``."""
    policy.check(actor, SELECT, path=path)


def check_can_nominate(actor: Actor, *, path: str) -> None:
    """Raise unless the actor manages, or selects among, stations of the union at ``path``."""
    if not can_select(actor, path=path):
        check_can_manage(actor, path=path)


# ---- siting, coverage and targets ---------------------------------------------------------------

PLAN = "station.plan"
COVERAGE = "station.coverage"


def can_plan(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may work out where stations of the area at ``path`` should be."""
    return policy.may(actor, PLAN, path=path)


def check_can_plan(actor: Actor, *, path: str) -> None:
    """Raise unless ``can_plan``."""
    policy.check(actor, PLAN, path=path)


# ---- desk hours at a station ------------------------------------------------------------------

SERVE = "station.serve"
"""The desk hours of a station: who manages it, and its keeper (the query asks that it is his own)."""
