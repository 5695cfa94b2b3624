"""选址 at the desk: ask for a plan, see it worked out, read it, check it, compare two, take it along."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import whole_number
from nuanxin.stations import permissions
from nuanxin.stations.actions import siting as actions
from nuanxin.stations.actions import siting_proof as proofs
from nuanxin.stations.forms.siting import PlanForm
from nuanxin.stations.forms.siting_files import plan_features, write_workbook
from nuanxin.stations.pages import siting_words as words
from nuanxin.stations.pages.site_map import Mark, classes_of
from nuanxin.stations.queries import siting as queries
from nuanxin.stations.queries.areas import list_areas
from nuanxin.stations.queries.siting_demand import open_stations_about
from nuanxin.stations.rules.siting_plan import STEPS, Question, unpack
from nuanxin.stations.rules.siting_proof import PROOF_STEPS
from nuanxin.stations.states import PlanState
from nuanxin.stations.tasks import siting as jobs

_METHODS = ["GET", "HEAD", "POST"]
QUICK_MS = 2_500


@requires("station.plan")
@require_GET
def plan_list(request: HttpRequest) -> HttpResponse:
    """List the plans of the scope, the newest first."""
    before = whole_number(request.GET.get("before", ""))
    plans, more = queries.list_plans(actor_of(request), before=before)
    choices = [
        {"value": str(plan.id), "label": f"{plan.name}（{words.place_name(plan.settings.adcode)}）"}
        for plan in plans
        if plan.is_done
    ]
    context = {
        "page_title": "驿站选址",
        "page_lead": "下一个驿站放在哪里、流动车停在哪里，能多接住最多没人接的人时。",
        "columns": [
            {"label": "方案"}, {"label": "地方"}, {"label": "状态"},
            {"label": "一天多接住", "css": "num"}, {"label": "离最好最多差", "css": "num"}, {"label": "什么时候算的", "css": "nw"},
        ],
        "rows": [_list_row(plan) for plan in plans],
        "new_url": reverse("desk-siting-new"),
        "grids_url": reverse("desk-siting-grids"),
        "compare_url": reverse("desk-siting-compare"),
        "choices": choices if len(choices) > 1 else [],
        "others": [choice | {"is_chosen": at == 1} for at, choice in enumerate(choices)],
        "next_url": f"?before={more}" if more else "",
        "crumbs": [{"label": "驿站选址"}],
    }  # fmt: skip
    return render(request, "stations/siting/list.html", context)


@requires("station.plan")
@require_http_methods(_METHODS)
def plan_new(request: HttpRequest) -> HttpResponse:
    """Ask for a plan; the job works it out."""
    actor = actor_of(request)
    now = clock.now()
    form = PlanForm(
        request.POST or None,
        areas=list_areas(actor, permissions.PLAN),
        grids=[
            (grid.id, f"{grid.name}（{grid.union_name}）") for grid in queries.list_grids(actor)
        ],
        today=clock.business_day(now),
    )
    problem, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            try:
                plan = actions.ask_for_plan(
                    name=form.cleaned_data["name"], settings=form.settings(), actor=actor, now=now
                )
            except NotFound:
                raise
            except Refusal as refusal:
                problem, status = refusal.message, refusal.status
            else:
                jobs.siting_plan.defer(plan_id=plan.id)
                return HttpResponseRedirect(reverse("desk-siting-plan", args=[plan.id]))
        else:
            status = 422
    context = {
        "page_title": "新的选址方案",
        "form": form,
        "problem": problem,
        "grids_url": reverse("desk-siting-grids"),
        "crumbs": [_crumb(), {"label": "新的方案"}],
    }
    return render(request, "stations/siting/new.html", context, status=status)


@requires("station.plan")
@require_GET
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show how far a plan has come, then what came out, on a map and in tables."""
    row = queries.get_plan_row(plan_id, actor=actor_of(request))
    context: dict[str, Any] = {
        "page_title": row.name,
        "page_lead": words.asked(row),
        "plan": row,
        "steps": STEPS,
        "is_working": row.state.is_working,
        "is_proving": row.proof_state is not None and row.proof_state.is_working,
        "proof_steps": PROOF_STEPS,
        "proof_text": words.proof_words(row),
        "may_prove": words.may_prove(row),
        "act_url": reverse("desk-siting-act", args=[row.id]),
        "crumbs": [_crumb(), {"label": row.name}],
    }
    if row.is_done:
        question = unpack(queries.get_question(plan_id, actor=actor_of(request)))
        context |= _shown(row, question)
    return render(request, "stations/siting/plan.html", context)


