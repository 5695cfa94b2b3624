"""The demonstration of the whole province: what each step takes, and bare COPY of as many rows.

    python -m bench.province [--scale province] [--data FOLDER]

Prints seconds, the client's own CPU seconds and the number of statements by step, then the slowest
statements, then how long it takes to copy the rows of the largest tables into tables without
indexes, keys and triggers: less than that no loading can take. Then a recount of everything.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bench.ground import own_database, parser_of

PROMISED_SECONDS = 240
_STEPS = (
    "world.build_world", "underway.carry_out_endings", "underway.fill_queue", "accounts.open_accounts",
    "underway.work_of_officers", "programmes.open_offers", "families.live_together",
    "fulfilment.hold_sessions", "rules.draft_rules", "proofs.attest", "lists.fill_lists",
    "asking.ask_and_answer", "contests.hold_contest", "camps.open_camps", "stations.open_stations",
    "inspections.look_around", "station_services.open_desks", "station_life.live_a_year",
    "siting.plan_sites", "underway.keep_house", "contacts.make_contacts", "world.fold",
    "season.deliver", "denominators.enter", "reports.write_report",
)  # fmt: skip
_LARGEST = (
    "people_worker", "membership_joinapplication", "membership_membership", "people_engagement",
    "people_consent", "membership_memberflow", "people_contact", "membership_memberspan",
    "programmes_delivery", "programmes_serviceyear", "stations_stationreport",
    "stations_visitsketch",
)  # fmt: skip


class Told:
    """What was seen: seconds, own CPU and statements by step, and the slowest statements."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.own: dict[str, float] = defaultdict(float)
        self.statements: Counter[str] = Counter()
        self.slow: list[tuple[float, str, str]] = []
        self.step = ""

    def listen(self, run: Any, sql: Any, values: Any, many: bool, context: Any) -> Any:
        """Time a statement (a wrapper of ``connection.execute_wrapper``)."""
        started = time.perf_counter()
        try:
            return run(sql, values, many, context)
        finally:
            took = time.perf_counter() - started
            self.statements[self.step] += 1
            if took > 0.5:
                self.slow.append((took, self.step, " ".join(str(sql).split())[:90]))

    def timed(self, name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``made``, timed as the step ``name``."""

        def run(*given: Any, **named: Any) -> Any:
            self.step = name
            started, own = time.perf_counter(), time.process_time()
            try:
                return made(*given, **named)
            finally:
                self.seconds[name] += time.perf_counter() - started
                self.own[name] += time.process_time() - own
                self.step = "between"

        return run


@contextmanager
def steps_timed(told: Told) -> Iterator[None]:
    """Let every step of the demonstration tell ``told`` how long it took, for a ``with`` block."""
    from config.demo import demonstration

    kept = []
    for step in _STEPS:
        room, name = step.split(".")
        module = getattr(demonstration, room)
        kept.append((module, name, getattr(module, name)))
        setattr(module, name, told.timed(step, getattr(module, name)))
    try:
        yield
    finally:
        for module, name, made in kept:
            setattr(module, name, made)


def build(scale: str, now: datetime) -> tuple[Told, float]:
    """Build the world and return what was told and the seconds of everything."""
    from django.db import connection, transaction

    from config.demo import demonstration, load

    told = Told()
    started = time.perf_counter()
    with steps_timed(told), connection.execute_wrapper(told.listen), transaction.atomic():
        demonstration.build(scale, seed=1, now=now)
    told.timed("load.vacuum", load.vacuum)()
    return told, time.perf_counter() - started


def copied_bare() -> tuple[int, float]:
    """Return the rows of the largest tables, and the seconds of copying them into bare tables."""
    from django.db import connection

    rows, seconds = 0, 0.0
    with connection.cursor() as cursor:
        for table in _LARGEST:
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
                held = [bytes(part) for part in out]
            cursor.execute(f"CREATE TABLE bare AS TABLE {table} WITH NO DATA")
            started = time.perf_counter()
            with cursor.copy("COPY bare FROM STDIN (FORMAT binary)") as into:
                for part in held:
                    into.write(part)
            seconds += time.perf_counter() - started
            cursor.execute("SELECT count(*) FROM bare")
            rows += int(cursor.fetchone()[0])
            cursor.execute("DROP TABLE bare")
    return rows, seconds


def main(argv: list[str] | None = None) -> int:
    """Print the tables."""
    parser = parser_of(__doc__)
    parser.add_argument("--data", default="")
    parser.add_argument("--scale", choices=("small", "county", "province"), default="province")
    options = parser.parse_args(argv)
    with own_database(options.data):
        from nuanxin.kernel import clock
        from nuanxin.membership.actions.recounting import recount

        now = clock.now()
        told, seconds = build(options.scale, now)
        print("\n| step | s | own CPU s | statements |\n|---|---|---|---|")
        for step, took in sorted(told.seconds.items(), key=lambda one: -one[1]):
            print(f"| {step} | {took:.1f} | {told.own[step]:.1f} | {told.statements[step]} |")
        print(f"| everything | {seconds:.1f} | {sum(told.own.values()):.1f} | |", flush=True)
        print("\n| slowest statements, s | step | |\n|---|---|---|")
        for took, step, sql in sorted(told.slow, reverse=True)[:40]:
            print(f"| {took:.1f} | {step} | `{sql}` |")
        rows, bare = copied_bare()
        print(f"\nBare COPY of {rows:,} rows: {bare:.1f} s; everything is {seconds / bare:.1f} ×.")
        found = list(recount(today=clock.business_day(now)))
        differing = sum(one.differing for one in found)
        print(f"Recount: {sum(one.cells for one in found):,} cells, {differing} differ.")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
