"""Publications: frozen, so that whoever has one need not ask again; and whether it still stands."""

from datetime import date
from functools import lru_cache
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema

from nuanxin.access.permissions import requires
from nuanxin.desk.api.figures import Region
from nuanxin.desk.api.paging import BIGINT_MOST, Cursor, Empty, Limit, page
from nuanxin.figures.actions.evidence import signed_document
from nuanxin.figures.models import Publication
from nuanxin.figures.queries.publications import get_published, lines_of, list_published
from nuanxin.figures.queries.verifying import verify_publication
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock

router = Router(tags=["publications"])

FROZEN = "public, max-age=31536000, immutable"
"""What is kept of a published text: it never changes."""

Id = Annotated[int, Path(ge=1, le=BIGINT_MOST)]


class PublicationRow(Schema):
    """One published version; ``state`` is published, superseded or withdrawn."""

    id: int
    number: int
    series: int
    version: int
    title: str
    union: str
    region: str
    period_start: str | None
    as_of: str
    published_at: str
    state: str
    is_withdrawal: bool
    reason: str
    hash: str


class Publications(Schema):
    """A page of versions, the latest first."""

    items: list[PublicationRow]
    next: str | None


class PublishedLine(Schema):
    """One number as published; ``value`` null is withheld.

    Since format 2 persons are written to ``rounded_to``, and ``seal`` stands for the measured number
    and its rows: the evidence for auditors opens it. ``rows_hash`` and ``rows`` are of format 1. Since
    format 4 there are rates: ``value`` in hundredths of a percent (``decimals`` 2), made of
    ``numerator`` and ``denominator`` as everybody reads them.
    """

    position: int
    code: str
    label: str
    unit: str
    definition: str
    definition_version: int
    region: str
    region_name: str
    occupation: str | None
    channel: str | None
    period_start: str | None
    as_of: str
    value: int | None
    withheld: bool
    digest: str
    rounded_to: int | None = None
    seal: str | None = None
    rows_hash: str | None = None
    rows: int | None = None
    note: str | None
    decimals: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    denominator_label: str | None = None
    denominator_source: str | None = None
    denominator_as_of: str | None = None


class Content(Schema):
    """The signed text: written as JSON with sorted keys and no spaces, its SHA-256 is ``hash``."""

    format: str
    series: int
    version: int
    is_withdrawal: bool
    title: str
    union: str
    region: str
    period_start: str | None
    as_of: str
    known_at: str
    measured_at: str
    published_at: str
    least_persons: int
    reason: str
    number: int
    previous: str
    lines: list[PublishedLine]


class Signed(Schema):
    """A published version with hash, signature (Ed25519, base64) and public key (raw, base64)."""

    content: Content
    hash: str
    signature: str
    public_key: str
    algorithm: str


class Fault(Schema):
    """The first thing that does not stand."""

    code: str
    sentence: str
    line: str | None


class Verified(Schema):
    """Whether text, signature, chain, fingerprints and (``rederived``) every number stand."""

    publication: int
    number: int
    version: int
    title: str
    hash: str
    lines: int
    rederived: bool
    stands: bool
    fault: Fault | None


@router.get("", response=Publications, summary="发布过的数")
@requires("figure.view")
def list_publications(
    request: HttpRequest,
    region: Annotated[Region | Empty, Query(description="六位行政区划代码，默认不限")] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Return published versions, the latest first; older versions too."""
    found = list_published(after=cursor or "", region=int(region) if region else None, limit=limit)
    return page([_plain(one) for one in found.items], found.next)


@router.get(
    "/{publication_id}", response=Signed, exclude_unset=True, summary="一份发布的全文和签名"
)
@requires("figure.view")
def get_publication(request: HttpRequest, response: HttpResponse, publication_id: Id) -> Any:
    """Return the signed text; it never changes, whatever becomes of the version later."""
    found = get_published(publication_id)
    response["ETag"] = f'"{found.content_hash}"'
    response["Cache-Control"] = FROZEN
    return signed_document(found, lines_of(found.id))


@router.get("/{publication_id}/verify", response=Verified, summary="一份发布现在还对不对得上")
@requires("figure.view")
def get_verification(request: HttpRequest, publication_id: Id) -> Any:
    """Check text, signature, chain and fingerprints now; every number from its rows once a day."""
    found = get_published(publication_id)
    told = verify_publication(found, rederive=False)
    if told.stands:
        return _rederived(found.id, found.content_hash, clock.business_day(clock.now()))
    return told.as_plain()


@lru_cache(maxsize=256)
def _rederived(publication_id: int, content_hash: str, day: date) -> dict[str, Any]:
    """Return the full verification, made once a day for a text: it scans the flows."""
    return verify_publication(get_published(publication_id), rederive=True).as_plain()


def _plain(one: Publication) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "series": one.series_id,
        "version": one.version,
        "title": one.title,
        "union": one.union.code,
        "region": str(one.region),
        "period_start": one.period_start.isoformat() if one.period_start else None,
        "as_of": one.as_of.isoformat(),
        "published_at": one.published_at.isoformat() if one.published_at else "",
        "state": PublicationState(one.state).name.lower(),
        "is_withdrawal": one.is_withdrawal,
        "reason": one.reason,
        "hash": one.content_hash,
    }
