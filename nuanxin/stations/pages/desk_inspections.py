"""检查 on the desk: rounds by sample, filling in a form (also offline), one inspection."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib.staticfiles import finders
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.orgs import queries as orgs
from nuanxin.stations import permissions
from nuanxin.stations.actions import inspecting
from nuanxin.stations.forms.inspections import RoundForm, SheetForm, read_sheets
from nuanxin.stations.pages import words
from nuanxin.stations.queries import inspections as queries
from nuanxin.stations.queries.repairs import count_overdue
from nuanxin.stations.states.inspections import Finding, InspectionKind, RoundState, Verdict
from nuanxin.stations.states.reporting import RepairSource

_METHODS = ["GET", "HEAD", "POST"]
_VERDICTS = {Verdict.EXCELLENT: "ok", Verdict.GOOD: "ok", Verdict.PASS: "off", Verdict.MEND: "care"}
_STATES = {RoundState.COMMITTED: "care", RoundState.DRAWN: "care", RoundState.CLOSED: "off"}
_KINDS = {str(int(one)): one for one in InspectionKind}


# ---- all of it -----------------------------------------------------------------------------------


@requires("station.list")
@require_http_methods(_METHODS)
def home(request: HttpRequest) -> HttpResponse:
    """Show rounds and the latest inspections; commit the list of a new round."""
    actor, now = actor_of(request), clock.now()
    unions = _unions(actor)
    form = RoundForm(request.POST or None, unions=unions) if unions else None
    problem, status = "", 200
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            made = inspecting.commit_round(actor=actor, now=now, **form.terms())
            return HttpResponseRedirect(reverse("desk-inspection-round", args=[made.id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    rounds, _ = queries.list_rounds(actor=actor)
    kind = _KINDS.get(request.GET.get("kind", ""))
    listed, more = queries.list_inspections(
        actor=actor, kind=kind, after=whole_number(request.GET.get("after", ""))
    )
    overdue = count_overdue(actor=actor, now=now)
    kept = {"kind": str(int(kind))} if kind else {}
    context = {
        "page_title": "驿站检查",
        "page_lead": "抽查的名单先封存，再用公开的数抽，谁都能照着重抽一遍。",
        "overdue": overdue,
        "mending_url": _mending_url(),
        "round_columns": _ROUND_COLUMNS,
        "rounds": [_round_row(one) for one in rounds],
        "kinds": words.choices(
            {key: one.label for key, one in _KINDS.items()}, kept.get("kind", ""), "全部"
        ),
        "columns": _COLUMNS,
        "rows": [_inspection_row(one) for one in listed],
        "next_url": f"?{urlencode(kept | {'after': more})}" if more else "",
        "clear_url": reverse("desk-inspections") if kept else "",
        "form": form,
        "problem": problem,
    }
    return render(request, "stations/inspections/home.html", context, status=status)


_ROUND_COLUMNS = [
    {"label": "抽查"}, {"label": "名单", "css": "num"}, {"label": "查了几家", "css": "num"},
    {"label": "哪天前查完", "css": "nw"}, {"label": "到哪一步"},
]  # fmt: skip
_COLUMNS = [
    {"label": "驿站"}, {"label": "为什么查"}, {"label": "谁查的"}, {"label": "得分", "css": "num"},
    {"label": "结论"}, {"label": "哪天", "css": "nw"},
]  # fmt: skip


def _round_row(row: queries.RoundRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("desk-inspection-round", args=[row.id]),
        "cells": [
            {"text": row.title, "note": row.union_name},
            {"text": f"{row.stations:,} 家", "css": "num"},
            {"text": f"{row.inspected} / {row.sampled}" if row.sampled else "还没抽", "css": "num"},
            {"text": str(row.due_on), "css": "nw"},
            {"text": row.state.label, "state": _STATES[row.state]},
        ],
    }


def _inspection_row(row: queries.InspectionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.station_name,
        "url": reverse("desk-inspection", args=[row.id]),
        "cells": [
            {"text": row.station_name, "note": row.station_code},
            row.kind.label,
            row.inspector_name,
            {"text": f"{row.permille / 10:.1f}", "css": "num"},
            {"text": row.verdict.label, "state": _VERDICTS[row.verdict]},
            {"text": str(clock.business_day(row.inspected_at)), "css": "nw"},
        ],
    }


# ---- a round -----------------------------------------------------------------------------------


@requires("station.list")
@require_http_methods(_METHODS)
def round_(request: HttpRequest, round_id: int) -> HttpResponse:
    """Show a round: the committed list, the draw, who is still to be inspected; draw and close it."""
    actor, now = actor_of(request), clock.now()
    found = queries.get_round(round_id, actor=actor)
    do, value, problem, status = request.POST.get("do", ""), "", "", 200
    if request.method == "POST":
        value = request.POST.get("value", "")
        try:
            if do == "draw":
                inspecting.draw_round(round_id=round_id, value=value, actor=actor, now=now)
            elif do == "close":
                inspecting.close_round(round_id=round_id, actor=actor, now=now)
            return HttpResponseRedirect(reverse("desk-inspection-round", args=[round_id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    may_inspect = permissions.can_inspect(actor, path=found.union_path)
    context = {
        "page_title": found.title,
        "page_lead": f"{found.union_name}，名单里 {found.stations:,} 家，{found.due_on} 前查完。",
        "facts": _round_facts(found),
        "columns": [
            {"label": "驿站"}, {"label": "地址"}, {"label": "结论"}, {"label": "哪天", "css": "nw"},
        ],
        "rows": [_sampled_row(one, may_inspect) for one in queries.list_sampled(round_id)],
        "may_draw": may_inspect and found.state is RoundState.COMMITTED,
        "may_close": may_inspect and found.state is RoundState.DRAWN,
        "left": found.sampled - found.inspected,
        "seed": found.draw["seed"]["public"],
        "value": value,
        "file_url": reverse("station-draw-file", args=[round_id]),
        "script_url": reverse("draw-script"),
        "problem": problem,
        "crumbs": _crumbs(found.title),
    }  # fmt: skip
    return render(request, "stations/inspections/round.html", context, status=status)


def _round_facts(found: queries.RoundRow) -> list[dict[str, Any]]:
    rows = [
        {"label": "到哪一步", "value": found.state.label},
        {"label": "封存", "value": f"{words.moment(found.created_at)}，{found.created_by_name}"},
        {"label": "名单指纹", "value": found.draw["commitment"]},
        {"label": "用哪个数抽", "value": found.draw["seed"]["public"]},
    ]
    if found.state is not RoundState.COMMITTED:
        rows += [
            {"label": "数是多少", "value": found.draw["value"]},
            {"label": "抽中", "value": f"{found.sampled} 家，查了 {found.inspected} 家"},
        ]
    return rows


def _sampled_row(row: queries.SampledRow, may_inspect: bool) -> dict[str, Any]:
    if row.inspection_id is None:
        url = reverse("desk-inspect", args=[row.station_code]) if may_inspect else ""
        state = {"text": "还没查", "state": "care"}
    else:
        url = reverse("desk-inspection", args=[row.inspection_id])
        assert row.verdict is not None
        state = {"text": row.verdict.label, "state": _VERDICTS[row.verdict]}
    when = str(clock.business_day(row.inspected_at)) if row.inspected_at else ""
    return {
        "name": row.station_name,
        "url": url,
        "cells": [
            {"text": row.station_name, "note": row.station_code},
            row.address, state, {"text": when, "css": "nw"},
        ],
    }  # fmt: skip


@public
@require_GET
def draw_file(request: HttpRequest, round_id: int) -> HttpResponse:
    """Give anybody the file of a draw: codes of stations, no person."""
    answer = JsonResponse(
        dict(queries.get_public_draw(round_id)), json_dumps_params={"ensure_ascii": False}
    )
    answer["Content-Disposition"] = f'attachment; filename="station-draw-{round_id}.json"'
    return answer


@public
@require_GET
def draw_script(request: HttpRequest) -> HttpResponse:
    """Send anybody on to the one address of the program that draws again; links to this one stand."""
    return HttpResponsePermanentRedirect(reverse("draw-script"))


# ---- filling in ----------------------------------------------------------------------------------


@requires("station.inspect")
@require_http_methods(_METHODS)
def inspect(request: HttpRequest, code: str) -> HttpResponse:
    """Fill in the form in force at a station; the script keeps it on the device without a network."""
    actor, now = actor_of(request), clock.now()
    station = queries.get_to_inspect(code, actor=actor, now=now)
    form = SheetForm(request.POST or None, form=station.form)
    problem, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            made, _ = inspecting.take_sheet(
                sheet=form.sheet(station_code=station.code, now=now), actor=actor, now=now
            )
            return HttpResponseRedirect(reverse("desk-inspection", args=[made.id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": f"检查：{station.name}",
        "page_lead": f"{station.address}。没网也能填，联网自己送出。",
        "station": station,
        "form": form,
        "lines": form.lines(),
        "client_id": request.POST.get("client_id") or str(uuid4()),
        "problem": problem,
        "crumbs": _crumbs(station.name),
    }
    return render(request, "stations/inspections/inspect.html", context, status=status)


@requires("station.inspect")
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Take what a device kept while it was offline, each form once; tell what became of each."""
    actor, now = actor_of(request), clock.now()
    told = []
    for sheet in read_sheets(request.body):
        row: dict[str, Any] = {"id": str(sheet.client_id), "kept": True, "said": ""}
        try:
            made, _ = inspecting.take_sheet(sheet=sheet, actor=actor, now=now)
            row["url"] = reverse("desk-inspection", args=[made.id])
        except Refusal as refusal:
            row |= {"kept": False, "said": refusal.message, "code": refusal.code}
        told.append(row)
    answer = JsonResponse({"taken": told})
    answer["Cache-Control"] = "no-store, private"
    return answer


