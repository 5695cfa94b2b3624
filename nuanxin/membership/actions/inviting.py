"""Telling invited people: the first message and the reminders, a few thousand a run."""

from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.parameters import parameter
from nuanxin.membership.queries.invitations import token_of
from nuanxin.membership.rules.invitations import INVITATION_PATH
from nuanxin.membership.rules.joining import PROVINCE
from nuanxin.notices.actions import send_sms_to_many
from nuanxin.records.actions import append_event

SET_LIMIT = 5_000

# ``reminders_sent`` counts the messages sent so far; the first goes out on day 0.
_DUE = """
SELECT a.id, a.worker_id, a.reminders_sent, a.expires_on, u.name, u.short_name
FROM membership_joinapplication a
JOIN orgs_union u ON u.id = a.union_id
JOIN people_worker w ON w.id = a.worker_id
WHERE a.state = 1 AND a.expires_on >= %(day)s
  AND a.reminders_sent < cardinality(%(days)s::int[])
  AND a.created_at < (%(day)s::date
        - (%(days)s::int[])[a.reminders_sent + 1] + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND w.phone_hash IS NOT NULL
ORDER BY a.id LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED
"""
_SENT = """
UPDATE membership_joinapplication SET reminders_sent = reminders_sent + 1 WHERE id = ANY (%s)
"""


@transaction.atomic
def send_invitations(*, actor: Actor, now: datetime, limit: int = SET_LIMIT) -> int:
    """Send the message, or the reminder, that is due to each invited person; returns how many.

    The days are membership.invitation_reminder_days after the invitation. Each message is counted
    in the transaction that queues it, so that nobody gets it twice.
    """
    day = business_day(now)
    reminders = parameter("membership.invitation_reminder_days", adcode=PROVINCE, on=day).value
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"day": day, "days": [0, *reminders], "limit": limit})
        rows = cursor.fetchall()
        if not rows:
            return 0
        cursor.execute(_SENT, [[row[0] for row in rows]])
    for template, sent in (("membership.invited", False), ("membership.invited_again", True)):
        texts = [(row[1], _places(row[0], *row[3:])) for row in rows if bool(row[2]) is sent]
        send_sms_to_many(texts=texts, template=template, now=now)
    append_event(
        "membership.invitations_sent",
        actor=actor,
        at=now,
        subject_type="application",
        subject_id=None,
        data={"persons": len(rows)},
    )
    return len(rows)


def _places(application_id: int, expires_on: date, name: str, short_name: str) -> dict[str, object]:
    token = token_of(application_id, expires_on)
    return {
        "union": short_name or name,
        "link": settings.PUBLIC_ADDRESS + INVITATION_PATH.format(token=token),
        "until": f"{expires_on.month} 月 {expires_on.day} 日",
    }
