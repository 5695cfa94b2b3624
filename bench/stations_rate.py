"""Answers a second of the nearest stations, as the database gives them: pgbench, both ways alike.

A client in Python spends more on itself than the database spends on an answer, so that two ways look
alike that are not. pgbench sends the product's own statements, prepared, from eight clients: the one
that brings candidates, the proof over them, and where it fails (``\\if``) the circle. The proof is
reckoned in the database here, as in the product by the process that asks. The other way is sent as it is. Each round runs
both, one after the other; what is promised is the median of the rounds' ratios.
"""

import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

CLIENTS = 8
SECONDS = 6
ROUNDS = 3
LIMIT = 5

# Where people ask: four in five about the seats of counties, as the stations lie, the rest anywhere.
# A spread of 3,200 steps with 4 standard deviations is one of 800 steps, in 1/10,000 of a degree.
POINT = """\\set seat random(1, {seats})
\\set far random(1, 5)
\\set dx random_gaussian(-3200, 3200, 4)
\\set dy random_gaussian(-2400, 2400, 4)
\\set anyx random(1182000, 1230000)
\\set anyy random(272000, 311000)
\\set lng CASE WHEN :far = 1 THEN :anyx ELSE {lng} + :dx END / 10000.0
\\set lat CASE WHEN :far = 1 THEN :anyy ELSE {lat} + :dy END / 10000.0
"""
PROVED = """WITH found (station_id, ground_m, steps) AS ({candidates}),
told AS (SELECT count(*) AS brought, max(steps) AS furthest, array_agg(ground_m ORDER BY ground_m, station_id) AS metres,
    array_agg(station_id ORDER BY ground_m, station_id) AS ids FROM found)
SELECT (brought >= {asked} AND metres[{limit}] >= furthest * {least!r}::float8)::int AS unproved,
    metres[{limit}] / {least!r}::float8 * (1 + 1e-9) AS reach, ids[1:{limit}] AS ids FROM told \\gset
\\if :unproved
{circle};
\\endif
"""


def compare(product: str, other: str) -> tuple[float, float, float]:
    """Return (median ratio, median answers a second of the product, of the other way)."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_pgbench(product))
        theirs.append(_pgbench(other))
    ratios = [mine / yours for mine, yours in zip(ours, theirs, strict=True)]
    return statistics.median(ratios), statistics.median(ours), statistics.median(theirs)


def product_script(usable_at: str) -> str:
    """Return the product's search for the nearest five usable at a time (a literal of SQL)."""
    from nuanxin.stations.queries import nearest as query
    from nuanxin.stations.rules import nearest as rule

    asked = rule.candidates_for(LIMIT)
    wanted = (False, True, False)
    values = {"lng": ":lng", "lat": ":lat", "usable": usable_at, "limit": str(LIMIT)}
    return _point() + PROVED.format(
        candidates=_filled(query.nearest_sql(asked=asked, wanted=wanted, rare=0), values),
        circle=_filled(query.circle_sql(wanted=wanted, rare=0), values | {"reach": ":reach"}),
        least=rule.LEAST_METRES_PER_STEP,
        limit=LIMIT,
        asked=asked,
    )


def other_script(statement: str, at: str) -> str:
    """Return a script of one statement with %(lng)s, %(lat)s and %(at)s, asked at random points."""
    values = {"lng": ":lng::float8", "lat": ":lat::float8", "at": at}
    return f"{_point()}{_filled(statement, values).strip()};\n"


def _point() -> str:
    from nuanxin.kernel import regions

    seats = regions.counties()
    chosen = {
        name: _picked([round(getattr(seat, name) * 10_000) for seat in seats])
        for name in ("lng", "lat")
    }
    return POINT.format(seats=len(seats), **chosen)


def _picked(values: list[int], first: int = 1) -> str:
    """Return an expression that is the value numbered :seat, found by halves: pgbench has no arrays."""
    if len(values) == 1:
        return str(values[0])
    half = len(values) // 2
    lower, upper = _picked(values[:half], first), _picked(values[half:], first + half)
    return f"CASE WHEN :seat < {first + half} THEN {lower} ELSE {upper} END"


def _filled(statement: str, values: dict[str, str]) -> str:
    for name, text in values.items():
        statement = statement.replace(f"%({name})s", text)
    return statement


def _pgbench(script: str) -> float:
    from django.db import connection

    from config.postgres.programs import server_programs

    chosen: dict[str, Any] = connection.settings_dict
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nearest.sql"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [
                server_programs().path("pgbench"), "-n", "-M", "prepared", "-f", str(path),
                "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-h", chosen["HOST"],
                "-p", str(chosen["PORT"] or 5432), "-U", chosen["USER"], chosen["NAME"],
            ],
            env=os.environ | {"PGPASSWORD": chosen["PASSWORD"] or ""},
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or "aborted" in done.stderr or "ERROR" in done.stderr:
        raise RuntimeError(f"pgbench said: {done.stdout[-300:]} {done.stderr[-600:]}")
    return float(found[1])
