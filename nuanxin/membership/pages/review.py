"""The committee's queue: clean ones in one go, doubtful ones one by one, both taken back for a day.

And 待办, the officer's first page: what waits, with its limit.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.access.queries.posts import list_posts
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.text import whole_numbers
from nuanxin.membership.actions import duties, review
from nuanxin.membership.queries.applications import (
    Queue,
    TaskRow,
    count_applications,
    get_application,
    list_applications,
    list_my_runs,
    list_tasks,
)
from nuanxin.membership.queries.rosters import list_batches
from nuanxin.membership.states import BatchState, MemberState, to_do_sources
from nuanxin.orgs import queries as orgs


@requires("desk.open")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Say what waits, the most pressing first."""
    actor = actor_of(request)
    todo = _todo(actor)
    context = {
        "page_title": f"{len(todo)} 件待办" if todo else "今天没有待办",
        "todo": todo,
    }
    return render(request, "membership/review/home.html", context)


@requires("membership.decide")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Show one part of the queue of a union and what is below it."""
    actor, now = actor_of(request), clock.now()
    union = _union_asked(actor, request.GET.get("union", ""))
    counts = count_applications(actor=actor, union_id=union.id, now=now)
    part = _part(request.GET.get("part", ""), counts)
    page = list_applications(
        actor=actor, union_id=union.id, part=part, now=now, cursor=request.GET.get("after") or None
    )
    waiting = counts.clean + counts.doubtful
    context = {
        "page_title": _title(waiting, counts),
        "page_lead": union.name,
        "union": union,
        "tabs": [
            {
                "label": one.label,
                "url": f"?{urlencode({'union': union.code, 'part': one.value})}",
                "active": one is part,
                "count": getattr(counts, one.value),
            }
            for one in Queue
        ],
        "part": part.value,
        "is_clean": part is Queue.CLEAN,
        "is_decidable": part in (Queue.CLEAN, Queue.DOUBTFUL, Queue.OVERDUE),
        "columns": [
            {"label": "姓名"}, {"label": "手机号"}, {"label": "职业"}, {"label": "工会"},
            {"label": "渠道"}, {"label": "时限", "css": "nw"},
        ],
        "rows": [_row(row) for row in page.items],
        "cases": [] if part is Queue.CLEAN else [_case(row) for row in page.items],
        "clean_count": counts.clean,
        "next_url": f"?{urlencode({'union': union.code, 'part': part.value, 'after': page.next})}"
        if page.next else "",
        "runs": [
            {
                "text": f"{run.verdict.label} {run.persons:,} 份",
                "detail": f"{clock.business_day(run.decided_at)} 办的",
                "undo_until": run.undo_until,
                "url": reverse("desk-review-undo", args=[run.id]),
            }
            for run in list_my_runs(actor=actor, now=now)
        ],
    }  # fmt: skip
    return render(request, "membership/review/queue.html", context)


@requires("membership.decide")
@require_GET
def application(request: HttpRequest, application_id: int) -> HttpResponse:
    """Show one application with its doubts, other records, and what was done so far."""
    found = get_application(actor=actor_of(request), application_id=application_id, now=clock.now())
    row = found.row
    context = {
        "page_title": row.name,
        "page_lead": f"{row.union_name} · {row.state.label}",
        "facts": [
            {"label": "身份证号", "value": row.masked_identity or "—"},
            {"label": "手机号", "value": row.masked_phone or "—"},
            {"label": "职业", "value": row.occupation_label},
            {"label": "单位或网点", "value": row.place_stated or "—"},
            {"label": "渠道", "value": row.channel.label},
            {"label": "时限", "value": str(row.due_on or "—")},
            {"label": "别处的会籍", "value": found.membership_elsewhere or "没有"},
        ],
        "doubts": [doubt.reason for doubt in row.doubts],
        "others": [
            {"cells": [other.name, other.masked_phone, other.sign, other.union_name or "—"]}
            for other in found.others
        ],
        "others_columns": [{"label": "档案里的人"}, {"label": "手机号"}, {"label": "相同之处"},
                           {"label": "工会"}],
        "history": [
            {"text": _happened(happening),
             "detail": str(clock.business_day(happening.at))}
            for happening in found.history
        ],
        "row_id": row.id,
        "is_decidable": row.state == 2 and not row.is_own,
        "is_own": row.is_own,
        "crumbs": [{"label": "入会审核", "url": reverse("desk-review")}, {"label": row.name}],
    }  # fmt: skip
    return render(request, "membership/review/application.html", context)


@requires("membership.decide")
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approve, return or decline: the chosen ones, or all clean ones of a union."""
    actor, now = actor_of(request), clock.now()
    act = request.POST.get("do", "")
    ids = whole_numbers(request.POST.getlist("id"))
    note = request.POST.get("note", "")
    if act == "approve_all":
        union = _union_asked(actor, request.POST.get("union", ""))
        review.approve_applications(all_clean_of=union.id, actor=actor, now=now)
    elif act == "approve":
        review.approve_applications(application_ids=ids, note=note, actor=actor, now=now)
    elif act == "return":
        review.return_applications(application_ids=ids, reason=note, actor=actor, now=now)
    elif act == "decline":
        review.decline_applications(application_ids=ids, reason=note, actor=actor, now=now)
    else:
        raise Malformed("membership.no_decision", "先选怎么办：通过、退回，还是不通过。")
    kept = {name: value for name in ("union", "part") if (value := request.POST.get(name, ""))}
    return HttpResponseRedirect(f"{reverse('desk-review')}?{urlencode(kept)}")


