"""The session store (``SESSION_ENGINE``): one query brings the session, the account and its posts.

Kept apart from Django's own store because of that query, because the row is found by a keyed hash
of the cookie, and because a session belongs to an account and dies with its epoch (docs/adr).
"""

from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from nuanxin.access import queries, rules
from nuanxin.access.actions import sessions as rows
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import ANONYMOUS, Actor


class SessionStore(SessionBase):
    """A browser's session. ``actor`` and ``kind`` come with the first look into it."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.actor: Actor = ANONYMOUS
        self.kind = SessionKind.ANONYMOUS
        self.has_begun = False
        self._account_id: UUID | None = None
        self._wants_touch = False
        self._written: dict[str, Any] | None = None

    @property
    def is_signed_in(self) -> bool:
        """Return whether somebody has signed in; looks the session up at most once."""
        self._get_session()  # type: ignore[attr-defined]
        return self.actor.account_id is not None

    def begin(self, account_id: UUID, kind: SessionKind) -> None:
        """Make this browser's session that of the account, under a new cookie.

        What an anonymous session kept stays; what another account's session kept does not.
        """
        if self.is_signed_in and self.actor.account_id != account_id:
            self.flush()
        self._account_id = account_id
        self.kind = kind
        self.cycle_key()
        self.actor = queries.actor_of_account(account_id, clock.now())
        self.has_begun = True

    def adopt(
        self, session_key: str, kept: dict[str, Any], actor: Actor, kind: SessionKind
    ) -> None:
        """Make this browser's session the row that a statement has just written under a new key.

        The cookie is set with the answer; the row is written again only if more is kept by then.
        """
        self._session_key = session_key
        self._session_cache = kept
        self._written = dict(kept)
        self._account_id = actor.account_id
        self.actor = actor
        self.kind = kind
        self.has_begun = True
        self.modified = True

    def touch(self) -> None:
        """Note that the session was used, if that is due: ten times in an idle time at most."""
        if self._wants_touch and self.session_key and not self.has_begun:
            rows.touch_session(rows.key_hash_of(self.session_key), now=clock.now())
            self._wants_touch = False

    # ---- what Django asks of a store ----------------------------------------------------------

    def load(self) -> dict[str, Any]:
        now = clock.now()
        found = (
            queries.get_session(rows.key_hash_of(self.session_key), now)
            if self.session_key
            else None
        )
        if found is None:
            self._session_key = None
            return {}
        self.kind = found.kind
        if found.actor is not None:
            self.actor = found.actor
            self._account_id = found.actor.account_id
        on = clock.business_day(now)
        self._wants_touch = rules.wants_touch(found.kind, seen_at=found.seen_at, now=now, on=on)
        return self.decode(found.data)

    def exists(self, session_key: str) -> bool:
        # A new key is 32 random letters and digits: nobody has it, and save() would notice.
        return False

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        kept = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        if not must_create and kept == self._written:
            return
        data = self.encode(kept)
        key_hash = rows.key_hash_of(self.session_key)
        now = clock.now()
        if must_create:
            is_new = rows.insert_session(
                key_hash, data, kind=self.kind, account_id=self._account_id, now=now
            )
            if not is_new:
                raise CreateError
        elif not rows.update_session(key_hash, data, now=now):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            rows.delete_session(rows.key_hash_of(key))

    def flush(self) -> None:
        super().flush()
        self.actor = ANONYMOUS
        self.kind = SessionKind.ANONYMOUS
        self._account_id = None

    def get_expiry_age(self, **kwargs: Any) -> int:
        # The cookie may live as long as the row; the row's end and idleness decide.
        minutes = rules.minutes_of(self.kind, clock.business_day(clock.now()))[1]
        return int(minutes) * 60

    def get_expire_at_browser_close(self) -> bool:
        return self.kind is SessionKind.CADRE

    @classmethod
    def clear_expired(cls) -> None:
        """Do nothing: the nightly sweep of this package does it."""
