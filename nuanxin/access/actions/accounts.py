"""Accounts: those of workers open with a phone, those of cadres with a user name and a password."""

import re
from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from nuanxin.access import permissions, queries, rules
from nuanxin.access.actions import hashing, limits
from nuanxin.access.actions.sessions import end_sessions_of
from nuanxin.access.actions.sign_in import TOTP_COLUMN, matching_step
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, TooMany
from nuanxin.kernel.names import normalise_name
from nuanxin.kernel.text import readable
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.people import queries as people
from nuanxin.records.actions import append_event

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


def create_cadre_account(
    *,
    username: str,
    name: str,
    password: str,
    actor: Actor,
    now: datetime,
    worker_id: int | None = None,
    totp_secret: str | None = None,
) -> UUID:
    """Open an account with a first password; at first sign-in it sets its own and its TOTP.

    A user name is 3 to 40 of a–z, 0–9 and ``. _ -``, kept in lower case. ``worker_id`` names the
    cadre's own record, where there is one: the two are then one person. ``totp_secret`` (base32)
    sets the second step at once: for demonstrations. Raises ``Forbidden``, ``Malformed``,
    ``Conflict`` access.username_taken.
    """
    permissions.check_can_manage_accounts(actor)
    login = _check_username(username)
    _check_password(password, login)
    hashed = hashing.hash_password(password)
    account_id = uuid7()
    sealed = sealing.seal(TOTP_COLUMN, totp_secret, account_id) if totp_secret else None
    try:
        with transaction.atomic():
            _insert(account_id, login, readable(name), hashed, worker_id, None, sealed, now)
            _record("access.account_created", account_id, actor, now)
    except IntegrityError as error:
        raise Conflict("access.username_taken", _taken(login, error)) from error
    return account_id


@transaction.atomic
def open_worker_account(
    *, worker_id: int, name: str, phone: str | None, actor: Actor, now: datetime
) -> UUID:
    """Return the account of a worker, opened now if there is none; it signs in with ``phone``.

    ``phone`` is the 11 digits that a code has just verified, or None when a host app has vouched.
    A phone that signs in another account stays with that one: then this account has no phone yet.
    A phone verified anew replaces the account's old one.
    """
    phone_hash = sealing.lookup_hash("phone", phone) if phone else None
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_WORKER,
            {"id": uuid7(), "worker": worker_id, "name": name, "phone": phone_hash, "now": now},
        )
        account_id, is_new = cursor.fetchone()
    if is_new:
        _record("access.account_opened", account_id, actor, now, worker_id=worker_id)
    return UUID(str(account_id))


# ``xmax = 0`` tells an inserted row from an updated one.
_OPEN_WORKER = """
WITH free AS (
  SELECT %(phone)s::uuid AS phone_hash
   WHERE NOT EXISTS (SELECT 1 FROM access_account
                      WHERE phone_hash = %(phone)s AND worker_id IS DISTINCT FROM %(worker)s)
)
INSERT INTO access_account (id, name, worker_id, phone_hash, password, is_active, session_epoch,
                            totp_last_step, created_at)
VALUES (%(id)s, %(name)s, %(worker)s, (SELECT phone_hash FROM free), '', true, 0, 0, %(now)s)
ON CONFLICT (worker_id) DO UPDATE
   SET phone_hash = coalesce((SELECT phone_hash FROM free), access_account.phone_hash)
RETURNING id, xmax = 0
"""


def claim_account(*, phone: str, name: str, now: datetime) -> UUID:
    """Open the account of the person registered under ``phone`` with just this name.

    For somebody whose employer handed in a roster: the phone was verified by a code, and nobody is
    shown any name. Raises ``Malformed`` access.claim_no_match, ``TooMany`` after a few wrong names.
    """
    phone_hash = sealing.lookup_hash("phone", phone)
    key = limits.key_of("claim", phone_hash)
    allowed = rules.setting("claim_tries_day", business_day(now))
    since = limits.start_of_day(now)
    if limits.count_attempts(AttemptKind.CLAIM, key, since=since) >= allowed:
        raise TooMany(
            "access.claim_used_up", "今天试的次数多了，明天再来，或者打 12351，有人帮你查。"
        )
    asked = normalise_name(name)
    rows = [people.get_worker(one) for one in people.find_workers_by_phone(phone)]
    workers = [row for row in rows if normalise_name(row.name) == asked]
    if len(workers) != 1:
        limits.note_attempt(AttemptKind.CLAIM, key, succeeded=False, now=now)
        raise Malformed(
            "access.claim_no_match",
            "这个手机号下没有这个名字。名单上可能写错了字：直接入会就行，不耽误。",
        )
    worker_id, registered = workers[0].id, workers[0].name
    actor = Actor(worker_id=worker_id, name=registered)
    return open_worker_account(
        worker_id=worker_id, name=registered, phone=phone, actor=actor, now=now
    )


@transaction.atomic
def close_account(*, account_id: UUID, actor: Actor, now: datetime) -> None:
    """Close a leaver's account: its sessions end now, its posts are taken back.

    Raises ``Forbidden``, ``NotFound``, and ``Conflict`` for one's own account.
    """
    account = queries.get_account(actor, account_id)
    if account.id == actor.account_id:
        raise Conflict("access.own_account", "不能停用自己的账号，请另一位系统管理员来办。")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_account SET is_active = false WHERE id = %s", [account_id])
        cursor.execute(
            "UPDATE access_post SET revoked_at = %s, revoked_by_id = %s"
            " WHERE account_id = %s AND revoked_at IS NULL AND valid_to > %s",
            [now, actor.account_id, account_id, business_day(now)],
        )
        revoked = cursor.rowcount
        cursor.execute(
            "UPDATE access_apitoken SET revoked_at = %s"
            " WHERE created_by_id = %s AND revoked_at IS NULL",
            [now, account_id],
        )
    end_sessions_of(account_id)
    _record("access.account_closed", account_id, actor, now, posts_revoked=revoked)


