"""Drafting, checking, approving and publishing; a correction is a new version with a reason.

Draft → checked → approved by one → published by another. Neither may be the author; the database
insists on it too. Whatever is sent back begins a new round, in which earlier approvals do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from nuanxin.figures import permissions
from nuanxin.figures.actions.drafting import Choice, fill_lines, lines_facts, threshold_of
from nuanxin.figures.models import Approval, Publication, PublicationLine, PublicationSeries
from nuanxin.figures.queries.board import least_cell_persons
from nuanxin.figures.queries.locks import get_lock_known_at
from nuanxin.figures.queries.publication_key import sign
from nuanxin.figures.queries.publications import content_of, lines_of
from nuanxin.figures.queries.verifying import rederive_fault
from nuanxin.figures.rules.sealing import NO_HASH, content_hash
from nuanxin.figures.rules.validation import Finding, findings_of
from nuanxin.figures.states import MOVES, PublicationState
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Forbidden, Malformed, NotFound
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import append_event, logged_name

SHORTEST_REASON = 4
_CHAIN_LOCK = 7_203_101


@dataclass(frozen=True, slots=True)
class Question:
    """What a new publication is to say: which figures, how far down, which days."""

    title: str
    choice: Choice
    as_of: date
    since: date | None = None


@transaction.atomic
def draft_publication(
    *, union_code: str, question: Question, actor: Actor, now: datetime
) -> Publication:
    """Measure and write the first version of a new publication of a federation.

    A month that is locked is read as known at the lock. Raises ``NotFound``, ``Forbidden``,
    ``Malformed`` figures.title_missing, figures.not_yet, figures.backwards, figures.nothing_chosen.
    """
    union = orgs.get_union_by_code(union_code)
    permissions.check_can_decide(actor, path=union.path)
    title = question.title.strip()
    if not title:
        raise Malformed("figures.title_missing", "还没有写标题。")
    if question.as_of > clock.business_day(now):
        raise Malformed("figures.not_yet", "截至日还没到。请选今天或以前的日子。")
    if question.since is not None and question.since > question.as_of:
        raise Malformed("figures.backwards", "起止写反了：开始的日子在截至日的后面。请对调再看。")
    publication = Publication.objects.create(
        series=PublicationSeries.objects.create(union_id=union.id, created_at=now),
        title=title[:80],
        union_id=union.id,
        region=union.adcode,
        period_start=question.since,
        as_of=question.as_of,
        known_at=get_lock_known_at(question.as_of, region=union.adcode) or now,
        measured_at=now,
        least_persons=least_cell_persons(union.adcode, now),
        drafted_at=now,
        **_author(actor),
    )
    fill_lines(publication, question.choice.cells(union.adcode))
    _record("figures.publication_drafted", publication, actor, now)
    return publication


@transaction.atomic
def draft_correction(
    *,
    publication_id: int,
    reason: str,
    is_withdrawal: bool = False,
    actor: Actor,
    now: datetime,
) -> Publication:
    """Write the next version, measured again as known now; the old one stands until it is published.

    With ``is_withdrawal`` the next version has no numbers: it takes the old one down, which stays
    readable. Raises ``Malformed`` figures.reason_missing, ``Conflict`` figures.not_standing,
    figures.correction_under_way.
    """
    old = _get(publication_id, actor)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Malformed("figures.reason_missing", "请写明为什么更正，至少四个字。")
    if old.state != PublicationState.PUBLISHED:
        raise Conflict("figures.not_standing", "只有现行的一版能更正。请打开最新的一版。")
    if Publication.objects.filter(series_id=old.series_id, state__lt=PublicationState.PUBLISHED):
        raise Conflict("figures.correction_under_way", "这份发布已经有一版更正在办，先办完那一版。")
    new = Publication.objects.create(
        series_id=old.series_id,
        version=old.version + 1,
        is_withdrawal=is_withdrawal,
        title=old.title,
        union_id=old.union_id,
        region=old.region,
        period_start=old.period_start,
        as_of=old.as_of,
        known_at=now,
        measured_at=now,
        least_persons=least_cell_persons(old.region, now),
        reason=reason.strip()[:300],
        drafted_at=now,
        **_author(actor),
    )
    if not is_withdrawal:
        cells = [(o.code, o.region, o.occupation, o.channel) for o in lines_of(old.id)]
        fill_lines(new, cells)
    _record("figures.correction_drafted", new, actor, now, of=old.id)
    return new


@transaction.atomic
def measure_again(*, publication_id: int, actor: Actor, now: datetime) -> None:
    """Measure the lines of a draft again, as known now (or at the lock). Raises ``Conflict``."""
    publication = _get(publication_id, actor)
    _insist_on(publication, PublicationState.DRAFT)
    cells = [(o.code, o.region, o.occupation, o.channel) for o in lines_of(publication.id)]
    locked = None if publication.version > 1 else _lock_of(publication)
    publication.known_at, publication.measured_at = locked or now, now
    publication.least_persons = least_cell_persons(publication.region, now)
    publication.save()
    PublicationLine.objects.filter(publication=publication).delete()
    fill_lines(publication, cells)
    _record("figures.publication_measured", publication, actor, now)


@transaction.atomic
def explain_changes(
    *, publication_id: int, notes: Mapping[int, str], actor: Actor, now: datetime
) -> None:
    """Write why lines (by position) changed a lot since the last publication; of a draft only."""
    publication = _get(publication_id, actor)
    _insist_on(publication, PublicationState.DRAFT)
    lines = [line for line in lines_of(publication.id) if line.position in notes]
    for line in lines:
        line.note = notes[line.position].strip()[:200]
    PublicationLine.objects.bulk_update(lines, ["note"])
    _record("figures.changes_explained", publication, actor, now, lines=len(lines))


def findings(*, publication_id: int, actor: Actor, now: datetime) -> list[Finding]:
    """Return what the rules find of a version. Reads only. Raises ``NotFound``, ``Forbidden``."""
    publication = Publication.objects.select_related("union").filter(id=publication_id).first()
    if publication is None:
        raise NotFound()
    permissions.check_can_see_drafts(actor, path=publication.union.path)
    return _findings(publication, now)


@transaction.atomic
def check_publication(*, publication_id: int, actor: Actor, now: datetime) -> list[Finding]:
    """Hold a draft against the rules; with nothing that blocks it is checked. Return the findings."""
    publication = _get(publication_id, actor)
    _insist_on(publication, PublicationState.DRAFT)
    found = _findings(publication, now)
    if not any(finding.blocks for finding in found):
        publication.state = PublicationState.CHECKED
        publication.checked_at = now
        publication.save()
        _record("figures.publication_checked", publication, actor, now)
    return found


@transaction.atomic
def approve_publication(*, publication_id: int, actor: Actor, now: datetime) -> None:
    """Give the first approval. Raises ``Forbidden`` figures.own_draft, ``Conflict``."""
    publication = _get(publication_id, actor)
    _insist_on(publication, PublicationState.CHECKED)
    _approve(publication, actor, now)
    publication.state = PublicationState.APPROVED_ONCE
    publication.save()
    _record("figures.publication_approved", publication, actor, now)


@transaction.atomic
def publish_publication(*, publication_id: int, actor: Actor, now: datetime) -> Publication:
    """Give the second approval: every number is derived again, then all is frozen and signed.

    Raises ``Forbidden`` figures.own_draft, figures.approved_already; ``Conflict``
    figures.wrong_state, figures.rows_moved when a late entry has changed what was measured.
    """
    publication = _get(publication_id, actor)
    permissions.check_can_publish(actor, path=publication.union.path)
    _insist_on(publication, PublicationState.APPROVED_ONCE)
    _approve(publication, actor, now)
    lines = lines_of(publication.id)
    fault = rederive_fault(publication, lines)
    if fault is not None:
        raise Conflict(
            "figures.rows_moved", f"{fault.sentence}请退回草稿，重新测一遍再审签。", line=fault.line
        )
    _take_place_in_chain(publication)
    publication.published_at = now
    publication.content_hash = content_hash(content_of(publication, lines))
    publication.signature = sign(publication.content_hash)
    publication.state = PublicationState.PUBLISHED
    ended = PublicationState.WITHDRAWN if publication.is_withdrawal else PublicationState.SUPERSEDED
    Publication.objects.filter(
        series_id=publication.series_id, state=PublicationState.PUBLISHED
    ).update(state=ended)
    publication.save()
    _record(
        "figures.published",
        publication,
        actor,
        now,
        number=publication.number,
        hash=publication.content_hash,
    )
    return publication


@transaction.atomic
def send_back(*, publication_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Make a draft of a checked version again, for a reason; approvals so far do not count."""
    publication = _get(publication_id, actor)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Malformed("figures.reason_missing", "请写明为什么退回，至少四个字。")
    if PublicationState.DRAFT not in MOVES[PublicationState(publication.state)]:
        raise _wrong_state(publication)
    publication.state = PublicationState.DRAFT
    publication.round += 1
    publication.checked_at = None
    publication.sent_back = reason.strip()[:300]
    publication.save()
    _record("figures.publication_sent_back", publication, actor, now, reason=reason.strip()[:300])


