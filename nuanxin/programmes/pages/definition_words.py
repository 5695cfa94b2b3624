"""How definitions of services and their versions are told: at the desk, and as a worker will see them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse

from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.occupations import by_key
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.pages import version_words, words
from nuanxin.programmes.pages.version_words import being_changed
from nuanxin.programmes.queries.definitions import DefinitionLine, Known
from nuanxin.programmes.queries.offers import OfferRow
from nuanxin.programmes.rules.definitions import Definition
from nuanxin.programmes.rules.provider_kinds import kind_label
from nuanxin.programmes.states import OfferState, VersionState

USUAL_DAYS = 14
"""How long a preview lets people apply: an offer says its own days."""


def crumbs(*more: tuple[str, str]) -> list[dict[str, str]]:
    """Return the way here: labels with their addresses, the last without."""
    rows = [{"label": "有哪些服务", "url": reverse("desk-definitions")}]
    rows += [{"label": label, "url": url} for label, url in more[:-1]]
    return [*rows, {"label": more[-1][0]}]


def seen_row(
    defined: Definition, conditions: tuple[str, ...], union_name: str, now: datetime
) -> OfferRow:
    """Return an offer of a definition as it would stand in the list, with usual places and days."""
    places, way = defined.places or 1, defined.ways[0]
    return OfferRow(
        0, "", defined.title, defined.kind, defined.code, OfferState.OPEN, way, places,
        places if way.is_at_once else None, now, now + timedelta(days=USUAL_DAYS), union_name,
        about=defined.gives, money_fen=defined.money_fen, conditions=conditions,
        evidence=defined.evidence, provider=defined.provider, cost_bearer=defined.cost_bearer,
        publicity_days=defined.publicity_days, confirm_hours=defined.confirm_hours,
        rule_code=defined.rule,
    )  # fmt: skip


def desk_facts(defined: Definition, rule_title: str) -> list[dict[str, str]]:
    """Return what an official wants to know of a definition beside what workers see."""
    until = defined.offered_until
    forfeits = [f"{one.label}，{one.months} 个月内" for one in defined.forfeit]
    rows = [
        ("种类", defined.kind.label),
        ("多久一期", defined.period.label),
        ("条件", rule_title or "不设条件"),
        ("名额怎么给", "、".join(way.label for way in defined.ways)),
        ("分数怎么来", defined.points),
        ("定向给", "、".join(by_key(key).label for key in defined.directed)),
        ("哪一类来办", kind_label(defined.provider_kind)),
        (
            "谁来办",
            defined.provider if defined.provider != kind_label(defined.provider_kind) else "",
        ),
        ("每人", format_yuan(defined.money_fen) if defined.money_fen else ""),
        ("候补确认", f"{defined.confirm_hours} 小时"),
        (
            "结业证",
            f"到 {defined.certificate_percent}% 的场次" if defined.certificate_percent else "",
        ),
        ("取消资格", "；".join(forfeits)),
        ("办到", f"{until} 为止" if until else "一直办"),
        ("依据", defined.source),
        ("核对", f"{defined.checked_on}"),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def line_row(line: DefinitionLine, today: date) -> dict[str, Any]:
    """Return a line of the list of services."""
    known = line.now
    defined = known.definition if known else None
    return {
        "id": line.code,
        "name": defined.title if defined else line.code,
        "url": reverse("desk-definition", args=[line.code]),
        "cells": [
            {"text": defined.title, "note": defined.season or defined.kind.label}
            if defined
            else {"text": line.code},
            which(known, today),
            (known.union_name if known else "") or "全省都能办",
            "、".join(way.label for way in defined.ways) if defined else "—",
            being_changed(line.working, line.coming),
        ],
    }


def which(known: Known | None, today: date) -> dict[str, str] | str:
    """Return which text counts: 第 2 版, 随系统带的, 不再办了, 还没开始用."""
    if known is None:
        return "还没开始用"
    if not known.definition.is_offered(today):
        return {
            "text": "不再办了",
            "state": "off",
            "note": f"办到 {known.definition.offered_until}",
        }
    return f"第 {known.number} 版" if known.number else "随系统带的"


def which_said(known: Known | None, today: date) -> str:
    """Return the same as ``which`` in words alone."""
    told = which(known, today)
    return told if isinstance(told, str) else told["text"]


def version_row(version: DefinitionVersion, today: date, *, may_revoke: bool) -> dict[str, Any]:
    """Return a line of a service's versions; one that is to come leads to its revoking."""
    is_released = version.state == VersionState.RELEASED
    is_coming = is_released and version.valid_from is not None and version.valid_from > today
    name = {"url": "", "note": ""}
    if may_revoke and is_coming:
        name = {"url": reverse("desk-definition-revoke", args=[version.id]), "note": "可以撤回"}
    why = version.reason if version.state == VersionState.REVOKED else ""
    return version_words.version_row(version, today, name=name, why=why)


def seen(
    defined: Definition, conditions: tuple[str, ...], union_name: str, now: datetime
) -> dict[str, Any]:
    """Return what a worker's page of an offer would say."""
    row = seen_row(defined, conditions, union_name, now)
    return {
        "seen": words.facts_of(row),
        "left": words.left(row),
        "until": words.moment(row.closes_at),
    }
