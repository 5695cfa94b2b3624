"""Who may do what here: one ``can``/``check`` pair a right; the policy file alone decides."""

from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor, Grant
from nuanxin.kernel.errors import Conflict, Forbidden

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


# ---- children's camps --------------------------------------------------------------------------

CAMP_VIEW = "camp.view"
CAMP_MANAGE = "camp.manage"
CAMP_CHILDREN = "camp.children"
CAMP_APPROVE = "camp.approve"
CAMP_AUDIT = "camp.audit"


def check_can_manage_camp(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may set up camps of the union at ``path`` and staff them."""
    policy.check(actor, CAMP_MANAGE, path=path)


def check_can_view_camp(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may see camps of the union at ``path``, children by hint only."""
    policy.check(actor, CAMP_VIEW, path=path)


def check_can_ask_for_children(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may ask to read the children of camps of the union at ``path``."""
    policy.check(actor, CAMP_CHILDREN, path=path)


def check_can_approve_reading(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may approve that another reads children of the union at ``path``."""
    policy.check(actor, CAMP_APPROVE, path=path)


# ---- versions of rules and of services --------------------------------------------------------

DRAFT_RULE = "rule.draft"
RELEASE_RULE = "rule.release"
DRAFT_DEFINITION = "definition.draft"
RELEASE_DEFINITION = "definition.release"


def check_version(actor: Actor, right: str, *, path: str) -> None:
    """Raise unless the actor holds the right over rules or services of the union at ``path``."""
    policy.check(actor, right, path=path)


# ---- payment lists -----------------------------------------------------------------------------

VIEW_PAYMENTS = "payment.view"
MAKE_PAYMENTS = "payment.make"
CHECK_PAYMENTS = "payment.check"
EXPORT_PAYMENTS = "payment.export"


def check_payment(actor: Actor, right: str, *, path: str) -> None:
    """Raise unless the actor holds the right over payment lists of the union at ``path``."""
    policy.check(actor, right, path=path)


# ---- a human look at an answer ------------------------------------------------------------------

REVIEW_VIEW = "human_review.view"
REVIEW_ANSWER = "human_review.answer"


def check_can_view_review(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may see requests for a look at answers of the union at ``path``."""
    policy.check(actor, REVIEW_VIEW, path=path)


def can_answer_review(actor: Actor, *, path: str, worker_id: int) -> bool:
    """Return whether the actor may answer a request: in his scope, and never his own."""
    return policy.may(actor, REVIEW_ANSWER, path=path) and actor.worker_id != worker_id


def check_can_answer_review(actor: Actor, *, path: str, worker_id: int) -> None:
    """Raise unless ``can_answer_review``; one's own is a ``Conflict`` programmes.review_own."""
    policy.check(actor, REVIEW_ANSWER, path=path)
    if actor.worker_id == worker_id:
        raise Conflict("programmes.review_own", "这是您自己提的，要请同事来看。")


# ---- attestations, and acting for somebody ------------------------------------------------------

ATTEST_VIEW = "attestation.view"
ATTEST_MANAGE = "attestation.manage"
ATTEST_ANSWER = "attestation.answer"
HELP_ACT = "help.act"
HELP_VIEW = "help.view"


def check_can_view_attestations(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may see attestations given below the union at ``path``."""
    policy.check(actor, ATTEST_VIEW, path=path)


def check_can_manage_attestations(actor: Actor, *, path: str) -> None:
    """Raise unless the actor may register attesters of the union at ``path`` and take back."""
    policy.check(actor, ATTEST_MANAGE, path=path)


def check_can_help(actor: Actor) -> None:
    """Raise unless the actor holds a post from which he may act for a worker."""
    if not policy.holds(actor, HELP_ACT):
        raise Forbidden(
            "access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。"
        )


def post_for(actor: Actor, right: str) -> Grant | None:
    """Return the widest post from which the actor holds ``right`` over a union, None without one."""
    letters = policy.holders(right)
    found = [grant for grant in actor.grants if grant.role in letters and grant.union_path]
    return min(found, key=lambda grant: (len(grant.union_path), grant.union_path), default=None)
