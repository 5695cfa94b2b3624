"""需求表 at the desk: upload where people are at which hour, see what is there, throw it away."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.stations import permissions
from nuanxin.stations.actions import demand_grids as actions
from nuanxin.stations.forms.siting import GridForm
from nuanxin.stations.queries import siting as queries
from nuanxin.stations.queries.areas import list_areas


@requires("station.plan")
@require_http_methods(["GET", "HEAD", "POST"])
def grids(request: HttpRequest) -> HttpResponse:
    """List the tables, take a new one; a faulty one is told line by line and not kept."""
    actor: Any = actor_of(request)
    form = GridForm(
        request.POST or None, request.FILES or None, areas=list_areas(actor, permissions.PLAN)
    )
    problem, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                actions.keep_grid(
                    adcode=told["area"], name=told["name"], source=told["source"],
                    points=form.points(), actor=actor, now=clock.now(),
                )  # fmt: skip
                return HttpResponseRedirect(request.path)
            except NotFound:
                raise
            except Refusal as refusal:
                problem, status = refusal.message, refusal.status
    context = {
        "page_title": "需求表",
        "page_lead": "平台给的热力、人口网格、自己数的人，都可以传进来代替登记的人。",
        "form": form,
        "problem": problem,
        "grids": [_row(grid) for grid in queries.list_grids(actor)],
        "crumbs": [{"label": "驿站选址", "url": reverse("desk-siting")}, {"label": "需求表"}],
    }
    return render(request, "stations/siting/grids.html", context, status=status)


@requires("station.plan")
@require_POST
def grid_drop(request: HttpRequest, grid_id: int) -> HttpResponse:
    """Throw a table away."""
    actions.drop_grid(grid_id=grid_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-siting-grids"))


def _row(grid: queries.GridRow) -> dict[str, Any]:
    return {
        "name": grid.name,
        "text": f"{grid.union_name}，{grid.points:,} 个点，一天 {round(grid.persons_hours):,} 人时。{grid.source}。{grid.uploaded_at.astimezone(clock.SHANGHAI):%Y-%m-%d} 传的。",
        "drop_url": reverse("desk-siting-grid-drop", args=[grid.id]),
    }  # fmt: skip
