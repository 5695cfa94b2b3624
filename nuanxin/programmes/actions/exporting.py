"""Taking the list of those who have places away: masked, with a purpose, and it is kept who took it."""

from datetime import datetime

from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed
from nuanxin.programmes import permissions
from nuanxin.programmes.queries.desk import EXPORT_LIMIT, AwardRow, get_desk_offer, list_awards
from nuanxin.records.actions import append_event

COLUMNS = (
    "姓名",
    "序号",
    "手机号",
    "职业",
    "工会",
    "哪一份",
    "名额",
    "状态",
    "给出时间",
    "一家一起报",
)
SHORTEST_PURPOSE = 4
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝")


def cells(row: AwardRow) -> list[str]:
    """Return the columns of one person as text."""
    return [
        row.name,
        f"第 {row.number + 1} 个",
        row.masked_phone,
        row.occupation,
        row.union_name,
        row.pool,
        "定向" if row.is_directed else "普通",
        row.state.label,
        f"{row.taken_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        f"第 {row.party} 家，{row.together} 人" if row.party and row.together > 1 else "",
    ]


def safe_cells(row: AwardRow) -> list[str]:
    """Return the same for a spreadsheet: nothing in it is read as a formula."""
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells(row)]


@transaction.atomic
def export_awards(*, offer_id: int, purpose: str, actor: Actor, now: datetime) -> list[AwardRow]:
    """Return who has a place, and record who took the list and what for.

    Raises ``NotFound``, ``Forbidden``, and ``Malformed`` programmes.no_purpose.
    """
    found = get_desk_offer(offer_id, actor=actor)
    permissions.check_can_export(actor, path=found.union_path)
    what_for = purpose.strip()[:200]
    if len(what_for) < SHORTEST_PURPOSE:
        raise Malformed("programmes.no_purpose", "写一下拿名单做什么，比如“交体检机构排班”。")
    rows, _ = list_awards(offer_id, limit=EXPORT_LIMIT)
    append_event(
        "programmes.awards_exported",
        actor=actor,
        at=now,
        subject_type="programme_offer",
        subject_id=offer_id,
        data={"purpose": what_for, "rows": len(rows)},
    )
    return rows
