"""A small made-up province with a history, and the naive truth about it.

Unions of three counties in two cities; people who join, leave, move, are put on hold, and approvals
that are taken back. Memberships and flows are written as the actions of 会籍 write them.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection

from nuanxin.kernel import clock, sealing
from nuanxin.membership.models import MemberFlow, Membership
from nuanxin.membership.states import EndReason, FlowKind
from nuanxin.orgs.models import Union
from nuanxin.people.models import Worker
from nuanxin.records.models import Event
from tests.membership.cast import identity_of, make_union, phone_of

FIRST, LAST = date(2024, 1, 10), date(2026, 10, 20)
DAYS = (LAST - FIRST).days
_CLOSURE = """
INSERT INTO orgs_ancestry (ancestor_id, union_id, depth, valid_from, recorded_at)
SELECT part::bigint, u.id, 0, u.founded_on, u.founded_on
FROM orgs_union u, string_to_table(trim('/' FROM u.path), '/') AS part
"""
_SEATS = """
INSERT INTO orgs_territory (union_id, adcode, is_seat, valid_from, recorded_at)
SELECT id, adcode, true, founded_on, founded_on FROM orgs_union
"""


@dataclass
class World:
    """Unions by name; ``members`` are all memberships ever."""

    unions: dict[str, Union] = field(default_factory=dict)

    @property
    def members(self) -> list[Membership]:
        """Return every membership, as it stands in the table."""
        return list(Membership.objects.select_related("union").order_by("id"))

    def below(self, name: str) -> set[int]:
        """Return the ids of a union and of all below it."""
        path = self.unions[name].path
        return {u.id for u in self.unions.values() if u.path.startswith(path)}


def make_world(people: int = 60, seed: int = 1) -> World:
    """Lay out the tree and live ``people`` lives in it."""
    world = World(unions=_tree())
    with connection.cursor() as cursor:
        cursor.execute(_CLOSURE)
        cursor.execute(_SEATS)
    chosen = random.Random(seed)
    taking = [u for name, u in world.unions.items() if name.startswith("joint")]
    written = _Written()
    for worker in Worker.objects.bulk_create(_worker(chosen) for _ in range(people)):
        _live(chosen, worker, taking, written)
    # Those that others point back to come first.
    Membership.objects.bulk_create(m for m in written.members if m.previous is None)
    for later in (m for m in written.members if m.previous is not None):
        later.previous_id = later.previous.id
    Membership.objects.bulk_create(m for m in written.members if m.previous is not None)
    MemberFlow.objects.bulk_create(written.flows)
    # What the log keeps of being put on hold: the membership itself forgets it when it is restored.
    Event.objects.bulk_create(
        Event(
            at=clock.day_start(held.retained_on) + timedelta(hours=3),
            kind="membership.retained",
            subject_type="membership",
            subject_id=held.id,
        )
        for held in written.members
        if held.retained_on
    )
    return world


@dataclass
class _Written:
    """What is put into the tables at the end, all at once."""

    members: list[Membership] = field(default_factory=list)
    flows: list[MemberFlow] = field(default_factory=list)


def _worker(chosen: random.Random) -> Worker:
    identity, phone = identity_of(), phone_of()
    hashed = sealing.lookup_hash("identity", identity)
    phone_hash = sealing.lookup_hash("phone", phone)
    return Worker(
        name=chosen.choice("叶陆祝孟沈") + chosen.choice(("小满", "立夏", "白露", "秋分")),
        identity_hash=hashed,
        identity_sealed=sealing.seal("identity", identity, hashed),
        identity_hint=identity[:4] + identity[-4:],
        phone_hash=phone_hash,
        phone_sealed=sealing.seal("phone", phone, phone_hash),
        phone_hint=phone[:3] + phone[-4:],
        birth_on=date(1990, 5, 20),
        sex="M",
        assurance=2,
        created_at=clock.day_start(FIRST),
    )


def _tree() -> dict[str, Union]:
    federation = {"kind": "federation", "is_new_form": False, "founded_on": date(2018, 1, 1)}
    unions = {"province": make_union("浙江省总工会", None, level=1, adcode=330000, **federation)}
    for name, title, adcode in (("hangzhou", "杭州", 330100), ("ningbo", "宁波", 330200)):
        unions[name] = make_union(
            f"{title}市总工会", unions["province"], level=2, adcode=adcode, **federation
        )
    for name, title, city, adcode in (
        ("gongshu", "拱墅区", "hangzhou", 330105),
        ("xihu", "西湖区", "hangzhou", 330106),
        ("yinzhou", "鄞州区", "ningbo", 330212),
    ):
        unions[name] = make_union(
            f"{title}总工会", unions[city], level=3, adcode=adcode, **federation
        )
        for number in (1, 2):
            unions[f"joint_{name}_{number}"] = make_union(
                f"{title}骑手{number}联合工会",
                unions[name],
                kind="joint",
                founded_on=date(2021 + number, 5, 1 + number),
            )
    return unions


def _live(chosen: random.Random, worker: Worker, unions: list[Union], written: _Written) -> None:
    """Let one person join, and perhaps move, rest, leave, come back or be taken back."""
    cut = {"occupation": chosen.choice([1, 3, 4, 4]), "channel": chosen.choice([1, 2, 3])}
    day = FIRST + timedelta(days=chosen.randrange(DAYS - 200))
    member = _open(written, worker, chosen.choice(unions), day, FlowKind.JOINED, **cut)
    fate = chosen.random()
    later = day + timedelta(days=chosen.randrange(1, 190))
    if fate < 0.15:
        _end(written, member, later, EndReason.LEFT, FlowKind.LEFT)
        if fate < 0.07:
            again = later + timedelta(days=chosen.randrange(1, 10))
            _open(written, worker, chosen.choice(unions), again, FlowKind.JOINED_AGAIN, **cut)
    elif fate < 0.35:
        _end(written, member, later, EndReason.TRANSFERRED, FlowKind.TRANSFERRED_OUT)
        _open(
            written,
            worker,
            chosen.choice([u for u in unions if u.id != member.union_id]),
            later,
            FlowKind.TRANSFERRED_IN,
            previous=member,
            joined_on=member.joined_on,
            **cut,
        )
    elif fate < 0.45:
        _end(
            written,
            member,
            day + timedelta(days=1),
            EndReason.APPROVAL_UNDONE,
            FlowKind.APPROVAL_UNDONE,
        )
    elif fate < 0.55:
        member.state, member.retained_on = 2, later
        _flow(written, member, later, FlowKind.RETAINED)


def _open(
    written: _Written, worker: Worker, union: Union, day: date, kind: FlowKind, **fields
) -> Membership:
    fields.setdefault("joined_on", day)
    member = Membership(
        worker=worker,
        union=union,
        state=1,
        started_on=day,
        work_adcode=union.adcode,
        recorded_at=clock.day_start(day),
        **fields,
    )
    written.members.append(member)
    _flow(written, member, day, kind)
    return member


def _end(
    written: _Written, member: Membership, day: date, reason: EndReason, kind: FlowKind
) -> None:
    member.state, member.ended_on, member.end_reason = 3, day, reason
    _flow(written, member, day, kind)


def _flow(written: _Written, member: Membership, day: date, kind: FlowKind) -> None:
    flow = MemberFlow(
        day=day,
        union_id=member.union_id,
        county=member.union.adcode,
        occupation=member.occupation,
        channel=member.channel,
        kind=kind,
        persons=1,
        recorded_at=clock.day_start(day) + timedelta(hours=3),
    )
    written.flows.append(flow)


# ---- the naive truth --------------------------------------------------------------------------


def live_on(members: list[Membership], day: date) -> list[Membership]:
    """Return who was a live member at the end of ``day``."""
    return [
        m
        for m in members
        if m.started_on <= day
        and (m.ended_on is None or m.ended_on > day)
        and (m.retained_on is None or m.retained_on > day)
    ]


def new_between(members: list[Membership], first: date, last: date) -> int:
    """Return approvals in the period less those taken back in it."""
    joined = sum(m.previous_id is None and first <= m.started_on <= last for m in members)
    undone = sum(
        m.end_reason == EndReason.APPROVAL_UNDONE and first <= m.ended_on <= last for m in members
    )
    return joined - undone


def left_between(members: list[Membership], first: date, last: date) -> int:
    """Return who left in the period."""
    return sum(m.end_reason == EndReason.LEFT and first <= m.ended_on <= last for m in members)
