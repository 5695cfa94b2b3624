"""Measuring a figure: the value with everything that is needed to get the same value again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from nuanxin.figures.queries.locks import get_lock_known_at
from nuanxin.figures.queries.question import COUNTED_FROM, Question
from nuanxin.figures.queries.registry import (
    FIGURES,
    RatioParts,
    get_figure,
    read_figure,
    read_ratio,
)
from nuanxin.figures.rules.small_numbers import published
from nuanxin.kernel import clock, occupations, regions
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import FigureDefinition, Unit, ratio_value
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.states import Route, UnionKind

PROVINCE = 330000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one figure, with its lineage. ``value`` is None where it is withheld.

    ``period`` is None for a figure as of a day; an open period begins at ``COUNTED_FROM``.
    ``occupation``, ``channel``, ``kind`` and ``route`` are codes or "". ``tree_known_at`` None means
    as corrected since. The value of a ratio is in hundredths of a percent (``decimals`` 2), and it
    comes with numerator and denominator, what that counts, its source and its day.
    ``rounded_to`` is 1 where the value is as it was
    measured. ``digest`` fingerprints definition, question and value: equal digests, equal measurements.
    """

    code: str
    label: str
    value: int | None
    unit: Unit
    region: int | None
    region_name: str
    union_code: str
    union_name: str
    as_of: date
    period: Period | None
    occupation: str
    channel: str
    definition_version: int
    definition: str
    measured_at: datetime
    tree_known_at: datetime | None
    digest: str
    rounded_to: int = 1
    kind: str = ""
    route: str = ""
    decimals: int = 0
    numerator: int | None = None
    denominator: int | None = None
    denominator_label: str = ""
    denominator_source: str = ""
    denominator_as_of: date | None = None

    @property
    def is_ratio(self) -> bool:
        """Return whether it is one number over another."""
        return self.unit is Unit.PERCENT

    @property
    def plain_value(self) -> int | float | None:
        """Return the value as it is read: 63.27 (percent), or the number itself."""
        if self.value is None or not self.decimals:
            return self.value
        return self.value / 10.0**self.decimals

    @property
    def is_withheld(self) -> bool:
        """Return whether the value is too small to be published."""
        return self.value is None

    def as_published(self, value: int | None, *, rounded_to: int) -> "Measurement":
        """Return the measurement with the value that everybody may read, None for none.

        The digest is that of the published value: it does not give the measured one away.
        """
        return _with_digest(replace(self, value=value, rounded_to=rounded_to))

    def as_published_ratio(self, numerator: int | None, denominator: int | None) -> "Measurement":
        """Return a ratio as everybody may read it: that of the parts which everybody may read.

        So it gives back nothing else than those. None where one of them is withheld.
        """
        value = (
            ratio_value(numerator, denominator) if numerator is not None and denominator else None
        )
        told = replace(self, value=value, numerator=numerator, denominator=denominator)
        return _with_digest(told)

    def as_plain(self) -> dict[str, Any]:
        """Return the measurement as the API and the command line print it."""
        return {
            "code": self.code,
            "label": self.label,
            "value": self.plain_value,
            "unit": self.unit.label,
            "rounded_to": self.rounded_to,
            "region": str(self.region) if self.region else None,
            "region_name": self.region_name,
            "union": self.union_code or None,
            "as_of": self.as_of.isoformat(),
            "period": str(self.period) if self.period else None,
            "occupation": self.occupation or None,
            "channel": self.channel or None,
            "kind": self.kind or None,
            "route": self.route or None,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "denominator_label": self.denominator_label or None,
            "denominator_source": self.denominator_source or None,
            "denominator_as_of": _iso(self.denominator_as_of),
            "definition": self.definition,
            "definition_version": self.definition_version,
            "measured_at": self.measured_at.isoformat(),
            "tree_known_at": self.tree_known_at.isoformat() if self.tree_known_at else None,
            "digest": self.digest,
        }


