"""Acting for a worker who stands before one: he agrees first, gets a receipt at once, undoes in one tap.

Claims commit statement by statement: call what acts and what undoes outside a transaction.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from nuanxin.access.actions import Origin, check_code, send_code
from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind, CodePurpose
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.phone import normalise_phone
from nuanxin.membership.queries.card import check_card
from nuanxin.membership.rules.card import token_of_link, worker_of_number
from nuanxin.notices.actions import notify
from nuanxin.notices.actions.many import send_sms_to_many
from nuanxin.people.queries.workers import find_workers_by_phone, get_worker
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import attesting, claims
from nuanxin.programmes.actions.attesting import Ask
from nuanxin.programmes.actions.helping_with_places import (
    WITH_PLACES,
    Wanted,
    do_with_place,
    gives_up,
    number_of,
    undo_with_place,
)
from nuanxin.programmes.actions.posting import new_code
from nuanxin.programmes.actions.stating import state_fact, take_back_row
from nuanxin.programmes.models import HelpAct, HelpSession
from nuanxin.programmes.queries.asking import get_asking
from nuanxin.programmes.queries.offers import find_my_claim, get_offer
from nuanxin.programmes.rules.helping import STATEABLE, may_do_on_papers, may_help, may_undo
from nuanxin.programmes.states import HelpConsent, HelpKind
from nuanxin.records.actions import append_event

HINT_DIGITS = 4


# ---- who is helped ------------------------------------------------------------------------------


@transaction.atomic
def begin_by_card(*, code: str, actor: Actor, now: datetime) -> HelpSession:
    """Begin to help whoever shows the card on his phone; its code ages in a minute, a copy does not do.

    Raises ``Forbidden``, ``Malformed`` help.card with what is wrong with it, ``Conflict`` help.own,
    ``TooMany`` help.tries.
    """
    post_union = union_of(actor)
    count_try(actor, now)
    checked = check_card(token_of_link(code), now=now)
    if not checked.is_good or checked.payload is None:
        raise Malformed(
            "help.card", checked.fault.message or "没读出来。请本人打开会员卡再扫一次。"
        )
    if checked.payload.is_paper:
        raise Malformed("help.card", "纸质卡不能当面证明是本人。用手机上的卡，或者发短信验证码。")
    worker_id = worker_of_number(checked.payload.number)
    refuse_own(worker_id, actor)
    made = new_session(worker_id, post_union, HelpConsent.CARD, actor, now)
    made.opened_at = now
    made.save(update_fields=["opened_at"])
    record_session("programmes.help_opened", made, actor, now)
    return made


@transaction.atomic
def begin_by_code(
    *, phone: str, last_four: str, origin: Origin, actor: Actor, now: datetime
) -> HelpSession:
    """Send a code to the worker's phone, when phone and the end of his number fit one person.

    Whether they fit is told by nothing here: a session that fits nobody never opens. Raises as
    ``send_code``, ``Malformed`` help.last_four, ``Conflict`` help.own, ``TooMany`` help.tries.
    """
    post_union = union_of(actor)
    number = normalise_phone(phone)
    digits = last_four.strip().upper()
    if len(digits) != HINT_DIGITS or not digits.isalnum():
        raise Malformed("help.last_four", "写证件号的最后 4 位，末位是 X 就写 X。")
    count_try(actor, now)
    worker_id = _fitting(number, digits)
    if worker_id is not None:
        refuse_own(worker_id, actor)
    made = new_session(worker_id, post_union, HelpConsent.CODE, actor, now)
    if worker_id is not None:
        sent = send_code(
            phone=number, purpose=CodePurpose.HELP, origin=origin, is_known_device=False, now=now
        )
        made.code_id = sent.code_id
        made.save(update_fields=["code_id"])
    return made


def open_by_code(*, session_id: int, code: str, actor: Actor, now: datetime) -> HelpSession:
    """Open the help with the code that the worker reads aloud; raises as ``check_code``."""
    found = get_session(session_id, actor=actor, now=now, is_open=False)
    if found.code_id is None:
        if found.opened_at is not None:
            return found
        raise Malformed(
            "access.code_wrong", "不是这个数字。看看是不是最新的那条短信，手机号和证件号对不对。"
        )
    check_code(code_id=found.code_id, code=code, purpose=CodePurpose.HELP, now=now)
    minutes = _number("programmes.help_minutes", now)
    with transaction.atomic():
        HelpSession.objects.filter(id=found.id, opened_at=None).update(
            opened_at=now, expires_at=now + timedelta(minutes=minutes)
        )
        found.refresh_from_db()
        record_session("programmes.help_opened", found, actor, now)
    return found


def get_session(
    session_id: int, *, actor: Actor, now: datetime, is_open: bool = True
) -> HelpSession:
    """Return one's own help session; raise ``NotFound``, ``Conflict`` help.over when its time is over."""
    permissions.check_can_help(actor)
    found = HelpSession.objects.filter(id=session_id, helper_account=_account(actor)).first()
    if found is None or (is_open and found.opened_at is None):
        raise NotFound()
    may_help(expires_at=found.expires_at, closed_at=found.closed_at, now=now).insist()
    return found


