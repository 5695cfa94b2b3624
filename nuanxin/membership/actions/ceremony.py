"""集体入会仪式: people confirm on site, with the code of the day or on the officer's list."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction
from django.db.utils import IntegrityError

from nuanxin.access import actions as access_actions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.names import check_name
from nuanxin.kernel.text import compact, readable
from nuanxin.membership import permissions
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS, ConsentGiven, take_up
from nuanxin.membership.models import Ceremony
from nuanxin.membership.queries.ceremonies import CeremonyRow, ceremony_of_code
from nuanxin.membership.rules.receipts import Receipt, Where, taken_receipt
from nuanxin.membership.rules.review import MOST_AT_ONCE, due_days
from nuanxin.membership.states import JoinState, ReceiptKind
from nuanxin.orgs.queries.unions import get_union
from nuanxin.people.states import Assurance
from nuanxin.records.actions import append_event

CODE_DIGITS = 6
_TRIES = 8


@transaction.atomic
def create_ceremony(
    *, union_id: int, title: str, place: str, held_on: date, actor: Actor, now: datetime
) -> CeremonyRow:
    """Announce a ceremony and return it with its code, which works on that day only.

    Raises ``Malformed`` for a day that is over or without a title.
    """
    union = get_union(union_id)
    permissions.check_can_invite(actor, path=union.path)
    name = readable(title)[:80]
    if not name:
        raise Malformed(
            "membership.ceremony_title", "请给仪式起个名字，比如「大关街道骑手入会日」。"
        )
    if held_on < business_day(now):
        raise Malformed("membership.ceremony_over", "这一天已经过了。请选今天或以后的日子。")
    for _ in range(_TRIES):
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
        try:
            with transaction.atomic():
                ceremony = Ceremony.objects.create(
                    union_id=union_id,
                    code=code,
                    title=name,
                    place=readable(place)[:120],
                    held_on=held_on,
                    created_by=actor.account_id,
                    created_at=now,
                )
        except IntegrityError:
            continue  # another ceremony of that day has this code
        _record("membership.ceremony_created", ceremony.id, union_id, actor, now)
        where = Where(
            union_id, union.code, union.name, union.adcode, union.contact_name, union.contact_phone
        )
        return CeremonyRow(ceremony.id, where, code, name, ceremony.place, held_on)
    raise Conflict("membership.ceremony_codes", "这一天的口令用得差不多了，请再点一次。")


@transaction.atomic
def close_ceremony(*, ceremony_id: int, actor: Actor, now: datetime) -> None:
    """End a ceremony before its day is over: its code stops working."""
    ceremony = _locked(ceremony_id)
    permissions.check_can_invite(actor, path=get_union(ceremony.union_id).path)
    if ceremony.closed_at is None:
        ceremony.closed_at = now
        ceremony.save(update_fields=["closed_at"])
        _record("membership.ceremony_closed", ceremony.id, ceremony.union_id, actor, now)


def try_on_site(*, code: str, name: str, phone_tail: str, actor: Actor, now: datetime) -> Receipt:
    """Confirm on site as ``confirm_on_site`` does, for a page that anybody opens.

    A try that matches nobody is counted, and stays counted; raises ``TooMany`` after a few.
    """
    place = compact(code)
    access_actions.check_on_site_tries(place=place, name=name, now=now)
    try:
        return confirm_on_site(code=code, name=name, phone_tail=phone_tail, actor=actor, now=now)
    except NotFound:
        access_actions.note_on_site_miss(place=place, name=name, now=now)
        raise


@transaction.atomic
def confirm_on_site(
    *,
    code: str,
    name: str,
    phone_tail: str,
    consents: Sequence[ConsentGiven] = NEEDED_CONSENTS,
    actor: Actor,
    now: datetime,
) -> Receipt:
    """Confirm one's invitation on site: the code on the wall, one's name, the phone's last four.

    The caller limits tries. What does not match exactly one invitation of the ceremony's union is
    refused with one and the same sentence, so that nobody learns who is on the list.
    """
    ceremony = ceremony_of_code(compact(code), business_day(now))
    tail = compact(phone_tail)
    if len(tail) != 4 or not (tail.isascii() and tail.isdigit()):
        raise Malformed("membership.phone_tail", "请填手机号的最后四位数字。")
    with connection.cursor() as cursor:
        cursor.execute(
            _INVITED_HERE,
            {
                "union": ceremony.where.id,
                "ceremony": ceremony.id,
                "name": check_name(name),
                "tail": tail,
            },
        )
        found = [int(row[0]) for row in cursor.fetchall()]
    taken = (
        take_up(
            application_ids=found,
            moved_from=JoinState.INVITED,
            assurance=Assurance.PHONE_CONFIRMED,
            consents=consents,
            via="ceremony",
            actor=actor,
            now=now,
        )
        if len(found) == 1
        else []
    )
    if not taken:
        raise NotFound(
            "membership.not_on_list",
            "名单上没有对上。看看名字和手机尾号；还不行就请现场的工会干部帮你办。",
        )
    return taken_receipt(
        ReceiptKind.CONFIRMED,
        ceremony.where,
        taken[0],
        at=now,
        provisional=due_days(business_day(now)).provisional,
    )


# Batches that were handed in for this ceremony, or those of its union that name no ceremony.
_INVITED_HERE = """
SELECT a.id FROM membership_joinapplication a
JOIN people_worker w ON w.id = a.worker_id
LEFT JOIN membership_rosterbatch b ON b.id = a.batch_id
WHERE a.union_id = %(union)s AND a.state = 1
  AND (b.ceremony_id IS NULL OR b.ceremony_id = %(ceremony)s)
  AND w.name = %(name)s AND right(w.phone_hint, 4) = %(tail)s
