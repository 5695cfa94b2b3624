"""One's own bookings as 我的资料 shows and gives them: all that is kept of them, one's own words too."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from nuanxin.kernel import sealing
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.people.states import MyDataSection
from nuanxin.stations.rules.services import topics_of
from nuanxin.stations.states.services import BookingState, ServiceKind

LIMIT = 200
_SEALED = "service_booking"
_OWN = """
SELECT s.kind, t.name, t.adcode, b.starts_at, b.ends_at, b.topic, b.note_sealed, b.bound_to,
       b.state, b.made_at, b.settled_at, b.reminded_at
FROM stations_servicebooking b JOIN stations_stationservice s ON s.id = b.service_id
JOIN stations_station t ON t.id = s.station_id
WHERE b.worker_id = ANY (%(workers)s) ORDER BY b.starts_at DESC, b.id DESC LIMIT %(limit)s
"""


def _mine(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"workers": list(record_ids), "limit": LIMIT})
        return [_row(*row) for row in cursor.fetchall()]


def _row(
    kind: int, station: str, adcode: int, starts_at: Any, ends_at: Any, topic: str, sealed: Any,
    bound_to: Any, state: int, made_at: Any, settled_at: Any, reminded_at: Any,
) -> dict[str, Any]:  # fmt: skip
    value = parameter(
        "stations.service_topics", adcode=str(adcode), on=business_day(starts_at)
    ).value
    begin, end = starts_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    return {
        "kind": ServiceKind(kind).label,
        "station": station,
        "when": f"{begin:%Y-%m-%d %H:%M}–{end:%H:%M}",
        "topic": topics_of(value, ServiceKind(kind)).get(topic, topic),
        "note": sealing.unseal(_SEALED, bytes(sealed), bound_to) if sealed else "",
        "state": BookingState(state).label,
        "made_at": made_at.isoformat(),
        "settled_at": settled_at.isoformat() if settled_at else None,
        "reminded_at": reminded_at.isoformat() if reminded_at else None,
    }


MY_BOOKINGS = MyDataSection(
    "station_bookings",
    "约的驿站服务",
    {
        "kind": "做什么",
        "station": "驿站",
        "when": "什么时候",
        "topic": "哪一类事",
        "note": "补的一句",
        "state": "到哪一步",
        "made_at": "约上时间",
        "settled_at": "了结时间",
        "reminded_at": "提醒时间",
    },
    _mine,
    way_on=("my-station-bookings", "换时间、取消"),
)
