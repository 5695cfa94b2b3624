"""请人看看 at the desk: who waits and since when; take it, read it, answer it with the reason."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Forbidden, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import reviewing
from nuanxin.programmes.pages import words
from nuanxin.programmes.pages.reviews import words_of_review
from nuanxin.programmes.queries import reviews as queries
from nuanxin.programmes.states import ReviewOutcome, ReviewState

_ANSWERS = {"no": "不能", "unknown": "还不能确定", "yes": "可以"}
_STATES = {"yes": "ok", "no": "stop", "unknown": "care"}


@requires("human_review.view")
@require_GET
def review_list(request: HttpRequest) -> HttpResponse:
    """List the requests below one's unions: open ones by age, or those that were answered."""
    now = clock.now()
    is_open = request.GET.get("part", "") != "done"
    after = request.GET.get("after", "")
    known = whole_number(after)
    rows, following = queries.list_reviews(actor=actor_of(request), is_open=is_open, after=known)
    here = {"part": "" if is_open else "done", "after": following or ""}
    context = {
        "page_title": "请人看看",
        "page_lead": "有人觉得规则算得不对，请工会的人看一遍。先来的在前。",
        "tabs": [
            {"label": "等着看的", "url": reverse("desk-human-reviews"), "active": is_open},
            {
                "label": "答复过的",
                "url": f"{reverse('desk-human-reviews')}?part=done",
                "active": not is_open,
            },
        ],
        "columns": [
            {"label": "谁"}, {"label": "哪一件"}, {"label": "规则说"},
            {"label": "等了" if is_open else "答复", "css": "nw"}, {"label": "状态"},
        ],
        "rows": [_row(row, now) for row in rows],
        "is_open": is_open,
        "next_url": f"?{urlencode(here)}" if following else "",
    }  # fmt: skip
    return render(request, "programmes/desk/reviews.html", context)


@requires("human_review.view")
@require_GET
def review(request: HttpRequest, review_id: int) -> HttpResponse:
    """Show a request with the rule's answer as it was then, and where it stands."""
    return _page(request, review_id)


@requires("human_review.answer")
@require_POST
@sensitive_post_parameters("answer")
def review_act(request: HttpRequest, review_id: int) -> HttpResponse:
    """Take a request, read what was written (which is logged), or answer it."""
    queries.get_review(review_id, actor=actor_of(request))
    try:
        done = _act(request, review_id)
    except (NotFound, Forbidden):
        raise
    except Refusal as refusal:
        return _page(request, review_id, problem=refusal.message, status=refusal.status)
    if done is not None:
        return _page(request, review_id, reason=done)
    return HttpResponseRedirect(reverse("desk-human-review", args=[review_id]))


def _act(request: HttpRequest, review_id: int) -> str | None:
    """Do what was tapped; return what the person wrote where it was asked for."""
    actor, now, do = actor_of(request), clock.now(), request.POST.get("do", "")
    if do == "read":
        return reviewing.read_reason(review_id=review_id, actor=actor, now=now) or "没有写。"
    if do in ("take", "over"):
        reviewing.take_review(review_id=review_id, actor=actor, now=now, is_over=do == "over")
        return None
    chosen = request.POST.get("outcome", "")
    reviewing.answer_review(
        review_id=review_id,
        outcome=whole_number(chosen, longest=2) or 0,
        answer=request.POST.get("answer", ""),
        actor=actor,
        now=now,
    )
    return None


