"""What pages of the desk ask of every request: who, what day, which union."""

from datetime import date

from django.http import HttpRequest

from nuanxin.access import queries
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts; the middleware has found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def today() -> date:
    """Return the business day."""
    return clock.business_day(clock.now())


def union_asked(actor: Actor, code: str, right: str) -> int | None:
    """Return the union's id; a code out of scope reads like one that does not exist."""
    if not code.strip():
        return None
    union = queries.find_union_by_code(code)
    if union is None or not policy.may(actor, right, path=union.path):
        raise Malformed("access.no_such_union", "您管的范围里没有这个编码的工会。请再核对一下。")
    return union.id
