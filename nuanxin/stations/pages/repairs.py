"""报修 on the desk: the one list of what is out of order, whoever found it; done, seen, taken away."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST, require_safe

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.stations import permissions
from nuanxin.stations.actions.repairing import finish_repair, see_repair
from nuanxin.stations.forms.repairs import repairs_workbook_of
from nuanxin.stations.pages import living_words, words
from nuanxin.stations.pages.desk import region_choices
from nuanxin.stations.queries import repairs as queries
from nuanxin.stations.queries.repairs import RepairFilter, RepairRow
from nuanxin.stations.states.reporting import RepairSource, RepairStep

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STEPS = {str(int(one)): one for one in RepairStep}
_SOURCES = {str(int(one)): one for one in RepairSource}


@requires("station.list")
@require_GET
def repair_list(request: HttpRequest) -> HttpResponse:
    """List what is out of order, the first due first."""
    return _list_page(request)


@requires("station.manage")
@require_POST
def repair_done(request: HttpRequest, repair_id: int) -> HttpResponse:
    """Note that a thing works again; what an inspection found waits to be seen."""
    try:
        finish_repair(
            repair_id=repair_id, how=request.POST.get("how", ""), actor=actor_of(request),
            now=clock.now(),
        )  # fmt: skip
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(request, refusal)
    return HttpResponseRedirect(_back(request))


@requires("station.inspect")
@require_POST
def repair_seen(request: HttpRequest, repair_id: int) -> HttpResponse:
    """Confirm by another's eyes that it was mended, or send it back."""
    is_good = request.POST.get("do") == "good"
    try:
        see_repair(repair_id=repair_id, is_good=is_good, actor=actor_of(request), now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _list_page(request, refusal)
    return HttpResponseRedirect(_back(request))


@requires("station.list")
@require_safe
def repairs_workbook(request: HttpRequest) -> HttpResponse:
    """Give what the list shows as a workbook."""
    only, _ = _filter(request.GET)
    now = clock.now()
    rows, _ = queries.list_repairs(
        actor=actor_of(request), now=now, only=only, limit=queries.MOST_GIVEN
    )
    today = clock.business_day(now)
    answer = HttpResponse(
        repairs_workbook_of(
            rows, lambda row: row.text or living_words.thing_words(row.what, today)
        ),
        content_type=_XLSX,
    )
    answer["Content-Disposition"] = f'attachment; filename="repairs-{today}.xlsx"'
    return answer


# ---- inside -----------------------------------------------------------------------------------


def _list_page(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    now, actor = clock.now(), actor_of(request)
    asked = request.GET if request.method == "GET" else request.POST
    only, kept = _filter(asked)
    rows, more = queries.list_repairs(
        actor=actor, now=now, only=only, after=_after(asked.get("after", ""))
    )
    today = clock.business_day(now)
    address = reverse("desk-station-repairs")
    context = {
        "page_title": "报修和整改",
        "page_lead": "站长报的、大家报的、检查发现的都在这里，最迟的日子按工作日算。检查发现的，改好了要另一个人看过才算完。",
        "problem": refusal.message if refusal else "",
        "steps": words.choices(
            {key: one.label for key, one in _STEPS.items() if one is not RepairStep.STANDING},
            kept.get("step", ""), RepairStep.STANDING.label,
        ),
        "sources": words.choices(
            {key: one.label for key, one in _SOURCES.items()}, kept.get("source", ""), "全部"
        ),
        "regions": region_choices(actor, kept.get("region", "")),
        "station": kept.get("station", ""),
        "kept": [{"name": name, "value": value} for name, value in kept.items()],
        "clear_url": address if kept else "",
        "repairs": [_repair(one, today, actor) for one in rows],
        "next_url": f"{address}?{urlencode(kept | {'after': f'{more[0]}.{more[1]}'})}"
        if more else "",
        "export_url": f"{reverse('desk-station-repairs-workbook')}?{urlencode(kept)}"
        if rows else "",
        "other_url": reverse("desk-stations-stale"),
    }  # fmt: skip
    status = refusal.status if refusal else 200
    return render(request, "stations/desk/repairs.html", context, status=status)


def _filter(asked: Any) -> tuple[RepairFilter, dict[str, str]]:
    """Return the filter that is asked for, and what of it is kept in addresses."""
    named = ("step", "source", "region", "station")
    kept = {name: value for name in named if (value := asked.get(name, "").strip()[:16])}
    if kept.get("step") not in _STEPS or kept.get("step") == str(int(RepairStep.STANDING)):
        kept.pop("step", None)
    if kept.get("source") not in _SOURCES:
        kept.pop("source", None)
    if regions.REGIONS.get(kept.get("region", "")) is None:
        kept.pop("region", None)
    only = RepairFilter(
        step=_STEPS.get(kept.get("step", ""), RepairStep.STANDING),
        source=_SOURCES.get(kept.get("source", "")),
        region=int(kept["region"]) if "region" in kept else None,
        station=kept.get("station", ""),
    )
    return only, kept


def _repair(row: RepairRow, today: date, actor: Any) -> dict[str, Any]:
    is_found = row.source is RepairSource.INSPECTION
    is_own = row.done_key != "" and row.done_key == actor.person_key
    may_look = permissions.can_inspect(actor, path=row.union_path)
    looks = may_look and row.done_at is not None and row.seen_at is None
    page = (
        reverse("desk-inspection", args=[row.inspection_id])
        if row.inspection_id
        else reverse("desk-station-living", args=[row.code])
    )
    state, due = _due_words(row, today)
    return {
        "id": row.id,
        "field": f"how-{row.id}",
        "url": page,
        "name": row.name,
        "what": row.text or living_words.thing_words(row.what, today),
        "text": f"{row.source.label} {clock.business_day(row.reported_at)} "
        + ("查到的" if is_found else "报的") + (f"：{row.note}" if row.note else ""),
        "due": due,
        "state": state,
        "done": _done_words(row),
        "done_url": reverse("desk-station-repair-done", args=[row.id])
        if row.done_at is None and permissions.can_manage(actor, path=row.union_path) else "",
        "needs_how": is_found,
        "seen_url": reverse("desk-station-repair-seen", args=[row.id])
        if looks and not is_own else "",
        "is_own": row.waits_for_look and is_own,
    }  # fmt: skip


def _due_words(row: RepairRow, today: date) -> tuple[str, str]:
    due = f"{row.due_on.month} 月 {row.due_on.day} 日"
    if row.is_done:
        return "ok", "修好了"
    if row.due_on < today:
        return "stop", f"过了 {due} 还没" + ("复查" if row.done_at else "修好")
    return "care", "等人复查" if row.done_at else f"{due}前"


def _done_words(row: RepairRow) -> str:
    if row.done_at is None:
        return ""
    seen = ""
    if row.seen_at is not None:
        seen = f"；{row.seen_by_name} {clock.business_day(row.seen_at)} 看过了"
    how = f"：{row.how}" if row.how else ""
    return f"{row.done_by_name} {clock.business_day(row.done_at)} 修好{how}{seen}"


def _back(request: HttpRequest) -> str:
    """Return the list as it was asked for when something was said in it."""
    _, kept = _filter(request.POST)
    return f"{reverse('desk-station-repairs')}{'?' if kept else ''}{urlencode(kept)}"


def _after(text: str) -> tuple[date, int] | None:
    day, _, number = text.partition(".")
    try:
        return (date.fromisoformat(day), int(number)) if len(number) < 19 else None
    except ValueError:
        return None
