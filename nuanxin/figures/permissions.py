"""Who may see the people behind a number."""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor


def can_see_rows(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may see who was counted below the union at ``path``."""
    return policy.may(actor, "figure.rows", path=path)


def check_can_see_rows(actor: Actor, *, path: str) -> None:
    """Return when allowed; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    policy.check(actor, "figure.rows", path=path)


def check_can_take_rows_away(actor: Actor, *, path: str) -> None:
    """Return when the actor may see the rows and export members there; raise as above."""
    check_can_see_rows(actor, path=path)
    policy.check(actor, "membership.export", path=path)


def can_see_reports(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may read the reports of the union at ``path``."""
    return policy.may(actor, "report.view", path=path)


def check_can_see_reports(actor: Actor, *, path: str) -> None:
    """Return when allowed; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    policy.check(actor, "report.view", path=path)


def can_edit_reports(actor: Actor, *, path: str) -> bool:
    """Return whether the actor may write and freeze the reports of the union at ``path``."""
    return policy.may(actor, "report.edit", path=path)


def check_can_edit_reports(actor: Actor, *, path: str) -> None:
    """Return when allowed; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    policy.check(actor, "report.edit", path=path)


def can_decide(actor: Actor, *, path: str) -> bool:
    """Return whether the actor drafts, checks, approves and locks for the union at ``path``."""
    return policy.may(actor, "figure.decide", path=path)


def check_can_decide(actor: Actor, *, path: str) -> None:
    """Return when allowed; raise ``NotFound`` out of scope, ``Forbidden`` without the right."""
    policy.check(actor, "figure.decide", path=path)


def can_publish(actor: Actor, *, path: str) -> bool:
    """Return whether the actor gives the second approval, which publishes."""
    return policy.may(actor, "figure.publish", path=path)


def check_can_publish(actor: Actor, *, path: str) -> None:
    """Return when allowed; raise as above."""
    policy.check(actor, "figure.publish", path=path)


def check_can_see_drafts(actor: Actor, *, path: str) -> None:
    """Return when the actor may see what is under way for the union at ``path``; raise as above."""
    policy.check(actor, "figure.drafts", path=path)
