"""What the tests of 驿站 share: a street of stations of the cast's unions."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from nuanxin.kernel import sealing
from nuanxin.kernel.geo import CRS, convert
from nuanxin.stations.models import Facility, Station, StationKeeper, StationState
from nuanxin.stations.rules.names import compact_name
from nuanxin.stations.states import KeeperRole
from tests.cast import Cast

CENTRE = (120.1505, 30.3195)
"""The seat of 拱墅区, WGS-84."""


@dataclass
class Street:
    """The cast with stations; each is made where it is asked for, about the seat of 拱墅区."""

    cast: Cast
    made: list[Station] = field(default_factory=list)

    def station(
        self,
        name: str = "",
        *,
        union: str = "county",
        facilities: str = "water charge",
        **more: Any,
    ) -> Station:
        """Return a new station; ``lng``/``lat`` are WGS-84 unless ``crs`` says otherwise."""
        number = len(self.made) + 1
        adcode = self.cast.unions[union].adcode
        title = name or f"大关第{number}驿站"
        crs = CRS(more.pop("crs", CRS.WGS84))
        lng, lat = more.pop("lng", CENTRE[0] + number / 1_000), more.pop("lat", CENTRE[1])
        wgs = convert(lng, lat, source=crs, target=CRS.WGS84)
        station = Station.objects.create(
            code=f"{adcode}-{number:04}",
            union=self.cast.unions[union],
            name=title,
            name_compact=compact_name(title),
            adcode=adcode,
            address=more.pop("address", f"大关路{number}号"),
            lng=lng,
            lat=lat,
            crs=crs,
            wgs_lng=wgs[0],
            wgs_lat=wgs[1],
            hours=more.pop("hours", "Mo-Su 08:00-22:00"),
            opened_on=more.pop("opened_on", date(2024, 5, 1)),
            created_at=self.cast.now,
            updated_at=self.cast.now,
            **more,
        )
        StationState.objects.create(station=station)
        Facility.objects.bulk_create(
            Facility(station=station, kind=kind, noted_at=self.cast.now)
            for kind in facilities.split()
        )
        self.made.append(station)
        return station

    def keeper(
        self,
        station: Station,
        *,
        account: str = "station_keeper",
        role: KeeperRole = KeeperRole.CHIEF,
        from_on: date = date(2024, 5, 1),
        until_on: date | None = None,
    ) -> StationKeeper:
        """Let somebody of the cast keep the station."""
        bound_to = uuid4()
        phone = "19900009999"
        return StationKeeper.objects.create(
            station=station,
            account_id=self.cast.accounts[account].id,
            role=role,
            bound_to=bound_to,
            name_sealed=sealing.seal("keeper_name", self.cast.accounts[account].name, bound_to),
            phone_sealed=sealing.seal("keeper_phone", phone, bound_to),
            phone_hash=sealing.lookup_hash("phone", phone),
            name_hint="沈站长",
            phone_hint="1999999",
            from_on=from_on,
            until_on=until_on,
            registered_at=self.cast.now,
        )


@pytest.fixture
def street(cast: Cast) -> Street:
    """Return the street, empty, fresh for each test."""
    return Street(cast)
