"""退会: freely, at once, at the person's own word (domain M-18); and the ends that others cause."""

from datetime import date, datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.membership import permissions
from nuanxin.membership.actions.ending import Ended, end_memberships
from nuanxin.membership.actions.withdraw import close_open
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.rules.belonging import LapseFacts, may_lapse
from nuanxin.membership.states import OPEN_JOIN_STATES, EndReason
from nuanxin.orgs.queries.unions import get_union

BY_COMMITTEE = frozenset({EndReason.LEFT, EndReason.EXPELLED, EndReason.DECEASED})
"""The reasons that an officer may enter: a written request, an expulsion, a death."""


@transaction.atomic
def leave_union(*, reason: str = "", actor: Actor, now: datetime) -> None:
    """Leave one's union: at once, without anybody's leave. Raises ``NotFound`` for no member."""
    membership = (
        Membership.objects.select_for_update()
        .filter(worker_id=actor.worker_id or 0, ended_on__isnull=True)
        .first()
    )
    if membership is None:
        raise NotFound()
    _end(membership.id, EndReason.LEFT, reason, actor, now)


@transaction.atomic
def end_membership(
    *, membership_id: int, reason: EndReason, note: str, actor: Actor, now: datetime
) -> None:
    """Enter that a membership has ended; for its union's officers, with a note that says why.

    Raises ``Malformed`` without a note or for a reason that is not entered by hand.
    """
    if reason not in BY_COMMITTEE:
        raise Malformed("membership.end_reason", "这里只登记退会、除名和去世，其他的各有办法。")
    if not note.strip():
        raise Malformed("membership.reason_missing", "请写一句原因和依据，以后查得到。")
    membership = _deciding(membership_id, actor)
    _end(membership.id, reason, note, actor, now)


@transaction.atomic
def lapse_membership(
    *,
    membership_id: int,
    dues_paid_to: date | None,
    active_on: date | None,
    persuaded_on: date | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a member as left after six months without dues and activity, and a talk (M-17).

    Raises ``Conflict`` dues_waived under a waiver (acceptance A35), dues_not_long_due,
    active_lately, talk_first.
    """
    membership = _deciding(membership_id, actor)
    union = get_union(membership.union_id)
    facts = LapseFacts(membership.joined_on, dues_paid_to, active_on, persuaded_on)
    may_lapse(facts, adcode=str(union.adcode), on=business_day(now)).insist(Conflict)
    _end(membership.id, EndReason.LAPSED, f"谈话日期 {persuaded_on}", actor, now)


@transaction.atomic
def stop_for_withdrawn_consent(*, worker_id: int, actor: Actor, now: datetime) -> None:
    """Do what the withdrawal of the consent to joining promises: stop and leave.

    An open application is closed, a membership ends as one that its holder left.
    """
    waiting = JoinApplication.objects.filter(worker_id=worker_id, state__in=OPEN_JOIN_STATES)
    for application_id in waiting.values_list("id", flat=True):
        close_open(application_id, "本人撤回同意", actor=actor, now=now)
    living = Membership.objects.filter(worker_id=worker_id, ended_on__isnull=True)
    for membership_id in living.values_list("id", flat=True):
        _end(membership_id, EndReason.LEFT, "本人撤回同意", actor, now)


def _deciding(membership_id: int, actor: Actor) -> Membership:
    found = (
        Membership.objects.select_for_update()
        .filter(id=membership_id, ended_on__isnull=True)
        .first()
    )
    if found is None:
        raise NotFound()
    permissions.check_can_decide(actor, path=get_union(found.union_id).path)
    if permissions.is_own_person(actor, found.worker_id):
        raise Conflict("membership.own_membership", "这是您自己的会籍，要请另一位同事来办。")
    return found


def _end(
    membership_id: int, reason: EndReason, note: str, actor: Actor, now: datetime
) -> list[Ended]:
    ended = end_memberships([membership_id], reason, actor=actor, now=now, note=note[:200])
    if not ended:
        raise Conflict("membership.moved_meanwhile", "会籍刚刚变动过。请刷新看看，再办。")
    return ended
