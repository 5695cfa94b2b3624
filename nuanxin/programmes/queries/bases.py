"""What the rule said when a place was asked for: one's own, or as the desk of the offer reads it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.names import mask_name
from nuanxin.orgs.queries.unions import get_union
from nuanxin.programmes import permissions
from nuanxin.programmes.models import Application, AwardBasis


@dataclass(frozen=True, slots=True)
class Basis:
    """A kept conclusion. ``number`` is the version's, 0 for the shipped file; the name is masked."""

    application_id: int
    offer_title: str
    offer_id: int
    name: str
    applied_at: datetime
    code: str
    number: int
    as_of: date
    digest: str
    answer: str
    clauses: list[dict[str, Any]]
    is_erased: bool


def get_own_basis(code: str, *, actor: Actor) -> Basis:
    """Return what the rule said at one's last application for an offer; raise ``NotFound``."""
    if actor.worker_id is None:
        raise NotFound()
    rows = AwardBasis.objects.filter(
        application__offer__code=code, application__worker_id=actor.worker_id
    )
    return _told(rows)


def has_basis(application_id: int) -> bool:
    """Return whether it is kept what the rule said at an application."""
    return AwardBasis.objects.filter(application_id=application_id).exists()


def get_basis(offer_id: int, application_id: int, *, actor: Actor) -> Basis:
    """Return what the rule said at an application for an offer in scope; raise ``NotFound``."""
    found = Application.objects.filter(id=application_id, offer_id=offer_id)
    union_id = found.values_list("offer__union_id", flat=True).first()
    if union_id is None:
        raise NotFound()
    permissions.check_can_view(actor, path=get_union(union_id).path)
    return _told(AwardBasis.objects.filter(application_id=application_id))


def _told(rows: Any) -> Basis:
    kept = (
        rows.select_related("application__offer", "application__worker", "version")
        .order_by("-application_id")
        .first()
    )
    if kept is None:
        raise NotFound("programmes.no_basis", "这次报名没有条件，或者是记下条件以前报的。")
    application = kept.application
    return Basis(
        application_id=application.id,
        offer_title=application.offer.title,
        offer_id=application.offer_id,
        name=mask_name(application.worker.name),
        applied_at=application.applied_at,
        code=kept.code,
        number=kept.version.number if kept.version else 0,
        as_of=kept.as_of,
        digest=kept.digest,
        answer=kept.answer,
        clauses=kept.clauses,
        is_erased=kept.erased_at is not None,
    )
