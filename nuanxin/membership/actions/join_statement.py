"""The one statement by which a person joins: checks, rows, audit and consent in one round trip.

It writes the tables of several packages directly (people_worker, people_engagement,
people_consent, people_contact, records_event, notices_notice), because a round trip for each is what a collective
event cannot pay. Every write hangs on ``applied``: when no application comes into being, nothing
else does but the touch of the person's own record.

Two writers with one identity meet at the unique indexes; the later one finds nothing applied and
nothing known (its snapshot is older), and asks once more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nuanxin.access.actions import first_sign_in_sql

_JOIN = """
WITH target AS MATERIALIZED (
    SELECT u.id, u.code, u.name, u.adcode, u.contact_name, u.contact_phone, u.accepts_members,
           u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved') AS is_live,
           coalesce((%(due_exceptions)s::jsonb ->> u.adcode::text)::date,
                    (%(due_exceptions)s::jsonb ->> (u.adcode / 100 * 100)::text)::date,
                    %(due)s::date) AS due_on
    FROM orgs_union u
    WHERE u.code = %(union_code)s::text
      AND (%(within)s::text[] IS NULL
           OR EXISTS (SELECT 1 FROM unnest(%(within)s::text[]) AS scope
                      WHERE starts_with(u.path, scope)))
), known AS MATERIALIZED (
    SELECT w.id, w.name,
           w.id = %(own_worker)s::bigint
             OR w.phone_hash = %(phone_hash)s::uuid
             OR %(assurance)s::smallint >= %(host_verified)s::smallint
             OR (w.phone_hash IS NULL AND w.assurance = %(stated)s::smallint AND w.name = %(name)s::text)
             AS is_own
    FROM people_worker w
    WHERE w.{known} AND w.merged_into_id IS NULL
), waiting AS MATERIALIZED (
    SELECT a.id, a.state, a.due_on, a.created_at, a.union_id
    FROM membership_joinapplication a JOIN known k ON a.worker_id = k.id
    WHERE a.state IN (1, 2, 3)
), belonging AS MATERIALIZED (
    SELECT m.id, m.state, m.started_on, m.joined_on, m.union_id
    FROM membership_membership m JOIN known k ON m.worker_id = k.id
    WHERE m.ended_on IS NULL
), fresh AS (
    INSERT INTO people_worker
        (name, name_key, identity_hash, identity_sealed, identity_hint, identity_kind,
         phone_hash, phone_sealed, phone_hint, birth_on, sex, assurance, created_at)
    SELECT %(name)s::text, %(name_key)s::text, %(identity_hash)s::uuid, %(identity_sealed)s::bytea, %(identity_hint)s::text,
           %(identity_kind)s::smallint, %(phone_hash)s::uuid, %(phone_sealed)s::bytea, %(phone_hint)s::text, %(birth_on)s::date,
           %(sex)s::text, %(assurance)s::smallint, %(at)s::timestamptz
    FROM target t
    WHERE t.is_live AND t.accepts_members AND NOT EXISTS (SELECT 1 FROM known)
    ON CONFLICT (identity_hash) WHERE merged_into_id IS NULL DO NOTHING
    RETURNING id
), person AS (
    SELECT id, false AS name_differs FROM fresh
    UNION ALL
    SELECT k.id, k.name <> %(name)s::text FROM known k WHERE k.is_own
), sharers AS (
    SELECT count(*) AS persons FROM (
        SELECT 1 FROM people_worker w
        WHERE w.phone_hash = %(phone_hash)s::uuid AND w.merged_into_id IS NULL
          AND w.identity_hash IS DISTINCT FROM %(identity_hash)s::uuid
          AND NOT EXISTS (SELECT 1 FROM known k WHERE k.id = w.id)
        LIMIT %(many)s::int) AS few
), applied AS (
    INSERT INTO membership_joinapplication
        (worker_id, union_id, channel, state, occupation, work_adcode, place_stated, doubts,
         created_at, confirmed_at, confirmed_via, due_on, reminders_sent, decided_by_name,
         decision_note)
    SELECT p.id, t.id, %(channel)s::smallint, 2, (%(occupations)s::smallint[])[1],
           coalesce(%(work_adcode)s::int, t.adcode), %(place)s::text,
           %(doubts)s::int
             | CASE WHEN p.name_differs THEN %(bit_name)s::int ELSE 0 END
             | CASE WHEN s.persons > 0 THEN %(bit_phone)s::int ELSE 0 END
             | CASE WHEN s.persons >= %(many)s::int THEN %(bit_many)s::int ELSE 0 END
             | CASE WHEN %(place)s::text <> '' AND EXISTS (
                 SELECT 1 FROM orgs_employer e
                 JOIN orgs_coverage c ON c.employer_id = e.id
                 WHERE e.name = %(place)s::text AND c.superseded_at IS NULL AND c.valid_to IS NULL
                 HAVING bool_and(c.union_id <> t.id))
               THEN %(bit_employer)s::int ELSE 0 END,
           %(at)s::timestamptz, %(at)s::timestamptz, %(via)s::text, t.due_on, 0, '', ''
    FROM person p CROSS JOIN target t CROSS JOIN sharers s
    WHERE t.is_live AND t.accepts_members
      AND NOT EXISTS (SELECT 1 FROM waiting) AND NOT EXISTS (SELECT 1 FROM belonging)
    ON CONFLICT (worker_id) WHERE state IN (1, 2, 3) DO NOTHING
    RETURNING id, worker_id, union_id, due_on, work_adcode
), touched AS (
    UPDATE people_worker w
    SET phone_hash = coalesce(w.phone_hash, %(phone_hash)s::uuid),
        phone_sealed = CASE WHEN w.phone_hash IS NULL THEN %(phone_sealed)s::bytea ELSE w.phone_sealed END,
        phone_hint = CASE WHEN w.phone_hash IS NULL THEN %(phone_hint)s::text ELSE w.phone_hint END,
        assurance = greatest(w.assurance, %(assurance)s::smallint)
    FROM known k
    WHERE w.id = k.id AND k.is_own
      AND (w.phone_hash IS NULL OR w.assurance < %(assurance)s::smallint)
), working AS (
    INSERT INTO people_engagement
        (worker_id, occupation, place_stated, relation, work_adcode, recorded_at, source)
    SELECT a.worker_id, o, %(place)s::text, %(relation)s::smallint, a.work_adcode, %(at)s::timestamptz, 'application'
    FROM applied a CROSS JOIN unnest(%(occupations)s::smallint[]) AS o
    WHERE NOT EXISTS (SELECT 1 FROM people_engagement e WHERE e.worker_id = a.worker_id
                      AND e.occupation = o AND e.ended_on IS NULL)
), consented AS (
    INSERT INTO people_consent (worker_id, purpose, notice_version, granted_at, granted_via)
    SELECT a.worker_id, c.purpose, c.version, %(at)s::timestamptz, %(via)s::text
    FROM applied a
    CROSS JOIN unnest(%(purposes)s::smallint[], %(versions)s::text[]) AS c (purpose, version)
    ON CONFLICT (worker_id, purpose) WHERE withdrawn_at IS NULL DO NOTHING
), reached AS (
    INSERT INTO people_contact
        (worker_id, day, kind, times, reference, note, recorded_at, recorded_by, recorded_by_name)
    SELECT a.worker_id, %(day)s::date, %(contact)s::smallint, 1, '', '', %(at)s::timestamptz,
           %(account)s::uuid, left(%(contact_by)s::text, 60)
    FROM applied a
    ON CONFLICT (worker_id, day, kind, reference) DO NOTHING
), recorded AS (
    INSERT INTO records_event
        (at, kind, actor_account, actor_name, subject_type, subject_id, union_id, data)
    SELECT %(at)s::timestamptz, 'membership.applied', %(account)s::uuid, %(actor_name)s::text, 'application', a.id,
           a.union_id, %(event_data)s::jsonb
    FROM applied a
), flowed AS (
    INSERT INTO membership_memberflow
        (day, union_id, county, occupation, channel, kind, persons, recorded_at)
    SELECT %(day)s::date, t.id, t.adcode, (%(occupations)s::smallint[])[1], %(channel)s::smallint,
           %(flow_applied)s::smallint, 1, %(at)s::timestamptz
    FROM applied a CROSS JOIN target t
), told AS (
    INSERT INTO notices_notice (worker_id, kind, title, body, url, created_at)
    SELECT a.worker_id, 'membership.applied', '入会申请收到了',
           t.name || '最迟 ' || extract(month FROM a.due_on) || ' 月 ' || extract(day FROM a.due_on)
             || ' 日前审核，临时卡现在就能用。', '/me/', %(at)s::timestamptz
    FROM applied a CROSS JOIN target t
){also}
SELECT t.id, t.code, t.name, t.adcode, t.contact_name, t.contact_phone,
       t.accepts_members, t.is_live,
       a.id, a.worker_id, a.due_on,
       k.id, k.is_own,
       wa.id, wa.state, wa.due_on, wa.created_at,
       wu.id, wu.code, wu.name, wu.adcode, wu.contact_name, wu.contact_phone,
       b.id, b.state, b.joined_on,
       bu.id, bu.code, bu.name, bu.adcode, bu.contact_name, bu.contact_phone,
       {account}
