"""Which right an address needs, and what this package's objects need; the rights stand in the policy.

Every page function and every API operation carries ``@requires("object.action")`` or ``@public``.
One that carries neither is refused at run time and fails a whole-project test. The decorator marks;
``ActorMiddleware`` checks, before the function is called: holding the right nowhere is 403. Whether
it is held over the object at hand is decided by the query or action called (404 out of scope).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from inspect import getclosurevars
from typing import Any, TypeVar

from nuanxin.kernel import policy
from nuanxin.kernel.actor import ANONYMOUS, Actor
from nuanxin.kernel.policy import EVERYWHERE, check, holds, may, scope_paths

__all__ = [
    "EVERYWHERE",
    "Requirement",
    "check",
    "check_can_grant_posts",
    "check_can_manage_accounts",
    "check_can_manage_tokens",
    "check_can_see_posts",
    "holds",
    "may",
    "meets",
    "public",
    "requirement_of",
    "requirements_by_method",
    "requires",
    "scope_paths",
]

Page = TypeVar("Page", bound=Callable[..., Any])
_MARK = "access_requirement"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an address asks for: any one of ``rights``, or nothing at all."""

    rights: tuple[str, ...] = ()
    is_public: bool = False

    @property
    def label(self) -> str:
        """Return the rights as the matrix page prints them."""
        return "公开" if self.is_public else " 或 ".join(self.rights)


PUBLIC = Requirement(is_public=True)


def requires(*rights: str) -> Callable[[Page], Page]:
    """Mark a page or an API operation as open to those who hold any of ``rights``.

    A right that is not in the policy file raises ``KeyError`` when the module is read.
    """
    if not rights:
        raise ValueError("name at least one right, or use @public")
    for right in rights:
        policy.holders(right)

    def mark(page: Page) -> Page:
        setattr(page, _MARK, Requirement(rights=rights))
        return page

    return mark


def public(page: Page) -> Page:
    """Mark a page or an API operation as open to everybody, also without signing in."""
    setattr(page, _MARK, PUBLIC)
    return page


def requirement_of(view: Callable[..., Any], method: str = "GET") -> Requirement | None:
    """Return what ``view`` asks for when called with ``method``; None when it does not say.

    For an API address the operation that answers the method decides; a method that no operation
    answers asks for what the others ask for, so that the refusal tells nothing more.
    """
    own: Requirement | None = getattr(view, _MARK, None)
    if own is not None:
        return own
    by_method = requirements_by_method(view)
    if method == "HEAD" and "HEAD" not in by_method:
        method = "GET"
    if method in by_method:
        return by_method[method]
    return next((found for found in by_method.values() if found is not None), None)


def requirements_by_method(view: Callable[..., Any]) -> dict[str, Requirement | None]:
    """Return what each operation of an API address asks for; empty for anything else."""
    paths = _api_paths_of(view)
    found: dict[str, Requirement | None] = {}
    for operation in getattr(paths, "operations", ()):
        for method in operation.methods:
            found[method] = getattr(operation.view_func, _MARK, None)
    return found


@lru_cache(maxsize=1024)
def _api_paths_of(view: Callable[..., Any]) -> Any:
    """Return the API library's object behind a view: it is kept in the view's closure only.

    Reading a closure takes as long as a query, so each view is read once.
    """
    if not hasattr(view, "__closure__") or not view.__closure__:
        return None
    return getclosurevars(view).nonlocals.get("self")


def meets(actor: Actor, requirement: Requirement) -> bool:
    """Return whether the actor holds, anywhere, what the address asks for.

    What is open to those who have not signed in stays open to those who have.
    """
    return requirement.is_public or any(
        holds(actor, right) or holds(ANONYMOUS, right) for right in requirement.rights
    )


# ---- this package's objects -------------------------------------------------------------------


def check_can_see_posts(actor: Actor, union_path: str) -> None:
    """Return when the actor may see posts of the union; ``union_path`` is empty for administrators.

    Raises ``NotFound`` and ``Forbidden``.
    """
    check(actor, "post.view", path=union_path)


def check_can_grant_posts(actor: Actor, union_path: str) -> None:
    """Return when the actor may grant, approve and revoke posts there; else as above."""
    check(actor, "post.grant", path=union_path)


def check_can_manage_tokens(actor: Actor, union_path: str) -> None:
    """Return when the actor may make and revoke API tokens of the union; else as above."""
    check(actor, "api_token.manage", path=union_path)


def check_can_manage_accounts(actor: Actor) -> None:
    """Return when the actor keeps the accounts of the installation; else raise ``Forbidden``."""
    check(actor, "account.manage")
