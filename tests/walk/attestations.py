"""Attestations and help for the walk: of a worker of the union given, by an attester of it."""

from datetime import timedelta
from typing import Any

from nuanxin.kernel import clock, sealing
from nuanxin.orgs.models import Union
from nuanxin.programmes.models import (
    Attestation,
    AttestationRequest,
    Attester,
    HelpSession,
)
from tests.cast import Cast

TOKEN = "a-token-of-the-walk-0001"
_SCOPE = [{"name": "programmes.local_months", "value": 36}]


def attester(cast: Cast, union: Union, **more: Any) -> Attester:
    """Somebody who may attest for a union."""
    account = more.pop("account_id", None)
    found = Attester.objects.filter(union=union, account_id=account, revoked_at=None).first()
    return found or Attester.objects.create(
        kind=1,
        union=union,
        name="李样例",
        post_title="工会主席",
        phone_hash=sealing.lookup_hash("phone", f"walk-{union.id}") if account is None else None,
        phone_sealed=b"-" if account is None else None,
        phone_hint="1990000" if account is None else "",
        account_id=account,
        valid_to=clock.business_day(cast.now) + timedelta(days=90),
        registered_at=cast.now,
        registered_by_name="样例",
        **more,
    )


def request(cast: Cast, by: Attester, token: str) -> AttestationRequest:
    """Something that rider Lu asked."""
    return AttestationRequest.objects.create(
        worker_id=cast.actor("rider_lu").worker_id,
        attester=by,
        scope=_SCOPE,
        workplace="大关站",
        token_hash=sealing.lookup_hash("attest_link", token),
        asked_at=cast.now,
        expires_at=cast.now + timedelta(days=3),
    )


def attestation(cast: Cast, union: Union) -> Attestation:
    """What was attested of rider Lu."""
    by = attester(cast, union)
    today = clock.business_day(cast.now)
    return Attestation.objects.create(
        worker_id=cast.actor("rider_lu").worker_id,
        attester=by,
        union=union,
        by_name=by.name,
        by_post=by.post_title,
        by_union=union.name,
        scope=_SCOPE,
        way=1,
        attested_at=cast.now,
        attested_on=today,
        valid_until=today + timedelta(days=180),
        digest="0" * 64,
        seal=sealing.lookup_hash("attestation", "0" * 64),
        flagged_at=cast.now,
        flagged_why="证明人停用：样例",
    )


def _of_link(cast: Cast) -> dict[str, Any]:
    request(cast, attester(cast, cast.union("couriers")), TOKEN)
    return {"token": TOKEN}


def asked_of(cast: Cast, whose: str) -> int:
    """Return a request that was put to somebody's own account."""
    account = cast.account_id(whose)
    by = attester(cast, cast.union("couriers"), account_id=account)
    return request(cast, by, f"asked-{account}").id


def help_session(cast: Cast, whose: str) -> int:
    """Return a session in which somebody helps rider Lu."""
    union = cast.union("couriers")
    return HelpSession.objects.create(
        worker_id=cast.actor("rider_lu").worker_id,
        union=union,
        helper_account=cast.account_id(whose),
        helper_key=cast.actor(whose).person_key,
        helper_name="样例",
        consent=1,
        asked_at=cast.now,
        opened_at=cast.now,
        expires_at=cast.now + timedelta(days=1),
    ).id


def attestation_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of attestations; ``sample`` makes one."""

    def of_union(cast: Cast, union: Union) -> dict[str, Any]:
        return {"attestation_id": attestation(cast, union).id}

    one = sample(missing={"attestation_id": no_id}, of_union=of_union)
    return {
        "attest-link": sample(missing={"token": "nothing"}, public=_of_link),
        "desk-proof": one,
        "desk-proof-act": one,
        "desk-attester": sample(
            missing={"attester_id": no_id},
            of_union=lambda cast, union: {"attester_id": attester(cast, union).id},
        ),
        "desk-proof-answer": sample(missing={"request_id": no_id}),
        "desk-help-session": sample(missing={"session_id": no_id}),
    }
