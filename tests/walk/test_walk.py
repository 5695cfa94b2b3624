"""Every address × every role × every relation, from the one policy file.

For each address the walk asks, as each of the cast, for objects of the own union, a child, a
sibling, the parent, a union of the next county and one of another city, and for one that does not
exist. What must come follows from ``kernel/data/policy.yaml`` alone:

* nobody signed in → the way to sign in (a program: 401);
* right held nowhere → 403;
* held, but not over this object → 404, the same to the byte as for an object that does not exist;
* held over it → anything but that;
* and whatever was refused has changed no row, and no GET has.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from nuanxin.access.models import Account
from nuanxin.access.permissions import Requirement
from nuanxin.kernel import policy
from nuanxin.kernel.actor import ANONYMOUS, Actor, Role
from nuanxin.orgs.models import Union
from tests.cast import ROLES_OF_THE_WALK, Cast
from tests.walk.routes import Route, all_routes
from tests.walk.samples import SAMPLES, Sample

ROUTES = all_routes()
GUARDED = [route for route in ROUTES if not route.is_public]
PUBLIC = [route for route in ROUTES if route.is_public]

# Rows that the sign-in machinery itself writes while a page is read.
_PLUMBING = ("access_session", "access_apitoken")


# The same as pg_stat_xact_user_tables gives, without looking the tables up at each request.
_WRITTEN = """
SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
           + pg_stat_get_xact_tuples_deleted(oid))
