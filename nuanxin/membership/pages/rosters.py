"""集体入会 on the desk: drop a file, correct the columns, preview, take effect, undo, fetch result."""

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Conflict, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.membership.actions import rosters
from nuanxin.membership.actions.roster_reading import NOTHING_READ, preview_details
from nuanxin.membership.forms.roster_headings import Field
from nuanxin.membership.forms.rosters import DropForm
from nuanxin.membership.queries.rosters import (
    BatchRow,
    get_batch_row,
    get_undo_effect,
    list_batches,
)
from nuanxin.membership.states import BatchState
from nuanxin.membership.tasks import rosters as jobs
from nuanxin.orgs import queries as orgs

PREVIEW_ROWS = 50
_STATE_KINDS = {
    BatchState.READING: "care",
    BatchState.PREVIEWED: "info",
    BatchState.RUNNING: "care",
    BatchState.DONE: "ok",
    BatchState.FAILED: "stop",
}
_GROUP_CSS = {
    "ok": "c-new",
    "transfer": "c-move",
    "already_member": "c-same",
    "already_invited": "c-same",
    "repeated": "c-dup",
}


@requires("roster.view")
@require_GET
def roster_list(request: HttpRequest) -> HttpResponse:
    """List the batches of the scope, the newest first."""
    before = request.GET.get("before", "")
    batches = list_batches(actor_of(request), before=whole_number(before), limit=51)
    shown, more = batches[:50], batches[50:]
    context = {
        "page_title": _list_title(shown),
        "columns": [
            {"label": "名单"}, {"label": "工会"}, {"label": "状态"},
            {"label": "行", "css": "num"}, {"label": "上传"},
        ],
        "rows": [_list_row(batch) for batch in shown],
        "may_drop": policy.holds(actor_of(request), "roster.create"),
        "next_url": f"?{urlencode({'before': shown[-1].id})}" if more else "",
    }  # fmt: skip
    return render(request, "membership/rosters/list.html", context)


@requires("roster.create")
@require_http_methods(["GET", "HEAD", "POST"])
def roster_drop(request: HttpRequest) -> HttpResponse:
    """Take a file; it is read by a job while the officer sees how far it is."""
    actor = actor_of(request)
    initial = {"union": request.GET.get("union", "") or _own_union_code(actor)}
    form = DropForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        occupation = form.cleaned_data["occupation"]
        try:
            batch_id = rosters.open_batch(
                union_id=orgs.get_union_by_code(form.cleaned_data["union"].strip()).id,
                file_name=upload.name,
                content=upload.read(),
                occupation=int(occupation) if occupation else None,
                can_point_out=True,
                actor=actor,
                now=clock.now(),
            )
        except NotFound:
            form.add_error("union", "您管的范围里没有这个编码的工会。请再核对一下。")
        except Refusal as refusal:
            form.add_error("file", refusal.message)
        else:
            jobs.read_roster.defer(batch_id=batch_id)
            return HttpResponseRedirect(reverse("desk-roster", args=[batch_id]))
    status = 422 if form.is_bound and form.errors else 200
    context = {
        "page_title": "集体入会",
        "page_lead": "把您手里的名单原样传上来就行，列的顺序、标题、空行都不用改。",
        "form": form,
        "file_error": (form.errors.get("file") or [""])[0],
        "crumbs": [{"label": "集体入会", "url": reverse("desk-rosters")}, {"label": "新名单"}],
    }
    return render(request, "membership/rosters/drop.html", context, status=status)


