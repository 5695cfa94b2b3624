"""Keepers of a station as the desk shows them: by hint, never in clear."""

from dataclasses import dataclass
from datetime import date

from nuanxin.stations.models import StationKeeper
from nuanxin.stations.states import KeeperRole

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class KeeperLine:
    """One who keeps or kept the station; the phone is masked."""

    id: int
    role: KeeperRole
    name_hint: str
    masked_phone: str
    has_account: bool
    from_on: date
    until_on: date | None


def list_station_keepers(station_id: int) -> list[KeeperLine]:
    """Return who keeps the station, then who kept it, the latest first; the caller has checked it."""
    rows = StationKeeper.objects.filter(station_id=station_id).order_by("-from_on", "-id")
    lines = [
        KeeperLine(
            one.id, KeeperRole(one.role), one.name_hint,
            f"{one.phone_hint[:3]}****{one.phone_hint[3:]}" if one.phone_hint else "没有登记",
            one.account_id is not None, one.from_on, one.until_on,
        )
        for one in rows[:MOST_SHOWN]
    ]  # fmt: skip
    return sorted(lines, key=lambda one: (one.until_on is not None, one.role))
