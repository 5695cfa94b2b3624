"""Founding, moving, merging, splitting, dissolving a union; its name, contact, code and term.

Each is a form; what touches others is shown before it is done: the write is rehearsed (so that what
would be refused is refused at once) and its consequences are said in words. What cannot be taken
back asks for the number of members to be typed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk import forms
from nuanxin.desk.actions import rehearse
from nuanxin.desk.pages import union_work as work
from nuanxin.desk.queries import union_changes as queries
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, NotFound, Refusal
from nuanxin.orgs.queries import UnionRow

SHAPE, EDIT, OUTLETS = "org_unit.create", "org_unit.edit", "outlet.register"


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: its words, its form, what it does, and what it means.

    ``words`` None: done at once, it touches nobody else. ``is_final``: it cannot be taken back.
    ``is_below``: it concerns what stands below the union, so a union's own cadre may do it.
    """

    title: str
    lead: str
    button: str
    form: type[forms.UnionForm]
    do: Callable[[UnionRow, dict[str, Any], Actor, datetime], None]
    words: Callable[[UnionRow, dict[str, Any], Actor], list[str]] | None = None
    is_final: bool = False
    is_below: bool = False
    correction: str = ""


SHAPES: dict[str, Change] = {
    "found": Change(
        "建一家下级工会", "建在「{name}」下面。", "建这家工会", forms.FoundForm,
        work.found, work.words_of_founding, is_below=True,
    ),
    "move": Change(
        "调整隶属", "换一个上级，它下面的跟着走。以前的数不变。", "调整隶属", forms.MoveForm,
        work.move, work.words_of_move,
        correction="日期写错了，用「更正隶属」改；挪错了，再调整一次挪回来。",
    ),
    "correct": Change(
        "更正隶属", "登记错了的过去：说明那几天实际在谁下面。更正以前是怎么知道的，仍查得到。",
        "更正隶属", forms.CorrectForm, work.correct, work.words_of_correction,
        correction="更正错了，再更正一次。每一次都留着。",
    ),
    "second": Change(
        "双重隶属", "行业的、跨地区的工会可以再有一个上级；数只按主要的上级计。", "登记双重隶属",
        forms.SecondForm, work.set_second, work.words_of_second,
        correction="写错了，再办一次；空着上级就是结束双重隶属。",
    ),
    "territory": Change(
        "调整地域", "驻地和还在哪些地方干活，从某一天起。以前的不变。", "调整地域",
        forms.TerritoryForm, work.set_territory, work.words_of_territory,
        correction="日期写错了，用「更正地域的日期」改；地方写错了，再调整一次改回来。",
    ),
    "territory-days": Change(
        "更正地域的日期", "登记时把日子写错了的：说明它实际从哪天到哪天。更正以前是怎么知道的，仍查得到。",
        "更正日期", forms.TerritoryDaysForm, work.correct_territory,
        work.words_of_territory_days, correction="更正错了，再更正一次。每一次都留着。",
    ),
    "merge": Change(
        "并入别的工会", "它不再单独存在，会员、下级、网点都到并入的那一家。", "并入",
        forms.MergeForm, work.merge, work.words_of_merger, is_final=True,
        correction="办完收不回来。并错了，只能重新建一家，再请会员转回去。",
    ),
    "split": Change(
        "分出一家工会", "在它旁边新建一家，可以带走一部分下级。会员不动。", "分出这一家",
        forms.SplitForm, work.split, work.words_of_split,
        correction="分错了，把新的一家并回来。",
    ),
    "dissolve": Change(
        "撤销", "登记和记录都留着，会员的会籍由上级工会保留。", "撤销", forms.DissolveForm,
        work.dissolve, work.words_of_dissolution, is_final=True,
        correction="办完收不回来。撤错了，只能重新建一家，再请会员转回去。",
    ),
    "activate": Change(
        "批准成立", "筹建完了，上级批准它成立。", "登记批准", forms.ActivateForm, work.activate,
    ),
    "extend": Change(
        "延期换届", "上级批准推后换届。一届只能延一次。", "登记延期", forms.ExtendForm, work.extend,
    ),
}  # fmt: skip
EDITS: dict[str, Change] = {
    "rename": Change(
        "改名称", "从某一天起用新名称，以前的日子仍显示旧的。", "改名称", forms.RenameForm, work.rename,
    ),
    "contact": Change(
        "改地址和联系方式", "这些对外公开，写单位的，不写个人的。", "存上", forms.ContactForm,
        work.edit_contact,
    ),
    "credit-code": Change(
        "登记统一社会信用代码", "法人证书上的代码，会核对校验位。", "存上", forms.CreditCodeForm,
        work.set_credit_code,
    ),
    "election": Change(
        "登记换届选举", "从选举那天起算一届。", "登记换届", forms.ElectionForm, work.record_election,
    ),
    "cover": Change(
        "覆盖一家单位", "单位和它的全部网点从那天起由这家工会覆盖。", "覆盖", forms.CoverageForm,
        work.extend_coverage,
    ),
    "outlet": Change(
        "登记一个网点", "它覆盖的单位新开的网点，可以在别的市。", "登记网点", forms.OutletForm,
        work.register_outlet,
    ),
    "uncover": Change(
        "不再覆盖一家单位", "从那天起单位和它的网点不再由这家工会覆盖。", "不再覆盖",
        forms.UncoverForm, work.close_coverage,
    ),
}  # fmt: skip
# Changes of a union in preparation, or of one that has a term: offered only where they fit.
_FITTING: dict[str, Callable[[UnionRow], bool]] = {
    "activate": lambda union: union.state.value == "preparing",
    "extend": lambda union: union.term_ends_on is not None,
    "cover": lambda union: union.accepts_members,
    "uncover": lambda union: union.accepts_members,
    "outlet": lambda union: union.accepts_members,
}
_CHANGED_MEANWHILE = (
    "您打开以后，别的同事先改了这家工会。为免盖掉，没有存您的。请看看现在的样子再办。"
)


