"""Figures, as the public board shows them."""

import json
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.http import ASKED_AGAIN, KEPT, KEPT_FOR_EVER, entity_tag
from nuanxin.desk.api.paging import LINE, REGION_CODES, Day, Empty
from nuanxin.figures import queries as figures
from nuanxin.kernel import clock, occupations
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.period import parse_period
from nuanxin.membership.states import Channel
from nuanxin.orgs.states import Route, UnionKind

router = Router(tags=["figures"])

Region = StrEnum("Region", {f"R{code}": code for code in REGION_CODES})  # type: ignore[misc]
OccupationCode = StrEnum(  # type: ignore[misc]
    "OccupationCode", {one.code.upper(): one.code for one in occupations.all_occupations()}
)
ChannelCode = StrEnum("ChannelCode", {one.name: one.code for one in Channel})  # type: ignore[misc]
KindCode = StrEnum("KindCode", {one.name: one.value for one in UnionKind})  # type: ignore[misc]
RouteCode = StrEnum("RouteCode", {one.name: one.value for one in Route})  # type: ignore[misc]
_DAYS = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_PERIOD = rf"^({_DAYS}(\.\.{_DAYS})?)?$"


class Version(Schema):
    """What a figure meant from a day to a day, both included; null is without end."""

    number: int
    definition: str
    valid_from: date | None
    valid_to: date | None


class Definition(Schema):
    """What a figure means, today and before. ``numerator`` and ``denominator`` are of ratios."""

    code: str
    label: str
    unit: str
    period_kind: str
    definition: str
    definition_version: int
    versions: list[Version]
    dimensions: list[str]
    numerator: str | None
    denominator: str | None


class Definitions(Schema):
    """Every public figure, on one page."""

    items: list[Definition]
    next: str | None


class Figure(Schema):
    """One value with all that is needed to get it again; ``value`` null is withheld as too small.

    ``rounded_to`` is 10 where persons are written to the ten, 1 where it stands to the one. A ratio
    is in percent with two decimals; its numerator of persons is written to the ten."""

    code: str
    label: str
    value: int | float | None
    unit: str
    rounded_to: int
    region: str | None
    region_name: str
    union: str | None
    as_of: date
    period: str | None
    occupation: str | None
    channel: str | None
    kind: str | None
    route: str | None
    numerator: int | None
    denominator: int | None
    denominator_label: str | None
    denominator_source: str | None
    denominator_as_of: date | None
    definition: str
    definition_version: int
    measured_at: str
    tree_known_at: str | None
    digest: str


@router.get("", response=Definitions, summary="有哪些指标")
@requires("figure.view")
def list_figures(request: HttpRequest) -> Any:
    """Return the definitions of the public figures."""
    return {"items": [_plain(one) for one in figures.list_figures(public_only=True)], "next": None}


@router.get("/{code}", response=Figure, summary="一个指标的数")
@requires("figure.view")
def get_figure(
    request: HttpRequest,
    response: HttpResponse,
    code: Annotated[str, Path(max_length=80, pattern=LINE)],
    region: Annotated[Region | Empty, Query(description="六位行政区划代码，默认全省")] = "",
    as_of: Annotated[Day | Empty, Query(description="截至哪一天，默认今天")] = "",
    occupation: Annotated[OccupationCode | Empty, Query(description="职业代码")] = "",
    channel: Annotated[ChannelCode | Empty, Query(description="入会渠道")] = "",
    kind: Annotated[KindCode | Empty, Query(description="工会类型")] = "",
    route: Annotated[RouteCode | Empty, Query(description="建会路径")] = "",
    period: Annotated[
        str,
        Query(
            max_length=22,
            pattern=_PERIOD,
            description="如 2026、2026-05、2026-05-06、2025-01..2026-05、2026-05-01..2026-05-15",
        ),
    ] = "",
    known_on: Annotated[
        Day | Empty, Query(description="按哪一天结束时已知的来数；没写截至哪天，就是这一天")
    ] = "",
) -> Any:
    """Return one figure for a region and a day or a period; what is left empty is not asked for.

    With ``known_on`` late entries and corrections of later days are left out: the answer is fixed.
    """
    plain = read(
        code,
        region=int(region) if region else 330000,
        as_of=as_of or None,
        occupation=str(occupation or ""),
        channel=str(channel or ""),
        period=period,
        kind=str(kind or ""),
        route=str(route or ""),
        known_on=known_on or None,
    )
    response["ETag"] = _entity_tag(plain)
    is_open = plain["as_of"] >= clock.business_day(clock.now()).isoformat()
    response["Cache-Control"] = _cache_control(is_open=is_open, is_fixed=bool(known_on))
    return plain


