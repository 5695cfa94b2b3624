"""How camps are told at the desk: rows, facts, lines."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.programmes.actions.camp_harm import Authority
from nuanxin.programmes.actions.child_reading import ClearChild
from nuanxin.programmes.pages import child_words, words
from nuanxin.programmes.queries.camp_desk import (
    AccessRow,
    AssignedRow,
    Audit,
    DeskCamp,
    DeskCampRow,
    DeskChildRow,
    DeskStaffRow,
    HarmRow,
)
from nuanxin.programmes.queries.camps import ClassRow
from nuanxin.programmes.rules.camps import check_in_date
from nuanxin.programmes.states import ClaimState, StaffRole, grade_label

CAMP_COLUMNS = [
    {"label": "哪一期"}, {"label": "主办"}, {"label": "日子", "css": "nw"}, {"label": "班", "css": "num"},
    {"label": "名额", "css": "num"}, {"label": "有名额", "css": "num"}, {"label": "候补", "css": "num"},
    {"label": "状态"},
]  # fmt: skip
CLASS_COLUMNS = [
    {"label": "班"}, {"label": "年级", "css": "nw"}, {"label": "时间和地点"}, {"label": "名额", "css": "num"},
    {"label": "剩", "css": "num"}, {"label": "候补", "css": "num"}, {"label": "带班的人"}, {"label": "人够不够"},
]  # fmt: skip
CHILD_COLUMNS = [
    {"label": "孩子"}, {"label": "班"}, {"label": "年级", "css": "nw"}, {"label": "状态"},
    {"label": "出勤", "css": "num"}, {"label": "健康情况"},
]  # fmt: skip
STAFF_COLUMNS = [
    {"label": "姓名"}, {"label": "做什么"}, {"label": "工会"}, {"label": "犯罪记录查询"},
    {"label": "培训", "css": "nw"}, {"label": "在带的班"}, {"label": "手机点名"},
]  # fmt: skip
_FIELDS = {
    "child_name": "看孩子姓名",
    "child_health": "看健康情况",
    "pickup_name": "看接送人姓名",
    "pickup_phone": "看接送人手机号",
}


def camp_row(row: DeskCampRow) -> dict[str, Any]:
    """Return a camp in the list."""
    state = {"text": "设好了", "state": "ok"}
    if row.camp_id is None:
        state = {"text": "还没设日子", "state": "care"}
    elif not row.classes:
        state = {"text": "还没设班", "state": "care"}
    elif row.untold:
        state = {"text": f"{row.untold} 条报告没告诉全", "state": "stop"}
    days = child_words.span(row.starts_on, row.ends_on) if row.starts_on and row.ends_on else "—"
    counts = (row.classes, row.size, row.held, row.waiting)
    return {
        "id": row.offer_id,
        "name": row.title,
        "url": reverse("desk-camp", args=[row.offer_id]),
        "cells": [
            row.title, row.union_name, days,
            *({"text": f"{label} {n:,}", "css": "num"} for label, n in
              zip(("班", "共", "有", "候补"), counts, strict=True)), state,
        ],
    }  # fmt: skip


def camp_lead(found: DeskCamp) -> str:
    """Return the sentence under the title."""
    row = found.row
    if row.camp_id is None or row.starts_on is None or row.ends_on is None:
        return f"{row.union_name}。先填日子和意外险，再设班、排人。"
    return f"{row.union_name}，{child_words.span(row.starts_on, row.ends_on)}，{row.held} 个孩子有名额，{row.waiting} 个候补。"


def camp_facts(found: DeskCamp) -> list[dict[str, str]]:
    """Return what was set up."""
    if found.row.camp_id is None:
        return []
    return [
        {"label": "意外险", "value": found.insurance},
        {"label": "孩子资料", "value": f"{child_words.date_words(found.erase_on)}自动删"},
    ]


def class_row(room: ClassRow, found: DeskCamp) -> dict[str, Any]:
    """Return a class with who cares for it, and whether they are enough."""
    own = [one for one in found.assigned if one.class_id == room.id]
    start = found.row.starts_on
    assert start is not None
    valid = [one for one in own if _check(one.checked_on, start)]
    tutors = sum(1 for one in valid if one.role is not StaffRole.VOLUNTEER)
    enough = tutors >= room.tutors and len(valid) >= room.tutors + room.volunteers
    return {
        "id": room.id,
        "name": room.label,
        "cells": [
            room.label,
            child_words.grades(room.grade_from, room.grade_to),
            {"text": child_words.hours(room.opens_at, room.closes_at), "note": room.place},
            {"text": f"共 {room.size}", "css": "num"},
            {"text": f"剩 {room.left}", "css": "num"},
            {"text": f"候补 {room.waiting}", "css": "num"},
            "、".join(one.name for one in own) or {"text": "还没排", "css": "none"},
            {"text": "够", "state": "ok"} if enough else {"text": "不够，开不了班", "state": "stop"},
        ],
    }  # fmt: skip


def assigned_text(one: AssignedRow, found: DeskCamp) -> str:
    """Return a line that says who cares for which class."""
    room = next(room.label for room in found.classes if room.id == one.class_id)
    return f"{room}：{one.name}（{one.role.label}）"


def child_row(row: DeskChildRow) -> dict[str, Any]:
    """Return a child by hint."""
    state = "ok" if row.state is ClaimState.CONFIRMED else "care"
    return {
        "id": row.place_id,
        "name": row.hint,
        "cells": [
            row.hint,
            row.class_label,
            grade_label(row.grade),
            {"text": row.state.label, "state": state},
            {"text": f"{row.attended} / {row.days} 天", "css": "num"},
            "写了" if row.has_note else {"text": "没写", "css": "none"},
        ],
    }


def clear_lines(one: ClearChild) -> dict[str, Any]:
    """Return a child in clear: name, class, who picks up."""
    who = "；".join(f"{p.relation} {p.name} {p.phone}" for p in one.pickups)
    return {
        "text": f"{one.class_label} {one.name}，{grade_label(one.grade)}",
        "detail": who or "没有接送人",
    }


def access_line(row: AccessRow, account_id: UUID | None, now: datetime) -> dict[str, Any]:
    """Return who asked, what for, what was decided; and what this officer may do about it."""
    own = row.asked_by == account_id
    standing = "等另一个人批"
    if row.decided_at:
        standing = f"{row.decided_by_name}{'批了' if row.is_approved else '没有批'}"
    is_live = row.is_approved and row.until is not None and row.until > now
    if is_live:
        standing += f"，看到 {words.moment(row.until)}"
    return {
        "id": row.id,
        "text": f"{row.asked_by_name}：{row.purpose}",
        "detail": f"{words.moment(row.asked_at)} 申请，{standing}",
        "may_decide": row.decided_at is None and not own,
        "may_read": own and is_live,
    }


def harm_line(row: HarmRow) -> dict[str, Any]:
    """Return who was told of a report, and who was not yet."""
    times = {
        Authority.POLICE: row.police_told_at,
        Authority.CIVIL: row.civil_told_at,
        Authority.EDUCATION: row.education_told_at,
    }
    said = [f"{one.label} {words.moment(at)} 告诉了" for one, at in times.items() if at]
    return {
        "id": row.id,
        "text": f"{row.class_label}，{words.moment(row.noticed_at)} 发现，{row.recorded_by_name}记",
        "detail": "；".join(said) or "三家都还没告诉",
        "untold": [
            {"value": one.value, "label": f"告诉{one.label}了"}
            for one, at in times.items()
            if not at
        ],
    }


def staff_row(row: DeskStaffRow, today: date) -> dict[str, Any]:
    """Return somebody with how his check stands today."""
    said = child_words.date_words(row.checked_on) or "没有查过"
    check: dict[str, str] = {"text": said, "state": "ok", "note": row.check_number}
    if row.has_left:
        check = {"text": "不做了", "state": "off"}
    elif not _check(row.checked_on, today):
        check = {"text": f"{said}，过期，不能排班" if row.checked_on else said, "state": "stop"}
    return {
        "id": row.id,
        "name": row.name,
        "cells": [
            row.name,
            row.role.label,
            row.union_name,
            check,
            child_words.date_words(row.trained_on) or {"text": "还没培训", "css": "none"},
            row.classes or {"text": "没有", "css": "none"},
            "能" if row.signs_in else {"text": "不登录", "css": "none"},
        ],
    }


def audit_lines(found: Audit) -> list[tuple[str, str]]:
    """Return the yearly account, label and value."""
    lines = [
        ("未满 14 周岁的孩子", f"{found.under_14:,} 人"),
        ("14 到 17 周岁的孩子", f"{found.from_14:,} 人"),
        ("其中资料已经删掉", f"{found.erased:,} 人"),
    ]
    for care, given, withdrawn in found.consents:
        lines.append((f"同意{care.label}", f"{given:,} 份，撤回 {withdrawn:,} 份"))
    for field, times, readers, persons in found.readings:
        lines.append((_FIELDS[field], f"{times:,} 次，{readers:,} 个人看过，涉及 {persons:,} 家"))
    asked, approved = found.accesses
    lines.append(("干部申请查看", f"{asked:,} 次，批准 {approved:,} 次"))
    lines.append(("犯罪记录查询过期或没查的在册人员", f"{found.staff_expired:,} 人"))
    lines.append(("强制报告", f"{found.harm_reports:,} 件，没告诉全的 {found.harm_untold:,} 件"))
    return lines


def _check(checked_on: date | None, day: date) -> bool:
    months = int(parameter("programmes.camp_check_months", adcode=NATION, on=day).value)
    return check_in_date(checked_on, day, months=months).is_yes