def measure(
    code: str,
    *,
    region: int | None = None,
    union_id: int | None = None,
    as_of: date | None = None,
    period: Period | None = None,
    occupation: str = "",
    channel: str = "",
    kind: str = "",
    route: str = "",
    known_at: datetime | None = None,
    now: datetime,
) -> Measurement:
    """Return the value of a figure for a region (the province by default) or a union's subtree.

    ``as_of`` is today by default, ``period`` everything up to it. ``occupation``, ``channel``,
    ``kind`` and ``route`` are codes ("courier", "one_click", "joint", "industry"). Raises
    ``NotFound`` figures.unknown, figures.no_such_place, figures.denominator_missing; ``Malformed``
    occupation.unknown, figures.no_such_channel, figures.no_such_kind, figures.no_such_route,
    figures.cannot_be_cut, figures.not_yet, figures.only_today.

    In a month that is locked there the value is the one known at the lock; whoever wants it as known
    at another instant says so by ``known_at``.
    """
    definition = get_figure(code)
    if known_at is None:
        day = period.end if period else as_of or clock.business_day(now)
        known_at = get_lock_known_at(day, region=region or PROVINCE, union_id=union_id)
    cut = Cuts(occupation, channel, kind, route)
    question, asked = _question(definition, region, union_id, as_of, period, cut, known_at, now)
    if definition.ratio is not None:
        parts = read_ratio(definition, question)
        return _with_parts(_measurement(definition, question, asked, parts.value, now), parts)
    return _measurement(definition, question, asked, read_figure(code, question), now)


def known_then_and_now(
    code: str,
    *,
    known_on: date,
    region: int | None = None,
    union_id: int | None = None,
    as_of: date | None = None,
    period: Period | None = None,
    kind: str = "",
    route: str = "",
    now: datetime,
) -> tuple[Measurement, Measurement]:
    """Return a figure as it was known at the end of ``known_on``, and as it is known now.

    ``as_of`` is ``known_on`` by default. The second counts late entries and corrections of locked
    months too. Raises as ``measure``; ``Malformed`` figures.not_yet for a day that is not over.
    """
    insist_on_known(known_on, now)
    asked: dict[str, Any] = {
        "region": region,
        "union_id": union_id,
        "as_of": as_of or (None if period else known_on),
        "period": period,
        "kind": kind,
        "route": route,
        "now": now,
    }
    then = measure(code, known_at=clock.day_end(known_on), **asked)
    return then, measure(code, known_at=now, **asked)


def insist_on_known(known_on: date, now: datetime) -> None:
    """Raise ``Malformed`` figures.not_yet for a day that is not over: more may become known on it."""
    today = clock.business_day(now)
    if known_on >= today:
        raise Malformed(
            "figures.not_yet",
            f"按哪天所知，要选已经过完的一天，今天是 {today}。请选昨天或以前的日子。",
        )


def measured_as(
    code: str,
    value: int | None,
    *,
    region: int,
    as_of: date | None = None,
    period: Period | None = None,
    occupation: str = "",
    channel: str = "",
    kind: str = "",
    route: str = "",
    rounded_to: int = 1,
    known_at: datetime | None = None,
    now: datetime,
) -> Measurement:
    """Return the measurement of a figure whose value was read in a set with others.

    The same as ``measure`` (or as it is published); ``known_at`` is the lock's instant where it was
    read so. Raises as ``measure``.
    """
    definition = get_figure(code)
    cut = Cuts(occupation, channel, kind, route)
    question, asked = _question(definition, region, None, as_of, period, cut, known_at, now)
    measured = _measurement(definition, question, asked, value, now)
    return measured.as_published(value, rounded_to=rounded_to)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The codes that a question keeps to, "" for all."""

    occupation: str = ""
    channel: str = ""
    kind: str = ""
    route: str = ""

    def check(self, definition: FigureDefinition) -> None:
        """Raise ``Malformed`` figures.cannot_be_cut for what the figure is not broken down by."""
        dimensions = definition.dimensions
        if (self.occupation or self.channel) and "occupation" not in dimensions:
            said = f"“{definition.label}”不按职业和渠道分。"
            raise Malformed("figures.cannot_be_cut", said)
        if (self.kind or self.route) and "route" not in dimensions:
            said = f"“{definition.label}”不按工会类型和建会路径分。"
            raise Malformed("figures.cannot_be_cut", said)


def _question(
    definition: FigureDefinition,
    region: int | None,
    union_id: int | None,
    as_of: date | None,
    period: Period | None,
    cut: Cuts,
    known_at: datetime | None,
    now: datetime,
) -> tuple[Question, Mapping[str, str]]:
    """Return the question with codes turned into keys, and the codes and names as they are told."""
    today = clock.business_day(now)
    day = period.end if period else as_of or today
    if day > today:
        raise Malformed("figures.not_yet", f"{day} 还没到，今天是 {today}。请选今天或以前的日子。")
    cut.check(definition)
    told = {name: getattr(cut, name) for name in ("occupation", "channel", "kind", "route")}
    if union_id is not None:
        if "union" not in definition.dimensions:
            said = f"“{definition.label}”只按地区算，没有按工会的数。请改用 region。"
            raise Malformed("figures.cannot_be_cut", said)
        union = orgs.get_union(union_id)
        told |= {"union_code": union.code, "union_name": union.name, "region_name": ""}
    else:
        region = region or PROVINCE
        told |= {"union_code": "", "union_name": "", "region_name": place_name(region)}
    question = Question(
        as_of=day,
        period=period or Period(min(COUNTED_FROM, day), day),
        region=None if union_id is not None else region,
        union_id=union_id,
        occupation=occupations.occupation(cut.occupation).key if cut.occupation else None,
        channel=channel_key(cut.channel) if cut.channel else None,
        known_at=known_at,
        kind=_kind_of(cut.kind),
        route=_route_of(cut.route),
        is_today=day == today,
    )
    return question, told


def place_name(region: int) -> str:
    """Return the name of a province, city or county; raise ``NotFound`` figures.no_such_place."""
    if len(str(region)) != 6 or str(region) not in regions.REGIONS:
        raise NotFound(
            "figures.no_such_place",
            f"没有代码为 {region} 的地区。请用省、市、县（市、区）的六位代码，例如 330105。",
        )
    return regions.full_name(str(region), with_province=region % 10_000 == 0)


def channel_key(code: str) -> int:
    """Return the small key of a channel's code; raise ``Malformed`` figures.no_such_channel."""
    for channel in Channel:
        if channel.code == code:
            return int(channel)
    said = "、".join(channel.code for channel in Channel)
    raise Malformed("figures.no_such_channel", f"没有这个渠道。可以用：{said}。")


