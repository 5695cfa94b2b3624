"""Which denominator holds for a region on a day: its own, or the sum of all its counties'."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from nuanxin.figures.models import Denominator
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import policy, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import shift_months
from nuanxin.orgs import queries as orgs

PAGE_SIZE = 50
_SOURCES_TOLD = 3
_MISSING_TOLD = 5


@dataclass(frozen=True, slots=True)
class Known:
    """A denominator in force. ``as_of`` is its day, of a sum the oldest of its parts' days.

    ``parts`` is of how many counties it is the sum, 0 for a region's own.
    """

    value: int
    source: str
    as_of: date
    parts: int = 0

    @property
    def source_words(self) -> str:
        """Return the source, of a sum with how many counties it is the sum of."""
        return f"{self.parts} 个县（市、区）之和：{self.source}" if self.parts else self.source


class Denominators:
    """The denominators of a region and of all within it that hold on a day; one statement."""

    def __init__(self, found: Mapping[tuple[str, int], Known], on: date, months: int) -> None:
        self._found, self._on, self._months = found, on, months

    def of(self, kind: DenominatorKind, region: int) -> Known | None:
        """Return the region's own, else the sum of its counties' when each of them has one."""
        own = self._found.get((kind, region))
        if own is not None:
            return own
        counties = _counties_of(region, self._on)
        parts = [one for county in counties if (one := self._found.get((kind, county)))]
        if not parts or len(parts) < len(counties):
            return None
        return Known(
            value=sum(one.value for one in parts),
            source=_told([one.source for one in parts], _SOURCES_TOLD, "个来源"),
            as_of=min(one.as_of for one in parts),
            parts=len(parts),
        )

    def missing_words(self, kind: DenominatorKind, region: int, label: str) -> str:
        """Return which denominator a ratio lacks, and what to do."""
        place = regions.full_name(str(region), with_province=region % 10_000 == 0)
        lacking = [
            county for county in _counties_of(region, self._on)
            if (kind, county) not in self._found
        ]  # fmt: skip
        since = f" 或以前 {self._months} 个月内" if self._months else ""
        said = f"没有{place}的“{kind.label}”数（{self._on}{since}的），算不出{label}。"
        if lacking and len(lacking) < len(_counties_of(region, self._on)):
            names = [regions.region(str(county)).name for county in lacking]
            said += (
                f"所辖县（市、区）里还缺 {_told(names, _MISSING_TOLD, '个')}，缺的不补不能相加。"
            )
        return f"{said}请在工作台“分母”页录入，或者用 nuanxin figures load-denominators 装入。"


def denominators_of(
    region: int,
    *,
    on: date,
    kinds: Collection[DenominatorKind] = tuple(DenominatorKind),
    known_at: datetime | None = None,
) -> Denominators:
    """Return what is in force for a region (and its counties) on a day, as known at an instant.

    In force is the entry of the latest day not after ``on`` and not older than the dated parameter;
    a correction counts instead of what it corrects.
    """
    if on < COUNTED_FROM:
        return Denominators({}, on, 0)
    rule = parameter("figures.denominator_oldest_months", adcode=str(region), on=on)
    months = int(rule.value)
    low, high = _bounds(region)
    with connection.cursor() as cursor:
        cursor.execute(
            _IN_FORCE,
            {
                "kinds": [str(kind) for kind in kinds],
                "low": low,
                "high": high,
                "on": on,
                "oldest": shift_months(on, -months),
                "known": known_at,
            },
        )
        found = {(row[0], row[1]): Known(*row[2:]) for row in cursor.fetchall()}
    return Denominators(found, on, months)


_IN_FORCE = """
SELECT DISTINCT ON (kind, region) kind, region, value, source, as_of FROM figures_denominator
WHERE kind = ANY(%(kinds)s) AND region BETWEEN %(low)s AND %(high)s
  AND as_of BETWEEN %(oldest)s AND %(on)s
  AND (%(known)s::timestamptz IS NULL OR entered_at <= %(known)s)
ORDER BY kind, region, as_of DESC, id DESC
"""


def _bounds(region: int) -> tuple[int, int]:
    if region % 10_000 == 0:
        return region, region + 9_999
    return (region, region + 99) if region % 100 == 0 else (region, region)


def _counties_of(region: int, on: date) -> list[int]:
    if region % 100:
        return []
    city = None if region % 10_000 == 0 else str(region)
    return [int(one.code) for one in regions.counties(on, city)]


def _told(words: Sequence[str], most: int, counted: str) -> str:
    each = list(dict.fromkeys(words))
    told = "、".join(each[:most])
    return told if len(each) <= most else f"{told}等 {len(each)} {counted}"


@dataclass(frozen=True, slots=True)
class DenominatorRow:
    """One entry as the desk lists it. ``is_corrected``: a later one counts instead."""

    id: int
    kind: DenominatorKind
    region: int
    region_name: str
    as_of: date
    value: int
    source: str
    checked_on: date
    reason: str
    entered_by_name: str
    entered_at: datetime
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class DenominatorPage:
    """A page of entries, the latest entered first; ``next`` is an id, None on the last page."""

    items: tuple[DenominatorRow, ...]
    next: int | None = None


def list_denominators(
    *, kind: str = "", region: int = 0, before: int = 0, limit: int = PAGE_SIZE
) -> DenominatorPage:
    """Return a page of all entries, corrected ones too. They are public numbers of regions."""
    found = Denominator.objects.order_by("-id")
    if kind:
        found = found.filter(kind=kind)
    if region:
        found = found.filter(region__range=_bounds(region))
    if before:
        found = found.filter(id__lt=before)
    rows = list(found.select_related("corrected_by")[: limit + 1])
    kept = rows[:limit]
    return DenominatorPage(
        tuple(_row(one) for one in kept), kept[-1].id if len(rows) > limit else None
    )


def places_to_enter(actor: Actor) -> list[tuple[str, str]]:
    """Return (adcode, name) of the regions whose denominators the actor may enter, by code."""
    paths = policy.scope_paths(actor, "figure.decide")
    if paths == (policy.EVERYWHERE,):
        codes = {330_000} | {int(one.code) for one in (*regions.cities(), *regions.counties())}
    else:
        codes = orgs.federation_regions(paths)
    return [
        (str(code), regions.full_name(str(code), with_province=code % 10_000 == 0))
        for code in sorted(codes)
        if str(code) in regions.REGIONS
    ]


def _row(one: Denominator) -> DenominatorRow:
    return DenominatorRow(
        id=one.id,
        kind=DenominatorKind(one.kind),
        region=one.region,
        region_name=regions.full_name(str(one.region), with_province=one.region % 10_000 == 0),
        as_of=one.as_of,
        value=one.value,
        source=one.source,
        checked_on=one.checked_on,
        reason=one.reason,
        entered_by_name=one.entered_by_name,
        entered_at=one.entered_at,
        is_corrected=hasattr(one, "corrected_by"),
    )
