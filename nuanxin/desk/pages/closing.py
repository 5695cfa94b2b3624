"""An outlet that is no longer used, an employer that has ended: what it means, one click, the way back."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk import rules
from nuanxin.desk.forms import CloseForm
from nuanxin.desk.queries import ground
from nuanxin.desk.queries.ground import EmployerEnding, OutletOf
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Refusal
from nuanxin.membership.actions import employers
from nuanxin.orgs import actions as orgs

_METHODS = ["GET", "HEAD", "POST"]
OUTLETS, EDIT = "outlet.register", "org_unit.edit"
_NOT_ALL_HERE = (
    "这家单位还由别处的工会覆盖，终止要由管着它们的上级工会登记。"
    "只是本工会不再覆盖它，请回单位那一页点“不再覆盖”。"
)


@requires(OUTLETS)
@require_http_methods(_METHODS)
def outlet(request: HttpRequest, code: str, outlet_id: int) -> HttpResponse:
    """Show what closing an outlet means and close it; a closed one is opened again."""
    actor: Actor = actor_of(request)
    shown = ground.get_outlet(actor=actor, code=code, outlet_id=outlet_id, right=OUTLETS)
    form = _form(request)
    done = reverse("desk-union-outlets", args=[shown.union.code])
    if request.method == "POST" and request.POST.get("step") == "reopen":
        orgs.reopen_outlet(outlet_id=outlet_id, actor=actor, now=clock.now())
        return HttpResponseRedirect(done)
    if request.method == "POST" and form.is_valid():
        try:
            orgs.close_outlet(
                outlet_id=outlet_id,
                closed_on=form.cleaned_data["closed_on"],
                actor=actor,
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("closed_on", refusal.message)
        else:
            return HttpResponseRedirect(f"{done}?closed=1")
    return _page(request, form, _outlet_context(shown))


@requires(EDIT)
@require_http_methods(_METHODS)
def employer(request: HttpRequest, code: str, employer_id: int) -> HttpResponse:
    """Show what an employer's end means and note it; one that is noted is taken back."""
    actor: Actor = actor_of(request)
    shown = ground.get_employer_ending(actor=actor, code=code, employer_id=employer_id, right=EDIT)
    if not shown.may_close:
        raise Conflict("desk.upper_union_decides", _NOT_ALL_HERE)
    form = _form(request)
    done = reverse("desk-employer", args=[code, employer_id])
    if request.method == "POST" and request.POST.get("step") == "reopen":
        employers.reopen_employer(employer_id=employer_id, actor=actor, now=clock.now())
        return HttpResponseRedirect(done)
    if request.method == "POST" and form.is_valid():
        try:
            employers.close_employer(
                employer_id=employer_id,
                closed_on=form.cleaned_data["closed_on"],
                actor=actor,
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("closed_on", refusal.message)
        else:
            return HttpResponseRedirect(done)
    return _page(request, form, _employer_context(shown))


def _form(request: HttpRequest) -> CloseForm:
    today = clock.business_day(clock.now())
    return CloseForm(request.POST or None, initial={"closed_on": today})


def _page(request: HttpRequest, form: CloseForm, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "desk/closing.html", {"form": form} | context, status=status)


def _outlet_context(shown: OutletOf) -> dict[str, Any]:
    row, union = shown.outlet, shown.union
    outlets_url = reverse("desk-union-outlets", args=[union.code])
    return {
        "page_title": row.name,
        "page_lead": f"{shown.employer.name}，{shown.place}"
        + (f"，{row.address}" if row.address else ""),
        "crumbs": [
            {"label": "工会", "url": reverse("desk-tree")},
            {"label": union.name, "url": reverse("desk-union", args=[union.code])},
            {"label": "网点", "url": outlets_url},
            {"label": row.name},
        ],
        "closed": f"这个网点 {row.closed_on} 停用了。" if row.closed_on else "",
        "reopen_words": "恢复以后重新计入网点数，会员不动。",
        "reopen_label": "恢复使用",
        "heading": "停用以后",
        "words": rules.words_of_outlet_closing(members=shown.members, place=shown.place),
        "button": "停用这个网点",
        "back_url": outlets_url,
    }


def _employer_context(shown: EmployerEnding) -> dict[str, Any]:
    covered = shown.covered
    row, union = covered.employer, covered.union
    back = reverse("desk-employer", args=[union.code, row.id])
    named = shown.ending[: ground.ENDING_SHOWN]
    return {
        "page_title": f"登记单位终止：{row.name}",
        "page_lead": "单位注销、解散、破产，才登记终止。只是换一家工会来管，用“不再覆盖”。",
        "crumbs": [
            {"label": "工会", "url": reverse("desk-tree")},
            {"label": union.name, "url": reverse("desk-union", args=[union.code])},
            {"label": row.name, "url": back},
            {"label": "终止"},
        ],
        "closed": f"这家单位 {row.closed_on} 登记终止了。" if row.closed_on else "",
        "reopen_words": "恢复以后，同一天停用的网点一起恢复，上级待办里的那一件划掉；已经撤销的工会不会回来。",
        "reopen_label": "恢复这家单位",
        "heading": "登记以后",
        "words": rules.words_of_employer_ending(
            outlets=shown.outlets,
            covering=shown.covering,
            ending=[(one.name, shown.members[one.id]) for one in named],
            more=len(shown.ending) - len(named),
        ),
        "button": "登记终止",
        "back_url": back,
    }


closing_urls = [
    path("desk/unions/<slug:code>/outlets/<int:outlet_id>/", outlet, name="desk-outlet"),
    path(
        "desk/unions/<slug:code>/employers/<int:employer_id>/close/",
        employer,
        name="desk-employer-close",
    ),
]
