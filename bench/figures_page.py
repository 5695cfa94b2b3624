"""The 数读 page: any region, any day, beside full scans of the membership rows in the same run.

    python -m bench.figures_page [--full] [--rows 10000,100000] [--asks 200] [--data FOLDER]

A made-up province (unions, tree, memberships, flows) is filled in by sets in a database of its own,
in a data folder that is removed afterwards (unless ``--data`` names one). For random (region, day)
it measures the time that the page spends in the database, and beside it (same questions, same minute)
the same sections read by full scans: by PostgreSQL (one statement a section, and all of them in one pass) and by DuckDB over
the same columns, in memory, with two threads. All ways must agree on every number, or it fails.
Then the price: a bulk approval of 50,000 with and without flows, and the fold.
"""

import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.contacts import print_contacts
from bench.employers import TABLES as EMPLOYERS_TABLES
from bench.employers import fill_employers
from bench.figures_sections import ONE_PASS, SECTIONS
from bench.ground import own_database, parser_of, percentile, promise, sizes_of, slope

SINCE, UNTIL = date(2021, 11, 1), date(2026, 10, 31)
TABLES = (
    *EMPLOYERS_TABLES,
    "people_contact",
    "membership_memberspan",
    "membership_spandue",
    "membership_memberflow",
    "membership_memberstock",
    "membership_memberspot",
    "membership_unionstock",
    "membership_membership",
    "membership_joinapplication",
    "orgs_ancestry",
    "orgs_territory",
    "orgs_placement",
    "orgs_union",
)

UNIONS = """
INSERT INTO orgs_union (code, name, short_name, kind, state, level, parent_id, path, adcode,
    industry_code, is_new_form, accepts_members, route, founded_on, address, contact_name,
    contact_phone)
SELECT 'B' || n, '测速工会' || n, '', %(kind)s, 'active', %(level)s, p.id, '', r.adcode, '',
    %(level)s = 5, %(level)s = 5, '', %(first)s::date + (n %% %(spread)s)::int, '', '', ''
FROM unnest(%(numbers)s::int[], %(places)s::int[], %(above)s::int[]) AS r (n, adcode, above)
LEFT JOIN orgs_union p ON p.code = 'B' || r.above ORDER BY n
"""
SEATS = """
INSERT INTO orgs_territory (union_id, adcode, is_seat, valid_from, recorded_at)
SELECT id, adcode, true, founded_on, founded_on FROM orgs_union
"""
ANCESTRY = """
INSERT INTO orgs_ancestry (ancestor_id, union_id, depth, valid_from, recorded_at)
SELECT part::bigint, u.id, 0, u.founded_on, u.founded_on
FROM orgs_union u, string_to_table(trim('/' FROM u.path), '/') AS part
"""
# Members lean to a few large unions; one in twelve has left, one in thirty has moved on.
MEMBERS = """
INSERT INTO membership_membership (worker_id, union_id, state, channel, occupation, started_on,
    ended_on, end_reason, joined_on, recorded_at)
SELECT n, u.id, CASE WHEN gone THEN 3 ELSE 1 END, 1 + (n * 7 %% 11 > 2)::int + (n * 7 %% 11 > 5)::int,
    (ARRAY[4,4,4,4,4,3,3,3,2,2,1,1,6,6,7,99])[1 + n * 13 %% 16], day,
    CASE WHEN gone THEN least(%(until)s, day + 1 + (n * 31 %% 700)::int) END,
    CASE WHEN gone THEN 2 END, day, day
FROM (SELECT n, n %% 12 = 5 AS gone,
             %(since)s::date + (%(days)s * sqrt(random()))::int AS day,
             1 + (%(unions)s * power(random(), 2.2))::int AS rank
      FROM generate_series(%(first)s, %(last)s) AS n) AS m
JOIN (SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS rank
      FROM orgs_union WHERE level = 5) AS u USING (rank)
"""
FLOWS = """
INSERT INTO membership_memberflow
    (day, union_id, county, occupation, channel, kind, persons, recorded_at)
SELECT day, union_id, adcode, occupation, channel, f.kind, count(*), day
FROM (SELECT union_id, occupation, channel, started_on AS day, 10 AS kind
      FROM membership_membership
      UNION ALL
      SELECT union_id, occupation, channel, ended_on, 21
      FROM membership_membership WHERE ended_on IS NOT NULL) AS f
JOIN orgs_union u ON u.id = f.union_id GROUP BY 1, 2, 3, 4, 5, 6
"""
# Two years of contacts, spread alike over days and persons; one in three is a service.
CONTACTS = """
INSERT INTO people_contact (worker_id, day, kind, times, reference, note, recorded_at, recorded_by_name)
SELECT m.worker_id, d.day, CASE WHEN (m.id + d.n) %% 3 = 0 THEN 50 ELSE 10 END, 1, 'bench' || d.n, '',
       d.day, ''
FROM (SELECT id, worker_id, min(started_on) OVER (PARTITION BY worker_id) AS first
      FROM membership_membership) AS m
CROSS JOIN LATERAL (
    SELECT n, %(until)s::date - (abs(hashint8(m.id * 31 + n)::bigint) %% 730)::int AS day
    FROM generate_series(1, %(contacts)s) AS n) AS d
WHERE d.day >= m.first
"""


