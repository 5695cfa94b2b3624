"""The rows and the statement behind a number of services below a union."""

from typing import Any

from django.db import connection

from nuanxin.figures.queries.lineage import Asked, Proof, Statement
from nuanxin.figures.queries.reading import known_rows
from nuanxin.figures.queries.registry import get_figure, services_asked
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.membership.figures.evidence import HASH_SUMS
from nuanxin.programmes import figures as programmes
from nuanxin.programmes.queries.delivered import CountedDelivery, list_counted_deliveries

OF_SERVICES = frozenset(one.code for one in programmes.FIGURES if one.grain == "delivery")
"""Figures that count deliveries: of times each is a row, of persons the first of each person."""

_TEXT = """SELECT {columns}
FROM programmes_delivery d
JOIN programmes_programme p ON p.id = d.programme_id{kinds}
JOIN orgs_ancestry a ON a.union_id = d.union_id AND a.ancestor_id = :union:
JOIN orgs_union u ON u.id = d.union_id
WHERE d.step = 1
  AND d.day BETWEEN :start: AND :day:
  AND (a.valid_from <= d.day OR a.valid_from <= u.founded_on)
  AND (a.valid_to IS NULL OR a.valid_to > d.day OR a.valid_to >= u.ended_on)
  AND {tree}{recorded}
  AND NOT EXISTS (SELECT 1 FROM programmes_delivery b
                  WHERE b.corrects_id = d.id{taken_back})"""
_ROW_TEXT = "concat_ws(',', d.id, d.programme_id, d.union_id, d.region, d.day)"


def service_rows(asked: Asked, *, after: int, limit: int) -> list[CountedDelivery]:
    """Return the deliveries that the figure counts, in their order, after ``after``."""
    definition = get_figure(asked.code)
    question = services_asked(
        programmes.kinds_of(definition),
        asked.period,
        union_id=asked.union_id,
        known_at=asked.known_at,
    )
    return list_counted_deliveries(
        question, of_persons=programmes.is_of_persons(definition), after=after, limit=limit
    )


def service_statement(asked: Asked, columns: str = "") -> Statement:
    """Return the statement that gives the value, or with ``columns`` the rows it counts."""
    definition = get_figure(asked.code)
    counted = "DISTINCT d.worker_id" if programmes.is_of_persons(definition) else "*"
    kinds = ", ".join(f"'{kind}'" for kind in programmes.kinds_of(definition))
    is_known = asked.known_at is not None
    text = _TEXT.format(
        columns=columns or f"count({counted})",
        kinds=f" AND p.kind IN ({kinds})" if kinds else "",
        tree=known_rows(asked.known_at).replace("%(known_at)s", ":known_at:"),
        recorded="\n  AND d.recorded_at <= :known_at:" if is_known else "",
        taken_back=" AND b.recorded_at <= :known_at:" if is_known else "",
    )
    values: dict[str, Any] = {
        "union": asked.union_id,
        "day": asked.as_of,
        "start": asked.period.start,
    }
    return Statement(text, values | ({"known_at": asked.known_at} if is_known else {}))


def prove_services(asked: Asked) -> Proof:
    """Run the statement over all rows, and hash the deliveries that it reads."""
    statement = service_statement(asked)
    rows = service_statement(asked, f"encode(sha256({_ROW_TEXT}::bytea), 'hex') AS hex")
    with connection.cursor() as cursor:
        cursor.execute(statement.for_driver, statement.values)
        value = int(cursor.fetchone()[0])
        cursor.execute(
            f"SELECT count(*), {HASH_SUMS} FROM ({rows.for_driver}) AS rows", rows.values
        )
        count, *sums = cursor.fetchone()
    one, two, three, four = (int(part or 0) for part in sums)
    return Proof(value, RowSum(int(count), (one, two, three, four)))
