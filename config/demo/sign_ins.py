"""Who can sign in to a demonstration: two people a role, and the manifest that lists them."""

import base64
import hashlib
import json
import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from config.demo.world import BuiltWorld
from config.places import Places
from nuanxin.access.actions.accounts import create_cadre_account, open_worker_account
from nuanxin.access.models import Account, Post
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM, Role
from nuanxin.kernel.uuid7 import uuid7
from nuanxin.orgs.models import Union

PASSWORD = "nuanxin-demo-2026"
_POST_DAYS = 300

# role, the two user names, kind of the union each works for
_CADRES: tuple[tuple[Role, str], ...] = (
    (Role.GRASSROOTS_OFFICER, "grassroots"),
    (Role.ENTERPRISE_OFFICER, "enterprise"),
    (Role.COUNTY_CADRE, "county"),
    (Role.CITY_CADRE, "city"),
    (Role.PROVINCE_CADRE, "province"),
    (Role.LIAISON_CADRE, "enterprise"),
    (Role.STATION_KEEPER, "town"),
    (Role.FINANCE, "county"),
    (Role.AUDITOR, "county"),
    (Role.SYSTEM_ADMIN, ""),
    (Role.SECURITY_ADMIN, ""),
    (Role.AUDIT_ADMIN, ""),
)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何"
_GIVEN = (
    "立春",
    "雨水",
    "清明",
    "谷雨",
    "小满",
    "芒种",
    "白露",
    "秋分",
    "寒露",
    "霜降",
    "小雪",
    "大寒",
)


def add_sign_ins(built: BuiltWorld, *, now: datetime) -> list[dict[str, Any]]:
    """Open two accounts a role and return the rows of the manifest."""
    unions = _unions(built)
    rows = [
        _cadre(role, number, unions[kind][number] if kind else None, built, now)
        for role, kind in _CADRES
        for number in (0, 1)
    ]
    return rows + _workers(built, now)


