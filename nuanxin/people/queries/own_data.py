"""「我的资料」: everything that is kept of a person, as JSON and as a workbook."""

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from django.db import connection

from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.people import rules
from nuanxin.people.queries.workers import (
    list_engagements,
    record_ids_of,
    worker_rows,
)
from nuanxin.people.states import ConsentPurpose, ContactKind, MyDataSection, my_data_sections
from nuanxin.records import queries as records

_SHEET_NAME_LONGEST = 31
_CELL_LONGEST = 32_767


def my_data(worker_id: int) -> dict[str, Any]:
    """Return everything kept of a person, number and phone masked, as plain JSON values.

    ``{"worker_id", "sections": [{"key", "title", "labels": {key: 中文}, "rows": [{key: value}]}]}``.
    The caller has checked that it is the person himself. Raises ``NotFound``.
    """
    if worker_id not in worker_rows([worker_id]):
        raise NotFound()
    record_ids = record_ids_of(worker_id)
    sections = [_section(part, record_ids) for part in (*_OWN_SECTIONS, *my_data_sections)]
    return {"worker_id": worker_id, "sections": sections}


def my_data_workbook(data: dict[str, Any]) -> bytes:
    """Return ``my_data`` as an .xlsx: one sheet a section, every cell text, no formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True})
        for section in data["sections"]:
            sheet = book.add_worksheet(section["title"][:_SHEET_NAME_LONGEST])
            for column, label in enumerate(section["labels"].values()):
                sheet.write_string(0, column, label, bold)
            for line, row in enumerate(section["rows"], start=1):
                for column, key in enumerate(section["labels"]):
                    sheet.write_string(line, column, _cell(row.get(key)))
            sheet.set_column(0, max(len(section["labels"]) - 1, 0), 18)
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return rules.safe_cell(text)[:_CELL_LONGEST]


def _section(part: MyDataSection, record_ids: Sequence[int]) -> dict[str, Any]:
    rows = [{key: _plain(row.get(key)) for key in part.labels} for row in part.rows(record_ids)]
    way = {"name": part.way_on[0], "label": part.way_on[1]} if part.way_on[0] else None
    return {"key": part.key, "title": part.title, "labels": part.labels, "rows": rows, "way": way}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _person(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "identity": row.masked_identity,
            "identity_kind": row.identity_kind.label,
            "phone": row.masked_phone,
            "birth_on": row.birth_on,
            "sex": row.sex_label,
            "assurance": row.assurance.label,
            "created_at": row.created_at,
            "is_present": row.merged_into is None,
        }
        for row in sorted(worker_rows(record_ids).values(), key=lambda r: r.merged_into or 0)
    ]


def _engagements(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "occupation": row.occupation_label,
            "place_stated": row.place_stated,
            "relation": row.relation.label,
            "work_adcode": _said_region(row.work_adcode),
            "started_on": row.started_on,
            "ended_on": row.ended_on,
            "recorded_at": row.recorded_at,
            "source": _SOURCES.get(row.source, row.source),
        }
        for record_id in record_ids
        for row in list_engagements(record_id)
    ]


def _consents(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    with connection.cursor() as db:
        db.execute(
            """SELECT purpose, notice_version, granted_at, granted_via, withdrawn_at
               FROM people_consent WHERE worker_id = ANY(%s) ORDER BY granted_at, id""",
            [list(record_ids)],
        )
        keys = ("notice_version", "granted_at", "granted_via", "withdrawn_at")
        return [
            {"purpose": ConsentPurpose(row[0]).label, **dict(zip(keys, row[1:], strict=True))}
            | {"granted_via": _said_way(row[3])}
            for row in db.fetchall()
        ]


_SOURCES = {"application": "入会申请", "join": "入会申请", "roster": "单位报的名单"}
_WAYS = {
    "online": "网上勾选",
    "web": "网上勾选",
    "one_click": "网上勾选",
    "link": "短信链接里点的",
    "ceremony": "现场扫码点的",
    "on_site": "现场",
    "signature": "纸上签字",
    "host": "合作平台里点的",
    "api": "合作单位转来",
}


def _said_way(way: str) -> str:
    return _WAYS.get(way.partition(":")[0], way)


def _said_region(adcode: int | None) -> str:
    if adcode is None:
        return ""
    try:
        return f"{regions.region(str(adcode)).name}（{adcode}）"
    except Malformed:
        return str(adcode)


def _readings(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "field": row.field_label,
            "actor_name": row.actor_name,
            "actor_post": row.actor_post,
            "purpose": row.purpose,
        }
        for row in records.list_readings(record_ids)
    ]


def _household(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    with connection.cursor() as db:
        db.execute(
            """SELECT h.name, m.from_on, m.to_on FROM people_householdmember m
               JOIN people_household h ON h.id = m.household_id
               WHERE m.worker_id = ANY(%s) ORDER BY m.from_on, m.id""",
            [list(record_ids)],
        )
        return [dict(zip(("name", "from_on", "to_on"), row, strict=True)) for row in db.fetchall()]


def _contacts(record_ids: Sequence[int]) -> list[dict[str, Any]]:
    with connection.cursor() as db:
        db.execute(
            """SELECT kind, day, times, note, recorded_at, recorded_by_name FROM people_contact
               WHERE worker_id = ANY(%s) ORDER BY day, id""",
            [list(record_ids)],
        )
        keys = ("day", "times", "note", "recorded_at", "recorded_by")
        return [
            {"kind": ContactKind(row[0]).label, **dict(zip(keys, row[1:], strict=True))}
            for row in db.fetchall()
        ]


_OWN_SECTIONS = (
    MyDataSection(
        "person",
        "基本资料",
        {
            "name": "姓名",
            "identity": "身份证号",
            "identity_kind": "证件种类",
            "phone": "手机号",
            "birth_on": "出生日期",
            "sex": "性别",
            "assurance": "核实程度",
            "created_at": "建档时间",
            "is_present": "现用档案",
        },
        _person,
    ),
    MyDataSection(
        "engagements",
        "从业经历",
        {
            "occupation": "职业",
            "place_stated": "所报单位或网点",
            "relation": "用工关系",
            "work_adcode": "工作地区",
            "started_on": "开始",
            "ended_on": "结束",
            "recorded_at": "登记时间",
            "source": "来源",
        },
        _engagements,
    ),
    MyDataSection(
        "consents",
        "同意记录",
        {
            "purpose": "用途",
            "notice_version": "告知书版本",
            "granted_at": "同意时间",
            "granted_via": "同意方式",
            "withdrawn_at": "撤回时间",
        },
        _consents,
    ),
    MyDataSection(
        "readings",
        "谁看过我的号码",
        {
            "at": "时间",
            "field": "查看内容",
            "actor_name": "查看人",
            "actor_post": "职务",
            "purpose": "用途",
        },
        _readings,
    ),
    MyDataSection(
        "contacts",
        "联系和服务",
        {
            "day": "日期",
            "kind": "种类",
            "times": "次数",
            "note": "说明",
            "recorded_at": "记入时间",
            "recorded_by": "记入人",
        },
        _contacts,
    ),
    MyDataSection(
        "household",
        "家庭",
        {"name": "称呼", "from_on": "从", "to_on": "到"},
        _household,
    ),
)
