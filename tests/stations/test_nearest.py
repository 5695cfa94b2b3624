"""The nearest stations are those that a ruler over the globe would find, whatever is asked of them."""

import math
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection

from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS, EARTH_RADIUS_M, haversine_m
from nuanxin.stations.models import Facility, HoursMark, Station, StationSpot, StationState
from nuanxin.stations.queries.nearest import Wanted, find_nearest
from nuanxin.stations.rules import nearest as rule
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.rules.placing import EAST, NORTH, SOUTH, WEST, place_of
from nuanxin.stations.states import OpenState, Standing

DAWN = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
STATIONS = 4_000
QUERIES = 10_000
WORLD = """
INSERT INTO stations_station (code, union_id, name, name_compact, name_kind, adcode, town_code,
    address, lng, lat, crs, wgs_lng, wgs_lat, host_name, host_kind, is_benchmark, is_24h, is_smart,
    is_shared, hours, extended_hours, scan_hours, standing, standing_reason, standing_from,
    created_at, updated_at)
SELECT '330105-' || lpad(g::text, 5, '0'), %(union)s, '驿站' || g, '驿站' || g, 3, 330105, '',
    '某路' || g || '号', x, y, 'wgs84', x, y, '', 99, false, false, false, false, '', '', '',
    CASE WHEN g %% 97 = 0 THEN 3 ELSE 1 END, CASE WHEN g %% 97 = 0 THEN '搬了' ELSE '' END,
    CASE WHEN g %% 97 = 0 THEN date '2026-10-01' END, now(), now()
FROM (SELECT g,
        CASE WHEN g %% 5 = 0 THEN 118 + 5 * random()
             ELSE 118.4 + (g %% 80) * 0.055 + (random() + random() - 1) * 0.09 END AS x,
        CASE WHEN g %% 5 = 0 THEN 27 + 4 * random()
             WHEN g %% 5 = 1 THEN 30.25
             ELSE 27.4 + ((g * 37) %% 80) * 0.046 + (random() + random() - 1) * 0.07 END AS y
      FROM generate_series(1, %(stations)s) g) t;
INSERT INTO stations_facility (station_id, kind, count, works, noted_at)
SELECT s.id, k.kind, 1, random() < 0.9, now()
FROM stations_station s
CROSS JOIN (VALUES ('water', 1.0), ('charge', 0.8), ('nap', 0.15), ('legal_desk', 0.03)) k (kind, share)
WHERE random() + 0 * s.id < k.share;
INSERT INTO stations_stationstate (station_id, state, confirmed_at, confirmed_by_kind, note,
    confirmations, contradictions, outcome, confidence, fresh_until, open_during,
    scan_during)
SELECT s.id, 1 + s.id %% 3, %(dawn)s, 1, '', 0, 0, 1, 90,
    %(dawn)s::timestamptz + (s.id %% 30) * interval '1 hour',
    (SELECT range_agg(tstzrange(%(dawn)s::timestamptz + make_interval(days => d, hours => (s.id %% 9)::int),
                                %(dawn)s::timestamptz + make_interval(days => d, hours => 11 + (s.id %% 9)::int)))
     FROM generate_series(-1, 3) d), '{}'
FROM stations_station s;
"""


