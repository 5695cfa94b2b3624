"""The fixed cast: the same people in every test, so that a test reads like a sentence.

``cast.county_cadre`` is an ``Actor``; ``cast.client("county_cadre")`` is a browser signed in as him.
The tree they live in (made-up unions of real counties)::

    浙江省总工会
      杭州市总工会
        拱墅区总工会                        county cadre Chen; liaison, keeper, finance
          大关街道工会联合会
            大关快递行业联合工会             officer Chen; rider Ye belongs here
              大关快递三分会
            大关网约车联合工会
          迅达速运工会                      enterprise officer; outlets in four cities
            迅达速运宁波分会
        西湖区总工会                        cadre of the next county
          西溪家政联合工会
      宁波市总工会
        鄞州区总工会
          鄞州网约车联合工会
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from nuanxin.access.actions.sessions import insert_session, key_hash_of
from nuanxin.access.middleware.sessions import SessionStore
from nuanxin.access.models import Account, ApiToken, Post
from nuanxin.access.queries.actors import actor_of_account, hash_token
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.actor import ANONYMOUS, Actor, Grant, Role
from nuanxin.orgs.models import Coverage, Employer, Outlet, Union
from nuanxin.people.models import Worker

# name, code, parent, kind, level, adcode, town
_TREE = (
    ("province", "浙江省总工会", "", "federation", 1, 330000, None),
    ("city", "杭州市总工会", "province", "federation", 2, 330100, None),
    ("county", "拱墅区总工会", "city", "federation", 3, 330105, None),
    ("town", "大关街道工会联合会", "county", "township", 4, 330105, 330105006),
    ("couriers", "大关快递行业联合工会", "town", "joint", 5, 330105, 330105006),
    ("couriers_three", "大关快递三分会", "couriers", "grassroots", 5, 330105, 330105006),
    ("drivers", "大关网约车联合工会", "town", "joint", 5, 330105, 330105006),
    ("enterprise", "迅达速运工会", "county", "grassroots", 5, 330105, None),
    ("enterprise_ningbo", "迅达速运宁波分会", "enterprise", "grassroots", 5, 330212, None),
    ("next_county", "西湖区总工会", "city", "federation", 3, 330106, None),
    ("carers", "西溪家政联合工会", "next_county", "joint", 5, 330106, 330106003),
    ("other_city", "宁波市总工会", "province", "federation", 2, 330200, None),
    ("far_county", "鄞州区总工会", "other_city", "federation", 3, 330212, None),
    ("far_drivers", "鄞州网约车联合工会", "far_county", "joint", 5, 330212, 330212002),
)

# name, Chinese name, role, union; a worker has no role
_PEOPLE: tuple[tuple[str, str, Role | None, str], ...] = (
    ("rider_ye", "叶小满", None, ""),
    ("rider_lu", "陆一舟", None, ""),
    ("officer_chen", "陈关河", Role.GRASSROOTS_OFFICER, "couriers"),
    ("enterprise_officer", "祝远", Role.ENTERPRISE_OFFICER, "enterprise"),
    ("county_cadre", "陈立春", Role.COUNTY_CADRE, "county"),
    ("county_colleague", "孟夏", Role.COUNTY_CADRE, "county"),
    ("cadre_of_next_county", "秋实", Role.COUNTY_CADRE, "next_county"),
    ("city_cadre", "何冬至", Role.CITY_CADRE, "city"),
    ("province_cadre", "沈惊蛰", Role.PROVINCE_CADRE, "province"),
    ("liaison_cadre", "白露", Role.LIAISON_CADRE, "enterprise"),
    ("station_keeper", "沈谷雨", Role.STATION_KEEPER, "town"),
    ("finance", "钱清", Role.FINANCE, "county"),
    ("auditor", "严明", Role.AUDITOR, "county"),
    ("system_admin", "系统甲", Role.SYSTEM_ADMIN, ""),
    ("security_admin", "安全乙", Role.SECURITY_ADMIN, ""),
    ("security_colleague", "安全丁", Role.SECURITY_ADMIN, ""),
    ("audit_admin", "审计丙", Role.AUDIT_ADMIN, ""),
)

API_CLIENT_TOKEN = "nx_the-token-of-the-cast"
"""The token of ``api_client``, scoped to the couriers' union, with every right of programs."""

ROLES_OF_THE_WALK = (
    "anonymous",
    "rider_ye",
    "officer_chen",
    "enterprise_officer",
    "county_cadre",
    "cadre_of_next_county",
    "city_cadre",
    "province_cadre",
    "liaison_cadre",
    "station_keeper",
    "finance",
    "auditor",
    "system_admin",
    "security_admin",
    "audit_admin",
    "api_client",
)


