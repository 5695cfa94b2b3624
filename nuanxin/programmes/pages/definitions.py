"""有哪些服务 at the desk: the list, one service with its versions, a new one, one taken in, its YAML."""

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
from nuanxin.orgs import queries as orgs
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import definitions as actions
from nuanxin.programmes.forms.definitions import (
    NewDefinitionForm,
    TakeInForm,
)
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.pages import definition_words as words
from nuanxin.programmes.pages.version_words import COLUMNS
from nuanxin.programmes.pages.versions import ask_revocation, own_code
from nuanxin.programmes.queries import definitions as queries
from nuanxin.programmes.states import VersionState

_METHODS = ["GET", "HEAD", "POST"]


@requires("definition.view")
@require_GET
def definition_list(request: HttpRequest) -> HttpResponse:
    """List the services with what counts today and what is in work."""
    today = clock.business_day(clock.now())
    writes = policy.holds(actor_of(request), permissions.DRAFT_DEFINITION)
    lines = [one for one in queries.list_lines(today) if one.now or one.coming or writes]
    context = {
        "page_title": "有哪些服务",
        "page_lead": "每一项是什么、名额怎么给、谁出钱，写在这里。新定一项或者改一项，要两个人：一个起草，另一个定稿。",
        "columns": [
            {"label": "哪一项"}, {"label": "现在用"}, {"label": "谁的"},
            {"label": "名额怎么给"}, {"label": "在改的"},
        ],
        "rows": [words.line_row(line, today) for line in lines],
        "begin_url": reverse("desk-definition-begin") if writes else "",
    }  # fmt: skip
    return render(request, "programmes/definitions/list.html", context)


@requires("definition.draft")
@require_http_methods(_METHODS)
def definition_begin(request: HttpRequest) -> HttpResponse:
    """Begin a service: its name, where it stands, what it begins from; or take in a text of one."""
    actor, now = actor_of(request), clock.now()
    do, initial = (
        request.POST.get("do", ""),
        {"union": own_code(actor, permissions.DRAFT_DEFINITION)},
    )
    listed = queries.list_definitions(clock.business_day(now))
    known = [(one.definition.code, one.definition.title) for one in listed]
    form = NewDefinitionForm(request.POST if do == "begin" else None, known=known, initial=initial)
    takes_in = do == "take_in"
    taking = TakeInForm(
        request.POST if takes_in else None, request.FILES if takes_in else None, initial=initial
    )
    used: NewDefinitionForm | TakeInForm = taking if takes_in else form
    status = 422 if request.method == "POST" else 200
    if used.is_valid():
        try:
            union = orgs.get_union_by_code(used.cleaned_data["union"])
            made = _begun(used, union.id, actor, now)
            return HttpResponseRedirect(reverse("desk-definition-draft", args=[made.id]))
        except NotFound:
            used.add_error("union", "没有找到这家工会，或者不在您的范围里。")
        except Refusal as refusal:
            used.add_error(None, refusal.message)
            status = refusal.status
    context = {
        "page_title": "新定一项服务",
        "page_lead": "先起名字、写依据，再在草稿里写清楚。另一位同事定稿以前，谁也看不到。",
        "form": form,
        "taking": taking,
        "crumbs": words.crumbs(("新定一项", "")),
    }
    return render(request, "programmes/definitions/begin.html", context, status=status)


