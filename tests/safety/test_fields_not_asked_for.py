"""Fields that a form does not have change nothing: nobody writes himself a role or a state.

Safety, section 2: mass assignment.
"""

from typing import Any

import pytest
from django.urls import reverse

from nuanxin.access.models import Account, Post
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.states import JoinState
from nuanxin.people.models import Worker
from tests.access import outbox
from tests.cast import Cast
from tests.membership.cast import identity_of
from tests.walk.routes import all_routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# What somebody would try, by the names of the columns and by common ones.
TRIED: dict[str, Any] = {
    "role": "province_cadre", "roles": "province_cadre", "is_staff": "1", "is_superuser": "1",
    "is_active": "1", "verified": "1", "status": "approved", "state": "4", "org_id": "1",
    "union_id": "1", "worker_id": "1", "worker": "1", "account_id": "1", "channel": "3",
    "assurance": "9", "balance": "1000000", "approved_at": "2020-01-01", "decided_by": "x",
    "created_at": "2020-01-01", "birth_on": "1950-01-01", "joined_on": "2001-01-01",
    "session_epoch": "99", "password": "owned-owned-1", "totp_sealed": "x", "id": "1", "pk": "1",
    "valid_to": "2099-01-01", "granted_by": "x", "needs_second_person": "", "merged_into_id": "1",
}  # fmt: skip
PHONE = "15512340099"


def test_who_joins_sets_neither_state_nor_union_nor_birth(cast: Cast, settings: Any) -> None:
    settings.ACCESS_CODE_SENDER = "tests.access.outbox.keep"
    outbox.SENT.clear()
    browser, number = cast.client("anonymous"), identity_of()
    sign_in = reverse("sign-in")
    browser.post(sign_in, TRIED | {"phone": PHONE, "do": "send"})
    code = outbox.SENT[-1]["values"]["code"]
    browser.post(sign_in, TRIED | {"phone": PHONE, "code": code, "do": "check"})
    browser.post(reverse("join-work"), TRIED | {"jobs": ["courier"], "county": 330105, "place": ""})
    browser.post(
        reverse("join-person"), TRIED | {"name": "陈永强", "identity": number, "consent": "on"}
    )
    browser.post(reverse("join-union"), TRIED | {"union": cast.union("couriers").code})
    browser.post(reverse("join-check"), TRIED)
    (application,) = JoinApplication.objects.all()
    assert application.state == JoinState.SUBMITTED
    assert application.union_id == cast.union("couriers").id
    worker = Worker.objects.get(id=application.worker_id)
    assert str(worker.birth_on) == f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    assert worker.merged_into_id is None
    assert not Membership.objects.exists()
    account = Account.objects.filter(worker_id=worker.id).first()
    assert account is None or not Post.objects.filter(account=account).exists()
    assert browser.get(reverse("desk-home")).status_code in (302, 403)


def test_a_worker_changes_no_right_by_any_form_of_his_own(cast: Cast) -> None:
    client = cast.client("rider_ye")
    before = _rights(cast)
    own = [r for r in all_routes() if r.name.startswith("worker-") and not r.converters]
    for route in own:
        client.post(reverse(route.name), TRIED)
    assert len(own) > 4
    assert _rights(cast) == before
    assert client.get(reverse("desk-home")).status_code in (302, 403)


def test_a_new_account_gets_a_name_and_no_rights(cast: Cast) -> None:
    sent = {"username": "xin.ren", "name": "新人", "password": "a-first-password-7"}
    cast.client("system_admin").post(reverse("desk-account-new"), TRIED | sent)
    account = Account.objects.filter(username="xin.ren").first()
    assert account is None or not Post.objects.filter(account=account).exists()
    assert Account._meta.get_field("id").primary_key
    assert not hasattr(account, "is_superuser") or not account.is_superuser


def test_a_program_that_sends_more_than_is_asked_for_is_refused(cast: Cast) -> None:
    program = cast.client("api_client")
    sent = {
        "name": "陈永强",
        "identity": identity_of(),
        "phone": PHONE,
        "union": cast.union("couriers").code,
        "occupations": ["courier"],
        "phone_confirmed": True,
        "consents": "joining+identity_number",
    }
    url = reverse("api-v1:create_application")
    for name in ("state", "role", "verified", "channel", "worker_id", "joined_on"):
        answer = program.post(url, sent | {name: "4"}, content_type="application/json")
        assert answer.status_code in (400, 422), name
        assert PHONE not in answer.content.decode()
    assert not JoinApplication.objects.exists()
    assert program.post(url, sent, content_type="application/json").status_code == 201


def _rights(cast: Cast) -> list[Any]:
    """Return who holds what; the worker's own account may end, and nothing else may change."""
    others = Account.objects.exclude(id=cast.account_id("rider_ye")).order_by("id")
    posts = Post.objects.order_by("id").values_list("id", "role", "union_id", "account_id")
    return [*others.values_list("id", "is_active", "worker_id"), *posts]