FROM unnest(%s::oid[]) oid
"""
_TABLES = """
SELECT array_agg(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s)
"""


class _AsBefore(Exception):
    """Ends a block so that the database is as it was before."""


def _ids(routes: list[Route]) -> list[Any]:
    return [pytest.param(route, id=route.name) for route in routes]


def test_there_are_routes_to_walk() -> None:
    assert len(GUARDED) > 10
    assert len(PUBLIC) > 5


@pytest.mark.parametrize("route", _ids(ROUTES))
def test_every_address_says_who_may_use_it(route: Route) -> None:
    silent = [method for method, needed in route.requirements.items() if needed is None]
    assert not silent, (
        f'{route.pattern} ({", ".join(silent)}) carries no right: put @requires("object.action") '
        "or @public from nuanxin.access.permissions on its function"
    )


@pytest.mark.parametrize("route", _ids(ROUTES))
def test_every_address_with_a_variable_part_has_a_sample(route: Route) -> None:
    if not route.converters:
        return
    assert route.name in SAMPLES, (
        f"add a line for {route.name!r} to SAMPLES in tests/walk/samples.py: how to make an object "
        f"for {route.pattern} that belongs to a given union (or person)"
    )
    missing = SAMPLES[route.name].missing
    assert set(missing) == set(route.converters)
    reverse(route.name, kwargs=missing)


def test_every_sample_belongs_to_an_address() -> None:
    assert set(SAMPLES) <= {route.name for route in ROUTES}


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("route", _ids(GUARDED))
def test_walk(route: Route, cast: Cast) -> None:
    """Walk one guarded address as everybody; report every fault at once."""
    faults: list[str] = []
    statuses: set[int] = set()
    objects = _Objects(cast, SAMPLES.get(route.name))
    for method, requirement in route.requirements.items():
        if requirement is None or requirement.is_public:
            continue
        for name in ROLES_OF_THE_WALK:
            faults += _walk_as(cast, route, name, method, requirement, statuses, objects)
    assert not faults, "\n".join(faults)
    if route.converters:
        assert statuses & {401, 404}, "no object out of scope was refused: is the sample right?"


@pytest.mark.django_db
@pytest.mark.parametrize("route", _ids(PUBLIC))
def test_public_addresses_answer_everybody_and_write_nothing_on_get(
    route: Route, cast: Cast
) -> None:
    sample = SAMPLES.get(route.name)
    kwargs = sample.public(cast) if sample and sample.public else {}
    for name in ("anonymous", "rider_ye", "county_cadre"):
        client = _client(cast, name)
        before = written()
        answer = client.get(reverse(route.name, kwargs=kwargs))
        assert answer.status_code < 500, answer.content[:200]
        assert answer.status_code not in (401, 403)
        assert written() == before, f"GET {route.pattern} as {name} wrote"


@pytest.mark.django_db
def test_an_address_without_a_right_is_refused_at_run_time(cast: Cast, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.walk.urls_without_right"
    for name in ("anonymous", "county_cadre", "system_admin"):
        answer = cast.client(name).get("/forgotten/")
        assert answer.status_code == 403
        assert b"secret" not in answer.content


@pytest.mark.django_db
def test_the_walk_notices_rows_that_are_added_changed_and_deleted(cast: Cast) -> None:
    counts = [written()]
    made = Account.objects.create(username="walked", name="叶某", created_at=cast.now)
    counts.append(written())
    made.save()
    counts.append(written())
    made.delete()
    counts.append(written())
    assert counts == sorted(set(counts))


def test_the_order_of_the_middleware_is_the_one_that_the_walk_proves(settings: Any) -> None:
    order = settings.MIDDLEWARE
    actor = order.index("nuanxin.access.middleware.ActorMiddleware")
    assert order[0] == "nuanxin.access.middleware.HeadersMiddleware"
    assert order.index("django.middleware.csrf.CsrfViewMiddleware") < actor
    assert order.index("django.contrib.sessions.middleware.SessionMiddleware") < actor
    assert actor == len(order) - 1


# ---- the walk ---------------------------------------------------------------------------------


def _walk_as(
    cast: Cast,
    route: Route,
    name: str,
    method: str,
    requirement: Requirement,
    statuses: set[int],
    objects: "_Objects",
) -> Iterator[str]:
    actor = known_as(cast, route, name)
    missing: HttpResponse | None = None
    client = _client(cast, name)
    for relation, kwargs, expected in _cases(cast, route, objects, actor, requirement):
        answer, wrote = _ask_and_put_back(client, route, method, kwargs, objects)
        statuses.add(answer.status_code)
        where = f"{method} {route.pattern} as {name}, {relation}"
        fault = _fault(answer, expected, route, actor, method)
        if fault:
            yield f"{where}: {fault}"
        if wrote and (method == "GET" or expected != "allowed"):
            yield f"{where}: answered {answer.status_code} and wrote"
        if relation == "missing":
            missing = answer
        elif expected == "out of scope" and missing is not None and _differ(answer, missing):
            yield f"{where}: differs from an object that does not exist"


def _differ(one: HttpResponse, other: HttpResponse) -> bool:
    """Return whether anything tells the two answers apart."""
    return (one.status_code, one.content, dict(one.headers)) != (
        other.status_code,
        other.content,
        dict(other.headers),
    )


def _cases(
    cast: Cast, route: Route, objects: "_Objects", actor: Actor, requirement: Requirement
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield relation, keyword arguments and what is expected; «missing» comes first."""
    holds = any(policy.holds(actor, r) or policy.holds(ANONYMOUS, r) for r in requirement.rights)
    nobody = actor.account_id is None and not actor.grants
    if not route.converters:
        yield "alone", {}, ("allowed" if holds else "sign in" if nobody else "no right")
        return
    sample = SAMPLES[route.name]
    refused = None if holds else "sign in" if nobody else "no right"
    yield "missing", sample.missing, refused or "out of scope"
    if sample.of_union is not None:
        known = relations(cast, actor)
        if refused:  # without the right one object is as good as seven
            known = dict(list(known.items())[-1:])
        for relation, union in known.items():
            may = any(policy.may(actor, right, path=union.path) for right in requirement.rights)
            expected = refused or ("allowed" if may else "out of scope")
            yield relation, objects.of_union(union), expected
    if sample.of_person is not None:
        for whose in ("rider_ye", "rider_lu"):
            person = cast.actor(whose).worker_id
            may = any(policy.may(actor, r, worker_id=person) for r in requirement.rights)
            expected = refused or ("allowed" if may else "out of scope")
            yield f"of {whose}", objects.of_person(whose), expected


class _Objects:
    """Objects that one address leads to, each made once: what an answer does to them is undone.

    ``rows`` is what ``written`` said last, None where something was made since.
    """

    def __init__(self, cast: Cast, sample: Sample | None) -> None:
        self._cast, self._sample = cast, sample
        self._made: dict[int, dict[str, Any]] = {}
        self.rows: int | None = None

    def of_union(self, union: Union) -> dict[str, Any]:
        """Return the keyword arguments of an object that belongs to a union."""
        assert self._sample is not None
        assert self._sample.of_union is not None
        if union.id not in self._made:
            self.rows = None
            self._made[union.id] = self._sample.of_union(self._cast, union)
        return self._made[union.id]

    def of_person(self, name: str) -> dict[str, Any]:
        """Return the keyword arguments of a fresh object of one of the cast."""
        assert self._sample is not None
        assert self._sample.of_person is not None
        self.rows = None
        return self._sample.of_person(self._cast, name)


