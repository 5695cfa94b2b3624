"""Codes sent to phones: six digits, a few minutes, one use, a few tries.

A code is bound to the browser that asked for it (the caller keeps ``SentCode.code_id`` in the
session), so that nobody elsewhere can use up its tries. Whether an account or a person exists is
looked at nowhere here: known and unknown phones take the same way, to the same answer.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from nuanxin.access import rules
from nuanxin.access.actions import limits
from nuanxin.access.states import AttemptKind, CodePurpose
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, TooMany
from nuanxin.kernel.phone import mask_phone, normalise_phone
from nuanxin.records.actions import append_event

DIGITS = 6
BUDGET_PARTS = 16
TEMPLATE = "access.code"
_TEMPLATES = {CodePurpose.HELP: "access.help_code"}
"""Texts of their own: a code that is told to somebody else must say what it allows."""

log = logging.getLogger("nuanxin.access")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a try comes from: its network, and the device's mark when it signed in here before."""

    network: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class SentCode:
    """What the asking page may know; ``masked_phone`` is 138****6027."""

    code_id: int
    masked_phone: str
    expires_at: datetime


@transaction.atomic
def send_code(
    *, phone: str, purpose: CodePurpose, origin: Origin, is_known_device: bool, now: datetime
) -> SentCode:
    """Send a code to ``phone`` (in any usual spelling) and return what it is checked by.

    Raises ``Malformed`` for what is no mobile number, ``TooMany`` when a limit is reached; both
    before anything is written.
    """
    number = normalise_phone(phone)
    phone_hash = sealing.lookup_hash("phone", number)
    keys = _keys(phone_hash, origin)
    limits.lock(keys[AttemptKind.CODE_TO_PHONE], keys[AttemptKind.CODE_FROM_NETWORK])
    counts = _counts(phone_hash, keys, is_known_device=is_known_device, now=now)
    decision = rules.may_send_code(counts, now=now, on=business_day(now))
    if not decision.is_yes:
        raise TooMany(decision.code, decision.message, retry_after_seconds=decision.needs)
    return _write(number, phone_hash, purpose, keys, counts, now)


def check_code(*, code_id: int, code: str, purpose: CodePurpose, now: datetime) -> None:
    """Return when ``code`` is the one sent under ``code_id``; it has then been used.

    Raises ``Malformed`` for a wrong one and ``Conflict`` when it is over: too old, used, or wrong
    too often. The wrong try is committed before the refusal.
    """
    digits = _normalise_code(code)
    with transaction.atomic():
        is_right, tries_left = _try(code_id, digits, purpose, now)
    if is_right:
        return
    if tries_left is None or tries_left <= 0:
        raise Conflict("access.code_over", "这个验证码不能用了。点“再发一次”，用新的那个。")
    raise Malformed(
        "access.code_wrong",
        f"不是这个数字，还能再试 {tries_left} 次。看看是不是最新的那条短信。",
        tries_left=tries_left,
    )


def phone_of_code(code_id: int) -> UUID | None:
    """Return the hash of the phone that a code was sent to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_hash FROM access_signincode WHERE id = %s", [code_id])
        row = cursor.fetchone()
    return row[0] if row else None


def _keys(phone_hash: UUID, origin: Origin) -> dict[AttemptKind, UUID]:
    return {
        AttemptKind.CODE_TO_PHONE: limits.key_of("phone", phone_hash),
        AttemptKind.CODE_TO_DEVICE: limits.key_of("device", phone_hash, origin.device),
        AttemptKind.CODE_FROM_NETWORK: limits.key_of("network", origin.network),
    }


_COUNTS = """
SELECT (SELECT max(sent_at) FROM access_signincode
         WHERE phone_hash = %(phone_hash)s AND sent_at >= %(hour)s),
       (SELECT count(*) FROM access_attempt
         WHERE key_hash = %(phone)s AND action = 'code_to_phone' AND at >= %(day)s),
       (SELECT count(*) FROM access_attempt
         WHERE key_hash = %(device)s AND action = 'code_to_device' AND at >= %(day)s),
       (SELECT count(*) FROM access_attempt
         WHERE key_hash = %(network)s AND action = 'code_from_network' AND at >= %(hour)s),
       (SELECT coalesce(sum(sent), 0) FROM access_codebudget WHERE day = %(today)s)
