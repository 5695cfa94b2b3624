"""The people and unions of these tests. All names and numbers are invented.

浙江 → 杭州 → 拱墅 (riders' federation, backstop union of a street, an enterprise union) and 余杭
(one joint union); everybody has a sound identity number of an invented serial.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor, Grant, Role
from nuanxin.kernel.identity import check_digit
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS
from nuanxin.membership.actions.join import submit_application
from nuanxin.membership.models import JoinApplication, Membership
from nuanxin.membership.rules.receipts import Receipt
from nuanxin.membership.states import Channel
from nuanxin.orgs.models import Union
from nuanxin.people.models import Worker

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Monday, 10:00 in Hangzhou."""
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)

_serial = count(1)


def identity_of(birth: date = date(1990, 5, 20), *, woman: bool = False) -> str:
    """Return a sound identity number of an invented serial that nobody else has in this run."""
    number = next(_serial)
    serial = f"{number % 499 * 2 + (0 if woman else 1):03d}"
    first = f"{330105 + number // 499}{birth:%Y%m%d}{serial}"
    return first + check_digit(first)


def phone_of() -> str:
    """Return a phone number that nobody else has in this run."""
    return f"139{next(_serial):08d}"


def officer(union: Union, *, name: str = "林干事", role: Role = Role.GRASSROOTS_OFFICER) -> Actor:
    """Return somebody who holds a post over ``union`` and what hangs below it."""
    number = next(_serial)
    return Actor(
        account_id=UUID(int=number), name=name, grants=(Grant(role, union.id, union.path),)
    )


def person(worker_id: int, name: str = "陈骑手") -> Actor:
    """Return a worker who has signed in."""
    return Actor(account_id=UUID(int=next(_serial)), worker_id=worker_id, name=name)


def make_union(name: str, parent: Union | None, **fields: Any) -> Union:
    """Found a union below ``parent`` without the ceremony of ``orgs``."""
    kind = fields.pop("kind", "grassroots")
    union = Union.objects.create(
        code=fields.pop("code", f"U{next(_serial):06d}"),
        name=name,
        kind=kind,
        level=fields.pop("level", 5),
        parent=parent,
        path="",
        adcode=fields.pop("adcode", parent.adcode if parent else 330000),
        accepts_members=fields.pop("accepts_members", kind != "federation"),
        founded_on=fields.pop("founded_on", date(2021, 3, 1)),
        is_new_form=fields.pop("is_new_form", True),
        **fields,
    )
    union.path = f"{parent.path if parent else '/'}{union.id}/"
    union.save()
    return union


def make_worker(name: str = "陈永强", **fields: Any) -> Worker:
    """Register a person with an identity number and a phone."""
    identity = fields.pop("identity", identity_of())
    phone = fields.pop("phone", phone_of())
    hashed = sealing.lookup_hash("identity", identity) if identity else None
    phone_hash = sealing.lookup_hash("phone", phone) if phone else None
    return Worker.objects.create(
        name=name,
        identity_hash=hashed,
        identity_sealed=sealing.seal("identity", identity, hashed) if hashed else None,
        identity_hint=identity[:4] + identity[-4:] if identity else "",
        phone_hash=phone_hash,
        phone_sealed=sealing.seal("phone", phone, phone_hash) if phone_hash else None,
        phone_hint=phone[:3] + phone[-4:] if phone else "",
        birth_on=fields.pop("birth_on", date(1990, 5, 20)),
        sex=fields.pop("sex", "M"),
        assurance=fields.pop("assurance", 2),
        created_at=fields.pop("created_at", NOW),
        **fields,
    )


def make_application(union: Union, worker: Worker | None = None, **fields: Any) -> JoinApplication:
    """Put an application before the committee of ``union``."""
    worker = worker or make_worker()
    return JoinApplication.objects.create(
        worker=worker,
        union=union,
        channel=fields.pop("channel", Channel.ONE_CLICK),
        state=fields.pop("state", 2),
        occupation=fields.pop("occupation", 4),
        work_adcode=union.adcode,
        created_at=fields.pop("created_at", NOW - DAY),
        due_on=fields.pop("due_on", date(2026, 12, 4)),
        **fields,
    )


