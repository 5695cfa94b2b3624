"""Accounts: kept by the system administrator alone; workers' accounts open with a phone."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from nuanxin.access import actions, queries
from nuanxin.access.models import Account, Post
from nuanxin.kernel import sealing
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.people.models import Worker
from tests.cast import ROLES_OF_THE_WALK, Cast, phone_of

pytestmark = pytest.mark.django_db

PASSWORD = "for-the-first-time"
OTHERS = [name for name in ROLES_OF_THE_WALK if name != "system_admin"]


def create(cast: Cast, who: str = "system_admin", **changes: Any) -> Any:
    asked: dict[str, Any] = {"username": "new.officer", "name": "谷小芳", "password": PASSWORD}
    return actions.create_cadre_account(**{**asked, **changes}, actor=cast.actor(who), now=cast.now)


def test_the_system_administrator_opens_closes_resets_and_reopens(cast: Cast) -> None:
    account = create(cast)
    admin = cast.system_admin
    actions.close_account(account_id=account, actor=admin, now=cast.now)
    assert not queries.get_account(admin, account).is_active
    assert queries.find_account_by_username("new.officer") is None
    actions.reopen_account(account_id=account, actor=admin, now=cast.now)
    actions.reset_credentials(
        account_id=account, password="another-first-one", actor=admin, now=cast.now
    )
    assert Account.objects.get(id=account).check_password("another-first-one")


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_does_any_of_it(cast: Cast, who: str) -> None:
    account, actor = cast.account_id("finance"), cast.actor(who)
    tries: list[Any] = [
        lambda: create(cast, who),
        lambda: actions.close_account(account_id=account, actor=actor, now=cast.now),
        lambda: actions.reopen_account(account_id=account, actor=actor, now=cast.now),
        lambda: actions.reset_credentials(
            account_id=account, password=PASSWORD, actor=actor, now=cast.now
        ),
        lambda: queries.list_accounts(actor),
        lambda: queries.get_account(actor, account),
    ]
    for attempt in tries:
        with pytest.raises(Forbidden):
            attempt()
    assert Account.objects.get(id=account).is_active


def test_the_administrator_of_accounts_gives_no_posts(cast: Cast) -> None:
    assert not queries.list_posts(cast.system_admin, on=cast.now.date())
    with pytest.raises(Forbidden):
        queries.get_post(cast.system_admin, Post.objects.latest("id").id, on=cast.now.date())


def test_nobody_closes_or_resets_his_own_account(cast: Cast) -> None:
    own = cast.account_id("system_admin")
    with pytest.raises(Conflict):
        actions.close_account(account_id=own, actor=cast.system_admin, now=cast.now)
    with pytest.raises(Conflict):
        actions.reset_credentials(
            account_id=own, password=PASSWORD, actor=cast.system_admin, now=cast.now
        )


def test_a_leavers_posts_are_taken_back(cast: Cast) -> None:
    account = cast.account_id("county_cadre")
    actions.close_account(account_id=account, actor=cast.system_admin, now=cast.now)
    post = Post.objects.get(account_id=account)
    assert post.revoked_at == cast.now
    assert post.revoked_by_id == cast.account_id("system_admin")
    actions.reopen_account(account_id=account, actor=cast.system_admin, now=cast.now)
    assert not cast.county_cadre.grants


def test_a_user_name_is_taken_once_whatever_its_case(cast: Cast) -> None:
    create(cast)
    with pytest.raises(Conflict) as refused:
        create(cast, username="New.Officer")
    assert refused.value.code == "access.username_taken"


@pytest.mark.parametrize("password", ["short", "password123", "new.officer-2026", "1234567890"])
def test_weak_first_passwords_are_refused(cast: Cast, password: str) -> None:
    with pytest.raises(Malformed):
        create(cast, password=password)
    assert not Account.objects.filter(username="new.officer").exists()


def test_workers_accounts_are_not_the_administrators(cast: Cast) -> None:
    names = {account.name for account in queries.list_accounts(cast.system_admin)}
    assert "陈关河" in names
    assert "叶小满" not in names
    with pytest.raises(NotFound):
        queries.get_account(cast.system_admin, cast.account_id("rider_ye"))


def test_the_list_goes_on_by_user_name(cast: Cast) -> None:
    every = queries.list_accounts(cast.system_admin)
    first = queries.list_accounts(cast.system_admin, limit=4)
    rest = queries.list_accounts(cast.system_admin, after=first[-1].username)
    assert first + rest == every
    assert [a.name for a in queries.list_accounts(cast.system_admin, text="陈")] == [
        "陈立春",
        "陈关河",
    ]


def a_worker(cast: Cast, name: str = "江小雪") -> Worker:
    return Worker.objects.create(name=name, created_at=cast.now)


def open_account(cast: Cast, worker: Worker, phone: str | None) -> Any:
    return actions.open_worker_account(
        worker_id=worker.id, name=worker.name, phone=phone, actor=cast.rider_ye, now=cast.now
    )


def test_opening_a_workers_account_twice_gives_the_same(cast: Cast) -> None:
    worker = a_worker(cast)
    account = open_account(cast, worker, "19900005555")
    assert open_account(cast, worker, "19900005555") == account
    assert queries.find_account_of_worker(worker.id) == account
    found = actions.sign_in_by_phone(
        phone_hash=sealing.lookup_hash("phone", "19900005555"), now=cast.now
    )
    assert found == account


def test_a_new_phone_replaces_the_old_one(cast: Cast) -> None:
    worker = a_worker(cast)
    account = open_account(cast, worker, "19900005555")
    open_account(cast, worker, "19900006666")
    row = Account.objects.get(id=account)
    assert row.phone_hash == sealing.lookup_hash("phone", "19900006666")
    open_account(cast, worker, None)
    row.refresh_from_db()
    assert row.phone_hash == sealing.lookup_hash("phone", "19900006666")


def test_a_phone_shared_by_two_stays_with_the_first(cast: Cast) -> None:
    """As couples do; the second signs in by a host app, or gives a number of his own later."""
    second = open_account(cast, a_worker(cast), phone_of(0))
    assert Account.objects.get(id=second).phone_hash is None
    assert queries.find_account_by_phone_hash(
        sealing.lookup_hash("phone", phone_of(0))
    ) == cast.account_id("rider_ye")


def test_the_database_keeps_one_account_a_phone_and_a_worker(cast: Cast) -> None:
    ye = cast.accounts["rider_ye"]
    for twin in ({"phone_hash": ye.phone_hash}, {"worker_id": ye.worker_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Account.objects.create(name="某", created_at=cast.now, **twin)