@public
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """Give the script that keeps the form on the device; its scope is inspections alone."""
    found = finders.find("js/kept_worker.js")
    assert isinstance(found, str)
    answer = HttpResponse(Path(found).read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


# ---- one inspection -----------------------------------------------------------------------------


@requires("station.list")
@require_GET
def inspection(request: HttpRequest, inspection_id: int) -> HttpResponse:
    """Show what was found, line by line."""
    found = queries.get_inspection(inspection_id, actor=actor_of(request))
    lines = queries.list_findings_of(inspection_id)
    until = f"到 {words.moment(found.until_at)}" if found.until_at else ""
    context = {
        "page_title": f"{found.station_name}：{found.verdict.label}",
        "page_lead": f"{found.kind.label}，{words.moment(found.inspected_at)}{until}，"
        f"{found.inspector_name}查的，{found.permille / 10:.1f} 分。",
        "columns": [{"label": "要求"}, {"label": "看到"}, {"label": "整改"}],
        "rows": [_finding_row(one) for one in lines],
        "heard": found.heard,
        "station_url": reverse("desk-station", args=[found.station_code]),
        "mending_url": _mending_url(found.station_code),
        "has_defects": any(one.due_on and not one.seen_at for one in lines),
        "crumbs": _crumbs(found.station_name),
    }
    return render(request, "stations/inspections/inspection.html", context)


_FOUND = {Finding.YES: "ok", Finding.NO: "care", Finding.NOT_HERE: "off"}


def _finding_row(row: queries.FindingRow) -> dict[str, Any]:
    return {
        "cells": [
            {"text": row.text, "note": row.note},
            {"text": row.found.label, "state": _FOUND[row.found]},
            _mending_words(row),
        ]
    }


def _mending_words(row: queries.FindingRow) -> str:
    if row.due_on is None:
        return ""
    if row.seen_at is not None:
        return f"{row.done_by_name}改好，{row.seen_by_name}看过了"
    if row.done_at is not None:
        return f"{row.done_by_name}说改好了，等另一个人看"
    return f"{row.due_on} 前改好"


@requires("station.list")
@require_GET
def mending(request: HttpRequest) -> HttpResponse:
    """Lead to the one list of what is out of order: what inspections found."""
    return HttpResponseRedirect(_mending_url())


def _mending_url(station_code: str = "") -> str:
    asked = {"source": int(RepairSource.INSPECTION)} | (
        {"station": station_code} if station_code else {}
    )
    return f"{reverse('desk-station-repairs')}?{urlencode(asked)}"


# ---- inside -----------------------------------------------------------------------------------


def _unions(actor: Any) -> list[tuple[int, str]]:
    """Return the unions to whose stations the actor's right to inspect begins."""
    paths = queries.inspect_paths(actor)
    own = [int(path.rstrip("/").rsplit("/", 1)[-1]) for path in paths if path.strip("/")]
    return [(key, row.name) for key, row in orgs.list_unions_by_id(own).items()]


def _crumbs(label: str) -> list[dict[str, str]]:
    return [{"label": "驿站检查", "url": reverse("desk-inspections")}, {"label": label}]