@transaction.atomic
def close_session(*, session_id: int, actor: Actor, now: datetime) -> None:
    """End one's help; nothing more may be done in it."""
    HelpSession.objects.filter(
        id=session_id, helper_account=_account(actor), closed_at=None
    ).update(closed_at=now)


# ---- what is done -------------------------------------------------------------------------------


def help_with(*, session_id: int, wanted: Wanted, actor: Actor, now: datetime) -> HelpAct:
    """Do one thing for the worker of a session, with his rights and no more; return the record.

    Raises as the regular action does: what it refuses to the worker it refuses to the helper.
    """
    session = get_session(session_id, actor=actor, now=now)
    worker_id = session.worker_id
    if worker_id is None:
        raise NotFound()
    refuse_own(worker_id, actor)
    is_provisional = session.consent == HelpConsent.PAPERS
    if is_provisional:
        may_do_on_papers(wanted.kind, gives_up=gives_up(wanted, worker_id)).insist()
    for_him = Actor(account_id=actor.account_id, worker_id=worker_id, name=actor.name)
    target, said = _do(wanted, for_him, now)
    with transaction.atomic():
        act = HelpAct.objects.create(
            session=session, worker_id=worker_id, union_id=session.union_id,
            helper_account=session.helper_account, helper_key=session.helper_key,
            helper_name=session.helper_name, kind=wanted.kind, target=target[:60], said=said[:160],
            receipt=f"DB{new_code(8)}", done_at=now, **_until(is_provisional, now),
        )  # fmt: skip
        append_event(
            "programmes.helped", actor=actor, at=now, subject_type="programme_help",
            subject_id=act.id, union_id=act.union_id,
            data={"worker": worker_id, "kind": wanted.kind.name.lower(), "receipt": act.receipt},
        )  # fmt: skip
        _tell(act, now)
    return act


def _until(is_provisional: bool, now: datetime) -> dict[str, datetime]:
    """Return until when an act can be undone; a provisional one is to be owned to before that."""
    hours = timedelta(hours=_number("programmes.help_undo_hours", now))
    if not is_provisional:
        return {"undo_until": now + hours}
    confirm = now + timedelta(days=_number("programmes.help_confirm_days", now))
    return {"confirm_until": confirm, "undo_until": confirm + hours}


def _do(wanted: Wanted, for_him: Actor, now: datetime) -> tuple[str, str]:
    """Do it through the regular action; return what it was done to, and how it is told."""
    if wanted.kind in WITH_PLACES:
        return do_with_place(wanted, for_him, now)
    match wanted.kind:
        case HelpKind.APPLY:
            done = claims.apply_for_place(
                code=wanted.target, actor=for_him, now=now, slot_at=wanted.slot_at
            )
            if done.is_repeat:
                raise Conflict("help.repeat", f"他已经报过了，现在是“{done.state.label}”。")
            return (
                f"{wanted.target}#{done.id}",
                f"报名“{_title(wanted.target)}”：{done.state.label}",
            )
        case HelpKind.CONFIRM:
            claim_id = claims.confirm_place(code=wanted.target, actor=for_him, now=now)
            return f"{wanted.target}#{claim_id}", f"确认“{_title(wanted.target)}”的名额"
        case HelpKind.WITHDRAW:
            offer = get_offer(wanted.target)
            held = find_my_claim(for_him.worker_id or 0, offer.id)
            if not claims.withdraw_from_offer(code=wanted.target, actor=for_him, now=now):
                raise Conflict("help.nothing", "他现在没有报这一期，不用撤。")
            slot = held.slot_at.isoformat() if held and held.slot_at else ""
            return f"{wanted.target}#{slot}", f"撤回“{offer.title}”的报名"
        case HelpKind.STATE:
            return _state(wanted, for_him, now)
        case _:
            asked = attesting.ask_attestation(
                ask=Ask(values=wanted.values or {}), attester_id=number_of(wanted.target), actor=for_him,
                now=now,
            )  # fmt: skip
            return str(asked.id), "请人证明工作情况"


