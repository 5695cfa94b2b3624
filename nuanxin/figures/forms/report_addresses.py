"""Where a number of a report can be looked up: the address of its figure, with its question."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse


def address_of(number: dict[str, Any], *, site: str = "") -> str:
    """Return the address of a number; with ``site`` ("https://…") one that stands by itself.

    The page there measures again and tells whether the fingerprint is still the same.
    """
    asked = {**number["question"], "digest": number["digest"]}
    path = reverse("figures-number", args=[number["code"]])
    return f"{site.rstrip('/')}{path}?{urlencode(asked)}"
