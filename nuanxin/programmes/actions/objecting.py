"""异议: filed while a list is public, sealed, answered by another officer; upheld strikes the line."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.kernel.workdays import add_workdays
from nuanxin.notices.actions import notify
from nuanxin.notices.actions.telling import notify_many
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.posting import new_code, post_list, propose_next, tell_moved_up
from nuanxin.programmes.models import Application, NoticeLine, Objection, Offer, PublicNotice
from nuanxin.programmes.rules.publicity import (
    LONGEST_ANSWER,
    LONGEST_OBJECTION,
    SHORTEST_ANSWER,
    SHORTEST_OBJECTION,
    may_answer,
    may_object,
)
from nuanxin.programmes.states import ObjectionState, OfferState
from nuanxin.records.actions import append_event, store_file

MOST_OPEN = 500
"""Objections against one list that may wait for an answer; beyond it nobody reads them."""
MOST_OF_ONE = 3
MOST_NAMELESS = 20
"""Nameless ones against one list within an hour."""
MOST_NAMELESS_OPEN = 200
"""Nameless ones that may wait: whoever gives his name still finds room."""
MOST_OF_NETWORK = 5
"""Nameless ones from one network within an hour, against whatever list."""
LARGEST_FILE = 5 * 1024 * 1024
SEALED = "objection"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody holds against a list: against line ``ordinal`` of it, or the whole (None)."""

    text: str
    ordinal: int | None = None
    file_name: str = ""
    file: bytes = b""


@transaction.atomic
def file_objection(*, code: str, said: Said, actor: Actor, now: datetime, network: str = "") -> str:
    """File an objection against the list of this code; return the receipt number, for looking it up.

    Whoever is not signed in files it without a name where the place allows that; then ``network`` is
    where it comes from, kept as a keyed hash to count by and not with the objection. Raises
    ``NotFound``, ``Malformed`` publicity.text or publicity.line, ``Conflict`` publicity.over,
    ``Conflict`` publicity.needs_name, ``TooMany`` publicity.enough.
    """
    text = said.text.strip()
    if not SHORTEST_OBJECTION <= len(text) <= LONGEST_OBJECTION:
        raise Malformed(
            "publicity.text",
            f"写 {SHORTEST_OBJECTION} 到 {LONGEST_OBJECTION} 个字：哪里不对，怎么知道的。",
        )
    notice = PublicNotice.objects.filter(code=code).first()
    if notice is None:
        raise NotFound()
    offer = _offer_shared(notice)  # a decision that is being made waits for us, or we for it
    may_object(
        state=OfferState(offer.state), posted_at=notice.posted_at, ends_at=notice.ends_at, now=now
    ).insist()
    adcode = f"{get_union(offer.union_id).adcode:06d}"
    key = "" if actor.account_id is None and actor.worker_id is None else actor.person_key
    _check_room(notice, key, adcode, now)
    if not key and network:
        _count_nameless(network, now)
    made = _write(notice, _line(notice, said.ordinal), text, key, adcode, actor, now)
    if said.file:
        store_file(
            owner_type="programme_objection",
            owner_id=made.id,
            name=said.file_name,
            content=said.file,
            actor=actor,
            now=now,
            max_bytes=LARGEST_FILE,
        )
    return made.receipt


