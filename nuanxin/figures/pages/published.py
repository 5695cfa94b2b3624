"""Publications as everybody reads them: the list, one version, how to check it, older versions."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.models import Publication, PublicationLine
from nuanxin.figures.queries.publication_key import public_key_text
from nuanxin.figures.queries.publications import (
    ChangedLine,
    compare,
    cut_words,
    get_published,
    lines_of,
    list_published,
    versions_of,
)
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.queries.verifying import verify_seal
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import NotFound

WITHHELD = "不公布"


@public
@require_safe
def publication_index(request: HttpRequest) -> HttpResponse:
    """List what was published, the latest first."""
    page = list_published(after=request.GET.get("after", ""))
    context = {
        "page_title": "发布过的数",
        "page_lead": "每一份都定住不改，写明口径、截至哪天、什么时候测的；更正就出新的一版，旧的照样看得到。",
        "rows": [
            {
                "title": one.title,
                "url": reverse("publication", args=[one.id]),
                "union": one.union.name,
                "days": period_words(one),
                "published": f"{clock.business_day(one.published_at)}" if one.published_at else "",
                "version": f"第 {one.version} 版",
                "state": PublicationState(one.state).label,
                "tone": PublicationState(one.state).tone,
            }
            for one in page.items
        ],
        "next_url": f"?{urlencode({'after': page.next})}" if page.next else "",
        "figures_url": reverse("figures"),
    }
    return render(request, "figures/published_list.html", context)


@public
@require_safe
def publication(request: HttpRequest, publication_id: int) -> HttpResponse:
    """Show one published version with all that is needed to check it."""
    found = get_published(publication_id)
    lines = lines_of(found.id)
    fault = verify_seal(found, lines)
    versions = versions_of(found.series_id, frozen_only=True)
    context = {
        "page_title": found.title,
        "page_lead": f"{found.union.name}，{period_words(found)}。",
        "crumbs": [
            {"label": "发布过的数", "url": reverse("publications")},
            {"label": f"第 {found.version} 版", "url": ""},
        ],
        "publication": found,
        "state": PublicationState(found.state).label,
        "newer": _newer(found, versions),
        "older": _older(found, versions),
        "fault": fault.sentence if fault else "",
        "groups": _groups(lines),
        "withheld": sum(line.is_withheld for line in lines),
        "rounded_to": max((line.rounded_to for line in lines), default=1),
        "comparison": _comparison(
            _against(request.GET.get("against", ""), found, versions), versions, found, lines
        ),
        "lineage": lineage_of(found),
        "versions": version_rows(versions, found.id, "publication"),
        "address": settings.PUBLIC_ADDRESS.rstrip("/") + reverse("publication", args=[found.id]),
        "json_url": f"/api/v1/publications/{found.id}",
        "verify_url": f"/api/v1/publications/{found.id}/verify",
        "public_key": public_key_text(),
    }
    return render(request, "figures/published.html", context)


def period_words(one: Publication) -> str:
    """Return the days that a version counts, in words."""
    if one.period_start is None:
        return f"截至 {one.as_of}"
    return f"{one.period_start} 到 {one.as_of}"


def lineage_of(one: Publication) -> list[dict[str, Any]]:
    """Return where the numbers of a published version are from."""
    published = clock.business_day(one.published_at) if one.published_at else ""
    return [
        {"label": "截至", "value": str(one.as_of)},
        {"label": "测算", "value": f"{one.measured_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"},
        {"label": "按所知", "value": f"{one.known_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"},
        {"label": "发布", "value": f"{published}，总第 {one.number} 号，第 {one.version} 版"},
        {"label": "指纹", "value": one.content_hash, "is_code": True},
        {"label": "上一号", "value": one.previous_hash, "is_code": True},
        {"label": "签名", "value": bytes(one.signature or b"").hex(), "is_code": True},
    ]


def version_rows(versions: list[Publication], shown: int, page: str) -> list[dict[str, Any]]:
    """Return the versions of a series as a timeline's rows, with links."""
    return [
        {
            "text": f"第 {one.version} 版，{PublicationState(one.state).label}",
            "detail": one.reason,
            "is_now": one.id == shown,
            "url": reverse(page, args=[one.id]),
        }
        for one in versions
    ]


def line_rows(lines: list[PublicationLine]) -> list[dict[str, Any]]:
    """Return the lines as rows of the desk's table: what everybody reads, and what was measured."""
    return [
        {
            "cells": [
                {"text": line.label, "note": cut_words(line)},
                region_words(line.region),
                {
                    "text": value_words(line),
                    "css": "num",
                    "note": line.note or _made_of(line, line.numerator, line.denominator),
                },
                {
                    "text": number_words(line.counted, line.decimals),
                    "css": "num",
                    "note": _made_of(line, line.measured_numerator, line.measured_denominator),
                },
                {
                    "text": f"{line.rows_count:,}" if line.rows_count is not None else "",
                    "css": "num",
                },
            ]
        }
        for line in lines
    ]


def value_words(line: PublicationLine) -> str:
    """Return the number with its unit, or that it is withheld."""
    if line.value is None:
        return WITHHELD
    return f"{number_words(line.value, line.decimals)}{'' if line.is_rate else ' '}{line.unit}"


