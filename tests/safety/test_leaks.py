"""Lists, searches, counts, exports and pages against a slow second opinion: not a person too many.

Safety, section 2: leaks by list, search, count and export; invariant 23.
"""

import io
import re
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import ROLES_OF_THE_WALK, Cast
from tests.safety.planted import MARK, Planted, may_see, plant
from tests.walk.routes import all_routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIVE = "membership.live_members_persons"
LISTING = (
    "officer_chen",
    "enterprise_officer",
    "county_cadre",
    "cadre_of_next_county",
    "city_cadre",
    "auditor",
)
# Any of these shows somebody's name.
SHOWS_PEOPLE = (
    "membership.list",
    "membership.decide",
    "membership.view",
    "membership.api_view",
    "figure.rows",
)


@pytest.fixture
def planted(cast: Cast) -> list[Planted]:
    return plant(cast)


def named_in(text: str) -> set[str]:
    """Return the marked names in an answer."""
    return set(re.findall(rf"{MARK}\w", text))


def below(cast: Cast, union: Any, one: Planted) -> bool:
    """Return whether the person stands in ``union`` or below it, by climbing."""
    by_id = {u.id: u for u in cast.unions.values()}
    at = one.union
    while at.id != union.id:
        if at.parent_id is None:
            return False
        at = by_id[at.parent_id]
    return True


@pytest.mark.parametrize("who", LISTING)
def test_a_list_shows_whom_the_policy_allows_and_nobody_else(
    cast: Cast, planted: list[Planted], who: str
) -> None:
    client = cast.same_client(who)
    for union in cast.unions.values():
        for asked in ({"q": MARK}, {"state": "1", "occupation": "3"}):
            answer = client.get(reverse("desk-members"), {"union": union.code} | asked)
            allowed = may_see(cast, who, "membership.list", union)
            assert answer.status_code == (200 if allowed else 404), (union.name, asked)
            wanted = {one.name for one in planted if allowed and below(cast, union, one)}
            assert named_in(answer.content.decode()) == wanted, (union.name, asked)


@pytest.mark.parametrize("who", LISTING)
def test_a_count_counts_what_the_list_shows(cast: Cast, planted: list[Planted], who: str) -> None:
    page = cast.same_client(who).get(reverse("desk-members"), {"state": "1"}).content.decode()
    (counted,) = re.findall(r"找到 (\d+) 人", page)[:1]
    assert int(counted) == len(named_in(page)) > 0


@pytest.mark.parametrize("who", LISTING)
def test_a_number_finds_its_person_in_scope_only_and_never_stands_in_the_address(
    cast: Cast, planted: list[Planted], who: str
) -> None:
    client, url = cast.same_client(who), reverse("desk-members")
    own = next(g.union_id for g in cast.actor(who).grants)
    (union,) = (u for u in cast.unions.values() if u.id == own)
    nobodys = _without_token(client.post(url, {"q": "15579999999"}).content)
    for one in planted:
        for number in (one.phone, one.identity)[: 2 if one is planted[0] else 1]:
            answer = client.post(url, {"q": number})
            assert answer.status_code == 200
            assert "Location" not in answer
            if below(cast, union, one):
                assert named_in(answer.content.decode()) == {one.name}
            else:
                shown = _without_token(answer.content).replace(number, "15579999999")
                assert shown == nobodys, f"{number} of another scope is told apart from nobody's"


def test_a_number_in_an_address_is_not_searched_for_and_not_repeated(
    cast: Cast, planted: list[Planted]
) -> None:
    one = next(p for p in planted if p.union.id == cast.union("couriers").id)
    browser = cast.client("officer_chen")
    page = browser.get(reverse("desk-members"), {"q": one.phone}, follow=True)
    assert one.phone not in page.request["QUERY_STRING"]
    assert one.phone not in page.content.decode()


@pytest.mark.parametrize("who", ROLES_OF_THE_WALK)
def test_no_page_names_anybody_out_of_scope(cast: Cast, planted: list[Planted], who: str) -> None:
    """Open every page that takes no object, and those of every union, with searches and sorts."""
    client = cast.same_client(who, raise_request_exception=False)
    allowed = {
        one.name
        for one in planted
        if any(may_see(cast, who, right, one.union) for right in SHOWS_PEOPLE)
    }
    secret = [tell for one in planted if one.name not in allowed for tell in one.tells]
    for url in _pages(cast):
        asked = {"q": MARK, "state": "", "sort": "name", "page_size": "1000", "limit": "100"}
        text = client.get(url, asked).content.decode(errors="replace")
        told = [tell for tell in secret if tell in text]
        assert not told, f"{url} as {who} names {told}"