def make_invitation(union: Union, worker: Worker | None = None, **fields: Any) -> JoinApplication:
    """Invite somebody, as a roster does."""
    worker = worker or make_worker(assurance=1)
    fields.setdefault("expires_on", date(2026, 12, 20))
    return make_application(
        union, worker, state=1, channel=Channel.COLLECTIVE, due_on=None, **fields
    )


def make_member(union: Union, worker: Worker | None = None, **fields: Any) -> Membership:
    """Let somebody be a member, with the flow that a joining appends."""
    from nuanxin.membership.models import MemberFlow
    from nuanxin.membership.states import FlowKind

    worker = worker or make_worker()
    started = fields.pop("started_on", date(2024, 3, 8))
    member = Membership.objects.create(
        worker=worker,
        union=union,
        state=fields.pop("state", 1),
        channel=fields.pop("channel", Channel.ONLINE),
        occupation=fields.pop("occupation", 4),
        work_adcode=union.adcode,
        started_on=started,
        joined_on=fields.pop("joined_on", started),
        recorded_at=NOW - DAY,
        **fields,
    )
    if member.state == 1:
        MemberFlow.objects.create(
            day=started,
            union_id=union.id,
            county=union.adcode,
            occupation=member.occupation,
            channel=member.channel,
            kind=FlowKind.JOINED,
            persons=1,
            recorded_at=NOW - DAY,
        )
    return member


def ask_to_join(union: Union, **fields: Any) -> Receipt:
    """Ask as a rider does who has just scanned the union's code."""
    return submit_application(
        **{
            "name": "陈永强",
            "identity": identity_of(),
            "phone": phone_of(),
            "union_code": union.code,
            "channel": Channel.ONE_CLICK,
            "occupations": ("delivery_rider",),
            "work_adcode": None,
            "place_stated": "",
            "consents": NEEDED_CONSENTS,
            "actor": Actor(),
            "now": NOW,
            **fields,
        }
    )


@dataclass(slots=True)
class Cast:
    """The unions, and the officers who hold posts in them."""

    province: Union
    hangzhou: Union
    gongshu: Union
    yuhang: Union
    riders: Union
    street: Union
    enterprise: Union
    yuhang_joint: Union
    officer_lin: Actor
    cadre_chen: Actor
    officer_of_yuhang: Actor
    cadre_of_city: Actor
    extra: dict[str, Any] = field(default_factory=dict)


def make_cast() -> Cast:
    """Found the unions and appoint the officers."""
    province = make_union("浙江省总工会", None, kind="federation", level=1, adcode=330000)
    hangzhou = make_union("杭州市总工会", province, kind="federation", level=2, adcode=330100)
    gongshu = make_union("拱墅区总工会", hangzhou, kind="federation", level=3, adcode=330105)
    yuhang = make_union("余杭区总工会", hangzhou, kind="federation", level=3, adcode=330110)
    riders = make_union("拱墅区外卖配送行业工会联合会", gongshu, kind="industry_federation")
    street = make_union("大关街道工会联合会", gongshu, kind="township", level=4, route="backstop")
    enterprise = make_union("浙北迅达速运有限公司工会", gongshu, route="key_enterprise")
    joint = make_union("良渚街道联合工会", yuhang, kind="joint")
    return Cast(
        province=province,
        hangzhou=hangzhou,
        gongshu=gongshu,
        yuhang=yuhang,
        riders=riders,
        street=street,
        enterprise=enterprise,
        yuhang_joint=joint,
        officer_lin=officer(riders),
        cadre_chen=officer(gongshu, name="陈敏", role=Role.COUNTY_CADRE),
        officer_of_yuhang=officer(joint, name="沈干事"),
        cadre_of_city=officer(hangzhou, name="周处", role=Role.CITY_CADRE),
    )