ORDER BY a.id LIMIT 2
"""


@transaction.atomic
def confirm_list_on_site(
    *,
    ceremony_id: int,
    application_ids: Sequence[int],
    note: str,
    consents: Sequence[ConsentGiven] = NEEDED_CONSENTS,
    actor: Actor,
    now: datetime,
) -> int:
    """Enter who signed on paper at the ceremony, after the officer saw each one's identity card.

    ``note`` says where the signatures are kept. One statement for up to 5,000. Returns how many
    were confirmed; those no longer invited are left alone. Raises ``NotFound`` when one of the
    ids is not of the ceremony's union, ``Conflict`` before the day of the ceremony.
    """
    ceremony = _locked(ceremony_id)
    permissions.check_can_invite(actor, path=get_union(ceremony.union_id).path)
    if ceremony.held_on > business_day(now):
        raise Conflict(
            "membership.ceremony_not_yet",
            f"仪式在 {ceremony.held_on} 办，还没到，没有人在现场签过名。",
        )
    if not application_ids:
        raise Malformed("membership.nobody_chosen", "还没有勾选谁签了名。")
    if not note.strip():
        raise Malformed("membership.note_missing", "请写明签名单放在哪里，比如「签名册第 3 页」。")
    wanted = sorted(set(application_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise Malformed(
            "membership.too_many_at_once", f"一次最多办 {MOST_AT_ONCE} 份。请分几次办。"
        )
    _check_all_of_union(wanted, ceremony.union_id)
    taken = take_up(
        application_ids=wanted,
        moved_from=JoinState.INVITED,
        assurance=Assurance.SEEN_ON_SITE,
        consents=consents,
        via="signature",
        actor=actor,
        now=now,
        note=note.strip()[:200],
    )
    return len(taken)


def _check_all_of_union(application_ids: list[int], union_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM membership_joinapplication WHERE id = ANY (%s) AND union_id = %s",
            [application_ids, union_id],
        )
        (count,) = cursor.fetchone()
    if count != len(application_ids):
        raise NotFound()


def _locked(ceremony_id: int) -> Ceremony:
    found = Ceremony.objects.select_for_update().filter(id=ceremony_id).first()
    if found is None:
        raise NotFound()
    return found


def _record(kind: str, ceremony_id: int, union_id: int, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="ceremony",
        subject_id=ceremony_id,
        union_id=union_id,
    )
