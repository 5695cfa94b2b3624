"""Who may change the tree and what hangs on it.

The shape of the tree (founding, moving, merging, ending, territory) is the upper union's business:
the right is asked over the union above. A union itself may correct its own particulars.
"""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Forbidden

OUTLETS = "outlet.register"


def can_shape(actor: Actor, *, parent_path: str) -> bool:
    """Return whether the actor may found, move, merge or end a union under ``parent_path``."""
    return policy.may(actor, "org_unit.create", path=parent_path)


def check_can_shape(actor: Actor, *, parent_path: str) -> None:
    """Return if allowed; raise ``NotFound`` out of scope, ``Forbidden`` without the right.

    The root has no union above it: ``parent_path`` "" is for whoever holds the right everywhere.
    """
    policy.check(actor, "org_unit.create", path=parent_path or policy.EVERYWHERE)


def can_edit(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may change the name, coverage and term of the union at ``path``."""
    return policy.may(actor, "org_unit.edit", path=path)


def check_can_edit(actor: Actor, *, path: str) -> None:
    """Return if allowed; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    policy.check(actor, "org_unit.edit", path=path)


def can_register_employers(actor: Actor) -> bool:
    """Return whether the actor may enter an employer, which belongs to no union's subtree."""
    return any(
        policy.holds(actor, right) for right in ("org_unit.create", "org_unit.edit", OUTLETS)
    )


def check_can_register_employers(actor: Actor) -> None:
    """Return if allowed; raise ``Forbidden`` otherwise."""
    if not can_register_employers(actor):
        raise Forbidden(
            "access.no_right", "登记用人单位不在您的职责里。需要办的话，请找上级工会给您加上。"
        )


def can_manage_outlets(actor: Actor, *, covering_paths: tuple[str, ...]) -> bool:
    """Return whether the actor looks after one of the unions that cover the employer.

    Where no union covers it yet, whoever may enter employers may enter their outlets.
    """
    if not covering_paths:
        return can_register_employers(actor)
    return any(policy.may(actor, OUTLETS, path=path) for path in covering_paths)


def check_can_manage_outlets(actor: Actor, *, covering_paths: tuple[str, ...]) -> None:
    """Return if allowed; raise ``Forbidden`` otherwise (employers are public, so never 404)."""
    if not can_manage_outlets(actor, covering_paths=covering_paths):
        raise Forbidden(
            "access.no_right",
            "这家单位的网点由覆盖它的工会登记。需要办的话，请联系那个工会或者上级工会。",
        )


def can_close_employer(actor: Actor, *, covering_paths: tuple[str, ...]) -> bool:
    """Return whether the actor may note an employer's end: he looks after all unions that cover it.

    Where no union covers it, whoever may enter employers.
    """
    if not covering_paths:
        return can_register_employers(actor)
    return all(policy.may(actor, "org_unit.edit", path=path) for path in covering_paths)


def check_can_close_employer(actor: Actor, *, covering_paths: tuple[str, ...]) -> None:
    """Return if allowed; raise ``Forbidden`` otherwise (employers are public, so never 404)."""
    if not can_close_employer(actor, covering_paths=covering_paths):
        raise Forbidden(
            "access.no_right",
            "这家单位还由别处的工会覆盖，终止要由管着它们的上级工会登记。请联系上级工会。",
        )
