"""消息设置: whether one is told of what newly fits, and of which kinds."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.people.queries import has_consent
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions import reminders
from nuanxin.programmes.queries.finding import list_kinds_off
from nuanxin.programmes.queries.one_fact import one_fact_monthly
from nuanxin.programmes.states import NO_FEEDBACK_ASKED, NO_ONE_FACT, Kind

_METHODS = ["GET", "HEAD", "POST"]


@requires("own.open")
@require_http_methods(_METHODS)
def settings(request: HttpRequest) -> HttpResponse:
    """Show the switches; each is one tap, and one tap takes it back."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    if request.method == "POST":
        done = _turn(request.POST.get("do", ""), actor)
        return HttpResponseRedirect(f"{request.path}?{urlencode({'done': done})}")
    is_on = has_consent(actor.worker_id, ConsentPurpose.SERVICE_NOTICES)
    off = list_kinds_off(actor.worker_id)
    is_asked = NO_FEEDBACK_ASKED not in off
    context = {
        "page_title": "有能领的，告诉我" if is_on else "现在不告诉你",
        "is_on": is_on,
        "kinds": [
            {
                "title": kind.label,
                "is_off": kind.value in off,
                "value": f"{'tell' if kind.value in off else 'stop'}.{kind.value}",
            }
            for kind in Kind
        ],
        "is_asked": is_asked,
        "is_one_fact": NO_ONE_FACT not in off,
        "one_fact_value": f"{'tell' if NO_ONE_FACT in off else 'stop'}.{NO_ONE_FACT}",
        "monthly": one_fact_monthly(clock.now()),
        "asked_value": f"{'stop' if is_asked else 'tell'}.{NO_FEEDBACK_ASKED}",
        "notice_url": reverse("notice", args=[ConsentPurpose.SERVICE_NOTICES.slug]),
        "notices_url": reverse("my-notices"),
        "banner": _banner(request.GET.get("done", "")),
    }
    return render(request, "programmes/reminders/settings.html", context)


def _turn(do: str, actor: Any) -> str:
    """Do what was tapped; return what the banner tells."""
    act, _, kind = do.partition(".")
    now = clock.now()
    if act == "on":
        reminders.turn_reminders_on(actor=actor, now=now)
    elif act == "off":
        reminders.turn_reminders_off(actor=actor, now=now)
    elif act == "stop":
        reminders.turn_kind_off(kind=kind, actor=actor, now=now)
    elif act == "tell":
        reminders.turn_kind_on(kind=kind, actor=actor, now=now)
    else:
        raise Malformed("programmes.no_kind", "没看清是哪一类。回到那一页，再点一下。")
    return do


def _banner(done: str) -> dict[str, str] | None:
    act, _, kind = done.partition(".")
    if kind == NO_FEEDBACK_ASKED and act in ("stop", "tell"):
        return {"text": "好，用过服务不再问你" if act == "stop" else "好，用过服务问你一次"}
    if kind == NO_ONE_FACT and act == "stop":
        return {"text": "好，只差一项的不再告诉你", "detail": "在“我能领”里随时能看到差哪一项。"}
    if kind == NO_ONE_FACT and act == "tell":
        return {"text": "好，只差一项的也告诉你"}
    label = next((one.label for one in Kind if one.value == kind), "")
    if act == "stop" and label:
        return {"text": f"好，{label}不再告诉你", "detail": "想要了，在下面点“告诉我”。"}
    if act == "tell" and label:
        return {"text": f"好，有{label}就告诉你"}
    told = {
        "on": {
            "text": "好，有你能领的就告诉你",
            "detail": "一周没几条，夜里和你最忙的时候不打扰。",
        },
        "off": {"text": "好，不再告诉你了", "detail": "你办的事的结果照常通知。"},
    }
    return told.get(done)
