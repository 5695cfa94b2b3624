"""Who came has it: what the door recorded becomes a delivery by itself, and a correction takes it back.

Triggers note each booking, and each child's day, of which something new was recorded; a run takes the
notes, looks what stands now, and appends what is missing or takes back what is too much.
"""

from datetime import datetime

from django.db import connection, transaction

SET_LIMIT = 20_000
_LOCK = 7_203_012
AT_THE_DOOR = "签到"

# 1 present, 2 late (rules.attendance.Attended); who is excused or absent had nothing.
_WANTED = """
CREATE TEMP TABLE door_wanted ON COMMIT DROP AS
WITH taken AS (
    DELETE FROM programmes_doordue WHERE id IN (
        SELECT id FROM programmes_doordue ORDER BY id LIMIT %(limit)s)
    RETURNING booking_id, child_place_id, day)
SELECT s.offer_id, b.application_id, NULL::bigint AS child_place_id, s.id AS occasion,
       (s.starts_at AT TIME ZONE 'Asia/Shanghai')::date AS day, a.worker_id, a.is_directed,
       coalesce(sum(t.times) FILTER (WHERE t.kind IN (1, 2)), 0) > 0 AS came
FROM (SELECT DISTINCT booking_id FROM taken WHERE booking_id IS NOT NULL) n
JOIN programmes_booking b ON b.id = n.booking_id
JOIN programmes_session s ON s.id = b.session_id
JOIN programmes_application a ON a.id = b.application_id
LEFT JOIN programmes_attendance t ON t.booking_id = b.id
GROUP BY s.id, b.id, a.id
UNION ALL
SELECT m.offer_id, NULL, p.id, 0, n.day, p.worker_id, false,
       EXISTS (SELECT 1 FROM programmes_camppresence here
               WHERE here.place_id = p.id AND here.day = n.day AND here.kind = 1
                 AND NOT EXISTS (SELECT 1 FROM programmes_camppresence b
                                 WHERE b.takes_back_id = here.id))
FROM (SELECT DISTINCT child_place_id, day FROM taken WHERE child_place_id IS NOT NULL) n
JOIN programmes_campplace p ON p.id = n.child_place_id
JOIN programmes_campclass c ON c.id = p.camp_class_id
JOIN programmes_camp m ON m.id = c.camp_id
"""
_STANDING = """
SELECT coalesce(sum(d.step), 0) AS standing,
       count(*) FILTER (WHERE d.step = -1)::smallint AS turns
FROM programmes_delivery d
WHERE d.offer_id = w.offer_id AND d.worker_id = w.worker_id AND d.occasion = w.occasion
  AND d.application_id IS NOT DISTINCT FROM w.application_id
  AND d.child_place_id IS NOT DISTINCT FROM w.child_place_id
  AND (w.child_place_id IS NULL OR d.day = w.day)
"""
_ADD = f"""
INSERT INTO programmes_delivery
    (programme_id, offer_id, application_id, child_place_id, occasion, turn, worker_id, union_id,
     region, occupation, is_directed, day, step, reason, recorded_at, recorded_by_name)
SELECT o.programme_id, o.id, w.application_id, w.child_place_id, w.occasion, before.turns, w.worker_id,
       coalesce(m.union_id, o.union_id), coalesce(u.adcode, host.adcode), m.occupation,
       w.is_directed, w.day, 1, '', %(now)s, '{AT_THE_DOOR}'
FROM door_wanted w
JOIN programmes_offer o ON o.id = w.offer_id
JOIN orgs_union host ON host.id = o.union_id
CROSS JOIN LATERAL ({_STANDING}) before
LEFT JOIN LATERAL (
    SELECT b.union_id, b.occupation FROM membership_membership b
    WHERE b.worker_id = w.worker_id AND b.started_on <= w.day
      AND (b.ended_on IS NULL OR b.ended_on > w.day)
    ORDER BY b.id DESC LIMIT 1) m ON true
LEFT JOIN orgs_union u ON u.id = m.union_id
WHERE w.came AND before.standing = 0
"""
_TAKE_BACK = """
INSERT INTO programmes_delivery
    (programme_id, offer_id, application_id, child_place_id, occasion, turn, worker_id, union_id,
     region, occupation, is_directed, day, step, corrects_id, reason, recorded_at, recorded_by_name)
SELECT d.programme_id, d.offer_id, d.application_id, d.child_place_id, d.occasion, d.turn, d.worker_id,
       d.union_id, d.region, d.occupation, d.is_directed, d.day, -1, d.id, '到场记录更正了',
       %(now)s, %(door)s
FROM door_wanted w
JOIN programmes_delivery d ON d.offer_id = w.offer_id AND d.worker_id = w.worker_id
    AND d.occasion = w.occasion AND d.step = 1
    AND d.application_id IS NOT DISTINCT FROM w.application_id
    AND d.child_place_id IS NOT DISTINCT FROM w.child_place_id
    AND (w.child_place_id IS NULL OR d.day = w.day)
WHERE NOT w.came
ON CONFLICT (corrects_id) DO NOTHING
"""
_DROP = "DROP TABLE IF EXISTS pg_temp.door_wanted"


@transaction.atomic
def deliver_attended(*, now: datetime, limit: int = SET_LIMIT) -> int:
    """Append what the door recorded since the last run; return how many notes were taken up.

    One run at a time; a run that dies leaves its notes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_DROP)
        cursor.execute(_WANTED, {"limit": limit})
        taken = int(cursor.rowcount)
        if taken:
            cursor.execute(_ADD, {"now": now})
            cursor.execute(_TAKE_BACK, {"now": now, "door": AT_THE_DOOR})
        cursor.execute(_DROP)
    return taken
