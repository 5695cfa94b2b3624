"""Posts: nobody grants what he does not hold, strong ones need two people, the database insists."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.access import actions, queries, rules
from nuanxin.access.models import Account, Post
from nuanxin.access.states import CONTAINED_ROLES, GRANTABLE_ROLES, POST_MOVES, PostState
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM, Actor, Grant, Role
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, Refusal
from nuanxin.records.models import Event
from tests.cast import Cast

database = pytest.mark.django_db


def grant(cast: Cast, by: Actor, **changes: Any) -> int:
    """Grant the finance colleague the post of an officer of the couriers' union."""
    today = clock.business_day(cast.now)
    asked: dict[str, Any] = {
        "account_id": cast.account_id("liaison_cadre"),
        "role": Role.GRASSROOTS_OFFICER,
        "union_id": cast.union("couriers").id,
        "valid_from": today,
        "valid_to": rules.months_after(today, 12),
    }
    return actions.grant_post(**{**asked, **changes}, actor=by, now=cast.now)


def assert_refused(error: type[Refusal], code: str, *args: Any, **changes: Any) -> None:
    before = Post.objects.count()
    with pytest.raises(error) as refused:
        grant(*args, **changes)
    assert refused.value.code == code
    assert Post.objects.count() == before


@database
def test_the_county_grants_an_officers_post_and_it_counts_at_once(cast: Cast) -> None:
    post_id = grant(cast, cast.county_cadre)
    path = cast.union("couriers").path
    assert Grant(Role.GRASSROOTS_OFFICER, cast.union("couriers").id, path) in (
        cast.liaison_cadre.grants
    )
    event = Event.objects.get(kind="access.post_granted")
    assert event.subject_id == post_id
    assert event.actor_account == cast.account_id("county_cadre")


@database
@pytest.mark.parametrize(
    "who",
    ["cadre_of_next_county", "officer_chen", "liaison_cadre", "auditor", "rider_ye", "finance"],
)
def test_nobody_else_may_grant_it(cast: Cast, who: str) -> None:
    with pytest.raises((NotFound, Forbidden)):
        grant(cast, cast.actor(who))
    assert not Event.objects.filter(kind="access.post_granted").exists()


@database
def test_a_union_out_of_scope_reads_like_none(cast: Cast) -> None:
    answers = []
    for union_id in (cast.union("carers").id, 10**12):
        with pytest.raises(NotFound) as refused:
            grant(cast, cast.county_cadre, union_id=union_id)
        answers.append((refused.value.code, refused.value.message))
    assert answers[0] == answers[1]


@database
def test_nobody_grants_himself(cast: Cast) -> None:
    own = cast.account_id("county_cadre")
    assert_refused(Forbidden, "access.self_grant", cast, cast.county_cadre, account_id=own)
    worker = cast.accounts["rider_ye"].worker
    Account.objects.filter(id=cast.account_id("rider_ye")).update(worker=None)
    Account.objects.filter(id=own).update(worker=worker)
    assert_refused(Forbidden, "access.self_grant", cast, cast.county_cadre, account_id=own)


@database
@pytest.mark.parametrize("role", [Role.CITY_CADRE, Role.PROVINCE_CADRE, Role.AUDITOR])
def test_nobody_grants_a_role_that_his_own_does_not_contain(cast: Cast, role: Role) -> None:
    assert_refused(
        Forbidden,
        "access.grants_more_than_held",
        cast,
        cast.county_cadre,
        role=role,
        union_id=cast.union("county").id,
    )


@database
def test_a_strong_post_waits_for_a_second_person(cast: Cast) -> None:
    """Neither who granted it, nor who holds it, nor who could not grant it is a second person."""
    post_id = grant(
        cast,
        cast.county_cadre,
        role=Role.FINANCE,
        union_id=cast.union("county").id,
        account_id=cast.account_id("officer_chen"),
    )
    assert queries.get_post(cast.county_cadre, post_id, on=_today(cast)).state is PostState.WAITING
    assert not cast.officer_chen.has_role(Role.FINANCE)
    for who in ("county_cadre", "officer_chen", "cadre_of_next_county", "auditor"):
        with pytest.raises((Forbidden, NotFound)):
            actions.approve_post(post_id=post_id, actor=cast.actor(who), now=cast.now)
        assert not cast.officer_chen.has_role(Role.FINANCE)
    actions.approve_post(post_id=post_id, actor=cast.county_colleague, now=cast.now)
    assert cast.officer_chen.has_role(Role.FINANCE)
    with pytest.raises(Conflict):
        actions.approve_post(post_id=post_id, actor=cast.county_colleague, now=cast.now)


@database
def test_what_the_security_administrator_grants_always_needs_two(cast: Cast) -> None:
    new = Account.objects.create(username="new.admin", name="新人", created_at=cast.now)
    post_id = grant(
        cast, cast.security_admin, account_id=new.id, role=Role.AUDIT_ADMIN, union_id=None
    )
    assert not queries.actor_of_account(new.id, cast.now).grants
    with pytest.raises(Forbidden):
        actions.approve_post(post_id=post_id, actor=cast.security_admin, now=cast.now)
    actions.approve_post(post_id=post_id, actor=cast.security_colleague, now=cast.now)
    assert queries.actor_of_account(new.id, cast.now).has_role(Role.AUDIT_ADMIN)


