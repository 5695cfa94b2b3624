"""代办 at the desk: who stands before one agrees, a fixed list of acts, one's own list, the county's."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.programmes.actions import helping
from nuanxin.programmes.actions.helping_by_papers import begin_by_papers, witness_papers
from nuanxin.programmes.forms.helping import (
    HelpCardForm,
    HelpCodeForm,
    HelpPapersForm,
    HelpPhoneForm,
    HelpWitnessForm,
)
from nuanxin.programmes.pages import words
from nuanxin.programmes.pages.help_room import room, wanted
from nuanxin.programmes.pages.proofs import METHODS
from nuanxin.programmes.queries import helping as queries
from nuanxin.programmes.states import HelpConsent


@requires("help.act")
@require_http_methods(METHODS)
@sensitive_post_parameters("card", "phone", "last_four", "papers_name", "papers_number")
def begin(request: HttpRequest) -> HttpResponse:
    """Find out who stands before one, by his card or a code to his phone; nobody is searched."""
    actor, now = _actor(request), clock.now()
    do = request.POST.get("do", "")
    card = HelpCardForm(request.POST if do == "card" else None)
    phone = HelpPhoneForm(request.POST if do == "phone" else None)
    papers = HelpPapersForm(request.POST if do == "papers" else None)
    problem, status = "", 200 if request.method != "POST" else 422
    try:
        if card.is_bound and card.is_valid():
            found = helping.begin_by_card(code=card.cleaned_data["card"], actor=actor, now=now)
            return _to(found.id)
        if phone.is_bound and phone.is_valid():
            found = helping.begin_by_code(
                phone=phone.cleaned_data["phone"], last_four=phone.cleaned_data["last_four"],
                origin=origin_of(request), actor=actor, now=now,
            )  # fmt: skip
            return _to(found.id)
        if papers.is_bound and papers.is_valid():
            found = begin_by_papers(
                name=papers.cleaned_data["papers_name"],
                number=papers.cleaned_data["papers_number"], actor=actor, now=now,
            )  # fmt: skip
            return _to(found.id)
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
    context = {
        "page_title": "代办",
        "page_lead": "本人在面前、同意了，才能替他办。办一件，他马上收到回执，还能自己撤销。",
        "card": card,
        "phone": phone,
        "papers": papers,
        "witness_url": reverse("desk-help-witness"),
        "problem": problem,
        "mine_url": reverse("desk-help-mine"),
    }
    return render(request, "programmes/helping/begin.html", context, status=status)


@requires("help.act")
@require_http_methods(METHODS)
@sensitive_post_parameters("code", "topic", "service")
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Take the code that the worker reads aloud, then do what he wants done, one thing at a time."""
    actor, now = _actor(request), clock.now()
    do = request.POST.get("do", "")
    problem, status = "", 200
    try:
        if do == "close":
            helping.close_session(session_id=session_id, actor=actor, now=now)
            return HttpResponseRedirect(reverse("desk-help"))
        found = helping.get_session(session_id, actor=actor, now=now, is_open=False)
        if do == "code":
            helping.open_by_code(
                session_id=session_id, code=request.POST.get("code", "")[:20], actor=actor, now=now
            )
            return _to(session_id)
        if request.method == "POST":
            helping.help_with(
                session_id=session_id, wanted=wanted(request.POST, do), actor=actor, now=now
            )
            return _to(session_id)
    except NotFound:
        raise
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
        if refusal.code == "help.over":
            return _ended(request, refusal)
    if found.opened_at is None and found.consent == HelpConsent.PAPERS:
        context = {"page_title": "请同事看证件", "number": found.id}
        return render(request, "programmes/helping/papers.html", context, status=status)
    if found.opened_at is None or found.worker_id is None:
        context = {"page_title": "请他念验证码", "form": HelpCodeForm(), "problem": problem}
        return render(request, "programmes/helping/code.html", context, status=status)
    place = queries.get_helper_place(found.id, actor=actor)
    context = room(found, found.worker_id, place, request.GET, now) | {
        "problem": problem,
        "columns": _COLUMNS[1:],
        "done": [{"cells": _cells(row)[1:]} for row in queries.list_session_acts(session_id)],
    }
    return render(request, "programmes/helping/session.html", context, status=status)


@requires("help.act")
@require_http_methods(METHODS)
@sensitive_post_parameters("witness_number")
def witness(request: HttpRequest) -> HttpResponse:
    """Say as a second person that one has the same identity card before one's eyes."""
    form = HelpWitnessForm(request.POST if request.method == "POST" else None)
    problem, status, is_done = "", 200 if request.method != "POST" else 422, False
    if form.is_bound and form.is_valid():
        try:
            witness_papers(
                session_id=form.cleaned_data["help_number"],
                number=form.cleaned_data["witness_number"], actor=_actor(request), now=clock.now(),
            )  # fmt: skip
            form, status, is_done = HelpWitnessForm(), 200, True
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    context = {
        "page_title": "见证代办",
        "page_lead": "同事在替没带卡、没带手机的人办事，请您也看一眼证件。见证了，就有您一份责任。",
        "form": form,
        "problem": problem,
        "is_done": is_done,
    }
    return render(request, "programmes/helping/witness.html", context, status=status)


@requires("help.act")
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List what one has done for others."""
    rows, following = queries.list_own_acts(actor=_actor(request), after=_after(request))
    return _acts_page(request, "我代办过的", rows, following, url=reverse("desk-help"))


@requires("help.view")
@require_GET
def acts(request: HttpRequest) -> HttpResponse:
    """List what was done for workers below one's unions."""
    rows, following = queries.list_acts(actor=_actor(request), after=_after(request))
    return _acts_page(request, "代办记录", rows, following)


# ---- inside -------------------------------------------------------------------------------------


_COLUMNS = [
    {"label": "谁"}, {"label": "办了什么"}, {"label": "谁办的"}, {"label": "怎么同意的"},
    {"label": "回执号"}, {"label": "什么时候", "css": "nw"}, {"label": "现在"},
]  # fmt: skip


def _cells(row: queries.ActRow) -> list[Any]:
    """Return the cells of an act; long words stand with what was done, beside the short state."""
    note = row.undone_said if row.undone_at else f"{words.moment(row.undo_until)} 前可撤销"
    state = {"text": "撤销了", "state": "off"} if row.undone_at else {"text": "办了", "state": "ok"}
    return [
        row.masked_worker, {"text": row.said, "note": note},
        {"text": row.helper_name, "note": row.union_name}, row.consent.label, row.receipt,
        {"text": words.moment(row.done_at), "css": "nw"}, state,
    ]  # fmt: skip


def _acts_page(
    request: HttpRequest, title: str, rows: list[queries.ActRow], following: int | None,
    *, url: str = "",
) -> HttpResponse:  # fmt: skip
    context = {
        "page_title": title,
        "page_lead": "替谁办的、办了什么、怎么同意的、撤销没有，都在这里。",
        "columns": _COLUMNS,
        "rows": [{"cells": _cells(row)} for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "begin_url": url,
    }
    return render(request, "programmes/helping/acts.html", context)


def _ended(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    context = {
        "page_title": "这次代办结束了",
        "problem": refusal.message,
        "url": reverse("desk-help"),
    }
    return render(request, "programmes/helping/ended.html", context, status=refusal.status)


def _to(session_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("desk-help-session", args=[session_id]))


def _after(request: HttpRequest) -> int | None:
    return words.number_of(request.GET.get("after"))


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]