@requires("definition.view")
@require_GET
def definition(request: HttpRequest, code: str) -> HttpResponse:
    """Show what counts today, as workers see it and as officials read it, and every version."""
    actor, now = actor_of(request), clock.now()
    today = clock.business_day(now)
    versions = queries.list_versions(code)
    working = next((one for one in versions if VersionState(one.state).is_in_work), None)
    owner = queries.owner_of_code(code)
    may_draft = policy.may(actor, permissions.DRAFT_DEFINITION, path=owner.path)
    may_release = policy.may(actor, permissions.RELEASE_DEFINITION, path=owner.path)
    known = queries.find_definition(code, today)
    shown = [v for v in versions if may_draft or not VersionState(v.state).is_in_work]
    if known is None and not shown:
        raise NotFound()
    context = {
        "page_title": known.definition.title if known else code,
        "page_lead": f"{words.which_said(known, today)}，{owner.name}定的。",
        "text": queries.text_that_counts(code, today) or shown[0].text,
        "columns": COLUMNS,
        "rows": [words.version_row(one, today, may_revoke=may_release) for one in shown],
        "yaml_url": reverse("desk-definition-yaml", args=[code]) if known else "",
        "draft_url": reverse("desk-definition-new", args=[code]) if may_draft and not working else "",
        "working_url": reverse("desk-definition-draft", args=[working.id]) if working and may_draft else "",
        "decide_url": reverse("desk-definition-decide", args=[working.id])
        if working and may_release and working.state == VersionState.SUBMITTED
        else "",
        "offer_url": _offer_url(known, actor, today),
        "preview_url": "",
        "crumbs": words.crumbs((known.definition.title if known else code, "")),
    } | told_of(known.definition if known else None, owner.name)  # fmt: skip
    return render(request, "programmes/definitions/definition.html", context)


@requires("definition.view")
@require_GET
def definition_yaml(request: HttpRequest, code: str) -> HttpResponse:
    """Give what counts today in the language of definitions, to be taken in elsewhere."""
    text = queries.text_that_counts(code, clock.business_day(clock.now()))
    if not text:
        raise NotFound()
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}.yaml"'
    return answer


@requires("definition.draft")
@require_POST
def definition_new(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a new version, or go on with the one in work."""
    made = actions.succeed_definition(code=code, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-definition-draft", args=[made.id]))


@requires("definition.release")
@require_http_methods(_METHODS)
def revoke(request: HttpRequest, version_id: int) -> HttpResponse:
    """Take a released version back before its day, with the reason."""
    version, _ = queries.get_version(
        version_id, actor=actor_of(request), right=permissions.RELEASE_DEFINITION
    )
    asked = ask_revocation(request, actions.DEFINITIONS, version, of="这项服务")
    there = reverse("desk-definition", args=[version.code])
    if asked is None:
        return HttpResponseRedirect(there)
    context = asked.context | {
        "page_title": f"撤回：{version.code}，第 {version.number} 版",
        "page_lead": f"它原定 {version.valid_from} 起用。撤回以后，接着用它前面的一版。",
        "crumbs": words.crumbs((version.code, there), ("撤回", "")),
    }
    return render(request, "programmes/versions/revoke.html", context, status=asked.status)


# ---- inside -----------------------------------------------------------------------------------


def told_of(defined: Any, union_name: str) -> dict[str, Any]:
    """Return how a definition is told, in both readings; of None nothing."""
    if defined is None:
        return {"seen": [], "facts": []}
    now = clock.now()
    rule, conditions = queries.conditions_of(defined, clock.business_day(now))
    return words.seen(defined, conditions, union_name, now) | {
        "facts": words.desk_facts(defined, rule)
    }


def _begun(
    form: NewDefinitionForm | TakeInForm, union_id: int, actor: Any, now: Any
) -> DefinitionVersion:
    if isinstance(form, TakeInForm):
        return actions.take_in_definition(
            text=form.given_text(), union_id=union_id, actor=actor, now=now
        )
    given = form.cleaned_data
    return actions.begin_definition(
        code=given["code"],
        title=given["title"],
        source=given["source"],
        like=given["like"],
        union_id=union_id,
        actor=actor,
        now=now,
    )


def _offer_url(known: queries.Known | None, actor: Any, today: Any) -> str:
    """Return where an offer of it is begun, "" for who may not or what is no longer offered."""
    if known is None or not known.definition.is_offered(today):
        return ""
    paths = policy.scope_paths(actor, permissions.MANAGE)
    if not any(known.is_near(path) for path in paths):
        return ""
    return f"{reverse('desk-offer-new')}?{urlencode({'of': known.definition.code})}"
