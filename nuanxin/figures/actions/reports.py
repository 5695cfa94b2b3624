"""Writes of reports: begun, saved as a new version, brought back, frozen, taken away."""

from datetime import datetime

from django.db import transaction

from nuanxin.figures import permissions
from nuanxin.figures.models import Report, ReportRender, ReportVersion
from nuanxin.figures.queries.report_templates import get_template
from nuanxin.figures.queries.reports import Composed, compose_report
from nuanxin.figures.queries.stored_reports import MOST_VERSIONS, get_render, get_report
from nuanxin.figures.rules.reports import REPORT_LIMITS
from nuanxin.figures.rules.reports.head import title_of, with_region
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed
from nuanxin.orgs import queries as orgs
from nuanxin.records.actions import append_event


@transaction.atomic
def create_report(*, union_id: int, template: str, actor: Actor, now: datetime) -> int:
    """Begin a report of a union from a template, about the place of its seat, and return its id.

    Raises ``NotFound`` figures.report_no_template or out of scope, ``Forbidden``.
    """
    union = orgs.get_union(union_id)
    permissions.check_can_edit_reports(actor, path=union.path)
    source = with_region(get_template(template).source, union.adcode)
    report = Report.objects.create(
        union_id=union.id,
        title=title_of(source),
        versions=1,
        created_account=actor.account_id,
        created_name=actor.name,
        created_at=now,
        changed_at=now,
    )
    _append(report, source, restored_from=None, actor=actor, now=now)
    _record("figures.report_created", report, actor, now, template=template)
    return int(report.id)


@transaction.atomic
def save_version(*, report_id: int, source: str, seen: int, actor: Actor, now: datetime) -> int:
    """Append a version and return its number; the same text again is no new version.

    ``seen`` is the version that was opened. Raises ``NotFound`` out of scope, ``Forbidden``,
    ``Conflict`` figures.report_saved_meanwhile or figures.report_too_many_versions, ``Malformed``
    figures.report_too_long.
    """
    report = _for_update(report_id, actor)
    if len(source) > REPORT_LIMITS.characters:
        raise Malformed(
            "figures.report_too_long",
            f"这份报告有 {len(source):,} 字，一份最多 {REPORT_LIMITS.characters:,} 字。请分成几份。",
        )
    if seen != report.versions:
        raise Conflict(
            "figures.report_saved_meanwhile",
            f"您打开以后，有人存了第 {report.versions} 版。您写的还在下面，没有存。"
            "请先看一眼新的一版，把要改的并进去，再存。",
        )
    last = ReportVersion.objects.get(report=report, number=report.versions)
    if last.source == source:
        return int(report.versions)
    return _next(report, source, restored_from=None, actor=actor, now=now)


@transaction.atomic
def restore_version(*, report_id: int, number: int, actor: Actor, now: datetime) -> int:
    """Bring an old version back as a new one and return its number; nothing is overwritten.

    Raises ``NotFound`` out of scope or for a version that is not there, ``Forbidden``,
    ``Conflict`` figures.report_too_many_versions.
    """
    report = _for_update(report_id, actor)
    old = ReportVersion.objects.filter(report=report, number=number).first()
    if old is None:
        raise Malformed("figures.report_no_version", f"这份报告没有第 {number} 版。请在列表里选。")
    return _next(report, old.source, restored_from=number, actor=actor, now=now)


@transaction.atomic
def freeze_report(
    *, report_id: int, seen: int, actor: Actor, now: datetime
) -> tuple[int | None, Composed]:
    """Freeze the last version with all its numbers; return the id of what was frozen.

    None where something stops the report: the composed report says what. Raises ``NotFound`` out of
    scope, ``Forbidden``, ``Conflict`` figures.report_saved_meanwhile.
    """
    report = _for_update(report_id, actor)
    if seen != report.versions:
        raise Conflict(
            "figures.report_saved_meanwhile",
            f"有人刚存了第 {report.versions} 版。请看过新的一版再定稿。",
        )
    version = ReportVersion.objects.get(report=report, number=report.versions)
    composed = compose_report(version.source, now=now)
    if composed.document is None:
        return None, composed
    frozen = ReportRender.objects.create(
        report=report,
        version_number=version.number,
        document=composed.document,
        digest=composed.document["digest"],
        numbers=len(composed.document["numbers"]),
        account=actor.account_id,
        name=actor.name,
        frozen_at=now,
    )
    _record(
        "figures.report_frozen", report, actor, now,
        version=version.number, digest=frozen.digest, numbers=frozen.numbers,
    )  # fmt: skip
    return int(frozen.id), composed


@transaction.atomic
def record_taken(*, render_id: int, kind: str, actor: Actor, now: datetime) -> None:
    """Record that a frozen report was taken away as a file. Raises as ``get_render``."""
    render = get_render(render_id, actor=actor)
    append_event(
        "figures.report_taken",
        actor=actor,
        at=now,
        subject_type="report",
        subject_id=render.report.id,
        union_id=render.report.union_id,
        data={"kind": kind, "digest": render.digest},
    )


def _for_update(report_id: int, actor: Actor) -> Report:
    get_report(report_id, actor=actor)
    report = (
        Report.objects.select_for_update(of=("self",)).select_related("union").get(id=report_id)
    )
    permissions.check_can_edit_reports(actor, path=report.union.path)
    return report


def _next(
    report: Report, source: str, *, restored_from: int | None, actor: Actor, now: datetime
) -> int:
    if report.versions >= MOST_VERSIONS:
        raise Conflict(
            "figures.report_too_many_versions",
            f"这份报告已经有 {MOST_VERSIONS} 版。请用模板新写一份，把正文贴过去。",
        )
    report.versions += 1
    report.title, report.changed_at = title_of(source), now
    report.save(update_fields=["versions", "title", "changed_at"])
    _append(report, source, restored_from=restored_from, actor=actor, now=now)
    _record("figures.report_saved", report, actor, now, version=report.versions)
    return int(report.versions)


def _append(
    report: Report, source: str, *, restored_from: int | None, actor: Actor, now: datetime
) -> None:
    ReportVersion.objects.create(
        report=report,
        number=report.versions,
        title=report.title,
        source=source,
        restored_from=restored_from,
        account=actor.account_id,
        name=actor.name,
        saved_at=now,
    )


def _record(kind: str, report: Report, actor: Actor, now: datetime, **data: object) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="report",
        subject_id=int(report.id),
        union_id=int(report.union_id),
        data=data,
    )
