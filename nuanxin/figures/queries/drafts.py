"""A draft held against the figures of the registry, each measured for the time that the draft says."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache

from nuanxin.figures.queries.measuring import PROVINCE, Measurement, place_name
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.registry import list_figures
from nuanxin.figures.rules.claims import Claim, Draft, Reference, Report, find_claims, judge
from nuanxin.figures.rules.claims.periods import resolve
from nuanxin.figures.rules.claims.words import canonical, pairs_of, place_key
from nuanxin.kernel import clock, policy, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.orgs import queries as orgs

MOST_MEASURED = 60
"""So many values are measured for one draft; what is beyond stays unknown."""
_LIKE = 0.5


def check_with_figures(
    text: str, *, references: Sequence[Reference] = (), region: int = PROVINCE, now: datetime
) -> Report:
    """Return the report on a draft against the registry's public figures and ``references``.

    ``region`` is where a number belongs of which the draft names no place. Numbers too small to be
    published are not used. Raises Malformed ``figures.draft_too_long``, ``NotFound``
    ``figures.no_such_place``.
    """
    place_name(region)
    draft = Draft.of(text)
    claims = find_claims(draft)
    measured = figures_for(claims, region=region, now=now)
    return judge(draft, claims, [*references, *measured])


def figures_for(claims: Iterable[Claim], *, region: int, now: datetime) -> list[Reference]:
    """Return the figures that the claims may speak of, each measured once for its period and place."""
    today = clock.business_day(now)
    found: dict[tuple[str, str, str], Reference | None] = {}
    for claim in claims:
        for definition in _definitions_like(claim.what, claim.key):
            asked = (definition.code, claim.period_key, claim.scope.place)
            if asked in found or len(found) >= MOST_MEASURED:
                continue
            where = _region_of(claim.scope.place) if claim.scope.place else region
            told = claim.period or ""
            found[asked] = _reference(definition, told, asked, where, today, now) if where else None
    return [one for one in found.values() if one is not None]


@lru_cache(maxsize=4096)
def _definitions_like(what: str, key: str) -> tuple[FigureDefinition, ...]:
    """Return the public figures whose label has the claim's words."""
    own = pairs_of(canonical(what)) | pairs_of(key)
    return tuple(
        one
        for one in list_figures(public_only=True)
        if (label := pairs_of(canonical(one.label))) and len(label & own) / len(label) >= _LIKE
    )


def _reference(
    definition: FigureDefinition,
    told: str,
    asked: tuple[str, str, str],
    region: int,
    today: date,
    now: datetime,
) -> Reference | None:
    """Return the value for the period that a claim tells, or None where it must not be shown."""
    span = resolve(told, today) if told else None
    is_stock = definition.period_kind is PeriodKind.AS_OF
    when = {"as_of": span.end if span else None} if is_stock else {"period": span}
    try:
        measured = measure_for_everybody(definition.code, region=region, now=now, **when)
    except NotFound:
        return None  # a ratio without a denominator
    if measured.value is None:
        return None
    return Reference(
        code=definition.code,
        label=definition.label,
        value=Fraction(measured.value, 10**measured.decimals),
        unit=definition.unit.label,
        period=_period_words(measured, span),
        source=measured.region_name,
        kind="figure",
        place=asked[2],
        asked_period=asked[1],
        is_undated=not is_stock and span is None,
        rounded_to=measured.rounded_to,
    )


def _period_words(measured: Measurement, span: Period | None) -> str:
    if measured.period is None:
        return f"截至{measured.as_of.isoformat()}"
    return span.label if span else f"有记录以来，到{measured.as_of.isoformat()}"


@lru_cache(maxsize=1024)
def _region_of(place: str) -> int | None:
    for one in (*regions.cities(), *regions.counties()):
        if place_key(one.name) == place:
            return int(one.code)
    return None


def home_region(actor: Actor) -> int:
    """Return the region of the one union that an officer works for; the province else."""
    paths = policy.scope_paths(actor, "draft.check")
    if len(paths) != 1 or paths[0] == policy.EVERYWHERE:
        return PROVINCE
    union = orgs.get_union(int(paths[0].rstrip("/").rsplit("/", 1)[-1]))
    return union.adcode or PROVINCE
