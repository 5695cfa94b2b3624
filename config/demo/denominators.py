"""What the rates of a demonstration are divided by: made up, and said to be made up."""

from datetime import date, datetime

from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock, regions
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.figures.breakdown import cells_by_county
from nuanxin.orgs.queries import count_covered_employers

PROVINCE = 330000
_YEARS = 3
_BEYOND = 1.04
"""What a city or the province counts beside those counties that we know."""
_PER_CENT = {DenominatorKind.WORKERS: (58, 84), DenominatorKind.EMPLOYERS: (62, 91)}
"""The rate that a county comes out at, between these."""


def enter(*, now: datetime) -> int:
    """Enter both kinds at the ends of the last years; return how many.

    Counties that have any; cities whose counties have not all one; the province.
    """
    today = clock.business_day(now)
    entries: list[Entry] = []
    for back in range(_YEARS, 0, -1):
        day = date(today.year - back, 12, 31)
        members: dict[int, int] = {}
        for cell in cells_by_county(day, PROVINCE):
            members[cell.county] = members.get(cell.county, 0) + cell.live
        counties = [int(one.code) for one in regions.counties(day)]
        covered = {one: count_covered_employers(on=day, region=one) for one in counties}
        for kind, above in (
            (DenominatorKind.WORKERS, members),
            (DenominatorKind.EMPLOYERS, covered),
        ):
            for region, value in _values(kind, above, counties).items():
                entries.append(_entry_of(kind, region, day, value, today))
    return enter_denominators(entries=entries, actor=SYSTEM, now=now).added


def _values(kind: DenominatorKind, above: dict[int, int], counties: list[int]) -> dict[int, int]:
    """Return a denominator for each region that gets one of its own."""
    low, high = _PER_CENT[kind]
    values = {
        one: max(4, round(above[one] * 100 / (low + one * 7 % (high - low))))
        for one in counties
        if above.get(one)
    }
    own = dict(values)
    for city in {one // 100 * 100 for one in values}:
        below = [one for one in counties if one // 100 * 100 == city]
        if any(one not in values for one in below):
            own[city] = round(sum(values.get(one, 0) for one in below) * _BEYOND)
    if values:
        own[PROVINCE] = round(sum(values.values()) * _BEYOND)
    return own


def _entry_of(kind: DenominatorKind, region: int, day: date, value: int, today: date) -> Entry:
    checked = min(today, date(day.year + 1, 2, 20))
    document = "新就业形态劳动者规模测算" if kind is DenominatorKind.WORKERS else "企业名录库比对"
    return Entry(
        kind=kind,
        region=region,
        as_of=day,
        value=value,
        source=f"演示用编造数：{day.year} 年末{document}",
        checked_on=max(checked, day),
    )