@requires("station.plan")
@require_POST
def plan_act(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Work a plan out again to check it, prove its bound, or throw it away."""
    actor, now = actor_of(request), clock.now()
    if request.POST.get("do") == "drop":
        actions.drop_plan(plan_id=plan_id, actor=actor, now=now)
        return HttpResponseRedirect(reverse("desk-siting"))
    if request.POST.get("do") == "prove":
        proofs.ask_for_proof(plan_id=plan_id, actor=actor, now=now)
        jobs.prove_siting_plan.defer(plan_id=plan_id)
        return HttpResponseRedirect(reverse("desk-siting-plan", args=[plan_id]))
    row = queries.get_plan_row(plan_id, actor=actor)
    if row.is_done and (row.took_ms or 0) > QUICK_MS:
        jobs.check_siting_plan.defer(plan_id=plan_id)
    else:
        actions.check_plan(plan_id=plan_id, actor=actor, now=now)
    return HttpResponseRedirect(reverse("desk-siting-plan", args=[plan_id]))


@requires("station.plan")
@require_GET
def plan_workbook(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return the plan as a workbook: places, vans, numbers, by hour."""
    row = _done(request, plan_id)
    response = HttpResponse(
        write_workbook(row, words),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f'attachment; filename="siting-{row.id}.xlsx"'
    return response


@requires("station.plan")
@require_GET
def plan_geojson(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return the suggested places and stops as GeoJSON (WGS-84)."""
    row = _done(request, plan_id)
    body = json.dumps(plan_features(row, words), ensure_ascii=False)
    response = HttpResponse(body, content_type="application/geo+json")
    response["Content-Disposition"] = f'attachment; filename="siting-{row.id}.geojson"'
    return response


@requires("station.plan")
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Show two plans beside each other: numbers, maps in the same classes, places they share."""
    numbers = [whole_number(request.GET.get(name, "")) for name in ("a", "b")]
    if None in numbers:
        return HttpResponseRedirect(reverse("desk-siting"))
    rows = [_done(request, number) for number in numbers if number is not None]
    asked = [unpack(queries.get_question(row.id, actor=actor_of(request))) for row in rows]
    steps = classes_of(
        [
            value
            for row, question in zip(rows, asked, strict=True)
            for _, _, value in words.squares_of(question, _smallest(row))
        ]
    )
    context = {
        "page_title": "两份方案对照",
        "columns": [{"label": "数"}, *({"label": row.name, "css": "num"} for row in rows)],
        "rows": _side_by_side(rows),
        "sides": [
            {"plan": row, "url": reverse("desk-siting-plan", args=[row.id])}
            | _shown(row, question, steps)
            for row, question in zip(rows, asked, strict=True)
        ],
        "crumbs": [_crumb(), {"label": "对照"}],
    }
    return render(request, "stations/siting/compare.html", context)


def _shown(
    row: queries.PlanRow, question: Question, steps: list[float] | None = None
) -> dict[str, Any]:
    stations = open_stations_about(question.lat, question.lng, 0, row.settings.day)
    is_open = [bool(hours.any()) for hours in stations.hours]
    marks = [
        Mark(float(lat), float(lng), "station" if opened else "closed")
        for lat, lng, opened in zip(stations.lat, stations.lng, is_open, strict=True)
    ]
    count = len(row.result["sites"])
    return {
        "facts": words.facts(row),
        "drawn": words.map_of(row, question, marks, _smallest(row), steps),
        "finding": f"地图：{count} 个建议的地方多接住 {words.hours(row.result['served'])} 人时，颜色越深没人接的越多",
        "site_columns": [
            {"label": "号"}, {"label": "地方"}, {"label": "一天多接住", "css": "num"}, {"label": "为什么"},
        ],
        "site_rows": words.site_rows(row),
        "van_columns": [
            {"label": "几点", "css": "nw"}, {"label": "做什么", "css": "nw"}, {"label": "哪里"}, {"label": "接住", "css": "num"},
        ],
        "van_tables": words.van_tables(row),
        "trial_columns": [
            {"label": "办法"}, {"label": "接住（人时/天）", "css": "num"}, {"label": "相当于", "css": "num"},
        ],
        "trial_rows": words.trial_rows(row),
        "remarks": words.remarks(row),
        "workbook_url": reverse("desk-siting-workbook", args=[row.id]),
        "geojson_url": reverse("desk-siting-geojson", args=[row.id]),
    }  # fmt: skip


def _side_by_side(rows: list[queries.PlanRow]) -> list[dict[str, Any]]:
    told = [{one["label"]: one["value"] for one in words.facts(row)} for row in rows]
    labels = list(dict.fromkeys([*told[0], *told[1]]))
    lines = [
        {"cells": [label, *({"text": side.get(label, "—"), "css": "num"} for side in told)]}
        for label in labels
    ]
    chosen = [{site["place"] for site in row.result["sites"]} for row in rows]
    same = rows[0].digest == rows[1].digest
    if same or rows[0].settings.side_m == rows[1].settings.side_m:
        points = [{(site["lat"], site["lng"]) for site in row.result["sites"]} for row in rows]
        shared = len(points[0] & points[1])
        lines.append({"cells": ["两份都选的地方", *({"text": f"{shared} 个，共 {len(one)} 个", "css": "num"} for one in chosen)]})  # fmt: skip
    return lines


def _list_row(row: queries.PlanRow) -> dict[str, Any]:
    result = row.result
    gained = "—"
    if row.is_done:
        by_van = sum(stop["worth"] for day in result["vans"] for stop in day)
        gained = f"{words.hours(result['served'] + by_van)} 人时"
    gap = "—"
    if row.is_done and row.settings.count:
        gap = "没有更好的" if result["is_best"] else f"最多差 {result['gap']:.1%}"
    return {
        "url": reverse("desk-siting-plan", args=[row.id]),
        "cells": [
            row.name,
            words.place_name(row.settings.adcode),
            {"text": row.state.label, "state": words.STATE_KINDS[row.state]},
            {"text": gained, "css": "num"},
            {"text": gap, "css": "num"},
            {"text": _moment(row.asked_at), "css": "nw"},
        ],
    }


def _done(request: HttpRequest, plan_id: int) -> queries.PlanRow:
    row = queries.get_plan_row(plan_id, actor=actor_of(request))
    if row.state != PlanState.DONE:
        raise NotFound()
    return row


def _smallest(row: queries.PlanRow) -> float:
    told = parameter("stations.smallest_cell", adcode=str(row.settings.adcode), on=row.settings.day)
    return float(told.value)


def _moment(at: Any) -> str:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"


def _crumb() -> dict[str, str]:
    return {"label": "驿站选址", "url": reverse("desk-siting")}
