"""What the rule of an offer says of one person, from what is in the register now."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.checking import read_checked, read_near
from nuanxin.eligibility.rules.explaining import Explanation, Known, explain
from nuanxin.eligibility.rules.given import read_given
from nuanxin.eligibility.rules.tree import Value
from nuanxin.orgs.queries.rows import fetch_all
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.models import Offer
from nuanxin.programmes.queries.rule_versions import RuleText, find_text, find_texts, text_in_force
from nuanxin.programmes.queries.ruling import get_known
from nuanxin.programmes.queries.sources import with_sources
from nuanxin.programmes.states import OfferState


def explain_person(
    rule_code: str,
    *,
    worker_id: int,
    on: date,
    is_sourced: bool = False,
    text: RuleText | None = None,
) -> Explanation | None:
    """Return what the rule says of a person on a day; None where the offer has no rule.

    Sensitive facts are read only where the consent stands, as for the whole register. With
    ``is_sourced`` each fact tells where it comes from and how old it is; ``text`` is the text that
    counts, where the caller has it already.
    """
    bound = bound_rule_of(rule_code, on) if text is None else _bound(text.text, on)
    if bound is None:
        return None
    facts = [regions.fact for regions in bound.facts]
    known, consents = get_known(worker_id, facts=facts, on=on)
    if is_sourced:
        known = with_sources(known, worker_id=worker_id, on=on)
    return explain(bound, known, consents=consents)


def explain_supposing(
    rule_code: str, *, worker_id: int, supposed: Mapping[str, Value], on: date
) -> Explanation | None:
    """Return the same with answers that are not kept beside what the register knows.

    What is supposed is the person's own word of this moment, sensitive or not: nothing is written.
    """
    bound = bound_rule_of(rule_code, on)
    if bound is None:
        return None
    known, consents = get_known(worker_id, facts=[regions.fact for regions in bound.facts], on=on)
    known = with_sources(known, worker_id=worker_id, on=on)
    known |= {name: Known(value, "您刚才答的，没有存", on) for name, value in supposed.items()}
    return explain(bound, known, consents=consents)


def explain_given(
    code: str, given: Mapping[str, Any], *, on: date, adcode: str = ""
) -> Explanation:
    """Return what a programme's rule says of facts that are handed in; nothing is kept of them.

    ``code`` is a programme's, or that of an offer that was published; ``given`` as in
    ``eligibility.rules.given``. Outside its dates the rule is read on the nearest day in them.
    Raises ``NotFound`` programmes.no_rule, ``Malformed`` for facts that cannot be read.
    """
    found = find_text(code, on)
    if found is None:
        offers = Offer.objects.filter(code=code).exclude(state=OfferState.DRAFT)
        code = offers.values_list("rule_code", flat=True).first() or code
        found = text_in_force(code, on)
    bound = read_near(found.text, CATALOGUE, on=on, adcode=adcode)
    known, consents = read_given(given, CATALOGUE)
    return explain(bound, known, consents=consents)


def bound_rule_of(rule_code: str, on: date) -> BoundRule | None:
    """Return the rule as it reads on a day, None without one."""
    return bound_rules_of({rule_code}, on).get(rule_code)


def bound_rules_of(codes: Collection[str], on: date) -> dict[str, BoundRule]:
    """Return the rules as they read on a day, by code, in one statement; without those that are not there."""
    known = sorted(code for code in codes if code)
    if not known:
        return {}
    return {code: _bound(found.text, on) for code, found in find_texts(known, on).items()}


@lru_cache(maxsize=256)
def _bound(text: str, on: date) -> BoundRule:
    return read_checked(text, CATALOGUE, on=on)


def lacking_facts(offer_code: str, *, worker_id: int, on: date) -> tuple[str, ...]:
    """Return the names of facts that the rule of an offer does not know of somebody; () without a rule."""
    rows = fetch_all(
        "SELECT rule_code FROM programmes_offer WHERE code = %(code)s AND state <> 1",
        {"code": offer_code[:20]},
    )
    found = explain_person(rows[0][0], worker_id=worker_id, on=on) if rows else None
    return tuple(seen.fact.name for seen in found.missing) if found else ()
