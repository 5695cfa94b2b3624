"""服务的条件 at the desk: the list, one rule with its versions, a version beside the one before.

And a rule that nobody has shipped, begun here.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.orgs import queries as orgs
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.rule_versions import RULES, begin_rule, draft_rule
from nuanxin.programmes.forms.rules import NewRuleForm
from nuanxin.programmes.models import RuleVersion
from nuanxin.programmes.pages import rule_words as words
from nuanxin.programmes.pages.version_words import COLUMNS, changed_rows
from nuanxin.programmes.pages.versions import ask_revocation, own_code
from nuanxin.programmes.queries import rule_texts
from nuanxin.programmes.queries import rule_versions as queries
from nuanxin.programmes.rules.rule_changes import text_changes, word_changes
from nuanxin.programmes.states import VersionState


@requires("rule.view")
@require_GET
def rule_list(request: HttpRequest) -> HttpResponse:
    """List the rules with what counts today and what is in work."""
    writes = policy.holds(actor_of(request), permissions.DRAFT_RULE)
    lines = [
        line
        for line in queries.list_rules(clock.business_day(clock.now()))
        if line.now or line.coming or writes
    ]
    context = {
        "page_title": "服务的条件",
        "page_lead": "谁可以报，写在这里。改一条要两个人：一个起草，另一个复核定稿。以前的日子按以前的条件算。",
        "columns": [
            {"label": "哪一项"}, {"label": "现在用"}, {"label": "从哪天起", "css": "nw"},
            {"label": "谁定的稿"}, {"label": "在改的"},
        ],
        "rows": [words.rule_row(line, rule_texts.rule_of(line.now.text) if line.now else None) for line in lines],
        "begin_url": reverse("desk-rule-begin") if writes else "",
    }  # fmt: skip
    return render(request, "programmes/rules/list.html", context)


@requires("rule.draft")
@require_http_methods(["GET", "HEAD", "POST"])
def rule_begin(request: HttpRequest) -> HttpResponse:
    """Begin a rule that nobody has shipped: its name, where it stands, what it begins from."""
    actor, now = actor_of(request), clock.now()
    lines = queries.list_rules(clock.business_day(now))
    known = [(line.code, rule_texts.rule_of(line.now.text).title) for line in lines if line.now]
    form = NewRuleForm(
        request.POST or None,
        known=known,
        initial={"union": own_code(actor, permissions.DRAFT_RULE)},
    )
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        try:
            union = orgs.get_union_by_code(form.cleaned_data["union"])
            made = begin_rule(
                new=form.new_rule(),
                like=form.cleaned_data["like"],
                union_id=union.id,
                actor=actor,
                now=now,
            )
            return HttpResponseRedirect(reverse("desk-rule-draft", args=[made.id]))
        except NotFound:
            form.add_error("union", "没有找到这家工会，或者不在您的范围里。")
        except Refusal as refusal:
            form.add_error(None, refusal.message)
            status = refusal.status
    context = {
        "page_title": "新写一条条件",
        "page_lead": "先起名字、写依据，再在草稿里改条件、加例子。另一位同事定稿以前，它不算数。",
        "form": form,
        "crumbs": words.crumbs(("新写一条", "")),
    }
    return render(request, "programmes/rules/begin.html", context, status=status)


@requires("rule.view")
@require_GET
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """Show what counts today, in words and as text, and every version there was."""
    actor, today = actor_of(request), clock.business_day(clock.now())
    versions = queries.list_versions(code)
    working = next((one for one in versions if VersionState(one.state).is_in_work), None)
    now = queries.shown_text(code, today, versions)
    if now is None:  # begun here, and nothing of it is released
        return _to_its_draft(working, actor)
    bound = rule_texts.read_shown(now.text, today)
    owner = queries.owner_of(bound.rule.jurisdiction)
    may_draft = queries.may_draft(actor, owner)
    counts = queries.find_text(code, today) is not None
    context = {
        "page_title": bound.rule.title,
        "page_lead": f"{words.which(now.number, counts=counts)}，{owner.name}定的条件。",
        "said": words.said_rows(bound),
        "facts": [
            {"label": "依据", "value": bound.rule.document},
            {"label": "哪天核对过依据", "value": bound.rule.checked_on},
            {"label": "依据从哪天起", "value": bound.rule.valid_from},
        ],
        "text": now.text,
        "cases": words.case_rows(rule_texts.look_at(now.text, bound.day)),
        "columns": COLUMNS,
        "rows": [words.version_row(version, today) for version in versions if may_draft or not VersionState(version.state).is_in_work],
        "draft_url": reverse("desk-rule-new", args=[code]) if may_draft and working is None else "",
        "working": working if may_draft else None,
        "working_url": reverse("desk-rule-draft", args=[working.id]) if working and may_draft else "",
        "decide_url": reverse("desk-rule-decide", args=[working.id])
        if working
        and working.state == VersionState.SUBMITTED
        and policy.may(actor, permissions.RELEASE_RULE, path=owner.path)
        else "",
        "crumbs": words.crumbs((bound.rule.title, "")),
    }  # fmt: skip
    return render(request, "programmes/rules/rule.html", context)


@requires("rule.view")
@require_GET
def rule_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a version that was released, beside the one before it."""
    shown, before = queries.get_released(code, number)
    actor, today = actor_of(request), clock.business_day(clock.now())
    bound = rule_texts.read_shown(shown.text, shown.day)
    former = rule_texts.read_shown(before.text, before.day) if before else None
    context: dict[str, Any] = {
        "page_title": f"{bound.rule.title}，第 {number} 版" if number else f"{bound.rule.title}，随系统带的",
        "page_lead": shown.span,
        "said": words.said_rows(bound),
        "facts": [
            {"label": "依据", "value": bound.rule.document},
            {"label": "谁起草", "value": shown.drafted_by or "—"},
            {"label": "谁复核", "value": shown.released_by or "—"},
        ],
        "revoke_url": reverse("desk-rule-revoke", args=[shown.version_id])
        if shown.version_id and shown.day > today and policy.may(actor, permissions.RELEASE_RULE, path=queries.owner_of(bound.rule.jurisdiction).path)
        else "",
        "text": shown.text,
        "before": before,
        "changes": changed_rows(word_changes(former, bound)) if former else [],
        "text_changes": changed_rows(text_changes(before.text, shown.text)) if before else [],
        "crumbs": words.crumbs((bound.rule.title, reverse("desk-rule", args=[code])), (f"第 {number} 版", "")),
    }  # fmt: skip
    return render(request, "programmes/rules/version.html", context)


