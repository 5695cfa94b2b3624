"""Asking for an attestation, giving it, taking it back. Said once, for a time, never by oneself."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.parameters import parameter
from nuanxin.notices.actions import notify, send_sms
from nuanxin.orgs.queries.unions import get_union
from nuanxin.people.actions.engagements import add_engagement
from nuanxin.people.queries.workers import get_worker, list_engagements
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.attesters import register_self
from nuanxin.programmes.models import Attestation, AttestationRequest, StatedFact
from nuanxin.programmes.queries import attesters
from nuanxin.programmes.queries.attesters import AttesterRow
from nuanxin.programmes.rules.attestations import (
    LONGEST_REASON,
    OCCUPATION,
    Point,
    as_plain,
    as_points,
    days_of,
    digest_of,
    may_answer_link,
    may_attest,
    may_say,
    read_points,
    say_points,
    source_words,
)
from nuanxin.programmes.states import AttesterKind, AttestWay, RequestState
from nuanxin.records.actions import append_event

LINK_PATH = "/a/{token}/"
"""Short, because it goes into a text message; the token says nothing of anybody."""
LONGEST_WORKPLACE = 80
SEAL = "attestation"
_SHORT = {AttesterKind.OFFICER: "干部", AttesterKind.KEEPER: "站长", AttesterKind.OUTLET: "联系人"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was sent; ``link`` is for the attester alone and is kept nowhere."""

    id: int
    link: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker wants confirmed: values by fact, where he works, for which offer ("": any)."""

    values: Mapping[str, object]
    workplace: str = ""
    programme: str = ""


@transaction.atomic
def ask_attestation(*, ask: Ask, attester_id: int, actor: Actor, now: datetime) -> Asked:
    """Ask an attester to confirm something of oneself; he is told at once.

    Raises ``NotFound``, ``Malformed`` attestation.scope, ``Conflict`` attester_over / own /
    out_of_scope / attestation.asked already, ``TooMany`` attestation.asks.
    """
    if actor.worker_id is None:
        raise NotFound()
    points = read_points(ask.values)
    found = attesters.get_attester(attester_id, on=business_day(now))
    may_say(points, found.kind).insist()
    _decide(found, actor.worker_id, now, counts_today=False)
    _lock_worker(actor.worker_id)
    _check_asks(actor.worker_id, attester_id, now)
    token = secrets.token_urlsafe(18)
    hours = _number("programmes.attestation_link_hours", found.adcode, now)
    made = AttestationRequest.objects.create(
        worker_id=actor.worker_id,
        attester_id=attester_id,
        scope=as_plain(points),
        workplace=" ".join(ask.workplace.split())[:LONGEST_WORKPLACE],
        programme=ask.programme,
        token_hash=_hash(token),
        asked_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    link = settings.PUBLIC_ADDRESS + LINK_PATH.format(token=token)
    _tell_attester(found, made, link, now)
    _record("programmes.attestation_asked", made.id, actor, now, found.union_id)
    return Asked(made.id, link)


@transaction.atomic
def withdraw_request(*, request_id: int, actor: Actor, now: datetime) -> bool:
    """Take back one's own request while it waits; False when it was answered meanwhile."""
    done = AttestationRequest.objects.filter(
        id=request_id, worker_id=actor.worker_id or 0, state=RequestState.ASKED
    ).update(state=RequestState.WITHDRAWN, answered_at=now)
    if done:
        _record("programmes.attestation_withdrawn", request_id, actor, now, None)
    return bool(done)


# ---- the attester's side ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What an attester answers: ``values`` as confirmed or corrected, or why not (``refusal``)."""

    values: Mapping[str, object] | None = None
    refusal: str = ""


def answer_by_link(*, token: str, reply: Reply, network: str, now: datetime) -> RequestState:
    """Answer a request by the link that was sent; it has then been used.

    Raises ``TooMany`` attestation.links and ``NotFound`` attestation.link_unknown (a wrong try is
    counted), ``Conflict`` answered / link_expired / request_withdrawn and as ``may_attest``.
    """
    key = key_of("attest_link", network)
    most = _number("programmes.attestation_wrong_links", 0, now)
    if count_attempts(AttemptKind.ATTEST_LINK, key, since=now - timedelta(hours=1)) >= most:
        raise TooMany("attestation.links", "点错的次数多了。过一个小时，从短信里重新点开。")
    request_id = find_request(token)
    if request_id is None:
        note_attempt(AttemptKind.ATTEST_LINK, key, succeeded=False, now=now)
        raise unknown_link()
    return _answer(request_id, reply, AttestWay.LINK, None, now)


