"""A union's seat moves to another county: from that day on its members count there.

Flows carry the county of their day. When a seat moves, or the day of a move is corrected, flows are
appended that bring each day's sum to where the seat was on that day; nothing is rewritten, so what
was known before stays as it was known.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.membership.states import FlowKind
from nuanxin.orgs import actions as orgs
from nuanxin.records.actions import append_event

_SIGN = " ".join(f"WHEN {int(kind)} THEN {kind.sign}" for kind in FlowKind if kind.sign)

# Per day and cut: what stands in each county by the flows, and what should by the seat of the day.
# The difference that is new on a day is what moves on it; over all counties it is nothing.
_FOLLOW = f"""
WITH seat AS (
    SELECT adcode, valid_from, valid_to FROM orgs_territory
    WHERE union_id = %(union)s AND is_seat AND superseded_at IS NULL
), flow AS (
    SELECT day, county, occupation, channel, sum(persons * CASE kind {_SIGN} ELSE 0 END) AS n
    FROM membership_memberflow WHERE union_id = %(union)s AND kind >= 10 GROUP BY 1, 2, 3, 4
), grid AS (
    SELECT d.day, c.county, t.occupation, t.channel
    FROM (SELECT day FROM flow UNION SELECT valid_from FROM seat WHERE valid_from <= %(today)s) AS d
    CROSS JOIN (SELECT county FROM flow UNION SELECT adcode FROM seat) AS c
    CROSS JOIN (SELECT DISTINCT occupation, channel FROM flow) AS t
), running AS (
    SELECT g.*, coalesce(sum(f.n) OVER (PARTITION BY g.county, g.occupation, g.channel
                                        ORDER BY g.day), 0) AS stands
    FROM grid g LEFT JOIN flow f USING (day, county, occupation, channel)
), missing AS (
    SELECT r.*, CASE WHEN s.adcode IS NULL THEN 0
                     WHEN s.adcode = r.county
                     THEN sum(stands) OVER (PARTITION BY r.day, r.occupation, r.channel) - stands
                     ELSE -stands END AS lacks
    FROM running r
    LEFT JOIN seat s ON s.valid_from <= r.day AND (s.valid_to IS NULL OR s.valid_to > r.day)
), moving AS (
    SELECT day, county, occupation, channel,
           lacks - coalesce(lag(lacks) OVER (PARTITION BY county, occupation, channel ORDER BY day), 0)
               AS persons
    FROM missing
), moved AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT day, %(union)s, county, occupation, channel,
           CASE WHEN persons > 0 THEN {int(FlowKind.MERGED_IN)} ELSE {int(FlowKind.MERGED_OUT)} END,
           abs(persons), %(at)s
    FROM moving WHERE persons <> 0
    RETURNING day, persons, kind
)
SELECT coalesce(sum(persons) FILTER (WHERE kind = {int(FlowKind.MERGED_IN)}), 0)::int FROM moved
"""
# Spans know the county of each of their days: they are found anew.
_SPANS_TOO = """
INSERT INTO membership_spandue (worker_id)
SELECT worker_id FROM membership_membership WHERE union_id = %(union)s
"""
_COUNTIES = """
SELECT count(*) FROM (
    SELECT adcode FROM orgs_territory WHERE union_id = %(union)s AND is_seat
    UNION SELECT county FROM membership_memberflow WHERE union_id = %(union)s) AS places
"""


@transaction.atomic
def follow_seat(*, union_id: int, actor: Actor, now: datetime) -> int:
    """Let the members of a union count where its seat was on each day; return how many moved.

    For actions that have moved the seat or corrected its days. Doing it again moves nobody.
    """
    values: dict[str, Any] = {"union": union_id, "today": business_day(now), "at": now}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTIES, values)
        if cursor.fetchone()[0] < 2:
            return 0
        cursor.execute(_SPANS_TOO, values)
        cursor.execute(_FOLLOW, values)
        persons = int(cursor.fetchone()[0])
    if persons:
        append_event(
            "membership.followed_seat",
            actor=actor,
            at=now,
            subject_type="union",
            subject_id=union_id,
            union_id=union_id,
            data={"persons": persons},
        )
    return persons


@transaction.atomic
def set_territory(
    *,
    union_id: int,
    places: Sequence[tuple[int, int | None]],
    seat: tuple[int, int | None] | None,
    effective_on: date,
    reason: str = "",
    document: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Say where a union works from a day on, and let its members count there.

    Raises what ``orgs.actions.set_territory`` raises.
    """
    orgs.set_territory(
        union_id=union_id,
        places=places,
        seat=seat,
        effective_on=effective_on,
        reason=reason,
        document=document,
        actor=actor,
        now=now,
    )
    follow_seat(union_id=union_id, actor=actor, now=now)


@transaction.atomic
def correct_territory(
    *,
    union_id: int,
    territory_id: int,
    valid_from: date,
    valid_to: date | None,
    reason: str,
    document: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Correct the days of a seat or an area, and let the members count by the corrected days.

    Raises what ``orgs.actions.correct_territory`` raises.
    """
    orgs.correct_territory(
        union_id=union_id,
        territory_id=territory_id,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
        document=document,
        actor=actor,
        now=now,
    )
    follow_seat(union_id=union_id, actor=actor, now=now)
