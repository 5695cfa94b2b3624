"""What every bench stands on: a database of its own that leaves nothing, and promises said aloud."""

import argparse
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROVINCE = 1_175_000
MODERATE = 100_000


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that knows ``--full`` (the size of a province) and ``--rows``."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="up to 1,175,000 members")
    parser.add_argument("--rows", default="", help="sizes, with commas between them")
    return parser


def sizes_of(options: argparse.Namespace) -> list[int]:
    """Return the sizes to measure, from the smallest to the largest."""
    if options.rows:
        return [int(size) for size in options.rows.split(",")]
    return [10_000, MODERATE, PROVINCE] if options.full else [10_000, MODERATE]


@contextmanager
def own_database(data: str = "") -> Iterator[Path]:
    """Open an embedded server in a folder that is removed afterwards (``data`` names one to keep).

    Whatever ``DATABASE_URL`` says: tables are emptied by a bench. Yields the data folder.
    """
    from config.opening import opened
    from config.places import Places

    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="nuanxin-bench-") as made:
        folder = Path(data or made)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        with opened(Places(folder)):
            yield folder


def promise(name: str, promised: str, seen: str, *, is_kept: bool) -> None:
    """Print one line that the report of all benches collects."""
    print(f"PROMISE | {name} | {promised} | {seen} | {'yes' if is_kept else 'no'}", flush=True)


def percentile(times: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of ``times`` do not exceed."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


def slope(first: tuple[int, float], last: tuple[int, float]) -> float:
    """Return the log-log slope between two (size, time) points; 1 is linear."""
    return math.log(last[1] / first[1]) / math.log(last[0] / first[0])