@database
def test_an_administrator_holds_nothing_else_and_nobody_else_is_one(cast: Cast) -> None:
    clash = "access.administrators_kept_apart"
    assert_refused(
        Conflict,
        clash,
        cast,
        cast.security_admin,
        account_id=cast.account_id("system_admin"),
        role=Role.AUDIT_ADMIN,
        union_id=None,
    )
    assert_refused(
        Conflict,
        clash,
        cast,
        cast.security_admin,
        account_id=cast.account_id("officer_chen"),
        role=Role.SYSTEM_ADMIN,
        union_id=None,
    )
    assert_refused(
        Conflict, clash, cast, cast.county_cadre, account_id=cast.account_id("system_admin")
    )


@database
def test_posts_end_within_a_year_and_not_before_they_begin(cast: Cast) -> None:
    today = _today(cast)
    year = rules.months_after(today, 12)
    county = cast.county_cadre
    assert_refused(
        Malformed, "access.post_too_long", cast, county, valid_to=year + timedelta(days=1)
    )
    assert_refused(Malformed, "access.post_ends_before_start", cast, county, valid_to=today)
    assert_refused(
        Malformed,
        "access.post_already_over",
        cast,
        county,
        valid_from=today - timedelta(days=9),
        valid_to=today,
    )
    grant(cast, county, valid_to=year)


@database
def test_a_role_hangs_on_a_union_of_its_level(cast: Cast) -> None:
    assert_refused(
        Malformed,
        "access.role_of_other_level",
        cast,
        cast.city_cadre,
        role=Role.COUNTY_CADRE,
        union_id=cast.union("couriers").id,
    )
    assert_refused(
        Malformed, "access.post_without_union", cast, SYSTEM, role=Role.FINANCE, union_id=None
    )
    assert_refused(
        Malformed,
        "access.administrator_has_no_union",
        cast,
        SYSTEM,
        role=Role.AUDIT_ADMIN,
        union_id=cast.union("county").id,
    )


@database
def test_the_same_post_is_not_held_twice_at_a_time_but_may_follow_on(cast: Cast) -> None:
    grant(cast, cast.county_cadre)
    assert_refused(Conflict, "access.same_post_twice", cast, cast.county_colleague)
    end = rules.months_after(_today(cast), 12)
    grant(cast, cast.county_cadre, valid_from=end, valid_to=rules.months_after(end, 12))
    grant(cast, cast.county_cadre, union_id=cast.union("drivers").id)


@database
def test_a_post_is_taken_back_once_by_who_could_have_granted_it(cast: Cast) -> None:
    post_id = grant(cast, cast.county_cadre)
    for who in ("cadre_of_next_county", "auditor", "officer_chen", "rider_ye", "security_admin"):
        with pytest.raises((Forbidden, NotFound)):
            actions.revoke_post(post_id=post_id, actor=cast.actor(who), now=cast.now)
        assert cast.liaison_cadre.has_role(Role.GRASSROOTS_OFFICER)
    actions.revoke_post(post_id=post_id, actor=cast.county_colleague, now=cast.now, reason="换岗")
    assert not cast.liaison_cadre.has_role(Role.GRASSROOTS_OFFICER)
    assert Event.objects.get(kind="access.post_revoked").data["reason"] == "换岗"  # type: ignore[index]
    with pytest.raises(Conflict):
        actions.revoke_post(post_id=post_id, actor=cast.county_cadre, now=cast.now)
    grant(cast, cast.county_cadre)


@database
def test_one_may_give_ones_own_post_back(cast: Cast) -> None:
    post = Post.objects.get(account=cast.accounts["county_cadre"])
    actions.revoke_post(post_id=post.id, actor=cast.county_cadre, now=cast.now)
    assert not cast.county_cadre.grants


