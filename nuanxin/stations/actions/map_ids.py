"""What maps call a station: an id of a map leads to one station."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.stations.actions.recording import record
from nuanxin.stations.actions.register import station_for_update
from nuanxin.stations.models import MapId
from nuanxin.stations.states import MapProvider

MOST = 20
_IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")


@transaction.atomic
def add_map_id(
    *, station_id: int, provider: MapProvider, ident: str, actor: Actor, now: datetime
) -> MapId:
    """Write down under which id a map knows the station.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` map_id.ident, ``Conflict`` map_id.there (here
    already), map_id.elsewhere (another station's; its number is named) and map_id.full.
    """
    station = station_for_update(station_id, actor=actor)
    text = ident.strip()
    if not _IDENT.fullmatch(text):
        raise Malformed(
            "map_id.ident", "编号是地图里这个地点的 ID，只有字母、数字和 . _ : / -，最多 64 位。"
        )
    if MapId.objects.filter(station=station).count() >= MOST:
        raise Conflict("map_id.full", f"一个站最多记 {MOST} 个地图编号。")
    try:
        with transaction.atomic():
            made = MapId.objects.create(station=station, provider=provider, ident=text)
    except IntegrityError:
        raise _there(station.id, provider, text) from None
    record("stations.map_id_added", station, actor, now, {"provider": provider, "ident": text})
    return made


@transaction.atomic
def end_map_id(*, station_id: int, map_id: int, actor: Actor, now: datetime) -> None:
    """Let an id lead here no more; that it did stays in the log. Raises ``NotFound``, ``Forbidden``."""
    station = station_for_update(station_id, actor=actor)
    found = MapId.objects.filter(id=map_id, station=station).first()
    if found is None:
        raise NotFound()
    data = {"provider": found.provider, "ident": found.ident}
    found.delete()
    record("stations.map_id_ended", station, actor, now, data)


def _there(station_id: int, provider: MapProvider, ident: str) -> Conflict:
    other = MapId.objects.select_related("station").get(provider=provider, ident=ident).station
    if other.id == station_id:
        return Conflict("map_id.there", f"{provider.label}的这个编号已经记在这个站了。")
    return Conflict(
        "map_id.elsewhere",
        f"{provider.label}的这个编号记在 {other.code}“{other.name}”上。一个编号只指一个站，先看是哪一个记错了。",
    )
