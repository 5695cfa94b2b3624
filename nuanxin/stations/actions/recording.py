"""What happens to a station is appended to the log under its number."""

from datetime import datetime
from typing import Any

from nuanxin.kernel.actor import Actor
from nuanxin.records.actions import append_event
from nuanxin.stations.models import Station

SUBJECT = "station"


def record(kind: str, station: Station, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    """Append what happened to the station to the log."""
    append_event(
        kind, actor=actor, at=now, subject_type=SUBJECT, subject_id=station.id,
        union_id=station.union_id, data=data,
    )  # fmt: skip
