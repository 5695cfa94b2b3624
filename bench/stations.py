"""The nearest open stations: exact by great circle, at 12,000 and at 1.2 million.

    python -m bench.stations [--rows 12000,1200000] [--asks 1500] [--server postgresql://…] [--no-http]

In a database of its own that is removed afterwards. Beside the product's search stand an empty round
trip over the same cursor, brute force, and PostGIS's geography KNN where the server has PostGIS: the
embedded server has not, so ``--server`` names one (a role that may create databases) on which all of
it runs. Every way answers the same question for the same people: the nearest five stations that are
usable at noon (and at three in the morning). All ways take turns within the run: only ratios count.

Answers a second are told twice: of several clients in Python, whose own work is most of it, and by
pgbench with the very statements (``bench.stations_rate``), on which the promise stands. Then the API,
from an open-loop load of 300 requests a second on 12,000 stations.
"""

import argparse
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.ground import own_database, percentile, promise, slope

MOST_EMPTY = {12_000: 3.0, 1_200_000: 6.0}
MOST_P99_MS = 1.5
MOST_SLOPE = 0.25
LEAST_RATE = 3.0
LIMIT = 5
TURNS = 15
CLIENTS = 4
RATE_SECONDS = 4.0
DAY = datetime(2026, 11, 27, tzinfo=UTC)
NOON, NIGHT = DAY + timedelta(hours=4), DAY + timedelta(hours=19)
BRUTE_ASKS = 15

# Four in five about the seats of the counties, the rest anywhere; one in seven round the clock, one
# in three not confirmed in time.
FILL = """
INSERT INTO stations_stationspot
    (station_id, place, lng, lat, facilities, usable_until, open_during)
SELECT g, point(x * 0.8703556959398997, y), x, y,
    1 | (CASE WHEN random() < 0.8 THEN 4 ELSE 0 END) | (CASE WHEN random() < 0.5 THEN 8 ELSE 0 END)
      | (CASE WHEN random() < 0.1 THEN 16 ELSE 0 END)
      | (CASE WHEN random() < 0.002 THEN 512 ELSE 0 END),
    %(day)s::timestamptz + CASE WHEN random() < 0.67 THEN interval '30 hours' ELSE interval '-1 hour' END,
    CASE WHEN g %% 7 = 0 THEN %(always)s::tstzmultirange ELSE %(daily)s::tstzmultirange END
FROM (SELECT g, CASE WHEN g %% 5 = 0 THEN 118.2 + 4.8 * random() ELSE
             greatest(117.6, least(123.4, c.lng + (random() + random() + random() - 1.5) * 0.16)) END x,
             CASE WHEN g %% 5 = 0 THEN 27.2 + 3.9 * random() ELSE
             greatest(26.6, least(31.7, c.lat + (random() + random() + random() - 1.5) * 0.12)) END y
      FROM generate_series(1, %(rows)s) g
      JOIN unnest(%(lngs)s::float8[], %(lats)s::float8[]) WITH ORDINALITY c (lng, lat, n)
        ON c.n = 1 + g %% %(seats)s) t
ORDER BY random()
"""
GEOGRAPHY = """
CREATE TABLE bench_geography AS SELECT station_id,
    ST_SetSRID(ST_MakePoint(lng, lat), 4326)::geography AS place, facilities, usable_until, open_during
FROM stations_stationspot;
CREATE INDEX bench_geography_place ON bench_geography USING gist (place);
ANALYZE bench_geography;
"""
BY_GEOGRAPHY = """
SELECT station_id FROM bench_geography
WHERE usable_until > %(at)s AND open_during @> %(at)s::timestamptz
ORDER BY place <-> ST_SetSRID(ST_MakePoint(%(lng)s, %(lat)s), 4326)::geography LIMIT 5
"""
BY_BRUTE_FORCE = """
SELECT station_id FROM stations_stationspot
WHERE usable_until > %(at)s AND open_during @> %(at)s::timestamptz
ORDER BY 12742017.6 * asin(sqrt(sin(radians(lat - %(lat)s) / 2) ^ 2
    + cos(radians(%(lat)s)) * cos(radians(lat)) * sin(radians(lng - %(lng)s) / 2) ^ 2)), station_id
LIMIT 5
"""

Way = Callable[[float, float], object]