@transaction.atomic
def reopen_account(*, account_id: UUID, actor: Actor, now: datetime) -> None:
    """Open a closed account again; posts and tokens stay taken back."""
    queries.get_account(actor, account_id)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_account SET is_active = true WHERE id = %s", [account_id])
    _record("access.account_reopened", account_id, actor, now)


def reset_credentials(*, account_id: UUID, password: str, actor: Actor, now: datetime) -> None:
    """Give an account a first password and no TOTP, as when it was new; its sessions end.

    Raises ``Forbidden``, ``NotFound``, ``Malformed``, and ``Conflict`` for one's own account.
    """
    account = queries.get_account(actor, account_id)
    if account.id == actor.account_id:
        raise Conflict("access.own_account", "自己的密码请在“我的登录”里改。")
    _check_password(password, account.username)
    hashed = hashing.hash_password(password)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE access_account SET password = %s, totp_sealed = NULL, totp_last_step = 0"
                " WHERE id = %s",
                [hashed, account_id],
            )
        end_sessions_of(account_id)
        _record("access.credentials_reset", account_id, actor, now)


def change_password(*, old: str, new: str, actor: Actor, now: datetime) -> None:
    """Change one's own password; every session of the account ends, the caller begins a new one.

    Raises ``Forbidden`` access.old_password_wrong and ``Malformed``.
    """
    kept, username = _own_password(actor)
    if not hashing.is_password(old, kept):
        raise Forbidden("access.old_password_wrong", "原来的密码不对，新密码没有存。")
    _check_password(new, username)
    hashed = hashing.hash_password(new)
    assert actor.account_id is not None
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE access_account SET password = %s WHERE id = %s", [hashed, actor.account_id]
            )
        end_sessions_of(actor.account_id)
        _record("access.password_changed", actor.account_id, actor, now)


def enrol_totp(
    *,
    account_id: UUID,
    epoch: int,
    secret: str,
    code: str,
    password: str | None,
    now: datetime,
) -> None:
    """Set an account's second step: ``secret`` is base32, ``code`` shows that the app has it.

    ``epoch`` is that of the first step: a password reset since makes it void (``NotFound``).

    ``password`` replaces the first password that somebody else has chosen. Refused when a second
    step is there already: ``Conflict`` access.totp_there. Raises ``Malformed`` for a wrong code.
    """
    step = matching_step(secret, code, now)
    if step is None:
        raise Malformed(
            "access.totp_not_matching",
            "动态口令对不上。等它换下一个再输；一直不对，看看手机的时间准不准。",
        )
    hashed = None
    if password is not None:
        _check_password(password, "")
        hashed = hashing.hash_password(password)
    sealed = sealing.seal(TOTP_COLUMN, secret, account_id)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM access_account WHERE id = %s AND session_epoch = %s AND is_active"
                " FOR UPDATE",
                [account_id, epoch],
            )
            if cursor.fetchone() is None:
                raise NotFound()
            cursor.execute(
                "UPDATE access_account SET totp_sealed = %s, totp_last_step = %s,"
                " password = coalesce(%s, password) WHERE id = %s AND totp_sealed IS NULL",
                [sealed, step, hashed, account_id],
            )
            if cursor.rowcount == 0:
                raise Conflict(
                    "access.totp_there",
                    "这个账号已经绑过动态口令。换手机的话，请系统管理员先重置。",
                )
        end_sessions_of(account_id)
        actor = queries.actor_of_account(account_id, now)
        _record("access.totp_enrolled", account_id, actor, now)


def _insert(
    account_id: UUID,
    username: str | None,
    name: str,
    password: str,
    worker_id: int | None,
    phone_hash: UUID | None,
    totp_sealed: bytes | None,
    now: datetime,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO access_account (id, username, name, password, worker_id, phone_hash,
                      totp_sealed, totp_last_step, is_active, session_epoch, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 0, true, 0, %s)""",
            [account_id, username, name, password, worker_id, phone_hash, totp_sealed, now],
        )


def _taken(username: str, error: IntegrityError) -> str:
    if "worker" in str(error):
        return "这位同事已经有一个账号，不用再开。"
    return f"用户名「{username}」已经有人用了，换一个。"


def _check_username(username: str) -> str:
    login = username.strip().lower()
    if not _USERNAME.fullmatch(login):
        raise Malformed(
            "access.username_shape",
            "用户名用 3 到 40 个小写字母、数字、点或横线，以字母或数字开头。",
        )
    return login


def _check_password(password: str, username: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise Malformed("access.password_weak", " ".join(error.messages)) from error
    if username and username in password.lower():
        raise Malformed("access.password_weak", "密码里不要带用户名。")


def _own_password(actor: Actor) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT password, coalesce(username, '') FROM access_account"
            " WHERE id = %s AND is_active AND password <> ''",
            [actor.account_id],
        )
        row: tuple[str, str] | None = cursor.fetchone()
    if row is None:
        raise Forbidden("access.no_password", "这个账号不用密码登录。")
    return row


def _record(kind: str, account_id: UUID, actor: Actor, now: datetime, **data: object) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="account",
        subject_id=None,
        data={"account": str(account_id), **data},
    )