def answer_signed_in(*, request_id: int, reply: Reply, actor: Actor, now: datetime) -> RequestState:
    """Answer a request that was put to the actor's own account; raises as by the link."""
    asked = AttestationRequest.objects.filter(
        id=request_id, attester__account_id=actor.account_id
    ).first()
    if asked is None or actor.account_id is None:
        raise NotFound()
    return _answer(request_id, reply, AttestWay.DESK, actor, now)


@transaction.atomic
def attest_by_card(
    *, worker_id: int, values: Mapping[str, object], workplace: str, actor: Actor, now: datetime
) -> Attestation:
    """Attest at once for the worker whose card was just checked; the actor attests from his post.

    Raises ``Forbidden``, ``Malformed`` attestation.scope, ``Conflict`` as ``may_attest``.
    """
    own = register_self(actor=actor, now=now)
    found = attesters.get_attester(own.id, on=business_day(now))
    return _attest(
        found, worker_id, read_points(values), AttestWay.CARD, actor, now,
        workplace=" ".join(workplace.split())[:LONGEST_WORKPLACE],
    )  # fmt: skip


def find_request(token: str) -> int | None:
    """Return the request behind a link, None for one that was never given out."""
    return (
        AttestationRequest.objects.filter(token_hash=_hash(token))
        .values_list("id", flat=True)
        .first()
    )


def unknown_link() -> NotFound:
    """Return the refusal of a link that was never given out."""
    return NotFound(
        "attestation.link_unknown",
        "这个链接不对或者不完整。请从短信里重新点开，或者请本人再发一次。",
    )


@transaction.atomic
def _answer(
    request_id: int, reply: Reply, way: AttestWay, actor: Actor | None, now: datetime
) -> RequestState:
    asked = AttestationRequest.objects.select_for_update().get(id=request_id)
    may_answer_link(state=RequestState(asked.state), expires_at=asked.expires_at, now=now).insist()
    found = attesters.get_attester(asked.attester_id, on=business_day(now))
    acting = actor or Actor(name=found.name)
    if reply.values is None:
        reason = " ".join(reply.refusal.split())[:LONGEST_REASON]
        if not reason:
            raise Malformed("attestation.reason", "选一个原因，他才知道下一步找谁。")
        return _close(asked, RequestState.REFUSED, acting, found, now, reason=reason)
    points = read_points(reply.values)
    wanted = as_points(asked.scope)
    if [point.name for point in points] != [point.name for point in wanted]:
        raise Malformed("attestation.scope", "只答他问的这几项。要证明别的，请他再发一次。")
    state = RequestState.CONFIRMED if points == wanted else RequestState.CORRECTED
    _attest(
        found, asked.worker_id, points, way, acting, now,
        workplace=asked.workplace, programme=asked.programme, request=asked,
    )  # fmt: skip
    return _close(asked, state, acting, found, now)


def _close(
    asked: AttestationRequest, state: RequestState, actor: Actor, by: AttesterRow, now: datetime,
    *, reason: str = "",
) -> RequestState:  # fmt: skip
    asked.state, asked.answered_at, asked.reason = state, now, reason
    asked.save(update_fields=["state", "answered_at", "reason"])
    kind = f"programmes.attestation_{state.name.lower()}"
    _record(kind, asked.id, actor, now, by.union_id)
    said = {
        RequestState.CONFIRMED: "确认了，报名的时候直接算数。",
        RequestState.CORRECTED: "改了数再确认的。打开看看，不对就再请一位。",
        RequestState.REFUSED: f"没有确认：{reason}可以请另一位。",
    }[state]
    notify(
        kind=kind, title="工作证明有答复了", body=f"{by.masked_name}{said}", url="/proofs/",
        worker_id=asked.worker_id, now=now,
    )  # fmt: skip
    return state