FROM (SELECT 1) AS always
LEFT JOIN target t ON true
LEFT JOIN applied a ON true
LEFT JOIN known k ON true
LEFT JOIN waiting wa ON true
LEFT JOIN orgs_union wu ON wu.id = wa.union_id
LEFT JOIN belonging b ON true
LEFT JOIN orgs_union bu ON bu.id = b.union_id
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with numbered places, and the names of the values in their order.

    Finding named places in seven thousand characters takes as long as sealing a number, and the
    driver remembers only short statements: so it is done once, here.
    """

    sql: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Statement":
        """Return the statement for a text with places like ``%(name)s``."""
        names = tuple(dict.fromkeys(_PLACE.findall(text)))
        numbers = {name: number for number, name in enumerate(names, start=1)}
        return cls(_PLACE.sub(lambda place: f"${numbers[place[1]]}", text), names)

    def in_order(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of the places."""
        return [values[name] for name in self.names]


_PLACE = re.compile(r"%\((\w+)\)s")

_BY_NUMBER = "identity_hash = %(identity_hash)s::uuid"
_NO_ACCOUNT = "NULL::uuid"

JOIN = Statement.of(_JOIN.format(known=_BY_NUMBER, also="", account=_NO_ACCOUNT))
"""By the identity number: the usual way."""

JOIN_AND_SIGN_IN = Statement.of(
    _JOIN.format(
        known=_BY_NUMBER,
        also=", " + first_sign_in_sql("applied"),
        account="(SELECT account_id FROM signed_in)",
    )
)
"""The same for a browser: who is taken is signed in by it, where this is his first sign-in."""

JOIN_ON_RECORD = Statement.of(
    _JOIN.format(known="id = %(own_worker)s::bigint", also="", account=_NO_ACCOUNT)
)
"""On a given record, whatever number it has or has not."""
