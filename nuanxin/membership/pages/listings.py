"""Tables of outlets and of unions at the desk: drop, correct the columns, preview, one click, result."""

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
from nuanxin.kernel.errors import Conflict, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.membership.actions import listings as acts
from nuanxin.membership.forms.listing_columns import Column, columns_of, label_of
from nuanxin.membership.forms.listings import OutletsDropForm, UnionsDropForm
from nuanxin.membership.queries.listings import list_listings
from nuanxin.membership.rules.listing import Verdict
from nuanxin.membership.states import BatchState, ListingKind, ListingOutcome
from nuanxin.membership.tasks import listings as jobs
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.queries import UnionRow

PREVIEW_ROWS = 50
_METHODS = ["GET", "HEAD", "POST"]
_OUTLETS, _UNIONS = acts.RIGHTS[ListingKind.OUTLETS], acts.RIGHTS[ListingKind.UNIONS]
_STATES = {"new": "ok", "here": "rest", "repeated": "rest", "unplaced": "care"}
_CSS = {"new": "c-new", "here": "c-same", "repeated": "c-dup", "unplaced": "c-fix"}


@requires(_OUTLETS)
@require_http_methods(_METHODS)
def outlets_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Take a table of outlets of the employers that a union covers."""
    union = _union(request, code, _OUTLETS)
    employers = [(str(one.id), one.name) for one in orgs.list_covered_employers(union.id)]
    form = OutletsDropForm(request.POST or None, request.FILES or None, employers=employers)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["employer"]
        options = {"employer": int(chosen)} if chosen else {}
        if (answer := _opened(request, union, ListingKind.OUTLETS, form, options)) is not None:
            return answer
    return _drop_page(request, union, ListingKind.OUTLETS, form, has_employers=bool(employers))


@requires(_UNIONS)
@require_http_methods(_METHODS)
def unions_sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Take a table of new unions below a union."""
    union = _union(request, code, _UNIONS)
    form = UnionsDropForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        options = {name: form.cleaned_data[name] for name in ("document", "is_new_form")}
        if (answer := _opened(request, union, ListingKind.UNIONS, form, options)) is not None:
            return answer
    return _drop_page(request, union, ListingKind.UNIONS, form, has_employers=True)


@requires(_OUTLETS, _UNIONS)
@require_GET
def listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Show one table in the state it is in."""
    found = acts.get_listing(actor_of(request), listing_id)
    kind, state = ListingKind(found.kind), BatchState(found.state)
    preview = acts.preview_of(found)
    verdicts = acts.verdicts_of(found) if preview["rows"] else []
    chosen = request.GET.get("group", "")
    at = request.GET.get("from", "")
    first = whole_number(at, longest=9) or 0
    rows = [one for one in verdicts if not chosen or one.outcome.value == chosen]
    fresh = found.totals.get("new", 0)
    is_previewed = state is BatchState.PREVIEWED
    context = {
        "page_title": _title(kind, state, found),
        "page_lead": f"{found.union.name} · {found.file_name}",
        "crumbs": _crumbs(found.union, kind, found.file_name),
        "listing": found,
        "unit": kind.unit,
        "fresh": fresh,
        "is_working": state in (BatchState.READING, BatchState.RUNNING),
        "is_running": state is BatchState.RUNNING,
        "is_previewed": is_previewed,
        "is_done": state is BatchState.DONE,
        "confirm_label": f"登记这 {fresh:,} {kind.unit}" if is_previewed and fresh else "",
        "again_url": _drop_url(found.union.code, kind),
        "where_url": _where_url(found.union.code, kind),
        "after": _AFTER[kind],
        "tabs": _tabs(found.totals, chosen),
        "columns": [
            {"label": f"{kind.label}名称"}, {"label": "表里", "css": "nw"}, {"label": "在哪里"},
            {"label": "单位" if kind is ListingKind.OUTLETS else "上级工会"},
            {"label": "结论"}, {"label": "原因和怎么改"},
        ],
        "rows": [_row(one) for one in rows[first : first + PREVIEW_ROWS]],
        "first": first + 1,
        "last": min(first + PREVIEW_ROWS, len(rows)),
        "shown_total": len(rows),
        "next_url": _page_url(chosen, first + PREVIEW_ROWS, len(rows)),
        "previous_url": _page_url(chosen, first - PREVIEW_ROWS, len(rows)),
        "mapping": _mapping_rows(kind, preview),
        "sheets": _sheet_choices(preview),
        "headings": preview["headings"],
        "sample": preview["sample"],
        "has_result": bool(verdicts),
    }  # fmt: skip
    return render(request, "membership/listings/listing.html", context)


@requires(_OUTLETS, _UNIONS)
@require_POST
def columns(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Take the officer's correction of the columns, or another sheet, and read again."""
    chosen = {
        column.value: int(place)
        for column in Column
        if (place := request.POST.get(f"column-{column.value}", "")).isdecimal()
    }
    acts.correct_listing(
        listing_id=listing_id,
        mapping=chosen if chosen else None,
        sheet=request.POST.get("sheet", ""),
        actor=actor_of(request),
        now=clock.now(),
    )
    jobs.read_listing.defer(listing_id=listing_id)
    return HttpResponseRedirect(reverse("desk-listing", args=[listing_id]))


