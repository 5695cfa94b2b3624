"""What the rule said when a place was asked for, kept with the application in the same statement.

A later change of the rule, or of a fact, does not change why somebody got a place. Each condition is
kept with the facts it used and their values; of sensitive facts only that they were asked.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from psycopg.types.json import Jsonb

from nuanxin.eligibility.rules.explaining import ClauseSeen, Explanation, FactSeen
from nuanxin.kernel.fact import Sensitivity
from nuanxin.programmes.queries.rule_versions import RuleText

NOTHING: dict[str, Any] = dict.fromkeys(
    ("basis_version", "basis_code", "basis_digest", "basis_on", "basis_answer", "basis_clauses")
)
"""The values of a statement where the offer has no rule: nothing is kept."""

_BASIS = """basis AS (
    INSERT INTO programmes_awardbasis
        (application_id, version_id, code, digest, as_of, answer, clauses)
    SELECT m.id, %(basis_version)s::bigint, %(basis_code)s::text, %(basis_digest)s::text,
           %(basis_on)s::date, %(basis_answer)s::text, %(basis_clauses)s::jsonb
    FROM mine m WHERE %(basis_digest)s::text IS NOT NULL
)
"""


@lru_cache(maxsize=16)
def keeping_basis(statement: str) -> str:
    """Return a statement that writes an application as ``mine`` so that it keeps the basis too.

    ``ValueError`` for a statement without ``mine`` and an answer of its own after it.
    """
    head, told, tail = statement.rpartition(")\nSELECT ")
    if not told or "mine AS (" not in head:
        raise ValueError("a statement that takes a place writes it as «mine»")
    return f"{head}), {_BASIS}SELECT {tail}"


def basis_of(found: Explanation, text: RuleText, *, on: date) -> dict[str, Any]:
    """Return the values for ``keeping_basis``: which text, what it said, of which facts."""
    return {
        "basis_version": text.version_id,
        "basis_code": text.code,
        "basis_digest": text.digest,
        "basis_on": on,
        "basis_answer": found.answer.value,
        "basis_clauses": Jsonb([_clause(clause) for clause in found.clauses]),
    }


def _clause(clause: ClauseSeen) -> dict[str, Any]:
    return {
        "text": clause.text,
        "answer": clause.answer.value,
        "facts": [_fact(seen) for seen in clause.facts],
    }


def _fact(seen: FactSeen) -> dict[str, Any]:
    """Return a fact as it is kept: its words as they were that day, a sensitive one without value."""
    told = {"name": seen.fact.name, "label": seen.fact.label}
    if seen.fact.sensitivity is Sensitivity.SENSITIVE:
        return told | {"is_sensitive": True}
    if seen.withheld is not None:
        return told | {"withheld": seen.withheld.value, "said": seen.value_zh}
    value = seen.value.isoformat() if isinstance(seen.value, date) else seen.value
    return told | {"value": value, "said": seen.value_zh, "source": seen.source}
