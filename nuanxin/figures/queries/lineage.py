"""The statement that gives a number below a union, to be read and to be run; and its row set.

The text reads the flows (or the dated tree) alone: no stock, no spot. It is a second way to the
number, shown to whoever may see the rows, and run only when asked: it reads everything there is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from nuanxin.figures.queries.reading import known_rows
from nuanxin.figures.queries.registry import get_figure
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership.figures.definitions import PUT_ON_HOLD, RESTORED, TRANSFERRED_OUT
from nuanxin.membership.figures.evidence import HASH_SUMS, ROW_TEXT, WEIGHTS
from nuanxin.membership.figures.rows import OF_SPANS
from nuanxin.membership.states import FlowKind
from nuanxin.orgs.figures import ENDED_UNIONS, NEW_FORM_UNIONS, NEW_UNIONS, UNIONS
from nuanxin.orgs.queries.evidence import counted_unions_statement, list_union_seats_under

FLOW_WEIGHTS: dict[str, dict[FlowKind, int]] = WEIGHTS | {
    TRANSFERRED_OUT.code: {FlowKind.TRANSFERRED_OUT: 1},
    RESTORED.code: {FlowKind.RESTORED: 1},
    PUT_ON_HOLD.code: {FlowKind.RETAINED: 1},
    **{code: {kind: 1} for code, kind in OF_SPANS.items()},
}
"""What one person of each kind of flow adds to a figure of members."""


OF_UNIONS = frozenset(one.code for one in (UNIONS, NEW_FORM_UNIONS, NEW_UNIONS, ENDED_UNIONS))
"""Figures that count unions, each of them a row."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure below a union: on a day, or in a period that ends on it; as known when."""

    code: str
    union_id: int
    as_of: date
    period: Period
    known_at: datetime | None = None

    @property
    def is_as_of(self) -> bool:
        """Return whether the figure is one of a day."""
        return get_figure(self.code).period_kind is PeriodKind.AS_OF


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with ``:names``, and their values in the same order. No personal data stands in it."""

    text: str
    values: dict[str, Any]

    @property
    def for_driver(self) -> str:
        """Return the text as the driver takes it."""
        text = self.text.replace("%", "%%")
        for name in self.values:
            text = text.replace(f":{name}:", f"%({name})s")
        return text

    @property
    def for_people(self) -> str:
        """Return the text as it is shown and as ``psql`` takes it."""
        text = self.text
        for name in self.values:
            text = text.replace(f":{name}:", f":'{name}'" if name in _TEXTS else f":{name}")
        return text


_TEXTS = frozenset({"day", "start", "known_at", "cut"})

_MEMBERS = """SELECT {columns}
FROM membership_memberflow f
JOIN orgs_ancestry a ON a.union_id = f.union_id AND a.ancestor_id = :union:
JOIN orgs_union u ON u.id = f.union_id
WHERE f.kind IN ({kinds})
  AND {days}
  AND {tree}"""
_OF_THE_DAY = """f.day <= :day:
  AND a.valid_from <= :day:
  AND (a.valid_to IS NULL OR a.valid_to > :day: OR a.valid_to >= u.ended_on)"""
_OF_EACH_DAY = """f.day BETWEEN :start: AND :day:
  AND (a.valid_from <= f.day OR a.valid_from <= u.founded_on)
  AND (a.valid_to IS NULL OR a.valid_to > f.day OR a.valid_to >= u.ended_on)"""


def statement_of(asked: Asked) -> Statement | None:
    """Return the statement that gives the value; None for a figure that has none yet."""
    if asked.code in FLOW_WEIGHTS:
        return _of_members(asked, _weighed(asked.code))
    if asked.code in OF_UNIONS:
        return _of_unions(asked)
    return None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the statement gave when it was run, and the set of rows that it summed."""

    value: int
    rows: RowSum


def prove(asked: Asked) -> Proof | None:
    """Run the statement over all rows; None for a figure that has none yet. Slow on purpose."""
    statement = statement_of(asked)
    if statement is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(statement.for_driver, statement.values)
        value = int(cursor.fetchone()[0])
    if asked.code not in FLOW_WEIGHTS:
        seats = list_union_seats_under(**union_question(asked))
        return Proof(value, RowSum.of_texts([f"{asked.code},{one},{seat}" for one, seat in seats]))
    hashed = _of_members(asked, f"f.persons, encode(sha256({_row_text()}::bytea), 'hex') AS hex")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), {HASH_SUMS} FROM ({hashed.for_driver}) AS rows", hashed.values
        )
        rows, *sums = cursor.fetchone()
    one, two, three, four = (int(part or 0) for part in sums)
    return Proof(value, RowSum(int(rows), (one, two, three, four)))


def _row_text() -> str:
    """Return the text of a flow as publications hash it, the columns named."""
    inside = ROW_TEXT.removeprefix("concat_ws(',', ").removesuffix(")")
    return f"concat_ws(',', {', '.join(f'f.{name}' for name in inside.split(', '))})"


def _weighed(code: str) -> str:
    weights = FLOW_WEIGHTS[code]
    if set(weights.values()) == {1}:
        return "coalesce(sum(f.persons), 0)"
    plus = ", ".join(str(int(kind)) for kind, weight in weights.items() if weight > 0)
    return f"coalesce(sum(CASE WHEN f.kind IN ({plus}) THEN f.persons ELSE -f.persons END), 0)"


def _of_members(asked: Asked, columns: str) -> Statement:
    values: dict[str, Any] = {"union": asked.union_id, "day": asked.as_of}
    if not asked.is_as_of:
        values |= {"start": asked.period.start}
    text = _MEMBERS.format(
        columns=columns,
        kinds=", ".join(str(int(kind)) for kind in FLOW_WEIGHTS[asked.code]),
        days=_OF_THE_DAY if asked.is_as_of else _OF_EACH_DAY,
        tree=known_rows(asked.known_at).replace("%(known_at)s", ":known_at:"),
    )
    if asked.known_at is not None:
        text += "\n  AND f.recorded_at <= :known_at:"
        values |= {"known_at": asked.known_at}
    return Statement(text, values)


def _of_unions(asked: Asked) -> Statement:
    text, given = counted_unions_statement("count(*)", **union_question(asked))
    named = {"union": "union", "on": "day", "start": "start", "end": "day", "known_at": "known_at"}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if f"%({name})s" not in text:
            continue
        if name == "new_form":
            text = text.replace("u.is_new_form = %(new_form)s", "u.is_new_form")
            continue
        text = text.replace(f"%({name})s", f":{named[name]}:")
        values[named[name]] = value
    for word in (" FROM ", " WHERE ", " JOIN "):
        text = text.replace(word, f"\n{word.strip()} ")
    return Statement(text.replace("TRUE AND ", "").replace(" AND ", "\n  AND "), values)


def union_question(asked: Asked) -> dict[str, Any]:
    """Return what 组织 is asked for the unions that the figure counts."""
    return {
        "union_id": asked.union_id,
        "on": asked.as_of if asked.is_as_of else None,
        "period": None if asked.is_as_of else asked.period,
        "is_new_form": None if asked.code == UNIONS.code else True,
        "known_at": asked.known_at,
        "has_ended": asked.code == ENDED_UNIONS.code,
    }
