"""Free seats go to those who wait, in their order: to one alone, or to a family all at once.

Where the first in order is alone, one statement does it. As soon as a family stands first, the pool
is locked and the first in order for whom the free seats do gets them: who needs more keeps the turn
and is told why. How often others may go past a family is a parameter (programmes.party_skips); from
then on seats gather for it, until the offer closes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.notices.actions import notify
from nuanxin.programmes.actions import party_statement as statements
from nuanxin.programmes.actions.claim_statement import PASS_ON, RELEASE
from nuanxin.programmes.models import Party
from nuanxin.programmes.models.parties import MOST
from nuanxin.programmes.states import ClaimState
from nuanxin.records.actions import append_event

LARGEST_PASS = 1_000
"""Places passed on in one go of a job."""
_NEVER = 2_000_000_000


def pass_on_places(*, pool_id: int, hours: int, now: datetime) -> int:
    """Give the free seats of a pool to those who wait, in their order; return how many got one.

    Each is kept for ``hours`` and then goes on. One transaction a seat, or a family.
    """
    values: dict[str, Any] = {"pool": pool_id, "until": now + timedelta(hours=hours), "now": now}
    for count in range(LARGEST_PASS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PASS_ON, values)
            row = cursor.fetchone()
            if row is None:
                return count
            if row[0] is not None:
                _tell(int(row[1]), hours, persons=1, now=now)
        if row[0] is None:  # a family stands first: from here on one after the other
            return count + _pass_on_together(pool_id, now=now)
    return LARGEST_PASS


def _pass_on_together(pool_id: int, *, now: datetime) -> int:
    given = 0
    while given < LARGEST_PASS:
        granted = give_to_first_that_fits(pool_id, to=ClaimState.GRANTED, now=now)
        if not granted:
            break
        given += len(granted)
    return given


@transaction.atomic
def give_to_first_that_fits(pool_id: int, *, to: ClaimState, now: datetime) -> list[int]:
    """Give seats to the first who waits and for whom they do, alone or family; return the workers.

    ``to`` is GRANTED, kept for some hours, or PROPOSED, before the public.
    """
    with connection.cursor() as cursor:
        # The lock is a statement of its own: what follows sees what was done before it was given.
        cursor.execute(statements.LOCK_POOL, {"pool": pool_id})
        code, title, hours, closes_at, adcode, _ = cursor.fetchone()
        skips = _skips_allowed(adcode, now) if now < closes_at else _NEVER
        while True:
            cursor.execute(statements.PICK, {"pool": pool_id, "most": MOST, "skips": skips})
            found = cursor.fetchone()
            if found is None:
                return []
            ids, rank, first = found
            cursor.execute(statements.LOCK_MEMBERS, {"ids": ids})
            members = cursor.fetchall()
            seats = lock_seats(cursor, pool_id, [bool(one[2]) for one in members])
            if members and len(seats) == len(members):
                break  # else seats or members went meanwhile: look again
        until = now + timedelta(hours=hours) if to is ClaimState.GRANTED else None
        grant(cursor, [int(one[0]) for one in members], seats, to=to, until=until, now=now)
        used_open = any(not is_directed for _, is_directed in seats)
        cursor.execute(
            statements.SKIPPED,
            {"pool": pool_id, "rank": rank, "first": first, "used_open": used_open},
        )
        skipped = cursor.fetchall()
    for claim_id, worker_id, _, _ in members:
        append_event("programmes.place_passed_on", actor=SYSTEM, at=now,
                     subject_type="programme_application", subject_id=claim_id)  # fmt: skip
        if to is ClaimState.GRANTED:
            _tell(int(worker_id), hours, persons=len(members), now=now)
    for worker_id, persons, times in skipped:
        _tell_skipped(worker_id, title, code, persons, len(members), times, skips, now)
    return [int(one[1]) for one in members]


def lock_seats(
    cursor: Any, pool_id: int, directed: list[bool], slot_at: datetime | None = None
) -> list[tuple[int, bool]]:
    """Lock free seats for so many people, directed seats for the directed first; fewer where fewer are.

    The caller holds the lock of the pool.
    """
    cursor.execute(
        statements.LOCK_SEATS,
        {"pool": pool_id, "directed": sum(directed), "persons": len(directed), "slot": slot_at},
    )
    return [(int(row[0]), bool(row[1])) for row in cursor.fetchall()]


def grant(
    cursor: Any, ids: list[int], seats: list[tuple[int, bool]], *, to: ClaimState,
    until: datetime | None, now: datetime,
) -> None:  # fmt: skip
    """Give each of the applications, the directed first, one of the locked seats."""
    cursor.execute(
        statements.GRANT,
        {
            "ids": ids,
            "seats": [seat for seat, _ in seats],
            "state": int(to),
            "until": until,
            "now": now,
        },
    )


def expire_together(*, party_id: int, hours: int, now: datetime) -> int:
    """End what a family did not confirm in time, all of it, and give it on; return how many."""
    ended, pool_id = end_together(party_id, (ClaimState.GRANTED,), ClaimState.EXPIRED, SYSTEM, now)
    if ended:
        pass_on_places(pool_id=pool_id, hours=hours, now=now)
    return ended


@transaction.atomic
def end_together(
    party_id: int, states: Sequence[ClaimState], to: ClaimState, actor: Actor, now: datetime
) -> tuple[int, int]:
    """End those of a family that stand in one of the states, under the lock; return how many, the pool."""
    party = Party.objects.get(id=party_id)
    with connection.cursor() as cursor:
        cursor.execute(statements.LOCK_POOL, {"pool": party.pool_id})
        cursor.execute(
            statements.END_TOGETHER, {"party": party_id, "states": [int(one) for one in states]}
        )
        ids = [int(row[0]) for row in cursor.fetchall()]
        for claim_id in ids:
            cursor.execute(RELEASE, {"application": claim_id, "to": int(to), "now": now})
    for claim_id in ids:
        append_event(f"programmes.application_{to.name.lower()}", actor=actor, at=now,
                     subject_type="programme_application", subject_id=claim_id)  # fmt: skip
    return len(ids), party.pool_id


def _skips_allowed(adcode: int, now: datetime) -> int:
    found = parameter("programmes.party_skips", adcode=f"{adcode:06d}", on=business_day(now))
    return int(found.value)


def _tell(worker_id: int, hours: int, *, persons: int, now: datetime) -> None:
    body = f"前面有人退了，按次序轮到你。{hours} 小时里确认一下，过了就给下一位。"
    if persons > 1:
        body = (
            f"按次序轮到你们一家，{persons} 个名额一起留着。"
            f"{hours} 小时里一个人确认就行，过了就给下一家。"
        )
    notify(
        kind="programmes.place_kept",
        title="有名额给你们一家留着" if persons > 1 else "有名额给你留着",
        body=body,
        url="/programmes/mine/",
        worker_id=worker_id,
        now=now,
    )


def _tell_skipped(
    worker_id: int, title: str, code: str, persons: int, given: int, times: int, skips: int,
    now: datetime,
) -> None:  # fmt: skip
    """Say why somebody behind was given a place, the first time and when it was the last time."""
    is_last = times == skips
    if times != 1 and not is_last:
        return
    after = (
        "往后空出来的先给你们攒着，攒够了一起给。"
        if is_last
        else "你们的次序不变，空够了就一起给。也可以少报几个人。"
    )
    notify(
        kind="programmes.family_skipped",
        title="名额不够一家人，先给了后面的",
        body=f"“{title}”空出 {given} 个名额，你们一家要 {persons} 个，放不下。{after}",
        url=f"/programmes/{code}/",
        worker_id=worker_id,
        now=now,
    )
