"""Asking to join: online, and by one click. One statement, at most two round trips.

A receipt is always given; it never tells about another person. Who asks with an identity number
that is registered under another phone gets the same answer as somebody new: an application of his
own, on a record without that number, which the committee settles against the paper (see
``_apply_on_own_record``). So the join form tells nobody who is a member (safety paper,
section 2, enumeration), and somebody who changed his phone is not sent away.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import psycopg
from django.db import connection, transaction

from nuanxin.access.actions import FirstSignIn
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.identity import IdentityNumber, parse_identity
from nuanxin.kernel.names import check_name, sort_key
from nuanxin.kernel.occupations import occupation as occupation_of
from nuanxin.kernel.phone import normalise_phone
from nuanxin.kernel.text import readable
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS, ConsentGiven, take_up
from nuanxin.membership.actions.join_statement import (
    JOIN,
    JOIN_AND_SIGN_IN,
    JOIN_ON_RECORD,
    Statement,
)
from nuanxin.membership.actions.withdraw import close_open
from nuanxin.membership.queries.places import find_successor, list_unions_instead
from nuanxin.membership.rules.doubts import Doubt, DoubtFacts, find_doubts
from nuanxin.membership.rules.joining import (
    PROVINCE,
    JoinTerms,
    check_union_takes,
    is_near_retirement,
    join_terms,
    may_join,
)
from nuanxin.membership.rules.receipts import (
    Applied,
    Belonging,
    Found,
    Receipt,
    Waiting,
    Where,
    elsewhere_receipt,
    member_receipt,
    refused_receipt,
    taken_receipt,
    waiting_receipt,
)
from nuanxin.membership.rules.review import due_days
from nuanxin.membership.states import Channel, FlowKind, JoinState, MemberState, ReceiptKind
from nuanxin.people.actions.registering import identity_values, phone_values
from nuanxin.people.states import Assurance, ContactKind, LabourRelation
from nuanxin.records.actions import logged_name

LONGEST_PLACE = 120
MOST_OCCUPATIONS = 6
_TRIES = 3
_LONGEST_KEY = 120
_LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Request:
    """A request to join that has been read and found well-formed, not yet judged."""

    name: str
    identity: IdentityNumber
    phone: str
    union_code: str
    channel: Channel
    occupations: tuple[int, ...]
    work_adcode: int | None
    place_stated: str
    consents: tuple[ConsentGiven, ...]
    assurance: Assurance
    via: str
    within: tuple[str, ...] | None
    sign_in: FirstSignIn | None


def submit_application(
    *,
    name: str,
    identity: str,
    phone: str,
    union_code: str,
    channel: Channel,
    occupations: Sequence[str],
    work_adcode: int | None,
    place_stated: str,
    consents: Sequence[ConsentGiven],
    actor: Actor,
    now: datetime,
    assurance: Assurance = Assurance.PHONE_CONFIRMED,
    via: str = "online",
    within: Sequence[str] | None = None,
    sign_in: FirstSignIn | None = None,
) -> Receipt:
    """Ask to join and return what happens next.

    ``phone`` has been confirmed by a code (or vouched for by a host app, then ``assurance`` is
    ``HOST_VERIFIED``): the caller's duty. ``occupations`` are codes, the first is the main one.
    ``via`` says how consent was given ("online", "host:…"). ``within`` are the paths that the
    asker may act below: a union elsewhere is ``NotFound``. With ``sign_in`` the browser of
    somebody new is signed in by the same statement, and ``receipt.account_id`` is set; else, when
    ``receipt.worker_id`` is set, the caller may open the person's account with it
    (``access.actions.open_worker_account``).

    Autocommits one statement; inside a transaction it is a part of that. Raises ``Malformed`` for
    fields that cannot be read, membership.consent_missing without the two needed consents.
    """
    request = _read(
        name=name,
        identity=identity,
        phone=phone,
        union_code=union_code,
        channel=channel,
        occupations=occupations,
        work_adcode=work_adcode,
        place_stated=place_stated,
        consents=tuple(consents),
        assurance=assurance,
        via=via,
        within=None if within is None else tuple(within),
        sign_in=sign_in,
        today=business_day(now),
    )
    terms = join_terms(str(work_adcode or PROVINCE), business_day(now))
    decision = may_join(request.identity.birth_on, request.identity.sex, terms)
    if not decision.is_yes:
        return refused_receipt(decision)
    return _apply(request, terms, actor, now)


def _apply(request: Request, terms: JoinTerms, actor: Actor, now: datetime) -> Receipt:
    values = _values(request, terms, actor, now)
    if request.sign_in is None:
        found = _settled(JOIN, values)
    else:
        found = _settled(JOIN_AND_SIGN_IN, values | request.sign_in.values)
    if found.applied is None:
        return _answer_to_known(request, found, terms, actor, now)
    return replace(_taken(found.union, found.applied, now), account_id=found.account_id)


def _settled(statement: Statement, values: dict[str, Any]) -> Found:
    """Run the statement until its row says all: twice at most, unless others keep being quicker."""
    for _ in range(_TRIES):
        found = _found(_run(statement, values))
        if found.is_settled:
            return found
    raise Conflict("membership.join_again", "刚才有人同时在办。填的都在，再点一次就好。")


def _answer_to_known(
    request: Request, found: Found, terms: JoinTerms, actor: Actor, now: datetime
) -> Receipt:
    """Return the receipt for somebody on record, after doing what his own request amounts to."""
    if found.union is None or not found.takes_members:
        return _answer_elsewhere(request, found, terms, actor, now)
    if not found.is_own or found.worker_id is None:
        return _apply_on_own_record(request, found, terms, actor, now)
    if found.belonging is not None:
        return member_receipt(found.belonging, found.worker_id, found.union)
    waiting = found.waiting
    if waiting is not None and waiting.state is JoinState.SUBMITTED:
        return _waiting(waiting, found.worker_id, now)
    if waiting is not None and waiting.where.id == found.union.id:
        return _take_up(request, waiting, found.union, now=now, actor=actor)
    if waiting is not None:
        # The person's own will goes before an invitation, and before an old returned request.
        with transaction.atomic():
            close_open(waiting.application_id, "本人另选了工会", actor=actor, now=now)
            return _apply(request, terms, actor, now)
    return _apply(request, terms, actor, now)


def _take_up(
    request: Request, waiting: Waiting, union: Where, *, actor: Actor, now: datetime
) -> Receipt:
    """Let a request confirm the invitation, or answer the return, that it meets."""
    kinds = {
        JoinState.INVITED: ReceiptKind.CONFIRMED,
        JoinState.RETURNED: ReceiptKind.RESUBMITTED,
    }
    taken = take_up(
        application_ids=[waiting.application_id],
        moved_from=waiting.state,
        assurance=request.assurance,
        consents=request.consents,
        via=request.via,
        actor=actor,
        now=now,
    )
    if not taken:
        raise Conflict("membership.join_again", "刚才有人同时在办。填的都在，再点一次就好。")
    return taken_receipt(
        kinds[waiting.state], union, taken[0], at=now, provisional=_is_provisional(now)
    )


def _answer_elsewhere(
    request: Request, found: Found, terms: JoinTerms, actor: Actor, now: datetime
) -> Receipt:
    """Lead on from a union that takes nobody: to its successor at once, else name those near."""
    union = found.union
    if union is None and request.within is not None:
        raise NotFound()
    if union is not None and not found.is_live:
        successor = find_successor(union.id)
        if successor is not None:
            led_on = replace(request, union_code=successor.code, within=None)
            return _apply(led_on, terms, actor, now)
    decision = check_union_takes(
        is_known=union is not None,
        is_live=found.is_live,
        accepts_members=found.accepts_members,
        name=union.name if union else "",
    )
    near = union.adcode if union else request.work_adcode
    return elsewhere_receipt(decision, union, list_unions_instead(near))


def _apply_on_own_record(
    request: Request, found: Found, terms: JoinTerms, actor: Actor, now: datetime
) -> Receipt:
    """Apply for somebody whose identity number is registered under another phone.

    The application goes on a record of his own without the number (a person who signs in keeps
    hers), marked as likely the same person; the committee compares the paper and merges the two.
    Tried again, it finds the same record.
    """
    with transaction.atomic():
        record = _own_record(request, found, now)
        values = _values(request, terms, actor, now) | {
            "own_worker": record,
            "doubts": _own_doubts(request, terms) | Doubt.IDENTITY_ON_ANOTHER_RECORD,
        }
        again = _settled(JOIN_ON_RECORD, values)
    if again.applied is not None:
        return _taken(again.union, again.applied, now)
    if again.waiting is not None:
        return _waiting(again.waiting, record, now)
    if again.belonging is None or again.union is None:
        raise Conflict("membership.join_again", "刚才有人同时在办。填的都在，再点一次就好。")
    return member_receipt(again.belonging, record, again.union)


def _own_record(request: Request, found: Found, now: datetime) -> int:
    values = phone_values(request.phone) | {
        "known": found.worker_id,
        "name": request.name,
        "name_key": sort_key(request.name)[:_LONGEST_KEY],
        "birth_on": request.identity.birth_on,
        "sex": request.identity.sex,
        "assurance": int(request.assurance),
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [7_001, str(values["phone_hash"])]
        )
        cursor.execute(_OWN_RECORD, values)
        (record,) = cursor.fetchone()
    return int(record)


_OWN_RECORD = """
WITH before AS (
    SELECT w.id FROM people_duplicatecandidate d
    JOIN people_worker w ON w.id = CASE d.first_id WHEN %(known)s THEN d.second_id
                                   ELSE d.first_id END
    WHERE %(known)s IN (d.first_id, d.second_id) AND 'identity_stated' = ANY (d.signs)
      AND w.phone_hash = %(phone_hash)s AND w.merged_into_id IS NULL
    ORDER BY w.id LIMIT 1
), fresh AS (
    INSERT INTO people_worker
        (name, name_key, identity_hint, identity_kind, phone_hash, phone_sealed, phone_hint,
         birth_on, sex, assurance, created_at)
    SELECT %(name)s, %(name_key)s, '', 9, %(phone_hash)s, %(phone_sealed)s, %(phone_hint)s,
           %(birth_on)s, %(sex)s, %(assurance)s, %(at)s
    WHERE NOT EXISTS (SELECT 1 FROM before) RETURNING id
), paired AS (
    INSERT INTO people_duplicatecandidate (first_id, second_id, signs, found_at, verdict)
    SELECT least(id, %(known)s), greatest(id, %(known)s), ARRAY['identity_stated'], %(at)s, ''
    FROM fresh
)
SELECT id FROM before UNION ALL SELECT id FROM fresh
"""


def _taken(union: Where | None, applied: Applied, now: datetime) -> Receipt:
    if union is None:
        raise NotFound()
    return taken_receipt(ReceiptKind.NEW, union, applied, at=now, provisional=_is_provisional(now))


def _waiting(waiting: Waiting, worker_id: int, now: datetime) -> Receipt:
    return waiting_receipt(waiting, worker_id, provisional=_is_provisional(now))


def _is_provisional(now: datetime) -> bool:
    return due_days(business_day(now)).provisional


def _run(statement: Statement, values: dict[str, Any]) -> tuple[Any, ...]:
    """Run a statement as a prepared one on the bare connection, and return its single row."""
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors, psycopg.RawCursor(raw) as cursor:
        if raw.prepare_threshold is None:
            raw.prepare_threshold = 5  # planning it takes longer than running it
        cursor.execute(statement.sql, statement.in_order(values), prepare=True)
        row = cursor.fetchone()
    return row or ()


def _found(row: tuple[Any, ...]) -> Found:
    """Read the row of the statement; its order is that of the last SELECT in it."""
    return Found(
        union=Where(*row[0:6]) if row[0] is not None else None,
        accepts_members=bool(row[6]),
        is_live=bool(row[7]),
        applied=Applied(*row[8:11]) if row[8] is not None else None,
        worker_id=row[11] if row[11] is not None else row[9],
        is_own=bool(row[12]) or row[8] is not None,
        waiting=(
            Waiting(row[13], JoinState(row[14]), row[15], row[16], Where(*row[17:23]))
            if row[13] is not None
            else None
        ),
        belonging=(
            Belonging(row[23], MemberState(row[24]), row[25], Where(*row[26:32]))
            if row[23] is not None
            else None
        ),
        account_id=row[32],
    )


def _values(request: Request, terms: JoinTerms, actor: Actor, now: datetime) -> dict[str, Any]:
    due = due_days(terms.on)
    return {
        **identity_values(request.identity.number18, today=terms.on),
        **phone_values(request.phone),
        "union_code": request.union_code,
        "within": None if request.within is None else list(request.within),
        "due": due.day,
        "due_exceptions": due.exceptions,
        "own_worker": actor.worker_id,
        "name": request.name,
        "name_key": sort_key(request.name)[:_LONGEST_KEY],
        "assurance": int(request.assurance),
        "host_verified": int(Assurance.HOST_VERIFIED),
        "stated": int(Assurance.STATED_BY_ROSTER),
        "channel": int(request.channel),
        "occupations": list(request.occupations),
        "work_adcode": request.work_adcode,
        "place": request.place_stated,
        "relation": int(LabourRelation.UNKNOWN),
        "doubts": int(_own_doubts(request, terms)),
        "bit_name": int(Doubt.NAME_DIFFERS_FROM_RECORD),
        "bit_phone": int(Doubt.PHONE_REUSED),
        "bit_many": int(Doubt.MANY_FROM_ONE_PHONE),
        "bit_employer": int(Doubt.EMPLOYER_ELSEWHERE),
        "many": terms.many_from_one_phone_persons,
        "purposes": [int(consent.purpose) for consent in request.consents],
        "versions": [consent.version_on(terms.on) for consent in request.consents],
        "via": request.via,
        "account": actor.account_id,
        "actor_name": actor.name,
        "event_data": json.dumps({"channel": request.channel.code, "via": request.via}),
        "contact": int(ContactKind.JOINED),
        "contact_by": logged_name(actor),
        "flow_applied": int(FlowKind.APPLIED),
        "day": terms.on,
        "at": now,
    }


def _own_doubts(request: Request, terms: JoinTerms) -> Doubt:
    """Return the doubts that need no look at the register."""
    identity = request.identity
    return find_doubts(
        DoubtFacts(
            near_retirement=is_near_retirement(identity.birth_on, identity.sex, terms),
            is_assured=request.assurance >= Assurance.PHONE_CONFIRMED,
        )
    )


def _read(
    *,
    name: str,
    identity: str,
    phone: str,
    union_code: str,
    channel: Channel,
    occupations: Sequence[str],
    work_adcode: int | None,
    place_stated: str,
    consents: tuple[ConsentGiven, ...],
    assurance: Assurance,
    via: str,
    within: tuple[str, ...] | None,
    sign_in: FirstSignIn | None,
    today: date,
) -> Request:
    """Read the fields of a request; raise ``Malformed`` for the first that cannot be read."""
    keys = [occupation_of(code).key for code in dict.fromkeys(occupations)]
    if not keys:
        raise Malformed("membership.occupation_missing", "还没有选做什么活。选一个最像的就行。")
    agreed = {consent.purpose for consent in consents}
    if not agreed >= {consent.purpose for consent in NEEDED_CONSENTS}:
        raise Malformed(
            "membership.consent_missing",
            "入会要你同意两件事：用这些资料办入会，用身份证号核对本人。不同意就不能办，也不会留下资料。",
        )
    place = readable(place_stated)
    if len(place) > LONGEST_PLACE:
        raise Malformed("membership.place_too_long", f"单位或站点最多写 {LONGEST_PLACE} 个字。")
    return Request(
        name=check_name(name),
        identity=parse_identity(identity, today=today),
        phone=normalise_phone(phone),
        union_code=readable(union_code)[:_LONGEST_CODE],
        channel=channel,
        occupations=tuple(keys[:MOST_OCCUPATIONS]),
        work_adcode=work_adcode,
        place_stated=place,
        consents=consents,
        assurance=assurance,
        via=via[:16],
        within=within,
        sign_in=sign_in,
    )
