"""Where a number of a report can be looked up: the address of its figure, with its question."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

PROVINCE = "330000"


def address_of(number: dict[str, Any], *, site: str = "") -> str:
    """Return the address of a number; with ``site`` ("https://…") one that stands by itself."""
    question = number["question"]
    period = question.get("period", "")
    asked = {"as_of": question["as_of"]}
    if period:
        asked["since"] = period.partition("..")[0]
    if union := question.get("union"):
        path = reverse("figure-rows", args=[number["code"], union])
    else:
        path = reverse("figures-region", args=[int(question.get("region", PROVINCE))])
    return f"{site.rstrip('/')}{path}?{urlencode(asked)}"
