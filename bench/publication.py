"""A publication of everything: all figures that can be published, the province, its cities, its counties.

    python -m bench.publication [--rows 1175000] [--data FOLDER] [--keep]

The made-up province of ``bench.figures_page``. Drafting derives every line from the rows in one
scan; checking reads the province's own numbers the fast way too; publishing and verifying derive all
once more. ``--keep`` measures what the folder holds; what is published there stays.
"""

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from bench.figures_page import UNTIL, fill
from bench.ground import own_database, parser_of, promise, sizes_of

T = TypeVar("T")
PROMISED = 10.0


def timed(times: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Return what ``work`` returns, and write down the seconds it took."""
    started = time.perf_counter()
    done = work()
    times[name] = time.perf_counter() - started
    return done


def people() -> tuple[str, list[Any]]:
    """Return the code of the province's union, and three of its cadres."""
    from nuanxin.kernel.actor import Actor, Grant, Role
    from nuanxin.orgs.models import Union

    top = Union.objects.get(adcode=330000, kind="federation")
    grants = (Grant(Role.PROVINCE_CADRE, top.id, top.path),)
    return top.code, [
        Actor(account_id=UUID(int=number), name=f"bench{number}", grants=grants)
        for number in (1, 2, 3)
    ]


def measure() -> tuple[dict[str, float], int]:
    """Return the seconds of each step of one publication, and its lines."""
    from nuanxin.figures.actions import publishing
    from nuanxin.figures.actions.drafting import Choice
    from nuanxin.figures.queries.deriving import PUBLISHABLE
    from nuanxin.figures.queries.publications import lines_of
    from nuanxin.figures.queries.verifying import verify_publication
    from nuanxin.kernel import clock

    code, (author, second, third) = people()
    now = clock.day_start(UNTIL + timedelta(days=1)) + timedelta(hours=10)
    asked = publishing.Question(
        title="全省",
        choice=Choice(PUBLISHABLE, below=2, cuts=("occupation", "channel")),
        as_of=UNTIL,
        since=date(UNTIL.year, 1, 1),
    )
    times: dict[str, float] = {}
    draft = timed(
        times,
        "draft",
        lambda: publishing.draft_publication(
            union_code=code, question=asked, actor=author, now=now
        ),
    )
    given: dict[str, Any] = {"publication_id": draft.id, "now": now}
    found = timed(times, "check", lambda: publishing.check_publication(**given, actor=author))
    assert not [one.sentence for one in found if one.blocks]
    publishing.approve_publication(**given, actor=second)
    done = timed(times, "publish", lambda: publishing.publish_publication(**given, actor=third))
    told = timed(times, "verify", lambda: verify_publication(done, rederive=True))
    assert told.stands
    timed(times, "verify seal", lambda: verify_publication(done, rederive=False))
    return times, len(lines_of(done.id))


def main(argv: list[str] | None = None) -> int:
    parser = parser_of(__doc__)
    parser.add_argument("--data", default="")
    parser.add_argument("--keep", action="store_true", help="measure what the folder holds")
    options = parser.parse_args(argv)
    with own_database(options.data):
        for rows in sizes_of(options):
            if not options.keep:
                fill(rows)
            times, lines = measure()
            print(f"\n{rows:,} memberships, {lines:,} lines\n\n| step | s |\n|---|---|")
            for name, seconds in times.items():
                print(f"| {name} | {seconds:.2f} |", flush=True)
        for name in ("draft", "publish", "verify"):
            promise(
                f"publication of everything: {name}",
                f"<= {PROMISED:.0f} s",
                f"{times[name]:.1f} s",
                is_kept=times[name] <= PROMISED,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
