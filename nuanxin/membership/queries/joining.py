"""What can be said to somebody before he has answered all questions of joining."""

from datetime import datetime

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.identity import parse_identity
from nuanxin.membership.queries.mine import get_my_membership
from nuanxin.membership.queries.places import FIELDS, TAKES
from nuanxin.membership.rules.joining import PROVINCE, join_terms, may_join
from nuanxin.membership.rules.receipts import (
    Belonging,
    Receipt,
    Waiting,
    Where,
    member_receipt,
    refused_receipt,
    waiting_receipt,
)
from nuanxin.membership.rules.review import due_days
from nuanxin.membership.states import JoinState
from nuanxin.orgs import queries as orgs

MOST_NEAR = 3
_NEAR = f"""
SELECT {FIELDS} FROM orgs_union u
WHERE {TAKES} AND (u.adcode = %(county)s OR u.adcode / 100 = %(city)s OR u.level <= 2
                   OR u.adcode / 10000 = %(city)s / 100)
ORDER BY u.adcode = %(county)s DESC, u.adcode / 100 = %(city)s DESC,
         u.route = 'backstop' DESC, u.kind = 'township' DESC, u.is_new_form DESC, u.id
LIMIT %(limit)s
"""


def find_refusal(identity: str, adcode: int | None, *, now: datetime) -> Receipt | None:
    """Return the receipt of somebody who may not join now (too young, retired), else None.

    Asked right after the number, so that nobody answers questions in vain; the action asks again.
    """
    day = business_day(now)
    number = parse_identity(identity, today=day)
    terms = join_terms(str(adcode or PROVINCE), day)
    decision = may_join(number.birth_on, number.sex, terms)
    return None if decision.is_yes else refused_receipt(decision)


def answer_before_asking(*, actor: Actor, union_code: str) -> Receipt | None:
    """Return where a signed-in person belongs already, with the way to the union asked for.

    None for somebody who is not signed in, or has neither a membership nor a waiting application.
    """
    if actor.worker_id is None:
        return None
    mine = get_my_membership(actor=actor)
    if mine.membership is not None:
        held = mine.membership
        belonging = Belonging(held.id, held.state, held.joined_on, held.where)
        return member_receipt(belonging, actor.worker_id, _asked(union_code) or held.where)
    asked = mine.application
    if asked is not None and asked.state is JoinState.SUBMITTED:
        waiting = Waiting(asked.id, asked.state, asked.due_on, asked.created_at, asked.where)
        provisional = due_days(business_day(asked.created_at)).provisional
        return waiting_receipt(waiting, actor.worker_id, provisional=provisional)
    return None


def list_unions_near(county: int | None) -> list[tuple[Where, str]]:
    """Return up to three unions that take anybody when the county has none, with the reason.

    The same county first, then the city, then the province; a backstop union before others.
    """
    if county is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, {"county": county, "city": county // 100, "limit": MOST_NEAR})
        found = [Where(*row) for row in cursor.fetchall()]
    return [(where, _why(where, county)) for where in found]


def _why(where: Where, county: int) -> str:
    if where.adcode == county:
        return "就在你常去的地方，谁都能进"
    if where.adcode // 100 == county // 100:
        return "你那个县还没有能进的工会，这家在同一个市；当地建好了，点一下就转"
    return "你那个市还没有能进的工会，先进这家；当地建好了，点一下就转"


def _asked(code: str) -> Where | None:
    if not code:
        return None
    try:
        union = orgs.get_union_by_code(code)
    except NotFound:
        return None
    if not union.accepts_members:
        return None
    return Where(union.id, union.code, union.name, union.adcode)
