"""A gate is opened for a session, entered with link and PIN, and closed; without an account.

Link (128 bit) and PIN are shown once and kept as keyed hashes. A gate is of one session and the days
around it; after so many wrong PINs it closes, and the office makes another.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day, day_end, day_start
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.text import as_written
from nuanxin.programmes.actions.sessions import lock_session
from nuanxin.programmes.models import Gate
from nuanxin.records.actions import append_event, logged_name

MOST_GATES = 20
MOST_WRONG_TRIES = 10
_PIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class OpenedGate:
    """What the officer hands on, shown once: the link's last part and the PIN."""

    gate_id: int
    link: str
    pin: str


@transaction.atomic
def open_gate(
    *, session_id: int, label: str, shows_names: bool, actor: Actor, now: datetime
) -> OpenedGate:
    """Open a gate of a session for somebody at the door; with ``shows_names`` also the provider's list.

    Raises ``NotFound``, ``Forbidden``, ``Malformed`` programmes.gate_label, ``Conflict``
    programmes.session_is_closed, programmes.too_many_gates.
    """
    session = lock_session(session_id, actor)
    name = as_written(label)[:40]
    if not name:
        raise Malformed("programmes.gate_label", "写清给谁用，比如“拱宸体检中心前台”。")
    if session.closed_at is not None:
        raise Conflict("programmes.session_is_closed", "这一场已经结了，不用再签到。")
    if Gate.objects.filter(session=session, closed_at=None).count() >= MOST_GATES:
        raise Conflict("programmes.too_many_gates", f"一场最多 {MOST_GATES} 个签到口，先停用几个。")
    link, pin = secrets.token_urlsafe(16), f"{secrets.randbelow(10**_PIN_DIGITS):06d}"
    days = int(parameter("programmes.gate_days", adcode=NATION, on=business_day(now)).value)
    around = timedelta(days=days)
    gate = Gate.objects.create(
        session=session,
        link_hash=_link_hash(link),
        pin_hash=_pin_hash(link, pin),
        label=name,
        shows_names=shows_names,
        salt=secrets.token_hex(16),
        opens_at=day_start(business_day(session.starts_at) - around),
        expires_at=day_end(business_day(session.ends_at) + around),
        made_at=now,
        made_by=actor.account_id,
        made_by_name=logged_name(actor)[:60],
    )
    _log("programmes.gate_opened", gate, actor, now)
    return OpenedGate(gate.id, link, pin)


def enter_gate(*, link: str, pin: str, now: datetime) -> int:
    """Return the gate that link and PIN open. A wrong PIN is counted although it is refused.

    Raises ``NotFound`` for an unknown link, ``Forbidden`` programmes.gate_closed,
    programmes.gate_wrong_pin.
    """
    with transaction.atomic():
        gate = Gate.objects.select_for_update().filter(link_hash=_link_hash(link)).first()
        if gate is None:
            raise NotFound()
        check_open(gate, now=now)
        if gate.pin_hash == _pin_hash(link, pin.strip()):
            return gate.id
        gate.wrong_tries += 1
        if gate.wrong_tries >= MOST_WRONG_TRIES:
            gate.closed_at = now
        gate.save(update_fields=["wrong_tries", "closed_at"])
        left = MOST_WRONG_TRIES - gate.wrong_tries
    if left <= 0:
        raise Forbidden("programmes.gate_closed", "口令错得太多，这个链接停用了。请工会再开一个。")
    raise Forbidden(
        "programmes.gate_wrong_pin", f"口令不对，看一下工会给的 6 位数字。还能试 {left} 次。"
    )


def check_open(gate: Gate, *, now: datetime) -> None:
    """Return when the gate may be used now; raise ``Forbidden`` programmes.gate_closed."""
    if gate.closed_at is not None:
        raise Forbidden("programmes.gate_closed", "这个链接停用了。请工会再开一个。")
    if now < gate.opens_at:
        raise Forbidden("programmes.gate_closed", "还没到日子，前一天起能打开。")
    if now >= gate.expires_at:
        raise Forbidden("programmes.gate_closed", "这一场过去了，链接到期了。")


@transaction.atomic
def close_gate(*, gate_id: int, session_id: int, actor: Actor, now: datetime) -> None:
    """Close a gate: what a device has not sent by then can no longer be sent. Raises ``NotFound``."""
    lock_session(session_id, actor)
    gate = Gate.objects.select_for_update().filter(id=gate_id, session_id=session_id).first()
    if gate is None:
        raise NotFound()
    if gate.closed_at is None:
        gate.closed_at = now
        gate.save(update_fields=["closed_at"])
        _log("programmes.gate_closed", gate, actor, now)


def _link_hash(link: str) -> UUID:
    return sealing.lookup_hash("gate_link", link)


def _pin_hash(link: str, pin: str) -> UUID:
    return sealing.lookup_hash("gate_pin", f"{link}\0{pin}")


def _log(kind: str, gate: Gate, actor: Actor, now: datetime) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_session",
        subject_id=gate.session_id,
        data={"gate": gate.id, "shows_names": gate.shows_names},
    )