def known_as(cast: Cast, route: Route, name: str) -> Actor:
    """Return whom the address takes ``name`` for.

    A token opens no page, and a browser's session nothing below /api/: there they are nobody.
    """
    actor = cast.actor(name)
    return actor if actor.has_role(Role.API_CLIENT) == route.is_for_programs else ANONYMOUS


def relations(cast: Cast, actor: Actor) -> dict[str, Union]:
    """Return a union for each relation that the actor's own union has; and two far ones."""
    by_id = {union.id: union for union in cast.unions.values()}
    found: dict[str, Union] = {
        "next county": cast.unions["carers"],
        "another city": cast.unions["far_drivers"],
    }
    own = next((by_id[g.union_id] for g in actor.grants if g.union_id in by_id), None)
    if own is None:
        return found | {"anywhere": cast.unions["couriers"]}
    found["own"] = own
    for union in by_id.values():
        if union.parent_id == own.id:
            found["child"] = union
        if own.parent_id is not None and union.parent_id == own.parent_id and union.id != own.id:
            found["sibling"] = union
        if union.id == own.parent_id:
            found["parent"] = union
    return found


def _client(cast: Cast, name: str) -> Client:
    return cast.same_client(name, raise_request_exception=False)


def _ask_and_put_back(
    client: Client, route: Route, method: str, kwargs: dict[str, Any], objects: "_Objects"
) -> tuple[HttpResponse, bool]:
    """Return the answer, and whether rows were written for it; the next one finds none of them.

    So everybody asks for the same untouched object, and it is made once. Rows that were put back
    stay counted: what was counted after one answer is what stands before the next.
    """
    cookies = client.cookies.copy()
    try:
        with transaction.atomic():
            before = written() if objects.rows is None else objects.rows
            answer = _ask(client, route, method, kwargs)
            objects.rows = written()
            wrote = objects.rows != before
            raise _AsBefore
    except _AsBefore:
        client.cookies = cookies
        return answer, wrote


def _ask(client: Client, route: Route, method: str, kwargs: dict[str, Any]) -> HttpResponse:
    url = reverse(route.name, kwargs=kwargs)
    sample = SAMPLES.get(route.name)
    body = dict(sample.body) if sample else {}
    if method in ("GET", "HEAD"):
        return client.get(url)  # type: ignore[return-value]
    if route.is_for_programs:
        return client.generic(  # type: ignore[return-value]
            method, url, json.dumps(body), content_type="application/json"
        )
    return client.generic(method, url) if method != "POST" else client.post(url, body)  # type: ignore[return-value]


def _fault(
    answer: HttpResponse, expected: str, route: Route, actor: Actor, method: str
) -> str | None:
    """Return what is wrong with the answer, or None."""
    status = answer.status_code
    if status >= 500:
        return f"failed with {status}"
    good = {
        "sign in": {401} if route.is_for_programs else {302},
        "no right": {403},
        "out of scope": {404, 405},  # 405 only where the address does not know the method at all
        "allowed": {200, 201, 202, 204, 302, 303, 304, 400, 403, 405, 409, 422, 428},
    }[expected]
    if status not in good:
        return f"expected {expected} {sorted(good)}, got {status}"
    if expected == "allowed" and status == 403 and b"access.no_right" in answer.content:
        return "holds the right over it and was told that he does not"
    if (
        status == 302
        and expected == "sign in"
        and "/sign-in/" not in answer.headers.get("Location", "")
    ):
        return f"leads to {answer.headers.get('Location')} instead of signing in"
    return None


def written() -> int:
    """Return how many rows this transaction has inserted, changed or deleted so far."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [_tables()])
        return int(cursor.fetchone()[0])


@cache
def _tables() -> list[int]:
    """Return the tables of the run's database: no test makes one."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [list(_PLUMBING)])
        found: list[int] = cursor.fetchone()[0]
        return found