def _attest(
    by: AttesterRow, worker_id: int, points: tuple[Point, ...], way: AttestWay, actor: Actor,
    now: datetime, *, workplace: str = "", programme: str = "",
    request: AttestationRequest | None = None,
) -> Attestation:  # fmt: skip
    _lock_attester(by.id)
    by = attesters.get_attester(by.id, on=business_day(now))
    _decide(by, worker_id, now)
    may_say(points, by.kind).insist()
    on = business_day(now)
    most = _number("programmes.attestation_days", by.adcode, now)
    until = on + timedelta(days=max(days_of(point, most=most) for point in points))
    said = {
        "worker": worker_id, "attester": by.id, "scope": as_plain(points), "workplace": workplace,
        "programme": programme, "way": int(way), "at": now.isoformat(), "until": until.isoformat(),
        "name": by.name, "post": by.post_title, "union": by.union_name, "nonce": secrets.token_hex(8),
    }  # fmt: skip
    digest = digest_of(said)
    made = Attestation.objects.create(
        worker_id=worker_id, attester_id=by.id, request=request, union_id=by.union_id,
        by_name=by.name, by_post=by.post_title, by_union=by.union_name[:60],
        scope=as_plain(points), workplace=workplace, programme=programme, way=way, attested_at=now,
        attested_on=on, valid_until=until, digest=digest, seal=sealing.lookup_hash(SEAL, digest),
    )  # fmt: skip
    _keep_facts(made, points, by, actor, now, most=most)
    _record("programmes.attested", made.id, actor, now, by.union_id, {"digest": digest})
    return made


def _keep_facts(
    made: Attestation,
    points: tuple[Point, ...],
    by: AttesterRow,
    actor: Actor,
    now: datetime,
    *,
    most: int,
) -> None:
    """Let the rules read what was attested: as stated facts that go before others."""
    ends = {
        point.name: made.attested_on + timedelta(days=days_of(point, most=most)) for point in points
    }
    StatedFact.objects.bulk_create(
        StatedFact(
            worker_id=made.worker_id, name=point.name, whole=point.value, stated_on=made.attested_on,
            source=source_words(
                union=by.union_name, name=by.name, kind_label=_SHORT[by.kind],
                valid_until=ends[point.name],
            ),
            recorded_at=now, recorded_by=actor.account_id, attestation=made,
            valid_until=ends[point.name],
        )
        for point in points
    )  # fmt: skip
    for point in points:
        if point.name == OCCUPATION and not _does(made.worker_id, point.value):
            add_engagement(
                worker_id=made.worker_id, occupation=point.value, source="attestation",
                place_stated=made.workplace, work_adcode=by.adcode, actor=SYSTEM, now=now,
            )  # fmt: skip


def _does(worker_id: int, occupation: int) -> bool:
    return any(
        one.occupation == occupation and one.ended_on is None for one in list_engagements(worker_id)
    )


# ---- taking back, looking again -----------------------------------------------------------------


@transaction.atomic
def take_back_own(*, attestation_id: int, actor: Actor, now: datetime) -> bool:
    """Take back an attestation of oneself; False when that was done before. Raises ``NotFound``."""
    found = Attestation.objects.select_for_update().filter(id=attestation_id).first()
    if found is None or actor.worker_id is None or found.worker_id != actor.worker_id:
        raise NotFound()
    return _take_back(found, why="本人收回。", by="本人", actor=actor, now=now)


@transaction.atomic
def take_back_attestation(*, attestation_id: int, why: str, actor: Actor, now: datetime) -> bool:
    """Take back what was attested below one's union, with a reason that the worker is told.

    Nobody takes back, or looks again at, what is about himself. Raises ``NotFound``, ``Malformed``
    attestation.reason, ``Conflict`` attestation.own.
    """
    found = _managed(attestation_id, actor)
    if not why.strip():
        raise Malformed("attestation.reason", "写一写为什么收回，本人会看到。")
    done = _take_back(found, why=why.strip()[:LONGEST_REASON], by=actor.name, actor=actor, now=now)
    if done:
        notify(
            kind="programmes.attestation_taken_back", title="一份工作证明收回了",
            body=f"{why.strip()[:80]} 要用的话，请人重新证明一次。", url="/proofs/",
            worker_id=found.worker_id, now=now,
        )  # fmt: skip
    return done


@transaction.atomic
def keep_flagged(*, attestation_id: int, actor: Actor, now: datetime) -> bool:
    """Let a flagged attestation stand after a look; False when nothing was to be looked at."""
    found = _managed(attestation_id, actor)
    if found.flagged_at is None or found.reviewed_at is not None:
        return False
    found.reviewed_at, found.reviewed_by_name = now, actor.name[:60]
    found.save(update_fields=["reviewed_at", "reviewed_by_name"])
    _record("programmes.attestation_kept", found.id, actor, now, found.union_id)
    return True


