"""Who can sign in to a demonstration: two of every role, workers by phone, programs by token.

Passwords, second steps and tokens are drawn at random for each world (not from its seed), so that
nobody can know those of another installation. They stand in the manifest only.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.auth.hashers import make_password
from django.db import connection

from config.demo.people import People
from config.demo.rows import World
from config.demo.unions import PlannedUnion
from nuanxin.access import rules
from nuanxin.access.actions.sign_in import TOTP_COLUMN
from nuanxin.access.models import Account, ApiToken, Post
from nuanxin.access.queries import rights_for_tokens
from nuanxin.access.queries.actors import TOKEN_MARK, actor_of_account, hash_token
from nuanxin.kernel import clock, sealing
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.uuid7 import uuid7

# Role, title of the post, and the handles of the two unions ("" for no union).
CADRES = (
    (Role.GRASSROOTS_OFFICER, "工会干部", ("home", "beside")),
    (Role.ENTERPRISE_OFFICER, "企业总部工会干部", ("couriers", "beside")),
    (Role.COUNTY_CADRE, "县级工会干部", ("home_county", "beside_county")),
    (Role.CITY_CADRE, "市级工会干部", ("home_city", "beside_city")),
    (Role.PROVINCE_CADRE, "省级工会干部", ("province", "province")),
    (Role.LIAISON_CADRE, "联络员", ("couriers", "beside")),
    (Role.STATION_KEEPER, "驿站站长", ("backstop", "backstop_beside")),
    (Role.FINANCE, "财务", ("home_county", "beside_county")),
    (Role.AUDITOR, "审计", ("home_county", "province")),
    (Role.SYSTEM_ADMIN, "系统管理员", ("", "")),
    (Role.SECURITY_ADMIN, "安全管理员", ("", "")),
    (Role.AUDIT_ADMIN, "审计管理员", ("", "")),
)
_NAMES = (
    "周成", "林晓棠", "祝远", "顾青", "陈立春", "秋实", "何冬至", "方夏", "沈惊蛰", "章白",
    "白露", "纪明", "沈谷雨", "田禾", "钱清", "苏算", "严明", "石平", "江系", "梁统",
    "安守", "卫宁", "申律", "计严",
)  # fmt: skip
_POST_DAYS = 330


@dataclass(frozen=True, slots=True)
class SignIn:
    """One entry of the manifest; what does not apply is None and left out there."""

    role: Role
    name: str
    union: PlannedUnion | None = None
    account_id: UUID | None = None
    worker_id: int | None = None
    phone: str | None = None
    user_name: str | None = None
    password: str | None = None
    totp_secret: str | None = None
    token: str | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the entry for the manifest."""
        entry = {
            "role": self.role.value,
            "label": self.role.label,
            "name": self.name,
            "phone": self.phone,
            "user_name": self.user_name,
            "password": self.password,
            "totp_secret": self.totp_secret,
            "token": self.token,
            "account_id": str(self.account_id) if self.account_id else None,
            "worker_id": self.worker_id,
            "union": self.union.code if self.union else None,
            "union_id": self.union.id if self.union else None,
            "union_code": self.union.code if self.union else None,
            "union_name": self.union.name if self.union else None,
            "note": self.note or None,
        }
        return {key: value for key, value in entry.items() if value is not None}


def open_accounts(world: World, people: People, *, now: datetime) -> list[SignIn]:
    """Open every account of the demonstration; return how to sign in, workers first."""
    handles = {row.handle: row for row in world.plan.rows if row.handle}
    cadres = _open_cadres(handles, now)
    workers = _open_workers(world, people, now)
    return workers[:2] + cadres + workers[2:] + _make_tokens(handles, cadres, now)


def actor_of(sign_in: SignIn, now: datetime) -> Actor:
    """Return the actor that this sign-in makes."""
    assert sign_in.account_id is not None
    return actor_of_account(sign_in.account_id, now)


def _open_cadres(handles: dict[str, PlannedUnion], now: datetime) -> list[SignIn]:
    password = f"nuanxin-{secrets.token_hex(4)}"
    hashed = make_password(password)  # once: it takes its time on purpose
    names = iter(_NAMES)
    entries = []
    for role, _, unions in CADRES:
        login = role.value.replace("_", ".")
        for at, handle in enumerate(unions, start=1):
            entries.append(
                SignIn(
                    role=role,
                    name=next(names),
                    union=handles.get(handle),
                    account_id=uuid7(),
                    user_name=f"{login}.{at}",
                    password=password,
                    totp_secret=base64.b32encode(secrets.token_bytes(20)).decode(),
                )
            )
    Account.objects.bulk_create(_account(entry, hashed, now) for entry in entries)
    Post.objects.bulk_create(_posts(entries, now))
    return entries


