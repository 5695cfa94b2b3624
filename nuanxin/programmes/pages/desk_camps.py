"""Camps at the desk: classes, who cares for the children, approvals, reports of harm, the audit."""

import csv
import io

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_numbers
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import camp_harm, camps, child_reading
from nuanxin.programmes.forms.camps import ClassForm, SetUpForm
from nuanxin.programmes.pages import camp_words as told
from nuanxin.programmes.queries import camp_desk as queries

_METHODS = ["GET", "HEAD", "POST"]


@requires("camp.view")
@require_GET
def camp_list(request: HttpRequest) -> HttpResponse:
    """List the camps below one's unions."""
    actor = actor_of(request)
    after = whole_numbers([request.GET.get("after", "")])
    rows, following = queries.list_desk_camps(actor=actor, after=after[0] if after else None)
    context = {
        "page_title": "托管班",
        "page_lead": "先在“服务项目”里办一期按班报名的托管，再到这里设班、排人。",
        "columns": told.CAMP_COLUMNS,
        "rows": [told.camp_row(row) for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "staff_url": reverse("desk-camp-staff"),
        "audit_url": reverse("desk-camp-audit") if policy.holds(actor, permissions.CAMP_AUDIT) else "",
        "new_url": f"{reverse('desk-offer-new')}?of=children_camp"
        if policy.holds(actor, permissions.MANAGE)
        else "",
    }  # fmt: skip
    return render(request, "programmes/desk/camps/list.html", context)


@requires("camp.view")
@require_GET
def camp(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show a camp: days, classes, who cares for which class."""
    return _camp_page(request, offer_id)


@requires("camp.manage")
@require_POST
def camp_act(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Set a camp up, add a class, assign somebody or take him off."""
    return _camp_page(request, offer_id)


def _camp_page(request: HttpRequest, offer_id: int) -> HttpResponse:
    actor = actor_of(request)
    found = queries.get_desk_camp(offer_id, actor=actor)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    limits = camps.limits_of(found.adcode, clock.business_day(clock.now()))
    set_up = SetUpForm(request.POST if do == "set_up" else None)
    room = ClassForm(
        request.POST if do == "add_class" else None,
        initial={"size": limits["size_max"], "tutors": limits["tutors"], "volunteers": limits["volunteers"]},
    )  # fmt: skip
    problem, status = "", 200
    if request.method == "POST":
        permissions.check_can_manage_camp(actor, path=found.union_path)
        try:
            if _do(request, found, do, set_up, room):
                return HttpResponseRedirect(reverse("desk-camp", args=[offer_id]))
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    staff = queries.list_desk_staff(actor=actor, now=clock.now()) if found.may_manage else []
    context = {
        "page_title": found.row.title,
        "page_lead": told.camp_lead(found),
        "camp": found,
        "facts": told.camp_facts(found),
        "columns": told.CLASS_COLUMNS,
        "rows": [told.class_row(one, found) for one in found.classes],
        "assigned": [
            {"id": one.id, "text": told.assigned_text(one, found)} for one in found.assigned
        ],
        "class_choices": [
            {"value": one.id, "label": one.label, "is_chosen": False} for one in found.classes
        ],
        "staff_choices": [
            {"value": one.id, "label": f"{one.name}，{one.role.label}", "is_chosen": False}
            for one in staff
            if not one.has_left
        ],
        "limits": limits,
        "set_up": set_up,
        "room": room,
        "problem": problem,
        "children_url": reverse("desk-camp-children", args=[offer_id]) if found.row.camp_id else "",
        "act_url": reverse("desk-camp-act", args=[offer_id]),
        "offer_url": reverse("desk-offer", args=[offer_id]),
        "staff_url": reverse("desk-camp-staff"),
        "crumbs": _crumbs(found.row.title),
    }
    return render(request, "programmes/desk/camps/camp.html", context, status=status)


def _do(
    request: HttpRequest, found: queries.DeskCamp, do: str, set_up: SetUpForm, room: ClassForm
) -> bool:
    """Do what was asked; False where a form has to be filled again."""
    actor, now = actor_of(request), clock.now()
    if do == "set_up":
        if set_up.is_valid():
            camps.set_up_camp(
                offer_id=found.row.offer_id, actor=actor, now=now, **set_up.cleaned_data
            )
        return set_up.is_valid()
    if found.row.camp_id is None:
        raise Malformed("programmes.camp_first", "先填好日子和意外险，再设班。")
    if do == "add_class":
        if room.is_valid():
            camps.add_class(camp_id=found.row.camp_id, draft=room.draft(), actor=actor, now=now)
        return room.is_valid()
    chosen = whole_numbers([request.POST.get("class", ""), request.POST.get("staff", "")])
    if do == "assign" and len(chosen) == 2:
        if chosen[0] not in {one.id for one in found.classes}:
            raise NotFound()
        camps.assign_staff(class_id=chosen[0], staff_id=chosen[1], actor=actor, now=now)
        return True
    ended = whole_numbers([request.POST.get("assignment", "")])
    if do == "end" and ended and ended[0] in {one.id for one in found.assigned}:
        camps.end_assignment(assignment_id=ended[0], actor=actor, now=now)
        return True
    raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")


@requires("camp.view")
@require_GET
def camp_children(request: HttpRequest, offer_id: int) -> HttpResponse:
    """List a camp's children by hint, who asked to read them, reports of harm."""
    return _children_page(request, offer_id)


@requires("camp.children", "camp.approve")
@require_POST
def camp_children_act(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Ask to read the children, decide about another's asking, read; tell of a report of harm."""
    return _children_page(request, offer_id)


def _children_page(request: HttpRequest, offer_id: int) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    found = queries.get_desk_camp(offer_id, actor=actor)
    if found.row.camp_id is None:
        raise NotFound()
    problem, status = "", 200
    clear: list[child_reading.ClearChild] = []
    said = ""
    if request.method == "POST":
        try:
            done = _act_on_children(request, found)
            if done is None:
                return HttpResponseRedirect(reverse("desk-camp-children", args=[offer_id]))
            clear, said = done
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    accesses = queries.list_accesses(found.row.camp_id)
    reports = queries.list_harm_reports(found.row.camp_id)
    context = {
        "page_title": f"孩子：{found.row.title}",
        "page_lead": "这里只写称呼。要看姓名和接送人，写明用途，由另一个人批准；每看一次都记在家长那里。",
        "columns": told.CHILD_COLUMNS,
        "rows": [told.child_row(one) for one in queries.list_desk_children(found.row.camp_id)],
        "clear": [told.clear_lines(one) for one in clear],
        "harm_said": said,
        "accesses": [told.access_line(one, actor.account_id, now) for one in accesses],
        "harms": [told.harm_line(one) for one in reports],
        "act_url": reverse("desk-camp-children-act", args=[offer_id]),
        "may_ask": found.may_ask,
        "may_approve": found.may_approve,
        "problem": problem,
        "crumbs": _crumbs(found.row.title, reverse("desk-camp", args=[offer_id]), "孩子"),
    }
    return render(request, "programmes/desk/camps/children.html", context, status=status)


def _act_on_children(
    request: HttpRequest, found: queries.DeskCamp
) -> tuple[list[child_reading.ClearChild], str] | None:
    """Do what was asked; return what is to be shown, None where the page is read again."""
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    camp_id = found.row.camp_id or 0
    (access_id,) = whole_numbers([request.POST.get("access", "")]) or [0]
    (report_id,) = whole_numbers([request.POST.get("report", "")]) or [0]
    known = {one.id for one in queries.list_accesses(camp_id)}
    if do == "ask":
        child_reading.ask_to_read(
            camp_id=camp_id, purpose=request.POST.get("purpose", ""), actor=actor, now=now
        )
        return None
    if do in ("approve", "refuse", "read") and access_id not in known:
        raise NotFound()
    if do in ("approve", "refuse"):
        child_reading.decide_reading(
            access_id=access_id, is_approved=do == "approve", actor=actor, now=now
        )
        return None
    if do == "read":
        found_children = child_reading.read_camp(
            camp_id=camp_id, access_id=access_id, actor=actor, now=now
        )
        return found_children, ""
    if report_id not in {one.id for one in queries.list_harm_reports(camp_id)}:
        raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
    if do == "read_harm":
        return [], camp_harm.read_harm(report_id=report_id, actor=actor, now=now)
    authority = next((one for one in camp_harm.Authority if one.value == do), None)
    if authority is None:
        raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
    camp_harm.tell_authority(report_id=report_id, authority=authority, actor=actor, now=now)
    return None


@requires("camp.audit")
@require_http_methods(_METHODS)
def camp_audit(request: HttpRequest) -> HttpResponse:
    """Show the year's account of children's data, and give it as CSV with a purpose that is kept."""
    actor, now = actor_of(request), clock.now()
    this = clock.business_day(now).year
    (year,) = whole_numbers([request.GET.get("year", "") or request.POST.get("year", "")]) or [this]
    year = min(max(year, 2018), this)
    found = queries.get_audit(year, actor=actor, now=now)
    lines = told.audit_lines(found)
    problem, status = "", 200
    if request.method == "POST":
        try:
            camps.export_audit(
                year=year, purpose=request.POST.get("purpose", ""), actor=actor, now=now
            )
            return _csv(year, lines)
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = {
        "page_title": f"{year} 年未成年人资料审计",
        "page_lead": "《未成年人网络保护条例》第三十七条：每年审计，一月底前报网信部门。数都从记录里现算。",
        "facts": [{"label": label, "value": value} for label, value in lines],
        "years": [
            {"label": f"{one} 年", "url": f"?year={one}", "active": one == year}
            for one in range(this, max(this - 3, 2017), -1)
        ],
        "year": year,
        "problem": problem,
        "crumbs": _crumbs("年度审计"),
    }
    return render(request, "programmes/desk/camps/audit.html", context, status=status)


def _csv(year: int, lines: list[tuple[str, str]]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["项目", "数"])
    writer.writerows(lines)
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="children-audit-{year}.csv"'
    return answer


def _crumbs(*more: str) -> list[dict[str, str]]:
    crumbs = [{"label": "托管班", "url": reverse("desk-camps")}]
    if len(more) == 3:
        return [*crumbs, {"label": more[0], "url": more[1]}, {"label": more[2]}]
    return [*crumbs, {"label": more[0]}]
