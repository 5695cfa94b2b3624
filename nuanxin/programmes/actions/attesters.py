"""The register of attesters: entered by a union for its own subtree, until a day, revoked with a reason."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from nuanxin.access.queries.actors import actor_of_account
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import SYSTEM, Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.kernel.phone import normalise_phone
from nuanxin.notices.actions.telling import notify_many
from nuanxin.orgs.queries.unions import get_union
from nuanxin.orgs.states import UnionLevel
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Attestation, AttestationRequest, Attester
from nuanxin.programmes.queries.attesters import is_outlet_of
from nuanxin.programmes.rules.attestations import kind_of_role
from nuanxin.programmes.states import AttesterKind, RequestState
from nuanxin.records.actions import append_event

LONGEST_TERM = timedelta(days=366)
LARGEST_PASS = 1_000


@dataclass(frozen=True, slots=True)
class AttesterDraft:
    """Somebody to be registered; ``outlet_id`` narrows it to those who work there."""

    kind: AttesterKind
    name: str
    post_title: str
    phone: str
    valid_to: date
    place: str = ""
    outlet_id: int | None = None


@transaction.atomic
def register_attester(
    *, draft: AttesterDraft, union_id: int, actor: Actor, now: datetime
) -> Attester:
    """Enter somebody who may attest for the union and below it, at most for a year.

    Raises ``NotFound``, ``Malformed`` attester.*, ``Conflict`` attester.twice.
    """
    union = get_union(union_id)
    permissions.check_can_manage_attestations(actor, path=union.path)
    today = business_day(now)
    if not today <= draft.valid_to <= today + LONGEST_TERM:
        raise Malformed("attester.term", "有效期从今天算起，最长一年，到期再续。")
    if draft.kind is AttesterKind.KEEPER and union.level != UnionLevel.COUNTY:
        raise Malformed("attester.keeper", "站长由县级工会登记。请选县级工会，或者请它来登记。")
    if draft.kind is AttesterKind.OUTLET and draft.outlet_id is None:
        raise Malformed("attester.outlet", "平台或网点的联系人要写明是哪个网点。")
    if draft.outlet_id is not None and not is_outlet_of(draft.outlet_id, union):
        raise Malformed("attester.outlet", "这个网点不归这个工会。请从列表里选。")
    phone = normalise_phone(draft.phone)
    phone_hash = sealing.lookup_hash("phone", phone)
    try:
        with transaction.atomic():
            made = Attester.objects.create(
                kind=draft.kind, union_id=union_id, outlet_id=draft.outlet_id,
                name=draft.name.strip(), post_title=draft.post_title.strip(),
                place=draft.place.strip(), phone_hash=phone_hash,
                phone_sealed=sealing.seal("phone", phone, phone_hash),
                phone_hint=phone[:3] + phone[-4:], valid_to=draft.valid_to, registered_at=now,
                registered_by=actor.account_id, registered_by_name=actor.name[:60],
            )  # fmt: skip
    except IntegrityError as twice:
        raise Conflict("attester.twice", "这个手机号在这个工会已经登记过了。") from twice
    _record("programmes.attester_registered", made, actor, now)
    return made


@transaction.atomic
def register_self(*, actor: Actor, now: datetime) -> Attester:
    """Enter the actor himself, from his post: for its union, until the post is reviewed, a year at most.

    Whoever grants the post has vouched for him. Entering twice returns the one that is there.
    """
    post = permissions.post_for(actor, permissions.ATTEST_ANSWER)
    if post is None or post.union_id is None or actor.account_id is None:
        raise Forbidden(
            "access.no_right", "这件事不在您的职责里。需要办的话，请找上级工会给您加上。"
        )
    known = Attester.objects.filter(
        union_id=post.union_id, account_id=actor.account_id, revoked_at=None
    ).first()
    if known is not None and known.valid_to >= business_day(now):
        return known
    if known is not None:
        _end(known, why="到期了，重新登记。", by=SYSTEM.name, now=now)
    made = Attester.objects.create(
        kind=kind_of_role(post.role.value),
        union_id=post.union_id,
        name=actor.name[:60],
        post_title=post.role.label,
        account_id=actor.account_id,
        valid_to=business_day(now) + LONGEST_TERM,
        registered_at=now,
        registered_by=actor.account_id,
        registered_by_name=actor.name[:60],
    )
    _record("programmes.attester_registered", made, actor, now)
    return made


@transaction.atomic
def revoke_attester(*, attester_id: int, why: str, actor: Actor, now: datetime) -> int:
    """End somebody's attesting; what he attested stays and is flagged for review. Returns how many.

    What he was asked and had not answered lapses, and the workers are told. Raises ``NotFound``,
    ``Malformed`` attester.reason, ``Conflict`` attester.over.
    """
    found = Attester.objects.select_for_update().filter(id=attester_id).first()
    if found is None:
        raise NotFound()
    permissions.check_can_manage_attestations(actor, path=get_union(found.union_id).path)
    if not why.strip():
        raise Malformed("attester.reason", "写一写为什么停用，他证明过的要靠这个复核。")
    if found.revoked_at is not None:
        raise Conflict("attester.over", "这位证明人已经停用了。")
    return _revoke(found, why=why.strip()[:200], actor=actor, now=now)


def revoke_whose_post_ended(*, now: datetime) -> int:
    """Revoke those who attest from a post that they hold no more; return how many."""
    ended = 0
    rows = Attester.objects.filter(revoked_at=None, account_id__isnull=False)
    for attester in rows.order_by("id")[:LARGEST_PASS]:
        if not _holds_post(attester, now):
            with transaction.atomic():
                _revoke(attester, why="职务到期或收回了。", actor=SYSTEM, now=now)
            ended += 1
    return ended


def _holds_post(attester: Attester, now: datetime) -> bool:
    if attester.account_id is None:
        return True
    try:
        grants = actor_of_account(attester.account_id, now).grants
    except NotFound:  # the account is closed
        return False
    return any(grant.union_id == attester.union_id for grant in grants)


def _revoke(attester: Attester, *, why: str, actor: Actor, now: datetime) -> int:
    _end(attester, why=why, by=actor.name, now=now)
    flagged = Attestation.objects.filter(
        Q(valid_until__gte=business_day(now)), attester=attester, taken_back_at=None
    ).update(flagged_at=now, flagged_why=f"证明人停用：{why}"[:200], reviewed_at=None)
    open_ones = AttestationRequest.objects.filter(attester=attester, state=RequestState.ASKED)
    workers = list(open_ones.values_list("worker_id", flat=True)[:LARGEST_PASS])
    open_ones.update(state=RequestState.LAPSED, answered_at=now)
    if workers:
        notify_many(
            worker_ids=workers,
            kind="programmes.attestation_lapsed",
            title="换一位证明人",
            body="你请的证明人不再办这件事了。打开我的证明，请另一位。",
            url="/proofs/",
            now=now,
        )
    _record("programmes.attester_revoked", attester, actor, now, {"flagged": flagged})
    return flagged


def _end(attester: Attester, *, why: str, by: str, now: datetime) -> None:
    attester.revoked_at, attester.revoked_why = now, why
    attester.revoked_by_name = by[:60]
    attester.save(update_fields=["revoked_at", "revoked_why", "revoked_by_name"])


def _record(
    kind: str, attester: Attester, actor: Actor, now: datetime, data: dict[str, int] | None = None
) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="programme_attester", subject_id=attester.id,
        union_id=attester.union_id, data=data,
    )  # fmt: skip
