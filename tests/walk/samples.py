"""Objects for the walk: for each address with a variable part, one that belongs to a given union.

A package adds a line a route. Two kinds:

* ``of_union``: the object hangs on a union; the function makes (or finds) one that belongs to the
  union given, and returns the address's keyword arguments for it;
* ``of_person``: the object belongs to a person; the function gets the name of somebody of the cast.

``MISSING`` are keyword arguments of the same shape that lead to nothing. Functions must not rely on
each other: each route is walked by itself, in a transaction of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from nuanxin.access.models import Account, ApiToken, Post
from nuanxin.access.queries.actors import hash_token
from nuanxin.kernel import clock
from nuanxin.orgs.models import Union
from tests.cast import Cast

NO_ID = 10**12
NO_UUID = UUID("00000000-0000-7000-8000-000000000000")


@dataclass(frozen=True)
class Sample:
    """How to lead one address to an object, to somebody else's, and to none."""

    missing: dict[str, Any]
    of_union: Callable[[Cast, Union], dict[str, Any]] | None = None
    of_person: Callable[[Cast, str], dict[str, Any]] | None = None
    public: Callable[[Cast], dict[str, Any]] | None = None
    # A form's fields, where an empty one would not get as far as the object.
    body: dict[str, Any] = field(default_factory=dict)


def _post_of(cast: Cast, union: Union) -> dict[str, Any]:
    today = clock.business_day(cast.now)
    holder, _ = Account.objects.get_or_create(
        username="holder.of.samples",
        defaults={"name": "任某", "created_at": cast.now},
    )
    post, _ = Post.objects.get_or_create(
        account=holder,
        role="finance",
        union=union,
        revoked_at=None,
        defaults={
            "valid_from": today,
            "valid_to": today + timedelta(days=90),
            "granted_at": cast.now,
            "needs_second_person": True,
        },
    )
    return {"post_id": post.id}


def _token_of(cast: Cast, union: Union) -> dict[str, Any]:
    token, _ = ApiToken.objects.get_or_create(
        token_hash=hash_token(f"nx_sample-{union.id}"),
        defaults={
            "label": "样例",
            "token_hint": "nx_sampl",
            "union": union,
            "scopes": ["roster.view"],
            "created_at": cast.now,
            "expires_at": cast.now + timedelta(days=30),
        },
    )
    return {"token_id": token.id}


def _account(cast: Cast, union: Union) -> dict[str, Any]:
    """Accounts hang on no union: whoever keeps them keeps all."""
    return {"account_id": cast.account_id("finance")}


_POST = Sample(missing={"post_id": NO_ID}, of_union=_post_of)
_TOKEN = Sample(missing={"token_id": NO_ID}, of_union=_token_of)
_ACCOUNT = Sample(missing={"account_id": NO_UUID}, of_union=_account)
_HOST = Sample(missing={"provider": "nobody"}, public=lambda cast: {"provider": "nobody"})

SAMPLES: dict[str, Sample] = {
    "desk-post": _POST,
    "desk-post-approve": _POST,
    "desk-post-revoke": _POST,
    "desk-token-revoke": _TOKEN,
    "desk-account": _ACCOUNT,
    "desk-account-close": _ACCOUNT,
    "desk-account-reopen": _ACCOUNT,
    "sign-in-host": _HOST,
    "sign-in-host-return": _HOST,
    "gallery-error": Sample(missing={"status": 418}, public=lambda cast: {"status": 404}),
}
