"""Who acts, and whether the address may be asked for at all: default deny."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from nuanxin.access import actions, queries
from nuanxin.access.middleware.refusals import is_for_programs, refusal_response
from nuanxin.access.permissions import Requirement, meets, requirement_of
from nuanxin.kernel import clock
from nuanxin.kernel.actor import ANONYMOUS, Actor
from nuanxin.kernel.errors import Forbidden, Refusal

log = logging.getLogger("nuanxin.access")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Unauthorised(Refusal):
    """A program did not say who it is, or with a token that is no longer good."""

    status = 401


class ActorMiddleware:
    """Sets ``request.actor`` and refuses what the address's requirement does not allow.

    Programs are known by their token alone, people by their session alone, so that no foreign page
    can make a signed-in browser call the API. Public addresses look the actor up only if asked.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = SimpleLazyObject(lambda: find_actor(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        self._tidy(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse before the page function is called; None lets it be called."""
        requirement = requirement_of(view, request.method or "GET")
        request.access_requirement = requirement  # type: ignore[attr-defined]
        if requirement is None:
            log.error("address without a right: %s", request.resolver_match)
            refused = Forbidden(
                "access.address_without_right", "这个地址还没有说明谁能用，所以谁都不能用。"
            )
            return refusal_response(request, refused)
        if requirement.is_public:
            return None
        actor = find_actor(request)
        request.actor = actor  # type: ignore[attr-defined]
        return self._refusal(request, actor, requirement)

    def _refusal(
        self, request: HttpRequest, actor: Actor, requirement: Requirement
    ) -> HttpResponse | None:
        if is_for_programs(request):
            return self._refusal_for_program(request, actor, requirement)
        if meets(actor, requirement):
            return None
        if actor.account_id is None:
            return way_to_sign_in(request)
        if not actor.grants and _has_posts_elsewhere(actor):
            return way_to_sign_in(request, is_desk=True)
        return refusal_response(request, _no_right())

    def _refusal_for_program(
        self, request: HttpRequest, actor: Actor, requirement: Requirement
    ) -> HttpResponse | None:
        holder = getattr(request, "token_holder", None)
        if holder is None:
            if meets(ANONYMOUS, requirement):
                return None
            unknown = Unauthorised(
                "access.token_needed",
                "请在 Authorization 里带上 Bearer 令牌；带了还这样，就是令牌到期或收回了。",
            )
            return refusal_response(request, unknown)
        if not meets(actor, requirement):
            return refusal_response(request, _no_right())
        if holder.rights.isdisjoint(requirement.rights) and not meets(ANONYMOUS, requirement):
            refused = Forbidden(
                "access.token_lacks_right",
                "这个令牌没有勾这件事。请让给您令牌的工会重新发一个。",
                needs=list(requirement.rights),
            )
            return refusal_response(request, refused)
        return None

    def _tidy(self, request: HttpRequest, response: HttpResponseBase) -> None:
        session = request.session
        if getattr(session, "has_begun", False):
            rotate_token(request)
        if response.status_code < 400 and hasattr(session, "touch"):
            session.touch()
        holder = getattr(request, "token_holder", None)
        if holder is not None and holder.last_used_on != clock.business_day(clock.now()):
            actions.note_token_use(token_id=holder.token_id, now=clock.now())


def find_actor(request: HttpRequest) -> Actor:
    """Return who acts: by token below /api/, by session everywhere else; ``ANONYMOUS`` if nobody."""
    if is_for_programs(request):
        header = request.headers.get("Authorization", "")
        holder = queries.get_token_holder(header, clock.now()) if header else None
        request.token_holder = holder  # type: ignore[attr-defined]
        return holder.actor if holder else ANONYMOUS
    session: Any = request.session
    return session.actor if getattr(session, "is_signed_in", False) else ANONYMOUS


def way_to_sign_in(request: HttpRequest, *, is_desk: bool = False) -> HttpResponse:
    """Send the browser to the sign-in page that fits the address, and back afterwards.

    What was sent while nobody was signed in any more was not done: the way on is then the page it
    came from, and the sign-in page says so (``lost``).
    """
    is_desk = is_desk or request.path.startswith(tuple(settings.DESK_PATHS))
    page = reverse("desk-sign-in" if is_desk else "sign-in")
    is_read = request.method in ("GET", "HEAD")
    way_on = request.get_full_path() if is_read else _page_before(request)
    asked = {"next": way_on} if way_on else {}
    if is_desk and not is_read:
        asked["lost"] = "1"
    url = f"{page}?{urlencode(asked)}" if asked else page
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = page
        return response
    return HttpResponseRedirect(url)


def _has_posts_elsewhere(actor: Actor) -> bool:
    """Return whether a password would open more than the phone did that signed in."""
    assert actor.account_id is not None
    return bool(queries.actor_of_account(actor.account_id, clock.now()).grants)


def _no_right() -> Forbidden:
    return Forbidden("access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。")


def _page_before(request: HttpRequest) -> str:
    """Return the path of the page of ours that a form stood on, "" where it is not known."""
    before = urlsplit(request.META.get("HTTP_REFERER", ""))
    if before.netloc != request.get_host():
        return ""
    return f"{before.path}?{before.query}" if before.query else before.path
