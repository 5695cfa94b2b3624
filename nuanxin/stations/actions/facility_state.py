"""Whether a facility works: as said by who answers for the place, and as it was before that."""

from datetime import datetime

from nuanxin.kernel.errors import NotFound
from nuanxin.stations.actions.repairing import close_repairs, reopen_repair
from nuanxin.stations.models import Facility, StationReport
from nuanxin.stations.states.reporting import Said


def set_facility(station_id: int, kind: str, *, works: bool, now: datetime) -> bool:
    """Note whether it works; return whether that is another thing than before.

    Raises ``NotFound`` for a station that has no such thing.
    """
    found = Facility.objects.select_for_update().filter(station_id=station_id, kind=kind).first()
    if found is None:
        raise NotFound()
    if found.works is works:
        return False
    found.works, found.noted_at = works, now
    found.save(update_fields=["works", "noted_at"])
    return True


def undo_facility(given: StationReport, now: datetime) -> None:
    """Let a facility stand as before the word that is taken back, and its repair with it.

    A word is kept only where it changed something, so before it was the contrary. Where somebody
    has said something else since, that stays.
    """
    said_works = given.said == Said.WORKS
    changed = Facility.objects.filter(
        station_id=given.station_id, kind=given.thing, works=said_works
    ).update(works=not said_works, noted_at=now)
    if not changed:
        return
    if said_works:
        reopen_repair(station_id=given.station_id, what=given.thing, closed_at=given.reported_at)
    else:
        close_repairs(
            station_id=given.station_id, what=given.thing, name="报错了，撤销", now=now,
            opened_at=given.reported_at,
        )  # fmt: skip
