"""What was delivered: persons and person-times of a period, from the facts or from the year's cells.

Persons: somebody counts once in a period, in the county where he had it first. So counties add up to
their city whatever he did later, and no two levels contradict each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex
from typing import Any

from django.db import connection

from nuanxin.kernel.clock import day_end, day_start
from nuanxin.kernel.period import Period
from nuanxin.membership.figures.evidence import HASH_SUMS
from nuanxin.orgs.queries import region_bounds

ANY = ""
"""The kind under which the year's cells count every kind together."""


Spans = tuple[tuple[int, date, date], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Where, when and of which kinds services are counted. No kinds: all.

    ``spans`` (union, first day, last day) keep to unions on the days on which they stood there.
    ``is_running``: the period ends with the day that is running.
    """

    period: Period
    kinds: tuple[str, ...] = ()
    region: int | None = None
    spans: Spans | None = None
    occupation: int | None = None
    known_at: datetime | None = None
    is_running: bool = False

    def year(self) -> int | None:
        """Return the year whose cells answer this: a whole one, or the running one up to today."""
        start, end = self.period.start, self.period.end
        is_plain = self.spans is None and self.occupation is None and self.known_at is None
        if not is_plain or len(self.kinds) > 1 or (start.month, start.day) != (1, 1):
            return None
        is_whole = end == date(start.year, 12, 31) or self.is_running
        return start.year if is_whole and end.year == start.year else None


@dataclass(frozen=True, slots=True)
class Count:
    """Persons once, and each time they had it."""

    persons: int
    person_times: int


# A delivery that was taken back is as if it had not been; known at an instant, as it stood then.
_STANDING = """
SELECT d.id, d.worker_id, d.region, d.day, d.union_id, d.occupation, d.programme_id
FROM programmes_delivery d {within}
WHERE d.step = 1 AND d.day BETWEEN %(first)s AND %(last)s
  AND (%(kinds)s::text[] IS NULL OR d.programme_id IN (
        SELECT id FROM programmes_programme WHERE kind = ANY (%(kinds)s::text[])))
  AND (%(occupation)s::int IS NULL OR d.occupation = %(occupation)s)
  AND (%(known)s::timestamptz IS NULL OR d.recorded_at <= %(known)s)
  AND NOT EXISTS (SELECT 1 FROM programmes_delivery b WHERE b.corrects_id = d.id
        AND (%(known)s::timestamptz IS NULL OR b.recorded_at <= %(known)s))
"""
_WITHIN = """
JOIN unnest(%(unions)s::bigint[], %(firsts)s::date[], %(lasts)s::date[]) AS s (union_id, first, last)
    ON s.union_id = d.union_id AND d.day BETWEEN s.first AND s.last
"""
_COUNT = """
WITH standing AS MATERIALIZED ({standing})
SELECT (SELECT count(*) FROM (
            SELECT DISTINCT ON (worker_id) region FROM standing ORDER BY worker_id, day, id) one
        WHERE one.region BETWEEN %(low)s AND %(high)s),
       (SELECT count(*) FROM standing WHERE region BETWEEN %(low)s AND %(high)s)
"""
_OF_YEAR = """
SELECT coalesce(sum(persons), 0), coalesce(sum(person_times), 0) FROM programmes_servicecell
WHERE year = %(year)s AND kind = %(kind)s AND region BETWEEN %(low)s AND %(high)s
"""


def count_delivered(asked: Asked) -> Count:
    """Return how many persons had something, and how many times.

    A whole year (or the running one) is read from its cells, which follow within a minute; any other
    question from the facts. Both count alike.
    """
    low, high = region_bounds(asked.region) if asked.region else (0, 999_999)
    year = asked.year()
    if year is not None:
        values: dict[str, Any] = {"year": year, "kind": asked.kinds[0] if asked.kinds else ANY}
        return Count(*_row(_OF_YEAR, values | {"low": low, "high": high}))
    statement = _COUNT.format(standing=_standing(asked))
    return Count(*_row(statement, _values(asked) | {"low": low, "high": high}))


def _standing(asked: Asked) -> str:
    return _STANDING.format(within="" if asked.spans is None else _WITHIN)


def _values(asked: Asked) -> dict[str, Any]:
    spans = asked.spans or ()
    return {
        "first": asked.period.start,
        "last": asked.period.end,
        "kinds": list(asked.kinds) or None,
        "occupation": asked.occupation,
        "known": asked.known_at,
        "unions": [one[0] for one in spans],
        "firsts": [one[1] for one in spans],
        "lasts": [one[2] for one in spans],
    }


@dataclass(frozen=True, slots=True)
class CountedDelivery:
    """A delivery that a number counts; of persons the first of each."""

    id: int
    worker_id: int
    union_id: int
    occupation: int | None
    day: date
    programme: str


_ROWS = """
WITH standing AS MATERIALIZED ({standing}), counted AS ({counted})
SELECT c.id, c.worker_id, c.union_id, c.occupation, c.day, p.title
FROM counted c JOIN programmes_programme p ON p.id = c.programme_id
WHERE c.id > %(after)s ORDER BY c.id LIMIT %(limit)s
"""
_FIRSTS = "SELECT DISTINCT ON (worker_id) * FROM standing ORDER BY worker_id, day, id"


def list_counted_deliveries(
    asked: Asked, *, of_persons: bool, after: int, limit: int
) -> list[CountedDelivery]:
    """Return the deliveries behind a number, in their order, after ``after``; one a person or each."""
    counted = _FIRSTS if of_persons else "SELECT * FROM standing"
    statement = _ROWS.format(standing=_standing(asked), counted=counted)
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(asked) | {"after": after, "limit": limit})
        return [CountedDelivery(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class YearCell:
    """What a county had of a kind ("": of any) in a year."""

    region: int
    kind: str
    persons: int
    person_times: int


_CELLS = """
SELECT region, kind, persons, person_times FROM programmes_servicecell
WHERE year = %(year)s AND region BETWEEN %(low)s AND %(high)s AND person_times > 0
ORDER BY region, kind
"""


def list_year_cells(*, year: int, region: int) -> list[YearCell]:
    """Return the cells of a year in a region, a county and kind each; as many as counties × kinds."""
    low, high = region_bounds(region)
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, {"year": year, "low": low, "high": high})
        return [YearCell(*row) for row in cursor.fetchall()]


def list_service_years() -> list[int]:
    """Return the years of which anything is counted, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT year FROM programmes_servicecell ORDER BY year DESC")
        return [int(row[0]) for row in cursor.fetchall()]


_ANYTHING = """
SELECT EXISTS (
    SELECT 1 FROM programmes_delivery WHERE day <= %(last)s
      AND (%(kinds)s::text[] IS NULL OR programme_id IN (
            SELECT id FROM programmes_programme WHERE kind = ANY (%(kinds)s::text[]))))
"""


def is_anything_recorded(asked: Asked) -> bool:
    """Return whether a service of these kinds was ever recorded up to the period's end, anywhere.

    Where none was, nought would be said of what nobody has entered yet.
    """
    values = {"last": asked.period.end, "kinds": list(asked.kinds) or None}
    return bool(_row(_ANYTHING, values)[0])


_PLACES = """
SELECT coalesce(sum(o.places), 0),
       coalesce(sum((SELECT sum(q.directed) FROM programmes_pool q WHERE q.offer_id = o.id)), 0)
FROM programmes_offer o
JOIN programmes_programme p ON p.id = o.programme_id
JOIN orgs_union u ON u.id = o.union_id
WHERE o.state <> 1 AND o.state <> 5 AND o.published_at >= %(first)s AND o.published_at < %(after)s
  AND (%(kinds)s::text[] IS NULL OR p.kind = ANY (%(kinds)s::text[]))
  AND u.adcode BETWEEN %(low)s AND %(high)s
  AND (%(is_anywhere)s OR EXISTS (
        SELECT 1 FROM unnest(%(unions)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])
            AS s (union_id, first, last)
        WHERE s.union_id = o.union_id
          AND (o.published_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN s.first AND s.last))
  AND (%(known)s::timestamptz IS NULL OR o.published_at <= %(known)s)
"""


def count_places(asked: Asked) -> tuple[int, int]:
    """Return the places of offers published in the period, and how many of them were directed."""
    low, high = region_bounds(asked.region) if asked.region else (0, 999_999)
    values = _values(asked) | {
        "first": day_start(asked.period.start),
        "after": day_end(asked.period.end),
        "is_anywhere": asked.spans is None,
        "low": low,
        "high": high,
    }
    places, directed = _row(_PLACES, values)
    return int(places), int(directed)


def _row(statement: str, values: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: Sequence[Any] = cursor.fetchone()
    return row


# ---- what a published number is proved by -------------------------------------------------------

# A row's text is union,county,kind,day: no person stands in it.
_HASHED = f"""
WITH standing AS MATERIALIZED ({{standing}}), counted AS ({{counted}})
SELECT region, count(*), {HASH_SUMS} FROM (
    SELECT c.region,
           encode(sha256(concat_ws(',', c.union_id, c.region, p.kind, c.day)::bytea), 'hex') AS hex
    FROM counted c JOIN programmes_programme p ON p.id = c.programme_id
    WHERE c.region BETWEEN %(low)s AND %(high)s) f
GROUP BY region
"""
# Persons are numbered anew in each export, in an order that says nothing. Who had something within the
# region is there with what he had elsewhere as well: else nobody could tell where he had it first.
_TAKEN_ALONG = """
COPY (
    WITH standing AS MATERIALIZED ({standing}), here AS (
        SELECT DISTINCT worker_id FROM standing WHERE region BETWEEN %(low)s AND %(high)s
    ), numbered AS (
        SELECT worker_id, row_number() OVER (ORDER BY md5(worker_id || %(mixed)s)) AS person FROM here
    )
    SELECT row_number() OVER (ORDER BY n.person, d.day, d.id) AS row, n.person,
           d.union_id AS union, d.region AS county, p.kind, d.day
    FROM standing d JOIN numbered n USING (worker_id)
    JOIN programmes_programme p ON p.id = d.programme_id
    ORDER BY 1
) TO STDOUT (FORMAT csv, HEADER)
"""


@dataclass(frozen=True, slots=True)
class HashedDeliveries:
    """The counted deliveries of one county: how many, and the four sums of their hashes."""

    county: int
    rows: int
    sums: tuple[int, int, int, int]


def hashed_deliveries(
    asked: Asked, *, of_persons: bool, counties: tuple[int, int]
) -> list[HashedDeliveries]:
    """Return the deliveries behind a number by county, from the facts themselves; of persons the first."""
    counted = _FIRSTS if of_persons else "SELECT * FROM standing"
    statement = _HASHED.format(standing=_standing(asked), counted=counted)
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(asked) | {"low": counties[0], "high": counties[1]})
        return [
            HashedDeliveries(row[0], row[1], (int(row[2]), int(row[3]), int(row[4]), int(row[5])))
            for row in cursor.fetchall()
        ]


def delivery_rows(asked: Asked, *, counties: tuple[int, int]) -> Iterator[bytes]:
    """Yield the deliveries as CSV bytes, streamed, a heading first; persons by a number made for this."""
    values = _values(asked) | {"low": counties[0], "high": counties[1], "mixed": token_hex(16)}
    with (
        connection.cursor() as cursor,
        cursor.copy(_TAKEN_ALONG.format(standing=_standing(asked)), values) as copy,
    ):
        for block in copy:
            yield bytes(block)
