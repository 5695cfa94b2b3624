"""Steps of the course of versions that pages of rules and of services take alike: decide, revoke."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from nuanxin.access.pages.asking import actor_of
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.orgs import queries as orgs
from nuanxin.programmes.actions.version_course import Course
from nuanxin.programmes.forms.versions import ReleaseForm, RevokeForm, SendBackForm
from nuanxin.programmes.models.versions import TextVersion
from nuanxin.programmes.states import VersionState


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks that has not been answered yet: its forms, what stands against it, the status."""

    context: dict[str, Any]
    status: int


def ask_decision(
    request: HttpRequest, course: Course[Any], version: TextVersion, *, before: str
) -> Asked | None:
    """Release a version or send it back, as was asked; None when that is done.

    ``before`` says what stays as it was on the days before. Raises ``NotFound`` out of scope.
    """
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    release = ReleaseForm(
        request.POST if do == "release" else None,
        before=before,
        initial={"valid_from": clock.business_day(now)},
    )
    back = SendBackForm(request.POST if do == "send_back" else None)
    problem, status = "", 422 if request.method == "POST" else 200
    try:
        if release.is_valid():
            course.release(version_id=version.id, valid_from=release.day(), actor=actor, now=now)
            return None
        if back.is_valid():
            reason = back.cleaned_data["reason"]
            course.send_back(version_id=version.id, reason=reason, actor=actor, now=now)
            return None
    except NotFound:
        raise
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
    context = {
        "problem": problem,
        "is_submitted": version.state == VersionState.SUBMITTED,
        "is_own": actor.account_id in (version.drafted_by, *version.editors),
        "release": release,
        "back": back,
    }
    return Asked(context, status)


def ask_revocation(
    request: HttpRequest, course: Course[Any], version: TextVersion, *, of: str
) -> Asked | None:
    """Take a released version back before its day, as was asked; None when that is done.

    ``of`` is what has versions, in the words of the form. Raises ``NotFound`` out of scope.
    """
    form = RevokeForm(request.POST or None, of=of)
    problem, status = "", 422 if request.method == "POST" else 200
    if form.is_valid():
        try:
            course.revoke(
                version_id=version.id,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                now=clock.now(),
            )
            return None
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    is_released = version.state == VersionState.RELEASED
    return Asked({"problem": problem, "form": form, "is_released": is_released}, status)


def own_code(actor: Actor, right: str) -> str:
    """Return the code of the one union that somebody writes texts for, "" where that is not one."""
    paths = policy.scope_paths(actor, right)
    own = paths[0].rstrip("/").rsplit("/", 1)[-1] if len(paths) == 1 else ""
    return orgs.get_union(int(own)).code if own else ""