def main(argv: list[str] | None = None) -> int:
    """Measure every size, print the tables and the promises."""
    options = _options(argv)
    sizes = [int(size) for size in options.rows.split(",")]
    with _ground(options.server):
        if options.http:
            from bench.stations_http import measure

            measure()
        _loosen()
        has_postgis = _has_postgis()
        print(f"PostGIS: {has_postgis or 'not on this server, brute force stands for it'}\n")
        print("| stations | way | p50 µs | p95 | p99 | × empty (p50) | two statements |")
        print("|---|---|---|---|---|---|---|")
        seen = {rows: _size(rows, options.asks, has_postgis=bool(has_postgis)) for rows in sizes}
    _promises(sizes, seen)
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the same: 1.2 million are always met")
    parser.add_argument("--rows", default="12000,120000,1200000")
    parser.add_argument("--asks", type=int, default=1_500, help="people who ask, each way")
    parser.add_argument("--server", default="", help="a server with PostGIS, as a URL")
    parser.add_argument("--no-http", dest="http", action="store_false")
    return parser.parse_args(argv)


@contextmanager
def _ground(server: str) -> Iterator[None]:
    """Open a database of one's own, on the embedded server or on the one named."""
    if not server:
        with own_database():
            yield
        return
    import psycopg

    from config.opening import opened
    from config.places import Places

    name = f"nuanxin_bench_stations_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
    os.environ["DATABASE_URL"] = psycopg.conninfo.make_conninfo(server, dbname=name)
    try:
        with tempfile.TemporaryDirectory() as folder, opened(Places(Path(folder))):
            yield
    finally:
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute(f"DROP DATABASE {name}")


def _has_postgis() -> str:
    """Return PostGIS's version after making it available here, "" where it is not installed."""
    rows = _asked("SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'", {})
    if rows:
        _done("CREATE EXTENSION IF NOT EXISTS postgis")
    return str(rows[0][0]) if rows else ""


def _loosen() -> None:
    """Let search rows stand without stations: the search reads nothing else."""
    _done("TRUNCATE stations_station CASCADE")
    for (name,) in _asked(
        "SELECT conname FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = 'stations_stationspot'::regclass",
        {},
    ):
        _done(f'ALTER TABLE stations_stationspot DROP CONSTRAINT "{name}"')


def _fill(rows: int, *, has_postgis: bool) -> None:
    from django.db import connection

    from nuanxin.kernel import regions

    seats = [(one.lng, one.lat) for one in regions.counties()]
    values = {
        "rows": rows,
        "day": DAY,
        "lngs": [lng for lng, _ in seats],
        "lats": [lat for _, lat in seats],
        "seats": len(seats),
        "always": _spans(0, 24),
        "daily": _spans(0, 12),
    }
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE stations_stationspot")
        cursor.execute("DROP TABLE IF EXISTS bench_geography")
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(FILL, values)
        if has_postgis:
            cursor.execute(GEOGRAPHY)
    _done("VACUUM ANALYZE stations_stationspot")


def _spans(from_hour: int, to_hour: int) -> str:
    """Return seventeen days' opening times as PostgreSQL reads them (hours are UTC)."""
    days = [DAY + timedelta(days=day) for day in range(-1, 16)]
    spans = [
        f"[{day + timedelta(hours=from_hour)},{day + timedelta(hours=to_hour)})" for day in days
    ]
    return f"{{{','.join(spans)}}}"


# ---- one size ---------------------------------------------------------------------------------


def _size(rows: int, asks: int, *, has_postgis: bool) -> dict[str, Any]:
    """Measure every way at this size; return p50 and p99 in µs and the rates by way."""
    _fill(rows, has_postgis=has_postgis)
    people = _people(asks)
    ways = _ways(has_postgis)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for name, way in ways.items():
        for lng, lat in people[:60]:
            way(lng, lat)
            if name == "brute force":
                break
    step = len(people) // TURNS
    for turn in range(TURNS):
        for name, way in ways.items():
            few = people[turn * step : turn * step + (step if name != "brute force" else 1)]
            times[name] += _times(way, few)
    empty = percentile(times["empty round trip"], 0.5)
    doubled = {name: _doubled(people, at) for name, at in SEARCHES.items()}
    for name, told in times.items():
        p50, p95, p99 = (percentile(told, share) for share in (0.5, 0.95, 0.99))
        twice = f"{doubled[name]:.2%}" if name in doubled else ""
        print(
            f"| {rows:,} | {name} | {p50:,.0f} | {p95:,.0f} | {p99:,.0f} | {p50 / empty:.2f} | {twice} |"
        )
    print(f"| {rows:,} | same five as brute force | {_same(people[:200], has_postgis)} | | | | |")
    return {
        "p50": {name: percentile(told, 0.5) for name, told in times.items()},
        "p99": {name: percentile(told, 0.99) for name, told in times.items()},
        "rate": _rates(rows, people, has_postgis),
        "times": _by_pgbench(rows, has_postgis),
    }  # fmt: skip


