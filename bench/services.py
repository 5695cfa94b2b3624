"""A year of services: the public page from its cells, beside the same numbers counted from the facts.

    python -m bench.services [--full] [--rows 1175000]

Fills that many deliveries of 2022 over the counties of the province, follows them into the cells, and
measures: the page (all its statements), the same table by one full count over the facts, a county's
page, a month of one figure (which no cell holds), and recording 50,000 more. All ways must agree.
"""

import statistics
import time
from collections.abc import Callable

from bench.ground import own_database, parser_of, promise, sizes_of

PROVINCE, COUNTY = 330000, 330110
ROUNDS = 30
_FULL = """
WITH standing AS MATERIALIZED (
    SELECT d.id, d.worker_id, d.region, d.day, p.kind FROM programmes_delivery d
    JOIN programmes_programme p ON p.id = d.programme_id
    WHERE d.step = 1 AND d.day BETWEEN '2022-01-01' AND '2022-12-31'
      AND NOT EXISTS (SELECT 1 FROM programmes_delivery b WHERE b.corrects_id = d.id))
SELECT coalesce(kind, ''), count(*), count(DISTINCT worker_id) FROM standing
GROUP BY GROUPING SETS ((kind), ()) ORDER BY 1
"""
_FILL = """
INSERT INTO programmes_delivery
    (programme_id, occasion, turn, worker_id, union_id, region, occupation, is_directed, day, step,
     reason, recorded_at, recorded_by_name)
SELECT p.id, 0, 0, 1 + abs(hashint8(n)::bigint) %% %(people)s, 1,
       (%(counties)s::int[])[1 + ((abs(hashint8(n)::bigint) %% %(people)s) %% %(count)s)::int], 4, true,
       date '2022-01-01' + (n %% 364)::int, 1, '', timestamptz '2023-01-05 10:00+08', ''
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
JOIN programmes_programme p ON p.id = 1 + n %% (SELECT count(*) FROM programmes_programme)
"""


def main() -> None:
    """Measure and print the table."""
    options = parser_of(__doc__).parse_args()
    rows = sizes_of(options)[-1]
    with own_database():
        _make_ground(rows)
        print(f"\n{rows:,} deliveries of one year, 8 kinds of services, 90 counties\n")
        began = time.perf_counter()
        _fill(1, rows, rows // 2)
        filled = time.perf_counter()
        _follow()
        print(f"recorded in {filled - began:.1f} s, followed into cells in"
              f" {time.perf_counter() - filled:.1f} s\n")  # fmt: skip
        _measure(rows)


def _measure(rows: int) -> None:
    from nuanxin.figures.queries.measuring import measure
    from nuanxin.figures.queries.services import get_service_board
    from nuanxin.kernel import clock
    from nuanxin.kernel.period import parse_period

    now = clock.now()
    ways: dict[str, Callable[[], object]] = {
        "the province's page": lambda: get_service_board(year=2022, now=now),
        "a county's page": lambda: get_service_board(region=COUNTY, year=2022, now=now),
        "one figure of the year": lambda: measure(
            "programmes.given_persons", region=PROVINCE, period=parse_period("2022"), now=now
        ),
        "one figure of a month (facts)": lambda: measure(
            "programmes.given_persons", region=PROVINCE, period=parse_period("2022-07"), now=now
        ),
    }
    print("| what | p50 ms | p95 ms |\n|---|---|---|")
    found = {name: _times(way, 3 if "facts" in name else ROUNDS) for name, way in ways.items()}
    found["the same table, full count"] = _times(_full_count, 3)
    for name, (p50, p95) in found.items():
        print(f"| {name} | {p50:,.1f} | {p95:,.1f} |")
    page, full = found["the province's page"], found["the same table, full count"]
    promise("page of services, p95 ms", "≤ 25", f"{page[1]:.1f}", is_kept=page[1] <= 25)
    print(f"the page is {full[0] / page[0]:,.0f} × faster than counting the facts")
    _agree(now)
    began = time.perf_counter()
    _fill(rows + 1, rows + 50_000, rows // 2)
    recorded = time.perf_counter()
    _follow()
    print(f"50,000 more: recorded {recorded - began:.1f} s,"
          f" followed {time.perf_counter() - recorded:.1f} s")  # fmt: skip
    _agree(now)


def _times(way: Callable[[], object], rounds: int) -> tuple[float, float]:
    way()
    told = []
    for _ in range(rounds):
        began = time.perf_counter()
        way()
        told.append(1000 * (time.perf_counter() - began))
    told.sort()
    return statistics.median(told), told[min(len(told) - 1, round(0.95 * len(told)))]


def _full_count() -> list[tuple[str, int, int]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_FULL)
        return list(cursor.fetchall())


def _agree(now: object) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, sum(person_times), sum(persons) FROM programmes_servicecell"
            " WHERE year = 2022 GROUP BY 1 ORDER BY 1"
        )
        cells = [(kind, int(times), int(persons)) for kind, times, persons in cursor.fetchall()]
    is_kept = cells == _full_count()
    promise(
        "cells agree with the facts", "equal", "equal" if is_kept else "differ", is_kept=is_kept
    )


def _make_ground(rows: int) -> None:
    from django.db import connection

    from nuanxin.kernel import clock
    from nuanxin.programmes.models import Programme
    from nuanxin.programmes.rules.definitions import all_definitions

    now = clock.now()
    season = [one for one in all_definitions() if one.season][:8]
    Programme.objects.bulk_create(
        Programme(id=number, code=one.code, title=one.title, kind=one.kind.value, created_at=now)
        for number, one in enumerate(season, 1)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_worker (id, name, name_key, identity_hint, identity_kind, phone_hint,"
            " sex, assurance, created_at)"
            " SELECT n, '测', '', '', 1, '', '', 1, now() FROM generate_series(1, %s) n",
            [rows // 2],
        )


def _fill(first: int, last: int, people: int) -> None:
    from django.db import connection

    from nuanxin.kernel import regions

    counties = [int(one.code) for one in regions.counties()]
    values = {"first": first, "last": last, "people": people}
    with connection.cursor() as cursor:
        cursor.execute(_FILL, values | {"counties": counties, "count": len(counties)})
        cursor.execute("ANALYZE programmes_delivery")


def _follow() -> None:
    from django.db import connection

    from nuanxin.programmes.actions.counting import follow_deliveries

    while follow_deliveries():
        pass
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE programmes_delivery, programmes_serviceyear, programmes_servicecell"
        )


if __name__ == "__main__":
    main()
