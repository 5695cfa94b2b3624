"""Reading children in clear: approved, for a purpose, a row a child committed before a byte is opened.

Keepers of a class read on its days, health notes included; officers read names and who picks up, after
another officer approved the purpose, until the approval is over. Rows stand under the guardian.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import connection, transaction

from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound, Unavailable
from nuanxin.kernel.parameters import parameter
from nuanxin.people.rules import check_purpose
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.camp_days import keeper_class
from nuanxin.programmes.actions.children import CHILD_NAME, HEALTH, PICKUP_NAME, PICKUP_PHONE
from nuanxin.programmes.models import Camp, ChildAccess
from nuanxin.records.actions import append_event, commit_readings

MOST_READ = 200


class What(StrEnum):
    """What is read of a class."""

    NAMES = "names"
    PICKUPS = "pickups"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class ClearPickup:
    """Somebody who may take a child home, in clear."""

    pickup_id: int
    relation: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ClearChild:
    """A child in clear: as much of it as was asked for."""

    place_id: int
    class_label: str
    name: str
    grade: int
    note: str
    pickups: tuple[ClearPickup, ...]


def read_own_class(
    *, class_id: int, what: frozenset[What], purpose: str, actor: Actor, now: datetime,
    place_id: int | None = None,
) -> list[ClearChild]:  # fmt: skip
    """Return the children of a class to one of its keepers, on a day of the camp.

    Raises ``NotFound``, ``Malformed`` for the purpose, ``Conflict`` programmes.not_in_session,
    ``Unavailable`` when the reading cannot be logged.
    """
    room = keeper_class(class_id, actor, now)
    said = check_purpose(purpose)
    today = business_day(now)
    if not room.starts_on - timedelta(days=3) <= today <= room.ends_on:
        raise Conflict(
            "programmes.not_in_session", "孩子的资料只在托管期间给带班的人看，开班前三天起。"
        )
    return _read("c.id", class_id, what, said, actor, f"{room.label}带班", now, place_id)


def read_camp(*, camp_id: int, access_id: int, actor: Actor, now: datetime) -> list[ClearChild]:
    """Return names and pick-up persons of a camp to the officer whose reading was approved.

    Health notes are for keepers alone. Raises ``NotFound``, ``Forbidden``.
    """
    camp = _camp(camp_id)
    permissions.check_can_ask_for_children(actor, path=camp.offer.union.path)
    access = ChildAccess.objects.filter(
        id=access_id, camp_id=camp_id, is_approved=True, until__gt=now
    ).first()
    if access is None or access.asked_by != actor.account_id:
        raise Forbidden(
            "programmes.not_approved", "还没有批准，或者批准的日子过了。写上用途，再申请一次。"
        )
    what = frozenset({What.NAMES, What.PICKUPS})
    return _read("c.camp_id", camp_id, what, access.purpose, actor, "经批准查看", now, None)


@transaction.atomic
def ask_to_read(*, camp_id: int, purpose: str, actor: Actor, now: datetime) -> ChildAccess:
    """Ask to read the children of a camp for a purpose; another officer decides."""
    camp = _camp(camp_id)
    permissions.check_can_ask_for_children(actor, path=camp.offer.union.path)
    said = check_purpose(purpose)
    if actor.account_id is None:
        raise NotFound()
    access = ChildAccess.objects.create(
        camp=camp, purpose=said[:120], asked_at=now, asked_by=actor.account_id,
        asked_by_name=actor.name[:60],
    )  # fmt: skip
    _record("programmes.child_access_asked", camp, actor, now)
    return access


@transaction.atomic
def decide_reading(*, access_id: int, is_approved: bool, actor: Actor, now: datetime) -> None:
    """Approve or refuse that another officer reads; for a few days. Raises ``Forbidden`` for one's own."""
    access = ChildAccess.objects.select_for_update().filter(id=access_id).first()
    if access is None:
        raise NotFound()
    camp = _camp(access.camp_id)
    permissions.check_can_approve_reading(actor, path=camp.offer.union.path)
    if access.asked_by == actor.account_id:
        raise Forbidden("programmes.own_access", "自己申请的，要由另一个人批。")
    if access.decided_at is not None:
        raise Conflict("programmes.access_decided", "这一条已经有人处理过了。")
    days = parameter(
        "programmes.camp_access_days", adcode=f"{camp.offer.union.adcode:06d}", on=business_day(now)
    ).value
    access.decided_at = now
    access.decided_by = actor.account_id
    access.decided_by_name = actor.name[:60]
    access.is_approved = is_approved
    access.until = now + timedelta(days=int(days)) if is_approved else None
    access.save()
    said = "approved" if is_approved else "refused"
    _record(f"programmes.child_access_{said}", camp, actor, now)


