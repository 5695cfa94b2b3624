"""Who acts: the session brings the account and its posts by one query, and dies when it should."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from nuanxin.access import actions, queries
from nuanxin.access.actions.sessions import end_sessions_of
from nuanxin.access.models import Account, Post, Session
from nuanxin.access.states import SessionKind
from nuanxin.kernel.actor import SYSTEM, Role
from nuanxin.kernel.errors import NotFound
from tests.cast import Cast

pytestmark = pytest.mark.django_db

ME = "/desk/me/"


def test_a_session_brings_account_and_posts_by_one_query(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    client = cast.client("county_cadre")
    with django_assert_num_queries(1):
        answer = client.get("/desk/matrix/")
    assert answer.status_code == 200
    actor = answer.wsgi_request.actor
    assert actor.name == "陈立春"
    assert actor.paths_for(Role.COUNTY_CADRE) == (cast.union("county").path,)


def test_a_public_page_asks_the_database_for_nobody(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    client = cast.client("county_cadre")
    with django_assert_num_queries(0):
        assert client.get("/offline/").status_code == 200


def test_a_post_taken_back_is_gone_at_the_next_request(cast: Cast) -> None:
    client = cast.client("county_cadre")
    assert client.get("/desk/posts/").status_code == 200
    post = Post.objects.get(account=cast.accounts["county_cadre"])
    actions.revoke_post(post_id=post.id, actor=cast.city_cadre, now=cast.now)
    assert client.get("/desk/posts/").status_code == 403


def test_a_post_counts_from_its_first_day_and_not_on_its_end_day(cast: Cast) -> None:
    post = Post.objects.get(account=cast.accounts["county_cadre"])
    at = cast.now + timedelta(days=300)
    account = cast.account_id("county_cadre")
    assert queries.actor_of_account(account, at - timedelta(days=1)).grants
    assert not queries.actor_of_account(account, at).grants
    before = cast.now - timedelta(days=31)
    assert not queries.actor_of_account(account, before).grants
    assert post.valid_to


def test_a_post_that_waits_for_a_second_person_does_not_count(cast: Cast) -> None:
    Post.objects.filter(account=cast.accounts["county_cadre"]).update(needs_second_person=True)
    assert not cast.county_cadre.grants


def test_a_closed_account_is_nobody_at_the_next_request(cast: Cast) -> None:
    client = cast.client("officer_chen")
    assert client.get(ME).status_code == 200
    actions.close_account(
        account_id=cast.account_id("officer_chen"), actor=cast.system_admin, now=cast.now
    )
    assert client.get(ME).status_code == 302
    with pytest.raises(NotFound):
        queries.actor_of_account(cast.account_id("officer_chen"), cast.now)


def test_raising_the_epoch_ends_even_a_session_that_was_being_written(cast: Cast) -> None:
    client = cast.client("officer_chen")
    Account.objects.filter(id=cast.account_id("officer_chen")).update(session_epoch=1)
    assert client.get(ME).status_code == 302
    fresh = cast.client("officer_chen")
    assert fresh.get(ME).status_code == 200
    end_sessions_of(cast.account_id("officer_chen"))
    assert fresh.get(ME).status_code == 302
    assert not Session.objects.filter(account_id=cast.account_id("officer_chen")).exists()


@pytest.mark.parametrize(
    ("kind", "idle"),
    [(SessionKind.CADRE, timedelta(minutes=30)), (SessionKind.PHONE, timedelta(days=30))],
)
def test_a_session_left_idle_ends(cast: Cast, kind: SessionKind, idle: timedelta) -> None:
    cast.client("officer_chen", kind=kind)
    row = Session.objects.get(account_id=cast.account_id("officer_chen"))
    assert queries.get_session(row.key_hash, row.seen_at + idle) is not None
    assert queries.get_session(row.key_hash, row.seen_at + idle + timedelta(seconds=1)) is None


def test_a_session_in_use_ends_after_its_absolute_time(cast: Cast) -> None:
    cast.client("officer_chen")
    row = Session.objects.get(account_id=cast.account_id("officer_chen"))
    end = row.started_at + timedelta(hours=12)
    assert row.ends_at == end
    Session.objects.update(seen_at=end - timedelta(minutes=1))
    assert queries.get_session(row.key_hash, end - timedelta(seconds=1)) is not None
    assert queries.get_session(row.key_hash, end) is None


def test_use_is_noted_ten_times_in_an_idle_time_and_not_more(cast: Cast) -> None:
    client = cast.client("officer_chen")
    rows = Session.objects.filter(account_id=cast.account_id("officer_chen"))
    first = rows.get().seen_at
    client.get(ME)
    assert rows.get().seen_at == first
    rows.update(seen_at=first - timedelta(minutes=4))
    client.get(ME)
    assert rows.get().seen_at > first - timedelta(minutes=1)


def test_with_a_phone_alone_a_desk_post_does_not_count(cast: Cast) -> None:
    by_phone = cast.client("county_cadre", kind=SessionKind.PHONE)
    answer = by_phone.get("/desk/posts/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/desk/sign-in/")
    by_password = cast.client("county_cadre")
    assert by_password.get("/desk/posts/").status_code == 200


def test_a_keeper_may_work_with_a_phone_alone(cast: Cast) -> None:
    cast.client("station_keeper", kind=SessionKind.PHONE)
    row = Session.objects.get(account_id=cast.account_id("station_keeper"))
    found = queries.get_session(row.key_hash, cast.now)
    assert found is not None
    assert found.actor is not None
    assert found.actor.has_role(Role.STATION_KEEPER)


def test_the_table_of_sessions_signs_nobody_in(cast: Cast) -> None:
    client = cast.client("officer_chen")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM access_session s")
        assert cookie not in str(cursor.fetchall())


def test_a_merged_record_gives_way_to_the_one_kept(cast: Cast) -> None:
    ye, lu = cast.accounts["rider_ye"], cast.accounts["rider_lu"]
    worker = ye.worker
    assert worker is not None
    worker.merged_into_id = lu.worker_id
    worker.save()
    assert cast.rider_ye.worker_id == lu.worker_id


def test_the_sweep_leaves_what_is_still_in_use(cast: Cast) -> None:
    cast.client("officer_chen")
    assert actions.sweep_access(now=cast.now)["sessions"] == 0
    assert actions.sweep_access(now=cast.now + timedelta(days=1))["sessions"] == 1
    assert SYSTEM.has_role(Role.SYSTEM)
