"""Who held a place and did not come is noted, from check-ins, once; what was wrong is taken back.

Only where somebody kept the door: a session that nobody was seen at and that closed by itself tells
nothing of anybody, nor does a camp whose class was never opened. Not known is not a no-show.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import as_written
from nuanxin.kernel.workdays import add_workdays
from nuanxin.notices.actions import notify
from nuanxin.notices.actions.telling import notify_many
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes import permissions
from nuanxin.programmes.models import NoShow, NoShowPlea
from nuanxin.programmes.queries.no_shows import NoShowRow, counted_since, get_no_show
from nuanxin.programmes.states import NoShowOf, NoShowStands, PleaKind
from nuanxin.records.actions import append_event, logged_name

MOST_A_RUN = 20_000
SHORTEST_REASON, LONGEST_REASON = 4, 200
MINE = "/no-shows/mine/"

# 3 is absent (rules.attendance.Attended). An excuse that nobody has decided yet is waited for.
_SESSIONS = """
SELECT a.worker_id, s.offer_id, 1 AS what, k.id AS ref,
       (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date AS day, s.ends_at AS over_at,
       t.recorded_at AS known_at
FROM programmes_session s JOIN programmes_booking k ON k.session_id = s.id
JOIN programmes_application a ON a.id = k.application_id
CROSS JOIN LATERAL (
    SELECT h.kind, h.recorded_at, h.recorded_by FROM programmes_attendance h
    WHERE h.booking_id = k.id AND h.reverses_id IS NULL ORDER BY h.round DESC LIMIT 1) t
WHERE s.closed_at IS NOT NULL AND s.starts_at >= %(since)s AND t.kind = 3
  AND (k.excuse IS NULL OR k.excuse_granted IS NOT NULL)
  AND (t.recorded_by IS NOT NULL
       OR EXISTS (SELECT 1 FROM programmes_scan c WHERE c.session_id = s.id))
"""
_CAMPS = """
SELECT p.worker_id, m.offer_id, 2, p.id, m.ends_on,
       (m.ends_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai', '-infinity'::timestamptz
FROM programmes_camp m JOIN programmes_campclass c ON c.camp_id = m.id
JOIN programmes_campplace p ON p.camp_class_id = c.id AND p.state = 4
WHERE m.ends_on >= %(since_day)s AND m.ends_on < %(today)s
  AND EXISTS (SELECT 1 FROM programmes_campday d WHERE d.camp_class_id = c.id
                AND d.day > (p.applied_at AT TIME ZONE 'Asia/Shanghai')::date)
  AND NOT EXISTS (SELECT 1 FROM programmes_camppresence h
                  WHERE h.place_id = p.id AND h.kind = 1
                    AND NOT EXISTS (SELECT 1 FROM programmes_camppresence b
                                    WHERE b.takes_back_id = h.id))
"""
_CONTESTS = """
SELECT a.worker_id, t.offer_id, 3, m.id, r.held_on, r.closed_at, e.absent_at
FROM programmes_roundentry e
JOIN programmes_contestround r ON r.id = e.round_id AND r.state = 4
JOIN programmes_contest t ON t.id = r.contest_id
JOIN programmes_entrantmember m ON m.entrant_id = e.entrant_id
JOIN programmes_application a ON a.id = m.application_id
WHERE e.absent_at IS NOT NULL AND r.held_on >= %(since_day)s
"""
# What was taken back is not noted again, unless somebody said so of him anew afterwards.
_FOUND = f"""
SELECT f.worker_id, f.offer_id, f.what, f.ref, f.day, f.over_at, u.adcode,
       (SELECT count(*) FROM programmes_noshow n
        WHERE n.what = f.what AND n.ref = f.ref AND n.times = 1)::smallint
FROM ({_SESSIONS} UNION ALL {_CAMPS} UNION ALL {_CONTESTS}) f
JOIN programmes_offer o ON o.id = f.offer_id JOIN orgs_union u ON u.id = o.union_id
WHERE NOT EXISTS (
    SELECT 1 FROM programmes_noshow n LEFT JOIN programmes_noshow b ON b.reverses_id = n.id
    WHERE n.what = f.what AND n.ref = f.ref AND n.times = 1
      AND (b.id IS NULL OR b.recorded_at >= f.known_at))
ORDER BY f.over_at, f.what, f.ref LIMIT %(limit)s
"""
_NOTE = """
INSERT INTO programmes_noshow
    (worker_id, offer_id, what, ref, turn, day, times, reason, recorded_at, recorded_by_name)
SELECT x.worker, x.offer, x.what, x.ref, x.turn, x.day, 1, '', %(now)s, '系统'
FROM unnest(%(workers)s::bigint[], %(offers)s::bigint[], %(whats)s::smallint[],
            %(refs)s::bigint[], %(turns)s::smallint[], %(days)s::date[])
    AS x (worker, offer, what, ref, turn, day)
ON CONFLICT (what, ref, turn) WHERE times = 1 DO NOTHING
RETURNING worker_id, offer_id
"""


@dataclass(frozen=True, slots=True)
class _Found:
    worker_id: int
    offer_id: int
    what: int
    ref: int
    day: date
    over_at: datetime
    adcode: int
    turn: int


@transaction.atomic
def settle_no_shows(*, now: datetime) -> int:
    """Note who held a place of a session, camp or contest and did not come; tell each; return how many.

    Once the grace of the place is over (programmes.no_show_grace_hours), so that what phones send
    late, corrections and excuses come first. Safe to run twice and side by side.
    """
    today = business_day(now)
    since = counted_since(today)
    values: dict[str, Any] = {
        "since": day_start(since), "since_day": since, "today": today, "limit": MOST_A_RUN,
    }  # fmt: skip
    found = [_Found(*row) for row in fetch_all(_FOUND, values)]
    ready = [one for one in found if now >= one.over_at + _grace(one.adcode, today)]
    if not ready:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, _columns(ready, now))
        noted = cursor.fetchall()
    by_offer: dict[int, list[int]] = defaultdict(list)
    for worker_id, offer_id in noted:
        by_offer[offer_id].append(worker_id)
    for offer_id, workers in sorted(by_offer.items()):
        _tell(offer_id, workers, now)
    return len(noted)


def _grace(adcode: int, on: date) -> timedelta:
    value = parameter("programmes.no_show_grace_hours", adcode=f"{adcode:06d}", on=on).value
    return timedelta(hours=int(value))


def _columns(ready: Sequence[_Found], now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "workers": [one.worker_id for one in ready],
        "offers": [one.offer_id for one in ready],
        "whats": [one.what for one in ready],
        "refs": [one.ref for one in ready],
        "turns": [one.turn for one in ready],
        "days": [one.day for one in ready],
    }


def _tell(offer_id: int, workers: Sequence[int], now: datetime) -> None:
    title, union_id = fetch_all(
        "SELECT title, union_id FROM programmes_offer WHERE id = %(offer)s", {"offer": offer_id}
    )[0]
    notify_many(
        worker_ids=sorted(set(workers)),
        kind="programmes.no_show",
        title="记了一次约了没来",
        body=f"“{title}”给你留着，你没来，也没请假。当天有急事，或者记错了，点开说明。",
        url=MINE,
        now=now,
    )
    append_event(
        "programmes.no_shows_noted", actor=SYSTEM, at=now, subject_type="programme_offer",
        subject_id=offer_id, union_id=union_id, data={"count": len(workers)},
    )  # fmt: skip


@transaction.atomic
def plead(*, no_show_id: int, kind: PleaKind, actor: Actor, now: datetime) -> None:
    """Say what was the matter, or that it is wrong; said again, the first stays.

    Until it is answered the no-show does not count. Raises ``NotFound`` for somebody else's,
    ``Conflict`` programmes.plea_too_late, programmes.no_show_taken_back.
    """
    found = NoShow.objects.select_for_update(of=("self",)).select_related("offer__union").filter(
        id=no_show_id, worker_id=actor.worker_id or 0, times=1
    ).first()  # fmt: skip
    if found is None:
        raise NotFound()
    if NoShow.objects.filter(reverses=found).exists():
        raise Conflict("programmes.no_show_taken_back", "这一次已经不算了，不用说明。")
    today, place = business_day(now), f"{found.offer.union.adcode:06d}"
    days = int(parameter("programmes.no_show_plea_days", adcode=place, on=today).value)
    if today > business_day(found.recorded_at) + timedelta(days=days):
        raise Conflict(
            "programmes.plea_too_late",
            f"记下来 {days} 天以内能自己说明，过了就请打 12351，主办工会可以改。",
        )
    if NoShowPlea.objects.filter(no_show=found).exists():
        return
    wait = int(parameter("programmes.no_show_answer_days", adcode=place, on=today).value)
    NoShowPlea.objects.create(
        no_show=found, kind=int(kind), said_at=now, due_on=add_workdays(today, wait).day
    )
    _record("programmes.no_show_pleaded", found.id, found.offer.union_id, actor, now)


@transaction.atomic
def answer_plea(
    *, no_show_id: int, is_accepted: bool, answer: str, actor: Actor, now: datetime
) -> None:
    """Accept what somebody said, which takes the no-show back, or refuse it with words; tell him.

    Raises ``NotFound``, ``Forbidden`` also for one's own, ``Malformed`` programmes.no_reason,
    ``Conflict`` programmes.no_plea, programmes.plea_answered.
    """
    found = _managed(no_show_id, actor)
    why = _reason(answer)
    plea = NoShowPlea.objects.select_for_update().filter(no_show_id=found.id).first()
    if plea is None:
        raise Conflict("programmes.no_plea", "本人还没有说明。记错了的，直接点「不算这一次」。")
    if plea.answered_at is not None:
        raise Conflict("programmes.plea_answered", "这个说明已经答复过了。")
    plea.is_accepted, plea.answer, plea.answered_at = is_accepted, why, now
    plea.answered_by, plea.answered_by_name = actor.account_id, logged_name(actor)[:60]
    plea.save()
    if is_accepted and found.stands is not NoShowStands.TAKEN_BACK:
        _take_back([found.id], why, actor, now)
    _record("programmes.no_show_plea_answered", found.id, found.union_id, actor, now,
            accepted=is_accepted)  # fmt: skip
    notify(
        kind="programmes.no_show_answered",
        title="你的说明接受了，这次不算" if is_accepted else "你的说明没有接受",
        body=f"“{found.title}”：{why}",
        url=MINE,
        worker_id=found.worker_id,
        now=now,
    )


@transaction.atomic
def take_back_no_show(*, no_show_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take a no-show back that was noted wrongly, by a row of its own with the reason; tell him.

    Raises ``NotFound``, ``Forbidden`` also for one's own, ``Malformed`` programmes.no_reason,
    ``Conflict`` programmes.no_show_taken_back.
    """
    found = _managed(no_show_id, actor)
    why = _reason(reason)
    if found.stands is NoShowStands.TAKEN_BACK or not _take_back([found.id], why, actor, now):
        raise Conflict("programmes.no_show_taken_back", "这一次已经不算了。")
    NoShowPlea.objects.filter(no_show_id=found.id, answered_at=None).update(
        is_accepted=True, answer=why, answered_at=now, answered_by=actor.account_id,
        answered_by_name=logged_name(actor)[:60],
    )  # fmt: skip
    _record("programmes.no_show_taken_back", found.id, found.union_id, actor, now)
    notify(
        kind="programmes.no_show_answered",
        title="约了没来，这次不算了",
        body=f"“{found.title}”：{why}",
        url=MINE,
        worker_id=found.worker_id,
        now=now,
    )


def no_longer_absent(
    booking_ids: Sequence[int], *, reason: str, actor: Actor, now: datetime
) -> None:
    """Take back what was noted of bookings whose absence was corrected; inside the caller's transaction."""
    rows = fetch_all(
        "SELECT n.id FROM programmes_noshow n WHERE n.what = %(what)s AND n.times = 1"
        " AND n.ref = ANY (%(refs)s)"
        " AND NOT EXISTS (SELECT 1 FROM programmes_noshow b WHERE b.reverses_id = n.id)",
        {"what": int(NoShowOf.SESSION), "refs": list(booking_ids)},
    )
    if rows:
        _take_back([row[0] for row in rows], reason, actor, now)


_TAKE_BACK = """
INSERT INTO programmes_noshow
    (worker_id, offer_id, what, ref, turn, day, times, reverses_id, reason, recorded_at,
     recorded_by, recorded_by_name)
SELECT n.worker_id, n.offer_id, n.what, n.ref, n.turn, n.day, -1, n.id, %(reason)s, %(now)s,
       %(account)s, %(name)s
FROM programmes_noshow n WHERE n.id = ANY (%(ids)s) AND n.times = 1
ON CONFLICT (reverses_id) DO NOTHING
"""


def _take_back(ids: Sequence[int], reason: str, actor: Actor, now: datetime) -> int:
    values: dict[str, Any] = {
        "ids": list(ids), "reason": reason[:LONGEST_REASON], "now": now,
        "account": actor.account_id, "name": logged_name(actor)[:60],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, values)
        return int(cursor.rowcount)


def _managed(no_show_id: int, actor: Actor) -> NoShowRow:
    found = get_no_show(no_show_id, actor=actor)
    permissions.check_can_manage(actor, path=found.union_path)
    if actor.worker_id is not None and actor.worker_id == found.worker_id:
        raise Forbidden("programmes.own_no_show", "这是您自己的，要请同事来定。")
    return found


def _reason(text: str) -> str:
    why = as_written(text)[:LONGEST_REASON]
    if len(why) < SHORTEST_REASON:
        raise Malformed("programmes.no_reason", "写一句为什么，本人看得到，至少 4 个字。")
    return why


def _record(
    kind: str, no_show_id: int, union_id: int, actor: Actor, now: datetime, **data: Any
) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="programme_no_show", subject_id=no_show_id,
        union_id=union_id, data=data or None,
    )  # fmt: skip
