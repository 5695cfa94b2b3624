"""What operations share: fields that may be sent, pages, writing once under a key."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest
from ninja import Query
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from nuanxin.kernel import regions
from nuanxin.kernel.actor import Actor
from nuanxin.records.actions import Answer, run_once

PAGE_MOST = 100
BIGINT_MOST = 2**63 - 1
LINE = r"^[^\x00-\x1f\x7f]*$"
"""One line of text without control characters."""

Empty = Literal[""]
"""A parameter that is named and left empty, as in ``?region=``: the same as not named."""


def _as_written(sent: object) -> object:
    """Return the text of a day; what is not written year-month-day is no day, a bare number least
    of all (20260531 would be read as seconds, and answered with a number of 1970)."""
    if isinstance(sent, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", sent):
        raise PydanticCustomError("date_parsing", "not a day")
    return sent


Day = Annotated[date, BeforeValidator(_as_written)]

Limit = Annotated[int, Query(ge=1, le=PAGE_MOST, description="一页多少条")]
Cursor = Annotated[
    str | None,
    Query(max_length=1000, pattern=LINE, description="上一页答复里的 next"),
]
Number = Annotated[int, Field(ge=1, le=BIGINT_MOST)]
REGION_CODES = (
    "330000",
    *(one.code for one in regions.cities()),
    *(one.code for one in regions.counties()),
)


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def token_id_of(request: HttpRequest) -> int:
    """Return the id of the token that the program showed; the address demands one."""
    return int(request.token_holder.token_id)  # type: ignore[attr-defined]


def write_once(
    request: HttpRequest,
    work: Callable[[], Answer],
    *,
    now: datetime,
    body: bytes | None = None,
    is_one_statement: bool = False,
) -> Answer:
    """Do ``work``; under an Idempotency-Key once only, however often it is sent.

    The digest covers method, address and body, so that a key serves one request only. The caller
    or ``work`` checks the scope. Work that ``is_one_statement`` needs no transaction around it
    where there is no key. Raises as ``records.actions.run_once``.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None and is_one_statement:
        return work()
    if key is None:
        with transaction.atomic():
            return work()
    sent = request.body if body is None else body
    digest_of = f"{request.method} {request.path}\n".encode() + sent
    client = f"token:{token_id_of(request)}"
    return run_once(client=client, key=key, body=digest_of, now=now, work=work)


def page(items: list[Any], following: str | None) -> dict[str, Any]:
    """Return a page as every list answers it."""
    return {"items": items, "next": following}
