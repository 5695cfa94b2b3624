"""A draw of 100,000 entrants: commit, run, verify; and by the command, with its file.

    python -m bench.draw [--full] [--rows 100000]

Needs no database. ``--full`` draws a million as well. Process time beside wall time: on a shared
machine the first says what the work costs.
"""

import contextlib
import io
import json
import tempfile
import time
from pathlib import Path

from bench.ground import MODERATE, parser_of, promise
from config import cli
from nuanxin.kernel import draw

PROMISED_SECONDS = 2.0
STRATA = 90


def main() -> None:
    """Measure and print the table."""
    options = parser_of(__doc__).parse_args()
    sizes = [int(one) for one in options.rows.split(",")] if options.rows else [MODERATE]
    if options.full and not options.rows:
        sizes.append(1_000_000)
    print("| entrants | step | wall s | process s |\n|---|---|---|---|")
    for size in sizes:
        _measure(size)


def _measure(size: int) -> None:
    told = entrants_of(size)
    with _timed(size, "commit"):
        committed = draw.commit(told)
    with _timed(size, "run, the list checked first") as ran:
        done = draw.run(committed, "024681")
    with _timed(size, "verify"):
        draw.verify(done)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "draw.json"
        file.write_text(json.dumps(committed, ensure_ascii=False), encoding="utf-8")
        with _timed(size, "nuanxin draw run, file read and written"), _silence():
            cli.main(["draw", "run", str(file), "--value", "024681"])
    if size == MODERATE:
        promise("draw of 100,000", "< 2 s", f"{ran[0]:.2f} s", is_kept=ran[0] < PROMISED_SECONDS)


def entrants_of(size: int) -> dict[str, object]:
    """Return a draw with a tenth directed and every eighth in a household of four."""
    return {
        "title": "测速",
        "strata": [
            {"name": str(n), "places": size // 900, "directed": size // 9000} for n in range(STRATA)
        ],
        "seed": {"public": "测速"},
        "entrants": [
            {
                "id": f"A{number:07d}",
                "household": f"h{number // 4}" if number % 32 < 4 else "",
                "stratum": str(number // 32 % STRATA),
                "directed": number % 7 == 0,
            }
            for number in range(size)
        ],
    }


@contextlib.contextmanager
def _timed(size: int, step: str):  # type: ignore[no-untyped-def]
    seen: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield seen
    seen += [time.perf_counter() - wall, time.process_time() - cpu]
    print(f"| {size:,} | {step} | {seen[0]:.2f} | {seen[1]:.2f} |", flush=True)


def _silence() -> contextlib.AbstractContextManager[object]:
    return contextlib.redirect_stdout(io.StringIO())


if __name__ == "__main__":
    main()