SEARCHES = {"nearest five usable, noon": NOON, "nearest five usable, at night": NIGHT}


def _ways(has_postgis: bool) -> dict[str, Way]:
    from nuanxin.kernel.geo import CRS
    from nuanxin.stations.queries.nearest import Wanted, find_nearest
    from nuanxin.stations.rules.nearest import FACILITY_BITS
    from nuanxin.stations.rules.placing import Place

    def search(limit: int, wanted: Wanted) -> Way:
        return lambda lng, lat: find_nearest(
            Place(lng, lat, CRS.WGS84, lng, lat), limit=limit, wanted=wanted
        )

    charge, desk = FACILITY_BITS["charge"], FACILITY_BITS["legal_desk"]
    ways: dict[str, Way] = {"empty round trip": lambda lng, lat: _prepared("SELECT 1", {})}
    ways |= {name: search(LIMIT, Wanted(usable_at=at)) for name, at in SEARCHES.items()}
    ways["nearest three usable that charge, noon"] = search(3, Wanted(charge, usable_at=NOON))
    ways["nearest three with a rare desk (0.2 %), noon"] = search(3, Wanted(desk, usable_at=NOON))
    if has_postgis:
        ways["PostGIS geography KNN, noon"] = lambda lng, lat: _prepared(
            BY_GEOGRAPHY, {"lng": lng, "lat": lat, "at": NOON}
        )
    ways["brute force"] = lambda lng, lat: _prepared(
        BY_BRUTE_FORCE, {"lng": lng, "lat": lat, "at": NOON}
    )
    return ways


def _people(asks: int) -> list[tuple[float, float]]:
    """Return where people ask: within some kilometres of stations."""
    rolls = random.Random(7)
    rows = _asked("SELECT lng, lat FROM stations_stationspot ORDER BY station_id LIMIT 60000", {})
    chosen = [rolls.choice(rows) for _ in range(asks)]
    return [
        (min(123.4, max(117.6, lng + rolls.gauss(0, 0.01))),
         min(31.7, max(26.6, lat + rolls.gauss(0, 0.01))))
        for lng, lat in chosen
    ]  # fmt: skip


def _times(way: Way, people: Sequence[tuple[float, float]]) -> list[float]:
    told = []
    for lng, lat in people:
        began = time.perf_counter()
        way(lng, lat)
        told.append(1e6 * (time.perf_counter() - began))
    return told


def _doubled(people: Sequence[tuple[float, float]], at: datetime) -> float:
    """Return the share of searches whose proof needed a second statement."""
    from nuanxin.stations.queries.nearest import nearest_sql
    from nuanxin.stations.rules import nearest as rule

    asked = rule.candidates_for(LIMIT)
    sql = nearest_sql(asked=asked, wanted=(False, True, False), rare=0)
    missed = 0
    for lng, lat in people:
        rows = _prepared(sql, {"lng": lng, "lat": lat, "usable": at})
        found = [rule.Candidate(*row) for row in rows]
        missed += not rule.is_proved(found, LIMIT, asked=asked)
    return missed / len(people)


def _same(people: Sequence[tuple[float, float]], has_postgis: bool) -> str:
    """Return how often the product, and PostGIS, give the five of brute force."""
    ways = _ways(has_postgis)
    told = {"product": 0, "PostGIS": 0}
    some = people[:40]
    for lng, lat in some:
        values = {"lng": lng, "lat": lat, "at": NOON}
        true = [row[0] for row in _prepared(BY_BRUTE_FORCE, values)]
        found: Any = ways["nearest five usable, noon"](lng, lat)
        told["product"] += [one.station_id for one in found] == true
        if has_postgis:
            told["PostGIS"] += [row[0] for row in _prepared(BY_GEOGRAPHY, values)] == true
    return f"product {told['product']} of {len(some)}" + (
        f", PostGIS (on the ellipsoid) {told['PostGIS']}" if has_postgis else ""
    )


