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
_PER_CENT = {DenominatorKind.WORKERS: (58, 84), DenominatorKind.EMPLOYERS: (62, 91)}
"""The rate that a county comes out at, between these."""


def enter(*, now: datetime) -> int:
    """Enter both kinds for every county at the ends of the last years, and the province's own of
    workers; return how many. Cities are the sums of their counties."""
    today = clock.business_day(now)
    entries: list[Entry] = []
    for back in range(1, _YEARS + 1):
        day = date(today.year - back, 12, 31)
        members: dict[int, int] = {}
        for cell in cells_by_county(day, PROVINCE):
            members[cell.county] = members.get(cell.county, 0) + cell.live
        for county in map(int, (one.code for one in regions.counties(day))):
            covered = count_covered_employers(on=day, region=county)
            above = {
                DenominatorKind.WORKERS: members.get(county, 0),
                DenominatorKind.EMPLOYERS: covered,
            }
            entries += [_entry(kind, county, day, n, today) for kind, n in above.items()]
        workers = [
            one for one in entries if one.kind is DenominatorKind.WORKERS and one.as_of == day
        ]
        whole = round(sum(one.value for one in workers) * 1.013)
        entries.append(_entry_of(DenominatorKind.WORKERS, PROVINCE, day, whole, today))
    return enter_denominators(entries=entries, actor=SYSTEM, now=now).added


def _entry(kind: DenominatorKind, county: int, day: date, above: int, today: date) -> Entry:
    low, high = _PER_CENT[kind]
    per_cent = low + county * 7 % (high - low)
    return _entry_of(kind, county, day, max(20, round(above * 100 / per_cent)), today)


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