"""


def _counts(
    phone_hash: UUID, keys: dict[AttemptKind, UUID], *, is_known_device: bool, now: datetime
) -> rules.CodeCounts:
    values: dict[str, Any] = {
        "phone_hash": phone_hash,
        "phone": keys[AttemptKind.CODE_TO_PHONE],
        "device": keys[AttemptKind.CODE_TO_DEVICE],
        "network": keys[AttemptKind.CODE_FROM_NETWORK],
        "hour": now - timedelta(hours=1),
        "day": limits.start_of_day(now),
        "today": business_day(now),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        last_at, to_phone, to_device, from_network, sent_today = cursor.fetchone()
    return rules.CodeCounts(
        last_sent_at=last_at,
        to_phone_today=to_phone,
        to_device_today=to_device,
        from_network_hour=from_network,
        sent_today=int(sent_today),
        is_known_device=is_known_device,
    )


# One statement: the code, what is counted, and the day's budget.
_WRITE = """
WITH counted AS (
  INSERT INTO access_attempt (action, key_hash, at, succeeded)
  SELECT * FROM unnest(%(actions)s::text[], %(keys)s::uuid[]) AS tried(action, key_hash),
         (VALUES (%(now)s::timestamptz, true)) AS how(at, succeeded)
), spent AS (
  INSERT INTO access_codebudget (day, part, sent) VALUES (%(today)s, %(part)s, 1)
  ON CONFLICT (day, part) DO UPDATE SET sent = access_codebudget.sent + 1
)
INSERT INTO access_signincode (phone_hash, code_hash, purpose, sent_at, expires_at, wrong_tries)
VALUES (%(phone)s, %(code)s, %(purpose)s, %(now)s, %(expires)s, 0)
RETURNING id
"""


def _write(
    number: str,
    phone_hash: UUID,
    purpose: CodePurpose,
    keys: dict[AttemptKind, UUID],
    counts: rules.CodeCounts,
    now: datetime,
) -> SentCode:
    on = business_day(now)
    minutes = rules.setting("code_valid_minutes", on)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    counted = [AttemptKind.CODE_FROM_NETWORK]
    counted.append(
        AttemptKind.CODE_TO_DEVICE if counts.is_known_device else AttemptKind.CODE_TO_PHONE
    )
    values: dict[str, Any] = {
        "actions": [kind.value for kind in counted],
        "keys": [keys[kind] for kind in counted],
        "now": now,
        "today": on,
        "part": secrets.randbelow(BUDGET_PARTS),
        "phone": phone_hash,
        "code": _hash_code(code, phone_hash, purpose),
        "purpose": purpose.value,
        "expires": now + timedelta(minutes=minutes),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        (code_id,) = cursor.fetchone()
    if rules.crosses_alarm(counts.sent_today, on=on):
        _raise_alarm(now)
    _sender()(
        phone=number,
        worker_id=None,
        template=_TEMPLATES.get(purpose, TEMPLATE),
        values={"code": code, "minutes": minutes},
        now=now,
        quiet_ok=True,
    )
    return SentCode(code_id, mask_phone(number), values["expires"])


def _sender() -> Any:
    """Return what sends: a layer above this one, named in the settings (docs/adr)."""
    return import_string(settings.ACCESS_CODE_SENDER)


def _raise_alarm(now: datetime) -> None:
    """Tell once a day that the budget is nearly used."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO access_codebudget AS budget (day, part, sent, alarmed_at)
            VALUES (%(today)s, -1, 0, %(now)s) ON CONFLICT (day, part) DO NOTHING
            """,
            {"today": business_day(now), "now": now},
        )
        is_first = cursor.rowcount == 1
    if is_first:
        append_event(
            "access.code_budget_low", actor=SYSTEM, at=now, subject_type="day", subject_id=None
        )
        log.warning("code budget of the day is nearly used")


def _hash_code(code: str, phone_hash: UUID, purpose: CodePurpose) -> bytes:
    return sealing.lookup_hash("code", f"{purpose.value}|{phone_hash}|{code}").bytes


def _normalise_code(text: str) -> str:
    """Return the six digits; full-width ones and spaces between are taken."""
    digits = "".join(str(int(c)) for c in text if c.isdecimal())
    others = [c for c in text if not c.isdecimal() and not c.isspace() and c != "-"]
    if others or len(digits) != DIGITS:
        raise Malformed("access.code_shape", f"短信里是 {DIGITS} 位数字，现在是 {len(digits)} 位。")
    return digits


# Looking and counting in one statement, so that two tries at once cannot share one count.
_TRY = """
UPDATE access_signincode
   SET used_at = CASE WHEN code_hash = %(code)s THEN %(now)s END,
       wrong_tries = wrong_tries + CASE WHEN code_hash = %(code)s THEN 0 ELSE 1 END
 WHERE id = %(id)s AND used_at IS NULL AND expires_at > %(now)s AND purpose = %(purpose)s
   AND wrong_tries < %(tries)s
RETURNING used_at IS NOT NULL, wrong_tries
"""


def _try(code_id: int, digits: str, purpose: CodePurpose, now: datetime) -> tuple[bool, int | None]:
    """Return whether it was right, and how many tries are left; None when the code is over."""
    allowed = rules.setting("code_wrong_tries", business_day(now))
    phone_hash = phone_of_code(code_id)
    if phone_hash is None:
        return False, None
    values: dict[str, Any] = {
        "code": _hash_code(digits, phone_hash, purpose),
        "id": code_id,
        "now": now,
        "purpose": purpose.value,
        "tries": allowed,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TRY, values)
        row = cursor.fetchone()
    if row is None:
        return False, None
    return bool(row[0]), allowed - row[1]
