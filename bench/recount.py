"""A full recount: every kept cell against a count from nothing, beside DuckDB counting the same.

    python -m bench.recount [--full] [--rows 10000,100000] [--data FOLDER]

The made-up province of ``bench.figures_page``. The product's recount compares month-end stocks by
region and by union, spots, and the register with all flows, in the database. DuckDB, in memory with
two threads, sums up the same columns of flows to the same cubes; it compares nothing.
"""

import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.figures_page import UNTIL, fill
from bench.ground import own_database, parser_of, sizes_of, slope

CUBE = """
SELECT count(*) FROM (
    SELECT month, {cell}, kind,
           sum(persons) OVER (PARTITION BY {cell}, kind ORDER BY month) AS running
    FROM (SELECT date_trunc('month', day) AS month, {cell}, kind, sum(persons) AS persons
          FROM {source} GROUP BY ALL) AS monthly) AS cube
"""
REGIONS = """(SELECT day, occupation, channel, kind, persons,
                     unnest([county, county // 100 * 100, county // 10000 * 10000]) AS region
              FROM flows)"""


def product() -> tuple[float, int, int]:
    """Return the seconds of a full recount, the cells compared, and those that differ."""
    from nuanxin.membership.actions.recounting import recount

    started = time.perf_counter()
    found = list(recount(today=UNTIL + timedelta(days=1)))
    seconds = time.perf_counter() - started
    # The register knows no bulk of unions here; its flows and rows were laid down together.
    return seconds, sum(one.cells for one in found), sum(one.differing for one in found)


def duck() -> tuple[float, int]:
    """Return the seconds that DuckDB takes for the cubes from flows in memory, and the flow rows."""
    import duckdb
    import polars as pl
    from django.db import connection

    database = duckdb.connect(config={"threads": 2})
    with connection.cursor() as cursor, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flows.csv"
        listed = "day, union_id, county, occupation, channel, kind, persons"
        with (
            path.open("wb") as file,
            cursor.copy(
                f"COPY (SELECT {listed} FROM membership_memberflow) TO STDOUT CSV HEADER"
            ) as out,
        ):
            for part in out:
                file.write(part)
        database.register("incoming", pl.read_csv(path, try_parse_dates=True).to_arrow())
        database.execute("CREATE TABLE flows AS SELECT * FROM incoming")
    rows = database.execute("SELECT count(*) FROM flows").fetchone()[0]
    started = time.perf_counter()
    for cell, source in (("region, occupation, channel", REGIONS), ("union_id", "flows")):
        database.execute(CUBE.format(cell=cell, source=source)).fetchall()
    return time.perf_counter() - started, rows


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--data", default="")
    parser.add_argument("--keep", action="store_true", help="measure what the folder holds")
    options = parser.parse_args(argv)
    results = []
    with own_database(options.data):
        for rows in sizes_of(options):
            if not options.keep:
                fill(rows)
            seconds, cells, differing = product()
            assert not differing, f"{differing} cells differ"
            results.append((rows, seconds, cells, *duck()))
    print("\n| memberships | flow rows | cells compared | recount s | DuckDB, sums alone s | |")
    print("|---|---|---|---|---|---|")
    for rows, seconds, cells, by_duck, flows in results:
        print(
            f"| {rows:,} | {flows:,} | {cells:,} | {seconds:.2f} | {by_duck:.2f}"
            f" | {seconds / by_duck:.1f} × |"
        )
    if len(results) > 1:
        first, last = results[0], results[-1]
        print(f"\nlog-log slope {slope((first[0], first[1]), (last[0], last[1])):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
