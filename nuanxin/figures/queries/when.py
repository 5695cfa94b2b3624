"""When and where a publication counts: its days, what was known, and the places that a county is in."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.figures.queries.question import COUNTED_FROM
from nuanxin.kernel.period import Period


@dataclass(frozen=True, slots=True)
class When:
    """``since`` None is everything on record; ``known_at`` leaves out what was entered later."""

    as_of: date
    since: date | None
    known_at: datetime

    @property
    def period(self) -> Period:
        """Return the days that figures in a period are counted over."""
        return Period(self.since or COUNTED_FROM, self.as_of)


def places_of(county: int) -> set[int]:
    """Return the county, its city and its province."""
    return {county, county // 100 * 100, county // 10_000 * 10_000}
