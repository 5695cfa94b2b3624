"""Rules over the register: counts for everybody, and what is known of one person."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.explaining import Known
from nuanxin.eligibility.rules.statement import Statement, cast_of, find_statement
from nuanxin.eligibility.states import Oddity
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.fact import Fact
from nuanxin.programmes.facts import CATALOGUE

POPULATION = "people_worker w WHERE w.merged_into_id IS NULL AND w.erased_at IS NULL"
REGISTER = "登记"


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """How many people fail a condition, and of how many it is not known."""

    text: str
    no: int
    unknown: int


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """What a rule says of the whole register. ``changed`` are the rulings written (0: not kept)."""

    bound: BoundRule
    people: int
    yes: int
    no: int
    unknown: int
    clauses: tuple[ClauseCount, ...]
    changed: int = 0

    @property
    def oddities(self) -> tuple[Oddity, ...]:
        """Return what an official should look at before the rule is used."""
        if not self.people:
            return ()
        if self.unknown == self.people:
            return (Oddity.UNKNOWN_FOR_ALL,)
        if self.yes == self.people:
            return (Oddity.FITS_EVERYBODY,)
        return (Oddity.FITS_NOBODY,) if not self.yes and not self.unknown else ()

    def as_plain(self) -> dict[str, Any]:
        """Return it for a program: the contract of ``nuanxin eligibility run``."""
        return {
            "programme": self.bound.rule.code,
            "title": self.bound.rule.title,
            "as_of": self.bound.day.isoformat(),
            "people": self.people,
            "answers": {"yes": self.yes, "no": self.no, "unknown": self.unknown},
            "clauses": [
                {"text": clause.text, "no": clause.no, "unknown": clause.unknown}
                for clause in self.clauses
            ],
            "failing": {clause.text: clause.no for clause in self.clauses},
            "warnings": [{"code": odd.value, "message": odd.label} for odd in self.oddities],
            "changed": self.changed,
        }


def statement_of(bound: BoundRule) -> Statement:
    """Return the statement that answers one rule for everybody who has a living record."""
    return find_statement([bound], CATALOGUE, population=POPULATION)


def counting_sql(bound: BoundRule, source: str) -> str:
    """Return the SELECT that counts answers and conditions in rows of ``failing, missing``."""
    bits = ", ".join(
        f"count(*) FILTER (WHERE {mask} & {1 << at} <> 0)"
        for at in range(len(bound.conditions))
        for mask in ("failing", "missing")
    )
    return f"""SELECT count(*), count(*) FILTER (WHERE failing = 0 AND missing = 0),
        count(*) FILTER (WHERE failing <> 0),
        count(*) FILTER (WHERE failing = 0 AND missing <> 0), {bits} FROM {source}"""


def counts_of(bound: BoundRule, row: tuple[int, ...], *, changed: int = 0) -> RuleCounts:
    """Return the counts that ``counting_sql`` selected."""
    people, yes, no, unknown, *bits = row
    clauses = tuple(
        ClauseCount(condition.text, bits[2 * at], bits[2 * at + 1])
        for at, condition in enumerate(bound.conditions)
    )
    return RuleCounts(bound, people, yes, no, unknown, clauses, changed)


def count_answers(bound: BoundRule) -> RuleCounts:
    """Return how the rule comes out for everybody, by answer and by condition; writes nothing."""
    statement = statement_of(bound)
    found = f"(SELECT failing_0 AS failing, missing_0 AS missing FROM ({statement.sql}) s) found"
    with connection.cursor() as cursor:
        cursor.execute(counting_sql(bound, found), statement.parameters)
        return counts_of(bound, cursor.fetchone())


def get_known(
    worker_id: int, *, facts: list[Fact], on: date
) -> tuple[dict[str, Known], frozenset[int]]:
    """Return what is known of one person for these facts, and the consents that stand.

    Read by the same expressions as the whole register. Raises ``NotFound``.
    """
    columns = [f"{CATALOGUE.sql_of(fact)}::{cast_of(fact)}" for fact in facts]
    purposes = sorted({fact.consent for fact in facts if fact.consent})
    columns += [CATALOGUE.consent_sql.replace("{purpose}", str(int(one))) for one in purposes]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns) or '1'} FROM {POPULATION} AND w.id = %(worker)s",
            {"day": on, "worker": worker_id},
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    known = {
        fact.name: Known(value, f"{fact.freshness.label}{REGISTER}")
        for fact, value in zip(facts, row, strict=False)
        if value is not None
    }
    stands = row[len(facts) :]
    return known, frozenset(
        one for one, is_given in zip(purposes, stands, strict=False) if is_given
    )
