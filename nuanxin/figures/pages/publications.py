"""Publications on the desk: the list, a new one, one version with its next step, the lock board."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import holds, may, requires
from nuanxin.figures.actions import evidence, publishing
from nuanxin.figures.actions.locks import lock_month, unlock_month
from nuanxin.figures.forms.publications import NewPublicationForm, notes_of
from nuanxin.figures.models import Publication
from nuanxin.figures.pages.published import line_rows, lineage_of, period_words, version_rows
from nuanxin.figures.queries import locks
from nuanxin.figures.queries.publications import (
    approvals_of,
    get_for_desk,
    lines_of,
    list_for_desk,
    versions_of,
)
from nuanxin.figures.rules.validation import Finding
from nuanxin.figures.states import PublicationState
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound, Refusal

_TABS = (("", "全部"), ("open", "在办的"), ("published", "发布过的"))


@requires("figure.drafts")
@require_safe
def publication_list(request: HttpRequest) -> HttpResponse:
    """List the versions in scope, the newest first."""
    actor = actor_of(request)
    which = request.GET.get("which", "")
    page = list_for_desk(actor=actor, which=which, after=request.GET.get("after", ""))
    url = reverse("desk-publications")
    context = {
        "page_title": "发布",
        "page_lead": "一份发布要起草、核对、两个人审签，发布以后定住不改；更正就是新的一版。",
        "tabs": [
            {"label": label, "url": f"{url}?which={key}" if key else url, "active": key == which}
            for key, label in _TABS
        ],
        "columns": [
            {"label": "标题"},
            {"label": "工会"},
            {"label": "日子"},
            {"label": "版"},
            {"label": "状态"},
        ],
        "rows": [_list_row(one) for one in page.items],
        "next_url": f"?{urlencode({'which': which, 'after': page.next})}" if page.next else "",
        "new_url": reverse("desk-publication-new") if holds(actor, "figure.decide") else "",
        "locks_url": reverse("desk-locks"),
        "is_filtered": bool(which),
    }
    return render(request, "figures/publications.html", context)


@requires("figure.decide")
@require_http_methods(["GET", "HEAD", "POST"])
def publication_new(request: HttpRequest) -> HttpResponse:
    """Ask what a new publication is to say, and measure it."""
    actor, now = actor_of(request), clock.now()
    month = locks.month_of("", today=clock.business_day(now))
    board = locks.list_lock_board(actor=actor, month=month)
    unions = [(row.code, row.name) for row in board if row.may_decide]
    form = NewPublicationForm(request.POST or None, unions=unions)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = publishing.draft_publication(
                union_code=form.cleaned_data["union"],
                question=form.question(),
                actor=actor,
                now=now,
            )
            return HttpResponseRedirect(reverse("desk-publication", args=[made.id]))
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    if form.errors:
        status = 422
    context = {
        "page_title": "起草一份发布",
        "page_lead": "数由系统从明细加出来，不用手填，也改不了。",
        "crumbs": [{"label": "发布", "url": reverse("desk-publications")}, {"label": "起草"}],
        "form": form,
        "back_url": reverse("desk-publications"),
    }
    return render(request, "figures/publication_new.html", context, status=status)


@requires("figure.drafts")
@require_safe
def publication(request: HttpRequest, publication_id: int) -> HttpResponse:
    """Show one version: where it stands, what was found, its numbers, what to do next."""
    actor = actor_of(request)
    found = get_for_desk(actor=actor, publication_id=publication_id)
    return render(
        request,
        "figures/publication_desk.html",
        _context(actor, found, request.GET.get("done", "")),
    )


@requires("figure.decide")
@require_POST
def publication_step(request: HttpRequest, publication_id: int, step: str) -> HttpResponse:
    """Take one step of a version and show it again; a correction leads to the new version."""
    actor = actor_of(request)
    take = _STEPS.get(step)
    if take is None:
        raise NotFound()
    get_for_desk(actor=actor, publication_id=publication_id)
    leads_to = take(request, publication_id, actor) or publication_id
    url = reverse("desk-publication", args=[leads_to])
    return HttpResponseRedirect(f"{url}?{urlencode({'done': step})}")


@requires("figure.evidence")
@require_POST
def publication_evidence(request: HttpRequest, publication_id: int) -> HttpResponse:
    """Give the rows without identity, the signed text and the script as one .zip; on record."""
    packed = BytesIO()  # some ten megabytes for a province; the command streams to the disk
    done = evidence.export_evidence_zip(
        publication_id=publication_id, file=packed, actor=actor_of(request), now=clock.now()
    )
    answer = HttpResponse(packed.getvalue(), content_type="application/zip")
    name = f"nuanxin-publication-{done.id}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@requires("figure.drafts")
@require_safe
def lock_board(request: HttpRequest) -> HttpResponse:
    """Show which federations have locked a month, county, city, province."""
    actor, now = actor_of(request), clock.now()
    month = locks.month_of(request.GET.get("month", ""), today=clock.business_day(now))
    board = locks.list_lock_board(actor=actor, month=month)
    locked = sum(row.is_locked for row in board)
    context = {
        "page_title": "锁定月份",
        "page_lead": "先县、再市、再省。锁定以后，这个月的数按锁定那一刻所知来读，补录的不算进去。",
        "crumbs": [{"label": "发布", "url": reverse("desk-publications")}, {"label": "锁定月份"}],
        "month": f"{month:%Y-%m}",
        "month_words": f"{month.year} 年 {month.month} 月",
        "rows": [_lock_row(row) for row in board],
        "summary": f"{len(board)} 家总工会，{locked} 家锁定了。",
        "undone": [
            {
                "text": f"{one.union.name}解锁：{one.unlock_reason}",
                "detail": f"{clock.business_day(one.unlocked_at)} {one.unlocked_by_name}",
            }
            for one in locks.list_unlockings(month=month, union_ids=[r.union_id for r in board])
            if one.unlocked_at
        ],
    }
    return render(request, "figures/locks.html", context)


@requires("figure.decide")
@require_POST
def lock_change(request: HttpRequest, code: str) -> HttpResponse:
    """Lock a federation's month, or unlock it with a reason."""
    actor, now = actor_of(request), clock.now()
    month = locks.month_of(request.POST.get("month", ""), today=clock.business_day(now))
    if request.POST.get("what") == "unlock":
        reason = request.POST.get("reason", "")
        unlock_month(union_code=code, month=month, reason=reason, actor=actor, now=now)
    else:
        lock_month(union_code=code, month=month, actor=actor, now=now)
    return HttpResponseRedirect(f"{reverse('desk-locks')}?month={month:%Y-%m}")


