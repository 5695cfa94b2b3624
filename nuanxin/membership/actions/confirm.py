"""A person confirms an invitation: by the link in the message, on site, or by asking to join.

``take_up`` is the one way in which an invited (or returned) application comes before the
committee; it handles one and five thousand alike, in one statement.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict
from nuanxin.membership.models import JoinApplication
from nuanxin.membership.queries.invitations import invitation_of_token
from nuanxin.membership.rules.doubts import Doubt
from nuanxin.membership.rules.invitations import may_confirm
from nuanxin.membership.rules.joining import PROVINCE, join_terms, near_retirement_births
from nuanxin.membership.rules.receipts import Applied, Receipt, taken_receipt, waiting_receipt
from nuanxin.membership.rules.review import due_days
from nuanxin.membership.states import FlowKind, JoinState, ReceiptKind
from nuanxin.people.queries.consents import current_notice
from nuanxin.people.states import Assurance, ConsentPurpose, ContactKind, LabourRelation
from nuanxin.records.actions import append_event, events_insert_sql, logged_name


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """One purpose that the person agreed to, under one version of the notice ("": today's)."""

    purpose: ConsentPurpose
    notice_version: str = ""

    def version_on(self, day: date) -> str:
        """Return the version agreed to; raise ``NotFound`` when there was no notice on ``day``."""
        return self.notice_version or _notice_version(self.purpose, day)


@lru_cache(maxsize=64)
def _notice_version(purpose: ConsentPurpose, day: date) -> str:
    return current_notice(purpose, on=day).version


NEEDED_CONSENTS = (
    ConsentGiven(ConsentPurpose.JOINING),
    ConsentGiven(ConsentPurpose.IDENTITY_NUMBER),
)

# Engagements, consents and notices are tables of other packages, written here because a roster of
# thousands is confirmed on site in one moment.
_TAKE_UP = f"""
WITH picked AS MATERIALIZED (
    SELECT a.id, a.worker_id, a.union_id, a.occupation, a.channel, a.place_stated, a.work_adcode,
           a.outlet_id, u.adcode, u.name AS union_name,
           coalesce((%(due_exceptions)s::jsonb ->> u.adcode::text)::date,
                    (%(due_exceptions)s::jsonb ->> (u.adcode / 100 * 100)::text)::date,
                    %(due)s::date) AS due_on
    FROM membership_joinapplication a JOIN orgs_union u ON u.id = a.union_id
    WHERE a.id = ANY (%(ids)s) AND a.state = %(moved_from)s
      AND u.accepts_members AND u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved')
    ORDER BY a.id FOR UPDATE OF a
), taken AS (
    UPDATE membership_joinapplication a
    SET state = 2, confirmed_at = %(at)s, confirmed_via = %(via)s, due_on = p.due_on,
        expires_on = NULL, decided_at = NULL, decided_by = NULL, decided_by_name = '',
        doubts = a.doubts & ~%(found_anew)s::int
          | CASE WHEN w.birth_on <= CASE w.sex WHEN 'F' THEN %(near_female)s::date
                                    ELSE %(near_male)s::date END
            THEN %(bit_age)s::int ELSE 0 END
          | CASE WHEN w.phone_hash IS NOT NULL AND EXISTS (
                SELECT 1 FROM people_worker o WHERE o.phone_hash = w.phone_hash AND o.id <> w.id
                AND o.merged_into_id IS NULL) THEN %(bit_phone)s::int ELSE 0 END
          | CASE WHEN greatest(w.assurance, %(assurance)s::smallint) < %(assured)s::int
            THEN %(bit_low)s::int ELSE 0 END
    FROM picked p JOIN people_worker w ON w.id = p.worker_id
    WHERE a.id = p.id
), assured AS (
    UPDATE people_worker w SET assurance = %(assurance)s
    FROM picked p WHERE w.id = p.worker_id AND w.assurance < %(assurance)s
), working AS (
    INSERT INTO people_engagement
        (worker_id, occupation, outlet_id, place_stated, relation, work_adcode, recorded_at, source)
    SELECT p.worker_id, p.occupation, p.outlet_id, p.place_stated, %(relation)s, p.work_adcode,
           %(at)s, 'application'
    FROM picked p
    WHERE NOT EXISTS (SELECT 1 FROM people_engagement e WHERE e.worker_id = p.worker_id
                      AND e.occupation = p.occupation AND e.ended_on IS NULL)
), consented AS (
    INSERT INTO people_consent (worker_id, purpose, notice_version, granted_at, granted_via)
    SELECT p.worker_id, c.purpose, c.version, %(at)s, %(via)s
    FROM picked p
    CROSS JOIN unnest(%(purposes)s::smallint[], %(versions)s::text[]) AS c (purpose, version)
    ON CONFLICT (worker_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING
), reached AS (
    INSERT INTO people_contact
        (worker_id, day, kind, times, reference, note, recorded_at, recorded_by, recorded_by_name)
    SELECT worker_id, %(day)s, %(contact)s, 1, '', '', %(at)s, %(account)s, left(%(contact_by)s, 60)
    FROM picked
    ON CONFLICT (worker_id, day, kind, reference) DO NOTHING
), flowed AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT %(day)s, union_id, adcode, occupation, channel, %(applied)s, count(*), %(at)s
    FROM picked WHERE %(moved_from)s = %(invited)s
    GROUP BY union_id, adcode, occupation, channel
), recorded AS (
    {
    events_insert_sql(
        "SELECT %(at)s, %(event)s, %(account)s::uuid, %(actor_name)s, 'application', p.id, "
        "p.union_id, %(event_data)s::jsonb FROM picked p"
    )
}
), told AS (
    INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
    SELECT worker_id, 'membership.applied', '入会确认好了',
           union_name || '最迟 ' || extract(month FROM due_on) || ' 月 '
             || extract(day FROM due_on) || ' 日前审核，临时卡现在就能用。', '/me/', %(at)s
    FROM picked
)
SELECT id, worker_id, due_on FROM picked ORDER BY id
"""


def take_up(
    *,
    application_ids: Sequence[int],
    moved_from: JoinState,
    assurance: Assurance,
    consents: Sequence[ConsentGiven],
    via: str,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> list[Applied]:
    """Bring applications in the state ``moved_from`` before the committee; return those taken.

    Records consent, the job and the event of each; finds doubts anew (near retirement, phone in
    use, low assurance). Those in another state, or of a union that takes nobody, are left alone.
    For actions of this package: whoever calls has checked that the person confirmed.
    """
    day = business_day(now)
    due, terms = due_days(day), join_terms(PROVINCE, day)
    near = near_retirement_births(terms)
    values: dict[str, Any] = {
        "ids": list(application_ids),
        "moved_from": int(moved_from),
        "invited": int(JoinState.INVITED),
        "due": due.day,
        "due_exceptions": due.exceptions,
        "near_male": near.male,
        "near_female": near.female,
        "bit_age": int(Doubt.AGE_NEAR_RETIREMENT),
        "bit_phone": int(Doubt.PHONE_REUSED),
        "bit_low": int(Doubt.ASSURANCE_LOW),
        "found_anew": int(Doubt.AGE_NEAR_RETIREMENT | Doubt.PHONE_REUSED | Doubt.ASSURANCE_LOW),
        "assurance": int(assurance),
        "assured": int(Assurance.PHONE_CONFIRMED),
        "relation": int(LabourRelation.UNKNOWN),
        "purposes": [int(consent.purpose) for consent in consents],
        "versions": [consent.version_on(day) for consent in consents],
        "via": via[:16],
        "contact": int(ContactKind.JOINED),
        "contact_by": logged_name(actor),
        "applied": int(FlowKind.APPLIED),
        "event": (
            "membership.invitation_confirmed"
            if moved_from is JoinState.INVITED
            else "membership.application_resubmitted"
        ),
        "event_data": json.dumps({"via": via, "note": note} if note else {"via": via}),
        "account": actor.account_id,
        "actor_name": actor.name,
        "day": day,
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_UP, values)
        return [Applied(*row) for row in cursor.fetchall()]


@transaction.atomic
def confirm_invitation(
    *,
    token: str,
    consents: Sequence[ConsentGiven] = NEEDED_CONSENTS,
    actor: Actor,
    now: datetime,
) -> Receipt:
    """Confirm one's invitation by the link that came to one's phone: one tap.

    Confirming again gives the receipt again. Raises ``Malformed`` for a link that is not whole or
    has expired, ``Conflict`` invitation_over when it was declined, withdrawn or has run out.
    """
    invitation = invitation_of_token(token, business_day(now))
    provisional = due_days(business_day(now)).provisional
    decision = may_confirm(invitation.waiting.state)
    if decision.code == "already_confirmed":
        return waiting_receipt(invitation.waiting, invitation.worker_id, provisional=provisional)
    decision.insist(Conflict)
    taken = take_up(
        application_ids=[invitation.waiting.application_id],
        moved_from=JoinState.INVITED,
        assurance=Assurance.PHONE_CONFIRMED,
        consents=consents,
        via="link",
        actor=actor,
        now=now,
    )
    if not taken:
        raise Conflict("membership.invitation_over", "这个邀请刚刚结束了。想入会随时可以自己申请。")
    return taken_receipt(
        ReceiptKind.CONFIRMED, invitation.waiting.where, taken[0], at=now, provisional=provisional
    )


@transaction.atomic
def decline_invitation(*, token: str, reason: str = "", actor: Actor, now: datetime) -> None:
    """Say no to one's invitation by the link; nothing more is sent. Raises like confirming."""
    invitation = invitation_of_token(token, business_day(now))
    application = JoinApplication.objects.select_for_update().get(
        id=invitation.waiting.application_id
    )
    if JoinState(application.state) is JoinState.DECLINED:
        return
    may_confirm(JoinState(application.state)).insist(Conflict)
    application.state = JoinState.DECLINED
    application.decided_at = now
    application.decision_note = f"本人不同意：{reason}"[:200] if reason else "本人不同意"
    application.expires_on = None
    application.save()
    append_event(
        "membership.invitation_declined",
        actor=actor,
        at=now,
        subject_type="application",
        subject_id=application.id,
        union_id=application.union_id,
        data={"reason": reason[:100]},
    )
