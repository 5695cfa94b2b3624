"""Where a number comes from, in words: definition, statement, row set, publication, what was before."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from nuanxin.figures.queries.behind import BehindPage, Lineage
from nuanxin.figures.queries.entered_later import EnteredLater
from nuanxin.figures.queries.lineage import Proof, Statement
from nuanxin.figures.queries.published_before import PublishedBefore, PublishedValue
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock, regions

_NAMES = {
    "union": "这个工会和它下面的工会",
    "day": "截至",
    "start": "从哪天起",
    "known_at": "按哪一刻所知",
    "cut": "这一刻以后的改动退回去",
}


def lineage_context(page: BehindPage, lineage: Lineage, days: dict[str, Any]) -> dict[str, Any]:
    """Return what the rows page tells of its number."""
    asked = {key: day.isoformat() for key, day in days.items() if day}
    return {
        "lineage": _lines(page),
        "statement": _statement(page, lineage.statement),
        "proof_url": f"?{urlencode({**asked, 'proof': '1'})}#sql",
        "proof": _proof(page, lineage),
        "published": _published(page, lineage.published),
        "later": _later(page, lineage.later),
    }


def _lines(page: BehindPage) -> list[dict[str, Any]]:
    measured = page.measurement
    in_period = measured.period is not None
    known = "现在"
    if page.known_on:
        known = f"{page.known_on} 结束时"
    elif measured.tree_known_at:
        known = f"{_minute(measured.tree_known_at)} 锁定时"
    return [
        {"label": "口径", "value": f"第 {measured.definition_version} 版"},
        {"label": "截至", "value": measured.as_of.isoformat()},
        {"label": "隶属关系", "value": "变动当天的" if in_period else "当天的"},
        {"label": "按哪天所知", "value": known},
        {"label": "算出时间", "value": _minute(measured.measured_at)},
        {"label": "指纹", "value": measured.digest, "is_code": True},
    ]


def _statement(page: BehindPage, statement: Statement | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    rows = [
        {"label": f":{name}", "value": f"{_value(value)}（{_said(page, name)}）"}
        for name, value in statement.values.items()
    ]
    return {"text": statement.for_people, "rows": rows}


def _said(page: BehindPage, name: str) -> str:
    return page.measurement.union_name if name == "union" else _NAMES[name]


def _value(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _proof(page: BehindPage, lineage: Lineage) -> dict[str, Any] | None:
    proof: Proof | None = lineage.proof
    if proof is None:
        return None
    agrees = proof.value == page.measurement.value
    unit = page.measurement.unit.label
    words = (
        f"逐行再算一遍，也是 {proof.value:,} {unit}，一致。"
        if agrees
        else f"逐行再算是 {proof.value:,} {unit}，和上面的数不一样，请告诉系统管理员。"
    )
    told = lineage.published.this if lineage.published else None
    return {
        "kind": "ok" if agrees else "stop",
        "words": words,
        "rows": [
            {"label": "行数", "value": f"{proof.rows.rows:,}"},
            {"label": "明细指纹", "value": proof.rows.hash, "is_code": True},
            *(
                [{"label": "和发布时的明细", "value": _same_rows(proof.rows.hash, told)}]
                if told and told.rows_hash
                else []
            ),
        ],
    }


def _same_rows(now: str, told: PublishedValue) -> str:
    if now == told.rows_hash:
        return "是同一批行"
    return "不是同一批行：发布按地区数，或者后来补录、更正过"


def _published(page: BehindPage, found: PublishedBefore | None) -> dict[str, Any]:
    """Return the blocks about publications; a union that is no federation has none."""
    if found is None:
        return {"none": "总工会按地区发布数字；这个工会、这个指标没有单独的发布。"}
    place = regions.full_name(str(page.union.adcode), with_province=page.union.adcode % 10_000 == 0)
    if found.this is None and found.previous is None:
        return {"none": f"{place}的这个数还没有发布过。"}
    unit = page.measurement.unit.label
    told: dict[str, Any] = {
        "lead": f"发布按地区数：算驻地在{place}的；这一页按隶属数。两个口径的数可以不一样。",
        "this": _value_rows(found.this, unit) if found.this else None,
        "previous": _value_rows(found.previous, unit) if found.previous else None,
    }
    if found.this and found.previous:
        told |= _why(found.this, found.previous, found, unit)
    return told


def _value_rows(one: PublishedValue, unit: str) -> list[dict[str, Any]]:
    persons = "、".join(name for name in one.approvers if name) or "没有留姓名"
    return [
        {"label": "公布的数", "value": _number(one.value, unit)},
        *(
            [{"label": "实测", "value": _number(one.measured, unit)}]
            if one.measured != one.value
            else []
        ),
        {"label": "截至", "value": one.as_of.isoformat()},
        {
            "label": "在哪里",
            "value": f"第 {one.number} 号《{one.title}》第 {one.version} 版",
            "url": reverse("publication", args=[one.publication_id]),
        },
        {"label": "状态", "value": PublicationState(one.state).label},
        {"label": "起草", "value": one.author or "没有留姓名"},
        {"label": "审签", "value": persons},
        {"label": "发布时间", "value": _minute(one.published_at)},
        *([{"label": "更正原因", "value": one.reason}] if one.reason else []),
        *([{"label": "变动说明", "value": one.note}] if one.note else []),
    ]


def _why(
    this: PublishedValue, previous: PublishedValue, found: PublishedBefore, unit: str
) -> dict[str, Any]:
    if this.measured is None or previous.measured is None:
        return {"why": "有一次没有公布人数，不说差多少。"}
    why = found.why
    start, end = (why.start, why.end) if why else (previous.measured, this.measured)
    difference = end - start
    if not difference and not (why and why.parts):
        return {"why": f"没有变，还是 {end:,} {unit}。"}
    words = f"从 {start:,} {unit}到 {end:,} {unit}，"
    words += (
        f"{'多' if difference > 0 else '少'}了 {abs(difference):,} {unit}。"
        if difference
        else "没有变。"
    )
    if (start, end) != (previous.value, this.value):
        words = f"公布时写到十位；实测{words}"
    if why is None:
        return {"why": words}
    return {
        "why": words,
        "parts": {
            "columns": [{"label": "因为什么"}, {"label": "人数", "css": "num"}],
            "rows": [
                {"cells": [part.label, {"text": _signed(part.persons), "css": "num"}]}
                for part in why.parts
            ],
            "total": ["合计", {"text": _signed(difference), "css": "num"}],
        },
    }


def _later(page: BehindPage, later: EnteredLater | None) -> dict[str, Any] | None:
    if later is None:
        return None
    unit = page.measurement.unit.label
    if later.then == later.today:
        words = f"按现在所知，还是 {later.today:,} {unit}。"
    else:
        words = (
            f"按 {page.known_on} 结束时所知是 {later.then:,} {unit}，按现在所知是 {later.today:,} {unit}，"
            f"差 {_signed(later.today - later.then)}。"
        )
    rows: list[dict[str, Any]] = [
        {
            "cells": [
                {"text": one.entered_on.isoformat(), "css": "nw"},
                {"text": one.day.isoformat(), "css": "nw"},
                one.union_name,
                one.kind_label,
                {"text": _signed(one.persons), "css": "num"},
            ]
        }
        for one in later.entries
    ]
    return {
        "words": words,
        "columns": [
            {"label": "哪天记入"},
            {"label": "算在哪天"},
            {"label": "工会"},
            {"label": "变动"},
            {"label": "加减", "css": "num"},
        ],
        "rows": rows,
        "tail": _tail(later, unit),
    }


def _tail(later: EnteredLater, unit: str) -> str:
    words = []
    if later.more:
        words.append(
            f"补录和更正合计 {_signed(later.entered)} {unit}，上面列了最近的 {len(later.entries)} 笔。"
        )
    if later.tree:
        words.append(f"另有 {_signed(later.tree)} {unit}，是后来更正了隶属关系或成立、终止日期。")
    return "".join(words)


def _number(value: int | None, unit: str) -> str:
    return "不公布" if value is None else f"{value:,} {unit}"


def _signed(number: int) -> str:
    return f"{number:+,}".replace("-", "−")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
