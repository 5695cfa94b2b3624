"""Joining by one click over HTTP, beside pgbench sending the same writes and a plain ORM view.

    python -m bench.one_click [--full] [--rows 100000] [--joins 600] [--rounds 5] [--data FOLDER]

In a data folder that is removed afterwards (unless ``--data`` names one): an embedded server, a
register of 100,000 people (``--full``: 1,175,000) by the demonstration's bulk load, and the
product's own web server as ``nuanxin up`` starts it. Sixteen connections, kept alive, hand in
``--joins`` requests a round, the ways taking turns within each round:

* the last tap: somebody from a host app, behind a union's QR or link, agrees (0 typed fields); with
  session, CSRF, the host's sealed answers, a new account, its binding and a new session;
* a program: POST /api/v1/applications with a token;
* the last tap, everybody joining in one county;
* the plain view: ORM objects in one transaction, no middleware of the product's;
* pgbench, 16 clients, prepared, durable: the very statements of the first two.

Then the same identity is posted by 32 connections at once, and everything is counted.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import one_click_world as world
from bench.ground import own_database, parser_of, promise, sizes_of
from bench.one_click_limit import Limit, catch_both, send
from bench.one_click_load import Driven, drive
from bench.round_trips import counted_round_trips

RACERS = 32
_START_SECONDS = 120
PRODUCT = "config.wsgi:application"
PLAIN = "bench.one_click_plain:application"
HTTP_WAYS = {
    "tap": "the last tap, spread over the counties",
    "county": "the last tap, all in one county",
    "program": "a program with a token, spread",
    "plain": "plain view: ORM objects in transaction.atomic",
}
LIMITS = {"tap": "last tap", "program": "program"}


@dataclass(slots=True)
class Seen:
    """What the rounds gave: runs of each way, joins a second of each limit."""

    ways: dict[str, list[Driven]] = field(default_factory=lambda: {way: [] for way in HTTP_WAYS})
    limits: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in LIMITS})

    def ratio(self, of: str, to: Callable[["Seen", int], float]) -> float:
        """Return the median over the rounds of one way's joins a second to another's."""
        rounds = range(len(self.ways[of]))
        return statistics.median(self.ways[of][at].per_second / to(self, at) for at in rounds)


def main(argv: list[str] | None = None) -> int:
    """Measure, print the tables and the promises; 0 when everything could be counted."""
    options = _options(argv)
    with own_database(options.data) as folder:
        _prepare(folder, options.persons)
        options.persons = world.counted()["people"]
        with _served(PRODUCT) as product, _served(PLAIN) as plain:
            bench = _Bench(options, product, plain)
            bench.warm_up()
            trips = bench.count_round_trips()
            seen = bench.rounds()
            races = bench.races()
        _print_tables(seen, options)
        _print_promises(seen, trips, races)
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--joins", type=int, default=600, help="of each way in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--races", type=int, default=10)
    parser.add_argument("--data", default="", help="a folder to keep")
    options = parser.parse_args(argv)
    options.persons = sizes_of(options)[-1]
    return options


def _prepare(folder: Path, persons: int) -> None:
    """Fill the register, unless a kept folder has one, and gather the static files."""
    from config.demo.demonstration import is_empty
    from config.places import Places
    from config.static_files import gather_if_stale

    gather_if_stale()
    if is_empty():
        world.fill_register(Places(folder), persons)


@contextmanager
def _served(application: str) -> Iterator[int]:
    """Serve an application as ``nuanxin up`` serves the product; yield the port."""
    from config.commands.up import web_program

    port = _free_port()
    program = web_program(world.HOST, port)
    command = [*program.command[:-1], application]
    root = str(Path(__file__).resolve().parents[1])
    environment = os.environ | program.environment | {"PYTHONPATH": root}
    with subprocess.Popen(command, env=environment, cwd=root) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((world.HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{world.HOST}:{port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return  # it answers, and that is enough
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web server does not answer")


class _Bench:
    """The rounds, the races and the counting."""

    def __init__(self, options: argparse.Namespace, product: int, plain: int) -> None:
        self._joins, self._rounds = options.joins, options.rounds
        self._races = options.races
        self._ports = {"plain": plain}
        self._product = product
        places = world.places_to_join()
        self._people = world.People(places)
        self._token = world.token_for_all()
        self._limit = Limit(places)
        self._statements = catch_both(self._people.spread(2), self._token)

    def warm_up(self) -> None:
        """Let every worker open its connections and prepare its statements."""
        for connections in (2, 8, 16, 16):  # not all at once: opening them is what takes long
            for way in ("tap", "program", "plain"):
                requests = self._requests(way, self._people.spread(80))
                drive(requests, port=self._port_of(way), connections=connections)
        for name in LIMITS.values():
            self._limit.run(self._statements[name], 160)

    def count_round_trips(self) -> dict[str, int]:
        """Return the most round trips of a request, once its connection knows the statements."""
        people = self._people.spread(6)
        made = {
            "tap": world.by_last_tap(people[:3]),
            "program": world.by_program(people[3:], self._token),
        }
        found = {}
        for way, requests in made.items():
            numbers = []
            for request in requests:
                with counted_round_trips() as trips:
                    send(request)
                numbers.append(trips.number)
            found[way] = max(numbers)
        return found

    def rounds(self) -> Seen:
        """Run the ways one after the other, as often as asked; every join must have come about."""
        seen = Seen()
        for _ in range(self._rounds):
            for way in HTTP_WAYS:
                seen.ways[way].append(self._drive(way, self._joins))
            for way, name in LIMITS.items():
                before = world.counted()
                per_second, done = self._limit.run(self._statements[name], 2 * self._joins)
                _must_have_grown(before, done)
                seen.limits[way].append(per_second)
        return seen

    def _drive(self, way: str, how_many: int) -> Driven:
        invent = self._people.in_one_county if way == "county" else self._people.spread
        requests = self._requests(way, invent(how_many))
        before = world.counted()
        driven = drive(requests, port=self._port_of(way))
        _must_have_grown(before, how_many)
        return driven

    def _port_of(self, way: str) -> int:
        return self._ports.get(way, self._product)

    def _requests(self, way: str, people: Sequence[world.Person]) -> list[bytes]:
        if way == "plain":
            return world.by_plain_view(people)
        if way == "program":
            return world.by_program(people, self._token)
        return world.by_last_tap(people)

    def races(self) -> list[dict[str, int]]:
        """Post each identity by 32 connections at once, both ways; return the answers of each."""
        found = []
        for at in range(self._races):
            same = self._people.spread(1) * RACERS
            requests = self._requests("program" if at % 2 else "tap", same)
            before = world.counted()
            driven = drive(requests, port=self._product, connections=RACERS)
            _must_have_grown(before, 1)
            found.append(driven.answers)
        return found


def _must_have_grown(before: dict[str, int], joins: int) -> None:
    """Fail unless there is one more of everything for each join, no more and no less."""
    after = world.counted()
    grown = {name: after[name] - before[name] for name in after}
    if set(grown.values()) != {joins}:
        raise RuntimeError(f"{joins} joins left {grown}")


# ---- printing ---------------------------------------------------------------------------------


def _print_tables(seen: Seen, options: argparse.Namespace) -> None:
    print(
        f"\nOne click: {options.persons:,} people in the register, 16 connections,"
        f" {options.rounds} rounds of {options.joins:,} joins, medians of the rounds\n"
    )
    print("| way | joins/s | p50 ms | p99 ms | of the limit, same writes |\n|---|---|---|---|---|")
    for way, name in LIMITS.items():
        rate = statistics.median(seen.limits[way])
        print(f"| pgbench, the statement of the {name} | {rate:,.0f} | | | 1 |")
    for way, label in HTTP_WAYS.items():
        runs = seen.ways[way]
        limit = "tap" if way in ("tap", "county") else "program"
        middle = {
            share: statistics.median(run.percentile_ms(share) for run in runs)
            for share in (0.5, 0.99)
        }
        rate = statistics.median(run.per_second for run in runs)
        print(
            f"| {label} | {rate:,.0f} | {middle[0.5]:.1f} | {middle[0.99]:.1f}"
            f" | {seen.ratio(way, _to_limit(limit)):.1%} |"
        )
    print()


def _to_limit(limit: str) -> Callable[[Seen, int], float]:
    return lambda seen, at: seen.limits[limit][at]


def _to_way(way: str) -> Callable[[Seen, int], float]:
    return lambda seen, at: seen.ways[way][at].per_second


def _print_promises(seen: Seen, trips: dict[str, int], races: list[dict[str, int]]) -> None:
    for way, name in {"tap": "last tap", "program": "by a program"}.items():
        share = seen.ratio(way, _to_limit(way))
        promise(
            f"one click, {name}: of pgbench with the same writes",
            "≥ 15 % (stretch 25 %)",
            f"{share:.1%}",
            is_kept=share >= 0.15,
        )
        times = seen.ratio(way, _to_way("plain"))
        promise(
            f"one click, {name}: to the plain ORM view",
            "≥ 2 ×",
            f"{times:.1f} ×",
            is_kept=times >= 2,
        )
        promise(f"one click, {name}: round trips", "≤ 2", str(trips[way]), is_kept=trips[way] <= 2)
    dearer = 1 / seen.ratio("county", _to_way("tap")) - 1
    promise(
        "one click, all in one county", "≤ 20 % dearer", f"{dearer:+.0%}", is_kept=dearer <= 0.2
    )
    polite = sum(_is_polite(answers) for answers in races)
    promise(
        f"one identity by {RACERS} connections: one member, {RACERS - 1} polite answers",
        f"{len(races)} of {len(races)} races",
        f"{polite} of {len(races)} races",
        is_kept=polite == len(races),
    )


def _is_polite(answers: dict[str, int]) -> bool:
    """Return whether all 32 were answered in a friendly way; the rows have been counted before."""
    by_page = {"302 /join/done/": RACERS}
    by_program = {"201 new": 1, "201 already_applied": RACERS - 1}
    return answers in (by_page, by_program)


if __name__ == "__main__":
    sys.exit(main())
