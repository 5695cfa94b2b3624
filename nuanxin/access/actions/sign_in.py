"""Signing in: password, then TOTP; or a phone that a code has verified.

Each wrong try is committed before it is refused. Unknown user names take the same way and the same
time as known ones.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from django.db import connection, transaction

from nuanxin.access import queries, rules
from nuanxin.access.actions import hashing, limits
from nuanxin.access.actions.codes import Origin
from nuanxin.kernel import sealing
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Forbidden, NotFound, TooMany
from nuanxin.records.actions import append_event

TOTP_COLUMN = "totp"


@dataclass(frozen=True, slots=True)
class PasswordPassed:
    """The password was right; nobody is signed in before the second step."""

    account_id: UUID
    name: str
    has_totp: bool
    epoch: int


def check_password(
    *, username: str, password: str, origin: Origin, is_known_device: bool, now: datetime
) -> PasswordPassed:
    """Return whose password it is.

    Raises ``TooMany`` while slowed down, ``Forbidden`` access.sign_in_wrong for a wrong password
    and for an unknown or closed account alike, ``Unavailable`` when too many sign in at once.
    """
    name = username.strip().lower()
    keys = _keys(name, origin, is_known_device)
    _check_pace(keys, now)
    found = _find(name)
    if not hashing.is_password(password, found[0] if found else None) or found is None:
        limits.note_wrong(keys, now=now)
        raise Forbidden(
            "access.sign_in_wrong",
            "用户名或密码不对。看看大小写和输入法；忘了密码，请找本单位的系统管理员重置。",
        )
    return found[1]


def check_totp(
    *,
    account_id: UUID,
    epoch: int,
    code: str,
    origin: Origin,
    is_known_device: bool,
    now: datetime,
) -> None:
    """Return when ``code`` is the account's TOTP code of this half minute or of a neighbour.

    A step is taken once: the same or an older one is refused. ``epoch`` is that of the first step:
    a password changed or reset since makes it void. Raises ``TooMany``, ``Forbidden``, ``NotFound``.
    """
    username, sealed = _totp_of(account_id, epoch)
    keys = _keys(username, origin, is_known_device)
    _check_pace(keys, now)
    secret = sealing.unseal(TOTP_COLUMN, sealed, account_id) if sealed else ""
    step = matching_step(secret, code, now) if secret else None
    if step is None or not _take_step(account_id, step):
        limits.note_wrong(keys, now=now)
        raise Forbidden(
            "access.totp_wrong",
            "动态口令不对，或者已经用过。等它换下一个再输；一直不对，看看手机的时间准不准。",
        )
    _note_signed_in(account_id, keys, now)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step that ``code`` belongs to, or None."""
    digits = "".join(str(int(c)) for c in code if c.isdecimal())
    totp = pyotp.TOTP(secret)
    for step in rules.totp_steps(now):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


@transaction.atomic
def sign_in_by_phone(*, phone_hash: UUID, now: datetime) -> UUID | None:
    """Return the account that signs in with a phone just verified by a code; None if none does."""
    account_id = queries.find_account_by_phone_hash(phone_hash)
    if account_id is not None:
        note_sign_in(account_id, "phone", now)
    return account_id


def note_sign_in(account_id: UUID, how: str, now: datetime) -> None:
    """Record that an account has signed in."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_account SET last_login = %s WHERE id = %s", [now, account_id])
    append_event(
        "access.signed_in",
        actor=queries.actor_of_account(account_id, now),
        at=now,
        subject_type="account",
        subject_id=None,
        data={"account": str(account_id), "how": how},
    )


def _keys(name: str, origin: Origin, is_known_device: bool) -> limits.PasswordKeys:
    device = origin.device if is_known_device else ""
    return limits.password_keys(name, network=origin.network, known_device=device)


def _check_pace(keys: limits.PasswordKeys, now: datetime) -> None:
    tries = limits.wrong_tries(keys, now=now)
    decision = rules.may_try_password(tries, now=now, on=business_day(now))
    if not decision.is_yes:
        raise TooMany(decision.code, decision.message, retry_after_seconds=decision.needs)


def _find(username: str) -> tuple[str, PasswordPassed] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT password, id, name, totp_sealed IS NOT NULL, session_epoch"
            " FROM access_account WHERE username = %s AND is_active AND password <> ''",
            [username],
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], PasswordPassed(*row[1:]))


def _totp_of(account_id: UUID, epoch: int) -> tuple[str, bytes | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT username, totp_sealed FROM access_account"
            " WHERE id = %s AND is_active AND session_epoch = %s",
            [account_id, epoch],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    return row[0] or "", row[1]


def _take_step(account_id: UUID, step: int) -> bool:
    """Use up the step; return whether it was still to be used. One statement: two cannot share it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_account SET totp_last_step = %s WHERE id = %s AND totp_last_step < %s",
            [step, account_id, step],
        )
        return bool(cursor.rowcount == 1)


@transaction.atomic
def _note_signed_in(account_id: UUID, keys: limits.PasswordKeys, now: datetime) -> None:
    limits.note_right(keys, now=now)
    note_sign_in(account_id, "password_and_totp", now)
