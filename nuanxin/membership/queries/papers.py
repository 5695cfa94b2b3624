"""What stands on the joining form of one application."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.occupations import by_key
from nuanxin.membership import permissions
from nuanxin.membership.queries.members import masked
from nuanxin.membership.rules.card import card_number, shown_number
from nuanxin.membership.states import JoinState


@dataclass(frozen=True, slots=True)
class JoiningForm:
    """The filled form: (label, value) pairs, and (label, value, height in mm) of the tall boxes."""

    union_name: str
    reference: str
    signed: str
    signed_on: str
    fields: tuple[tuple[str, str], ...]
    tall: tuple[tuple[str, str, int], ...]


_FORM = """
SELECT a.id, a.worker_id, a.state, a.occupation, coalesce(o.name, a.place_stated), a.confirmed_at,
       a.confirmed_via, a.decided_at, a.decided_by_name, a.decision_note, u.name, u.path,
       w.name, w.sex, w.birth_on, w.identity_hint, w.phone_hint
FROM membership_joinapplication a
JOIN people_worker w ON w.id = a.worker_id
JOIN orgs_union u ON u.id = a.union_id
LEFT JOIN orgs_outlet o ON o.id = a.outlet_id
WHERE a.id = %s
"""


def get_joining_form(*, actor: Actor, application_id: int) -> JoiningForm:
    """Return the joining form of an application; for the person and for officers in scope."""
    with connection.cursor() as cursor:
        cursor.execute(_FORM, [application_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    permissions.check_can_view(actor, path=row[11], worker_id=row[1])
    confirmed = business_day(row[5]) if row[5] else None
    is_electronic = confirmed is not None and row[6] != "signature"
    return JoiningForm(
        union_name=row[10],
        reference=str(row[0]),
        signed=f"{row[12]}（本人在线确认）" if is_electronic else "",
        signed_on=_said(confirmed) if is_electronic else "",
        fields=_fields(row),
        tall=(
            ("家庭成员", "", 7),
            ("本人简历", "", 12),
            ("审批意见", _opinion(row), 9),
            ("备注", "", 5),
        ),
    )


def get_my_joining_form(*, actor: Actor) -> JoiningForm:
    """Return the form of the signed-in worker's latest application that he confirmed himself.

    Raises ``NotFound`` membership.no_joining_form for somebody who never applied.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM membership_joinapplication
               WHERE worker_id = %s AND confirmed_at IS NOT NULL ORDER BY id DESC LIMIT 1""",
            [actor.worker_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(
            "membership.no_joining_form", "还没有入会申请书。申请入会以后，这里就能下载。"
        )
    return get_joining_form(actor=actor, application_id=row[0])


def _fields(row: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
    return (
        ("会员证号", shown_number(card_number(row[1]))),
        ("姓名", row[12]),
        ("性别", {"M": "男", "F": "女"}.get(row[13], "")),
        ("出生日期", _said(row[14]) if row[14] else ""),
        ("民族", ""),
        ("文化程度", ""),
        ("籍贯", ""),
        ("政治面貌", ""),
        ("证件号码", masked(row[15], 4, 10)),
        ("手机", masked(row[16], 3, 4)),
        ("工作单位", row[4]),
        ("工资收入", ""),
        ("职业岗位", by_key(row[3]).label),
        ("职务职称", ""),
    )


def _opinion(row: tuple[Any, ...]) -> str:
    if row[2] != JoinState.APPROVED or row[7] is None:
        return ""
    return f"{_said(business_day(row[7]))}审核通过，{row[8]}。{row[9]}"


def _said(day: Any) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
