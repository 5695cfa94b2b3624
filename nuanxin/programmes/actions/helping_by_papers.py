"""Helping somebody who has neither card nor phone with him: by his identity card, seen by two people.

Nobody learns from it whether a stranger is registered: a number that fits nobody, somebody of another
union or another name begins and ends alike. What is done so is provisional: only what takes nothing
from him, told him at once, and taken back by itself unless he says that he wanted it.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, Refusal, TooMany
from nuanxin.kernel.names import normalise_name
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.notices.actions import notify
from nuanxin.notices.actions.many import send_sms_to_many
from nuanxin.orgs.queries.unions import get_union
from nuanxin.people import permissions as people
from nuanxin.people.queries.workers import find_worker_by_identity, get_worker
from nuanxin.programmes.actions.helping import (
    count_try,
    new_session,
    record_session,
    refuse_own,
    undo_as_himself,
    union_of,
)
from nuanxin.programmes.models import HelpAct, HelpSession
from nuanxin.programmes.rules.helping import may_help
from nuanxin.programmes.states import HelpConsent
from nuanxin.records.actions import append_event

MOST_A_RUN = 200
_NO_MATCH = "没有对上。核对代办号、证件号，两个人要是同一级工会或者上下级，而且都看得到证件原件。"


@transaction.atomic
def begin_by_papers(*, name: str, number: str, actor: Actor, now: datetime) -> HelpSession:
    """Begin to help whose identity card lies before one; a second person has to see it too.

    Only for who stands below the helper's own union, by name and number; whether that is so is told by
    nothing here. Raises ``Malformed`` for what is no number, ``TooMany`` help.tries.
    """
    union_id = union_of(actor)
    _count_papers(actor, now)
    count_try(actor, now)
    worker_id = _fitting(name, number, get_union(union_id).path)
    return new_session(worker_id, union_id, HelpConsent.PAPERS, actor, now)


def witness_papers(*, session_id: int, number: str, actor: Actor, now: datetime) -> None:
    """Say as a second person that the same card lies before both; opens the session and tells the worker.

    A try is counted also when it fails. Raises one ``Malformed`` help.witness for all that does not
    fit, ``TooMany`` help.tries, ``Forbidden`` without the post.
    """
    union = get_union(union_of(actor))
    with transaction.atomic():
        _count_papers(actor, now)
    with transaction.atomic():
        _witness(session_id, number, union.path, actor, now)


def _witness(session_id: int, number: str, path: str, actor: Actor, now: datetime) -> None:
    found = (
        HelpSession.objects.select_for_update(of=("self",))
        .select_related("union")
        .filter(id=session_id, consent=HelpConsent.PAPERS, opened_at=None)
        .first()
    )
    try:
        worker_id = find_worker_by_identity(number)
    except Malformed:
        worker_id = None
    if (
        found is None
        or worker_id is None
        or found.worker_id != worker_id
        or found.helper_account == actor.account_id
        or found.helper_key == actor.person_key
        or not _in_one_line(path, found.union.path)
    ):
        raise Malformed("help.witness", _NO_MATCH)
    may_help(expires_at=found.expires_at, closed_at=found.closed_at, now=now).insist()
    refuse_own(worker_id, actor)
    found.witness_account, found.witness_key = actor.account_id, actor.person_key
    found.witness_name, found.opened_at = actor.name[:60], now
    found.expires_at = now + timedelta(minutes=_number("programmes.help_minutes", now))
    found.save()
    record_session("programmes.help_witnessed", found, actor, now)
    _tell_begun(found, worker_id, now)


@transaction.atomic
def confirm_help(*, act_id: int, actor: Actor, now: datetime) -> None:
    """Say that what was done by one's papers was one's will: then it stays.

    Said again, nothing changes. Raises ``NotFound`` for others' acts and for those that need no
    saying, ``Conflict`` undone once it was taken back.
    """
    act = HelpAct.objects.select_for_update().filter(
        id=act_id, worker_id=actor.worker_id or 0, confirm_until__isnull=False
    ).first()  # fmt: skip
    if act is None:
        raise NotFound()
    if act.undone_at is not None:
        raise Conflict("undone", "这一件已经撤回了。还要办，可以自己办，或者再请人代办。")
    if act.confirmed_at is not None:
        return
    act.confirmed_at = now
    act.save(update_fields=["confirmed_at"])
    append_event(
        "programmes.help_confirmed", actor=actor, at=now, subject_type="programme_help",
        subject_id=act.id, union_id=act.union_id, data={"receipt": act.receipt},
    )  # fmt: skip


def take_back_unconfirmed(*, now: datetime) -> int:
    """Take back what nobody owned to in time, through the regular action; return how many.

    What the regular action refuses (a session that is over) is tried again until its undo is over.
    Claims commit statement by statement: call it outside a transaction.
    """
    due = HelpAct.objects.filter(
        confirm_until__lte=now, confirmed_at=None, undone_at=None, undo_until__gte=now
    ).order_by("confirm_until", "id")[:MOST_A_RUN]
    taken = 0
    for act in due:
        himself = Actor(name=SYSTEM.name, worker_id=act.worker_id)
        try:
            undo_as_himself(act, himself, now, by=SYSTEM)
        except Refusal:
            continue
        taken += 1
        notify(
            kind="programmes.helped", title="代办的一件事撤回了",
            body=f"{act.said}。凭证件办的，到时候没有认，撤回了。还要办，自己办或者再请人代办。",
            url="/helped/", worker_id=act.worker_id, now=now,
        )  # fmt: skip
    return taken


# ---- inside -------------------------------------------------------------------------------------


def _fitting(name: str, number: str, path: str) -> int | None:
    found = find_worker_by_identity(number)
    if found is None or normalise_name(get_worker(found).name) != normalise_name(name):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM ({people.paths_sql()}) p"
            " WHERE p.worker_id = %s AND starts_with(p.path, %s))",
            [found, path],
        )
        return found if cursor.fetchone()[0] else None


def _in_one_line(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _count_papers(actor: Actor, now: datetime) -> None:
    key = key_of("help-papers", actor.account_id)
    most = _number("programmes.help_papers_tries_an_hour", now)
    if count_attempts(AttemptKind.HELP_FIND, key, since=now - timedelta(hours=1)) >= most:
        raise TooMany("help.tries", "这一小时看证件的次数多了。过一会儿再来。")
    note_attempt(AttemptKind.HELP_FIND, key, succeeded=True, now=now)


def _tell_begun(session: HelpSession, worker_id: int, now: datetime) -> None:
    notify(
        kind="programmes.helped", title="有人看着你的证件替你办事",
        body=f"{session.helper_name}和{session.witness_name}看过你的证件。办的每件事要你认才算数。"
        "没有这回事，马上打 12351。",
        url="/helped/", worker_id=worker_id, now=now,
    )  # fmt: skip
    values: dict[str, object] = {"helper": session.helper_name, "witness": session.witness_name}
    send_sms_to_many(texts=[(worker_id, values)], template="programmes.helped_by_papers", now=now)


def _number(key: str, now: datetime) -> int:
    return int(parameter(key, adcode=NATION, on=business_day(now)).value)
