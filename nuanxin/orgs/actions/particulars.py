"""A union's own particulars: name, address and contact, credit code."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.credit_code import parse_union_code
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs import permissions, queries, rules
from nuanxin.orgs.actions import ground, periods
from nuanxin.orgs.actions.founding import NAME_LONGEST
from nuanxin.orgs.models import Union
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.orgs.states import UnionChangeKind
from nuanxin.records.actions import append_event

_CONTACT_FIELDS = frozenset({"address", "contact_name", "contact_phone", "lng", "lat"})


@transaction.atomic
def rename_union(
    *,
    union_id: int,
    name: str,
    effective_on: date,
    actor: Actor,
    now: datetime,
    short_name: str | None = None,
    reason: str = "",
    document: str = "",
) -> None:
    """Give a union another name from ``effective_on`` on; the old one stays for days before."""
    periods.lock_tree()
    union = queries.get_union(union_id)
    permissions.check_can_edit(actor, path=union.path)
    ground.insist_on_life(union)
    ground.insist_on_effect(effective_on, now)
    wanted = rules.stored_name(name)
    if not wanted or len(wanted) > NAME_LONGEST:
        raise Malformed("orgs.name_missing", f"请填工会全称，最多 {NAME_LONGEST} 个字。")
    if wanted == union.name:
        raise Conflict("orgs.same_name", "新名称和现在的一样，不用改。")
    _insist_after_last_rename(union.id, union.founded_on, effective_on)
    changed = {"name": wanted}
    if short_name is not None:
        changed["short_name"] = rules.stored_name(short_name)[:60]
    Union.objects.filter(id=union_id).update(**changed)
    ground.record_change(
        UnionChangeKind.RENAMED,
        union=union,
        effective_on=effective_on,
        at=now,
        actor=actor,
        reason=reason,
        document=document,
        data={"from": union.name, "to": wanted},
    )


@transaction.atomic
def edit_contact(*, union_id: int, actor: Actor, now: datetime, **particulars: Any) -> None:
    """Change address, contact_name, contact_phone (an office's, public), lng and lat."""
    union = queries.get_union(union_id)
    permissions.check_can_edit(actor, path=union.path)
    unknown = sorted(set(particulars) - _CONTACT_FIELDS)
    if unknown:
        raise ValueError(f"not contact fields: {unknown}")
    changed = {
        name: rules.stored_name(value) if isinstance(value, str) else value
        for name, value in particulars.items()
        if getattr(union, name) != value
    }
    if not changed:
        return
    Union.objects.filter(id=union_id).update(**changed)
    append_event(
        "orgs.union_contact_edited",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=union_id,
        data={"fields": sorted(changed)},
    )


@transaction.atomic
def set_credit_code(*, union_id: int, credit_code: str, actor: Actor, now: datetime) -> None:
    """Enter the checked social-credit code of a union: 81 or 89 (A26). Raises ``Malformed``."""
    union = queries.get_union(union_id)
    permissions.check_can_edit(actor, path=union.path)
    code = parse_union_code(credit_code).code
    if Union.objects.filter(credit_code=code).exclude(id=union_id).exists():
        raise Conflict(
            "orgs.credit_code_taken",
            f"统一社会信用代码 {code} 已经有工会在用。请核对证书，或者查一查是不是重复登记。",
        )
    Union.objects.filter(id=union_id).update(credit_code=code)
    append_event(
        "orgs.union_credit_code_set",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=union_id,
        data={"from": union.credit_code, "to": code},
    )


def _insist_after_last_rename(union_id: int, founded_on: date, effective_on: date) -> None:
    rows = fetch_all(
        "SELECT max(effective_on) FROM orgs_unionchange"
        " WHERE union_id = %(union)s AND kind = 'renamed'",
        {"union": union_id},
    )
    earliest = max(filter(None, (rows[0][0], founded_on)))
    if effective_on < earliest:
        raise Conflict(
            "orgs.before_last_rename",
            f"名称 {earliest} 起才是现在这个，不能从更早的日子改。请核对日期。",
            earliest=earliest.isoformat(),
        )
