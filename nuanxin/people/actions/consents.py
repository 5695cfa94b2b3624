"""Giving and withdrawing consent; withdrawing is one call as well (PIPL a.15)."""

from datetime import datetime

from django.db import connection, transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.people import queries
from nuanxin.people.states import ConsentPurpose, withdrawal_effects
from nuanxin.records.actions import append_event


@transaction.atomic
def grant_consent(
    *,
    worker_id: int,
    purpose: int,
    notice_version: str,
    via: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Record a consent to one purpose under one version of the notice; return its id.

    ``via`` says how ("web", "host:zlb", "on_site", "assisted"). The same version again changes
    nothing; another version replaces the live consent, which is kept as withdrawn. The caller has
    made sure that it is the person's own act (or an assisted one with the helper as ``actor``).
    Raises ``NotFound`` people.no_notice for a version that does not exist.
    """
    wanted = ConsentPurpose(purpose)
    queries.get_notice(wanted, notice_version)
    with connection.cursor() as db:
        db.execute(
            """UPDATE people_consent SET withdrawn_at = %s
               WHERE worker_id = %s AND purpose = %s AND withdrawn_at IS NULL
                 AND notice_version <> %s""",
            [now, worker_id, wanted, notice_version],
        )
        db.execute(
            """INSERT INTO people_consent (worker_id, purpose, notice_version, granted_at, granted_via)
               VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (worker_id, purpose) WHERE withdrawn_at IS NULL
               DO UPDATE SET granted_via = people_consent.granted_via
               RETURNING id, xmax = 0""",
            [worker_id, wanted, notice_version, now, via],
        )
        consent_id, is_new = db.fetchone()
    if is_new:
        _log("people.consent_granted", worker_id, wanted, actor, now, notice_version)
    return int(consent_id)


@transaction.atomic
def withdraw_consent(*, worker_id: int, purpose: int, actor: Actor, now: datetime) -> None:
    """Withdraw a live consent and do what follows from it, in the same transaction.

    What follows is told before by ``rules.withdrawal_meaning``; packages register their part
    (``states.register_withdrawal_effect``). Raises ``NotFound`` when there is no live consent.
    """
    wanted = ConsentPurpose(purpose)
    with connection.cursor() as db:
        db.execute(
            """UPDATE people_consent SET withdrawn_at = %s
               WHERE worker_id = %s AND purpose = %s AND withdrawn_at IS NULL
               RETURNING notice_version""",
            [now, worker_id, wanted],
        )
        row = db.fetchone()
    if row is None:
        raise NotFound("people.no_consent", "这项同意没有给过，或者已经撤回了。")
    _log("people.consent_withdrawn", worker_id, wanted, actor, now, row[0])
    for effect in withdrawal_effects.get(wanted, ()):
        effect(worker_id=worker_id, actor=actor, now=now)


def _log(
    kind: str, worker_id: int, purpose: ConsentPurpose, actor: Actor, now: datetime, version: str
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="worker",
        subject_id=worker_id,
        data={"purpose": int(purpose), "version": version},
    )
