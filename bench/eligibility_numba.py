"""The limit beside ``bench.eligibility``: the same answers by compiled loops, in their own interpreter.

    PYTHON bench/eligibility_numba.py FOLDER TIMES

Reads in FOLDER ``limit.json`` (blocks of facts) with the columns, a lookup a fact and block and a table
a block; writes ``limit-N.npy``, prints as JSON the best seconds of all blocks, and those computed by
both threads together; the compiling is left out. Imports nothing of the product; the product never imports this.
"""

import json
import sys
import time
from pathlib import Path

import numba
import numpy as np


def loop_of(count):
    """Return a compiled loop that adds up ``count`` lookups and takes the answers."""
    arguments = ", ".join(f"c{n}, l{n}" for n in range(count))
    place = " + ".join(f"l{n}[c{n}[i]]" for n in range(count))
    body = f"def loop({arguments}, table, out):\n    for i in numba.prange(len(out)):\n"
    body += f"        out[i] = table[{place}]\n"
    made = {"numba": numba}
    exec(body, made)
    return numba.njit(made["loop"], parallel=True, nogil=True, boundscheck=False)


def main(folder, times):
    """Measure and print."""
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    blocks = json.loads((folder / "limit.json").read_text(encoding="utf-8"))
    columns = {name: np.load(folder / f"{name}.npy") for names in blocks for name in names}
    work = []
    for at, names in enumerate(blocks):
        given = []
        for name in names:
            given += [columns[name], np.load(folder / f"limit-{at}-{name}.npy")]
        out = np.empty(len(given[0]), dtype=np.uint64)
        work.append((loop_of(len(names)), [*given, np.load(folder / f"limit-{at}-table.npy"), out]))
    for loop, given in work:
        loop(*given)
    best = computed = float("inf")
    for _ in range(times):
        started, busy = time.perf_counter(), time.process_time()
        for loop, given in work:
            loop(*given)
        best = min(best, time.perf_counter() - started)
        computed = min(computed, time.process_time() - busy)
    for at, (_, given) in enumerate(work):
        np.save(folder / f"limit-{at}.npy", given[-1])
    print(json.dumps({"calculate": best, "computed": computed, "version": numba.__version__}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
