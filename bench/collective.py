"""Collective joining: parsed rows to people and invitations, beside a plain COPY of the same rows.

    python -m bench.collective [--full] [--rows 10000,100000] [--chunk 20000]

The product's way: duplicates looked up, identity and phone hashed and sealed, an event for every
row, flows counted, every chunk resumable. The measure: the finished rows of ``people_worker`` and
``membership_joinapplication``, COPYed by the same client into copies of both tables with all their
indexes and constraints, in the same run. Rows are spooled to disk beforehand, as a reader leaves
them; making them up is not measured.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import numpy as np

from bench.ground import own_database, parser_of, promise, sizes_of, slope

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK = np.frombuffer(b"10X98765432", dtype="S1")
SURNAMES = list("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑罗梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余")
GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英建国志文海波永斌鹏辉红梅晓东新宇浩")
AREAS = [330102, 330105, 330106, 330110, 330205, 330212, 330302, 330402, 330521, 330602, 330782]


def made_up_rows(first: int, count: int) -> dict[str, list]:
    """Return ``count`` rows with distinct identity numbers, the same for the same ``first``."""
    random = np.random.default_rng(first)
    serial = np.arange(first, first + count)
    area = np.array(AREAS)[serial % len(AREAS)]
    born = np.array([date(1965, 1, 1) + timedelta(days=int(d)) for d in (serial // 11) % 14000])
    digits = [
        f"{a}{b:%Y%m%d}{s:03d}"
        for a, b, s in zip(area, born, (serial // (11 * 14000)) % 1000, strict=True)
    ]
    codes = np.frombuffer("".join(digits).encode(), dtype="u1").reshape(count, 17) - 48
    checks = CHECK[(codes * WEIGHTS).sum(axis=1) % 11].astype("U1")
    surname = random.integers(0, len(SURNAMES), count)
    given = random.integers(0, len(GIVEN), (count, 2))
    return {
        "name": [
            SURNAMES[s] + GIVEN[a] + GIVEN[b] for s, (a, b) in zip(surname, given, strict=True)
        ],
        "identity": [d + c for d, c in zip(digits, checks, strict=True)],
        "phone": [f"1{38 + s % 2}{s % 100_000_000:08d}" for s in serial],
        "birth": list(born),
        "sex": ["M" if int(d[16]) % 2 else "F" for d in digits],
        "occupation": [int(o) for o in random.integers(1, 5, count)],
        "place": [f"城东网点{s % 417:03d}" for s in serial],
    }


def spool(folder: Path, rows: int, chunk: int) -> None:
    """Write ``rows`` made-up rows as one columnar file a chunk."""
    import polars as pl

    for number, start in enumerate(range(0, rows, chunk)):
        count = min(chunk, rows - start)
        pl.DataFrame(made_up_rows(start, count)).write_ipc(folder / f"{number:05d}.arrow")


def spooled(folder: Path, chunk: int) -> Iterator:
    """Yield the spooled chunks one after the other."""
    import polars as pl

    from nuanxin.membership.actions.roster_wire import RosterRows

    for number, path in enumerate(sorted(folder.glob("*.arrow"))):
        frame = pl.read_ipc(path)
        first = number * chunk + 2
        yield RosterRows(
            number=number,
            row_numbers=range(first, first + len(frame)),
            names=frame["name"].to_list(),
            identities=frame["identity"].to_list(),
            phones=frame["phone"].to_list(),
            births=frame["birth"].to_list(),
            sexes=frame["sex"].to_list(),
            occupations=frame["occupation"].to_list(),
            places=frame["place"].to_list(),
        )


def make_batch(rows: int, chunk: int) -> "object":
    """Found a union and a batch with its chunks, as a preview leaves them."""
    from django.db import connection

    from nuanxin.kernel import clock
    from nuanxin.membership.actions.roster_wire import Destination

    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orgs_union (code, name, short_name, kind, state, level, path, adcode,"
            " industry_code, is_new_form, accepts_members, route, founded_on, address,"
            " contact_name, contact_phone) VALUES ('BENCH' || gen_random_uuid()::text, '测速工会',"
            " '', 'grassroots', 'active', 5, '/1/', 330105, '', true, true, '', '2020-01-01', '',"
            " '', '') RETURNING id".replace(
                "'BENCH' || gen_random_uuid()::text", "left('B' || gen_random_uuid()::text, 24)"
            )
        )
        union = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO membership_rosterbatch (union_id, state, file_id, file_name, file_sha256,"
            " options, rows_count, totals, done_rows, created_by_name, created_at, failure)"
            " VALUES (%s, 3, gen_random_uuid(), '测速', '', '{}', %s, '{}', 0, '', %s, '')"
            " RETURNING id",
            [union, rows, now],
        )
        batch = cursor.fetchone()[0]
        for number, start in enumerate(range(0, rows, chunk)):
            count = min(chunk, rows - start)
            numbers = np.arange(start + 2, start + 2 + count, dtype="<i4").tobytes()
            cursor.execute(
                "INSERT INTO membership_rosterchunk (batch_id, number, row_numbers, outcomes)"
                " VALUES (%s, %s, %s, %s)",
                [batch, number, numbers, bytes(count)],
            )
    return Destination(batch, union, 330105, "/1/", now, date(2030, 1, 1))


APPENDED = ("records_event", "membership_memberflow")


def empty_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in APPENDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "TRUNCATE people_worker, membership_joinapplication, membership_membership,"
            " membership_memberflow, membership_rosterchunk, membership_rosterbatch,"
            " membership_transfer, records_event, orgs_union CASCADE"
        )
        for table in APPENDED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("CHECKPOINT")


AFTERWARDS, AT_ONCE = 20_000, 5_000
TABLES = ("people_worker", "membership_joinapplication")


def copy_of(table: str, folder: Path) -> float:
    """COPY the finished rows of ``table`` into a copy with the same indexes; return seconds."""
    from django.db import connection

    path = folder / f"{table}.bin"
    with connection.cursor() as cursor:
        with path.open("wb") as file, cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
            for part in out:
                file.write(part)
        cursor.execute(
            f"DROP TABLE IF EXISTS bench_copy; CREATE TABLE bench_copy (LIKE {table} INCLUDING ALL)"
        )
        cursor.execute("CHECKPOINT")
        started = time.perf_counter()
        with (
            path.open("rb") as file,
            cursor.copy("COPY bench_copy FROM STDIN (FORMAT binary)") as copy,
        ):
            while part := file.read(256 * 1024):
                copy.write(part)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_copy")
    path.unlink()
    return seconds


def measure(rows: int, chunk: int) -> dict[str, float]:
    """Return seconds of the product, of the plain COPY, and peak memory (MB) of both processes."""
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.membership.actions.roster_effect import Packing, take_effect

    empty_tables()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool(folder, rows, chunk)
        to = make_batch(rows, chunk)
        started = time.perf_counter()
        # A short roster is packed in this process: starting another one would take longer.
        with Packing() if rows > 2 * chunk else nullcontext() as packing:
            done = take_effect(spooled(folder, chunk), to=to, actor=SYSTEM, packing=packing)
        product = time.perf_counter() - started
        assert done == rows, (done, rows)
        plain = {table: copy_of(table, folder) for table in TABLES}
        events = copy_of("records_event", folder)
        memory = peak_mb()
        after = become_members(rows)
        reading = read_seconds(rows, folder)
    return {
        "rows": rows,
        "product_s": product,
        **plain,
        "events_s": events,
        "peak_mb": memory,
        "after_us": after * 1e6,
        **reading,
    }


def become_members(rows: int) -> float:
    """Confirm on site and approve up to ``AFTERWARDS`` of the invited; return seconds a row."""
    from django.db import connection, transaction

    from nuanxin.kernel import clock
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.membership.actions import confirm, review
    from nuanxin.membership.states import JoinState
    from nuanxin.people.states import Assurance

    count = min(rows, AFTERWARDS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_worker, membership_joinapplication")
        cursor.execute("SELECT id FROM membership_joinapplication ORDER BY id LIMIT %s", [count])
        ids = [row[0] for row in cursor.fetchall()]
    now = clock.now()
    started = time.perf_counter()
    for part in (ids[at : at + AT_ONCE] for at in range(0, count, AT_ONCE)):
        with transaction.atomic():
            taken = confirm.take_up(
                application_ids=part,
                moved_from=JoinState.INVITED,
                assurance=Assurance.SEEN_ON_SITE,
                consents=confirm.NEEDED_CONSENTS,
                via="ceremony",
                actor=SYSTEM,
                now=now,
            )
            decided = review._approve(part, (), "", 0, SYSTEM, now).decided
        assert len(taken) == decided == len(part), (len(taken), decided, len(part))
    return (time.perf_counter() - started) / count


def read_seconds(rows: int, folder: Path) -> dict[str, float]:
    """Return seconds to read an .xlsx of ``rows`` rows (a sheet's most, at most), and to judge."""
    from bench.read_roster import MOST_ROWS_OF_A_WORKBOOK, write_workbook
    from nuanxin.membership.forms.roster_columns import apply_mapping
    from nuanxin.membership.forms.roster_file import read_roster
    from nuanxin.membership.rules.roster import judge_rows

    path, count = folder / "roster.xlsx", min(rows, MOST_ROWS_OF_A_WORKBOOK)
    write_workbook(path, count)
    started = time.perf_counter()
    table = read_roster(path, path.name)
    read = time.perf_counter() - started
    judged = judge_rows(apply_mapping(table), today=date(2026, 11, 23), adcode="330000")
    assert judged.totals() == {"ok": count}, judged.totals()
    judging = time.perf_counter() - started - read
    path.unlink()
    return {"read_s": read * rows / count, "judge_s": judging * rows / count}


def peak_mb() -> float:
    """Return the peak memory of this process and of its largest child, in MB."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + child) / 1024


def measure_apart(rows: int, chunk: int, data: str) -> dict[str, float]:
    """Measure one size in a process of its own, so that its peak memory is its own."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.collective", "--one", str(rows), "--chunk", str(chunk)],
        env=os.environ | {"NUANXIN_DATA": data},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(told.stdout)