@dataclass
class Cast:
    """Unions by name, accounts by name, and the actors behind them."""

    now: datetime
    unions: dict[str, Union] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    token_id: int = 0
    cookies: dict[tuple[str, SessionKind], str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        """Return the actor called ``name``, with the posts held at this moment."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self.actor(name)

    def actor(self, name: str) -> Actor:
        """Return the actor called ``name``."""
        if name == "anonymous":
            return ANONYMOUS
        if name == "api_client":
            union = self.unions["couriers"]
            grant = Grant(Role.API_CLIENT, union.id, union.path)
            return Actor(name="接口：迅达速运人事系统", grants=(grant,))
        return actor_of_account(self.accounts[name].id, self.now)

    def union(self, name: str) -> Union:
        """Return the union called ``name`` in the tree above."""
        return self.unions[name]

    def account_id(self, name: str) -> UUID:
        """Return the id of somebody's account."""
        return self.accounts[name].id

    def client(self, name: str, *, kind: SessionKind | None = None, **options: Any) -> Client:
        """Return a browser (or, for ``api_client``, a program) newly signed in as ``name``."""
        client = Client(**options)
        if name == "api_client":
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {API_CLIENT_TOKEN}"
        elif name != "anonymous":
            sign_in(client, self.accounts[name].id, kind or kind_of(name), self.now)
        return client

    def same_client(self, name: str, **options: Any) -> Client:
        """Return a browser with the one session that ``name`` has in this test: quicker."""
        if name in ("anonymous", "api_client"):
            return self.client(name, **options)
        kind = kind_of(name)
        client = Client(**options)
        known = self.cookies.get((name, kind))
        if known is None:
            self.cookies[name, kind] = sign_in(client, self.accounts[name].id, kind, self.now)
        else:
            client.cookies[settings.SESSION_COOKIE_NAME] = known
        return client


def kind_of(name: str) -> SessionKind:
    """Return how somebody signs in: who has a role with a password, a worker with the phone."""
    roles = {person: role for person, _, role, _ in _PEOPLE}
    return SessionKind.PHONE if roles[name] is None else SessionKind.CADRE


def sign_in(client: Client, account_id: UUID, kind: SessionKind, now: datetime) -> str:
    """Give ``client`` a session of the account, as a sign-in would; return its cookie."""
    store = SessionStore()
    key: str = store._get_new_session_key()
    insert_session(key_hash_of(key), store.encode({}), kind=kind, account_id=account_id, now=now)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return key


def build_unions() -> dict[str, Union]:
    """Make the tree; codes are made up and say so (they begin with T).

    Many tests begin here: a statement for each table, not two for each row.
    """
    unions: dict[str, Union] = {}
    ids = _next_ids(len(_TREE))
    for number, (name, title, parent, kind, level, adcode, town) in enumerate(_TREE, start=1):
        union_id = ids[number - 1]
        unions[name] = Union(
            id=union_id,
            code=f"T{number:06}",
            name=title,
            kind=kind,
            level=level,
            adcode=adcode,
            town_code=town,
            parent=unions.get(parent),
            path=f"{unions[parent].path if parent else '/'}{union_id}/",
            accepts_members=kind not in ("federation",),
            is_new_form=level == 5,
            founded_on=date(2021, 5, 1),
        )
    Union.objects.bulk_create(unions.values())
    _cover_enterprise(unions["enterprise"])
    return unions


def _next_ids(count: int) -> list[int]:
    """Return ids of unions that nobody has: a path is made of them before the rows are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('orgs_union', 'id'))"
            " FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def _cover_enterprise(union: Union) -> None:
    employer = Employer.objects.create(name="迅达速运有限公司", adcode=330105, is_platform=True)
    Outlet.objects.bulk_create(
        Outlet(employer=employer, name=f"迅达{place}网点", adcode=adcode)
        for place, adcode in (
            ("拱墅", 330105),
            ("鄞州", 330212),
            ("鹿城", 330302),
            ("越城", 330602),
        )
    )
    Coverage.objects.create(union=union, employer=employer, valid_from=date(2021, 5, 1))


def build_cast(now: datetime | None = None) -> Cast:
    """Make unions, people and posts in the present transaction."""
    now = now or clock.now()
    cast = Cast(now=now, unions=build_unions())
    workers = {
        number: _worker(chinese, phone_of(number), now)
        for number, (_, chinese, role, _) in enumerate(_PEOPLE)
        if role is None
    }
    Worker.objects.bulk_create(workers.values())
    for number, (name, chinese, role, _) in enumerate(_PEOPLE):
        worker = workers.get(number)
        cast.accounts[name] = Account(
            username=None if role is None else name.replace("_", "."),
            name=chinese,
            worker=worker,
            phone_hash=worker.phone_hash if worker else None,
            created_at=now,
        )
    Account.objects.bulk_create(cast.accounts.values())
    _give_posts(cast)
    cast.token_id = ApiToken.objects.create(
        label="迅达速运人事系统",
        token_hash=hash_token(API_CLIENT_TOKEN),
        token_hint=API_CLIENT_TOKEN[:8],
        union=cast.unions["couriers"],
        scopes=_rights_of_programs(),
        created_at=now,
        expires_at=now + timedelta(days=100),
        last_used_on=clock.business_day(now),
    ).id
    return cast


def _worker(name: str, phone: str, now: datetime) -> Worker:
    phone_hash = sealing.lookup_hash("phone", phone)
    return Worker(
        name=name,
        phone_hash=phone_hash,
        phone_sealed=sealing.seal("phone", phone, phone_hash),
        phone_hint=phone[:3] + phone[-4:],
        created_at=now,
    )


def _give_posts(cast: Cast) -> None:
    today = clock.business_day(cast.now)
    Post.objects.bulk_create(
        Post(
            account=cast.accounts[name],
            role=role.value,
            union=cast.unions.get(union),
            valid_from=today - timedelta(days=30),
            valid_to=today + timedelta(days=300),
            granted_at=cast.now,
        )
        for name, _, role, union in _PEOPLE
        if role is not None
    )


def phone_of(number: int) -> str:
    """Return a made-up phone; 199 0000 xxxx is given to nobody."""
    return f"1990000{number:04}"


def _rights_of_programs() -> list[str]:
    from nuanxin.access.queries import rights_for_tokens

    return list(rights_for_tokens())


@pytest.fixture
def cast(db: None) -> Cast:
    """The fixed cast, in this test's transaction."""
    return build_cast()