@requires("rule.release")
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, version_id: int) -> HttpResponse:
    """Take a released version back before its day, with the reason."""
    version, _ = queries.get_version(
        version_id, actor=actor_of(request), right=permissions.RELEASE_RULE
    )
    asked = ask_revocation(request, RULES, version, of="这条条件")
    if asked is None:
        return HttpResponseRedirect(reverse("desk-rule", args=[version.code]))
    title = rule_texts.title_of(version.text, version.code)
    counts = queries.find_text(version.code, clock.business_day(clock.now()))
    context = asked.context | {
        "page_title": f"撤回：{title}，第 {version.number} 版",
        "page_lead": words.what_goes_on(version, counts),
        "crumbs": words.crumbs((title, reverse("desk-rule", args=[version.code])), ("撤回", "")),
    }
    return render(request, "programmes/versions/revoke.html", context, status=asked.status)


@requires("rule.draft")
@require_POST
def rule_new(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a new version, or go on with the one in work."""
    made = draft_rule(code=code, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-rule-draft", args=[made.id]))


def _to_its_draft(working: RuleVersion | None, actor: Any) -> HttpResponse:
    """Lead to the draft of a rule that never counted; raise ``NotFound`` for who may not write it."""
    if working is None:
        raise NotFound()
    queries.get_version(working.id, actor=actor, right=permissions.DRAFT_RULE)
    return HttpResponseRedirect(reverse("desk-rule-draft", args=[working.id]))
