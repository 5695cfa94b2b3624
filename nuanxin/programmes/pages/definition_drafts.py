"""A draft of a service at the desk: its fields, its text, as a worker would see it, decided on."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.orgs.queries.rows import UnionRow
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import definitions as actions
from nuanxin.programmes.forms.definitions import DefinitionForm, fields_of
from nuanxin.programmes.forms.versions import revision_of
from nuanxin.programmes.models import DefinitionVersion
from nuanxin.programmes.pages import definition_words as words
from nuanxin.programmes.pages.definitions import told_of
from nuanxin.programmes.pages.version_words import changed_rows, moment
from nuanxin.programmes.pages.versions import ask_decision
from nuanxin.programmes.queries import definitions as queries
from nuanxin.programmes.rules.rule_changes import text_changes
from nuanxin.programmes.states import VersionState

_METHODS = ["GET", "HEAD", "POST"]
_MOVES: dict[str, Callable[..., None]] = {
    "take_back": actions.take_back_definition,
    "discard": actions.discard_definition,
}


@requires("definition.draft")
@require_http_methods(_METHODS)
def draft(request: HttpRequest, version_id: int) -> HttpResponse:
    """Write a draft in fields or as text; nothing typed is lost, each fault stands at its field."""
    version, union = _version(request, version_id, permissions.DRAFT_DEFINITION)
    problem, status, text = "", 200, version.text
    if request.method == "POST":
        text = _typed(request, version)
        try:
            return _written(request, version, text)
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    return _editor(request, version, union, text, problem=problem, status=status)


@requires("definition.draft")
@require_GET
def preview(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show the draft as the page that a worker would open."""
    version, union = _version(request, version_id, permissions.DRAFT_DEFINITION)
    looked = _looked(version.text, union)
    context = {
        "page_title": looked.title or version.code,
        "back_url": reverse("desk-definition-draft", args=[version.id]),
    } | told_of(looked.definition, union.name)
    return render(request, "programmes/definitions/preview.html", context)


@requires("definition.release")
@require_http_methods(_METHODS)
def decide(request: HttpRequest, version_id: int) -> HttpResponse:
    """Review what another wrote: release it from a day on, or send it back."""
    version, union = _version(request, version_id, permissions.RELEASE_DEFINITION)
    before = "从这天起开的一期按这一版。以前开的，按原来的，不变。"
    asked = ask_decision(request, actions.DEFINITIONS, version, before=before)
    there = reverse("desk-definition", args=[version.code])
    if asked is None:
        return HttpResponseRedirect(there)
    looked = _looked(version.text, union)
    title = looked.title or version.code
    context = {
        "page_title": f"复核：{title}",
        "page_lead": f"{union.name}的服务，第 {version.number} 版，{version.drafted_by_name}起草，{moment(version.submitted_at)} 送审。",
        "preview_url": reverse("desk-definition-preview", args=[version.id]),
        "crumbs": words.crumbs((title, there), ("复核", "")),
    } | asked.context | told_of(looked.definition, union.name) | _compared(version)  # fmt: skip
    return render(request, "programmes/definitions/decide.html", context, status=asked.status)


# ---- inside -----------------------------------------------------------------------------------


def _version(
    request: HttpRequest, version_id: int, right: str
) -> tuple[DefinitionVersion, UnionRow]:
    return queries.get_version(version_id, actor=actor_of(request), right=right)


def _looked(text: str, union: UnionRow) -> queries.Looked:
    return queries.look_at(text, on=clock.business_day(clock.now()), union=union)


def _typed(request: HttpRequest, version: DefinitionVersion) -> str:
    """Return the text as it would be kept: as it was typed, or with the fields in it."""
    do = request.POST.get("do", "save")
    if do == "text":
        return request.POST.get("text", version.text).replace("\r\n", "\n")
    if do in ("save", "submit"):
        return actions.with_fields(version.text, fields_of(request.POST))
    return version.text


def _written(request: HttpRequest, version: DefinitionVersion, text: str) -> HttpResponse:
    """Carry out what was asked; raise the ``Refusal`` that says what stands against it."""
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "save")
    if do in _MOVES:
        _MOVES[do](version_id=version.id, actor=actor, now=now)
        return HttpResponseRedirect(
            request.path if do == "take_back" else reverse("desk-definitions")
        )
    actions.save_definition(
        version_id=version.id,
        text=text,
        revision=revision_of(request.POST),
        actor=actor,
        now=now,
    )
    if do == "submit":
        actions.submit_definition(version_id=version.id, actor=actor, now=now)
    return HttpResponseRedirect(request.path)


def _editor(
    request: HttpRequest, version: DefinitionVersion, union: UnionRow, text: str, *,
    problem: str, status: int,
) -> HttpResponse:  # fmt: skip
    looked, state = _looked(text, union), VersionState(version.state)
    title = looked.title or version.code
    today = clock.business_day(clock.now())
    kept = queries.get_revision(version.id)
    context = {
        "page_title": f"{title}，第 {version.number} 版",
        "page_lead": f"{state.label}，{union.name}的服务。{version.drafted_by_name}起草，代码 {version.code}。",
        "problem": problem,
        "version": version,
        "is_draft": state is VersionState.DRAFT,
        "is_submitted": state is VersionState.SUBMITTED,
        "revision": kept if text == version.text else request.POST.get("revision", version.revision),
        "form": DefinitionForm(
            looked.entry, rules=queries.list_rules_for(union, today), faults=looked.faults, on=today
        ),
        "is_unreadable": not looked.entry,
        "text": text,
        "preview_url": reverse("desk-definition-preview", args=[version.id]),
        "crumbs": words.crumbs(
            (title, reverse("desk-definition", args=[version.code])), (f"第 {version.number} 版", "")
        ),
    } | told_of(looked.definition, union.name) | _compared(version)  # fmt: skip
    return render(request, "programmes/definitions/draft.html", context, status=status)


def _compared(version: DefinitionVersion) -> dict[str, Any]:
    """Return what differs from the text that counts today."""
    before = queries.text_that_counts(version.code, clock.business_day(clock.now()))
    changes = text_changes(before, version.text) if before else []
    return {"is_new": not before, "text_changes": changed_rows(changes)}