class Step(StrEnum):
    """How far apart the points of a series lie."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Point(Schema):
    """The value as of a day, or in a period that ends on it; null is withheld as too small; of a
    ratio also where no denominator is known."""

    as_of: date
    period: str | None
    value: int | float | None
    digest: str


class Series(Schema):
    """A figure over time, all on one page; persons are written to the ten."""

    code: str
    label: str
    unit: str
    rounded_to: int
    region: str | None
    region_name: str
    occupation: str | None
    channel: str | None
    definition: str
    definition_version: int
    known_on: date | None
    items: list[Point]
    next: str | None


@router.get("/{code}/series", response=Series, summary="一个指标的一串数")
@requires("figure.view")
def get_figure_series(
    request: HttpRequest,
    response: HttpResponse,
    code: Annotated[str, Path(max_length=80, pattern=LINE)],
    region: Annotated[Region | Empty, Query(description="六位行政区划代码，默认全省")] = "",
    first: Annotated[Day | Empty, Query(alias="from", description="从哪一天起")] = "",
    last: Annotated[Day | Empty, Query(alias="to", description="到哪一天，默认今天")] = "",
    step: Annotated[Step, Query(description="隔多久一个点")] = Step.MONTH,
    occupation: Annotated[OccupationCode | Empty, Query(description="职业代码")] = "",
    channel: Annotated[ChannelCode | Empty, Query(description="入会渠道")] = "",
    known_on: Annotated[Day | Empty, Query(description="按哪一天结束时已知的来数")] = "",
) -> Any:
    """Return one figure at (or in) each step: at most 92 days, 60 months or 20 years."""
    try:
        series = figures.get_series(
            code,
            region=int(region) if region else 330000,
            first=first or None,
            last=last or None,
            step=str(step),
            occupation=str(occupation or ""),
            channel=str(channel or ""),
            known_on=known_on or None,
            now=clock.now(),
        )
    except Malformed as refusal:
        raise NotFound(refusal.code, refusal.message) from refusal
    response["Cache-Control"] = _cache_control(is_open=series.is_open, is_fixed=bool(known_on))
    return _plain_series(series, known_on or None)


def _cache_control(*, is_open: bool, is_fixed: bool) -> str:
    if is_fixed:
        return KEPT_FOR_EVER
    return KEPT if is_open else ASKED_AGAIN


def _plain_series(series: figures.Series, known_on: date | None) -> dict[str, Any]:
    points = [one.as_plain() for one in series.points]
    shared = {name: points[0][name] for name in _SHARED}
    items = [{name: one[name] for name in ("as_of", "period", "value", "digest")} for one in points]
    return shared | {"known_on": known_on, "items": items, "next": None}


_SHARED = (
    "code",
    "label",
    "unit",
    "rounded_to",
    "region",
    "region_name",
    "occupation",
    "channel",
    "definition",
    "definition_version",
)


def read(
    code: str,
    *,
    region: int,
    as_of: date | None,
    occupation: str,
    channel: str,
    period: str,
    kind: str = "",
    route: str = "",
    known_on: date | None = None,
) -> dict[str, Any]:
    """Return the measurement as the API tells it; small numbers of persons are withheld.

    What cannot be asked of the figure (a day to come, a cut that it has not) is not there: 404.
    Raises ``NotFound``.
    """
    try:
        measured = figures.measure_for_everybody(
            code,
            region=region,
            as_of=as_of,
            period=parse_period(period) if period else None,
            occupation=occupation,
            channel=channel,
            kind=kind,
            route=route,
            known_on=known_on,
            now=clock.now(),
        )
    except Malformed as refusal:
        raise NotFound(refusal.code, refusal.message) from refusal
    return measured.as_plain()


def _entity_tag(plain: dict[str, Any]) -> str:
    """Return the tag of a measurement: when it was measured makes no other one of it."""
    lasting = {name: value for name, value in plain.items() if name != "measured_at"}
    return entity_tag(json.dumps(lasting, ensure_ascii=False).encode())


def _plain(one: FigureDefinition) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label,
        "unit": one.unit.label,
        "period_kind": one.period_kind.value,
        "definition": one.definition_zh,
        "definition_version": one.version,
        "versions": [
            {
                "number": version.number,
                "definition": version.text,
                "valid_from": version.valid_from,
                "valid_to": version.valid_to,
            }
            for version in one.versions
        ],
        "dimensions": list(one.dimensions),
        "numerator": one.ratio.numerator if one.ratio else None,
        "denominator": one.ratio.denominator if one.ratio else None,
    }
