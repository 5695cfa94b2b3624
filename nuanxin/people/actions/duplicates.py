"""Finding pairs of records that look like one person; nothing is merged by the machine."""

from datetime import datetime

from django.db import connection, transaction

from nuanxin.kernel import clock, parameters
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.people import queries
from nuanxin.people.states import DuplicateVerdict
from nuanxin.records.actions import append_event

# Two of name, phone and birth must agree. Name and birth alone are common among a million people:
# they count only where a number is missing, or both numbers were first given in one city (a slip
# in the last digits). Groups that share a phone by the dozen are an office, not a person.
_FIND = """
WITH living AS NOT MATERIALIZED (
    SELECT id, name, phone_hash, birth_on, identity_hash, identity_hint, created_at
    FROM people_worker WHERE merged_into_id IS NULL AND erased_at IS NULL
), fresh AS (
    SELECT * FROM living WHERE %(since)s::timestamptz IS NULL OR created_at >= %(since)s
), crowded_phone AS (
    SELECT phone_hash FROM living
    WHERE phone_hash IN (SELECT phone_hash FROM fresh)
    GROUP BY phone_hash HAVING count(*) > %(limit)s
), by_phone AS (
    SELECT f.id AS one, o.id AS other
    FROM fresh f JOIN living o ON o.phone_hash = f.phone_hash AND o.id <> f.id
    WHERE (o.name = f.name OR o.birth_on = f.birth_on)
      AND NOT EXISTS (SELECT 1 FROM crowded_phone c WHERE c.phone_hash = f.phone_hash)
), by_birth AS (
    SELECT f.id AS one, o.id AS other
    FROM fresh f JOIN living o ON o.name = f.name AND o.birth_on = f.birth_on AND o.id <> f.id
    WHERE f.identity_hash IS NULL OR o.identity_hash IS NULL
       OR left(f.identity_hint, 4) = left(o.identity_hint, 4)
), crowded_birth AS (
    SELECT one FROM by_birth GROUP BY one HAVING count(*) >= %(limit)s
), pair AS (
    SELECT least(one, other) AS first_id, greatest(one, other) AS second_id FROM by_phone
    UNION
    SELECT least(one, other), greatest(one, other) FROM by_birth
    WHERE one NOT IN (SELECT one FROM crowded_birth)
)
INSERT INTO people_duplicatecandidate (first_id, second_id, signs, found_at, verdict)
SELECT p.first_id, p.second_id,
       array_remove(ARRAY[CASE WHEN a.name = b.name THEN 'name' END,
                          CASE WHEN a.birth_on = b.birth_on THEN 'birth' END,
                          CASE WHEN a.phone_hash = b.phone_hash THEN 'phone' END], NULL),
       %(now)s, ''
FROM pair p JOIN people_worker a ON a.id = p.first_id JOIN people_worker b ON b.id = p.second_id
ON CONFLICT (first_id, second_id) DO NOTHING
"""


@transaction.atomic
def find_duplicates(since: datetime | None, *, now: datetime) -> int:
    """Record the pairs that look like one person; return how many are new.

    ``since`` looks only for records made since then (against all others); None compares all, which
    also sees what corrections have made alike. A pair that was settled is not proposed again.
    """
    limit = parameters.parameter(
        "people.duplicate_group_limit_persons",
        adcode=parameters.NATION,
        on=clock.business_day(now),
    ).value
    with connection.cursor() as db:
        db.execute(_FIND, {"since": since, "limit": int(limit), "now": now})
        return int(db.rowcount)


@transaction.atomic
def dismiss_duplicate(*, duplicate_id: int, actor: Actor, now: datetime) -> None:
    """Settle a pair as two different people; it is not proposed again.

    Raises ``NotFound`` out of scope or when it is settled already, ``Forbidden``.
    """
    row = queries.get_duplicate(duplicate_id, actor=actor)
    with connection.cursor() as db:
        db.execute(
            """UPDATE people_duplicatecandidate SET settled_at = %s, verdict = %s
               WHERE id = %s AND settled_at IS NULL""",
            [now, DuplicateVerdict.DIFFERENT, duplicate_id],
        )
        if not db.rowcount:
            raise NotFound()
    append_event(
        "people.duplicate_dismissed",
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=row.first.id,
        data={"pair": duplicate_id, "other": row.second.id},
    )
