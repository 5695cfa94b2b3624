"""请人看看: a person asks for a human look at an answer and reads what came out."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.programmes.actions import reviewing
from nuanxin.programmes.pages import clauses, words
from nuanxin.programmes.queries import offers
from nuanxin.programmes.queries import reviews as queries
from nuanxin.programmes.queries.qualifying import explain_person
from nuanxin.programmes.states import ReviewOutcome, ReviewState

_METHODS = ["GET", "HEAD", "POST"]


@requires("own.open")
@require_http_methods(_METHODS)
@sensitive_post_parameters("reason")
def ask(request: HttpRequest) -> HttpResponse:
    """Ask that somebody looks at the answer of one offer; who has asked already sees his request."""
    worker_id, now = _worker_id(request), clock.now()
    code = request.GET.get("of", "")
    if not code:
        return HttpResponseRedirect(reverse("can-get"))
    problem, status = "", 200
    if request.method == "POST":
        try:
            asked = reviewing.ask_for_review(
                code=code, reason=request.POST.get("reason", ""), actor=actor_of(request), now=now
            )
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        else:
            return HttpResponseRedirect(reverse("my-review", args=[asked.id]))
    row = offers.get_offer(code)
    known = queries.find_my_review(worker_id, row.id)
    if not problem and known is not None and known.state.is_open:
        return HttpResponseRedirect(reverse("my-review", args=[known.id]))
    told = explain_person(
        row.rule_code, worker_id=worker_id, on=clock.business_day(now), is_sourced=True
    )
    context = {
        "page_title": "请人看看",
        "over": row.title,
        "problem": problem,
        "sentence": told.sentence if told else "",
        "may_ask": told is not None and told.answer is not Answer.YES,
        "why": clauses.clause_rows(told) if told else [],
        "why_heading": clauses.heading_of(told) if told else "",
        "reason": request.POST.get("reason", ""),
        "reason_attrs": {"maxlength": str(reviewing.LONGEST_REASON), "rows": "4"},
        "union_name": row.union_name,
        "url": reverse("offer", args=[code]),
    }
    return render(request, "programmes/reviews/ask.html", context, status=status)


@requires("own.open")
@require_GET
def mine(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show one's own request: who has it, and the answer with its reason."""
    row = queries.get_my_review(review_id, worker_id=_worker_id(request))
    context = {
        "page_title": _TITLES[row.state] if row.outcome is None else row.outcome.label,
        "row": row,
        "lead": _lead(row),
        "is_answered": row.state is ReviewState.ANSWERED,
        "is_excepted": row.outcome is ReviewOutcome.EXCEPTION,
        "line": [one | {"is_done": True} for one in words_of_review(row)[::-1]],
        "why": frozen_rows(row.frozen),
        "url": reverse("offer", args=[row.offer_code]),
        "may_withdraw": row.state.is_open,
    }
    return render(request, "programmes/reviews/mine.html", context)


@requires("own.open")
@require_POST
def withdraw(request: HttpRequest, review_id: int) -> HttpResponse:
    """Take one's request back while nobody has answered it."""
    reviewing.withdraw_review(review_id=review_id, actor=actor_of(request), now=clock.now())
    return HttpResponseRedirect(reverse("my-review", args=[review_id]))


def frozen_rows(frozen: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the conditions as they came out when it was asked, for a worker's page."""
    return [
        {
            "title": clause["text"],
            "text": "；".join(_frozen_fact(seen) for seen in clause["details"]),
            "answer": {"yes": "yes", "no": "no"}.get(clause["answer"], "maybe"),
        }
        for clause in frozen.get("clauses", [])
    ]


def words_of_review(row: queries.ReviewRow) -> list[dict[str, Any]]:
    """Return what has been, the newest first."""
    past: list[dict[str, Any]] = [{"text": "提出", "detail": words.moment(row.asked_at)}]
    if row.taken_at:
        past.append({"text": f"{row.taken_by_name}接手", "detail": words.moment(row.taken_at)})
    if row.answered_at:
        past.append(
            {"text": f"{row.answered_by_name}答复", "detail": words.moment(row.answered_at)}
        )
    return past[::-1]


# ---- inside -----------------------------------------------------------------------------------

_TITLES = {
    ReviewState.ASKED: "请人看了，等答复",
    ReviewState.TAKEN: "有人在看",
    ReviewState.ANSWERED: "答复了",
    ReviewState.WITHDRAWN: "你撤回了",
}


def _frozen_fact(seen: dict[str, Any]) -> str:
    source = f"。{seen['source']}" if seen["value"] is not None else ""
    return f"{seen['label']}：{seen['value_zh']}{source}"


def _lead(row: queries.ReviewRow) -> str:
    if row.state is ReviewState.ASKED:
        return f"{row.union_name}的人会看，{_by_when(row)}看了发消息告诉你。急的话打 12351。"
    if row.state is ReviewState.TAKEN:
        return f"{row.taken_by_name}在看，{_by_when(row)}看完发消息告诉你。"
    if row.outcome is ReviewOutcome.EXCEPTION:
        return "规则说不能，工会看过以后同意你报名。"
    if row.outcome is ReviewOutcome.CORRECTED:
        return "用错的信息改了，回到那一件再看一次。"
    return ""


def _by_when(row: queries.ReviewRow) -> str:
    """Return 最晚 12 月 2 日，, nothing for requests that came before there was such a day."""
    return f"最晚 {row.due_on.month} 月 {row.due_on.day} 日，" if row.due_on else ""


def _worker_id(request: HttpRequest) -> int:
    found: int | None = actor_of(request).worker_id
    if found is None:
        raise NotFound()
    return found