def _check(request: HttpRequest, publication_id: int, actor: Actor) -> None:
    publishing.check_publication(publication_id=publication_id, actor=actor, now=clock.now())


def _measure(request: HttpRequest, publication_id: int, actor: Actor) -> None:
    publishing.measure_again(publication_id=publication_id, actor=actor, now=clock.now())


def _explain(request: HttpRequest, publication_id: int, actor: Actor) -> None:
    notes = notes_of(request.POST)
    publishing.explain_changes(
        publication_id=publication_id, notes=notes, actor=actor, now=clock.now()
    )


def _approve(request: HttpRequest, publication_id: int, actor: Actor) -> None:
    publishing.approve_publication(publication_id=publication_id, actor=actor, now=clock.now())


def _publish(request: HttpRequest, publication_id: int, actor: Actor) -> None:
    publishing.publish_publication(publication_id=publication_id, actor=actor, now=clock.now())


def _send_back(request: HttpRequest, publication_id: int, actor: Actor) -> None:
    reason = request.POST.get("reason", "")
    publishing.send_back(publication_id=publication_id, reason=reason, actor=actor, now=clock.now())


def _correct(request: HttpRequest, publication_id: int, actor: Actor) -> int:
    made = publishing.draft_correction(
        publication_id=publication_id,
        reason=request.POST.get("reason", ""),
        is_withdrawal=request.POST.get("withdraw") == "1",
        actor=actor,
        now=clock.now(),
    )
    return made.id


_STEPS: dict[str, Callable[[HttpRequest, int, Actor], int | None]] = {
    "check": _check,
    "measure": _measure,
    "explain": _explain,
    "approve": _approve,
    "publish": _publish,
    "send-back": _send_back,
    "correct": _correct,
}
_DONE = {
    "measure": "重新测过了，数按现在所知。",
    "explain": "说明记下了。",
    "approve": "第一次审签记下了，还差一个人。",
    "publish": "发布了：数定住了，也签了名。",
    "send-back": "退回草稿了，改好以后两次审签都要重来。",
    "correct": "新的一版起草好了，原来那一版在新版发布以前照旧有效。",
}