def _state(wanted: Wanted, for_him: Actor, now: datetime) -> tuple[str, str]:
    fact = STATEABLE.get(wanted.target)
    if fact is None or wanted.value is None:
        raise Malformed("help.fact", "这一项不能代填。请他自己在“我能领”里填。")
    kept = state_fact(
        worker_id=for_him.worker_id or 0, name=wanted.target, value=wanted.value,
        source="代办填报", actor=for_him, now=now, on=business_day(now),
    )  # fmt: skip
    if kept.recorded_at != now:
        raise Conflict("help.repeat", "今天已经填过一样的了，不用再填。")
    return str(kept.id), f"填报“{fact}”：{wanted.value}"


# ---- undoing ------------------------------------------------------------------------------------

_CLAIM_UNDO = """
UPDATE programmes_helpact SET undone_at = %(now)s, undone_said = %(said)s
WHERE id = %(id)s AND worker_id = %(worker)s AND undone_at IS NULL AND undo_until >= %(now)s
  AND (%(is_own)s OR confirmed_at IS NULL)
RETURNING id
"""


def undo_help(*, act_id: int, actor: Actor, now: datetime) -> HelpAct:
    """Undo what was done for oneself, through the regular action; return the record with how it went.

    Raises ``NotFound`` for others' acts, ``Conflict`` undone / undo_over; when the regular action
    refuses (the time for applying is over), nothing is undone and its refusal goes up.
    """
    act = HelpAct.objects.filter(id=act_id, worker_id=actor.worker_id or 0).first()
    if act is None:
        raise NotFound()
    return undo_as_himself(act, actor, now, by=actor)


def undo_as_himself(act: HelpAct, actor: Actor, now: datetime, *, by: Actor) -> HelpAct:
    """Undo an act with the worker's rights; ``by`` is who or what undoes it. Raises as ``undo_help``."""
    may_undo(undone_at=act.undone_at, undo_until=act.undo_until, now=now).insist()
    if not _claim_undo(act, now, is_own=by is actor):
        raise Conflict("undone", "刚才已经撤销过了，不用再点。")
    try:
        said = _undo(act, actor, now)
    except Exception:
        HelpAct.objects.filter(id=act.id).update(undone_at=None, undone_said="")
        raise
    with transaction.atomic():
        HelpAct.objects.filter(id=act.id).update(undone_said=said[:160])
        append_event(
            "programmes.help_undone", actor=by, at=now, subject_type="programme_help",
            subject_id=act.id, union_id=act.union_id, data={"receipt": act.receipt},
        )  # fmt: skip
        notify(
            kind="programmes.help_undone", title="一件代办撤销了",
            body=f"回执号 {act.receipt}：{said}", url="/desk/help/mine/",
            account_id=act.helper_account, now=now,
        )  # fmt: skip
    act.refresh_from_db()
    return act


def _claim_undo(act: HelpAct, now: datetime, *, is_own: bool) -> bool:
    """Take the one undo there is: of two taps at once one finds nothing.

    What he has owned to meanwhile only he takes back.
    """
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "id": act.id, "worker": act.worker_id, "now": now, "said": "撤销中", "is_own": is_own,
        }  # fmt: skip
        cursor.execute(_CLAIM_UNDO, values)
        return cursor.fetchone() is not None


def _undo(act: HelpAct, actor: Actor, now: datetime) -> str:
    own = replace(actor, grants=())
    if act.kind in WITH_PLACES:
        return undo_with_place(HelpKind(act.kind), act.target, own, now)
    match HelpKind(act.kind):
        case HelpKind.APPLY | HelpKind.CONFIRM:
            code, _, claim_id = act.target.partition("#")
            standing = get_asking(code, worker_id=act.worker_id, on=business_day(now)).claim_id
            # What he asked for himself afterwards is not the helper's act: it stays.
            if standing == number_of(claim_id) and claims.withdraw_from_offer(
                code=code, actor=own, now=now
            ):
                return "报名撤回了，有名额的话给了下一位。"
            return "代办的那次报名先前已经结束了，没有要撤的。"
        case HelpKind.WITHDRAW:
            code, _, slot = act.target.partition("#")
            at = datetime.fromisoformat(slot) if slot else None
            again = claims.apply_for_place(code=code, actor=own, now=now, slot_at=at)
            return f"重新报上了，现在是“{again.state.label}”。原来的次序回不来。"
        case HelpKind.STATE:
            take_back_row(fact_id=number_of(act.target), actor=own, now=now)
            return "填报的撤回了，不再算数。"
        case _:
            if attesting.withdraw_request(request_id=number_of(act.target), actor=own, now=now):
                return "请求撤了，链接不能用了。"
            return "对方已经答复了。不想留着，在我的证明里收回。"


