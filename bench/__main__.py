"""All benches, one after the other, and one report: promised, seen, met.

    python -m bench [--full] [--only collective,one_click]      (or: make bench)

Each runs in a process of its own, so that none warms another up. One that fails is told at the end
and stops nothing. The report is Markdown on standard output; what goes on is said on standard
error. ``--full`` measures up to 1,175,000 members and takes more than an hour on two cores.

Ends with 0 when every bench came to its end and every promise was kept, with 1 otherwise.
"""

import argparse
import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

BENCHES = (
    "collective", "read_roster", "one_click", "figures_page", "recount", "member_list", "tree", "draw", "awards",
    "eligibility", "services", "can_get", "stations", "siting",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
MARK = "PROMISE | "
PACKAGES = ("django", "psycopg", "django-ninja", "granian", "polars", "fastexcel", "duckdb")
_LONGEST_SECONDS = 900
_LONGEST_FULL_SECONDS = 5_400
_END_SECONDS = 20
_LINES_OF_A_FAILURE = 12


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of one bench: its promises as table cells, and why it failed ("": it did not)."""

    name: str
    seconds: float
    promises: list[list[str]]
    failure: str


def main(argv: list[str] | None = None) -> int:
    """Run the benches and print the report."""
    options = _options(argv)
    print(f"# 测速 {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n{_surroundings()}", flush=True)
    ran = []
    for at, name in enumerate(options.only, start=1):
        print(f"[{at}/{len(options.only)}] {name} …", file=sys.stderr, flush=True)
        print(f"\n## {name}\n", flush=True)
        ran.append(_run(name, is_full=options.full))
        end = "did not end well" if ran[-1].failure else "done"
        print(f"    {end} after {ran[-1].seconds:.0f} s", file=sys.stderr, flush=True)
    return _report(ran)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="All benches, one report.")
    parser.add_argument("--full", action="store_true", help="up to 1,175,000 members")
    parser.add_argument("--only", default=",".join(BENCHES), help="names, with commas between them")
    options = parser.parse_args(argv)
    options.only = [name.strip() for name in options.only.split(",") if name.strip()]
    unknown = sorted(set(options.only) - set(BENCHES))
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)} (there are {', '.join(BENCHES)})")
    return options


def _run(name: str, *, is_full: bool) -> Ran:
    """Run one bench; print its tables as they come, keep its promises for the end."""
    command = [sys.executable, "-m", f"bench.{name}", *(["--full"] if is_full else [])]
    limit = _LONGEST_FULL_SECONDS if is_full else _LONGEST_SECONDS
    started = time.monotonic()
    promises: list[list[str]] = []
    with (
        _scratch() as errors,
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        ) as process,
    ):
        overdue = _alarm(process, limit)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(MARK):
                promises.append([cell.strip() for cell in line.split(" | ")[1:]])
            else:
                print(line, end="", flush=True)
        status = process.wait()
        overdue.cancel()
        errors.seek(0)
        said = errors.read().splitlines()[-_LINES_OF_A_FAILURE:]
    failure = "" if status == 0 else "\n".join([f"ended with {status}", *said])
    return Ran(name, time.monotonic() - started, promises, failure)


def _scratch() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")


def _alarm(process: "subprocess.Popen[str]", limit: float) -> threading.Timer:
    """End a bench that takes too long: politely, so that it stops its servers, then for good."""

    def end() -> None:
        for number in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
                return

    timer = threading.Timer(limit, end)
    timer.daemon = True
    timer.start()
    return timer


# ---- the report -------------------------------------------------------------------------------


def _report(ran: Sequence[Ran]) -> int:
    print("\n## Promised, seen, met\n")
    print("| bench | promise | promised | seen | met |\n|---|---|---|---|---|")
    for one in ran:
        for cells in one.promises:
            print(f"| {one.name} | {' | '.join(cells)} |")
        if one.failure:
            print(f"| {one.name} | **came to no end** | | see below | no |")
        elif not one.promises:
            print(f"| {one.name} | (promises nothing) | | | |")
    failed = [one for one in ran if one.failure]
    for one in failed:
        print(f"\n### {one.name} failed after {one.seconds:.0f} s\n\n```\n{one.failure}\n```")
    kept = [cells[-1] == "yes" for one in ran for cells in one.promises]
    minutes = sum(one.seconds for one in ran) / 60
    print(
        f"\n{sum(kept)} of {len(kept)} promises met, {len(failed)} of {len(ran)} benches failed,"
        f" {minutes:.0f} minutes; load of the machine now {_load()}."
    )
    return 0 if all(kept) and not failed else 1


def _surroundings() -> str:
    lines = [
        f"- machine: {os.cpu_count()} × {_processor()}, {_memory_gib():.0f} GiB memory,"
        f" {platform.system()} {platform.release()}",
        f"- load before the start: {_load()}: only ratios within one run say something",
        f"- Python {platform.python_version()}, PostgreSQL {_postgres()}",
        f"- {', '.join(_version(name) for name in PACKAGES)}",
    ]
    return "\n".join(lines)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _load() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


def _postgres() -> str:
    from config.postgres.programs import server_programs

    told = subprocess.run(
        [server_programs().path("postgres"), "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip().removeprefix("postgres (PostgreSQL) ") or "?"


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} not installed"


if __name__ == "__main__":
    sys.exit(main())