def report(results: list[dict[str, float]]) -> None:
    """Print the table and the promises."""
    print(
        "| rows | product s | rows/s | us/row | COPY s (people + applications) | of COPY"
        " | with events COPYed too | peak MB | reading .xlsx s | judging s"
        " | confirm and approve us/row |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for r in results:
        plain, whole = plain_seconds(r), r["product_s"]
        print(
            f"| {r['rows']:,} | {whole:.2f} | {r['rows'] / whole:,.0f} |"
            f" {whole / r['rows'] * 1e6:.1f} | {plain:.2f} | {plain / whole:.0%} |"
            f" {(plain + r['events_s']) / whole:.0%} | {r['peak_mb']:.0f} |"
            f" {r['read_s']:.2f} | {r['judge_s']:.2f} | {r['after_us']:.0f} |"
        )
    last = results[-1]
    share = plain_seconds(last) / last["product_s"]
    promise("collective: rows/s of a plain COPY", ">= 60 %", f"{share:.0%}", is_kept=share >= 0.6)
    reading = last["read_s"] / (last["read_s"] + last["judge_s"] + last["product_s"])
    promise(
        "collective: reading .xlsx of the whole",
        "<= 25 %",
        f"{reading:.0%}",
        is_kept=reading <= 0.25,
    )
    if len(results) > 1:
        first, before = results[0], results[-2]
        grown = slope((first["rows"], first["product_s"]), (last["rows"], last["product_s"]))
        promise("collective: log-log slope", "<= 1.10", f"{grown:.2f}", is_kept=grown <= 1.1)
        more = last["peak_mb"] / before["peak_mb"]
        promise(
            "collective: memory, last to one before",
            "<= 1.3 x",
            f"{more:.2f} x",
            is_kept=more <= 1.3,
        )


def plain_seconds(result: dict[str, float]) -> float:
    return result["people_worker"] + result["membership_joinapplication"]


def main(argv: list[str] | None = None) -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--chunk", type=int, default=20_000)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.one:
        import django

        django.setup()
        print(json.dumps(measure(options.one, options.chunk)))
        return 0
    with own_database() as data:
        report([measure_apart(rows, options.chunk, str(data)) for rows in sizes_of(options)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