@requires("membership.decide")
@require_POST
def undo(request: HttpRequest, run_id: int) -> HttpResponse:
    """Take a decision back."""
    review.undo_decisions(run_id=run_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-review"))


@requires("membership.decide")
@require_POST
def settle(request: HttpRequest, task_id: int) -> HttpResponse:
    """Mark a task as done."""
    duties.settle_task(
        task_id=task_id,
        note=request.POST.get("note", ""),
        actor=actor_of(request),
        now=clock.now(),
    )
    return HttpResponseRedirect(reverse("desk-home"))


# ---- inside -----------------------------------------------------------------------------------


def _union_asked(actor: Any, code: str) -> Any:
    if code:
        union = orgs.get_union_by_code(code)
        policy.check(actor, "membership.decide", path=union.path)
        return union
    return orgs.get_union(_own_union_id(actor, "membership.decide"))


def _own_union_id(actor: Any, right: str) -> int:
    paths = policy.scope_paths(actor, right)
    if not paths or paths[0] == policy.EVERYWHERE:
        raise NotFound()
    return int(paths[0].rstrip("/").rsplit("/", 1)[-1])


def _part(asked: str, counts: Any) -> Queue:
    """Return the part asked for, else the first that holds something."""
    if asked in set(Queue):
        return Queue(asked)
    for part in (Queue.CLEAN, Queue.DOUBTFUL, Queue.INVITED, Queue.RETURNED):
        if getattr(counts, part.value):
            return part
    return Queue.CLEAN


def _title(waiting: int, counts: Any) -> str:
    if not waiting:
        return "没有等着审核的"
    late = f"，{counts.overdue} 份过了时限" if counts.overdue else ""
    return f"{waiting:,} 份等着审核{late}"


_HAPPENED = {
    "membership.applied": "交来入会申请",
    "membership.application_approved": "通过",
    "membership.application_returned": "退回补正",
    "membership.application_declined": "不通过",
    "membership.application_resubmitted": "补正后再交",
    "membership.application_withdrawn": "本人撤回",
    "membership.application_expired": "过期没有确认",
    "membership.application_undone": "收回刚才的办理",
    "membership.invitation_confirmed": "本人点了我愿意",
    "membership.invitation_declined": "本人不同意",
    "membership.duplicate_reopened": "合并拆开，恢复这份申请",
}
"""What an event of an application is called on its page."""


def _happened(happening: Any) -> str:
    words = _HAPPENED.get(happening.kind, "有变动")
    note = f"：{happening.note}" if happening.note else ""
    return f"{happening.actor_name or '系统'}，{words}{note}"


def _due(row: Any) -> str:
    if row.days_left is None:
        return "—"
    if row.days_left < 0:
        return f"过期 {-row.days_left} 天"
    return "今天" if row.days_left == 0 else f"还有 {row.days_left} 天"


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "url": reverse("desk-application", args=[row.id]),
        "cells": [
            {"text": row.name, "note": row.masked_identity},
            row.masked_phone or "—",
            row.occupation_label,
            {"text": row.union_name, "note": row.place_stated},
            row.channel.label,
            _due(row),
        ],
    }


