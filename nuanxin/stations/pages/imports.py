"""Lists of stations at the desk: drop, preview, answer, decide, confirm."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.geo import CRS
from nuanxin.kernel.text import whole_number
from nuanxin.orgs import queries as orgs
from nuanxin.stations import permissions
from nuanxin.stations.actions import importing as acts
from nuanxin.stations.forms.imports import ImportDropForm
from nuanxin.stations.models import StationImport, StationImportRow
from nuanxin.stations.pages.words import FIELD_WORDS
from nuanxin.stations.queries import imports as queries
from nuanxin.stations.states import ImportState, RowVerdict
from nuanxin.stations.tasks import imports as jobs

_CSS = {
    RowVerdict.NEW: "c-new", RowVerdict.CHANGED: "c-move", RowVerdict.SAME: "c-same",
    RowVerdict.UNSURE: "c-fix", RowVerdict.WRONG: "c-fix", RowVerdict.REPEATED: "c-dup",
    RowVerdict.SKIPPED: "c-dup",
}  # fmt: skip
_STATES = {
    RowVerdict.NEW: "ok", RowVerdict.CHANGED: "ok", RowVerdict.SAME: "rest",
    RowVerdict.UNSURE: "care", RowVerdict.WRONG: "care", RowVerdict.REPEATED: "rest",
    RowVerdict.SKIPPED: "rest",
}  # fmt: skip
_FIELDS = FIELD_WORDS | {"position": "位置"}


@requires("station.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Take a list of stations."""
    actor = actor_of(request)
    form = ImportDropForm(request.POST or None, request.FILES or None, unions=_unions(actor))
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            listing_id = acts.open_import(
                union_id=form.cleaned_data["union"],
                file_name=upload.name,
                content=upload.read(),
                crs=CRS(form.cleaned_data["crs"]),
                actor=actor,
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("file", refusal.message)
        else:
            jobs.read_import.defer(listing_id=listing_id)
            return HttpResponseRedirect(reverse("desk-station-import", args=[listing_id]))
    context = {
        "page_title": "用名册登记驿站",
        "page_lead": "把手里的表原样传上来：已经登记过的会认出来，不会多出一个。",
        "crumbs": _crumbs("用名册登记"),
        "form": form,
        "others": [field for field in form if field.name != "file"],
        "file_hint": "名称、县（市、区）、地址、经度、纬度……列的顺序不用改。先读一遍给您看，没有您点头，什么都不会改。",
        "file_error": (form.errors.get("file") or [""])[0],
        "back_url": reverse("desk-stations"),
        "earlier": [
            {
                "text": one.file_name,
                "note": f"{ImportState(one.state).label}，{one.rows_count:,} 行",
                "end": str(clock.business_day(one.created_at)),
                "url": reverse("desk-station-import", args=[one.id]),
            }
            for one in queries.list_imports(actor)
        ],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "stations/desk/import_new.html", context, status=status)


@requires("station.manage")
@require_GET
def import_page(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Show one list in the state it is in."""
    return _import_page(request, listing_id)


@requires("station.manage")
@require_POST
def import_act(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Answer, decide rows, confirm or put away: what the pressed button says."""
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    acts.get_import(actor, listing_id)
    try:
        if do == "crs":
            crs = request.POST.get("crs", "")
            acts.answer_question(
                listing_id=listing_id, crs=CRS(crs) if crs in list(CRS) else CRS.GCJ02,
                actor=actor, now=now,
            )  # fmt: skip
            jobs.read_import.defer(listing_id=listing_id)
        elif do == "decide":
            told = {
                int(key.removeprefix("row-")): str(value)
                for key, value in request.POST.items()
                if key.startswith("row-") and key[4:].isdecimal() and len(key) < 14 and value
            }
            acts.decide_rows(listing_id=listing_id, decisions=told, actor=actor, now=now)
        elif do in ("new", "all"):
            acts.confirm_import(
                listing_id=listing_id, with_changes=do == "all", actor=actor, now=now
            )
            jobs.run_import.defer(listing_id=listing_id)
        elif do == "discard":
            acts.discard_import(listing_id=listing_id, actor=actor, now=now)
            return HttpResponseRedirect(reverse("desk-station-import-new"))
    except NotFound:
        raise
    except Refusal as refusal:
        return _import_page(request, listing_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-station-import", args=[listing_id]))


def _import_page(
    request: HttpRequest, listing_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    found = acts.get_import(actor_of(request), listing_id)
    state = ImportState(found.state)
    chosen = _chosen(request, found)
    after = request.GET.get("after", "")
    rows = queries.list_rows(found.id, chosen, after=whole_number(after, longest=8) or 0)
    shown, more = rows[: queries.PAGE_ROWS], rows[queries.PAGE_ROWS :]
    is_previewed = state is ImportState.PREVIEWED
    asks = is_previewed and chosen is RowVerdict.UNSURE
    kept = {"group": str(int(chosen))} if chosen else {}
    context = {
        "page_title": _title(found, state),
        "page_lead": f"{found.union.name} · {found.file_name}",
        "crumbs": _crumbs(found.file_name),
        "problem": problem,
        "failure": found.failure,
        "is_working": state in (ImportState.READING, ImportState.RUNNING),
        "is_done": state is ImportState.DONE,
        "is_previewed": is_previewed,
        "question": _question(found) if is_previewed and found.question else None,
        "notes": found.notes if is_previewed else [],
        "tabs": _tabs(found, chosen),
        "confirms": _confirms(found) if is_previewed and not found.question else [],
        "act_url": reverse("desk-station-import-act", args=[found.id]),
        "again_url": reverse("desk-station-import-new"),
        "list_url": reverse("desk-stations"),
        "asked": [_asked(one) for one in shown] if asks else [],
        "columns": [
            {"label": "驿站"}, {"label": "表里", "css": "nw"}, {"label": "结论"},
            {"label": "原因和变动"},
        ],
        "rows": [] if asks else [_row(one) for one in shown],
        "shown_words": f"第 {shown[0].row}–{shown[-1].row} 行" if shown else "",
        "next_url": f"?{urlencode(kept | {'after': shown[-1].row})}" if more else "",
        "start_url": f"?{urlencode(kept)}" if after else "",
    }  # fmt: skip
    return render(request, "stations/desk/import.html", context, status=status)


# ---- inside -------------------------------------------------------------------------------------


def _unions(actor: Any) -> list[tuple[str, str]]:
    paths = policy.scope_paths(actor, permissions.MANAGE)
    ids = [int(path.rstrip("/").rsplit("/", 1)[-1]) for path in paths if path != "/"]
    return [(str(key), one.name) for key, one in orgs.list_unions_by_id(ids).items()]


def _crumbs(here: str) -> list[dict[str, str]]:
    return [{"label": "驿站", "url": reverse("desk-stations")}, {"label": here}]


def _chosen(request: HttpRequest, found: StationImport) -> RowVerdict | None:
    """Return the group that the address asks for; at first what wants a look, where there is any."""
    known = {str(int(one)): one for one in RowVerdict}
    group = request.GET.get("group", "")
    if group == "" and found.state == ImportState.PREVIEWED and found.totals.get("UNSURE"):
        return RowVerdict.UNSURE
    return known.get(group)


def _title(found: StationImport, state: ImportState) -> str:
    count = found.totals.get
    new, changed, unsure = count("NEW", 0), count("CHANGED", 0), count("UNSURE", 0)
    parts = (("新登记", new), ("有变动", changed), ("要您看", unsure))
    told = "，".join(f"{word} {number:,} 个" for word, number in parts if number)
    return {
        ImportState.READING: "正在读您的名册",
        ImportState.PREVIEWED: f"{found.rows_count:,} 行：{told or '没有要登记的'}",
        ImportState.RUNNING: "正在登记",
        ImportState.DONE: f"办完了：登记了 {new:,} 个"
        + (f"，改了 {changed:,} 个" if found.with_changes else ""),
        ImportState.FAILED: "这份名册没办成",
        ImportState.DISCARDED: "这份名册已放弃",
    }[state]


def _tabs(found: StationImport, chosen: RowVerdict | None) -> list[dict[str, Any]]:
    rows = [
        {
            "label": one.label,
            "count": found.totals[one.name],
            "css": _CSS[one],
            "url": f"?{urlencode({'group': int(one)})}",
            "active": one is chosen,
        }
        for one in RowVerdict
        if found.totals.get(one.name)
    ]
    if rows:
        everything = {
            "label": "全部", "count": found.rows_count, "css": "c-same", "url": "?group=all",
            "active": chosen is None,
        }  # fmt: skip
        rows.append(everything)
    return rows


def _question(found: StationImport) -> dict[str, Any]:
    question = found.question or {}
    likelier, said = CRS(question["crs"]), CRS(found.crs)
    return {
        "text": question["text"],
        "choices": [
            {"value": likelier.value, "label": f"是{likelier.label}的，按它换算", "kind": "go"},
            {"value": said.value, "label": f"没有错，就是{said.label}的", "kind": ""},
        ],
    }


def _confirms(found: StationImport) -> list[dict[str, str]]:
    new, changed = found.totals.get("NEW", 0), found.totals.get("CHANGED", 0)
    rows = []
    if changed:
        label = f"登记 {new:,} 个，改 {changed:,} 个" if new else f"改这 {changed:,} 个"
        rows.append({"do": "all", "label": label, "kind": "go"})
    if new:
        label = f"只登记新的 {new:,} 个" if changed else f"登记这 {new:,} 个"
        rows.append({"do": "new", "label": label, "kind": "" if changed else "go"})
    return rows


def _asked(one: StationImportRow) -> dict[str, Any]:
    return {
        "title": f"第 {one.row} 行：{one.cells.get('name', '（没写名称）')}",
        "text": f"{one.cells.get('address', '')}。{one.reason}",
        "name": f"row-{one.row}",
        "choices": [choice | {"is_chosen": False} for choice in one.choices],
    }


def _row(one: StationImportRow) -> dict[str, Any]:
    verdict = RowVerdict(one.verdict)
    changes = "；".join(_change(name, told) for name, told in one.changes.items())
    cell: dict[str, Any] = {
        "text": one.cells.get("name", "（没写名称）"),
        "note": one.station.code if one.station else one.cells.get("address", ""),
    }
    if one.station and verdict is not RowVerdict.SKIPPED:
        cell["url"] = reverse("desk-station", args=[one.station.code])
    return {
        "cells": [
            cell,
            {"text": f"第 {one.row} 行", "css": "nw"},
            {"text": verdict.label, "state": _STATES[verdict], "css": "nw"},
            {"text": one.reason or "没有问题", "note": changes},
        ]
    }


def _change(name: str, told: list[Any]) -> str:
    label = _FIELDS.get(name, name)
    before, after = told
    if name == "position":
        return f"{label}差 {before}"
    if name in ("facilities", "names"):
        return (
            f"{label}加 {len(after)} 样" if name == "facilities" else f"{label}：{'、'.join(after)}"
        )
    said = {True: "是", False: "否", None: "空着", "": "空着"}
    return f"{label}：{said.get(before, before)} → {said.get(after, after)}"
