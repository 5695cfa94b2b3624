"""Offers that one can apply for, as the public page lists them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ConfigDict, WithJsonSchema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.paging import Cursor, Limit, page
from nuanxin.eligibility.rules.given import schema_of
from nuanxin.kernel import clock
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.offers import OfferRow, list_open_offers
from nuanxin.programmes.queries.qualifying import explain_given

router = Router(tags=["programmes"])


class Offer(Schema):
    """One offer: ``programme`` is the code of its definition, ``way`` how places are given.

    ``left`` are places that are free now where they are given at once, null where they are given
    after the end of applying. Times are UTC.
    """

    code: str
    programme: str
    kind: str
    title: str
    way: str
    places: int
    left: int | None
    opens_at: datetime
    closes_at: datetime
    union_name: str


class Offers(Schema):
    """A page of offers, what closes first first."""

    items: list[Offer]
    next: str | None


@router.get("", response=Offers, summary="现在能报名的服务")
@requires("programme.browse")
def list_programmes(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Return the published offers whose applying has not ended."""
    found = list_open_offers(now=clock.now(), cursor=cursor, limit=limit)
    return page([_plain(one) for one in found.items], found.next)


_CONSENTS = {
    "type": "array",
    "items": {"enum": [fact.name for fact in CATALOGUE.facts.values() if fact.consent]},
}
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


class WhatIf(Schema):
    """Facts by name, and the sensitive ones that one agrees to have read.

    A value may also come with its source and day. ``region`` is the place whose parameters count.
    ``as_of`` is the day that is asked for, today when it is not given.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"facts": {"membership.is_member": True, "membership.months": 8}}
        }
    )

    facts: Annotated[dict[str, Any], WithJsonSchema(schema_of(CATALOGUE))]
    consents: Annotated[list[str], WithJsonSchema(_CONSENTS)] = []
    as_of: date | None = None
    region: str = Field(default="", pattern=r"^([0-9]{6})?$")


class Clause(Schema):
    """A condition: its words, its answer, the facts it read (null where one is not known)."""

    text: str
    answer: Literal["yes", "no", "unknown"]
    facts: dict[str, Any]


class Change(Schema):
    """The fact that would turn the answer; ``together_with`` are others that must change as well."""

    fact: str
    label: str
    before: Any = Field(serialization_alias="from")
    to: Any
    together_with: list[dict[str, Any]]
    text: str


class Answered(Schema):
    """What the rule says, in words and in parts; nothing that was sent is kept."""

    programme: str
    title: str
    as_of: date
    answer: Literal["yes", "no", "unknown"]
    message: str
    clauses: list[Clause]
    would_change: Change | None
    missing: list[str]
    ask: list[dict[str, Any]]
    document: str


@router.post(
    "/{code}/what-if", response=Answered, by_alias=True, summary="按一份情况，看可以不可以、差什么"
)
@requires("programme.browse")
def what_if(request: HttpRequest, code: str, asked: WhatIf) -> Any:
    """Return yes, no or not known for the facts sent, with every condition and what would change it.

    ``code`` is a programme's or an offer's. Nothing is kept and nobody is looked up. Facts may be left
    out: what is not sent is not known, and ``missing`` names what would have to be, ``ask`` with its
    question. The questions for all open offers at once: ``GET /can-get/questions``. ``unknown`` is an
    answer of its own, never a no. Sensitive facts are read only when ``consents`` names them.
    """
    given = {"facts": asked.facts, "consents": asked.consents}
    on = min(max(asked.as_of or clock.business_day(clock.now()), _FIRST), _LAST)
    plain = explain_given(code, given, on=on, adcode=asked.region).as_plain()
    change = plain["would_change"]
    if change:
        plain["would_change"] = change | {"before": change["from"]}
    return plain


def _plain(one: OfferRow) -> dict[str, Any]:
    return {
        "code": one.code,
        "programme": one.programme,
        "kind": one.kind.value,
        "title": one.title,
        "way": one.way.code,
        "places": one.places,
        "left": one.left,
        "opens_at": one.opens_at,
        "closes_at": one.closes_at,
        "union_name": one.union_name,
    }