@requires("roster.view")
@require_GET
def roster(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show one batch in the state it is in."""
    actor = actor_of(request)
    batch = get_batch_row(actor, batch_id)
    details = _details(actor, batch)
    chosen = request.GET.get("group", "")
    at = request.GET.get("from", "")
    first = whole_number(at, longest=9) or 0
    rows = [row for row in details["rows"] if not chosen or row["outcome"] == chosen]
    may_act = policy.may(actor, "roster.create", path=orgs.get_union(batch.union_id).path)
    context = {
        "page_title": _title(batch),
        "page_lead": f"{batch.union_name} · {batch.file_name}",
        "batch": batch,
        "state_kind": _STATE_KINDS.get(batch.state, ""),
        "is_working": batch.state in (BatchState.READING, BatchState.RUNNING),
        "is_previewed": batch.state == BatchState.PREVIEWED,
        "may_act": may_act,
        "undo": get_undo_effect(actor, batch.id) if may_act and _may_undo(batch) else None,
        "can_confirm": may_act
        and batch.state == BatchState.PREVIEWED
        and any(batch.totals.get(code) for code in ("ok", "transfer")),
        "confirm_label": _confirm_label(batch),
        "tabs": _tabs(batch, chosen),
        "columns": [
            {"label": "行", "css": "num"}, {"label": "姓名"}, {"label": "身份证号"},
            {"label": "结论"}, {"label": "原因和怎么改"},
        ],
        "rows": [_preview_row(batch, row) for row in rows[first : first + PREVIEW_ROWS]],
        "first": first + 1,
        "last": min(first + PREVIEW_ROWS, len(rows)),
        "shown_total": len(rows),
        "unlisted": sum(n for code, _, n in batch.groups if chosen in ("", code)) - len(rows),
        "next_url": _page_url(chosen, first + PREVIEW_ROWS, len(rows)),
        "previous_url": _page_url(chosen, first - PREVIEW_ROWS, len(rows)),
        "mapping": _mapping_rows(details, batch),
        "notes": details["notes"],
        "sheets": _sheet_choices(details),
        "sample": details["sample"],
        "headings": details["headings"],
        "has_result": batch.state in (BatchState.PREVIEWED, BatchState.DONE) and not batch.failure,
        "crumbs": [{"label": "集体入会", "url": reverse("desk-rosters")},
                   {"label": batch.file_name}],
    }  # fmt: skip
    return render(request, "membership/rosters/batch.html", context)


@requires("roster.create")
@require_POST
def roster_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take the officer's correction of the columns, or another sheet, and read again."""
    actor = actor_of(request)
    batch = get_batch_row(actor, batch_id)
    chosen = {
        field: int(column)
        for field in _CORRECTABLE
        if (column := request.POST.get(f"column-{field}", "")).isdecimal()
    }
    before = batch.mapping or _details(actor, batch)["mapping"]
    kept = {f: c for f, c in before.items() if f not in _CORRECTABLE and c not in chosen.values()}
    is_about_columns = any(f"column-{field}" in request.POST for field in _CORRECTABLE)
    rosters.correct_columns(
        batch_id=batch_id,
        mapping=kept | chosen if is_about_columns else before,
        sheet=request.POST.get("sheet", ""),
        actor=actor,
        now=clock.now(),
    )
    jobs.read_roster.defer(batch_id=batch_id)
    return HttpResponseRedirect(reverse("desk-roster", args=[batch_id]))


@requires("roster.create")
@require_POST
def roster_confirm(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Let the batch take effect: one click, then a bar."""
    rosters.confirm_batch(batch_id=batch_id, actor=actor_of(request), now=clock.now())
    jobs.run_roster.defer(batch_id=batch_id)
    return HttpResponseRedirect(reverse("desk-roster", args=[batch_id]))


@requires("roster.create")
@require_POST
def roster_discard(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Put a batch away that has not taken effect."""
    rosters.discard_batch(batch_id=batch_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-rosters"))


@requires("roster.create")
@require_POST
def roster_undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take the whole batch back."""
    rosters.undo_batch(batch_id=batch_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-roster", args=[batch_id]))


@requires("roster.view")
@require_GET
def roster_result(request: HttpRequest, batch_id: int) -> FileResponse:
    """Give the officer's own sheet back with result and reason."""
    actor = actor_of(request)
    batch = get_batch_row(actor, batch_id)
    has_rows = batch.state in (BatchState.PREVIEWED, BatchState.RUNNING, BatchState.DONE)
    if not has_rows or (batch.state == BatchState.PREVIEWED and batch.failure):
        raise Conflict("roster.no_result", "这份名单没有结果表：还没读完，或者已经放弃、撤销了。")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.xlsx"
        rosters.write_result_workbook(batch_id=batch_id, path=path, actor=actor)
        file = path.open("rb")
    name = f"{Path(batch.file_name).stem}-结果.xlsx"
    return FileResponse(file, as_attachment=True, filename=name)


# ---- inside -----------------------------------------------------------------------------------


def _own_union_code(actor: Any) -> str:
    """Return the code of the one union that the officer works for; empty when there are more."""
    paths = policy.scope_paths(actor, "roster.create")
    if len(paths) != 1 or paths[0] == policy.EVERYWHERE:
        return ""
    union = orgs.get_union(int(paths[0].rstrip("/").rsplit("/", 1)[-1]))
    return union.code if union.accepts_members else ""


def _details(actor: Any, batch: BatchRow) -> dict[str, Any]:
    if batch.state in (BatchState.READING, BatchState.FAILED, BatchState.DISCARDED):
        return NOTHING_READ
    return preview_details(rosters.get_batch(actor, batch.id))


def _may_undo(batch: BatchRow) -> bool:
    is_in_time = batch.undo_until is not None and clock.now() <= batch.undo_until
    return batch.state == BatchState.DONE and is_in_time


def _list_title(batches: list[BatchRow]) -> str:
    waiting = sum(batch.state == BatchState.PREVIEWED for batch in batches)
    return f"{waiting} 份名单等您确认" if waiting else "集体入会"


def _list_row(batch: BatchRow) -> dict[str, Any]:
    return {
        "url": reverse("desk-roster", args=[batch.id]),
        "cells": [
            batch.file_name,
            batch.union_name,
            batch.state_label,
            f"{batch.rows_count:,}",
            f"{clock.business_day(batch.created_at)} {batch.created_by_name}",
        ],
    }


def _title(batch: BatchRow) -> str:
    ok, moved = batch.totals.get("ok", 0), batch.totals.get("transfer", 0)
    wrong = batch.rows_count - sum(
        batch.totals.get(code, 0)
        for code in ("ok", "transfer", "already_member", "already_invited", "repeated")
    )
    return {
        BatchState.READING: "正在读您的名单",
        BatchState.PREVIEWED: "请指出身份证号是哪一列"
        if batch.failure
        else f"{batch.rows_count:,} 行，{ok:,} 人可以邀请，{wrong:,} 行要改",
        BatchState.RUNNING: "正在办理",
        BatchState.DONE: "办完了，" + "，".join(_outcome_words(ok, moved)),
        BatchState.FAILED: "这份名单没读成",
        BatchState.UNDONE: "整批撤销了",
        BatchState.DISCARDED: "这份名单已放弃",
    }[batch.state]


def _outcome_words(ok: int, moved: int) -> list[str]:
    words = [f"邀请了 {ok:,} 人"] if ok or not moved else []
    return [*words, f"提议转会 {moved:,} 人"] if moved else words


def _confirm_label(batch: BatchRow) -> str:
    ok, moved = batch.totals.get("ok", 0), batch.totals.get("transfer", 0)
    words = [f"邀请这 {ok:,} 人"] if ok else []
    words += [f"提议 {moved:,} 人转会"] if moved else []
    return "，".join(words)


def _tabs(batch: BatchRow, chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": count,
            "css": _GROUP_CSS.get(code, "c-fix"),
            "url": f"?{urlencode({'group': code})}",
            "active": code == chosen,
        }
        for code, label, count in batch.groups
    ]


def _preview_row(batch: BatchRow, row: dict[str, Any]) -> dict[str, Any]:
    labels = {code: label for code, label, _ in batch.groups}
    return {
        "cells": [
            {"text": row["row"], "css": "num"},
            row["name"] or "—",
            row["identity"] or "—",
            labels.get(row["outcome"], row["outcome"]),
            row["reason"] or "",
        ]
    }


def _page_url(chosen: str, first: int, total: int) -> str:
    if first < 0 or first >= total:
        return ""
    kept: dict[str, str] = {"from": str(first)}
    if chosen:
        kept["group"] = chosen
    return f"?{urlencode(kept)}"


def _mapping_rows(details: dict[str, Any], batch: BatchRow) -> list[dict[str, Any]]:
    """Return one row a field: which column was taken for it, and all columns to choose from."""
    used = batch.mapping or details["mapping"]
    return [
        {
            "name": f"column-{field.value}",
            "label": field.label,
            "choices": [{"value": "", "label": "不用", "is_chosen": field.value not in used}]
            + [
                {"value": at, "label": heading or f"第 {at + 1} 列",
                 "is_chosen": used.get(field.value) == at}
                for at, heading in enumerate(details["headings"])
            ],
        }
        for field in Field
        if field.value in _CORRECTABLE
    ]  # fmt: skip


_CORRECTABLE = ("name", "identity", "phone", "employer", "outlet", "occupation", "joined_on")


def _sheet_choices(details: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sheets to choose from; none where only one is a roster."""
    names = details["sheets"]
    if len(names) < 2:
        return []
    return [{"value": n, "label": n, "is_chosen": n == details["sheet"]} for n in names]
