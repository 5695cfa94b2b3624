"""Registering a person: one living record per identity number, however many ask at once."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.kernel import clock, names, sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import parse_identity
from nuanxin.kernel.phone import normalise_phone
from nuanxin.people import rules
from nuanxin.people.states import Assurance, IdentityKind
from nuanxin.records.actions import events_insert_sql, logged_name


@dataclass(frozen=True, slots=True)
class RegisteredWorker:
    """The record found or made. Where it was there already, the flags say what agrees with it.

    ``is_same_name`` False: the number is somebody's under another name; never let the asker act
    for that person. ``is_same_phone`` False: he is known under another phone (or under none).
    """

    worker_id: int
    is_new: bool
    is_same_name: bool
    is_same_phone: bool


_EVENT = events_insert_sql(
    """SELECT %(now)s, 'people.worker_registered', %(account)s, %(actor)s, 'worker', id, NULL,
              jsonb_build_object('assurance', %(assurance)s::int)
       FROM registered WHERE is_new"""
)
# One statement, so that whoever comes second waits on the unique index and then sees the first.
# A number that stands on a merged record leads to the record it was merged into, if the name says
# that it is the same person; a mistyped number of a merged record must not catch its true owner.
# A record without a phone takes the first one that comes with its own name and number.
_FILLS_PHONE = "w.phone_hash IS NULL AND w.name = excluded.name"
# rules.raises_assurance, as SQL: a test compares the two.
_RAISES = (
    "w.name = excluded.name AND (w.phone_hash IS NULL OR w.phone_hash = excluded.phone_hash"
    f" OR excluded.assurance >= {int(Assurance.HOST_VERIFIED)})"
)
_REGISTER = f"""
WITH folded AS (
    SELECT k.id, k.name = %(name)s AS is_same_name,
           k.phone_hash IS NOT DISTINCT FROM %(phone_hash)s::uuid AS is_same_phone
    FROM people_worker f JOIN people_worker k ON k.id = f.merged_into_id
    WHERE f.identity_hash = %(identity_hash)s AND f.merged_into_id IS NOT NULL
      AND %(name)s IN (f.name, k.name) AND k.merged_into_id IS NULL AND k.erased_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM people_worker l
                      WHERE l.identity_hash = %(identity_hash)s AND l.merged_into_id IS NULL)
    ORDER BY k.id LIMIT 1
), registered AS (
    INSERT INTO people_worker AS w
        (name, name_key, identity_hash, identity_sealed, identity_hint, identity_kind,
         phone_hash, phone_sealed, phone_hint, birth_on, sex, assurance, created_at)
    SELECT %(name)s, %(name_key)s, %(identity_hash)s::uuid, %(identity_sealed)s::bytea,
           %(identity_hint)s, %(identity_kind)s, %(phone_hash)s::uuid, %(phone_sealed)s::bytea,
           %(phone_hint)s, %(birth_on)s::date, %(sex)s, %(assurance)s, %(now)s
    WHERE NOT EXISTS (SELECT 1 FROM folded)
    ON CONFLICT (identity_hash) WHERE merged_into_id IS NULL DO UPDATE SET
        phone_hash = CASE WHEN {_FILLS_PHONE} THEN excluded.phone_hash ELSE w.phone_hash END,
        phone_sealed = CASE WHEN {_FILLS_PHONE} THEN excluded.phone_sealed
                            ELSE w.phone_sealed END,
        phone_hint = CASE WHEN {_FILLS_PHONE} THEN excluded.phone_hint ELSE w.phone_hint END,
        assurance = CASE WHEN {_RAISES} THEN greatest(w.assurance, excluded.assurance)
                         ELSE w.assurance END
    RETURNING w.id, (w.xmax = 0) AS is_new, w.name = %(name)s AS is_same_name,
              w.phone_hash IS NOT DISTINCT FROM %(phone_hash)s::uuid AS is_same_phone
), event AS ({_EVENT})
SELECT id, is_new, is_same_name, is_same_phone FROM registered
UNION ALL SELECT id, false, is_same_name, is_same_phone FROM folded
"""


@transaction.atomic
def find_or_register_worker(
    *,
    name: str,
    identity: str | None,
    phone: str | None,
    assurance: int,
    actor: Actor,
    now: datetime,
) -> RegisteredWorker:
    """Return the living record of the identity number, making it when there is none.

    Name, number and phone come as typed and are normalised here. An existing record keeps its
    name; a phone is added only where there was none and the name agrees. Without a number the
    record is found by phone and name together. The permission is the caller's: joining is open to
    whoever fills in the form.
    Raises ``Malformed`` (name.*, identity.*, phone.*, people.nothing_to_find_by).
    """
    values = worker_values(
        name=name, identity=identity, phone=phone, assurance=assurance, now=now
    ) | {"account": actor.account_id, "actor": logged_name(actor)}
    if values["identity_hash"] is None:
        known = _find_by_phone_and_name(values)
        if known is not None:
            return RegisteredWorker(known, is_new=False, is_same_name=True, is_same_phone=True)
    with connection.cursor() as db:
        db.execute(_REGISTER, values)
        row = db.fetchone()
    return RegisteredWorker(*row)


def worker_values(
    *, name: str, identity: str | None, phone: str | None, assurance: int, now: datetime
) -> dict[str, Any]:
    """Return the column values of a worker row by name: normalised, hashed, sealed, hinted.

    Raises ``Malformed`` like ``find_or_register_worker``.
    """
    stored_name = names.check_name(name)
    if not identity and not phone:
        raise Malformed(
            "people.nothing_to_find_by", "身份证号和手机号都没有，没法登记。请至少填一项。"
        )
    return {
        "name": stored_name,
        "name_key": names.sort_key(stored_name)[:120],
        "assurance": int(Assurance(assurance)),
        "now": now,
        **identity_values(identity, today=clock.business_day(now)),
        **phone_values(phone),
    }


def identity_values(identity: str | None, *, today: date) -> dict[str, Any]:
    """Return the number's columns with birth and sex; empty ones where there is no number."""
    if not identity:
        return {
            "identity_hash": None,
            "identity_sealed": None,
            "identity_hint": "",
            "identity_kind": int(IdentityKind.RESIDENT),
            "birth_on": None,
            "sex": "",
        }
    number = parse_identity(identity, today=today)
    bound: UUID = sealing.lookup_hash("identity", number.number18)
    return {
        "identity_hash": bound,
        "identity_sealed": sealing.seal("identity", number.number18, bound),
        "identity_hint": rules.identity_hint(number.number18),
        "identity_kind": int(rules.kind_of(number.kind)),
        "birth_on": number.birth_on,
        "sex": number.sex,
    }


def phone_values(phone: str | None) -> dict[str, Any]:
    """Return the phone's columns; empty ones where there is no phone."""
    if not phone:
        return {"phone_hash": None, "phone_sealed": None, "phone_hint": ""}
    number = normalise_phone(phone)
    bound = sealing.lookup_hash("phone", number)
    return {
        "phone_hash": bound,
        "phone_sealed": sealing.seal("phone", number, bound),
        "phone_hint": rules.phone_hint(number),
    }


def _find_by_phone_and_name(values: dict[str, Any]) -> int | None:
    """Return the oldest living record with this phone and name; a second asker waits meanwhile.

    No index makes phone and name unique (families share a phone), so the lock does.
    """
    with connection.cursor() as db:
        key = values["phone_hash"].int & 0x7FFF_FFFF_FFFF_FFFF
        db.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        db.execute(
            """SELECT id FROM people_worker
               WHERE phone_hash = %(phone_hash)s AND name = %(name)s
                 AND merged_into_id IS NULL AND erased_at IS NULL ORDER BY id LIMIT 1""",
            values,
        )
        row = db.fetchone()
    return int(row[0]) if row else None
