"""Taking a list of members out of the system: with a purpose, recorded before the first row."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed
from nuanxin.membership import permissions
from nuanxin.membership.queries.members import MemberFilter, MemberRow, stream_members
from nuanxin.orgs.queries.unions import get_union
from nuanxin.records.actions import append_event


@transaction.atomic
def export_members(
    *, union_id: int, only: MemberFilter, purpose: str, actor: Actor, now: datetime
) -> Iterator[MemberRow]:
    """Record the export and return its rows: masked, at most ``queries.members.EXPORT_LIMIT``.

    Raises ``Malformed`` membership.purpose_missing, ``NotFound`` out of scope, ``Forbidden``.
    """
    union = get_union(union_id)
    permissions.check_can_export(actor, path=union.path)
    if len(purpose.strip()) < 4:
        raise Malformed("membership.purpose_missing", "请写明导出做什么用，审计时看得到。")
    if only.search.strip():
        raise Malformed("membership.export_search", "按姓名查到的几个人不用导出，请按条件筛选。")
    append_event(
        "membership.members_exported",
        actor=actor,
        at=now,
        subject_type="union",
        subject_id=union_id,
        union_id=union_id,
        data={"purpose": purpose.strip()[:120]},
    )
    return stream_members(union.path, only)
