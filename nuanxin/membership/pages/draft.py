"""What a person has filled in so far: kept in the session, the identity number sealed."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from nuanxin.access.queries.keeping import opened_from_session, sealed_for_session
from nuanxin.kernel import clock

KEY = "joining"
# The copy promises: "前面填的给你存 7 天".
KEPT_FOR = timedelta(days=7)


@dataclass(slots=True)
class Draft:
    """Answers of the joining pages; everything has been read and checked by its form."""

    scanned: str = ""
    jobs: list[str] = field(default_factory=list)
    county: int | None = None
    place: str = ""
    name: str = ""
    identity: str = ""
    union: str = ""
    channel: int = 1


def draft_of(request: HttpRequest) -> Draft:
    """Return the draft of this browser, an empty one where there is none."""
    kept = opened_from_session(request, KEY) or {}
    return Draft(**{name: kept[name] for name in Draft.__slots__ if name in kept})


def keep(request: HttpRequest, draft: Draft) -> None:
    """Keep the draft in the session, sealed."""
    values: dict[str, Any] = {name: getattr(draft, name) for name in Draft.__slots__}
    request.session[KEY] = sealed_for_session(KEY, values, until=clock.now() + KEPT_FOR)


def forget(request: HttpRequest) -> None:
    """Drop the draft: it has become an application."""
    request.session.pop(KEY, None)


def after_draft(request: HttpRequest) -> dict[str, Any]:
    """Return what the session keeps beside the draft."""
    return {key: value for key, value in request.session.items() if key != KEY}
