"""The rows and the statement behind a number of stations in use below a union."""

from typing import Any

from django.db import connection

from nuanxin.figures.queries.lineage import Asked, Proof, Statement
from nuanxin.figures.queries.reading import STANDING, known_rows, standing_under
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.stations import figures as stations
from nuanxin.stations.queries.in_use import (
    CountedStation,
    Cut,
    Where,
    in_use_statement,
    list_in_use,
)

OF_STATIONS = frozenset(one.code for one in stations.IN_USE)
"""Figures that count stations in use, each of them a row."""
_MOST = 100_000


def station_rows(asked: Asked, *, after: int, limit: int) -> list[CountedStation]:
    """Return the stations that the figure counts, in their order, after ``after``."""
    unions = standing_under(asked.union_id, asked.as_of, known_at=asked.known_at)
    where = Where(union_ids=unions, known_at=asked.known_at)
    return list_in_use(where, on=asked.as_of, cut=_cut(asked), after=after, limit=limit)


def station_statement(asked: Asked) -> Statement:
    """Return the statement that gives the value, the tree of the day inside it."""
    given = Where(known_at=asked.known_at).values(asked.as_of)
    tree = STANDING.format(known=known_rows(asked.known_at)).replace("ORDER BY 1", "").strip()
    text = in_use_statement("count(*)", _cut(asked)).strip()
    text = text.replace("%(unions)s::bigint[]", f"ARRAY(\n{tree})")
    text = text.replace("%(stations)s::bigint[]", "NULL::bigint[]")
    text = text.replace("%(undone)s::text[]", f"'{{{','.join(given['undone'])}}}'::text[]")
    text = text.replace("%(low)s", str(given["low"])).replace("%(high)s", str(given["high"]))
    values: dict[str, Any] = {"union": asked.union_id, "day": asked.as_of, "cut": given["cut"]}
    if asked.known_at is None:
        text = text.replace("%(known)s::timestamptz", "NULL::timestamptz")
    else:
        text = text.replace("%(known)s", ":known_at:").replace("%(known_at)s", ":known_at:")
        values["known_at"] = asked.known_at
    text = text.replace("%(union)s", ":union:").replace("%(cut)s", ":cut:")
    return Statement(text.replace("%(day)s", ":day:").replace("%(on)s", ":day:"), values)


def prove_stations(asked: Asked) -> Proof:
    """Run the statement, and hash the stations one by one."""
    statement = station_statement(asked)
    with connection.cursor() as cursor:
        cursor.execute(statement.for_driver, statement.values)
        value = int(cursor.fetchone()[0])
    rows = station_rows(asked, after=0, limit=_MOST)
    return Proof(value, RowSum.of_texts([f"{asked.code},{one.code},{one.adcode}" for one in rows]))


def _cut(asked: Asked) -> Cut | None:
    return stations.IN_USE[get_figure(asked.code)]
