"""The questions of 我能领: what a program asks before it sends the answers to a what-if."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.fact import Fact
from nuanxin.programmes.queries.can_get import Question, list_areas, list_questions
from nuanxin.programmes.rules.can_get import MOST_QUESTIONS

router = Router(tags=["programmes"])

Area = Annotated[
    str, Query(pattern=r"^([0-9]{6})?$", description="市的行政区划代码，不写就不分地方")
]


class Choice(Schema):
    """An answer to choose: ``value`` is what goes into the ``facts`` of a what-if, as it stands.

    For a number or a day it stands for a stretch: any other value of it gives the same results.
    """

    value: bool | int | str
    label: str


class AskedFact(Schema):
    """A question: the fact it asks for, its words, its answers; ``offers`` wait for it."""

    fact: str
    question: str
    type: str
    unit: str
    answers: list[Choice]
    offers: int


class Asked(Schema):
    """What is asked of somebody of whom nothing is known, what decides most open offers first.

    ``most`` are as many as a page puts to one person; the next one depends on the answers before.
    ``areas`` are the cities whose unions have something open.
    """

    as_of: date
    most: int
    areas: list[str]
    items: list[AskedFact]


@router.get("/questions", response=Asked, summary="“我能领”要问的几个问题和可选的回答")
@requires("programme.browse")
def list_can_get_questions(request: HttpRequest, area: Area = "") -> Any:
    """Return the questions that the rules of the open offers ask, with answers to choose.

    Answers are not sent here: they go, as they stand, into the ``facts`` of
    ``POST /programmes/{code}/what-if``, offer by offer, in the body; nothing is kept of them. Facts
    that are sensitive by law are not asked here.
    """
    now = clock.now()
    return {
        "as_of": clock.business_day(now),
        "most": MOST_QUESTIONS,
        "areas": [f"{one:06d}" for one in list_areas(now=now)],
        "items": [_plain(one) for one in list_questions(area=int(area) if area else None, now=now)],
    }


def _plain(one: Question) -> dict[str, Any]:
    return {
        "fact": one.fact.name,
        "question": one.text,
        "type": one.fact.type.value,
        "unit": one.fact.unit,
        "answers": [
            {"value": _written(one.fact, offered.value), "label": offered.label}
            for offered in one.answers
        ],
        "offers": one.offers,
    }


def _written(fact: Fact, value: Any) -> bool | int | str:
    """Return a value as a what-if takes it: a choice by its code, a day as text."""
    code = next((choice.code for choice in fact.choices if choice.value == value), None)
    if code is not None:
        return code
    written: bool | int | str = value.isoformat() if isinstance(value, date) else value
    return written
