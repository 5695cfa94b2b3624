"""What the rule of an offer says of one person, from what is in the register now."""

from datetime import date
from functools import lru_cache

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.explaining import Explanation, explain
from nuanxin.kernel.errors import NotFound
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.ruling import get_known
from nuanxin.programmes.rules.conditions import rule_text


def explain_person(rule_code: str, *, worker_id: int, on: date) -> Explanation | None:
    """Return what the rule says of a person on a day; None where the offer has no rule.

    Sensitive facts are read only where the consent stands, as for the whole register.
    """
    bound = bound_rule_of(rule_code, on)
    if bound is None:
        return None
    facts = [regions.fact for regions in bound.facts]
    known, consents = get_known(worker_id, facts=facts, on=on)
    return explain(bound, known, consents=consents)


def bound_rule_of(rule_code: str, on: date) -> BoundRule | None:
    """Return the rule as it reads on a day, None without one."""
    if not rule_code:
        return None
    try:
        text = rule_text(rule_code)
    except NotFound:
        return None
    return _bound(text, on)


@lru_cache(maxsize=256)
def _bound(text: str, on: date) -> BoundRule:
    return read_checked(text, CATALOGUE, on=on)
