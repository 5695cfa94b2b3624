"""The numbers of a report, read in sets: one read of all places and cuts for each span of days.

What is not in a set is read one by one, and there are at most ``limits.measured`` of those.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from nuanxin.figures.queries.board import (
    BOARD_CODES,
    Cut,
    PublishedCells,
    exact_total_from_persons,
    least_cell_persons,
)
from nuanxin.figures.queries.locks import every_lock
from nuanxin.figures.queries.measuring import (
    Measurement,
    channel_key,
    measure,
    measured_as,
    ratio_for_everybody,
)
from nuanxin.figures.queries.publishing import measure_for_everybody
from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.figures.queries.registry import NOT_KNOWN
from nuanxin.figures.queries.report_questions import Wanted
from nuanxin.figures.rules.small_numbers import published
from nuanxin.kernel import clock, occupations
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import Unit
from nuanxin.kernel.period import Month, Period
from nuanxin.membership.figures import Place
from nuanxin.membership.figures.breakdown import month_ends
from nuanxin.membership.figures.definitions import LIVE, NEW
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.figures import NEW_FORM_UNIONS, NEW_UNIONS, UNIONS

_UNION_CODES = frozenset(one.code for one in (NEW_UNIONS, NEW_FORM_UNIONS, UNIONS))


class TooManyReads(Exception):
    """More numbers are asked one by one than a report may."""


class Numbers:
    """Reads numbers as everybody may have them; remembers what one report has read."""

    def __init__(self, *, now: datetime, most_measured: int) -> None:
        self.now = now
        self.left = most_measured
        self.missing: dict[Wanted, NotFound] = {}
        self._cells: dict[tuple[date, date | None, int], PublishedCells] = {}
        self._unions: dict[tuple[str, date, Period | None], dict[int, int]] = {}
        self._known: dict[Wanted, Measurement] = {}
        self._locked: dict[date, dict[int, datetime]] | None = None

    def read(self, wanted: Iterable[Wanted]) -> dict[Wanted, Measurement]:
        """Return the measurement of each question; without value where it is withheld.

        Raises ``TooManyReads``.
        """
        asked = list(dict.fromkeys(wanted))
        places: dict[tuple[str, date, Period | None], set[int]] = defaultdict(set)
        for one in asked:
            places[one.code, one.as_of, one.period].add(one.region)
        for one in asked:
            if one not in self._known:
                self._known[one] = self._read(one, len(places[one.code, one.as_of, one.period]))
        return {one: self._known[one] for one in asked}

    def _read(self, one: Wanted, places: int) -> Measurement:
        is_plain = not one.union and one.known_on is None
        if is_plain and one.code in BOARD_CODES and not (one.occupation and one.channel):
            return self._as(one, *self._cell(one))
        is_uncut = not one.kind and not one.route
        if is_plain and is_uncut and one.code in _UNION_CODES and places > 1:
            if one.region in self._places_locked(one.as_of):
                return self._alone(one)
            return self._as(one, self._union_count(one))
        return self._alone(one)

    def _as(
        self,
        one: Wanted,
        value: int | None,
        rounded_to: int = 1,
        known_at: datetime | None = None,
    ) -> Measurement:
        return measured_as(
            one.code,
            value,
            region=one.region,
            as_of=one.as_of,
            period=one.period,
            occupation=one.occupation,
            channel=one.channel,
            kind=one.kind,
            route=one.route,
            rounded_to=rounded_to,
            known_at=known_at,
            now=self.now,
        )

    def _cell(self, one: Wanted) -> tuple[int | None, int, datetime | None]:
        least = least_cell_persons(one.region, self.now)
        since = None
        if one.period is not None and one.period.start > COUNTED_FROM:
            since = one.period.start
        key = (one.as_of, since, least)
        if key not in self._cells:
            exact_from = exact_total_from_persons(one.region, self.now)
            locked = self._places_locked(one.as_of)
            self._cells[key] = PublishedCells(*key, exact_from, locked)
        cells = self._cells[key]
        return *cells.value(one.code, one.region, _cut_of(one)), cells.known_at(one.region)

    def _places_locked(self, day: date) -> Mapping[int, datetime]:
        """Return the regions that have locked a day's month; one statement for a whole report."""
        if self._locked is None:
            self._locked = every_lock()
        return self._locked.get(day.replace(day=1), {})

    def _union_count(self, one: Wanted) -> int:
        key = (one.code, one.as_of, one.period)
        if key not in self._unions:
            self._unions[key] = self._count_unions(one)
        size = 2 if one.region % 10_000 == 0 else 4 if one.region % 100 == 0 else 6
        prefix = str(one.region)[:size]
        return sum(n for code, n in self._unions[key].items() if str(code).startswith(prefix))

    def _count_unions(self, one: Wanted) -> dict[int, int]:
        if one.period is not None:
            rows = orgs.count_new_unions_by_county(period=one.period)
        else:
            is_new_form = None if one.code == UNIONS.code else True
            rows = orgs.count_live_unions_by_county(on=one.as_of, is_new_form=is_new_form)
        return {row.adcode: row.count for row in rows}

    def _alone(self, one: Wanted) -> Measurement:
        self.left -= 1
        if self.left < 0:
            raise TooManyReads
        try:
            return self._measured(one)
        except NotFound as refusal:
            if refusal.code not in NOT_KNOWN:
                raise
            self.missing[one] = refusal
            return self._as(one, None)

    def _measured(self, one: Wanted) -> Measurement:
        if not one.union and one.known_on is None:
            return measure_for_everybody(
                one.code,
                region=one.region,
                as_of=one.as_of,
                period=one.period,
                occupation=one.occupation,
                channel=one.channel,
                kind=one.kind,
                route=one.route,
                now=self.now,
            )
        measured = measure(
            one.code,
            region=None if one.union else one.region,
            union_id=one.union_id,
            as_of=one.as_of,
            period=one.period,
            occupation=one.occupation,
            channel=one.channel,
            kind=one.kind,
            route=one.route,
            known_at=clock.day_end(one.known_on) if one.known_on else None,
            now=self.now,
        )
        least = least_cell_persons(one.region, self.now)
        if measured.is_ratio:
            return ratio_for_everybody(measured, least=least)
        if measured.unit not in (Unit.PERSONS, Unit.PERSON_TIMES) or measured.value is None:
            return measured
        return measured.as_published(published(measured.value, least=least), rounded_to=least)

    def step_of(self, one: Wanted) -> int:
        """Return what the months of a figure are written to: the ten for persons."""
        is_of_persons = one.definition.unit in (Unit.PERSONS, Unit.PERSON_TIMES)
        return least_cell_persons(one.region, self.now) if is_of_persons else 1

    # ---- months ---------------------------------------------------------------------------------

    def months(self, one: Wanted, months: list[Month], *, running: bool) -> list[int | None]:
        """Return the value at (or in) each month up to the question's day; None is withheld.

        ``running``: of a figure in a period, everything since the first of the months.
        Raises ``TooManyReads``.
        """
        folded = self._folded(one, months, running=running)
        values: list[int | None] = []
        for month in months:
            if month in folded:
                values.append(folded[month])
            else:
                first = months[0] if running else month
                values.append(self.read([self._in_month(one, first, month)]).popitem()[1].value)
        return values

    def _in_month(self, one: Wanted, first: Month, month: Month) -> Wanted:
        day = min(month.end, one.as_of)
        return Wanted(
            definition=one.definition,
            region=one.region,
            as_of=day,
            period=Period(first.start, day) if one.period is not None else None,
            union=one.union,
            union_id=one.union_id,
            place=one.place,
            occupation=one.occupation,
            channel=one.channel,
            kind=one.kind,
            route=one.route,
            known_on=one.known_on,
        )

    def _folded(
        self, one: Wanted, months: list[Month], *, running: bool
    ) -> dict[Month, int | None]:
        """Return what closed months hold ready, of a whole region: one statement."""
        is_ready = one.code in (LIVE.code, NEW.code) and not one.union and one.known_on is None
        if not is_ready or one.occupation or one.channel:
            return {}
        rows = month_ends(
            Place(region=one.region), first=months[0].previous.start, last=months[-1].start
        )
        ends = {Month.of(day): (new, live) for day, new, live in rows}
        if not ends:
            return {}
        began = min(ends)
        least = least_cell_persons(one.region, self.now)
        found: dict[Month, int | None] = {}
        for month in months:
            if month < began:
                found[month] = 0  # nobody had joined yet
            elif one.region in self._places_locked(month.start):
                continue
            elif month in ends and month.end <= one.as_of:
                new, live = ends[month]
                first = months[0] if running else month
                before = ends.get(first.previous, (0, 0))[0]
                value = live if one.code == LIVE.code else new - before
                found[month] = published(value, least=least)
        return found


def _cut_of(one: Wanted) -> Cut:
    if one.occupation:
        return ("occupation", occupations.occupation(one.occupation).key)
    return ("channel", channel_key(one.channel)) if one.channel else ("all", 0)


def last_months(end: date, count: int) -> list[Month]:
    """Return the ``count`` months up to the one that ``end`` lies in."""
    months = [Month.of(end)]
    while len(months) < count:
        months.append(months[-1].previous)
    return months[::-1]


def day_before(day: date) -> date:
    """Return the day before."""
    return day - timedelta(days=1)
