"""我的证明: one's own attestations, asking for one; the attester's page behind the link."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes.actions import attesting
from nuanxin.programmes.actions.attesting import Ask, Reply
from nuanxin.programmes.forms.attestations import AskForm, ReplyForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import attestations as queries
from nuanxin.programmes.queries.attesters import list_choices
from nuanxin.programmes.queries.qualifying import lacking_facts
from nuanxin.programmes.rules.attestations import may_answer_link, say_points
from nuanxin.programmes.states import RequestState

METHODS = ["GET", "HEAD", "POST"]


@requires("own.open")
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List one's own attestations with their last day, and what one has asked."""
    worker_id = _own(request)
    on = clock.business_day(clock.now())
    rows = queries.list_my_attestations(worker_id)
    asked = queries.list_my_requests(worker_id)
    live = [row for row in rows if row.is_live_on(on)]
    context = {
        "page_title": f"我有 {len(live)} 份工作证明" if live else "还没有工作证明",
        "live": [_mine(row) for row in live],
        "over": [
            {
                "title": say_points(row.points),
                "text": f"{row.by_name[:1]}×，{row.by_post}。{row.taken_back_why or '到期了。'}",
                "answer": "no",
                "end": words.day(row.attested_at),
            }
            for row in rows
            if not row.is_live_on(on)
        ],
        "asked": [_asked(row) for row in asked],
        "ask_url": reverse("proof-ask"),
    }
    return render(request, "programmes/proofs/mine.html", context)


@requires("own.open")
@require_http_methods(METHODS)
def ask(request: HttpRequest) -> HttpResponse:
    """Choose who may confirm and what; he is told at once."""
    worker_id = _own(request)
    now = clock.now()
    choices = list_choices(worker_id, on=clock.business_day(now))
    data = request.POST if request.method == "POST" else None
    offer = (data or request.GET).get("offer", "")
    lacking = lacking_facts(offer, worker_id=worker_id, on=clock.business_day(now)) if offer else ()
    form = AskForm(data, attesters=choices, lacking=lacking, initial={"offer": offer})
    problem, status = "", 200
    if data is not None and form.is_valid():
        given = form.cleaned_data
        wanted = Ask(form.values(), given["workplace"], given["offer"])
        try:
            attesting.ask_attestation(
                ask=wanted, attester_id=given["attester"], actor=actor_of(request), now=now
            )
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            return HttpResponseRedirect(reverse("proofs"))
    elif data is not None:
        status = 422
    context = {
        "page_title": "请人证明",
        "form": form,
        "has_choices": bool(choices),
        "is_lacking": form.is_lacking,
        "problem": problem,
        "back_url": reverse("proofs"),
    }
    return render(request, "programmes/proofs/ask.html", context, status=status)


@requires("own.open")
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back one's own attestation; rules read it no more."""
    attesting.take_back_own(attestation_id=_id(request), actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("proofs"))


@requires("own.open")
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take back a request that waits; its link does no more."""
    attesting.withdraw_request(request_id=_id(request), actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("proofs"))


@public
@require_http_methods(METHODS)
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked to who holds the link, with a masked name; take the answer, once."""
    now = clock.now()
    request_id = attesting.find_request(token)
    if request_id is None:
        return _unknown(request, token)
    row = queries.get_request(request_id)
    form, problem, status = ReplyForm(points=row.points), "", 200
    if request.method == "POST":
        form = ReplyForm(request.POST, points=row.points)
        try:
            if form.is_valid():
                return render(
                    request,
                    "programmes/proofs/answered.html",
                    _thanks(_answer(request, token, form)),
                )
            status = 422
        except Malformed as refusal:
            problem, status = refusal.message, refusal.status
        except Refusal as refusal:
            return _over(request, refusal)
    decision = may_answer_link(state=row.state, expires_at=row.expires_at, now=now)
    if not decision.is_yes:
        return render(request, "programmes/proofs/over.html", _closed(decision.message), status=409)
    context = question_of(row) | {
        "page_title": f"{row.masked_worker}请你证明",
        "form": form,
        "problem": problem,
    }
    response = render(request, "programmes/proofs/answer.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def question_of(row: queries.RequestRow) -> dict[str, Any]:
    """Return what an attester reads of a request: nothing but what he is asked."""
    facts = [{"label": "谁", "value": row.masked_worker}]
    facts += [{"label": point.label, "value": point.said} for point in row.points]
    if row.workplace:
        facts.append({"label": "在哪里", "value": row.workplace})
    facts.append({"label": "请的是", "value": f"{row.union_name}，{row.attester_post}"})
    facts.append({"label": "链接到", "value": words.moment(row.expires_at)})
    return {"facts": facts}


# ---- inside -------------------------------------------------------------------------------------


def _answer(request: HttpRequest, token: str, form: ReplyForm) -> RequestState:
    return attesting.answer_by_link(
        token=token,
        reply=form.reply(request.POST.get("do", "")),
        network=origin_of(request).network,
        now=clock.now(),
    )


def _unknown(request: HttpRequest, token: str) -> HttpResponse:
    """Tell that a link was never given out; only what is sent is counted, looking writes nothing."""
    if request.method != "POST":
        return _over(request, attesting.unknown_link())
    try:
        attesting.answer_by_link(
            token=token, reply=Reply(), network=origin_of(request).network, now=clock.now()
        )
    except Refusal as refusal:
        return _over(request, refusal)
    return _over(request, attesting.unknown_link())


def _mine(row: queries.AttestationRow) -> dict[str, Any]:
    end = row.valid_until
    return {
        "id": row.id,
        "facts": [
            *({"label": point.label, "value": point.said} for point in row.points),
            {"label": "谁证明的", "value": f"{row.union_name}，{row.by_post}{row.by_name[:1]}×"},
            {"label": "什么时候", "value": f"{words.moment(row.attested_at)}，{row.way.label}"},
            {"label": "有效到", "value": f"{end.year} 年 {end.month} 月 {end.day} 日"},
        ],
        "flag": "证明人停用了，工会在复核。复核期间照样算数。" if row.is_flagged else "",
    }


def _asked(row: queries.RequestRow) -> dict[str, Any]:
    is_open = row.state is RequestState.ASKED and row.expires_at > clock.now()
    state = row.state.label if is_open or row.state is not RequestState.ASKED else "没等到答复"
    return {
        "id": row.id,
        "title": say_points(row.points),
        "text": f"{row.attester_name[:1]}×，{row.attester_post}：{state}。{row.reason}",
        "is_open": is_open,
        "end": words.day(row.asked_at),
    }


def _thanks(said: RequestState) -> dict[str, Any]:
    told = {
        RequestState.CONFIRMED: "确认好了。他报名的时候直接算数，不用盖章。",
        RequestState.CORRECTED: "按你改的确认了，他会看到。",
        RequestState.REFUSED: "知道了，没有确认。原因他会看到。",
    }
    return {"page_title": "谢谢", "told": told[said]}


def _closed(message: str) -> dict[str, Any]:
    return {"page_title": "这件事现在答不了", "told": message}


def _over(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return render(
        request, "programmes/proofs/over.html", _closed(refusal.message), status=refusal.status
    )


def _own(request: HttpRequest) -> int:
    worker_id: int | None = actor_of(request).worker_id
    if worker_id is None:
        raise NotFound()
    return worker_id


def _id(request: HttpRequest) -> int:
    found = whole_number(request.POST.get("id"))
    if found is None:
        raise Malformed("attestation.which", "没看清是哪一份。回到我的证明，再点一下。")
    return found