@pytest.fixture
def province(cast):
    """Return the seed's stations as columns, read from the tables that people write to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(
            WORLD, {"union": cast.unions["county"].id, "stations": STATIONS, "dawn": DAWN}
        )
        cursor.execute("ANALYZE stations_stationspot")
    return Columns()


class Columns:
    """All stations in memory, ranked by brute force."""

    def __init__(self):
        stations = list(Station.objects.exclude(standing=Standing.CLOSED).order_by("id"))
        states = {one.station_id: one for one in StationState.objects.all()}
        working = {}
        for station_id, kind in Facility.objects.filter(works=True).values_list(
            "station_id", "kind"
        ):
            working.setdefault(station_id, set()).add(kind)
        self.ids = np.array([one.id for one in stations])
        self.lat = np.radians([one.wgs_lat for one in stations])
        self.lng = np.radians([one.wgs_lng for one in stations])
        self.kinds = [working.get(one.id, set()) for one in stations]
        self.states = [states[one.id] for one in stations]

    def meeting(self, *, kinds=(), usable_at=None, open_at=None):
        return np.array([
            set(kinds) <= has
            and (usable_at is None or self._usable(state, usable_at))
            and (open_at is None or any(open_at in span for span in state.open_during))
            for has, state in zip(self.kinds, self.states, strict=True)
        ])  # fmt: skip

    @staticmethod
    def _usable(state, at):
        return (
            state.state == OpenState.OPEN
            and state.fresh_until > at
            and any(at in span for span in state.open_during)
        )

    def nearest(self, lng, lat, limit, mask):
        phi, lam = math.radians(lat), math.radians(lng)
        square = (
            np.sin((self.lat[mask] - phi) / 2) ** 2
            + math.cos(phi) * np.cos(self.lat[mask]) * np.sin((self.lng[mask] - lam) / 2) ** 2
        )
        far = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(square))
        first = np.lexsort((self.ids[mask], far))[:limit]
        return [(int(self.ids[mask][at]), float(far[at])) for at in first]


ASKED = [
    {},
    {"usable_at": DAWN + timedelta(hours=6)},
    {"open_at": DAWN + timedelta(days=2, hours=3)},
    {"kinds": ("charge",), "usable_at": DAWN + timedelta(hours=9)},
    {"kinds": ("nap", "charge")},
    {"kinds": ("legal_desk",), "usable_at": DAWN + timedelta(hours=7)},
    {"kinds": ("nap", "legal_desk"), "open_at": DAWN + timedelta(hours=14)},
]


@pytest.mark.slow
def test_ten_thousand_answers_are_those_of_brute_force(province):
    rolls = random.Random(20261127)
    masks = [province.meeting(**asked) for asked in ASKED]
    assert min(counts := [int(mask.sum()) for mask in masks]) > 5, counts
    for number in range(QUERIES):
        lng, lat, limit = (
            rolls.uniform(118, 123),
            rolls.uniform(27, 31.2),
            rolls.choice((1, 3, 5, 20)),
        )
        if number % 2:  # half of them where people are
            at = rolls.randrange(len(province.ids))
            lng = math.degrees(province.lng[at]) + rolls.gauss(0, 0.01)
            lat = math.degrees(province.lat[at]) + rolls.gauss(0, 0.01)
        which = number % len(ASKED)
        asked = dict(ASKED[which])
        wanted = Wanted(facilities=rule.bits_of(asked.pop("kinds", ())), **asked)
        found = find_nearest(place_of(lng, lat, CRS.WGS84), limit=limit, wanted=wanted)
        true = province.nearest(lng, lat, limit, masks[which])
        assert_same(found, true)


def assert_same(found, true):
    assert len(found) == len(true)
    for one, (station_id, distance_m) in zip(found, true, strict=True):
        assert abs(one.distance_m - distance_m) < 1e-4
        assert one.station_id == station_id or one.distance_m == pytest.approx(distance_m, abs=1e-5)


def test_degrees_alone_would_be_wrong(street):
    """East is shorter than north: 0.0110° east is nearer than 0.0100° north, at 30°."""
    east = street.station(lng=120.0110, lat=30.0)
    north = street.station(lng=120.0, lat=30.0100)
    found = find_nearest(place_of(120.0, 30.0, CRS.WGS84), limit=1)
    assert [one.station_id for one in found] == [east.id]
    assert haversine_m(30.0, 120.0, 30.01, 120.0) > found[0].distance_m
    assert north.id != east.id


def test_at_the_edge_of_the_box_the_proof_still_holds(street):
    """Where the plane lies most: in the north it takes east and west for farther than they are."""
    made = [street.station(lng=120 + step, lat=NORTH - 0.01) for step in (0.5, -0.49, 0.51)]
    made += [street.station(lng=120.0, lat=NORTH - 0.01 - step) for step in (0.43, 0.44)]
    here = place_of(120.0, NORTH - 0.01, CRS.WGS84)
    true = sorted(made, key=lambda s: haversine_m(here.wgs_lat, here.wgs_lng, s.wgs_lat, s.wgs_lng))
    assert [one.station_id for one in find_nearest(here, limit=3)] == [s.id for s in true[:3]]


@pytest.mark.parametrize("ends", [((WEST, SOUTH), (EAST, SOUTH)), ((WEST, NORTH), (EAST, NORTH)),
                                  ((WEST, SOUTH), (EAST, NORTH)), ((120.5, NORTH), (120.6, NORTH))])  # fmt: skip
def test_a_step_of_the_plane_is_never_longer_than_said(ends):
    (west, south), (east, north) = ends
    steps = math.hypot((east - west) * rule.PLANE_COSINE, north - south)
    assert haversine_m(south, west, north, east) >= steps * rule.LEAST_METRES_PER_STEP


def test_stations_on_one_spot_are_told_in_the_order_of_their_numbers(street):
    made = [street.station(lng=120.2, lat=30.2) for _ in range(20)]
    found = find_nearest(place_of(120.21, 30.2, CRS.WGS84), limit=3)
    assert [one.station_id for one in found] == sorted(one.id for one in made)[:3]


# ---- what the search reads ----------------------------------------------------------------------


def test_the_search_row_follows_the_station_its_facilities_and_its_state(street):
    now = street.cast.now
    station = street.station(facilities="water nap")
    spot = StationSpot.objects.get()
    assert spot.facilities == rule.bits_of(("water", "nap"))
    assert spot.usable_until is None
    Facility.objects.filter(kind="nap").update(works=False)
    StationState.objects.update(
        state=OpenState.OPEN, confirmed_at=now, confirmed_by_kind=1, fresh_until=now
    )
    spot.refresh_from_db()
    assert spot.facilities == rule.bits_of(("water",))
    assert spot.usable_until == now
    Facility.objects.all().delete()
    StationState.objects.update(state=OpenState.FULL)
    Station.objects.filter(id=station.id).update(wgs_lat=30.5)
    spot.refresh_from_db()
    assert (spot.facilities, spot.usable_until, spot.lat) == (0, None, 30.5)


def test_a_closed_station_is_found_by_nobody_and_comes_back_when_it_reopens(street):
    station = street.station(facilities="water")
    closed = {"standing": Standing.CLOSED, "standing_reason": "搬了", "standing_from": "2026-01-01"}
    Station.objects.filter(id=station.id).update(**closed)
    assert find_nearest(place_of(120.2, 30.2, CRS.WGS84), limit=3) == []
    Station.objects.filter(id=station.id).update(
        standing=Standing.OPEN, standing_reason="", standing_from=None
    )
    wanted = Wanted(facilities=rule.bits_of(("water",)))
    found = find_nearest(place_of(120.2, 30.2, CRS.WGS84), limit=3, wanted=wanted)
    assert [one.station_id for one in found] == [station.id]
    HoursMark.objects.all().delete()
    station.delete()
    assert StationSpot.objects.count() == 0


@pytest.mark.django_db
def test_database_and_program_have_the_same_list_of_facilities():
    assert set(facility_labels(DAWN.date())) == set(rule.FACILITY_BITS)
    with connection.cursor() as cursor:
        for kind, bit in rule.FACILITY_BITS.items():
            cursor.execute("SELECT stations_facility_bit(%s)", [kind])
            assert cursor.fetchone() == (bit,)
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'stations_stationspot'")
        indexes = {name for (name,) in cursor.fetchall()}
    assert {f"spot_with_{rule.FACILITY_BITS[kind]}" for kind in rule.RARE_KINDS} <= indexes


@pytest.mark.parametrize(
    ("lng", "lat", "code", "word"),
    [
        (0, 0, "station.no_position", "还没有拿到你的位置"),
        (30.28, 120.15, "station.swapped", "写反了"),
        (116.4, 39.9, "station.outside", "不在浙江"),
        (float("nan"), 30.0, "station.outside", "不在浙江"),
    ],
)
def test_a_place_that_cannot_be_is_told_in_words(lng, lat, code, word):
    with pytest.raises(Malformed) as refused:
        rule.standpoint(lng, lat, CRS.GCJ02)
    assert refused.value.code == code
    assert word in refused.value.message
