"""What the bench of one-click joining is made of: a register, people, sessions, requests, a limit.

Everything goes through the product's own code (demonstration, sessions, drafts, tokens); only
pgbench and the plain view go around it, which is what they are for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

AREA = "110101"  # nobody of the demonstration's was born there
FIRST_BIRTH = date(1976, 1, 1)
BIRTHS = 10_000
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented who asks to join a union."""

    name: str
    identity: str
    phone: str
    union: str
    county: int


@dataclass(frozen=True, slots=True)
class Place:
    """A union that takes members, one of its county."""

    code: str
    county: int


def fill_register(places: Any, persons: int) -> None:
    """Load a province of ``persons`` people by the demonstration's bulk load."""
    from config.demo import demonstration
    from config.demo.scales import SCALES

    share = persons / SCALES["province"].persons
    measures = ("unions", "couriers", "courier_outlets", "carers", "care_institutions")
    measures += ("care_stations", "again")
    scaled = {name: int(getattr(SCALES["province"], name) * share) + 90 for name in measures}
    whole = share >= 1
    SCALES["bench"] = replace(
        SCALES["province"], name="bench", persons=persons, **({} if whole else scaled)
    )
    demonstration.load_demonstration(places, scale="bench", seed=1)


def places_to_join() -> list[Place]:
    """Return one union that takes members in each county that has one."""
    return [
        Place(code, county)
        for code, county in _rows(
            "SELECT DISTINCT ON (adcode) code, adcode FROM orgs_union WHERE accepts_members"
            " AND ended_on IS NULL AND state NOT IN ('merged', 'dissolved') ORDER BY adcode, id"
        )
    ]


class People:
    """Invents people who are not in the register: each number and each phone once."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._numbers = count(1 + counted()["people"])  # new ones in used data, too

    def spread(self, how_many: int) -> list[Person]:
        """Return people who join all over the province."""
        return [self._one(self._places[at % len(self._places)]) for at in range(how_many)]

    def in_one_county(self, how_many: int) -> list[Person]:
        """Return people who all join one union of one county."""
        return [self._one(self._places[0]) for _ in range(how_many)]

    def _one(self, place: Place) -> Person:
        from nuanxin.kernel.identity import check_digit

        number = next(self._numbers)
        born = FIRST_BIRTH + timedelta(days=number % BIRTHS)
        first17 = f"{AREA}{born:%Y%m%d}{number // BIRTHS:03d}"
        return Person(
            name="测" + chr(0x4E00 + number % 4_000) + chr(0x4E00 + number // 7 % 4_000),
            identity=first17 + check_digit(first17),
            phone=f"170{number:08d}",
            union=place.code,
            county=place.county,
        )


# ---- requests ---------------------------------------------------------------------------------


def token_for_all() -> str:
    """Return a token that may hand in applications for the whole province."""
    from nuanxin.access.actions import create_token
    from nuanxin.kernel import clock
    from nuanxin.kernel.actor import SYSTEM
    from nuanxin.orgs.queries import get_root

    root, now = get_root(), clock.now()
    assert root is not None
    made = create_token(
        label="测速",
        union_id=root.id,
        union_path=root.path,
        rights=["membership.create"],
        valid_to=clock.business_day(now) + timedelta(days=2),
        actor=SYSTEM,
        now=now,
    )
    return made.token


def by_program(people: Sequence[Person], token: str) -> list[bytes]:
    """Return the requests of a program with a token: one for each person."""
    headers = f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return [_post("/api/v1/applications", headers, _as_json(person)) for person in people]


def by_plain_view(people: Sequence[Person]) -> list[bytes]:
    """Return the same for the plain view."""
    headers = "Content-Type: application/json\r\n"
    return [_post("/join", headers, _as_json(person)) for person in people]


def by_last_tap(people: Sequence[Person], *, with_draft: bool = False) -> list[bytes]:
    """Return the last tap of people who came from a host app: one browser session for each.

    The sessions are made as the pages make them. ``with_draft``: the tap is that of somebody who
    went through all questions instead of the three-tap page behind a union's code.
    """
    cookie, field = _csrf()
    sent: dict[str, str] = {"csrfmiddlewaretoken": field}
    if not with_draft:
        sent |= {"jobs": "delivery_rider", "consent": "on"}
    body = urlencode(sent).encode()
    head = (
        f"Content-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken={cookie}; nuanxin="
    )
    return [
        _post(
            "/join/check/" if with_draft else f"/join/quick/?u={person.union}",
            f"{head}{key}\r\n",
            body,
        )
        for person, key in zip(people, _sessions_of(people, with_draft), strict=True)
    ]


def _as_json(person: Person) -> bytes:
    sent = {
        "name": person.name,
        "identity": person.identity,
        "phone": person.phone,
        "union": person.union,
        "occupations": ["delivery_rider"],
        "phone_confirmed": True,
        "consents": "joining+identity_number",
    }
    return json.dumps(sent, ensure_ascii=False).encode()


def _post(path: str, headers: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _csrf() -> tuple[str, str]:
    """Return the cookie and the form field of a page that has been looked at."""
    from django.http import HttpRequest
    from django.middleware.csrf import get_token

    request = HttpRequest()
    field = get_token(request)
    return str(request.META["CSRF_COOKIE"]), field


def _sessions_of(people: Sequence[Person], with_draft: bool) -> list[str]:
    from django.db import transaction
    from django.http import HttpRequest

    from nuanxin.access.actions import hold_host_person
    from nuanxin.access.middleware.sessions import SessionStore
    from nuanxin.access.queries import HostPerson
    from nuanxin.kernel import clock
    from nuanxin.membership.pages.draft import keep

    keys, now = [], clock.now()
    with transaction.atomic():
        for person in people:
            request = HttpRequest()
            request.session = SessionStore()
            host = HostPerson(
                "host", person.identity, person.name, person.identity, person.phone, now
            )
            hold_host_person(request.session, person=host, now=now)
            if with_draft:
                keep(request, _draft_of(person))
            request.session.save()
            keys.append(str(request.session.session_key))
    return keys


def _draft_of(person: Person) -> Any:
    from nuanxin.membership.pages.draft import Draft
    from nuanxin.membership.states import Channel

    return Draft(
        scanned=person.union,
        jobs=["delivery_rider"],
        county=person.county,
        name=person.name,
        identity=person.identity,
        union=person.union,
        channel=int(Channel.ONE_CLICK),
    )


# ---- counting ---------------------------------------------------------------------------------

COUNTS = {
    "people": "SELECT count(*) FROM people_worker",
    "applications": "SELECT count(*) FROM membership_joinapplication WHERE state = 2",
    "events": "SELECT count(*) FROM records_event WHERE kind = 'membership.applied'",
    "flows": "SELECT coalesce(sum(persons), 0) FROM membership_memberflow WHERE kind = 2",
    "engagements": "SELECT count(*) FROM people_engagement",
    "consents": "SELECT count(*) / 2 FROM people_consent",
    "notices": "SELECT count(*) FROM notices_notice WHERE kind = 'membership.applied'",
}


def counted() -> dict[str, int]:
    """Return how many rows there are of everything that one join leaves one of."""
    return {name: int(_rows(statement)[0][0]) for name, statement in COUNTS.items()}


def _rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return list(cursor.fetchall())