def _unions(built: BuiltWorld) -> dict[str, list[Union]]:
    """Return two unions for each level: those of the home county and those beside it."""
    scale = built.scale
    counties = (scale.home, scale.beside)
    live = Union.objects.filter(ended_on__isnull=True).order_by("id")

    def first(**where: Any) -> Union:
        found = live.filter(**where).first()
        return found or live.filter(level=5, accepts_members=True)[0]

    return {
        "grassroots": [_fullest(county) or first(level=5, adcode=county) for county in counties],
        "enterprise": [
            _fullest(county, kind="grassroots") or first(level=5, adcode=county)
            for county in counties
        ],
        "town": [first(level=4, adcode=county) for county in counties],
        "county": [first(level=3, adcode=county) for county in counties],
        "city": [first(level=2, adcode=county // 100 * 100) for county in counties],
        "province": [first(level=1)] * 2,
    }


def _fullest(county: int, kind: str = "") -> Union | None:
    """Return the grass-roots union of a county with the most live members."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT u.id FROM orgs_union u JOIN membership_membership m ON m.union_id = u.id
               WHERE u.adcode = %(county)s AND u.level = 5 AND u.ended_on IS NULL
                 AND u.accepts_members AND m.ended_on IS NULL
                 AND (%(kind)s = '' OR u.kind = %(kind)s)
               GROUP BY u.id ORDER BY count(*) DESC, u.id LIMIT 1""",
            {"county": county, "kind": kind},
        )
        row = cursor.fetchone()
    return Union.objects.get(id=row[0]) if row else None


def _cadre(
    role: Role, number: int, union: Union | None, built: BuiltWorld, now: datetime
) -> dict[str, Any]:
    chooser = random.Random(f"{built.seed}{role}{number}")
    name = chooser.choice(_SURNAMES) + chooser.choice(_GIVEN)
    login = f"{role.value.replace('_', '.')}.{number + 1}"
    # Known to everybody by being in the manifest: it protects made-up people only.
    digest = hashlib.sha256(f"demo {built.seed} {login}".encode()).digest()
    secret = base64.b32encode(digest[:20]).decode()
    account_id = create_cadre_account(
        username=login, name=name, password=PASSWORD, totp_secret=secret, actor=SYSTEM, now=now
    )
    today = clock.business_day(now)
    Post.objects.create(
        account_id=account_id,
        role=role.value,
        union=union,
        title=role.label,
        valid_from=today - timedelta(days=30),
        valid_to=today + timedelta(days=_POST_DAYS),
        granted_at=now,
    )
    return {
        "role": role.value,
        "label": role.label,
        "name": name,
        "user_name": login,
        "password": PASSWORD,
        "totp_secret": secret,
        "union": union.code if union else "",
        "union_code": union.code if union else "",
        "union_name": union.name if union else "",
        "union_id": union.id if union else None,
    }


def _workers(built: BuiltWorld, now: datetime) -> list[dict[str, Any]]:
    """Open the accounts of two live members: one of each county."""
    rows = []
    for county in (built.scale.home, built.scale.beside):
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT w.id, w.name, u.code, u.name, m.id FROM membership_membership m
                   JOIN orgs_union u ON u.id = m.union_id JOIN people_worker w ON w.id = m.worker_id
                   WHERE u.adcode = %s AND m.ended_on IS NULL AND m.state = 1
                   ORDER BY m.id LIMIT 1""",
                [county],
            )
            worker, name, code, union, membership = cursor.fetchone()
        phone = built.people.phones[worker - built.people.first_id].decode()
        account_id = open_worker_account(
            worker_id=worker, name=name, phone=phone, actor=SYSTEM, now=now
        )
        rows.append(
            {
                "role": Role.WORKER.value,
                "label": Role.WORKER.label,
                "name": name,
                "phone": phone,
                "code_from": "/outbox/",
                "account": str(account_id),
                "union": code,
                "union_code": code,
                "union_name": union,
                "membership_id": membership,
                "worker_id": worker,
            }
        )
    return rows


def add_waiting(built: BuiltWorld, *, now: datetime) -> None:
    """Let people wait for review in the home county's fullest union: 29 clean, 8 doubtful."""
    union = _fullest(built.scale.home)
    if union is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH fresh AS (
                 INSERT INTO people_worker (name, name_key, identity_hint, identity_kind,
                     phone_hint, sex, assurance, created_at)
                 SELECT (%(names)s::text[])[n], '', '', 1, '', CASE WHEN n %% 3 = 0 THEN 'F'
                     ELSE 'M' END, 2, %(now)s
                 FROM generate_series(1, 37) AS n RETURNING id)
               INSERT INTO membership_joinapplication (worker_id, union_id, channel, state,
                   occupation, work_adcode, place_stated, doubts, created_at, confirmed_at,
                   confirmed_via, due_on, reminders_sent, decided_by_name, decision_note)
               SELECT id, %(union)s, 1 + row_number() OVER () %% 2, 2, 3 + row_number() OVER () %% 2,
                   %(county)s, '', CASE WHEN row_number() OVER () > 29
                       THEN 1 << (row_number() OVER () %% 5)::int ELSE 0 END,
                   %(now)s - (row_number() OVER () || ' hours')::interval, %(now)s, 'online',
                   %(today)s::date + (row_number() OVER () %% 9)::int - 1, 0, '', ''
               FROM fresh""",
            {
                "names": [_SURNAMES[n % 20] + _GIVEN[n % 12] for n in range(37)],
                "now": now,
                "today": clock.business_day(now),
                "union": union.id,
                "county": union.adcode,
            },
        )


def write_manifest(
    where: Places, built: BuiltWorld, sign_ins: list[dict[str, Any]], *, now: datetime
) -> None:
    """Write what scripts need: sign-ins, some ids of each kind, the digest of the world."""
    manifest = {
        "demonstration": True,
        "note": "演示数据：人名和号码都是编的",
        "scale": built.scale.name,
        "seed": built.seed,
        "until": built.window.until.isoformat(),
        "built_at": now.isoformat(),
        "digest": built.digest,
        "counts": built.counts,
        "sign_ins": sign_ins,
        "objects": _objects(),
    }
    where.manifest.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    where.manifest.chmod(0o600)


def _objects() -> dict[str, list[Any]]:
    def some(statement: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} LIMIT 5")
            return [row[0] for row in cursor.fetchall()]

    return {
        "union_codes": some(
            "SELECT code FROM orgs_union WHERE accepts_members AND ended_on IS NULL ORDER BY id"
        ),
        "union_ids": some("SELECT id FROM orgs_union ORDER BY id"),
        "membership_ids": some(
            "SELECT id FROM membership_membership WHERE ended_on IS NULL ORDER BY id"
        ),
        "application_ids": some(
            "SELECT id FROM membership_joinapplication WHERE state = 2 ORDER BY id"
        ),
        "transfer_ids": some("SELECT id FROM membership_transfer ORDER BY id"),
        "worker_ids": some("SELECT id FROM people_worker ORDER BY id"),
        "regions": [330000, 330100, 330105],
        "accounts": [str(a) for a in Account.objects.values_list("id", flat=True)[:5]],
        "unknown": [str(uuid7())],
    }
