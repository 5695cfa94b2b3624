"""What the rule of an offer says of one person, from what is in the register now."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.checking import read_checked, read_near
from nuanxin.eligibility.rules.explaining import Explanation, explain
from nuanxin.eligibility.rules.given import read_given
from nuanxin.kernel.errors import NotFound
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import Offer
from nuanxin.programmes.queries.ruling import get_known
from nuanxin.programmes.queries.sources import with_sources
from nuanxin.programmes.rules.conditions import rule_codes, rule_text
from nuanxin.programmes.states import OfferState


def explain_person(
    rule_code: str, *, worker_id: int, on: date, is_sourced: bool = False
) -> Explanation | None:
    """Return what the rule says of a person on a day; None where the offer has no rule.

    Sensitive facts are read only where the consent stands, as for the whole register. With
    ``is_sourced`` each fact tells where it comes from and how old it is.
    """
    bound = bound_rule_of(rule_code, on)
    if bound is None:
        return None
    facts = [regions.fact for regions in bound.facts]
    known, consents = get_known(worker_id, facts=facts, on=on)
    if is_sourced:
        known = with_sources(known, worker_id=worker_id, on=on)
    return explain(bound, known, consents=consents)


def explain_given(
    code: str, given: Mapping[str, Any], *, on: date, adcode: str = ""
) -> Explanation:
    """Return what a programme's rule says of facts that are handed in; nothing is kept of them.

    ``code`` is a programme's, or that of an offer that was published; ``given`` as in
    ``eligibility.rules.given``. Outside its dates the rule is read on the nearest day in them.
    Raises ``NotFound`` programmes.no_rule, ``Malformed`` for facts that cannot be read.
    """
    if code not in rule_codes():
        offers = Offer.objects.filter(code=code).exclude(state=OfferState.DRAFT)
        code = offers.values_list("rule_code", flat=True).first() or code
    bound = read_near(rule_text(code), CATALOGUE, on=on, adcode=adcode)
    known, consents = read_given(given, CATALOGUE)
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