@requires(_OUTLETS, _UNIONS)
@require_POST
def confirm(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Let the table take effect: one click, then a bar."""
    acts.confirm_listing(listing_id=listing_id, actor=actor_of(request), now=clock.now())
    jobs.run_listing.defer(listing_id=listing_id)
    return HttpResponseRedirect(reverse("desk-listing", args=[listing_id]))


@requires(_OUTLETS, _UNIONS)
@require_POST
def discard(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Put a table away that has not taken effect."""
    found = acts.get_listing(actor_of(request), listing_id)
    acts.discard_listing(listing_id=listing_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(_drop_url(found.union.code, ListingKind(found.kind)))


@requires(_OUTLETS, _UNIONS)
@require_GET
def result(request: HttpRequest, listing_id: int) -> FileResponse:
    """Give the officer's own sheet back with result and reason."""
    actor = actor_of(request)
    found = acts.get_listing(actor, listing_id)
    if not acts.preview_of(found)["rows"]:
        raise Conflict("listing.no_result", "这张表没有结果：还没读完，或者已经放弃了。")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.xlsx"
        acts.write_result(listing_id=listing_id, path=path, actor=actor)
        file = path.open("rb")
    name = f"{Path(found.file_name).stem}-结果.xlsx"
    return FileResponse(file, as_attachment=True, filename=name)


# ---- inside -----------------------------------------------------------------------------------

_HINTS = {
    ListingKind.OUTLETS: "网点名称、地址、县（市、区）、街道、类型、单位信用代码……列的顺序不用改。",
    ListingKind.UNIONS: "工会名称、类型、怎么建的、上级工会、县（市、区）、街道、成立日期、联系人……列的顺序不用改。",
}
_LEADS = {
    ListingKind.OUTLETS: "把手里的网点表原样传上来：一行一个网点，可以在好几个市。",
    ListingKind.UNIONS: "把新建工会的表原样传上来：一行一家。没写上级的，建在这家工会下面。",
}
_AFTER = {
    ListingKind.OUTLETS: "登记以后收不回来：登错了的网点，到网点那一页停用。办过的表再传一次，不会登两遍。",
    ListingKind.UNIONS: "登记以后收不回来：建错了的，到那家工会的页上撤销，撤销也会留下记录。办过的表再传一次，不会建两遍。",
}


def _union(request: HttpRequest, code: str, right: str) -> UnionRow:
    union = orgs.get_union_by_code(code)
    policy.check(actor_of(request), right, path=union.path)
    return union


def _opened(
    request: HttpRequest, union: UnionRow, kind: ListingKind, form: Any, options: dict[str, Any]
) -> HttpResponse | None:
    """Keep the file and lead to its page; None with the form's error where it is refused."""
    upload = form.cleaned_data["file"]
    try:
        listing_id = acts.open_listing(
            union_id=union.id,
            kind=kind,
            file_name=upload.name,
            content=upload.read(),
            options=options,
            actor=actor_of(request),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error("file", refusal.message)
        return None
    jobs.read_listing.defer(listing_id=listing_id)
    return HttpResponseRedirect(reverse("desk-listing", args=[listing_id]))


def _drop_page(
    request: HttpRequest, union: UnionRow, kind: ListingKind, form: Any, *, has_employers: bool
) -> HttpResponse:
    context = {
        "page_title": f"用表登记{'网点' if kind is ListingKind.OUTLETS else '下级工会'}",
        "page_lead": f"{union.name}。{_LEADS[kind]}",
        "crumbs": _crumbs(union, kind, "用表登记"),
        "form": form,
        "file_label": f"{kind.label}表",
        "file_hint": f"{_HINTS[kind]}先读一遍给您看，没有您点头，什么都不会改。",
        "file_error": (form.errors.get("file") or [""])[0],
        "others": [field for field in form if field.name != "file"],
        "has_employers": has_employers,
        "union_url": reverse("desk-union", args=[union.code]),
        "earlier": [
            {
                "text": one.file_name,
                "note": f"{BatchState(one.state).label}，{one.rows_count:,} 行",
                "end": str(clock.business_day(one.created_at)),
                "url": reverse("desk-listing", args=[one.id]),
            }
            for one in list_listings(union.id, kind)
        ],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "membership/listings/drop.html", context, status=status)


def _crumbs(union: Any, kind: ListingKind, here: str) -> list[dict[str, str]]:
    between = (
        [{"label": "网点", "url": _where_url(union.code, kind)}]
        if kind is ListingKind.OUTLETS
        else []
    )
    return [
        {"label": "工会", "url": reverse("desk-tree")},
        {"label": union.name, "url": reverse("desk-union", args=[union.code])},
        *between,
        {"label": here},
    ]


def _drop_url(code: str, kind: ListingKind) -> str:
    name = "desk-outlets-sheet" if kind is ListingKind.OUTLETS else "desk-unions-sheet"
    return reverse(name, args=[code])


def _where_url(code: str, kind: ListingKind) -> str:
    name = "desk-union-outlets" if kind is ListingKind.OUTLETS else "desk-union"
    return reverse(name, args=[code])


def _title(kind: ListingKind, state: BatchState, found: Any) -> str:
    fresh, wrong = found.totals.get("new", 0), found.totals.get("unplaced", 0)
    return {
        BatchState.READING: "正在读您的表",
        BatchState.PREVIEWED: "请指出是哪一列"
        if found.failure
        else f"{found.rows_count:,} 行，{fresh:,} {kind.unit}可以登记，{wrong:,} 行要改",
        BatchState.RUNNING: "正在登记",
        BatchState.DONE: f"办完了，登记了 {fresh:,} {kind.unit}",
        BatchState.FAILED: "这张表没办成",
        BatchState.UNDONE: "整批撤销了",
        BatchState.DISCARDED: "这张表已放弃",
    }[state]


def _tabs(totals: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "label": one.label,
            "count": totals[one.value],
            "css": _CSS[one.value],
            "url": f"?{urlencode({'group': one.value})}",
            "active": one.value == chosen,
        }
        for one in ListingOutcome
        if one.value in totals
    ]


def _row(one: Verdict) -> dict[str, Any]:
    return {
        "cells": [
            {"text": one.name or "（没写名称）", "note": one.values.get("address", "")},
            {"text": f"第 {one.row} 行", "css": "nw"},
            one.where,
            one.whose,
            {"text": one.outcome.label, "state": _STATES[one.outcome.value], "css": "nw"},
            one.reason,
        ]
    }


def _page_url(chosen: str, first: int, total: int) -> str:
    if first < 0 or first >= total:
        return ""
    kept: dict[str, str] = {"from": str(first)}
    if chosen:
        kept["group"] = chosen
    return f"?{urlencode(kept)}"


def _mapping_rows(kind: ListingKind, preview: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row a column: which one was taken for it, and all to choose from."""
    used = preview["mapping"]
    return [
        {
            "name": f"column-{column.value}",
            "label": label_of(column, kind),
            "choices": [{"value": "", "label": "不用", "is_chosen": column.value not in used}]
            + [
                {"value": at, "label": heading or f"第 {at + 1} 列",
                 "is_chosen": used.get(column.value) == at}
                for at, heading in enumerate(preview["headings"])
            ],
        }
        for column in columns_of(kind)
    ]  # fmt: skip


def _sheet_choices(preview: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sheets to choose from; none where there is only one."""
    names = preview["sheets"]
    if len(names) < 2:
        return []
    return [{"value": n, "label": n, "is_chosen": n == preview["sheet"]} for n in names]
