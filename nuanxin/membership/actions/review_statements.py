"""The statements by which a committee decides on many applications at once.

Each is one statement: rows are locked in the order of their ids, what does not fit any more is
left alone, and everything else (membership, flow, event, notice) hangs on what was really moved.
No step joins two steps: of what was moved a moment ago the planner has no statistics, expects one
row, and would compare every row with every other. Steps are joined with tables, by their keys.
The text message to the phone is queued by ``actions.review`` in the same transaction.
"""

from nuanxin.records.actions import events_insert_sql

# Whose application it is: the record of the actor, or the phone with which he signs in. Two
# accounts of one person are one person (safety paper, invariants 6 and 10).
_OWN = """
    (a.worker_id IS NOT DISTINCT FROM %(own_worker)s::bigint OR EXISTS (
        SELECT 1 FROM access_account acc
        WHERE acc.id = %(account)s::uuid
          AND (acc.worker_id = a.worker_id OR acc.phone_hash = w.phone_hash)))
"""

FACTS = f"""
SELECT a.id, a.state, a.doubts, {_OWN},
       u.accepts_members AND u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved'),
       EXISTS (SELECT 1 FROM membership_membership m
               WHERE m.worker_id = a.worker_id AND m.ended_on IS NULL),
       u.adcode
FROM membership_joinapplication a
JOIN orgs_union u ON u.id = a.union_id
JOIN people_worker w ON w.id = a.worker_id
WHERE a.id = ANY (%(ids)s)
  AND EXISTS (SELECT 1 FROM unnest(%(paths)s::text[]) p WHERE starts_with(u.path, p))
ORDER BY a.id
"""
"""What the rule needs to know of each application that is named and in scope."""

CLEAN = f"""
SELECT a.id
FROM membership_joinapplication a
JOIN orgs_union u ON u.id = a.union_id
JOIN people_worker w ON w.id = a.worker_id
WHERE a.state = 2 AND a.doubts = 0 AND a.union_id = ANY (%(unions)s) AND NOT {_OWN}
ORDER BY a.due_on, a.id LIMIT %(limit)s
"""
"""The clean applications of some unions, the most urgent first."""

APPROVE = f"""
WITH picked AS MATERIALIZED (
    SELECT a.id, a.worker_id, a.union_id, a.channel, a.occupation, a.work_adcode, a.outlet_id
    FROM membership_joinapplication a
    JOIN orgs_union u ON u.id = a.union_id
    JOIN people_worker w ON w.id = a.worker_id
    WHERE a.id = ANY (%(ids)s) AND a.state = 2 AND NOT {_OWN}
      AND u.accepts_members AND u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved')
    ORDER BY a.id FOR UPDATE OF a
), joined AS (
    INSERT INTO membership_membership
        (worker_id, union_id, state, channel, occupation, work_adcode, outlet_id, started_on,
         joined_on, application_id, recorded_at)
    SELECT worker_id, union_id, 1, channel, occupation, work_adcode, outlet_id, %(day)s, %(day)s,
           id, %(at)s
    FROM picked
    ON CONFLICT (worker_id) WHERE ended_on IS NULL DO NOTHING
    RETURNING id, worker_id, union_id, channel, occupation, application_id
), decided AS (
    UPDATE membership_joinapplication a
    SET state = 4, decided_at = %(at)s, decided_by = %(account)s::uuid,
        decided_by_name = %(actor_name)s, decision_note = %(note)s
    FROM joined j WHERE a.id = j.application_id
    RETURNING a.id
), flowed AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT %(day)s, j.union_id, u.adcode, j.occupation, j.channel,
           CASE WHEN before.was THEN %(again)s ELSE %(first)s END, count(*), %(at)s
    FROM joined j JOIN orgs_union u ON u.id = j.union_id
    CROSS JOIN LATERAL (SELECT EXISTS (
        SELECT 1 FROM membership_membership m WHERE m.worker_id = j.worker_id
        AND m.ended_on IS NOT NULL AND m.end_reason <> %(undone)s) AS was) before
    GROUP BY j.union_id, u.adcode, j.occupation, j.channel, 6
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, 'membership.application_approved', %(account)s::uuid, %(actor_name)s, "
        "'application', j.application_id, j.union_id, "
        "jsonb_build_object('membership', j.id, 'note', %(note)s::text) FROM joined j"
    )
}
), told AS (
    INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
    SELECT j.worker_id, 'membership.approved', '入会通过了',
           '从今天起你是' || u.name || '的会员。卡号不变，打开「我的」就能出示。', '/me/card/',
           %(at)s
    FROM joined j JOIN orgs_union u ON u.id = j.union_id
)
SELECT j.application_id, j.id, j.worker_id, u.name
FROM joined j JOIN orgs_union u ON u.id = j.union_id ORDER BY 1
"""

