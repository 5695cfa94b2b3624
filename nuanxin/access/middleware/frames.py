"""What the bases of guarded pages are told about who is signed in (a context processor)."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from nuanxin.kernel.actor import Actor, Role


def signed_in(request: HttpRequest) -> dict[str, Any]:
    """Return name, post and the way out; nothing on public pages, which look nobody up."""
    requirement = getattr(request, "access_requirement", None)
    if requirement is None or requirement.is_public:
        return {}
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.account_id is None:
        return {}
    return {
        "actor_name": actor.name,
        "actor_post": post_words(actor),
        "posts_url": reverse("desk-me") if actor.grants else "",
        "sign_out_url": reverse("sign-out"),
    }


def post_words(actor: Actor) -> str:
    """Return the posts held as words, in the order of the matrix, each role once."""
    held = {grant.role for grant in actor.grants}
    return "、".join(role.label for role in Role if role in held)
