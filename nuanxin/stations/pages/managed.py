"""A station of the desk that one may change: found by its number, with the way back to it."""

from django.http import HttpRequest
from django.urls import reverse

from nuanxin.access.pages.asking import actor_of
from nuanxin.kernel import clock
from nuanxin.stations import permissions
from nuanxin.stations.queries.register import StationDetail, get_station


def managed_station(request: HttpRequest, code: str) -> StationDetail:
    """Return the station; raise ``NotFound`` out of scope, and where one may only look at it."""
    detail = get_station(actor=actor_of(request), code=code, now=clock.now())
    permissions.check_can_manage(actor_of(request), path=detail.path)
    return detail


def crumbs_below(detail: StationDetail, here: str) -> list[dict[str, str]]:
    """Return the way from the list of stations over this one to ``here``."""
    return [
        {"label": "驿站", "url": reverse("desk-stations")},
        {"label": detail.station.name, "url": reverse("desk-station", args=[detail.station.code])},
        {"label": here},
    ]