@requires(SHAPE)
@require_http_methods(["GET", "HEAD", "POST"])
def shape(request: HttpRequest, code: str, change: str) -> HttpResponse:
    """Found a union below, or change the union's place in the tree."""
    return _page(request, code, SHAPES.get(change), SHAPE)


@requires(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str, change: str) -> HttpResponse:
    """Change what a union says of itself."""
    return _page(request, code, EDITS.get(change), EDIT)


def offered(actor: Actor, union: UnionRow) -> list[dict[str, str]]:
    """Return the changes that the actor may make to the union now, as label and url."""
    if not union.is_live:
        return []
    found = []
    if policy.may(actor, EDIT, path=union.path):
        found += [("desk-union-edit", slug, one) for slug, one in EDITS.items()]
    may_above = bool(union.parent_path) and policy.may(actor, SHAPE, path=union.parent_path)
    may_here = policy.may(actor, SHAPE, path=union.path)
    found += [
        ("desk-union-shape", slug, one)
        for slug, one in SHAPES.items()
        if (may_here if one.is_below else may_above)
    ]
    menu = [
        {"label": one.title, "url": reverse(name, args=[union.code, slug])}
        for name, slug, one in found
        if slug not in _FITTING or _FITTING[slug](union)
    ]
    if union.accepts_members and policy.may(actor, OUTLETS, path=union.path):
        url = reverse("desk-outlets-sheet", args=[union.code])
        menu.append({"label": "用表登记网点", "url": url})
    if may_here:
        url = reverse("desk-unions-sheet", args=[union.code])
        menu.append({"label": "用表登记下级工会", "url": url})
    return menu


# ---- inside -----------------------------------------------------------------------------------


