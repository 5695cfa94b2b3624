"""The keeper's phone: open the day, who arrived, who takes whom home; names only on a logged tap."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.text import whole_numbers
from nuanxin.programmes.actions import camp_days, camp_harm, child_reading
from nuanxin.programmes.actions.camp_harm import Authority
from nuanxin.programmes.actions.child_reading import What
from nuanxin.programmes.forms.camps import HarmForm
from nuanxin.programmes.pages import child_words
from nuanxin.programmes.queries import camp_days as queries
from nuanxin.programmes.states import HandOver, Presence, grade_label

_METHODS = ["GET", "HEAD", "POST"]
_READS = {
    "names": (frozenset({What.NAMES}), "带班点名"),
    "health": (frozenset({What.NAMES, What.HEALTH}), "带班，看孩子的健康情况"),
    "sheet": (frozenset({What.NAMES, What.PICKUPS}), "打印当天的纸质到离登记表"),
}


@requires("own.open")
@require_GET
def kept_classes(request: HttpRequest) -> HttpResponse:
    """List the classes that one cares for."""
    today = clock.business_day(clock.now())
    rows = queries.list_kept_classes(_worker(request), today=today)
    context = {
        "page_title": "我带的班",
        "rows": [
            {
                "title": f"{row.title} {row.label}",
                "text": f"{child_words.span(row.starts_on, row.ends_on)}，{row.place}",
                "end": f"{row.children} 个孩子",
                "url": reverse("keeping-class", args=[row.id]),
            }
            for row in rows
        ],
    }
    return render(request, "programmes/keeping/list.html", context)


@requires("own.open")
@require_GET
def kept_class(request: HttpRequest, class_id: int) -> HttpResponse:
    """Show a class today: by hint."""
    return _class_page(request, class_id)


def _class_page(
    request: HttpRequest, class_id: int, *, problem: str = "", status: int = 200,
    names: dict[int, str] | None = None,
) -> HttpResponse:  # fmt: skip
    today = clock.business_day(clock.now())
    room = queries.get_kept_class(class_id, worker_id=_worker(request), today=today)
    rows = queries.list_day(class_id, day=today)
    there = [row for row in rows if row.arrived_at and not row.handed_at]
    context = {
        "page_title": f"{room.label}今天",
        "room": room,
        "lead": f"{room.title}，{child_words.hours(room.opens_at, room.closes_at)}",
        "is_on": room.starts_on <= today <= room.ends_on,
        "days": child_words.span(room.starts_on, room.ends_on),
        "staff": queries.list_class_staff(class_id) if not room.is_open else [],
        "coming": [_line(row, names) for row in rows if not row.arrived_at],
        "there": [
            _line(row, names) | {"url": reverse("keeping-hand-over", args=[class_id, row.place_id])}
            for row in there
        ],
        "gone": [_line(row, names) for row in rows if row.handed_at],
        "counts": f"{len(rows)} 个孩子，在这里 {len(there)} 个",
        "has_notes": any(row.has_note for row in rows),
        "has_names": bool(names),
        "problem": problem,
        "act_url": reverse("keeping-act", args=[class_id]),
        "names_url": reverse("keeping-names", args=[class_id]),
        "harm_url": reverse("keeping-harm", args=[class_id]),
    }
    return render(request, "programmes/keeping/day.html", context, status=status)


def _line(row: queries.Present, names: dict[int, str] | None) -> dict[str, Any]:
    state = "没来" if row.is_absent else "还没到"
    if row.handed_at:
        state = f"{child_words.clock_time(row.handed_at)} {row.handed_to}接走"
    elif row.arrived_at:
        state = f"{child_words.clock_time(row.arrived_at)} 到"
    name = (names or {}).get(row.place_id, row.hint)
    return {
        "value": row.place_id,
        "box": f"place-{row.place_id}",
        "title": f"{row.number}. {name}",
        "label": f"{row.number}. {name}，{grade_label(row.grade)}，{state}",
        "text": f"{grade_label(row.grade)}，{state}{'，有健康情况' if row.has_note else ''}",
        "undo": row.handed_id or row.arrival_id or 0,
    }


@requires("own.open")
@require_POST
def keeping_act(request: HttpRequest, class_id: int) -> HttpResponse:
    """Open the day, record who arrived or is absent, take something back."""
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    queries.get_kept_class(class_id, worker_id=_worker(request), today=clock.business_day(now))
    try:
        if do == "open":
            camp_days.open_day(
                class_id=class_id, staff_ids=whole_numbers(request.POST.getlist("staff")), actor=actor,
                now=now,
            )  # fmt: skip
        elif do in ("arrived", "absent"):
            places = whole_numbers(request.POST.getlist("place"))
            if not places:
                raise Malformed("programmes.no_child_chosen", "先勾上孩子，再点。")
            kind = Presence.ARRIVED if do == "arrived" else Presence.ABSENT
            camp_days.record_presence(
                class_id=class_id, place_ids=places, kind=kind, actor=actor, now=now
            )
        elif do == "undo":
            (presence_id,) = whole_numbers([request.POST.get("presence", "")]) or [0]
            camp_days.take_back_presence(
                class_id=class_id, presence_id=presence_id, actor=actor, now=now
            )
        else:
            raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
    except NotFound:
        raise
    except Refusal as refusal:
        return _class_page(request, class_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("keeping-class", args=[class_id]))


@requires("own.open")
@require_POST
def keeping_names(request: HttpRequest, class_id: int) -> HttpResponse:
    """Show names, health notes or the sheet to print: each reading is logged before."""
    which = request.POST.get("what", "names")
    what, purpose = _READS.get(which, _READS["names"])
    today = clock.business_day(clock.now())
    room = queries.get_kept_class(class_id, worker_id=_worker(request), today=today)
    try:
        found = child_reading.read_own_class(
            class_id=class_id, what=what, purpose=purpose, actor=actor_of(request), now=clock.now()
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _class_page(request, class_id, problem=refusal.message, status=refusal.status)
    if which == "sheet":
        context = {
            "page_title": f"{room.label}到离登记表",
            "room": room,
            "day": child_words.date_words(today),
            "children": found,
            "back_url": reverse("keeping-class", args=[class_id]),
        }
        return render(request, "programmes/keeping/sheet.html", context)
    if which == "health":
        context = {
            "page_title": "健康情况",
            "rows": [{"title": one.name, "text": one.note} for one in found if one.note],
            "back_url": reverse("keeping-class", args=[class_id]),
        }
        return render(request, "programmes/keeping/health.html", context)
    return _class_page(request, class_id, names={one.place_id: one.name for one in found})


@requires("own.open")
@require_http_methods(_METHODS)
def hand_over(request: HttpRequest, class_id: int, place_id: int) -> HttpResponse:
    """Hand a child over: who takes it, and the code of the day; a refusal says why."""
    now = clock.now()
    today = clock.business_day(now)
    room = queries.get_kept_class(class_id, worker_id=_worker(request), today=today)
    row = next(
        (one for one in queries.list_day(class_id, day=today) if one.place_id == place_id), None
    )
    if row is None:
        raise NotFound()
    problem, status, clear = "", 200, {}
    if request.method == "POST":
        try:
            if request.POST.get("do") == "names":
                clear = _pickup_names(request, class_id, place_id)
            else:
                _hand(request, class_id, place_id)
                return HttpResponseRedirect(reverse("keeping-class", args=[class_id]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = {
        "page_title": f"把{row.hint}交给谁",
        "room": room,
        "is_there": row.arrived_at is not None and row.handed_at is None,
        "state": _line(row, None)["text"],
        "pickups": [
            {"value": one.id, "label": one.relation, "text": clear.get(one.id, one.hint), "is_chosen": False}
            for one in queries.list_pickups(row.child_id)
        ],
        "has_names": bool(clear),
        "problem": problem,
        "back_url": reverse("keeping-class", args=[class_id]),
    }  # fmt: skip
    return render(request, "programmes/keeping/hand_over.html", context, status=status)


def _hand(request: HttpRequest, class_id: int, place_id: int) -> None:
    (pickup_id,) = whole_numbers([request.POST.get("pickup", "")]) or [0]
    proofs = {"papers": HandOver.PAPERS, "sheet": HandOver.SHEET}
    camp_days.hand_over(
        class_id=class_id,
        place_id=place_id,
        pickup_id=pickup_id,
        code=request.POST.get("code", ""),
        how=proofs.get(request.POST.get("how", ""), HandOver.CODE),
        actor=actor_of(request),
        now=clock.now(),
    )


def _pickup_names(request: HttpRequest, class_id: int, place_id: int) -> dict[int, str]:
    (child,) = child_reading.read_own_class(
        class_id=class_id, place_id=place_id, what=frozenset({What.PICKUPS}),
        purpose="交接孩子，核对接送人", actor=actor_of(request), now=clock.now(),
    )  # fmt: skip
    return {one.pickup_id: f"{one.name}，{one.phone}" for one in child.pickups}


@requires("own.open")
@require_http_methods(_METHODS)
def harm(request: HttpRequest, class_id: int) -> HttpResponse:
    """Whom to call when a child may have been harmed, and the record of it."""
    now = clock.now()
    today = clock.business_day(now)
    room = queries.get_kept_class(class_id, worker_id=_worker(request), today=today)
    is_sent = request.method == "POST"
    form = HarmForm(request.POST if is_sent else None)
    status, is_kept = 200, False
    if is_sent:
        status = 422
        if form.is_valid():
            try:
                camp_harm.record_harm(
                    class_id=class_id,
                    told=[one for one in Authority if request.POST.get(one.value) == "1"],
                    actor=actor_of(request),
                    now=now,
                    **form.cleaned_data,
                )
                status, is_kept = 200, True
            except NotFound:
                raise
            except Refusal as refusal:
                form.add_error(None, refusal.message)
                status = refusal.status
    place = f"{room.adcode:06d}"
    context = {
        "page_title": "孩子可能受了伤害",
        "authorities": [
            {
                "value": one.value,
                "label": one.label,
                "told": f"已经打电话告诉{one.label}",
                "phone": parameter(
                    f"programmes.camp_{one.value}_phone", adcode=place, on=today
                ).value,
            }
            for one in Authority
        ],
        "form": form,
        "is_kept": is_kept,
        "back_url": reverse("keeping-class", args=[class_id]),
    }
    return render(request, "programmes/keeping/harm.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _worker(request: HttpRequest) -> int:
    found: int | None = actor_of(request).worker_id
    if found is None:
        raise NotFound()
    return found