# ---- inside -------------------------------------------------------------------------------------


def union_of(actor: Actor) -> int:
    """Return the union from which the actor helps; raise ``Forbidden``."""
    post = permissions.post_for(actor, permissions.HELP_ACT)
    if post is None or post.union_id is None or actor.account_id is None:
        raise Forbidden(
            "access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。"
        )
    return post.union_id


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise NotFound()
    return actor.account_id


def count_try(actor: Actor, now: datetime) -> None:
    """Count one more looking for somebody; raise ``TooMany`` help.tries."""
    key = key_of("help", actor.account_id)
    most = _number("programmes.help_tries_an_hour", now)
    if count_attempts(AttemptKind.HELP_FIND, key, since=now - timedelta(hours=1)) >= most:
        raise TooMany("help.tries", "这一小时找人的次数多了。过一会儿再来。")
    note_attempt(AttemptKind.HELP_FIND, key, succeeded=True, now=now)


def _fitting(number: str, digits: str) -> int | None:
    fitting = [
        worker_id
        for worker_id in find_workers_by_phone(number)
        if get_worker(worker_id).masked_identity.endswith(digits)
    ]
    return fitting[0] if len(fitting) == 1 else None


def refuse_own(worker_id: int, actor: Actor) -> None:
    """Refuse helping oneself: by one's own record, or by the account behind the same phone."""
    if worker_id == actor.worker_id or _has_account_of(worker_id, actor.account_id):
        raise Conflict("help.own", "不能给自己代办。自己的事在“我的”里办。")


def _has_account_of(worker_id: int, account_id: UUID | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM access_account a JOIN people_worker w ON w.id = %s"
            " WHERE a.id = %s AND (a.worker_id = w.id OR a.phone_hash = w.phone_hash))",
            [worker_id, account_id],
        )
        return bool(cursor.fetchone()[0])


def new_session(
    worker_id: int | None, union_id: int, consent: HelpConsent, actor: Actor, now: datetime
) -> HelpSession:
    """Write a help session, not open yet."""
    return HelpSession.objects.create(
        worker_id=worker_id, union_id=union_id, helper_account=_account(actor),
        helper_key=actor.person_key, helper_name=actor.name[:60], consent=consent, asked_at=now,
        expires_at=now + timedelta(minutes=_number("programmes.help_minutes", now)),
    )  # fmt: skip


def _tell(act: HelpAct, now: datetime) -> None:
    until = act.undo_until.astimezone(SHANGHAI)
    by = f"{until.month} 月 {until.day} 日 {until:%H:%M}"
    said, body = act.said, f"{act.said}。回执号 {act.receipt}，{by} 前可以撤销。"
    if act.confirm_until is not None:
        days = (act.confirm_until - act.done_at).days
        said = f"{act.said}（凭证件办的，{days} 天里要你认）"
        body = f"{act.said}。回执号 {act.receipt}。凭证件办的，{days} 天里点“是我的意思”才算数，不点就撤回。"
    notify(
        kind="programmes.helped", title=f"{act.helper_name}替你办了一件事", body=body, url="/helped/",
        worker_id=act.worker_id, now=now,
    )  # fmt: skip
    values: dict[str, object] = {
        "helper": act.helper_name, "said": said, "receipt": act.receipt, "until": f"{by} "
    }  # fmt: skip
    send_sms_to_many(texts=[(act.worker_id, values)], template="programmes.helped", now=now)


def _title(code: str) -> str:
    return get_offer(code).title


def _number(key: str, now: datetime) -> int:
    return int(parameter(key, adcode=NATION, on=business_day(now)).value)


def record_session(kind: str, session: HelpSession, actor: Actor, now: datetime) -> None:
    """Record an event of a help session."""
    append_event(
        kind, actor=actor, at=now, subject_type="programme_help", subject_id=session.id,
        union_id=session.union_id,
        data={"worker": session.worker_id, "consent": HelpConsent(session.consent).name.lower()},
    )  # fmt: skip
