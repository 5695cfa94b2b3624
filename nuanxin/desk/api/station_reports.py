"""What a keeper's link or a door's controller tells of its own station; the token stands in the body.

The token is the last part of the keeper's link (or of the screen's address): it opens one station and
nothing else, so it is no token of the API. It never stands in an address.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, ConfigDict, Field

from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.stations.actions import doors, keeper_links, reporting
from nuanxin.stations.forms.living import read_said
from nuanxin.stations.queries.living import get_living
from nuanxin.stations.states.living import DoorOutcome

router = Router(tags=["stations"])
Token = Annotated[str, Field(min_length=10, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Word = Literal[
    "open", "closed", "full", "water_there", "water_out", "power_there", "power_out", "cool", "hot"
]


class NewReport(Schema):
    """One word of the keeper; ``until`` is a promise (closed until then), a moment with its zone."""

    model_config = ConfigDict(extra="forbid")

    token: Token
    said: Word
    until: AwareDatetime | None = None
    note: Annotated[str, Field(max_length=60)] = ""


class StationStands(Schema):
    """How the station stands after it; ``fresh_until`` is until when that may be shown."""

    station: str
    state: Literal["unknown", "open", "closed", "full"]
    confirmed_at: datetime | None
    fresh_until: datetime | None


class LateScan(Schema):
    """A code that a controller took, and when."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=64)]
    scanned_at: AwareDatetime


class LateScans(Schema):
    """What a controller took while it had no network; up to 500 at a time."""

    model_config = ConfigDict(extra="forbid")

    token: Token
    scans: Annotated[list[LateScan], Field(min_length=1, max_length=500)]


class ScanOutcomes(Schema):
    """What became of each scan, in the order sent."""

    outcomes: list[
        Literal["opened", "used", "expired", "other_station", "clock", "altered", "shut"]
    ]


@router.post("/reports", response={201: StationStands}, summary="站长报开门、关门、水电、26 度")
@public
def report_station(request: HttpRequest, sent: NewReport) -> Any:
    """Append the keeper's word; the same word again is harmless: of each only the last counts."""
    now = clock.now()
    link = keeper_links.open_keeper_link(sent.token, now=now)
    if link is None:
        keeper_links.note_wrong_link(network=origin_of(request).network, now=now)
        raise NotFound()
    reporting.report(
        station_id=link.station_id,
        said=read_said(sent.said),
        speaker=link.speaker,
        now=now,
        until=sent.until,
        note=sent.note,
    )
    living = get_living(link.code, now=now)
    return Status(
        201,
        {
            "station": link.code,
            "state": living.shown.name.lower(),
            "confirmed_at": living.state.confirmed_at,
            "fresh_until": living.state.fresh_until,
        },
    )


@router.post("/scans", response={200: ScanOutcomes}, summary="门控补送断网时的扫码")
@public
def send_scans(request: HttpRequest, sent: LateScans) -> Any:
    """Take scans, each judged at its own moment and once; those sent before are told as used."""
    now = clock.now()
    device = doors.find_screen(sent.token)
    if device is None:
        keeper_links.note_wrong_link(network=origin_of(request).network, now=now)
        raise NotFound()
    scans = [(one.code, one.scanned_at) for one in sent.scans]
    taken = doors.take_late_scans(device=device, scans=scans, now=now)
    return {"outcomes": [DoorOutcome(one).name.lower() for one in taken]}