def _get(publication_id: int, actor: Actor) -> Publication:
    """Return the row, locked; the right is asked over its union."""
    found = (
        Publication.objects.select_for_update(of=("self",))
        .select_related("union")
        .filter(id=publication_id)
        .first()
    )
    if found is None:
        raise NotFound()
    permissions.check_can_decide(actor, path=found.union.path)
    return found


def _author(actor: Actor) -> dict[str, object]:
    return {
        "author_key": actor.person_key,
        "author_account": actor.account_id,
        "author_name": logged_name(actor),
    }


def _approve(publication: Publication, actor: Actor, now: datetime) -> None:
    if actor.person_key == publication.author_key:
        raise Forbidden("figures.own_draft", "自己起草的不能自己审签。请让另外两位同事来审签。")
    try:
        with transaction.atomic():
            Approval.objects.create(
                publication=publication,
                round=publication.round,
                person_key=actor.person_key,
                account=actor.account_id,
                name=logged_name(actor),
                approved_at=now,
            )
    except IntegrityError as error:
        raise Forbidden(
            "figures.approved_already", "您已经审签过这一版。第二次审签要由另一位同事来做。"
        ) from error


def _take_place_in_chain(publication: Publication) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = Publication.objects.filter(number__isnull=False).order_by("-number").first()
    publication.number = last.number + 1 if last is not None and last.number else 1
    publication.previous_hash = last.content_hash if last is not None else NO_HASH


def _findings(publication: Publication, now: datetime) -> list[Finding]:
    return findings_of(
        lines_facts(publication, lines_of(publication.id), now=now),
        measured_on=clock.business_day(publication.measured_at),
        published_on=clock.business_day(now),
        threshold=threshold_of(publication.region, now),
        is_withdrawal=publication.is_withdrawal,
    )


def _lock_of(publication: Publication) -> datetime | None:
    return get_lock_known_at(publication.as_of, region=publication.region)


def _insist_on(publication: Publication, state: PublicationState) -> None:
    if publication.state != state:
        raise _wrong_state(publication)


def _wrong_state(publication: Publication) -> Conflict:
    label = PublicationState(publication.state).label
    return Conflict("figures.wrong_state", f"这一版现在是“{label}”，不能办这一步。请刷新再看。")


def _record(
    kind: str, publication: Publication, actor: Actor, now: datetime, **more: object
) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="publication",
        subject_id=publication.id,
        union_id=publication.union_id,
        data={"series": publication.series_id, "version": publication.version, **more},
    )
