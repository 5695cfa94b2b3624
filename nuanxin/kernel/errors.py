"""Refusals: every one has a stable code, and a Chinese sentence that says what to do next."""

from typing import Any


class Refusal(Exception):
    """Base of all refusals. ``status`` is the HTTP status that the edge answers with.

    ``code`` is stable ("membership.already_member"), ``message`` is for the person who reads it,
    ``details`` are plain values (never personal data in clear) for a machine.
    """

    status = 400

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details


class Malformed(Refusal):
    """What was sent cannot be read or does not fit its field."""

    status = 422


class NotFound(Refusal):
    """Not there, or out of the actor's scope: both read the same."""

    status = 404

    def __init__(
        self,
        code: str = "not_found",
        message: str = "没有找到这一项。它可能不在您的范围里，或者已经不在了。",
        **details: Any,
    ) -> None:
        super().__init__(code, message, **details)


class Forbidden(Refusal):
    """In scope, but the actor does not hold the right."""

    status = 403


class Conflict(Refusal):
    """The world has moved on: the state no longer permits what was asked."""

    status = 409


class TooMany(Refusal):
    """A limit was reached; ``retry_after_seconds`` is in the details where it is known."""

    status = 429


class Unavailable(Refusal):
    """A part that is needed does not answer now; what was entered is kept."""

    status = 503
