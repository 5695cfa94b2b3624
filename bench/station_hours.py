"""Hours promised and delivered from the cells, beside the same reckoned from the facts in the same run.

    python -m bench.station_hours --data FOLDER [--asks 200]

FOLDER holds a demonstration (``nuanxin demo --scale province``). For random regions and years of kept days it measures the whole question (``measure``), then reckons a province-month and a
province-year from the facts and compares them with the cells: they must agree.
"""

import argparse
import random
import sys
import time
from datetime import timedelta

from bench.ground import percentile
from config.opening import opened
from config.places import places


def main() -> int:
    """Print the table; return 1 when cells and facts differ."""
    parser = argparse.ArgumentParser(prog="bench.station_hours")
    parser.add_argument("--data", required=True)
    parser.add_argument("--asks", type=int, default=200)
    options = parser.parse_args()
    with opened(places(options.data), migrate=False):
        return _measured(options.asks)


def _measured(asks: int) -> int:
    from nuanxin.figures.queries import measure
    from nuanxin.kernel import clock, regions
    from nuanxin.kernel.period import Period
    from nuanxin.stations.queries.hours_by_county import count_hours
    from nuanxin.stations.queries.hours_cells import kept_days, list_cells
    from nuanxin.stations.queries.in_use import Where

    kept, now, draw = kept_days(), clock.now(), random.Random(1)
    assert kept is not None, "no cells: run the job first"
    codes = [330000] + [int(one.code) for one in (*regions.cities(), *regions.counties())]
    for name, chosen in (("the province", [330000]), ("any region", codes)):
        taken = []
        for _ in range(asks):
            end = kept.end - timedelta(days=draw.randrange(max(1, kept.days - 364)))
            year = Period(end - timedelta(days=364), end)
            began = time.perf_counter()
            measure("stations.promised_hours", region=draw.choice(chosen), period=year, now=now)
            taken.append(1000 * (time.perf_counter() - began))
        print(
            f"{name}, a year: p50 {percentile(taken, 0.5):.1f} ms, p95 {percentile(taken, 0.95):.1f} ms"
        )
    wrong = 0
    for name, days in (("a month", 30), ("a year", 365)):
        span = Period(kept.end - timedelta(days=days - 1), kept.end)
        began = time.perf_counter()
        counted = [one for one in count_hours(Where(), span) if one.promised]
        took = time.perf_counter() - began
        agrees = counted == [one for one in list_cells(span) if one.promised]
        wrong += not agrees
        said = "agree" if agrees else "DIFFER"
        print(
            f"the province, {name}, reckoned from the facts: {took:.1f} s; {len(counted):,} cells {said}"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