_ROWS = """
SELECT p.id, c.label, k.worker_id, k.grade, k.bound_to, k.name_sealed, n.bound_to, n.sealed
FROM programmes_campplace p JOIN programmes_campclass c ON c.id = p.camp_class_id
JOIN programmes_child k ON k.id = p.child_id
LEFT JOIN programmes_healthnote n ON n.place_id = p.id
WHERE {column} = %(id)s AND p.state = 4 AND k.erased_at IS NULL
  AND (%(place)s::bigint IS NULL OR p.id = %(place)s)
ORDER BY c.ordinal, p.id LIMIT %(limit)s
"""
_PICKUPS = """
SELECT p.id, u.id, u.relation, u.bound_to, u.name_sealed, u.phone_sealed
FROM programmes_campplace p JOIN programmes_pickupperson u ON u.child_id = p.child_id
WHERE p.id = ANY (%(places)s) AND u.removed_at IS NULL ORDER BY p.id, u.slot
"""


def _read(
    column: str, of_id: int, what: frozenset[What], purpose: str, actor: Actor, post: str,
    now: datetime, place_id: int | None,
) -> list[ClearChild]:  # fmt: skip
    if not what:
        raise Malformed("programmes.nothing_to_read", "选要看什么。")
    values = {"id": of_id, "place": place_id, "limit": MOST_READ}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(column=column), values)
        rows = cursor.fetchall()
    if place_id is not None and not rows:
        raise NotFound()
    fields = [CHILD_NAME]
    if What.PICKUPS in what:
        fields += [PICKUP_NAME, PICKUP_PHONE]
    read = [(int(row[2]), field) for row in rows for field in fields]
    if What.HEALTH in what:
        read += [(int(row[2]), HEALTH) for row in rows if row[7] is not None]
    if read:
        commit_readings(read, purpose=purpose, actor=actor, post=post, now=now)
    pickups = _pickups([int(row[0]) for row in rows]) if What.PICKUPS in what else {}
    return [
        ClearChild(
            place_id=row[0],
            class_label=row[1],
            name=_open(CHILD_NAME, row[5], row[4]),
            grade=row[3],
            note=_open(HEALTH, row[7], row[6]) if What.HEALTH in what and row[7] else "",
            pickups=tuple(pickups.get(row[0], ())),
        )
        for row in rows
    ]


def _pickups(place_ids: Sequence[int]) -> dict[int, list[ClearPickup]]:
    with connection.cursor() as cursor:
        cursor.execute(_PICKUPS, {"places": list(place_ids)})
        rows = cursor.fetchall()
    found: dict[int, list[ClearPickup]] = {}
    for place_id, pickup_id, relation, bound, name, phone in rows:
        clear = ClearPickup(
            pickup_id, relation, _open(PICKUP_NAME, name, bound), _open(PICKUP_PHONE, phone, bound)
        )
        found.setdefault(place_id, []).append(clear)
    return found


def _open(column: str, sealed: bytes, bound: UUID) -> str:
    try:
        return sealing.unseal(column, bytes(sealed), bound)
    except (InvalidTag, KeyError) as error:
        raise Unavailable(
            "programmes.sealed_unreadable",
            "孩子的资料解不开：密文被改过，或者加密钥匙不全。请告诉系统管理员。",
        ) from error


def _camp(camp_id: int) -> Camp:
    camp = Camp.objects.select_related("offer__union").filter(id=camp_id).first()
    if camp is None:
        raise NotFound()
    return camp


def _record(kind: str, camp: Camp, actor: Actor, now: datetime) -> None:
    append_event(
        kind, actor=actor, at=now, subject_type="camp", subject_id=camp.id,
        union_id=camp.offer.union_id,
    )  # fmt: skip