def _account(entry: SignIn, hashed: str, now: datetime) -> Account:
    assert entry.account_id is not None
    assert entry.totp_secret is not None
    return Account(
        id=entry.account_id,
        username=entry.user_name,
        name=entry.name,
        password=hashed,
        totp_sealed=sealing.seal(TOTP_COLUMN, entry.totp_secret, entry.account_id),
        created_at=now - timedelta(days=30),
        trained_until=clock.business_day(now) + timedelta(days=_POST_DAYS),
    )


def _posts(entries: list[SignIn], now: datetime) -> list[Post]:
    """Return the posts: granted by one security administrator, approved by another person."""
    today = clock.business_day(now)
    titles = {role: title for role, title, _ in CADRES}
    strong = rules.setting("strong_roles", today)
    keepers = [entry for entry in entries if entry.role is Role.SECURITY_ADMIN]
    others = [entry for entry in entries if entry.role is Role.SYSTEM_ADMIN]
    posts = []
    for entry in entries:
        granter, approver = keepers if entry not in keepers else others
        needs = entry.role.value in strong
        assert entry.account_id is not None
        posts.append(
            Post(
                account_id=entry.account_id,
                role=entry.role.value,
                union_id=entry.union.id if entry.union else None,
                title=titles[entry.role],
                valid_from=today - timedelta(days=14),
                valid_to=today + timedelta(days=_POST_DAYS),
                granted_by_id=granter.account_id,
                granted_at=now - timedelta(days=15),
                approved_by_id=approver.account_id if needs else None,
                approved_at=now - timedelta(days=15) if needs else None,
                needs_second_person=needs,
            )
        )
    return posts


def _open_workers(world: World, people: People, now: datetime) -> list[SignIn]:
    """Open accounts for two members of the home union and one each of two others."""
    chosen = []
    for handle, count in (("home", 2), ("couriers", 1), ("carers", 1)):
        at = next(i for i, row in enumerate(world.plan.rows) if row.handle == handle)
        chosen += [(person, world.plan.rows[at]) for person in live_members(world, at)[:count]]
    ids = [people.first_id + person for person, _ in chosen]
    names = _names_of(ids)
    entries = [
        SignIn(
            role=Role.WORKER,
            name=names[worker_id],
            union=union,
            account_id=uuid7(),
            worker_id=worker_id,
            phone=people.phones[person].decode(),
            note="验证码在 /outbox/",
        )
        for worker_id, (person, union) in zip(ids, chosen, strict=True)
    ]
    Account.objects.bulk_create(
        Account(
            id=entry.account_id,
            name=entry.name,
            worker_id=entry.worker_id,
            phone_hash=sealing.lookup_hash("phone", entry.phone or ""),
            password="",
            created_at=now,
        )
        for entry in entries
    )
    return entries


def live_members(world: World, union: int) -> list[int]:
    """Return the positions of the persons who are live members of a union (by its position)."""
    periods = world.periods
    live = (periods.union == union) & (periods.ended == 0) & (periods.retained == 0)
    persons = world.joins.person[periods.join[np.flatnonzero(live)]]
    return [int(person) for person in persons]


def _names_of(worker_ids: list[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM people_worker WHERE id = ANY (%s)", [worker_ids])
        return dict(cursor.fetchall())


def _make_tokens(
    handles: dict[str, PlannedUnion], cadres: list[SignIn], now: datetime
) -> list[SignIn]:
    """Make two tokens for programs: one for the home county, one for the couriers' union."""
    rights = sorted(rights_for_tokens())
    owner = next(entry for entry in cadres if entry.role is Role.COUNTY_CADRE)
    ends = clock.day_start(clock.business_day(now) + timedelta(days=_POST_DAYS))
    entries = []
    for label, handle in (("演示：本县系统", "home_county"), ("演示：企业系统", "couriers")):
        token = TOKEN_MARK + secrets.token_urlsafe(32)
        entries.append(SignIn(role=Role.API_CLIENT, name=label, union=handles[handle], token=token))
        ApiToken.objects.create(
            label=label,
            token_hash=hash_token(token),
            token_hint=token[:8],
            union_id=handles[handle].id,
            scopes=rights,
            created_by_id=owner.account_id,
            created_at=now,
            expires_at=ends,
        )
    return entries
