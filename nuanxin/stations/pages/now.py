"""驿站现在怎样: what is known and why, how busy it is; anybody says what he sees."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.actor import ANONYMOUS, Actor
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.stations.actions import reporting
from nuanxin.stations.forms.living import read_said
from nuanxin.stations.pages import living_words as words
from nuanxin.stations.pages.busy import charts, spans_of
from nuanxin.stations.queries import living as queries
from nuanxin.stations.states.reporting import Said, Topic

METHODS = ["GET", "HEAD", "POST"]
_ASKED = (Said.OPEN, Said.CLOSED, Said.FULL, Said.WATER_OUT)


@public
@require_http_methods(METHODS)
def station_now(request: HttpRequest, code: str) -> HttpResponse:
    """Tell how a station stands and why; take what a member or a visitor says."""
    now = clock.now()
    problem, status = "", 200
    if request.method == "POST":
        try:
            reporting.report_from_page(
                code=code,
                said=read_said(request.POST.get("do", "")),
                actor=_actor(request),
                network=origin_of(request).network,
                now=now,
            )
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            return HttpResponseRedirect(reverse("station-now", args=[code]) + "?said=1")
    living = queries.get_living(code, now=now)
    context = now_context(living, actor=_actor(request)) | {
        "page_title": living.station.name,
        "problem": problem,
        "is_said": request.GET.get("said") == "1" and not problem,
    }
    answer = render(request, "stations/now.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def now_context(living: queries.Living, *, actor: Actor) -> dict[str, Any]:
    """Return what the part of a page needs that tells how a station stands and asks."""
    now = living.now
    settled = reporting.settled_topics(living.station, now)
    return {
        "state": words.state_words(living),
        "conditions": words.conditions(living),
        "hours": words.hours_rows(living),
        "closures": words.closure_rows(queries.list_closures(living.station.id, now=now), now),
        "charts": charts(
            living.station.id,
            spans_of(living),
            adcode=living.station.adcode,
            now=now,
            with_numbers=False,
        ),
        "trace": settled[Topic.DOOR].trace,
        "asked": [{"label": said.label, "value": said.name.lower()} for said in _ASKED],
        "is_member": actor.worker_id is not None,
    }


def _actor(request: HttpRequest) -> Actor:
    found = getattr(request, "actor", None)
    return found if isinstance(found, Actor) else ANONYMOUS
