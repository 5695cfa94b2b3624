"""A small API for tests of how programs are let in: one address, several operations."""

from typing import Any

from django.http import HttpRequest
from django.urls import include, path
from ninja import NinjaAPI

from nuanxin.access.permissions import public, requires
from nuanxin.kernel.errors import Conflict, NotFound

api = NinjaAPI(urls_namespace="toy", docs_url=None, openapi_url=None)


@api.get("/open")
@public
def read_open(request: HttpRequest) -> dict[str, Any]:
    """Tell everybody."""
    return {"name": request.actor.name}  # type: ignore[attr-defined]


@api.get("/rosters")
@requires("roster.view")
def read_rosters(request: HttpRequest) -> dict[str, Any]:
    """Tell who may see rosters."""
    return {"name": request.actor.name}  # type: ignore[attr-defined]


@api.post("/rosters")
@requires("roster.create")
def write_roster(request: HttpRequest) -> dict[str, Any]:
    """Refuse with details."""
    raise Conflict("toy.busy", "正忙。", rows=3, nothing=None)


@api.get("/rosters/{number}")
@requires("roster.view")
def read_roster(request: HttpRequest, number: int) -> dict[str, Any]:
    """Find nothing."""
    raise NotFound()


@api.get("/figures")
@requires("figure.view")
def read_figures(request: HttpRequest) -> dict[str, Any]:
    """Tell everybody by a right that everybody holds."""
    return {}


@api.get("/forgotten")
def forgotten(request: HttpRequest) -> dict[str, Any]:
    """Be open by mistake."""
    return {"secret": True}


@api.get("/half")
@public
def half_open(request: HttpRequest) -> dict[str, Any]:
    """Be half guarded."""
    return {}


@api.post("/half")
def half_forgotten(request: HttpRequest) -> dict[str, Any]:
    """Be the forgotten half."""
    return {"secret": True}


urlpatterns = [path("api/toy/", api.urls), path("", include("config.urls"))]
