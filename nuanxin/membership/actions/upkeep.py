"""What time does to applications: reminders, expiry, escalation; and unions that should be founded.

Each is one statement over a set, safe to run again: what is done is marked in the same statement.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.membership.rules.joining import PROVINCE
from nuanxin.records.actions import events_insert_sql

SET_LIMIT = 5_000
"""Rows a run; a task that comes every few minutes gets through any backlog."""


@transaction.atomic
def expire_invitations(*, actor: Actor, now: datetime, limit: int = SET_LIMIT) -> int:
    """Close invitations that were not confirmed in time and returns that were not completed.

    Who was invited has never been counted as a member; he may apply himself at any time.
    """
    return _count(_EXPIRE, actor, now, limit, {})


_EXPIRE = f"""
WITH gone AS (
    UPDATE membership_joinapplication a
    SET state = 7, decided_at = NULL, decided_by = NULL, decided_by_name = '', expires_on = NULL
    WHERE a.id IN (SELECT id FROM membership_joinapplication
                   WHERE state IN (1, 3) AND expires_on < %(day)s
                   ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING a.id, a.union_id
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, 'membership.application_expired', %(account)s::uuid, %(actor_name)s, "
        "'application', id, union_id, NULL::jsonb FROM gone"
    )
}
)
SELECT count(*) FROM gone
"""


@transaction.atomic
def escalate_overdue(*, actor: Actor, now: datetime, limit: int = SET_LIMIT) -> int:
    """Tell the upper union about reviews that are overdue: one task a union, each told once.

    Nothing is approved by the passing of time. Returns how many applications were escalated.
    """
    return _count(_ESCALATE, actor, now, limit, {})


_ESCALATE = f"""
WITH late AS (
    UPDATE membership_joinapplication a SET escalated_at = %(at)s
    WHERE a.id IN (SELECT id FROM membership_joinapplication
                   WHERE state = 2 AND due_on < %(day)s AND escalated_at IS NULL
                   ORDER BY due_on, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING a.id, a.union_id
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, 'membership.review_escalated', %(account)s::uuid, %(actor_name)s, "
        "'application', id, union_id, NULL::jsonb FROM late"
    )
}
), asked AS (
    INSERT INTO membership_task
        (union_id, kind, title, subject_type, subject_id, subject_key, due_on, created_at)
    SELECT coalesce(u.parent_id, u.id), 'review_overdue',
           left(u.name, 60) || '有入会申请超过了审核时限，请督促', 'union', u.id, u.id::text,
           %(day)s::date + 7, %(at)s
    FROM (SELECT DISTINCT union_id FROM late) l JOIN orgs_union u ON u.id = l.union_id
    ON CONFLICT (union_id, kind, subject_key) WHERE done_at IS NULL DO NOTHING
)
SELECT count(*) FROM late
"""


@transaction.atomic
def ask_to_found_unions(*, actor: Actor, now: datetime, limit: int = 500) -> int:
    """Give the county a task where enough members of one employer sit in a backstop union.

    Source: 工会法 a.11 (25 members) and domain 2.2. One task an employer and backstop union, ever:
    a settled task is not asked again. The employer is the registered one of the job, else what
    was stated, without branch and legal form. Returns how many tasks are new.
    """
    day = business_day(now)
    threshold = parameter("membership.found_union_threshold_persons", adcode=PROVINCE, on=day).value
    return _count(_FOUND, actor, now, limit, {"threshold": threshold})


_FOUND = f"""
WITH jobs AS (
    SELECT DISTINCT m.id, m.union_id, u.path,
           coalesce('#' || e.employer_id::text,
                    regexp_replace(split_part(split_part(translate(
                        e.place_stated, '·・—－（(', '-------'), '-', 1), ' ', 1),
                        '(有限责任公司|股份有限公司|有限公司|公司)$', '')) AS key,
           coalesce(o.name, e.place_stated) AS name
    FROM orgs_union u
    JOIN membership_membership m ON m.union_id = u.id AND m.ended_on IS NULL AND m.state = 1
    JOIN people_engagement e ON e.worker_id = m.worker_id AND e.ended_on IS NULL
    LEFT JOIN orgs_employer o ON o.id = e.employer_id
    WHERE u.route = 'backstop' AND u.ended_on IS NULL
), gathered AS (
    SELECT union_id, path, key, min(name) AS name, count(DISTINCT id) AS persons
    FROM jobs WHERE char_length(key) >= 2
    GROUP BY union_id, path, key HAVING count(DISTINCT id) >= %(threshold)s
), asked AS (
    INSERT INTO membership_task
        (union_id, kind, title, subject_type, subject_id, subject_key, due_on, created_at)
    SELECT county.id, 'found_union',
           left(g.name, 60) || '已有 ' || g.persons || ' 名会员在兜底工会，可以单独建会', 'union',
           g.union_id, left(g.union_id || ':' || g.key, 80), %(day)s::date + 30, %(at)s
    FROM gathered g
    CROSS JOIN LATERAL (
        SELECT c.id FROM orgs_union c
        WHERE c.id = ANY (string_to_array(trim(g.path, '/'), '/')::bigint[]) AND c.level <= 3
        ORDER BY c.level DESC LIMIT 1) county
    WHERE NOT EXISTS (
        SELECT 1 FROM membership_task t WHERE t.kind = 'found_union'
        AND t.subject_key = left(g.union_id || ':' || g.key, 80))
    ORDER BY g.persons DESC, g.key LIMIT %(limit)s
    ON CONFLICT (union_id, kind, subject_key) WHERE done_at IS NULL DO NOTHING
    RETURNING id, union_id
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, 'membership.union_founding_asked', %(account)s::uuid, %(actor_name)s, "
        "'task', id, union_id, NULL::jsonb FROM asked"
    )
}
)
SELECT count(*) FROM asked
"""


def _count(statement: str, actor: Actor, now: datetime, limit: int, more: dict[str, Any]) -> int:
    values = {
        "day": business_day(now),
        "at": now,
        "limit": limit,
        "account": actor.account_id,
        "actor_name": actor.name,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        (count,) = cursor.fetchone()
    return int(count)