@database
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"valid_to": date(2027, 12, 1)}, "post_at_most_a_year"),
        ({"granted_by": "holder"}, "nobody_grants_himself"),
        ({"approved_by": "holder"}, "nobody_approves_himself"),
        ({"granted_by": "a", "approved_by": "a"}, "second_person_is_another"),
        ({"role": "audit_admin", "union": None}, "administrators_kept_apart"),
        ({"role": "county_cadre"}, "same_post_once_at_a_time"),
    ],
)
def test_the_database_keeps_these_promises_by_itself(
    cast: Cast, changes: dict[str, Any], name: str
) -> None:
    people = {"holder": cast.accounts["county_cadre"], "a": cast.accounts["city_cadre"]}
    values: dict[str, Any] = {
        "account": cast.accounts["county_cadre"],
        "role": "finance",
        "union": cast.union("county"),
        "valid_from": date(2026, 11, 1),
        "valid_to": date(2027, 11, 1),
        "granted_at": cast.now,
    }
    if "approved_by" in changes:
        values["approved_at"] = cast.now
    values |= {
        key: people.get(value, value) if isinstance(value, str) else value
        for key, value in changes.items()
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Post.objects.create(**values)


@database
def test_the_list_shows_the_scope_and_nothing_beyond(cast: Cast) -> None:
    """Against a second, slow reading: all posts, filtered in plain Python."""
    for who in (
        "county_cadre",
        "city_cadre",
        "province_cadre",
        "auditor",
        "security_admin",
        "cadre_of_next_county",
        "officer_chen",
    ):
        actor = cast.actor(who)
        listed = {post.id for post in queries.list_posts(actor, on=_today(cast))}
        paths = [
            g.union_path
            for g in actor.grants
            if g.role in (Role.COUNTY_CADRE, Role.CITY_CADRE, Role.PROVINCE_CADRE, Role.AUDITOR)
        ]
        expected = {
            post.id
            for post in Post.objects.select_related("union")
            if actor.has_role(Role.SECURITY_ADMIN)
            or (post.union and any(post.union.path.startswith(path) for path in paths))
        }
        assert listed == expected, who
    assert not queries.list_posts(cast.officer_chen, on=_today(cast))


@database
def test_the_lists_part_live_waiting_and_ended(cast: Cast) -> None:
    on = _today(cast)
    waiting = grant(cast, cast.county_cadre, role=Role.FINANCE, union_id=cast.union("county").id)
    ended = grant(cast, cast.county_cadre)
    actions.revoke_post(post_id=ended, actor=cast.county_cadre, now=cast.now)
    found = {
        show: {post.id for post in queries.list_posts(cast.county_cadre, show=show, on=on)}
        for show in ("live", "waiting", "ended", "all")
    }
    assert found["waiting"] == {waiting}
    assert found["ended"] == {ended}
    assert found["all"] == found["live"] | {waiting, ended}
    first = queries.list_posts(cast.county_cadre, show="all", limit=2, on=on)
    rest = queries.list_posts(cast.county_cadre, show="all", before=first[-1].id, on=on)
    assert {post.id for post in first} | {post.id for post in rest} == found["all"]


@database
def test_through_the_pages_a_strong_post_takes_two_people(cast: Cast) -> None:
    first, second = cast.client("county_cadre"), cast.client("county_colleague")
    today = _today(cast)
    form = {
        "username": "officer.chen",
        "role": "finance",
        "union_code": cast.union("county").code,
        "title": "经审",
        "valid_from": today.isoformat(),
        "valid_to": rules.months_after(today, 6).isoformat(),
    }
    refused = first.post("/desk/posts/grant/", {**form, "union_code": cast.union("carers").code})
    assert refused.status_code == 422
    assert "您管的范围里没有这个编码的工会" in refused.content.decode()
    page = first.post("/desk/posts/grant/", form)["Location"]
    assert "复核通过" not in first.get(page).content.decode()
    assert first.post(f"{page}approve/").status_code == 403
    assert "复核通过" in second.get(page).content.decode()
    assert second.post(f"{page}approve/").status_code == 302
    assert cast.officer_chen.has_role(Role.FINANCE)
    assert second.post(f"{page}revoke/", {"reason": "换岗"}).status_code == 302
    assert "已收回" in second.get(page).content.decode()


def test_every_state_of_a_post_has_its_moves_and_a_label() -> None:
    assert set(POST_MOVES) == set(PostState)
    assert all(state.label for state in PostState)


def test_containment_goes_down_only() -> None:
    """Who holds a role never contains one that contains his own, unless they are the same."""
    for role, contained in CONTAINED_ROLES.items():
        for other in contained - {role}:
            assert role not in CONTAINED_ROLES.get(other, frozenset()), (role, other)
        assert contained <= set(GRANTABLE_ROLES)


_roles = st.sampled_from(GRANTABLE_ROLES)
_paths = st.sampled_from(["", "/1/", "/1/2/", "/1/2/3/", "/1/20/", "/1/2/30/"])
_grants = st.builds(Grant, _roles, st.just(1), _paths)


@given(held=st.lists(_grants, max_size=3), role=_roles, path=_paths)
def test_granting_never_widens_what_the_granter_reaches(
    held: list[Grant], role: Role, path: str
) -> None:
    """Whatever is granted lies below a post of the granter's that contains the role."""
    day = date(2026, 11, 23)
    actor = Actor(name="某", grants=tuple(held))
    asked = rules.PostAsked("a-other", role, path, None, day, rules.months_after(day, 6))
    allowed = rules.may_grant(actor, asked, on=day).is_yes
    if allowed:
        assert any(
            role in CONTAINED_ROLES.get(g.role, ())
            and (g.role is Role.SECURITY_ADMIN or (g.union_path and path.startswith(g.union_path)))
            for g in held
        )


@given(start=st.dates(date(2020, 1, 1), date(2100, 1, 1)), months=st.integers(0, 24))
def test_months_after_stays_in_the_month_meant(start: date, months: int) -> None:
    end = rules.months_after(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


def _today(cast: Cast) -> date:
    return clock.business_day(cast.now)