def _rates(rows: int, people: list[tuple[float, float]], has_postgis: bool) -> dict[str, float]:
    """Return answers a second of several clients at once, each way twice in turn."""
    from django.db import connections

    names = ["nearest five usable, noon"]
    names.append("PostGIS geography KNN, noon" if has_postgis else "brute force")
    told: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(2):
        for name in names:
            connections.close_all()
            context = multiprocessing.get_context("fork")
            with context.Pool(CLIENTS) as pool:
                told[name].append(
                    sum(
                        pool.starmap(
                            _client, [(name, people, has_postgis, at) for at in range(CLIENTS)]
                        )
                    )
                )
    for name, counted in told.items():
        print(
            f"| {rows:,} | {name}: {CLIENTS} clients in Python, answers a second | {max(counted):,.0f} | | | | |"
        )
    return {name: max(counted) for name, counted in told.items()}


def _by_pgbench(rows: int, has_postgis: bool) -> tuple[str, float]:
    """Return the other way's name and how many times as many answers the database gives a second."""
    from bench.stations_rate import CLIENTS as PGBENCH_CLIENTS
    from bench.stations_rate import compare, other_script, product_script

    # without colons: pgbench reads a variable behind each
    at = f"'{NOON:%Y%m%dT%H%M%S}+00'::timestamptz"
    name, statement = (
        ("PostGIS geography KNN", BY_GEOGRAPHY) if has_postgis else ("brute force", BY_BRUTE_FORCE)
    )
    times, ours, theirs = compare(product_script(at), other_script(statement, at))
    for who, rate in (("the product with its proof", ours), (name, theirs)):
        said = f"{who}: pgbench, {PGBENCH_CLIENTS} clients, answers a second"
        print(f"| {rows:,} | {said} | {rate:,.0f} | | | | |", flush=True)
    return name, times


def _client(name: str, people: list[tuple[float, float]], has_postgis: bool, at: int) -> float:
    way = _ways(has_postgis)[name]
    mine = people[at::CLIENTS]
    way(*mine[0])
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < RATE_SECONDS:
        way(*mine[count % len(mine)])
        count += 1
    return count / (time.perf_counter() - began)


# ---- the promises -----------------------------------------------------------------------------


def _promises(sizes: Sequence[int], seen: dict[int, dict[str, Any]]) -> None:
    main_way = "nearest five usable, noon"
    for rows, most in MOST_EMPTY.items():
        if rows in seen:
            p50 = seen[rows]["p50"]
            ratio = p50[main_way] / p50["empty round trip"]
            promise(f"nearest five usable, {rows:,} stations: p50 in empty round trips",
                    f"≤ {most:.0f}", f"{ratio:.2f}", is_kept=ratio <= most)  # fmt: skip
    last = sizes[-1]
    p99 = seen[last]["p99"][main_way] / 1000
    promise(f"nearest five usable, {last:,} stations: p99", f"≤ {MOST_P99_MS} ms", f"{p99:.2f} ms",
            is_kept=p99 <= MOST_P99_MS)  # fmt: skip
    if len(sizes) > 1:
        first = sizes[0]
        bent = slope((first, seen[first]["p50"][main_way]), (last, seen[last]["p50"][main_way]))
        promise(f"growth from {first:,} to {last:,}: log-log slope of the p50", f"≤ {MOST_SLOPE}",
                f"{bent:.2f}", is_kept=bent <= MOST_SLOPE)  # fmt: skip
    name, times = seen[last]["times"]
    promise(f"answers a second at {last:,} by pgbench, against {name}", f"≥ {LEAST_RATE:.0f} ×",
            f"{times:.1f} ×", is_kept=times >= LEAST_RATE)  # fmt: skip


# ---- the database ------------------------------------------------------------------------------


def _prepared(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.prepared_cursor(is_binary=True) as cursor:  # type: ignore[attr-defined]
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _asked(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _done(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)


if __name__ == "__main__":
    main()
