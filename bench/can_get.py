"""What one person can get: every open programme, each rule explained, from a register of any size.

    python -m bench.can_get [--full] [--rows 10000,1175000] [--asks 300]

A made-up province (that of bench.member_list) in a database of its own, an offer open of every
programme that is defined, three years of applications. For random members it measures all lines with
their explanations (two statements), and the whole page as it leaves the server; beside them what an
explanation rule by rule would cost. The goal is 30 ms for one person and all open programmes.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bench.ground import own_database, parser_of, percentile, promise, sizes_of
from bench.member_list import fill

GOAL_MS = 30.0
PLACES = 2_000
WORK = """
INSERT INTO people_engagement (worker_id, occupation, place_stated, relation, work_adcode, started_on,
    source, recorded_at)
SELECT m.worker_id, m.occupation, '', 1 + m.id %% 3, m.work_adcode, m.started_on, 'join', now()
FROM membership_membership m
"""
APPLIED = """
INSERT INTO programmes_application (offer_id, pool_id, worker_id, is_directed, state, rank, applied_at,
    ended_at)
SELECT p.offer_id, p.id, w.id, false, 5, 0, now() - (w.id %% 900) * interval '1 day', now()
FROM programmes_pool p JOIN people_worker w ON w.id %% 7 = p.id %% 7
"""
STATED = """
INSERT INTO programmes_statedfact (worker_id, name, whole, stated_on, source, recorded_at)
SELECT w.id, f.name, w.id %% 5, current_date - 30, '本人', now() FROM people_worker w
CROSS JOIN (VALUES ('programmes.degree'), ('programmes.insured_months')) f (name)
WHERE w.id %% 2 = 0
"""


def main(argv: list[str] | None = None) -> int:
    """Measure every size and print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--asks", type=int, default=300)
    options = parser.parse_args(argv)
    with own_database(), _plain_static():
        print(
            "| members | offers | way | best ms | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|---|---|"
        )
        for rows in sizes_of(options):
            worst = _size(rows, options.asks)
    promise(
        f"all lines of one person, {rows:,} members: p95",
        f"≤ {GOAL_MS:.0f} ms",
        f"{worst:.1f} ms",
        is_kept=worst <= GOAL_MS,
    )
    return 0


@contextmanager
def _plain_static() -> Iterator[None]:
    """Name static files as they stand: nothing was collected for a database of a bench."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        yield


def _size(rows: int, asks: int) -> float:
    from nuanxin.kernel import clock
    from nuanxin.programmes.queries.can_get import get_can_get
    from nuanxin.programmes.queries.qualifying import explain_person

    now = clock.now()
    _clear()
    fill(rows)
    _open_offers(now)
    _stand_out(WORK, APPLIED, STATED)
    offers = len(get_can_get(_members(1)[0], now=now).offers)
    codes = sorted({one.row.rule_code for one in get_can_get(_members(1)[0], now=now).offers})
    today = clock.business_day(now)

    def one_by_one(worker: int) -> None:
        for code in codes:
            explain_person(code, worker_id=worker, on=today)

    ways: dict[str, Callable[[int], object]] = {
        "all lines": lambda worker: get_can_get(worker, now=now),
        "the page": _page(now),
        "rule by rule": one_by_one,
    }
    worst = 0.0
    for name, way in ways.items():
        told = _times(way, _members(asks if name != "rule by rule" else asks // 5))
        shares = [min(told), *(percentile(told, share) for share in (0.5, 0.95, 0.99))]
        print(
            f"| {rows:,} | {offers} | {name} | " + " | ".join(f"{one:.1f}" for one in shares) + " |"
        )
        if name == "all lines":
            worst = shares[2]
    return worst


def _times(way: Callable[[int], object], workers: list[int]) -> list[float]:
    way(workers[0])
    told = []
    for worker in workers:
        began = time.perf_counter()
        way(worker)
        told.append(1000 * (time.perf_counter() - began))
    return told


def _page(now: datetime) -> Callable[[int], object]:
    """Return a way to draw the page for a worker, as the view does it behind the session."""
    from django.test import RequestFactory

    from nuanxin.kernel.actor import Actor
    from nuanxin.programmes.pages.can_get import can_get

    def drawn(worker: int) -> object:
        request = RequestFactory().get("/can-get/")
        request.actor = Actor(worker_id=worker, name="样例")  # type: ignore[attr-defined]
        answer = can_get(request)
        assert answer.status_code == 200
        return answer

    return drawn


def _members(count: int) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM people_worker")
        first, last = cursor.fetchone()
    picked = random.Random(7)
    return [picked.randint(first, last) for _ in range(count)]


def _open_offers(now: datetime) -> None:
    """Open an offer of every programme that is defined, by the union at the top."""
    from nuanxin.kernel.actor import Actor, Grant, Role
    from nuanxin.orgs.models import Union
    from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
    from nuanxin.programmes.rules.definitions import all_definitions
    from nuanxin.programmes.states import Way

    top = Union.objects.order_by("level", "id").first()
    assert top is not None
    actor = Actor(name="样例", grants=(Grant(Role.PROVINCE_CADRE, top.id, top.path),))
    for defined in all_definitions():
        way = next((one for one in defined.ways if one not in (Way.SLOT, Way.BY_CLASS)), None)
        if way is None or not defined.rule:
            continue
        draft = OfferDraft(
            definition=defined.code,
            title=defined.title,
            way=way,
            places=PLACES,
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=20),
        )
        made = create_offer(draft=draft, union_id=top.id, actor=actor, now=now)
        publish_offer(offer_id=made.id, actor=actor, now=now)


def _clear() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE programmes_programme, people_engagement CASCADE")


def _stand_out(*statements: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.replace("%%", "%"))
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    raise SystemExit(main())