def number_words(value: int | None, decimals: int) -> str:
    """Return a number as it is read: 6327 hundredths are 63.27; "" for none."""
    if value is None:
        return ""
    return f"{value / 10.0**decimals:,.{decimals}f}" if decimals else f"{value:,}"


def _made_of(line: PublicationLine, numerator: int | None, denominator: int | None) -> str:
    """Return a rate's two parts in a few characters, "" of any other line."""
    if not line.is_rate:
        return ""
    above, below = (WITHHELD if one is None else f"{one:,}" for one in (numerator, denominator))
    return f"{above} ÷ {below}"


def _parts_words(line: PublicationLine) -> str:
    """Return a rate's two parts in a sentence: what they count, from where, of which day."""
    ratio = get_figure(line.code).ratio if line.is_rate else None
    if ratio is None:
        return ""
    above = get_figure(ratio.numerator)
    told = [
        WITHHELD if one is None else f"{one:,} {unit.label}"
        for one, unit in ((line.numerator, above.unit), (line.denominator, ratio.unit))
    ]
    source = line.denominator_source
    where = f"（{source}，{line.denominator_as_of}）" if source else ""
    return f"{above.label} {told[0]}，除以{line.denominator_label} {told[1]}{where}"


def region_words(region: int) -> str:
    """Return a region's name."""
    return regions.full_name(str(region), with_province=region % 10_000 == 0)


def _groups(lines: list[PublicationLine]) -> list[dict[str, Any]]:
    """Return the lines by figure: the first is the big number, the others a table."""
    groups: dict[str, dict[str, Any]] = {}
    for line in lines:
        group = groups.setdefault(
            line.code,
            {
                "label": line.label,
                "unit": line.unit,
                "definition": line.definition,
                "version": line.definition_version,
                "code": line.code,
                "value": value_words(line),
                "is_withheld": line.is_withheld,
                "parts": _parts_words(line),
                "digest": line.digest,
                "rows_hash": "" if line.rows_seal else line.rows_hash,
                "seal": line.rows_seal,
                "rows": [],
            },
        )
        group["rows"].append(
            {
                "cells": [
                    region_words(line.region),
                    cut_words(line) or "合计",
                    {
                        "text": number_words(line.value, line.decimals) or WITHHELD,
                        "css": "num",
                        "note": line.note,
                        "parts": _made_of(line, line.numerator, line.denominator),
                    },
                ]
            }
        )
    return list(groups.values())


def _newer(found: Publication, versions: list[Publication]) -> dict[str, str] | None:
    newest = versions[0] if versions else found
    if newest.version <= found.version:
        return None
    return {
        "url": reverse("publication", args=[newest.id]),
        "label": f"第 {newest.version} 版",
        "reason": newest.reason,
    }


def _older(found: Publication, versions: list[Publication]) -> dict[str, str] | None:
    before = next((one for one in versions if one.version < found.version), None)
    if before is None:
        return None
    return {"url": reverse("publication", args=[before.id]), "label": f"第 {before.version} 版"}


def _against(asked: str, found: Publication, versions: list[Publication]) -> Publication | None:
    """Return the version to hold this one against: the one before unless another is asked for.

    Raises ``NotFound`` for a version that the series has not.
    """
    if not asked:
        return next((one for one in versions if one.version < found.version), None)
    others = {str(one.version): one for one in versions if one.id != found.id}
    if asked not in others:
        raise NotFound()
    return others[asked]


def _comparison(
    against: Publication | None, versions: list[Publication], found: Publication,
    lines: list[PublicationLine],
) -> dict[str, Any] | None:  # fmt: skip
    """Return what differs from another version, as rows of a table, and which may be chosen."""
    if against is None or found.is_withdrawal or against.is_withdrawal:
        return None
    return {
        "title": f"和第 {against.version} 版比",
        "heads": (f"第 {against.version} 版", f"第 {found.version} 版"),
        "reason": found.reason or against.reason,
        "choices": [
            {"value": one.version, "label": f"第 {one.version} 版", "is_chosen": one == against}
            for one in versions
            if one.id != found.id and not one.is_withdrawal
        ],
        "rows": [_changed(row) for row in compare(lines_of(against.id), lines) if row.is_changed],
    }


def _changed(row: ChangedLine) -> dict[str, Any]:
    return {
        "cells": [
            {"text": row.label, "note": row.cut},
            region_words(row.region),
            {"text": _side(row, row.before, is_there=row.is_in_before), "css": "num"},
            {"text": _side(row, row.after, is_there=row.is_in_after), "css": "num"},
            {"text": _change_words(row), "css": "num"},
        ]
    }


def _side(row: ChangedLine, value: int | None, *, is_there: bool) -> str:
    if not is_there:
        return "没有这个数"
    return number_words(value, row.decimals) or WITHHELD


def _change_words(row: ChangedLine) -> str:
    if row.change is None:
        return ""
    if row.decimals:
        return f"{row.change / 10.0**row.decimals:+,.{row.decimals}f} 个百分点"
    return f"{row.change:+,}"