def ratio_for_everybody(measured: Measurement, *, least: int) -> Measurement:
    """Return a ratio as everybody may read it: of persons, with the numerator to the ten."""
    ratio = get_figure(measured.code).ratio
    if ratio is None or measured.numerator is None:
        return measured
    if get_figure(ratio.numerator).unit not in (Unit.PERSONS, Unit.PERSON_TIMES):
        return measured
    below = measured.denominator
    if below is not None and ratio.denominator in FIGURES:
        below = published(below, least=least)
    return measured.as_published_ratio(published(measured.numerator, least=least), below)


def _kind_of(code: str) -> UnionKind | None:
    if not code:
        return None
    try:
        return UnionKind(code)
    except ValueError:
        said = "、".join(kind.value for kind in UnionKind)
        raise Malformed("figures.no_such_kind", f"没有这种工会。可以用：{said}。") from None


def _route_of(code: str) -> Route | None:
    if not code:
        return None
    try:
        return Route(code)
    except ValueError:
        said = "、".join(route.value for route in Route)
        raise Malformed("figures.no_such_route", f"没有这条建会路径。可以用：{said}。") from None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _with_parts(measured: Measurement, parts: RatioParts) -> Measurement:
    ratio = get_figure(measured.code).ratio
    assert ratio is not None
    told = replace(
        measured,
        numerator=parts.numerator,
        denominator=parts.denominator,
        denominator_label=ratio.label,
        denominator_source=parts.source,
        denominator_as_of=parts.as_of,
    )
    return _with_digest(told)


def _measurement(
    definition: FigureDefinition,
    question: Question,
    told: Mapping[str, str],
    value: int | None,
    now: datetime,
) -> Measurement:
    period = None if definition.period_kind is PeriodKind.AS_OF else question.period
    version = definition.version_on(question.as_of)
    measured = Measurement(
        code=definition.code,
        label=definition.label,
        value=value,
        unit=definition.unit,
        region=question.region,
        region_name=told["region_name"],
        union_code=told["union_code"],
        union_name=told["union_name"],
        as_of=question.as_of,
        period=period,
        occupation=told["occupation"],
        channel=told["channel"],
        definition_version=version.number,
        definition=version.text,
        measured_at=now,
        tree_known_at=question.known_at,
        digest="",
        kind=told["kind"],
        route=told["route"],
        decimals=definition.decimals,
    )
    return _with_digest(measured)


def _with_digest(measured: Measurement) -> Measurement:
    known = measured.tree_known_at.isoformat() if measured.tree_known_at else ""
    lineage = [
        measured.code,
        measured.definition_version,
        measured.region,
        measured.union_code,
        measured.as_of.isoformat(),
        str(measured.period or ""),
        measured.occupation,
        measured.channel,
        known,
        measured.value,
    ]
    if measured.kind or measured.route:
        lineage += [measured.kind, measured.route]
    if measured.is_ratio:
        lineage += [measured.numerator, measured.denominator, measured.denominator_source]
        lineage.append(_iso(measured.denominator_as_of))
    return replace(measured, digest=digest(lineage))


def digest(parts: object) -> str:
    """Return the fingerprint (16 hex digits of SHA-256) of plain values."""
    raw = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(raw).hexdigest()[:16]