def main(argv: list[str] | None = None) -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--asks", type=int, default=200)
    parser.add_argument("--scans", type=int, default=12)
    parser.add_argument("--data", default="")
    parser.add_argument("--contacts", type=int, default=4, help="of each member in two years")
    parser.add_argument("--keep", action="store_true", help="measure what the folder holds")
    options = parser.parse_args(argv)
    with own_database(options.data):
        results = []
        for rows in sizes_of(options):
            if not options.keep:
                fill(rows, options.contacts)
            results.append(measure_size(rows, options.asks, options.scans))
            print_size(results[-1])
        if len(results) > 1:
            print_slopes(results)
        kept = upkeep(50_000)
        print_upkeep(kept)
        print_contacts(50_000, UNTIL)
        tell_promises(results[-1], kept)
    return 0


def tell_promises(result: dict[str, Any], kept: dict[str, float]) -> None:
    """Say of each promise of the largest size whether it holds."""
    slow = percentile(result["page"], 0.95)
    promise("figures page: database p95", "<= 25 ms", f"{slow:.1f} ms", is_kept=slow <= 25)
    for key, least in (("scan", 100), ("duck", 8)):
        times = statistics.median(result[key]) / statistics.median(result["beside"])
        name = "full scan" if key == "scan" else "DuckDB"
        promise(
            f"figures page: faster than {name}, {result['rows']:,} rows",
            f">= {least} x",
            f"{times:.0f} x",
            is_kept=times >= least,
        )
    more = kept["with"] / kept["without"] - 1
    promise("figures upkeep in a bulk join", "< +40 %", f"{more:+.0%}", is_kept=more < 0.4)


# ---- the made-up province ---------------------------------------------------------------------


