"""Five thousand people ask for 200 places through HTTP: exactly 200, everybody told the truth in time.

    python -m bench.rush_http [--people 5000] [--places 200] [--connections 64]

In a data folder that is removed afterwards: an embedded server, so many members with an account and
a session each, and the product's own web server as ``nuanxin up`` starts it. Everybody taps once, as
fast as the connections allow; then a tenth of them tap again, then everybody looks. What 200 of them
were told (a place, or the number on the waiting list) is read from their own pages and compared with
the tables.
"""

import http.client
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from bench.ground import own_database, parser_of, promise
from bench.one_click import PRODUCT, _served
from bench.one_click_load import drive
from bench.one_click_world import HOST, _csrf, _post

LONGEST_SECONDS = 30
SAMPLE = 200


def main() -> None:
    """Let them come, count, print the promises."""
    parser = parser_of(__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--places", type=int, default=200)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    with own_database():
        from config.static_files import gather_if_stale

        gather_if_stale()
        code, workers = _make_world(options.people, options.places)
        keys = _sessions_of(workers)
        with _served(PRODUCT) as port:
            taps = _taps(code, keys)
            drive([_look(code, key) for key in keys[:64]], port=port, connections=16)  # warm
            seen = drive(taps, port=port, connections=options.connections)
            again = drive(taps[::10], port=port, connections=options.connections)
            told = drive([_look(code, key) for key in keys], port=port, connections=16)
            step = max(1, len(keys) // SAMPLE)
            read = {worker: _read(port, code, key)
                    for worker, key in list(zip(workers, keys, strict=True))[::step]}  # fmt: skip
        true = _stands(code)
        right = sum(true[worker] == said for worker, said in read.items())
        promise("people told the truth on their own page", f"{len(read)} of {len(read)}",
                f"{right}", is_kept=right == len(read))  # fmt: skip
        _report(options, seen, again, told, code)


def _report(options: object, seen: object, again: object, told: object, code: str) -> None:
    places, people = options.places, options.people  # type: ignore[attr-defined]
    for name, run in (("first tap", seen), ("tapped again", again), ("looked", told)):
        latencies = run.latencies_ms  # type: ignore[attr-defined]
        print(
            f"{name}: {len(latencies):,} in {run.seconds:.1f} s ({run.per_second:,.0f} a second),"  # type: ignore[attr-defined]
            f" median {statistics.median(latencies):,.0f} ms, p99 {run.percentile_ms(0.99):,.0f} ms,"  # type: ignore[attr-defined]
            f" longest {max(latencies):,.0f} ms; answers {run.answers}"  # type: ignore[attr-defined]
        )
    states = _states(code)
    print(f"in the tables: {dict(states)}")
    granted = states[4] + states[3]
    promise("places granted of 200 in a rush through HTTP", f"exactly {places}", str(granted),
            is_kept=granted == places and sum(states.values()) == people)  # fmt: skip
    failed = sum(
        count for run in (seen, again, told)
        for answer, count in run.answers.items() if answer[0] == "5"  # type: ignore[attr-defined]
    )  # fmt: skip
    promise("answers 5xx in the rush", "0", str(failed), is_kept=failed == 0)
    last = seen.seconds  # type: ignore[attr-defined]
    promise(f"{people:,} people answered", f"≤ {LONGEST_SECONDS} s", f"{last:.1f} s",
            is_kept=last <= LONGEST_SECONDS)  # fmt: skip


def _states(code: str) -> Counter[int]:
    from nuanxin.programmes.models import Application

    return Counter(Application.objects.filter(offer__code=code).values_list("state", flat=True))


def _read(port: int, code: str, key: str) -> str:
    """Return what somebody's own page says of where he stands: "place", or the number in line."""
    connection = http.client.HTTPConnection(HOST, port, timeout=LONGEST_SECONDS)
    connection.request("GET", f"/programmes/{code}/", headers={"Cookie": f"nuanxin={key}"})
    text = connection.getresponse().read().decode()
    connection.close()
    if "名额是你的了" in text:
        return "place"
    found = re.search(r"你排在候补第 (\d+)", text)
    return found[1] if found else ""


def _stands(code: str) -> dict[int, str]:
    """Return where everybody stands by the tables alone, in the same words."""
    from nuanxin.programmes.models import Application

    rows = Application.objects.filter(offer__code=code)
    waiting = rows.filter(state=2).order_by("rank", "id").values_list("worker_id", flat=True)
    told = {worker: str(at) for at, worker in enumerate(waiting, start=1)}
    return told | dict.fromkeys(rows.filter(state=4).values_list("worker_id", flat=True), "place")


# ---- the world --------------------------------------------------------------------------------


def _make_world(people: int, places: int) -> tuple[str, list[int]]:
    from nuanxin.kernel import clock
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.membership.models import Membership
    from nuanxin.orgs.models import Union
    from nuanxin.people.models import Worker
    from nuanxin.programmes.actions.offers import OfferDraft, create_offer, publish_offer
    from nuanxin.programmes.states import Way

    now = clock.now()
    today = clock.business_day(now)
    union = Union.objects.create(name="测速总工会", code="BENCH", kind="federation", level=1,
                                 adcode=330000, path="", founded_on=today)  # fmt: skip
    Union.objects.filter(id=union.id).update(path=f"/{union.id}/", accepts_members=True)
    workers = Worker.objects.bulk_create(
        Worker(name=f"测{number}", created_at=now) for number in range(people)
    )
    Membership.objects.bulk_create(
        Membership(worker=worker, union=union, channel=1, occupation=3, started_on=today,
                   joined_on=today, recorded_at=now)
        for worker in workers
    )  # fmt: skip
    draft = OfferDraft(
        definition="health_exam",
        title="测速体检",
        way=Way.FIRST_COME,
        places=places,
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=1),
    )
    offer = create_offer(draft=draft, union_id=union.id, actor=SYSTEM, now=now)
    publish_offer(offer_id=offer.id, actor=SYSTEM, now=now)
    return offer.code, [worker.id for worker in workers]


def _sessions_of(workers: Sequence[int]) -> list[str]:
    from django.db import connection, transaction

    from nuanxin.access.actions.accounts import open_worker_account
    from nuanxin.access.middleware.sessions import SessionStore
    from nuanxin.access.states import SessionKind
    from nuanxin.kernel import clock
    from nuanxin.kernel.actor import SYSTEM

    now, keys = clock.now(), []
    with transaction.atomic():
        for worker_id in workers:
            account = open_worker_account(
                worker_id=worker_id, name="测", phone=None, actor=SYSTEM, now=now
            )
            store = SessionStore()
            store.begin(account, SessionKind.PHONE)
            store.save()
            keys.append(str(store.session_key))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return keys


def _taps(code: str, keys: Sequence[str]) -> list[bytes]:
    cookie, field = _csrf()
    body = urlencode({"csrfmiddlewaretoken": field, "code": code}).encode()
    head = (
        f"Content-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken={cookie}; nuanxin="
    )
    return [_post("/programmes/apply/", f"{head}{key}\r\n", body) for key in keys]


def _look(code: str, key: str) -> bytes:
    head = f"GET /programmes/{code}/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: nuanxin={key}\r\n\r\n"
    return head.encode()


if __name__ == "__main__":
    main()