def _list_row(one: Publication) -> dict[str, Any]:
    state = PublicationState(one.state)
    return {
        "url": reverse("desk-publication", args=[one.id]),
        "cells": [
            {"text": one.title, "note": f"{one.id} 号"},
            one.union.name,
            {"text": period_words(one), "css": "nw"},
            {"text": f"第 {one.version} 版", "css": "nw"},
            {"text": state.label, "state": state.tone},
        ],
    }


def _context(actor: Actor, found: Publication, done: str) -> dict[str, Any]:
    state = PublicationState(found.state)
    lines = lines_of(found.id)
    findings = (
        []
        if state.is_frozen
        else publishing.findings(publication_id=found.id, actor=actor, now=clock.now())
    )
    decides = may(actor, "figure.decide", path=found.union.path)
    is_draft = state is PublicationState.DRAFT
    text = _DONE.get(done, "")
    if done == "check":
        text = "" if is_draft else "核对过了，可以审签。"
    return {
        "page_title": found.title,
        "page_lead": f"{found.union.name}，{period_words(found)}，第 {found.version} 版。",
        "crumbs": [{"label": "发布", "url": reverse("desk-publications")}, {"label": found.title}],
        "banner": {"text": text} if text else "",
        "publication": found,
        "state": {"label": state.label, "kind": state.tone},
        "is_draft": is_draft,
        "is_checked": decides and state is PublicationState.CHECKED,
        "is_approved": may(actor, "figure.publish", path=found.union.path)
        and state is PublicationState.APPROVED_ONCE,
        "may_send_back": decides
        and state in (PublicationState.CHECKED, PublicationState.APPROVED_ONCE),
        "may_correct": decides and state is PublicationState.PUBLISHED,
        "may_draft": decides and is_draft,
        "is_author": actor.person_key == found.author_key,
        "steps": {name.replace("-", "_"): _step_url(found, name) for name in _STEPS},
        "blocking": [_finding(one, lines) for one in findings if one.blocks],
        "remarks": [_finding(one, lines) for one in findings if not one.blocks],
        "approvals": [
            {"text": f"{one.name}审签", "detail": str(clock.business_day(one.approved_at))}
            for one in approvals_of(found)
        ],
        "author": f"{found.author_name}起草，{clock.business_day(found.drafted_at)}",
        "columns": [
            {"label": "指标"},
            {"label": "地区"},
            {"label": "公布", "css": "num"},
            {"label": "实测", "css": "num"},
            {"label": "明细行", "css": "num"},
        ],
        "rows": line_rows(lines),
        "lineage": lineage_of(found) if state.is_frozen else [],
        "versions": version_rows(
            versions_of(found.series_id, frozen_only=False), found.id, "desk-publication"
        ),
        "public_url": reverse("publication", args=[found.id]) if state.is_frozen else "",
        "evidence_url": reverse("desk-publication-evidence", args=[found.id])
        if state.is_frozen and may(actor, "figure.evidence", path=found.union.path)
        else "",
    }


def _step_url(found: Publication, step: str) -> str:
    return reverse("desk-publication-step", args=[found.id, step])


def _finding(one: Finding, lines: list[Any]) -> dict[str, Any]:
    """Return a finding; one that wants a reason with the field to type it into."""
    wants = one.code in ("figures.jump_needs_reason", "figures.jump_explained")
    line = next((x for x in lines if one.key == (x.code, x.region, x.occupation, x.channel)), None)
    return {
        "text": one.sentence,
        "code": one.code,
        "field": f"note-{line.position}" if wants and line else "",
        "note": line.note if line else "",
    }


def _lock_row(row: locks.LockRow) -> dict[str, Any]:
    if row.is_locked and row.locked_at:
        words = f"{clock.business_day(row.locked_at)} {row.locked_by}锁定"
    elif row.open_below:
        words = f"下面 {row.below} 家里还有 {row.open_below} 家没锁"
    else:
        words = "可以锁定"
    return {
        "name": row.name,
        "level": row.level,
        "words": words,
        "is_locked": row.is_locked,
        "url": reverse("desk-lock", args=[row.code]),
        "may_lock": row.may_decide and not row.is_locked and not row.open_below,
        "may_unlock": row.may_decide and row.is_locked and not row.is_upper_locked,
        "field": f"reason-{row.code}",
    }