def _offer_shared(notice: PublicNotice) -> Offer:
    """Return the offer, locked against being awarded until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM programmes_offer WHERE id = %s FOR SHARE", [notice.offer_id])
    return Offer.objects.get(id=notice.offer_id)


def _check_room(notice: PublicNotice, key: str, adcode: str, now: datetime) -> None:
    on = business_day(now)
    if not key and not parameter("programmes.objection_anonymous", adcode=adcode, on=on).value:
        raise Conflict("publicity.needs_name", "这里的异议要署名。先登录，再写。")
    open_ones = Objection.objects.filter(notice=notice, state=ObjectionState.OPEN)
    if key and open_ones.filter(filed_by=key).count() >= MOST_OF_ONE:
        raise TooMany("publicity.enough", f"你提的 {MOST_OF_ONE} 件还在等答复，答复了再提。")
    hour = now - timedelta(hours=1)
    nameless = Objection.objects.filter(notice=notice, filed_by="", filed_at__gt=hour)
    waiting = open_ones.filter(filed_by="")
    if not key and (nameless.count() >= MOST_NAMELESS or waiting.count() >= MOST_NAMELESS_OPEN):
        raise TooMany("publicity.enough", "这会儿提的人多。登录以后提，或者过一个小时再来。")
    if open_ones.count() >= MOST_OPEN:
        raise TooMany("publicity.enough", "这份名单的异议收满了，正在逐件答复。急的打 12351。")


def _count_nameless(network: str, now: datetime) -> None:
    attempt = key_of("objection", network)
    since = now - timedelta(hours=1)
    if count_attempts(AttemptKind.OBJECTION, attempt, since=since) >= MOST_OF_NETWORK:
        raise TooMany(
            "publicity.enough", "这里提了好几件了。登录以后提，或者过一个小时再来。",
            retry_after_seconds=3_600,
        )  # fmt: skip
    note_attempt(AttemptKind.OBJECTION, attempt, succeeded=True, now=now)


def _line(notice: PublicNotice, ordinal: int | None) -> NoticeLine | None:
    if ordinal is None:
        return None
    line = NoticeLine.objects.filter(notice=notice, ordinal=ordinal, struck_at=None).first()
    if line is None:
        raise Malformed("publicity.line", "名单上没有这一行了。选现在还在的一行，或者选整份名单。")
    return line


def _write(
    notice: PublicNotice, line: NoticeLine | None, text: str, key: str, adcode: str,
    actor: Actor, now: datetime,
) -> Objection:  # fmt: skip
    bound, today = uuid7(), business_day(now)
    days = int(parameter("programmes.objection_answer_days", adcode=adcode, on=today).value)
    concerned = Application.objects.get(id=line.application_id).worker_id if line else None
    made = Objection.objects.create(
        notice=notice,
        line=line,
        receipt=f"YY{today:%y%m%d}{new_code(8)}",
        filed_at=now,
        due_on=add_workdays(today, days).day,
        bound=bound,
        text_sealed=sealing.seal(SEALED, text, bound),
        filed_by=key,
        filed_by_worker=actor.worker_id,
        awarder_key=notice.posted_by_key,
        concerned_key=f"w{concerned}" if concerned else "",
    )
    _record("programmes.objection_filed", made, notice, actor, now, {"due_on": str(made.due_on)})
    return made


@transaction.atomic
def read_objection(*, objection_id: int, actor: Actor, now: datetime) -> str:
    """Return what an objection says; that it was read, and by whom, is recorded first.

    Raises ``NotFound``, ``Forbidden``, and ``Conflict`` publicity.own_matter for who is concerned.
    """
    objection = _objection(objection_id, actor)
    if actor.person_key == objection.concerned_key:
        raise Conflict("publicity.own_matter", "这件异议和您本人有关，由另一位干部来看、来答复。")
    _record("programmes.objection_read", objection, objection.notice, actor, now, {})
    return sealing.unseal(SEALED, bytes(objection.text_sealed), objection.bound)


@transaction.atomic
def answer_objection(
    *, objection_id: int, is_upheld: bool, answer: str, actor: Actor, now: datetime,
    strikes_list: bool = False,
) -> None:  # fmt: skip
    """Answer an objection, once, with a reason. Upheld against a line: it is struck, the next moves up.

    Upheld against the whole list it strikes every line of it in one act where ``strikes_list`` says
    so, and whoever waits is posted in their place; else its answer says what is put right, line by
    line. Raises ``NotFound``, ``Forbidden``, ``Malformed`` publicity.answer,
    ``Conflict`` publicity.answered, publicity.own_award, publicity.own_matter.
    """
    reason = answer.strip()
    if not SHORTEST_ANSWER <= len(reason) <= LONGEST_ANSWER:
        raise Malformed(
            "publicity.answer",
            f"答复写 {SHORTEST_ANSWER} 到 {LONGEST_ANSWER} 个字：查了什么，结果怎样。",
        )
    found = _objection(objection_id, actor)
    offer = Offer.objects.select_for_update().get(id=found.notice.offer_id)
    objection = Objection.objects.select_for_update().get(id=objection_id)
    may_answer(
        key=actor.person_key,
        awarder_key=objection.awarder_key,
        concerned_key=objection.concerned_key,
        filed_by=objection.filed_by,
        state=ObjectionState(objection.state),
    ).insist()
    objection.state = ObjectionState.UPHELD if is_upheld else ObjectionState.NOT_UPHELD
    objection.answer, objection.answered_at = reason, now
    objection.answered_by, objection.answered_by_name = actor.account_id, actor.name[:60]
    objection.answered_by_key = actor.person_key
    objection.save()
    told = {"state": ObjectionState(objection.state).name.lower()}
    _record("programmes.objection_answered", objection, found.notice, actor, now, told)
    if is_upheld and objection.line_id is not None:
        _strike(offer, objection.line_id, reason, actor, now)
    elif is_upheld and strikes_list:
        _strike_list(offer, objection, found.notice, reason, actor, now)
    if objection.filed_by_worker:
        notify(
            kind="programmes.objection_answered",
            title="你提的异议有答复了",
            body=f"{ObjectionState(objection.state).label}。{reason}",
            url="/publicity/receipt/",
            worker_id=objection.filed_by_worker,
            now=now,
        )


# One statement: neither a seat without its holder nor a holder without his seat, not for a moment.
_STRIKE = """
WITH struck AS (
    UPDATE programmes_application SET state = 8, ended_at = %(now)s, seat_id = NULL, taken_at = NULL
    WHERE id = %(application)s AND state = 7 RETURNING worker_id
)
SELECT worker_id FROM struck
"""


def _strike(offer: Offer, line_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Strike a line: its person is told why and where to appeal, the next in order is posted."""
    line = NoticeLine.objects.select_for_update().get(id=line_id)
    if line.struck_at is not None:
        return
    line.struck_at = now
    line.save(update_fields=["struck_at"])
    with connection.cursor() as cursor:
        cursor.execute(_STRIKE, {"application": line.application_id, "now": now})
        row = cursor.fetchone()
    if row is None:  # withdrew meanwhile
        return
    notify(
        kind="programmes.struck",
        title="公示后名额没定给你",
        body=f"“{offer.title}”公示中有异议，查了以后成立：{reason} 不同意，可以向主办工会的上一级工会申诉，"
        "或者打 12351。",
        url=f"/programmes/{offer.code}/",
        worker_id=int(row[0]),
        now=now,
    )
    moved = propose_next(offer, now=now)
    notice = post_list(offer, actor=actor, now=now) if moved else None
    tell_moved_up(moved, notice, now=now)


