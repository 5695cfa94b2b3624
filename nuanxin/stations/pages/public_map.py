"""The public map of a county: every station, open or not, by town. Drawn from own data, no tiles."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from nuanxin.access.permissions import public
from nuanxin.kernel import clock, regions
from nuanxin.kernel.regions import RegionLevel
from nuanxin.stations.pages.finder import county_choices
from nuanxin.stations.queries import finder as queries
from nuanxin.stations.queries.finder import StationRow
from nuanxin.stations.rules.showing import Shown

WIDTH, HEIGHT, EDGE = 720, 560, 40


@public
@require_GET
def county_map(request: HttpRequest) -> HttpResponse:
    """Show a county's stations on a plain map and town by town."""
    code = request.GET.get("county", "")
    found = regions.REGIONS.get(code) if code.isdigit() else None
    county = found if found and found.level == RegionLevel.COUNTY else None
    context: dict[str, Any] = {
        "page_title": f"{county.name}的驿站" if county else "驿站地图",
        "counties": county_choices(),
        "finder_url": reverse("worker-stations"),
        "map": None,
        "towns": [],
        "total": 0,
        "open": 0,
    }
    if county:
        now = clock.now()
        rows = queries.list_stations(region=county.code, limit=queries.MOST_OF_A_COUNTY).items
        shown = {row.id: row.shown_at(now) for row in rows}
        context |= {
            "map": _draw(rows, shown) if rows else None,
            "towns": _towns(rows, shown),
            "total": len(rows),
            "open": sum(one == Shown.OPEN for one in shown.values()),
        }
    return render(request, "stations/public_map.html", context)


def _draw(rows: Sequence[StationRow], shown: dict[int, Shown]) -> dict[str, Any]:
    """Return points and names of towns at steps of the picture, north up."""
    middle = math.radians(sum(row.lat for row in rows) / len(rows))
    east = [row.lng * math.cos(middle) for row in rows]
    north = [row.lat for row in rows]
    wide, high = max(east) - min(east), max(north) - min(north)
    scale = min((WIDTH - 2 * EDGE) / max(wide, 0.01), (HEIGHT - 2 * EDGE) / max(high, 0.01))
    places = [
        (round(WIDTH / 2 + (x - (min(east) + max(east)) / 2) * scale),
         round(HEIGHT / 2 - (y - (min(north) + max(north)) / 2) * scale))
        for x, y in zip(east, north, strict=True)
    ]  # fmt: skip
    by_town: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, place in zip(rows, places, strict=True):
        by_town[row.town_code].append(place)
    kilometre = scale / 111.195
    step = next(km for km in (1, 2, 5, 10, 20, 50) if km * kilometre > 60 or km == 50)
    return {
        "points": sorted(
            ({"x": x, "y": y, "is_open": shown[row.id] == Shown.OPEN}
             for row, (x, y) in zip(rows, places, strict=True)),
            key=lambda one: one["is_open"],
        ),
        "names": [
            {"x": sum(x for x, _ in spots) // len(spots),
             "y": sum(y for _, y in spots) // len(spots), "name": _short(code)}
            for code, spots in sorted(by_town.items()) if code
        ],
        "bar": round(step * kilometre),
        "bar_says": f"{step} 公里",
    }  # fmt: skip


def _short(town_code: str) -> str:
    found = regions.REGIONS.get(town_code)
    return found.short_name if found else ""


def _towns(rows: Sequence[StationRow], shown: dict[int, Shown]) -> list[dict[str, Any]]:
    """Return each town with how many stations it has and how many are surely open now."""
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        counted[row.town_code][0] += 1
        counted[row.town_code][1] += shown[row.id] == Shown.OPEN
    base = reverse("worker-stations")
    return [
        {
            "name": regions.region(code).name if code in regions.REGIONS else "没写街道的",
            "total": total,
            "open": is_open,
            "url": f"{base}?place={code}" if code in regions.REGIONS else "",
        }
        for code, (total, is_open) in sorted(counted.items())
    ]