def fill(rows: int, contacts: int = 4) -> None:
    """Empty the tables and fill in a province of ``rows`` memberships; flows folded."""
    from django.db import connection

    from nuanxin.kernel import clock
    from nuanxin.membership.actions.stocks import fold_flows

    started = time.perf_counter()
    with connection.cursor() as cursor:
        # Triggers are for writers; here sets are laid down that are known to fit.
        _triggers(cursor, "DISABLE", *TABLES)
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
        cursor.execute("SELECT setseed(0.42)")
        _triggers(cursor, "ENABLE", "orgs_union")  # it sets the path
        unions = _fill_unions(cursor, max(90, min(6_777, rows // 30)))
        cursor.execute(SEATS)
        cursor.execute(ANCESTRY)
        fill_employers(cursor, max(90, rows // 40), unions, first=SINCE, last=UNTIL)
        values = {
            "since": SINCE,
            "until": UNTIL,
            "days": (UNTIL - SINCE).days,
            "unions": unions - 1,
        }
        cursor.execute(MEMBERS, values | {"first": 1, "last": rows})
        cursor.execute(FLOWS)
        _triggers(cursor, "ENABLE", *TABLES)
        if contacts:
            _fill_contacts(cursor, rows, contacts)
    fold_flows(now=clock.day_start(UNTIL + timedelta(days=1)))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM membership_memberflow")
        flows = cursor.fetchone()[0]
    print(
        f"\n{rows:,} memberships in {unions:,} unions, {flows:,} flow rows"
        f" (filled in {time.perf_counter() - started:.0f} s)",
        flush=True,
    )


def _fill_contacts(cursor: Any, rows: int, contacts: int) -> None:
    from nuanxin.kernel import clock
    from nuanxin.membership.actions.spans import keep_all_spans

    _fill_workers(cursor, 0, rows)
    cursor.execute(CONTACTS, {"until": UNTIL, "contacts": contacts})
    found = cursor.rowcount
    cursor.execute("ANALYZE people_contact")
    started = time.perf_counter()
    persons = keep_all_spans(now=clock.day_start(UNTIL))
    spent = time.perf_counter() - started
    print(f"{found:,} contacts, spans of {persons:,} persons found in {spent:.1f} s", flush=True)


def _triggers(cursor: Any, change: str, *tables: str) -> None:
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} {change} TRIGGER USER")


def _fill_unions(cursor: Any, count: int) -> int:
    from nuanxin.kernel import regions

    counties = [int(one.code) for one in regions.counties()]
    cities = sorted({code // 100 * 100 for code in counties})
    numbers = {330000: 0}
    levels: list[tuple[int, str, list[int], int]] = [
        (1, "federation", [330000], 0),
        (2, "federation", cities, 10_000),
        (3, "federation", counties, 100),
    ]
    for level, kind, places, step in levels:
        own = [len(numbers) - 1 + i if level > 1 else 0 for i in range(1, len(places) + 1)]
        above = [numbers[c // step * step] if step else -1 for c in places]
        numbers |= dict(zip(places, own, strict=True))
        _insert(cursor, level, kind, own, places, above, date(2018, 1, 1), 1)
    chosen = random.Random(7)
    places = [chosen.choice(counties) for _ in range(count)]
    own = [1_000 + i for i in range(count)]
    _insert(cursor, 5, "joint", own, places, [numbers[c] for c in places], date(2018, 10, 1), 1_800)
    return count


def _insert(
    cursor: Any, level: int, kind: str, own: list[int], places: list[int], above: list[int],
    first: date, spread: int,
) -> None:  # fmt: skip
    cursor.execute(
        UNIONS,
        {
            "level": level,
            "kind": kind,
            "numbers": own,
            "places": places,
            "above": above,
            "first": first,
            "spread": spread,
        },
    )


# ---- measuring --------------------------------------------------------------------------------


def measure_size(rows: int, asks: int, scans: int) -> dict[str, Any]:
    """Return the times of every way, in ms, after checking that all agree."""
    questions = _questions(asks)
    page = [_page(region, day) for region, day in questions]
    duck = _Duck()
    scanned, in_one, by_duck, by_duck_in_one, beside = [], [], [], [], []
    for region, day in questions[:scans]:
        board, _ = _board(region, day)
        beside.append(statistics.median(_page(region, day) for _ in range(5)))
        for run, times, one in (
            (_postgres, scanned, in_one),
            (duck.run, by_duck, by_duck_in_one),
        ):
            sections, spent = _sections(run, region, day)
            times.append(spent)
            _must_agree(board, sections, region, day)
            started = time.perf_counter()
            run(_fill_in(ONE_PASS, run, region, day))
            one.append(1000 * (time.perf_counter() - started))
    return {
        "rows": rows,
        "page": page,
        "beside": beside,
        "scan": scanned,
        "one_pass": in_one,
        "duck": by_duck,
        "duck_one": by_duck_in_one,
    }


def _questions(asks: int) -> list[tuple[int, date]]:
    from nuanxin.kernel import regions

    chosen = random.Random(11)
    counties = [int(one.code) for one in regions.counties()]
    places = [330000, *{code // 100 * 100 for code in counties}, *counties]
    days = (UNTIL - SINCE).days
    return [
        (chosen.choice(places), SINCE + timedelta(days=chosen.randrange(days + 1)))
        for _ in range(asks)
    ]


def _board(region: int, day: date) -> tuple[Any, float]:
    """Return the board and the ms that its statements took in the database, transfer included."""
    from django.db import connection

    from nuanxin.figures.queries import get_board
    from nuanxin.kernel import clock

    spent = 0.0

    def clocked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal spent
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += time.perf_counter() - started

    with connection.execute_wrapper(clocked):
        board = get_board(region=region, as_of=day, now=clock.day_start(UNTIL + timedelta(days=1)))
    return board, 1000 * spent


def _page(region: int, day: date) -> float:
    return _board(region, day)[1]


def _sections(run: Any, region: int, day: date) -> tuple[dict[str, list[Any]], float]:
    started = time.perf_counter()
    sections = {
        name: run(_fill_in(statement, run, region, day)) for name, statement in SECTIONS.items()
    }
    return sections, 1000 * (time.perf_counter() - started)


def _fill_in(statement: str, run: Any, region: int, day: date) -> str:
    from nuanxin.orgs.queries import region_bounds

    low, high = region_bounds(region)
    is_postgres = run is _postgres
    return statement.replace("//", "/" if is_postgres else "//").format(
        m="membership_membership" if is_postgres else "members",
        u="orgs_union" if is_postgres else "unions",
        c="people_contact" if is_postgres else "contacts",
        day=f"DATE '{day}'",
        open=f"DATE '{day.replace(day=1)}'",
        low=low,
        high=high,
    )


def _postgres(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


class _Duck:
    """The same columns in DuckDB, in memory."""

    def __init__(self) -> None:
        import duckdb
        import polars as pl
        from django.db import connection

        self._db = duckdb.connect(config={"threads": 2})
        columns = {
            "members": "worker_id, union_id, occupation, channel, started_on, ended_on",
            "unions": "id, adcode",
            "contacts": "worker_id, day, kind",
        }
        tables = {
            "members": "membership_membership",
            "unions": "orgs_union",
            "contacts": "people_contact",
        }
        with connection.cursor() as cursor, tempfile.TemporaryDirectory() as folder:
            for name, listed in columns.items():
                path = Path(folder) / f"{name}.csv"
                with (
                    path.open("wb") as file,
                    cursor.copy(
                        f"COPY (SELECT {listed} FROM {tables[name]}) TO STDOUT CSV HEADER"
                    ) as out,
                ):
                    for part in out:
                        file.write(part)
                frame = pl.read_csv(path, try_parse_dates=True)
                if name == "contacts":  # an empty table has no types of its own
                    frame = frame.cast({"worker_id": pl.Int64, "day": pl.Date, "kind": pl.Int16})
                self._db.register("incoming", frame.to_arrow())
                self._db.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
                self._db.unregister("incoming")

    def run(self, statement: str) -> list[Any]:
        """Return the rows of a statement."""
        rows: list[Any] = self._db.execute(statement).fetchall()
        return rows


NAMES = {"reached": "reachable_persons", "served": "served_persons"}


def _must_agree(board: Any, sections: dict[str, list[Any]], region: int, day: date) -> None:
    """Fail unless the page shows what the scan counted: to the ten, and nothing of a few."""
    values = {one.definition.code: one.value for one in board.figures}
    new, left, live = sections["total"][0]
    shown = (
        values["membership.new_members_persons"],
        values["membership.live_members_persons"],
    )
    for section in ("reached", "served"):
        ours, theirs = values[f"membership.{NAMES[section]}"], sections[section][0][0]
        assert _is_rounded_from(ours, theirs), (section, region, day, ours, theirs)
    for ours, theirs in zip(shown, (new, live), strict=True):
        assert _is_rounded_from(ours, theirs), (region, day, shown, new, left, live)
    names = {"cities": board.cities, "counties": board.counties}
    for section, rows in names.items():
        scale = "00" if section == "cities" else ""
        truth = {f"{row[0]}{scale}": (row[1], row[3]) for row in sections[section]}
        for row in rows:
            expected = truth.get(row.key, (0, 0))
            assert _is_rounded_from(row.new, expected[0]), (section, row, expected)
            assert _is_rounded_from(row.live, expected[1]), (section, row, expected)
    truth = {row[0]: (row[1], row[3]) for row in sections["occupations"]}
    from nuanxin.kernel import occupations

    for row in board.occupations:
        expected = truth[occupations.occupation(row.key).key]
        assert _is_rounded_from(row.new, expected[0]), (row, expected)
        assert _is_rounded_from(row.live, expected[1]), (row, expected)
    _trend_must_agree(board, sections["months"], day)


def _is_rounded_from(ours: int | None, theirs: int) -> bool:
    return 0 < theirs < 10 if ours is None else abs(ours - theirs) <= 5


def _trend_must_agree(board: Any, months: list[Any], day: date) -> None:
    for point in board.trend[:-1]:
        new = sum(n for began, _, n in months if _day(began) <= point.day)
        gone = sum(n for _, ended, n in months if ended is not None and _day(ended) <= point.day)
        assert _is_rounded_from(point.new, new), (point, new)
        assert _is_rounded_from(point.live, new - gone), (point, new - gone)


def _day(value: Any) -> date:
    return value.date() if hasattr(value, "date") else value


# ---- the price --------------------------------------------------------------------------------


APPLICATIONS = """
INSERT INTO membership_joinapplication (worker_id, union_id, channel, state, occupation,
    place_stated, doubts, created_at, confirmed_via, decided_by_name, decision_note,
    reminders_sent)
SELECT %(first)s + n, (SELECT id FROM orgs_union WHERE code = 'B' || (1000 + n %% 90)), 3, 2, 3,
       '', 0, now(), '', '', '', 0
FROM generate_series(1, %(rows)s) AS n RETURNING id
"""


def upkeep(rows: int) -> dict[str, float]:
    """Return seconds of a bulk approval of ``rows`` with and without flows, and of the fold."""
    from django.db import connection, transaction

    from nuanxin.kernel import clock
    from nuanxin.membership.actions import review_statements
    from nuanxin.membership.actions.stocks import fold_flows
    from nuanxin.membership.states import EndReason, FlowKind

    with connection.cursor() as cursor:
        cursor.execute("SELECT max(worker_id) FROM membership_membership")
        first = cursor.fetchone()[0]
        _fill_workers(cursor, first, rows)
    begin = review_statements.APPROVE.index("flowed AS (")
    end = review_statements.APPROVE.index("recorded AS (")
    without = review_statements.APPROVE[:begin] + review_statements.APPROVE[end:]
    day = UNTIL
    values = {
        "day": day,
        "at": clock.day_start(day) + timedelta(hours=3),
        "account": None,
        "own_worker": None,
        "actor_name": "测速",
        "note": "",
        "first": int(FlowKind.JOINED),
        "again": int(FlowKind.JOINED_AGAIN),
        "undone": int(EndReason.APPROVAL_UNDONE),
    }
    times: dict[str, list[float]] = {"with": [], "without": [], "fold": []}
    for _ in range(3):
        for name, statement in (("without", without), ("with", review_statements.APPROVE)):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(APPLICATIONS, {"first": first, "rows": rows})
                ids = [row[0] for row in cursor.fetchall()]
                cursor.execute("ANALYZE membership_joinapplication")
                started = time.perf_counter()
                cursor.execute(statement, values | {"ids": ids})
                assert len(cursor.fetchall()) == rows
                times[name].append(time.perf_counter() - started)
                if name == "with":
                    started = time.perf_counter()
                    assert fold_flows(now=clock.day_start(day + timedelta(days=1))).flows > 0
                    times["fold"].append(time.perf_counter() - started)
                transaction.set_rollback(True)
    return {name: statistics.median(each) for name, each in times.items()} | {"rows": rows}


def _fill_workers(cursor: Any, first: int, rows: int) -> None:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'people_worker'"
        " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
    )
    needed = {row[0] for row in cursor.fetchall()}
    filled = {
        "name": "'测速'", "name_key": "''", "identity_hint": "''", "phone_hint": "''",
        "sex": "'M'", "assurance": "1", "created_at": "now()", "identity_kind": "1",
    }  # fmt: skip
    columns = {name: filled[name] for name in sorted(needed)}
    cursor.execute(
        f"INSERT INTO people_worker (id, {', '.join(columns)})"
        f" SELECT %s + n, {', '.join(columns.values())} FROM generate_series(1, %s) AS n"
        " ON CONFLICT DO NOTHING",
        [first, rows],
    )
    cursor.execute("ANALYZE people_worker")


# ---- printing ---------------------------------------------------------------------------------


WAYS = {
    "page": "the page, from stocks and open days",
    "beside": "the page, for the questions that were scanned, five times each",
    "scan": "PostgreSQL, full scans, one a section",
    "one_pass": "PostgreSQL, one pass for places and cuts alone",
    "duck": "DuckDB, full scans, one a section",
    "duck_one": "DuckDB, one pass for places and cuts alone",
}


def print_size(result: dict[str, Any]) -> None:
    """Print the table of one size."""
    base, base95 = statistics.median(result["beside"]), percentile(result["beside"], 0.95)
    print(
        "| way | asked | p50 ms | p95 ms | page is faster (p50) | (p95) |\n|---|---|---|---|---|---|"
    )
    for key, label in WAYS.items():
        times = result[key]
        p50, p95 = statistics.median(times), percentile(times, 0.95)
        print(
            f"| {label} | {len(times)} | {p50:.1f} | {p95:.1f} | {p50 / base:.1f} ×"
            f" | {p95 / base95:.1f} × |",
            flush=True,
        )


def print_slopes(results: list[dict[str, Any]]) -> None:
    """Print the log-log slope from the smallest to the largest size."""
    first, last = results[0], results[-1]
    print(f"\n| way | log-log slope {first['rows']:,} → {last['rows']:,} |\n|---|---|")
    for key in ("page", "scan", "duck"):
        ends = [(size["rows"], statistics.median(size[key])) for size in (first, last)]
        print(f"| {WAYS[key]} | {slope(*ends):.2f} |")


def print_upkeep(times: dict[str, float]) -> None:
    """Print what keeps the page fast costs a bulk approval."""
    plain = times["without"]
    print(f"\n| approving {times['rows']:,} at once | s | more |\n|---|---|---|")
    print(f"| without flows | {plain:.2f} | |")
    print(f"| with flows | {times['with']:.2f} | {times['with'] / plain - 1:+.0%} |")
    both = times["with"] + times["fold"]
    print(f"| with flows, and the nightly fold of them | {both:.2f} | {both / plain - 1:+.0%} |")


if __name__ == "__main__":
    sys.exit(main())
