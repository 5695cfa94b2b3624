"""Reports that are kept, limited to the unions that the reader sees."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from nuanxin.figures import permissions
from nuanxin.figures.models import Report, ReportRender, ReportVersion
from nuanxin.kernel import policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.cursor import decode_cursor, encode_cursor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs import queries as orgs

PAGE_SIZE = 50
MOST_VERSIONS = 400
RENDERS_SHOWN = 20
_VERSIONS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as a list shows it."""

    id: int
    title: str
    union_id: int
    union_name: str
    union_path: str
    versions: int
    created_name: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A page of reports, the newest first; ``next`` is a cursor, None on the last page."""

    rows: tuple[ReportRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version without its text."""

    number: int
    title: str
    name: str
    saved_at: datetime
    restored_from: int | None


@dataclass(frozen=True, slots=True)
class RenderRow:
    """What was frozen; ``document`` is empty in lists."""

    id: int
    report: ReportRow
    version: int
    digest: str
    numbers: int
    name: str
    frozen_at: datetime
    document: dict[str, Any]


def list_reports(actor: Actor, *, only_own: bool = False, after: str = "") -> ReportPage:
    """Return the reports below the unions of the actor; ``only_own``: begun by the actor.

    Raises ``Malformed`` cursor.unreadable.
    """
    found = _visible(actor)
    if only_own:
        found = found.filter(created_account=actor.account_id)
    if after:
        (last,) = decode_cursor(after, length=1)
        found = found.filter(id__lt=int(str(last)) if str(last).isdigit() else 0)
    rows = [_row(one) for one in found.order_by("-id")[: PAGE_SIZE + 1]]
    more = len(rows) > PAGE_SIZE
    kept = tuple(rows[:PAGE_SIZE])
    return ReportPage(kept, encode_cursor([kept[-1].id]) if more else None)


def get_report(report_id: int, *, actor: Actor) -> ReportRow:
    """Return a report; raise ``NotFound`` also out of scope, ``Forbidden`` without the right."""
    report = Report.objects.select_related("union").filter(id=report_id).first()
    if report is None:
        policy.check(actor, "report.view", path="")
        raise NotFound()
    permissions.check_can_see_reports(actor, path=report.union.path)
    return _row(report)


def get_source(report: ReportRow, number: int | None = None) -> str:
    """Return the text of a version, the last one by default; raise ``NotFound``."""
    found = (
        ReportVersion.objects.filter(report_id=report.id, number=number or report.versions)
        .values_list("source", flat=True)
        .first()
    )
    if found is None:
        raise NotFound()
    return str(found)


def list_versions(report: ReportRow) -> list[VersionRow]:
    """Return the last hundred versions, the newest first."""
    found = ReportVersion.objects.filter(report_id=report.id).defer("source").order_by("-number")
    return [
        VersionRow(one.number, one.title, one.name, one.saved_at, one.restored_from)
        for one in found[:_VERSIONS_SHOWN]
    ]


def list_renders(report: ReportRow) -> list[RenderRow]:
    """Return what was frozen of a report last, the newest first."""
    found = ReportRender.objects.filter(report_id=report.id).defer("document").order_by("-id")
    return [_render(one, report, {}) for one in found[:RENDERS_SHOWN]]


def get_render(render_id: int, *, actor: Actor) -> RenderRow:
    """Return what was frozen with its document; raise as ``get_report``."""
    found = ReportRender.objects.select_related("report__union").filter(id=render_id).first()
    if found is None:
        policy.check(actor, "report.view", path="")
        raise NotFound()
    permissions.check_can_see_reports(actor, path=found.report.union.path)
    return _render(found, _row(found.report), found.document)


def list_writing_unions(actor: Actor) -> list[orgs.UnionRow]:
    """Return the unions that the actor may write reports for: the tops of what is in scope."""
    paths = policy.scope_paths(actor, "report.edit")
    ids = [int(path.rstrip("/").rsplit("/", 1)[-1]) for path in paths if path != policy.EVERYWHERE]
    found = orgs.list_unions_by_id(ids)
    return [found[one] for one in ids if one in found]


def _visible(actor: Actor) -> QuerySet[Report]:
    paths = policy.scope_paths(actor, "report.view")
    found = Report.objects.select_related("union")
    if policy.EVERYWHERE in paths:
        return found
    within = Q(pk__in=[])
    for path in paths:
        within |= Q(union__path__startswith=path)
    return found.filter(within)


def _row(report: Report) -> ReportRow:
    return ReportRow(
        id=int(report.id),
        title=report.title,
        union_id=int(report.union_id),
        union_name=report.union.name,
        union_path=report.union.path,
        versions=report.versions,
        created_name=report.created_name,
        changed_at=report.changed_at,
    )


def _render(one: ReportRender, report: ReportRow, document: dict[str, Any]) -> RenderRow:
    return RenderRow(
        id=int(one.id),
        report=report,
        version=one.version_number,
        digest=one.digest,
        numbers=one.numbers,
        name=one.name,
        frozen_at=one.frozen_at,
        document=document,
    )