def _page(request: HttpRequest, code: str, change: Change | None, right: str) -> HttpResponse:
    actor: Actor = actor_of(request)
    union = queries.get_union_in_scope(actor, code, right)
    if change is None:
        raise NotFound()
    if right == SHAPE and not change.is_below:
        queries.insist_on_upper(actor, union)
    form = change.form(
        request.POST or None,
        initial=work.initial_of(union, request.GET),
        places=queries.list_places(union),
        children=queries.list_child_choices(union) if change.form is forms.SplitForm else None,
        entries=queries.list_entry_choices(union)
        if change.form is forms.TerritoryDaysForm
        else None,
    )
    status = 200
    context: dict[str, Any] = {}
    is_sent = request.method == "POST" and request.POST.get("step") != "back"
    if is_sent and form.is_valid():
        try:
            return _done_or_shown(request, actor, union, change, form)
        except Refusal as refusal:
            where = work.FIELD_OF.get(refusal.code)
            form.add_error(where if where in form.fields else None, refusal.message)
            status = refusal.status if not isinstance(refusal, NotFound) else 422
    context |= _form_context(union, change, form)
    return render(request, "desk/union_change.html", context, status=status)


def _done_or_shown(
    request: HttpRequest, actor: Actor, union: UnionRow, change: Change, form: forms.UnionForm
) -> HttpResponse:
    given = work.completed(actor, form.cleaned_data)
    is_confirmed = request.POST.get("step") == "confirm"
    if change.words is not None and not is_confirmed:
        rehearse(lambda: change.do(union, given, actor, clock.now()))
        return _preview(request, actor, union, change, given)
    if request.POST.get("seen", "") != queries.fingerprint(union):
        raise Conflict("desk.changed_meanwhile", _CHANGED_MEANWHILE)
    if change.is_final and not _is_number_typed(request.POST.get("typed", ""), union):
        return _preview(request, actor, union, change, given, is_untyped=True)
    change.do(union, given, actor, clock.now())
    return HttpResponseRedirect(f"{reverse('desk-union', args=[union.code])}?done=1")


def _is_number_typed(typed: str, union: UnionRow) -> bool:
    members = queries.get_touched(union).members
    return typed.strip().replace(",", "") == str(members)


def _preview(
    request: HttpRequest,
    actor: Actor,
    union: UnionRow,
    change: Change,
    given: dict[str, Any],
    *,
    is_untyped: bool = False,
) -> HttpResponse:
    assert change.words is not None
    context = _frame(union, change) | {
        "page_title": f"{change.title}：先看看会怎样",
        "words": change.words(union, given, actor),
        "kept": [
            {"name": name, "value": value}
            for name, values in request.POST.lists()
            if name not in ("csrfmiddlewaretoken", "step", "seen", "typed")
            for value in values
        ],
        "number_hint": f"会员 {queries.get_touched(union).members:,} 人" if change.is_final else "",
        "number_error": "和会员数对不上。照着下面的数写，再点一次。" if is_untyped else "",
        "number_attrs": {"inputmode": "numeric", "autocomplete": "off"},
        "is_final": change.is_final,
        "correction": change.correction,
        "seen": queries.fingerprint(union),
    }
    status = 422 if is_untyped else 200
    return render(request, "desk/union_change_preview.html", context, status=status)


def _form_context(union: UnionRow, change: Change, form: forms.UnionForm) -> dict[str, Any]:
    return _frame(union, change) | {
        "page_title": change.title,
        "page_lead": change.lead.format(name=union.name),
        "form": form,
        "has_preview": change.words is not None,
        "seen": queries.fingerprint(union),
    }


def _frame(union: UnionRow, change: Change) -> dict[str, Any]:
    url = reverse("desk-union", args=[union.code])
    return {
        "crumbs": [
            {"label": "工会", "url": reverse("desk-tree")},
            {"label": union.name, "url": url},
            {"label": change.title},
        ],
        "button": change.button,
        "back_url": url,
    }


union_change_urls = [
    path("desk/unions/<slug:code>/shape/<slug:change>/", shape, name="desk-union-shape"),
    path("desk/unions/<slug:code>/edit/<slug:change>/", edit, name="desk-union-edit"),
]
