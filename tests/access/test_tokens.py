"""API tokens: shown once, kept as a hash, for one subtree and some rights, gone when taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from nuanxin.access import actions, queries, rules
from nuanxin.access.models import Account, ApiToken
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Role
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from tests.cast import API_CLIENT_TOKEN, Cast

pytestmark = pytest.mark.django_db


def make(cast: Cast, who: str = "county_cadre", **changes: Any) -> actions.NewToken:
    union = cast.union("couriers")
    asked: dict[str, Any] = {
        "label": "迅达人事系统",
        "union_id": union.id,
        "union_path": union.path,
        "rights": ["roster.create"],
        "valid_to": rules.months_after(clock.business_day(cast.now), 6),
    }
    return actions.create_token(**{**asked, **changes}, actor=cast.actor(who), now=cast.now)


def test_a_token_opens_its_unions_subtree(cast: Cast) -> None:
    made = make(cast)
    actor = queries.actor_of_token(f"Bearer {made.token}", cast.now)
    assert actor is not None
    assert actor.paths_for(Role.API_CLIENT) == (cast.union("couriers").path,)
    assert made.token not in repr(made)


def test_the_database_does_not_hold_the_token(cast: Cast) -> None:
    made = make(cast)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM access_apitoken t")
        text = str(cursor.fetchall())
    assert made.token[8:] not in text


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer nx_", "Bearer nx_wrong", "Basic {token}", "{token}", "Bearer x{token}"],
)
def test_what_is_not_the_token_is_nobody(cast: Cast, header: str) -> None:
    made = make(cast)
    assert queries.actor_of_token(header.format(token=made.token), cast.now) is None


def test_a_token_ends_on_its_day_and_when_taken_back(cast: Cast) -> None:
    made = make(cast)
    end = ApiToken.objects.get(id=made.id).expires_at
    header = f"Bearer {made.token}"
    assert queries.actor_of_token(header, end - timedelta(seconds=1)) is not None
    assert queries.actor_of_token(header, end) is None
    actions.revoke_token(token_id=made.id, actor=cast.city_cadre, now=cast.now)
    assert queries.actor_of_token(header, cast.now) is None
    with pytest.raises(Conflict):
        actions.revoke_token(token_id=made.id, actor=cast.city_cadre, now=cast.now)


@pytest.mark.parametrize("who", ["cadre_of_next_county", "officer_chen", "auditor", "rider_ye"])
def test_nobody_else_makes_or_takes_back(cast: Cast, who: str) -> None:
    made = make(cast)
    with pytest.raises((NotFound, Forbidden)):
        make(cast, who)
    with pytest.raises((NotFound, Forbidden)):
        actions.revoke_token(token_id=made.id, actor=cast.actor(who), now=cast.now)
    assert made.id not in {token.id for token in queries.list_tokens(cast.actor(who))}


@pytest.mark.parametrize(
    "changes",
    [{"label": " "}, {"rights": []}, {"rights": ["membership.decide"]}, {"rights": ["no.such"]}],
)
def test_a_token_gets_only_rights_of_programs(cast: Cast, changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        make(cast, **changes)


def test_a_token_lasts_a_year_at_most(cast: Cast) -> None:
    today = clock.business_day(cast.now)
    for days in (0, 400):
        with pytest.raises(Malformed):
            make(cast, valid_to=today + timedelta(days=days))


def test_the_tokens_of_a_leaver_are_dead(cast: Cast) -> None:
    Account.objects.filter(id=cast.account_id("county_cadre")).update(username="county.cadre")
    made = make(cast)
    actions.close_account(
        account_id=cast.account_id("county_cadre"), actor=cast.system_admin, now=cast.now
    )
    assert queries.actor_of_token(f"Bearer {made.token}", cast.now) is None


def test_the_page_shows_a_token_once(cast: Cast) -> None:
    client = cast.client("county_cadre")
    form = {
        "label": "迅达人事系统",
        "union_code": cast.union("couriers").code,
        "rights": ["roster.create", "roster.view"],
        "valid_to": rules.months_after(clock.business_day(cast.now), 6).isoformat(),
    }
    foreign = client.post("/desk/tokens/new/", {**form, "union_code": cast.union("carers").code})
    assert foreign.status_code == 422
    page = client.post("/desk/tokens/new/", form)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store, private"
    made = ApiToken.objects.latest("id")
    token = next(part for part in page.content.decode().split("<code>")[1:])
    secret = token.split("</code>")[0]
    assert queries.actor_of_token(f"Bearer {secret}", cast.now) is not None
    listing = client.get("/desk/tokens/").content.decode()
    assert secret not in listing
    assert secret[:8] in listing
    assert client.post(f"/desk/tokens/{made.id}/revoke/").status_code == 302
    assert queries.actor_of_token(f"Bearer {secret}", cast.now) is None


def test_the_use_of_a_token_is_noted_once_a_day(cast: Cast) -> None:
    ApiToken.objects.update(last_used_on=None)
    actions.note_token_use(token_id=cast.token_id, now=cast.now)
    assert ApiToken.objects.get().last_used_on == clock.business_day(cast.now)
    assert queries.actor_of_token(f"Bearer {API_CLIENT_TOKEN}", cast.now) is not None
