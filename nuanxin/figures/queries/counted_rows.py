"""Rows of figures that are counted one by one: unions, employers, stations, towns, hours and visits.

One shape carries them all: ``key`` names a thing once, ``county`` is where it counts, ``number`` what
it adds. A place's rows are those of its counties, no key twice; its number is their sum, of hours the
minutes in whole hours. The text of a row, from which its hash is made, is ``figure,key,county,number``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.when import When, places_of
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.period import ONE_DAY, Period
from nuanxin.orgs.figures import COVERED_EMPLOYERS, ENDED_UNIONS, KEY_ENTERPRISE_UNIONS
from nuanxin.orgs.queries.covered import list_covered_employers
from nuanxin.orgs.queries.evidence import list_ended_union_seats, list_key_enterprise_seats
from nuanxin.stations import figures as stations
from nuanxin.stations.queries import evidence
from nuanxin.stations.queries.evidence import Seen
from nuanxin.stations.queries.in_use import Cut, Where

MINUTES = 60
Reader = Callable[[When, int], list[Seen]]


def _ended(when: When, top: int) -> list[Seen]:
    found = list_ended_union_seats(
        period=when.period, region=top, is_new_form=True, known_at=when.known_at
    )
    return [Seen(str(union), adcode) for union, adcode in found]


def _key_enterprises(when: When, top: int) -> list[Seen]:
    found = list_key_enterprise_seats(on=when.as_of, region=top, known_at=when.known_at)
    return [Seen(str(union), adcode) for union, adcode in found]


def _covered(when: When, top: int) -> list[Seen]:
    found = list_covered_employers(on=when.as_of, region=top, known_at=when.known_at)
    return [Seen(str(employer), adcode) for employer, adcode in found]


def _where(when: When, top: int) -> Where:
    return Where(region=top, known_at=when.known_at)


def _stations(cut: Cut | None, when: When, top: int) -> list[Seen]:
    return evidence.list_stations_in_use(_where(when, top), on=when.as_of, cut=cut)


def _towns(when: When, top: int) -> list[Seen]:
    return evidence.list_towns(_where(when, top), on=when.as_of)


def _served_towns(cut: Cut | None, when: When, top: int) -> list[Seen]:
    return evidence.list_towns_in_use(_where(when, top), on=when.as_of, cut=cut)


def _visits(when: When, top: int) -> list[Seen]:
    return evidence.list_visits(_where(when, top), when.period)


def _visitors(when: When, top: int) -> list[Seen]:
    return evidence.list_visitors(_where(when, top), when.period)


def _hours(column: str, when: When, top: int) -> list[Seen]:
    """Return the minutes of days that were over at the instant of knowing; told of only where known."""
    last = min(when.as_of, business_day(when.known_at) - ONE_DAY)
    first = when.since or COUNTED_FROM
    if last < first:
        return []
    cells = evidence.list_hours(_where(when, top), Period(first, last))
    return [
        Seen(f"{one.county}/{one.day}", one.county, getattr(one, column))
        for one in cells
        if column == "promised" or one.told
    ]


_STATIONS: dict[str, Reader] = {
    **{one.code: partial(_stations, cut) for one, cut in stations.IN_USE.items()},
    stations.TOWNS.code: _towns,
    **{one.code: partial(_served_towns, cut) for one, cut in stations.OF_TOWNS.items()},
    stations.PROMISED_HOURS.code: partial(_hours, "promised"),
    stations.TOLD_HOURS.code: partial(_hours, "told"),
    stations.DELIVERED_HOURS.code: partial(_hours, "delivered"),
    stations.VISITS.code: _visits,
    stations.VISITORS.code: _visitors,
}
COUNTED: dict[str, Reader] = {
    ENDED_UNIONS.code: _ended,
    KEY_ENTERPRISE_UNIONS.code: _key_enterprises,
    COVERED_EMPLOYERS.code: _covered,
    **_STATIONS,
}
"""How the rows of each figure are read, within a region."""
PER: dict[str, int] = dict.fromkeys(
    (stations.PROMISED_HOURS.code, stations.TOLD_HOURS.code, stations.DELIVERED_HOURS.code), MINUTES
)
"""What the sum of the numbers is divided by, half rounded up; 1 where it is not named."""
NOT_NOUGHT = frozenset(
    one.code
    for one in (stations.TOLD_HOURS, stations.DELIVERED_HOURS, stations.VISITS, stations.VISITORS)
)
"""Figures of which nothing recorded is not nought: a place without a row has no number."""
OF_DAYS_OVER = frozenset({stations.VISITS.code, stations.VISITORS.code})
"""Figures that go on being counted while a day runs: published once it is over."""


def text_of(code: str, one: Seen) -> str:
    """Return the text of a row."""
    return f"{code},{one.key},{one.county},{one.number}"


def rows_by_place(code: str, when: When, top: int) -> dict[int, list[Seen]]:
    """Return the rows of each place within ``top``; of one key the first county's counts above."""
    return by_place(COUNTED[code](when, top))


def by_place(rows: Iterable[Seen]) -> dict[int, list[Seen]]:
    """Return which rows count for a county, its city and its province, no key twice at any."""
    found: dict[int, dict[str, Seen]] = defaultdict(dict)
    for one in sorted(rows, key=lambda row: (row.county, row.key)):
        for place in places_of(one.county):
            found[place].setdefault(one.key, one)
    return {place: list(keyed.values()) for place, keyed in found.items()}


def sum_of(code: str, rows: list[Seen]) -> tuple[int, RowSum]:
    """Return the number that rows come to, and their set."""
    per = PER.get(code, 1)
    total = sum(one.number for one in rows)
    return (total + per // 2) // per, RowSum.of_texts([text_of(code, one) for one in rows])