def _case(row: Any) -> dict[str, Any]:
    reasons = [doubt.reason for doubt in row.doubts]
    return {
        "id": row.id,
        "title": row.name,
        "sub": f"{row.occupation_label}，{row.union_name}",
        "when": _due(row),
        "is_late": row.days_left is not None and row.days_left < 0,
        "text": reasons[0] if reasons else row.state.label,
        "url": reverse("desk-application", args=[row.id]),
        "facts": [
            {"label": "身份证号", "value": row.masked_identity or "—"},
            {"label": "手机号", "value": row.masked_phone or "—"},
        ],
        "is_own": row.is_own,
    }


def _todo(actor: Any) -> list[dict[str, Any]]:
    now = clock.now()
    rows: list[dict[str, Any]] = []
    if policy.holds(actor, "membership.decide"):
        union_id = _own_union_id(actor, "membership.decide")
        counts = count_applications(actor=actor, union_id=union_id, now=now)
        if counts.clean + counts.doubtful:
            rows.append(
                {
                    "title": f"{counts.clean + counts.doubtful:,} 份入会申请等审核",
                    "text": f"{counts.clean:,} 份可以一起通过，{counts.doubtful:,} 份要看一眼",
                    "url": reverse("desk-review"),
                    "due_on": counts.first_due_on or "",
                    "label": "去审核",
                    "done_url": "",
                }
            )
        rows += [
            {"title": task.title, "text": task.union_name, "url": _url_of_task(task),
             "due_on": task.due_on or "", "label": "去看看",
             "done_url": reverse("desk-task-settle", args=[task.id])}
            for task in list_tasks(actor=actor, union_id=union_id, now=now)
        ]  # fmt: skip
    if policy.holds(actor, "roster.create"):
        rows += [
            {"title": f"名单「{batch.file_name}」等您确认", "text": batch.union_name,
             "url": reverse("desk-roster", args=[batch.id]), "due_on": "", "label": "去确认",
             "done_url": ""}
            for batch in list_batches(actor, limit=20)
            if batch.state == BatchState.PREVIEWED
        ]  # fmt: skip
    rows += [
        {"title": one.title, "text": one.text, "url": reverse(one.url_name),
         "due_on": one.due_on or "", "label": one.label, "done_url": ""}
        for source in to_do_sources
        for one in source(actor, now)
    ]  # fmt: skip
    return rows + _dissolutions_to_acknowledge(actor) + _posts_to_approve(actor)


def _dissolutions_to_acknowledge(actor: Any) -> list[dict[str, Any]]:
    """Return one line for all dissolutions below that nobody above has acknowledged."""
    paths = policy.scope_paths(actor, "org_unit.create")
    waiting = orgs.count_reports_due(paths) if paths else 0
    if not waiting:
        return []
    return [
        {
            "title": f"{waiting:,} 家工会撤销了，等上级记下",
            "text": "撤销基层工会要报告上一级工会（工会法第十三条）。看过就记一笔。",
            "url": reverse("desk-dissolutions"),
            "due_on": "",
            "label": "去看看",
            "done_url": "",
        }
    ]


def _posts_to_approve(actor: Any) -> list[dict[str, Any]]:
    """Return the strong posts that wait for a second person, for whoever may be that person."""
    if not policy.holds(actor, "post.grant"):
        return []
    on = clock.business_day(clock.now())
    return [
        {
            "title": f"{post.holder}的职务「{post.role.label}」等复核",
            "text": f"{post.union_name or '整个平台'}，{post.granted_by}授予",
            "url": reverse("desk-post", args=[post.id]),
            "due_on": "",
            "label": "去复核",
            "done_url": "",
        }
        for post in list_posts(actor, show="waiting", before=None, on=on)
        if actor.person_key not in (post.granted_by_key, post.holder_key)
    ]


def _url_of_task(task: TaskRow) -> str:
    """Return where a task is worked on."""
    if task.kind == "place_retained":
        asked = {"union": task.union_code, "state": str(int(MemberState.RETAINED))}
        return f"{reverse('desk-members')}?{urlencode(asked)}"
    if task.kind == "review_overdue":
        return f"{reverse('desk-review')}?{urlencode({'union': task.union_code})}"
    if task.kind == "employer_ended":
        return reverse("desk-union", args=[task.subject_key])
    return reverse("desk-union", args=[task.union_code])