@pytest.mark.parametrize("who", ["officer_chen", "county_cadre", "auditor"])
def test_clear_numbers_stand_on_no_page_that_was_not_asked_for_them(
    cast: Cast, planted: list[Planted], who: str
) -> None:
    client = cast.same_client(who, raise_request_exception=False)
    urls = [*_pages(cast)]
    urls += [reverse("desk-member", args=[one.membership_id]) for one in planted]
    urls += [reverse("desk-application", args=[one.application_id]) for one in planted]
    for url in urls:
        text = client.get(url).content.decode(errors="replace")
        assert not [o.name for o in planted if o.phone in text or o.identity in text], url


def test_a_program_pages_through_its_own_subtree_and_no_further(
    cast: Cast, planted: list[Planted]
) -> None:
    program, url = cast.client("api_client"), reverse("api-v1:list_of_members")
    wanted = {o.name for o in planted if below(cast, cast.union("couriers"), o)}
    assert _walked(program, url, {"limit": 1}) == wanted
    for union in cast.unions.values():
        inside = may_see(cast, "api_client", "membership.api_view", union)
        answer = program.get(url, {"union": union.code})
        assert answer.status_code == (200 if inside else 404)
        got = {row["name"] for row in answer.json().get("items", [])}
        assert got == {o.name for o in planted if inside and below(cast, union, o)}


def test_a_cursor_of_a_wider_list_opens_nothing_wider(cast: Cast, planted: list[Planted]) -> None:
    """A cursor says where to go on, not what may be seen."""
    wide = cast.client("county_cadre").get(reverse("desk-members"), {"q": MARK}).content.decode()
    own = {o.name for o in planted if below(cast, cast.union("couriers"), o)}
    program, url = cast.client("api_client"), reverse("api-v1:list_of_members")
    cursor = program.get(url, {"limit": 1}).json()["next"]
    for found in [cursor, *re.findall(r"after=([\w%.=-]+)", wide)]:
        rows = program.get(url, {"cursor": found}).json().get("items", [])
        assert {row["name"] for row in rows} <= own


@pytest.mark.parametrize("who", ["officer_chen", "enterprise_officer", "county_cadre"])
def test_an_export_holds_the_rows_of_the_list_and_no_number(
    cast: Cast, planted: list[Planted], who: str
) -> None:
    client = cast.same_client(who)
    for union in cast.unions.values():
        address = {"args": [LIVE, union.code]}
        page = client.get(reverse("figure-rows", **address))
        taken = client.post(reverse("figure-rows-export", **address))
        if not may_see(cast, who, "membership.export", union):
            assert (page.status_code, taken.status_code) == (404, 404)
            continue
        cells = _cells(taken.content)
        shown = named_in(page.content.decode())
        assert {cell for cell in cells if cell.startswith(MARK)} == shown
        assert shown <= {o.name for o in planted if below(cast, union, o)}
        everything = "\n".join(cells)
        assert not [o.name for o in planted if o.phone in everything or o.identity in everything]


# ---- inside -----------------------------------------------------------------------------------


def _pages(cast: Cast) -> list[str]:
    found = []
    for route in all_routes():
        if "GET" not in route.requirements or route.name.startswith("gallery"):
            continue
        if not route.converters:
            found.append(reverse(route.name))
        elif set(route.converters) == {"code"} and not route.is_public:
            found += [reverse(route.name, args=[cast.union(n).code]) for n in _NAMED]
    return found


_NAMED = ("county", "couriers", "far_drivers")


def _walked(program: Client, url: str, asked: dict[str, Any]) -> set[str]:
    names, cursor = set(), ""
    for _ in range(50):
        page = program.get(url, asked | ({"cursor": cursor} if cursor else {})).json()
        names |= {row["name"] for row in page["items"]}
        cursor = page["next"]
        if not cursor:
            return names
    raise AssertionError("the pages never end")


def _without_token(content: bytes) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content.decode())


def _cells(content: bytes) -> list[str]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    return [str(cell) for row in rows for cell in row if cell is not None]
