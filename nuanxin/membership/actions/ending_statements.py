"""The statement by which memberships end, alone or so that the person belongs elsewhere at once.

One statement for one person and for a merger of ten thousand: rows locked in the order of their
ids, the old period closed, the new one opened on the same day, flows on both sides, cards of those
who left revoked, open transfer proposals of these memberships settled, events written.
As in ``review_statements`` no step joins two steps.
"""

from nuanxin.records.actions import events_insert_sql

END = f"""
WITH picked AS MATERIALIZED (
    SELECT m.id, m.worker_id, m.union_id, m.state, m.channel, m.occupation, m.work_adcode,
           m.outlet_id, m.joined_on, m.started_on, m.retained_on, m.application_id
    FROM membership_membership m
    WHERE m.id = ANY (%(ids)s) AND m.ended_on IS NULL
    ORDER BY m.id FOR UPDATE
), ended AS (
    UPDATE membership_membership m
    SET state = 3, ended_on = greatest(%(day)s, m.started_on), end_reason = %(reason)s
    FROM picked p WHERE m.id = p.id
    RETURNING m.id, p.worker_id, p.union_id, p.state, p.channel, p.occupation, p.joined_on
), flowed AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT %(day)s, e.union_id, u.adcode, e.occupation, e.channel, %(flow)s, count(*), %(at)s
    FROM ended e JOIN orgs_union u ON u.id = e.union_id
    WHERE e.state = 1
    GROUP BY e.union_id, u.adcode, e.occupation, e.channel
), revoked AS (
    INSERT INTO membership_cardrevocation (membership_id, revoked_on, reason)
    SELECT id, %(day)s, %(reason_label)s FROM ended WHERE %(card_stops)s
), settled AS (
    UPDATE membership_transfer t SET state = 4, decided_at = %(at)s
    FROM ended e
    WHERE t.from_membership_id = e.id AND t.state = 1 AND t.id <> %(transfer)s
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, %(event)s, %(account)s::uuid, %(actor_name)s, 'membership', id, "
        "union_id, %(event_data)s::jsonb FROM ended"
    )
}
)
SELECT id, worker_id, union_id, state, joined_on FROM ended ORDER BY id
"""

OPEN = f"""
WITH was AS (
    SELECT id, worker_id, channel, occupation, work_adcode, outlet_id, joined_on, retained_on,
           application_id,
           coalesce(%(state)s::smallint, (%(states)s::jsonb ->> id::text)::smallint) AS state
    FROM membership_membership WHERE id = ANY (%(ids)s) AND ended_on IS NOT NULL
), target AS (
    SELECT id, adcode FROM orgs_union WHERE id = %(union)s
), opened AS (
    INSERT INTO membership_membership
        (worker_id, union_id, state, channel, occupation, work_adcode, outlet_id, started_on,
         joined_on, retained_on, application_id, previous_id, recorded_at)
    SELECT w.worker_id, t.id, w.state, w.channel, w.occupation, w.work_adcode, w.outlet_id,
           %(day)s, w.joined_on,
           CASE WHEN w.state = 2 THEN coalesce(w.retained_on, %(day)s) END,
           w.application_id, w.id, %(at)s
    FROM was w CROSS JOIN target t
    RETURNING id, worker_id, union_id, state, occupation, channel, previous_id
), flowed AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT %(day)s, o.union_id, t.adcode, o.occupation, o.channel,
           CASE WHEN %(states)s::jsonb ->> o.previous_id::text = '1'
                THEN %(flow)s ELSE %(restored)s END,
           count(*), %(at)s
    FROM opened o CROSS JOIN target t
    WHERE o.state = 1
    GROUP BY o.union_id, t.adcode, o.occupation, o.channel, 6
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, %(event)s, %(account)s::uuid, %(actor_name)s, 'membership', id, union_id, "
        "jsonb_build_object('previous', previous_id) FROM opened"
    )
}
), told AS (
    INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
    SELECT worker_id, %(event)s, %(title)s, %(body)s, '/me/', %(at)s FROM opened
)
SELECT id, worker_id, previous_id FROM opened ORDER BY id
"""
"""``states`` are the states before the end by id, as JSON; ``state`` overrides them."""