_STRIKE_LIST = """
WITH lines AS (
    UPDATE programmes_noticeline SET struck_at = %(now)s
    WHERE notice_id = %(notice)s AND struck_at IS NULL RETURNING application_id
), struck AS (
    UPDATE programmes_application a SET state = 8, ended_at = %(now)s, seat_id = NULL, taken_at = NULL
    FROM lines l WHERE a.id = l.application_id AND a.state = 7 RETURNING a.worker_id
)
SELECT worker_id FROM struck
"""


def _strike_list(
    offer: Offer,
    objection: Objection,
    notice: PublicNotice,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Strike every line of a list: all are told why and where to appeal, who waits is posted."""
    with connection.cursor() as cursor:
        cursor.execute(_STRIKE_LIST, {"notice": notice.id, "now": now})
        workers = [int(row[0]) for row in cursor.fetchall()]
    told = {"notice": notice.id, "struck": len(workers)}
    _record("programmes.list_struck", objection, notice, actor, now, told)
    notify_many(
        worker_ids=workers,
        kind="programmes.struck",
        title="公示的名单划去了",
        body=f"“{offer.title}”整份名单有异议，查了以后成立：{reason} 不同意，可以向主办工会的上一级工会申诉，"
        "或者打 12351。",
        url=f"/programmes/{offer.code}/",
        now=now,
    )
    moved = propose_next(offer, now=now)
    posted = post_list(offer, actor=actor, now=now) if moved else None
    tell_moved_up(moved, posted, now=now)


def _objection(objection_id: int, actor: Actor) -> Objection:
    found = (
        Objection.objects.select_related("notice", "notice__offer").filter(id=objection_id).first()
    )
    if found is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(found.notice.offer.union_id).path)
    return found


def _record(
    kind: str,
    objection: Objection,
    notice: PublicNotice,
    actor: Actor,
    now: datetime,
    data: dict[str, Any],
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_objection",
        subject_id=objection.id,
        union_id=Offer.objects.only("union_id").get(id=notice.offer_id).union_id,
        data=data,
    )