DECIDE_OTHERWISE = f"""
WITH picked AS MATERIALIZED (
    SELECT a.id, a.worker_id, a.union_id, u.name AS union_name
    FROM membership_joinapplication a
    JOIN orgs_union u ON u.id = a.union_id
    JOIN people_worker w ON w.id = a.worker_id
    WHERE a.id = ANY (%(ids)s) AND a.state = 2 AND NOT {_OWN}
    ORDER BY a.id FOR UPDATE OF a
), decided AS (
    UPDATE membership_joinapplication a
    SET state = %(verdict)s, decided_at = %(at)s, decided_by = %(account)s::uuid,
        decided_by_name = %(actor_name)s, decision_note = %(note)s, expires_on = %(expires)s
    FROM picked p WHERE a.id = p.id
    RETURNING a.id
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, %(event)s, %(account)s::uuid, %(actor_name)s, 'application', id, union_id, "
        "jsonb_build_object('note', %(note)s::text) FROM picked"
    )
}
), told AS (
    INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
    SELECT worker_id, %(event)s, %(title)s, union_name || '：' || %(note)s, '/me/', %(at)s
    FROM picked
)
SELECT id, worker_id, union_name FROM picked ORDER BY id
"""

UNDO = f"""
WITH picked AS MATERIALIZED (
    SELECT a.id, a.worker_id, a.union_id, a.state
    FROM membership_joinapplication a
    WHERE a.id = ANY (%(ids)s) AND a.state = %(verdict)s AND a.decided_at = %(decided_at)s
      AND NOT EXISTS (SELECT 1 FROM membership_joinapplication o
                      WHERE o.worker_id = a.worker_id AND o.id <> a.id AND o.state IN (1, 2, 3))
    ORDER BY a.id FOR UPDATE OF a
), ended AS (
    UPDATE membership_membership m
    SET state = 3, ended_on = greatest(%(day)s, m.started_on), end_reason = %(undone)s
    FROM picked p
    WHERE p.state = 4 AND m.application_id = p.id AND m.worker_id = p.worker_id
      AND m.ended_on IS NULL AND m.state = 1 AND m.union_id = p.union_id
    RETURNING m.id, m.application_id, m.worker_id, m.union_id, m.occupation, m.channel
), moved AS (
    SELECT id, worker_id, union_id FROM picked WHERE state <> 4
    UNION ALL SELECT application_id, worker_id, union_id FROM ended
), restored AS (
    UPDATE membership_joinapplication a
    SET state = 2, decided_at = NULL, decided_by = NULL, decided_by_name = '', decision_note = '',
        expires_on = NULL
    FROM moved v WHERE a.id = v.id
), revoked AS (
    INSERT INTO membership_cardrevocation (membership_id, revoked_on, reason)
    SELECT id, %(day)s, '审批撤回' FROM ended
), flowed AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT %(day)s, e.union_id, u.adcode, e.occupation, e.channel, %(flow)s, count(*), %(at)s
    FROM ended e JOIN orgs_union u ON u.id = e.union_id
    GROUP BY e.union_id, u.adcode, e.occupation, e.channel
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, 'membership.decision_undone', %(account)s::uuid, %(actor_name)s, "
        "'application', id, union_id, jsonb_build_object('run', %(run)s::bigint) FROM moved"
    )
}
), told AS (
    INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
    SELECT worker_id, 'membership.decision_undone', '申请回到待审核',
           '工会收回了刚才的审核结果，你的申请还在，会重新审核。', '/me/', %(at)s
    FROM moved
)
SELECT id FROM moved ORDER BY id
"""
