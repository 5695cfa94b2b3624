"""服务的条件 at the desk: the list, one rule with its versions, a version beside the one before."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.programmes import permissions
from nuanxin.programmes.actions.rule_versions import draft_rule
from nuanxin.programmes.pages import rule_words as words
from nuanxin.programmes.queries import rule_texts
from nuanxin.programmes.queries import rule_versions as queries
from nuanxin.programmes.rules.rule_changes import text_changes, word_changes
from nuanxin.programmes.states import VersionState


@requires("rule.view")
@require_GET
def rule_list(request: HttpRequest) -> HttpResponse:
    """List the rules with what counts today and what is in work."""
    lines = queries.list_rules(clock.business_day(clock.now()))
    context = {
        "page_title": "服务的条件",
        "page_lead": "谁可以报，写在这里。改一条要两个人：一个起草，另一个复核定稿。以前的日子按以前的条件算。",
        "columns": [
            {"label": "哪一项"}, {"label": "现在用"}, {"label": "从哪天起", "css": "nw"},
            {"label": "谁定的稿"}, {"label": "在改的"},
        ],
        "rows": [words.rule_row(line, rule_texts.rule_of(line.now.text)) for line in lines],
    }  # fmt: skip
    return render(request, "programmes/rules/list.html", context)


@requires("rule.view")
@require_GET
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """Show what counts today, in words and as text, and every version there was."""
    actor, today = _actor(request), clock.business_day(clock.now())
    versions = queries.list_versions(code)
    now = queries.text_in_force(code, today)
    bound = rule_texts.read_shown(now.text, today)
    owner = queries.owner_of(bound.rule.jurisdiction)
    working = next((v for v in versions if v.state != VersionState.RELEASED), None)
    may_draft = queries.may_draft(actor, owner)
    context = {
        "page_title": bound.rule.title,
        "page_lead": f"{'随系统带的' if not now.number else f'第 {now.number} 版'}，{owner.name}定的条件。",
        "said": words.said_rows(bound),
        "facts": [
            {"label": "依据", "value": bound.rule.document},
            {"label": "哪天核对过依据", "value": bound.rule.checked_on},
            {"label": "依据从哪天起", "value": bound.rule.valid_from},
        ],
        "text": now.text,
        "cases": words.case_rows(rule_texts.look_at(now.text, bound.day)),
        "columns": [
            {"label": "哪一版"}, {"label": "状态"}, {"label": "什么时候用", "css": "nw"},
            {"label": "谁起草"}, {"label": "谁复核"},
        ],
        "rows": [words.version_row(version, today) for version in versions if may_draft or version.state == VersionState.RELEASED],
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
    bound = rule_texts.read_shown(shown.text, shown.day)
    former = rule_texts.read_shown(before.text, before.day) if before else None
    context = {
        "page_title": f"{bound.rule.title}，第 {number} 版" if number else f"{bound.rule.title}，随系统带的",
        "page_lead": shown.span,
        "said": words.said_rows(bound),
        "facts": [
            {"label": "依据", "value": bound.rule.document},
            {"label": "谁起草", "value": shown.drafted_by or "—"},
            {"label": "谁复核", "value": shown.released_by or "—"},
        ],
        "text": shown.text,
        "before": before,
        "changes": words.changed_rows(word_changes(former, bound)) if former else [],
        "text_changes": words.changed_rows(text_changes(before.text, shown.text)) if before else [],
        "crumbs": words.crumbs((bound.rule.title, reverse("desk-rule", args=[code])), (f"第 {number} 版", "")),
    }  # fmt: skip
    return render(request, "programmes/rules/version.html", context)


@requires("rule.draft")
@require_POST
def rule_new(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a new version, or go on with the one in work."""
    made = draft_rule(code=code, actor=_actor(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-rule-draft", args=[made.id]))


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]
