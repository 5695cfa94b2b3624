"""Who cares for children: with the day that the criminal record was last checked."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_numbers
from nuanxin.people.queries import find_workers_by_phone
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import camps
from nuanxin.programmes.forms.camps import RenewForm, StaffForm
from nuanxin.programmes.pages import camp_words as told
from nuanxin.programmes.queries import camp_desk as queries
from nuanxin.programmes.states import StaffRole


@requires("camp.view")
@require_GET
def camp_staff(request: HttpRequest) -> HttpResponse:
    """List who cares for children, those without a check in date first."""
    return _page(request)


@requires("camp.manage")
@require_POST
def camp_staff_act(request: HttpRequest) -> HttpResponse:
    """Add somebody, keep a new check or training, note that somebody left."""
    return _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    add = StaffForm(request.POST if do == "add" else None)
    renew = RenewForm(request.POST if do == "renew" else None)
    problem, status = "", 200
    if request.method == "POST":
        try:
            if _do(request, do, add, renew):
                return HttpResponseRedirect(reverse("desk-camp-staff"))
            status = 422
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    rows = queries.list_desk_staff(actor=actor, now=now)
    today = clock.business_day(now)
    context = {
        "page_title": "带班人员",
        "page_lead": "跟孩子打交道的人，上岗前查一次犯罪记录，以后每年查一次。过了一年，系统不让排班，也看不到孩子。",
        "columns": told.STAFF_COLUMNS,
        "rows": [told.staff_row(row, today) for row in rows],
        "staff_choices": [
            {"value": row.id, "label": f"{row.name}，{row.role.label}", "is_chosen": False}
            for row in rows
            if not row.has_left
        ],
        "add": add,
        "renew": renew,
        "may_manage": policy.holds(actor, permissions.CAMP_MANAGE),
        "problem": problem,
        "crumbs": [{"label": "托管班", "url": reverse("desk-camps")}, {"label": "带班人员"}],
    }  # fmt: skip
    return render(request, "programmes/desk/camps/staff.html", context, status=status)


def _do(request: HttpRequest, do: str, add: StaffForm, renew: RenewForm) -> bool:
    actor, now = actor_of(request), clock.now()
    if do == "renew":
        (staff_id,) = whole_numbers([request.POST.get("staff", "")]) or [0]
        if renew.is_valid():
            camps.renew_staff(staff_id=staff_id, actor=actor, now=now, **renew.cleaned_data)
        return renew.is_valid()
    if do != "add":
        raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
    if not add.is_valid():
        return False
    said = dict(add.cleaned_data)
    phone = said.pop("worker_phone")
    found = find_workers_by_phone(phone, limit=2) if phone else []
    if phone and len(found) != 1:
        raise Malformed(
            "programmes.staff_phone",
            "这个手机号登不了。让他先用这个号码登录一次，再来登记；一个号码有两份档案的，先合并。",
        )
    said["role"] = StaffRole(said["role"])
    camps.add_staff(
        union_id=_own_union(actor),
        worker_id=found[0] if found else None,
        actor=actor,
        now=now,
        **said,
    )
    return True


def _own_union(actor: Any) -> int:
    """Return the union of the actor's own post that keeps camps."""
    letters = policy.holders(permissions.CAMP_MANAGE)
    own = [grant.union_id for grant in actor.grants if grant.role in letters and grant.union_id]
    if not own:
        raise NotFound()
    return int(own[0])
