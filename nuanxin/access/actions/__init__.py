"""Every write of 权限: codes, sign-in, sessions, posts, tokens, accounts, host apps."""

from nuanxin.access.actions.accounts import (
    change_password,
    claim_account,
    close_account,
    create_cadre_account,
    enrol_totp,
    open_worker_account,
    reopen_account,
    reset_credentials,
)
from nuanxin.access.actions.codes import Origin, SentCode, check_code, send_code
from nuanxin.access.actions.first_sign_in import (
    FirstSignIn,
    adopt_sign_in,
    first_sign_in_sql,
    foresee_sign_in,
)
from nuanxin.access.actions.hosts import bind_host, sign_in_from_host
from nuanxin.access.actions.on_site import check_on_site_tries, note_on_site_miss
from nuanxin.access.actions.posts import approve_post, grant_post, revoke_post
from nuanxin.access.actions.sessions import (
    begin_session,
    end_session,
    end_sessions_of,
    forget_held,
    forget_pending_code,
    forget_pending_password,
    hold_host_person,
    hold_pending_code,
    hold_pending_password,
    hold_verified_phone,
)
from nuanxin.access.actions.sign_in import (
    PasswordPassed,
    check_password,
    check_totp,
    sign_in_by_phone,
)
from nuanxin.access.actions.sweeping import sweep_access
from nuanxin.access.actions.tokens import NewToken, create_token, note_token_use, revoke_token

__all__ = [
    "FirstSignIn",
    "NewToken",
    "Origin",
    "PasswordPassed",
    "SentCode",
    "adopt_sign_in",
    "approve_post",
    "begin_session",
    "bind_host",
    "change_password",
    "check_code",
    "check_on_site_tries",
    "check_password",
    "check_totp",
    "claim_account",
    "close_account",
    "create_cadre_account",
    "create_token",
    "end_session",
    "end_sessions_of",
    "enrol_totp",
    "first_sign_in_sql",
    "foresee_sign_in",
    "forget_held",
    "forget_pending_code",
    "forget_pending_password",
    "grant_post",
    "hold_host_person",
    "hold_pending_code",
    "hold_pending_password",
    "hold_verified_phone",
    "note_on_site_miss",
    "note_token_use",
    "open_worker_account",
    "reopen_account",
    "reset_credentials",
    "revoke_post",
    "revoke_token",
    "send_code",
    "sign_in_by_phone",
    "sign_in_from_host",
    "sweep_access",
]
