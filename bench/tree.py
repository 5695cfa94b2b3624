"""The union tree: 3 children against 3,400, subtrees of a county and the province, any past day.

    python -m bench.tree [--rounds 200]

Builds an invented tree of the size of the province (11 cities, 90 counties, about 1,500 townships,
6,777 unions of new forms; one federation has 3,400 unions below it) in a database of its own,
removed afterwards, moves and merges a part of it, and prints what each question takes in the
database and over the driver, in milliseconds.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.ground import own_database, parser_of, promise

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

FOUNDED = date(2018, 1, 1)
TODAY = date(2026, 11, 20)
NEW_FORM_UNIONS = 6_777
UNDER_ONE = 3_400
FEW, MANY = "children, 3 under the node", "children, 3 of 3,400"


def invented_rows() -> "list[Any]":
    """Return the rows of the tree: real regions, invented unions."""
    from nuanxin.kernel import regions
    from nuanxin.orgs.actions import NewUnion
    from nuanxin.orgs.states import Route, UnionKind

    known = datetime(2018, 1, 1, tzinfo=UTC)

    def row(code: str, parent: str | None, name: str, kind: UnionKind, **given: Any) -> NewUnion:
        values = {"founded_on": FOUNDED, "recorded_at": known} | given
        return NewUnion(name, kind, code=code, parent_code=parent, **values)

    rows = [row("P", None, "浙江省总工会", UnionKind.FEDERATION, adcode=330000)]
    towns = []
    for city in regions.cities():
        adcode = int(city.code)
        rows.append(row(city.code, "P", f"{city.name}总工会", UnionKind.FEDERATION, adcode=adcode))
        for county in regions.counties(city=city.code):
            adcode = int(county.code)
            name = f"{county.name}总工会"
            rows.append(row(county.code, city.code, name, UnionKind.FEDERATION, adcode=adcode))
            for town in regions.towns(county.code):
                towns.append((town, adcode))
                rows.append(
                    row(
                        town.code,
                        county.code,
                        f"{town.name}工会联合会",
                        UnionKind.TOWNSHIP,
                        adcode=adcode,
                        town_code=int(town.code),
                    )
                )
    rows.append(
        row(
            "CARE",
            "330212",
            "养老服务行业工会联合会",
            UnionKind.INDUSTRY_FEDERATION,
            adcode=330212,
            industry_code="Q8514",
            is_new_form=True,
        )
    )
    routes = [Route.KEY_ENTERPRISE, Route.INDUSTRY, Route.BACKSTOP]
    for number in range(NEW_FORM_UNIONS - 1):
        town, adcode = towns[number * 7919 % len(towns)]
        day = FOUNDED + timedelta(days=number * 37 % 3000)
        below = number < UNDER_ONE
        rows.append(
            row(
                f"N{number}",
                "CARE" if below else town.code,
                f"{town.name}第{number}联合工会",
                UnionKind.JOINT,
                adcode=330212 if below else adcode,
                town_code=None if below else int(town.code),
                founded_on=day,
                recorded_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
                is_new_form=True,
                route=routes[number % 3],
            )
        )
    return rows


def build() -> dict[str, int]:
    """Found the tree, then move and merge some of it; print what that took."""
    from django.db import connection

    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.orgs import actions, queries

    now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    rows = invented_rows()
    started = time.perf_counter()
    ids = actions.found_unions_in_bulk(rows, actor=SYSTEM, now=now)
    print(f"{len(ids):,} unions founded in bulk: {time.perf_counter() - started:.2f} s")
    given = {"effective_on": date(2026, 6, 1), "actor": SYSTEM, "document": "测速"}
    timed = []
    for number in range(UNDER_ONE, UNDER_ONE + 200):
        now += timedelta(minutes=1)
        begun = time.perf_counter()
        actions.move_union(union_id=ids[f"N{number}"], parent_id=ids["330106"], now=now, **given)
        timed.append(time.perf_counter() - begun)
    print(f"200 moves: median {statistics.median(timed) * 1000:.1f} ms each")
    timed = []
    for number in range(UNDER_ONE + 200, UNDER_ONE + 300):
        now += timedelta(minutes=1)
        begun = time.perf_counter()
        actions.merge_unions(
            source_ids=[ids[f"N{number}"]], target_id=ids[f"N{number + 300}"], now=now, **given
        )
        timed.append(time.perf_counter() - begun)
    print(f"100 mergers: median {statistics.median(timed) * 1000:.1f} ms each")
    begun = time.perf_counter()
    actions.move_union(
        union_id=ids["CARE"], parent_id=ids["330106"], now=now + timedelta(minutes=1), **given
    )
    print(f"moving a union with {UNDER_ONE:,} below it: {time.perf_counter() - begun:.2f} s")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    begun = time.perf_counter()
    faults = queries.list_path_faults()
    print(f"sweep of the whole tree: {time.perf_counter() - begun:.2f} s, {len(faults)} faults")
    return ids


def questions(ids: dict[str, int]) -> "list[tuple[str, Callable[[], Any]]]":
    """Return what is asked, with its label."""
    from nuanxin.kernel.period import Period
    from nuanxin.orgs import queries

    past, known = date(2024, 3, 1), datetime(2025, 1, 1, tzinfo=UTC)
    five_years = Period(date(2021, 12, 1), TODAY)
    three = next(code for code in ids if len(code) == 9 and queries.count_children(ids[code]) == 3)
    care, county, root = ids["CARE"], ids["330106"], ids["P"]
    q, middle = queries, later_page(care)
    return [
        (FEW, lambda: q.children_of(ids[three], limit=3)),
        (MANY, lambda: q.children_of(care, limit=3)),
        ("children, 3,400, first page", lambda: q.children_of(care)),
        ("children, 3,400, a later page", lambda: q.children_of(care, after=middle)),
        ("children on a past day, 3", lambda: q.children_of(ids[three], on=past)),
        ("children on a past day, 3,400", lambda: q.children_of(care, on=past)),
        ("ancestors today", lambda: q.ancestors_of(ids["N9"])),
        ("ancestors on a past day", lambda: q.ancestors_of(ids["N9"], on=past)),
        ("subtree of a county today", lambda: q.subtree_ids(county)),
        ("subtree of a county, past day", lambda: q.subtree_ids(county, on=past)),
        ("… as known then", lambda: q.subtree_ids(county, on=past, known_at=known)),
        ("subtree of the province today", lambda: q.subtree_ids(root)),
        ("subtree of the province, past day", lambda: q.subtree_ids(root, on=past)),
        ("… as known then", lambda: q.subtree_ids(root, on=past, known_at=known)),
        ("living unions, province", lambda: q.count_live_unions(on=past, region=330000)),
        (
            "living new-form, county",
            lambda: q.count_live_unions(on=past, region=330106, is_new_form=True),
        ),
        ("living unions by subtree", lambda: q.count_live_unions(on=past, union_id=ids["330100"])),
        ("living by county", lambda: q.count_live_unions_by_county(on=past, is_new_form=True)),
        ("living by route", lambda: q.count_live_unions_by_route(on=past)),
        (
            "month ends, five years",
            lambda: q.live_unions_at_month_ends(period=five_years, region=330000),
        ),
        ("new unions, five years", lambda: q.count_new_unions(period=five_years, region=330000)),
        (
            "new unions by month",
            lambda: q.count_new_unions_by_month(period=five_years, region=330100),
        ),
        ("new unions by county", lambda: q.count_new_unions_by_county(period=five_years)),
        ("search by name", lambda: q.search_unions("西湖")),
        ("union by code", lambda: q.get_union_by_code("N77")),
        (
            "proposals for a rider",
            lambda: q.candidates_for(
                adcode=330106, town_code=330106004, occupation="delivery_rider", on=TODAY
            ),
        ),
    ]


def later_page(union_id: int) -> str:
    """Return a cursor into the middle of a long list."""
    from nuanxin.kernel.cursor import encode_cursor
    from nuanxin.orgs import queries

    ids = queries.subtree_ids(union_id)
    return encode_cursor([ids[len(ids) // 2]])


def measure(ask: Callable[[], Any], rounds: int) -> tuple[float, float, float]:
    """Return the best, the median and the 95th percentile in milliseconds, after a warm-up."""
    ask()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return taken[0], statistics.median(taken), taken[int(len(taken) * 0.95)]


def main(argv: list[str] | None = None) -> int:
    """Print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args(argv).rounds
    with own_database():
        ids = build()
        taken = {}
        print(f"{'question':<40}{'best ms':>9}{'p50 ms':>9}{'p95 ms':>9}")
        for label, ask in questions(ids):
            taken[label] = best, middle, slow = measure(ask, rounds)
            print(f"{label:<40}{best:>9.2f}{middle:>9.2f}{slow:>9.2f}")
    times = taken[MANY][1] / taken[FEW][1]
    promise(
        "tree: 3 of 3,400 children to all of 3", "<= 1.5 x", f"{times:.2f} x", is_kept=times <= 1.5
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
