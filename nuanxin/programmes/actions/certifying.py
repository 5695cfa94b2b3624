"""Issuing certificates to those who came often enough, and taking one back with a reason."""

import secrets
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.notices.actions.telling import notify_many
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Certificate, Offer
from nuanxin.programmes.queries.certificates import EARNED
from nuanxin.programmes.queries.definitions import definition_of
from nuanxin.records.actions import append_event, logged_name

MOST_AT_ONCE = 2_000
NUMBER_LENGTH = 10
SHORTEST_REASON, LONGEST_REASON = 4, 200
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

_TO_ISSUE = f"""
SELECT e.id, e.worker_id, e.attended, e.sessions FROM ({EARNED}) e
WHERE NOT EXISTS (SELECT 1 FROM programmes_certificate c WHERE c.application_id = e.id)
ORDER BY e.id LIMIT %(limit)s
"""


def certificate_percent(offer: Offer) -> int:
    """Return the share of sessions that earns a certificate of this offer, 0 for none."""
    defined = definition_of(offer.id)
    return defined.certificate_percent if defined else 0


@transaction.atomic
def issue_certificates(*, offer_id: int, actor: Actor, now: datetime) -> int:
    """Give a certificate to everybody who has earned one and has none; return how many.

    Raises ``NotFound`` out of scope, ``Conflict`` programmes.no_certificates for an offer without.
    """
    offer = _offer(offer_id, actor)
    percent = certificate_percent(offer)
    if not percent:
        raise Conflict("programmes.no_certificates", "这项服务不发结业证。")
    values: dict[str, Any] = {"offer": offer_id, "percent": percent, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_TO_ISSUE, values | {"limit": MOST_AT_ONCE})
        earned = cursor.fetchall()
    made = Certificate.objects.bulk_create(
        [
            Certificate(
                application_id=application,
                number="".join(secrets.choice(_ALPHABET) for _ in range(NUMBER_LENGTH)),
                attended=attended,
                sessions=sessions,
                issued_at=now,
                issued_by=actor.account_id,
                issued_by_name=logged_name(actor)[:60],
            )
            for application, _, attended, sessions in earned
        ]
    )
    if not made:
        return 0
    notify_many(
        worker_ids=[worker_id for _, worker_id, _, _ in earned],
        kind="programmes.certificate_issued",
        title="结业证发给你了",
        body=f"{offer.title}的结业证在“我的结业证”里，能打印，别人能凭编号核验。",
        url="/certificates/mine/",
        now=now,
    )
    _event("programmes.certificates_issued", offer, actor, now, count=len(made))
    return len(made)


@transaction.atomic
def revoke_certificate(
    *, offer_id: int, number: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Take a certificate back; whoever looks it up reads so. Raises ``NotFound``, ``Malformed``
    programmes.reason, ``Conflict`` programmes.certificate_is_revoked."""
    offer = _offer(offer_id, actor)
    told = reason.strip()
    if not SHORTEST_REASON <= len(told) <= LONGEST_REASON:
        raise Malformed("programmes.reason", "写一句为什么作废，4 到 200 个字。")
    found = (
        Certificate.objects.select_for_update()
        .filter(number=number, application__offer_id=offer_id)
        .first()
    )
    if found is None:
        raise NotFound()
    if found.revoked_at is not None:
        raise Conflict("programmes.certificate_is_revoked", "这张结业证已经作废过了。")
    found.revoked_at, found.revoked_reason = now, told
    found.revoked_by, found.revoked_by_name = actor.account_id, logged_name(actor)[:60]
    found.save(update_fields=["revoked_at", "revoked_reason", "revoked_by", "revoked_by_name"])
    _event("programmes.certificate_revoked", offer, actor, now, certificate=found.id)


def _offer(offer_id: int, actor: Actor) -> Offer:
    # Locked: of two officers at once the second finds nobody left.
    offer = (
        Offer.objects.select_for_update(of=("self",))
        .select_related("programme")
        .filter(id=offer_id)
        .first()
    )
    if offer is None:
        raise NotFound()
    permissions.check_can_manage(actor, path=get_union(offer.union_id).path)
    return offer


def _event(kind: str, offer: Offer, actor: Actor, now: datetime, **data: Any) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer.id,
        union_id=offer.union_id,
        data={"code": offer.code, **data},
    )