def _page(
    request: HttpRequest, review_id: int, *, problem: str = "", reason: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    row = queries.get_review(review_id, actor=actor)
    may = permissions.can_answer_review(actor, path=row.union_path, worker_id=row.worker_id)
    is_mine = row.taken_by is not None and row.taken_by == actor.account_id
    chosen = request.POST.get("outcome", "")
    context = {
        "page_title": f"{row.worker_name}：{row.offer_title}",
        "page_lead": f"规则说{_ANSWERS.get(row.rule_answer, '')}，"
        f"{words.moment(row.asked_at)}请人看。{row.state.label}。",
        "row": row,
        "problem": problem,
        "reason": reason,
        "act_url": reverse("desk-human-review-act", args=[review_id]),
        "may_read": may and row.has_reason and not reason,
        "may_take": may and row.state is ReviewState.ASKED,
        "may_take_over": may and row.state is ReviewState.TAKEN and not is_mine,
        "may_answer": may and row.state.is_open and (row.taken_by is None or is_mine),
        "is_own": row.worker_id == actor.worker_id,
        "facts": _facts(row),
        "columns": [{"label": "条件"}, {"label": "结论", "css": "nw"}, {"label": "用的信息"}],
        "clauses": _clauses(row.frozen),
        "change": (row.frozen.get("would_change") or {}).get("text", ""),
        "document": row.frozen.get("document", ""),
        "outcomes": [
            {
                "value": str(int(one)),
                "label": _OUTCOMES[one],
                "is_chosen": chosen == str(int(one)),
            }
            for one in ReviewOutcome
        ],
        "answer": request.POST.get("answer", ""),
        "history": words_of_review(row),
        "crumbs": [
            {"label": "请人看看", "url": reverse("desk-human-reviews")},
            {"label": row.offer_title},
        ],
    }
    return render(request, "programmes/desk/review.html", context, status=status)


_OUTCOMES = {
    ReviewOutcome.RULE_RIGHT: "规则算得对，维持",
    ReviewOutcome.CORRECTED: "用的信息错了，已经改好",
    ReviewOutcome.EXCEPTION: "破例，同意报名（写明理由，署您的名字）",
}


def _row(row: queries.ReviewRow, now: datetime) -> dict[str, Any]:
    if row.answered_at is not None:
        when = {"text": words.day(row.answered_at), "note": row.answered_by_name}
    else:
        when = {"text": _age(now - row.asked_at), "note": _limit(row, now)}
    label = row.outcome.label if row.outcome else row.state.label
    return {
        "id": row.id,
        "name": row.worker_name,
        "url": reverse("desk-human-review", args=[row.id]),
        "cells": [
            {"text": row.worker_name, "note": row.masked_phone},
            {"text": row.offer_title, "note": row.union_name},
            _ANSWERS.get(row.rule_answer, ""),
            when,
            {"text": label, "note": row.taken_by_name if row.state.is_open else ""},
        ],
    }


def _limit(row: queries.ReviewRow, now: datetime) -> str:
    """Return until when it is to be answered, and whether that day is over."""
    if row.due_on is None:
        return words.moment(row.asked_at)
    late = clock.business_day(now) > row.due_on
    return f"过了 {row.due_on}" if late else f"最晚 {row.due_on}"


def _age(waited: Any) -> str:
    if waited.days:
        return f"{waited.days} 天"
    hours = waited.seconds // 3600
    return f"{hours} 小时" if hours else "刚刚"


def _facts(row: queries.ReviewRow) -> list[dict[str, str]]:
    facts = [
        {"label": "谁", "value": f"{row.worker_name} {row.masked_phone}".strip()},
        {"label": "哪一件", "value": row.offer_title},
        {"label": "主办", "value": row.union_name},
    ]
    if row.outcome is not None:
        facts += [
            {"label": "结果", "value": row.outcome.label},
            {"label": "答复", "value": row.answer},
            {"label": "答复人", "value": row.answered_by_name},
        ]
    elif row.due_on is not None:
        facts.append({"label": "最晚哪天答复", "value": str(row.due_on)})
    if row.outcome is None and row.taken_by_name:
        facts.append({"label": "谁在看", "value": row.taken_by_name})
    return facts


def _clauses(frozen: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "cells": [
                clause["text"],
                {"text": _WORDS.get(clause["answer"], ""), "state": _STATES.get(clause["answer"])},
                "；".join(
                    f"{seen['label']}：{seen['value_zh']}"
                    + (f"（{seen['source']}）" if seen["value"] is not None else "")
                    for seen in clause["details"]
                ),
            ]
        }
        for clause in frozen.get("clauses", [])
    ]


_WORDS = {"yes": "满足", "no": "没满足", "unknown": "不知道"}
