"""A draft of a rule at the desk: written, tried over the register, sent for review, decided on."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.eligibility.rules.editing import with_case, with_values
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.regions import PROVINCE_CODE
from nuanxin.programmes import permissions, tasks
from nuanxin.programmes.actions import previewing
from nuanxin.programmes.actions import rule_versions as actions
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.forms.rules import ANSWERS, case_of, values_of
from nuanxin.programmes.forms.versions import revision_of
from nuanxin.programmes.models import RuleVersion
from nuanxin.programmes.pages import rule_words as words
from nuanxin.programmes.pages.version_words import changed_rows, moment
from nuanxin.programmes.pages.versions import ask_decision
from nuanxin.programmes.queries import previewing as trials
from nuanxin.programmes.queries import rule_texts
from nuanxin.programmes.queries import rule_versions as queries
from nuanxin.programmes.rules.rule_changes import text_changes, word_changes
from nuanxin.programmes.rules.small_cells import least_persons
from nuanxin.programmes.states import PreviewState, VersionState

_METHODS = ["GET", "HEAD", "POST"]
_MOVES: dict[str, Callable[..., None]] = {
    "submit": actions.submit_rule,
    "take_back": actions.take_back_rule,
    "discard": actions.discard_rule,
}


@requires("rule.draft")
@require_http_methods(_METHODS)
def draft(request: HttpRequest, version_id: int) -> HttpResponse:
    """Write a draft: its values in fields, its whole text, its cases; nothing typed is lost."""
    version, union = queries.get_version(
        version_id, actor=actor_of(request), right=permissions.DRAFT_RULE
    )
    problem, status, typed = "", 200, {}
    text = request.POST.get("text", version.text).replace("\r\n", "\n")
    if request.method == "POST":
        try:
            return _written(request, version, text)
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status, typed = refusal.message, refusal.status, values_of(request.POST)
    return _editor(request, version, union.name, text, typed, problem=problem, status=status)


@requires("rule.draft")
@require_POST
def check(request: HttpRequest, version_id: int) -> HttpResponse:
    """Keep what is typed and answer with what can be said of it: faults, words, cases."""
    version, _ = queries.get_version(
        version_id, actor=actor_of(request), right=permissions.DRAFT_RULE
    )
    text = request.POST.get("text", version.text).replace("\r\n", "\n")
    problem = ""
    try:
        version = _save(request, version, text)
    except NotFound:
        raise
    except Refusal as refusal:
        problem = refusal.message
    looked = rule_texts.look_at(text, clock.business_day(clock.now()))
    return render(request, "programmes/rules/checked.html", _checked(version, looked, problem))


@requires("rule.draft")
@require_http_methods(_METHODS)
def preview(request: HttpRequest, version_id: int) -> HttpResponse:
    """Try the draft over the register: at once where that is quick, else as a job."""
    actor = actor_of(request)
    version, union = queries.get_version(version_id, actor=actor, right=permissions.DRAFT_RULE)
    problem, status = "", 200
    if request.method == "POST":
        try:
            asked = previewing.ask_for_preview(version_id=version.id, actor=actor, now=clock.now())
            if trials.is_small_register():
                previewing.carry_out_preview(preview_id=asked.id, now=clock.now())
            else:
                previewing.estimate_preview(preview_id=asked.id)
                tasks.preview_rule.defer(preview_id=asked.id)
            return HttpResponseRedirect(request.path)
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    rule = rule_texts.rule_of_draft(version.text)
    context = {
        "page_title": f"试算：{rule.title if rule else version.code}",
        "page_lead": f"第 {version.number} 版{VersionState(version.state).label}，和现在用的比，谁会多出来、谁会少掉。",
        "problem": problem,
        "version": version,
        "preview_url": request.path,
        "back_url": reverse("desk-rule-draft", args=[version.id]),
        "crumbs": words.crumbs(
            (rule.title if rule else version.code, reverse("desk-rule", args=[version.code])),
            (f"第 {version.number} 版", reverse("desk-rule-draft", args=[version.id])),
            ("试算", ""),
        ),
    } | _preview_of(version, actor, union.path)  # fmt: skip
    return render(request, "programmes/rules/preview.html", context, status=status)


@requires("rule.release")
@require_http_methods(_METHODS)
def decide(request: HttpRequest, version_id: int) -> HttpResponse:
    """Review what another wrote: what changes, what came out; release it from a day, or send it back."""
    actor = actor_of(request)
    version, union = queries.get_version(version_id, actor=actor, right=permissions.RELEASE_RULE)
    before = "当天零点起。这天以前报名的，按原来的条件，不变。"
    asked = ask_decision(request, actions.RULES, version, before=before)
    there = reverse("desk-rule", args=[version.code])
    if asked is None:
        return HttpResponseRedirect(there)
    title = rule_texts.title_of(version.text, version.code)
    context = {
        "page_title": f"复核：{title}",
        "page_lead": f"第 {version.number} 版，{version.drafted_by_name}起草，{moment(version.submitted_at)} 送审。",
        "version": version,
        "preview_url": reverse("desk-rule-preview", args=[version.id]),
        "crumbs": words.crumbs((title, there), ("复核", "")),
    } | asked.context | _compared(version) | _preview_of(version, actor, union.path)  # fmt: skip
    return render(request, "programmes/rules/decide.html", context, status=asked.status)


# ---- inside -----------------------------------------------------------------------------------


def _written(request: HttpRequest, version: RuleVersion, text: str) -> HttpResponse:
    """Carry out what was asked; raise the ``Refusal`` that says what stands against it."""
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "save")
    here = HttpResponseRedirect(request.path)
    if do in ("take_back", "discard"):
        _MOVES[do](version_id=version.id, actor=actor, now=now)
        return here if do == "take_back" else HttpResponseRedirect(reverse("desk-rule", args=[version.code]))  # fmt: skip
    if do == "values":
        _insist_on_same(request, text)
        text = with_values(text, CATALOGUE, values_of(request.POST))
    if do == "case":
        looked = rule_texts.look_at(text, clock.business_day(now))
        case = case_of(request.POST, looked.slots)
        if case is None:
            raise Malformed("programmes.case_unnamed", "给例子起个名字，选一个结论。")
        text = with_case(text, name=case[0], facts=case[1], answer=case[2])
    _save(request, version, text)
    if do == "submit":
        actions.submit_rule(version_id=version.id, actor=actor, now=now)
    return here


def _insist_on_same(request: HttpRequest, text: str) -> None:
    """Raise where the text was changed by hand since its values were laid out: places have moved."""
    if request.POST.get("laid_out", "") != actions.digest_of(text):
        raise Malformed(
            "programmes.rule_text_changed",
            "全文直接改过了，上面的格子对不上行。先存草稿，再在格子里改。您写的都还在。",
        )


def _save(request: HttpRequest, version: RuleVersion, text: str) -> RuleVersion:
    return actions.save_rule_text(
        version_id=version.id,
        text=text,
        revision=revision_of(request.POST),
        actor=actor_of(request),
        now=clock.now(),
    )


def _editor(
    request: HttpRequest, version: RuleVersion, owner: str, text: str, typed: dict[int, list[str]], *,
    problem: str, status: int,
) -> HttpResponse:  # fmt: skip
    looked = rule_texts.look_at(text, clock.business_day(clock.now()))
    state = VersionState(version.state)
    title = rule_texts.title_of(version.text, version.code)
    context = {
        "page_title": f"{title}，第 {version.number} 版",
        "page_lead": f"{state.label}，{owner}的条件。{version.drafted_by_name}起草。",
        "version": version,
        "is_draft": state is VersionState.DRAFT,
        "is_submitted": state is VersionState.SUBMITTED,
        "revision": request.POST.get("revision", version.revision) if problem else version.revision,
        "text": text,
        "laid_out": actions.digest_of(text),
        "slots": words.slot_rows(looked, typed),
        "case_facts": words.case_facts(looked),
        "answers": [{"value": value, "label": label} for value, label in ANSWERS],
        "case_name": request.POST.get("case_name", "") if problem else "",
        "catalogue": words.fact_rows(list(CATALOGUE.facts.values())),
        "check_url": reverse("desk-rule-check", args=[version.id]),
        "preview_url": reverse("desk-rule-preview", args=[version.id]),
        "crumbs": words.crumbs((title, reverse("desk-rule", args=[version.code])), (f"第 {version.number} 版", "")),
    } | _checked(version, looked, problem) | _compared(version)  # fmt: skip
    return render(request, "programmes/rules/draft.html", context, status=status)


def _checked(version: RuleVersion, looked: rule_texts.Looked, problem: str) -> dict[str, Any]:
    return {
        "problem": problem,
        "faults": looked.faults,
        "said": words.said_rows(looked.bound) if looked.bound else [],
        "cases": words.case_rows(looked),
        "failed": len(looked.failed),
        "saved": "" if problem else moment(version.changed_at),
        "kept_revision": version.revision,
    }


def _compared(version: RuleVersion) -> dict[str, Any]:
    """Return what differs from the text that counts on the day it would begin."""
    today = clock.business_day(clock.now())
    before = queries.find_text(version.code, today)
    if before is None:
        return {"is_new": True, "changes": [], "text_changes": []}
    looked = rule_texts.look_at(version.text, today)
    former = rule_texts.read_shown(before.text, today)
    changes = word_changes(former, looked.bound) if looked.bound else []
    return {
        "is_new": False,
        "changes": changed_rows(changes),
        "text_changes": changed_rows(text_changes(before.text, version.text)),
    }


def _preview_of(version: RuleVersion, actor: Any, path: str) -> dict[str, Any]:
    """Return the kept trial of the text as it is now, or how far it has come."""
    found = trials.latest_preview(version)
    few = least_persons(int(PROVINCE_CODE), clock.business_day(clock.now()))
    if found is None or found.state != PreviewState.DONE:
        under_way = words.preview_under_way(found, least=few)
        return {"told": None, "is_running": found is not None} | under_way
    is_exact = policy.may(actor, "person.view_masked", path=path)
    gained, lost = (
        trials.list_examples(found, kind, shows_names=is_exact) for kind in ("gained", "lost")
    )
    told = words.preview_told(found, gained, lost, least=None if is_exact else few)
    return {"told": told, "is_running": False} | _COLUMNS


_COLUMNS = {
    "county_columns": [{"label": "地区"}, {"label": "改完可以", "css": "num"}, {"label": "多出来", "css": "num"}, {"label": "少掉", "css": "num"}],
    "cell_columns": [{"label": "地区"}, {"label": "职业"}, {"label": "改完可以", "css": "num"}, {"label": "多出来", "css": "num"}, {"label": "少掉", "css": "num"}],
    "clause_columns": [{"label": "条件"}, {"label": "没满足", "css": "num"}, {"label": "还不知道", "css": "num"}],
}  # fmt: skip
