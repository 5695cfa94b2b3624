"""What the database refuses of a station, whoever writes."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from nuanxin.kernel.geo import CRS
from nuanxin.stations.models import Facility, StationState
from nuanxin.stations.states import KeeperRole, Standing


def refused(name, action):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        action()


def test_a_station_outside_the_province_is_refused(street):
    street.station()
    refused("station_in_the_province", lambda: street.station(lng=30.2, lat=120.1, crs=CRS.BD09))
    refused("station_in_the_province", lambda: street.station(lng=0.0, lat=0.0))


def test_who_closes_says_why_and_since_when(street):
    station = street.station()

    def stand(**fields):
        for name, value in fields.items():
            setattr(station, name, value)
        station.save()

    refused("station_stands_with_reason_and_days", lambda: stand(standing=Standing.CLOSED))
    refused(
        "station_stands_with_reason_and_days",
        lambda: stand(
            standing=Standing.PAUSED,
            standing_reason="装修",
            standing_from=date(2026, 11, 2),
            standing_until=date(2026, 11, 1),
        ),
    )
    stand(standing_until=date(2026, 12, 1))
    refused("station_stands_with_reason_and_days", lambda: stand(standing=Standing.CLOSED))
    stand(standing=Standing.CLOSED, standing_until=None)


def test_each_facility_stands_once_and_a_station_has_one_chief(street):
    station = street.station(facilities="water")
    refused(
        "each_facility_once",
        lambda: Facility.objects.create(station=station, kind="water", noted_at=street.cast.now),
    )
    street.keeper(station)
    refused("one_chief_a_station", lambda: street.keeper(station, account="rider_ye"))
    street.keeper(station, account="rider_lu", role=KeeperRole.DEPUTY)


def test_the_usable_times_come_back_as_they_were_written(street):
    station = street.station()
    state = StationState.objects.get(station=station)
    assert list(state.open_during) == []
    from datetime import timedelta

    from psycopg.types.range import TimestamptzRange

    now = street.cast.now
    state.open_during = [TimestamptzRange(now, now + timedelta(hours=2))]
    state.save()
    state.refresh_from_db()
    assert [(span.lower, span.upper) for span in state.open_during] == [
        (now, now + timedelta(hours=2))
    ]
    held = StationState.objects.extra(where=["open_during @> %s"], params=[now]).count()
    assert held == 1