def is_intact(attestation: Attestation) -> bool:
    """Return whether the seal belongs to the digest: nobody without the key has made it."""
    return sealing.lookup_hash(SEAL, attestation.digest) == attestation.seal


def is_intact_by_id(attestation_id: int) -> bool:
    """Return the same of one that the caller may see."""
    return is_intact(Attestation.objects.only("digest", "seal").get(id=attestation_id))


def _managed(attestation_id: int, actor: Actor) -> Attestation:
    found = Attestation.objects.select_for_update().filter(id=attestation_id).first()
    if found is None:
        raise NotFound()
    permissions.check_can_manage_attestations(actor, path=get_union(found.union_id).path)
    if found.worker_id == actor.worker_id:
        raise Conflict("attestation.own", "这是关于你自己的。请另一位干部来办。")
    return found


def _take_back(found: Attestation, *, why: str, by: str, actor: Actor, now: datetime) -> bool:
    if found.taken_back_at is not None:
        return False
    found.taken_back_at, found.taken_back_why, found.taken_back_by_name = now, why, by[:60]
    found.save(update_fields=["taken_back_at", "taken_back_why", "taken_back_by_name"])
    StatedFact.objects.filter(attestation=found, taken_back_at=None).update(taken_back_at=now)
    _record("programmes.attestation_taken_back", found.id, actor, now, found.union_id)
    return True


# ---- inside -------------------------------------------------------------------------------------


def _decide(by: AttesterRow, worker_id: int, now: datetime, *, counts_today: bool = True) -> None:
    may_attest(
        is_live=by.is_live_on(business_day(now)),
        is_own=attesters.is_same_person(by.id, worker_id),
        is_in_scope=attesters.is_in_scope(by.id, worker_id),
        today=by.today if counts_today else 0,
        most=_number("programmes.attestations_a_day", by.adcode, now),
    ).insist()


def _check_asks(worker_id: int, attester_id: int, now: datetime) -> None:
    mine = AttestationRequest.objects.filter(worker_id=worker_id)
    if mine.filter(attester_id=attester_id, state=RequestState.ASKED, expires_at__gt=now).exists():
        raise Conflict("attestation.asked", "已经请过他了，在等他答复。着急的话给他打个电话。")
    most = _number("programmes.attestation_asks_a_day", 0, now)
    if mine.filter(asked_at__gte=day_start(business_day(now))).count() >= most:
        raise TooMany(
            "attestation.asks", f"一天最多请人证明 {most} 次。明天再发，或者当面请他扫会员卡。"
        )


def _tell_attester(by: AttesterRow, made: AttestationRequest, link: str, now: datetime) -> None:
    name = get_worker(made.worker_id).masked_name
    if by.account_id is not None:
        notify(
            kind="programmes.attestation_asked", title="有人请你证明",
            body=f"{name}：{say_points(as_points(made.scope))}", url="/desk/proofs/asked/",
            account_id=by.account_id, now=now,
        )  # fmt: skip
    if by.phone_hash is not None:
        until = made.expires_at.astimezone(day_start(business_day(now)).tzinfo)
        send_sms(
            phone=phone_of_attester(by.id),
            template="programmes.attestation_asked",
            values={"name": name, "link": link, "until": f"{until.month} 月 {until.day} 日"},
            now=now,
        )


def phone_of_attester(attester_id: int) -> str:
    """Return the phone of an attester in clear, for sending to it and for nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT phone_sealed, phone_hash FROM programmes_attester WHERE id = %s", [attester_id]
        )
        sealed, phone_hash = cursor.fetchone()
    return sealing.unseal("phone", bytes(sealed), phone_hash)


def _lock_attester(attester_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM programmes_attester WHERE id = %s FOR UPDATE", [attester_id])


def _lock_worker(worker_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM people_worker WHERE id = %s FOR NO KEY UPDATE", [worker_id])


def _hash(token: str) -> Any:
    return sealing.lookup_hash("attest_link", token.strip())


def _number(key: str, adcode: int, now: datetime) -> int:
    return int(parameter(key, adcode=f"{adcode:06d}", on=business_day(now)).value)


def _record(
    kind: str, subject: int, actor: Actor, now: datetime, union_id: int | None,
    data: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    append_event(
        kind, actor=actor, at=now, subject_type="programme_attestation", subject_id=subject,
        union_id=union_id, data=data,
    )  # fmt: skip
