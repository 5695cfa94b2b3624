"""Contests for everybody: the list, one contest with its rules and results, an entrant's appeal."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.people.queries import has_consent
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions.contest_results import file_appeal
from nuanxin.programmes.forms.contests import AppealForm
from nuanxin.programmes.pages.offers import notice_links
from nuanxin.programmes.queries import contests as queries
from nuanxin.programmes.queries.honours import has_won
from nuanxin.programmes.rules.contests import Measured
from nuanxin.programmes.states import CriterionKind, RoundState


@public
@require_GET
def contest_list(request: HttpRequest) -> HttpResponse:
    """List the contests, the latest first."""
    rows = queries.list_public_contests()
    context = {
        "page_title": "技能竞赛",
        "honours_url": reverse("honours"),
        "rows": [
            {"title": title, "text": union, "url": reverse("contest", args=[code])}
            for code, title, union in rows
        ],
    }
    return render(request, "programmes/contests/list.html", context)


@public
@require_GET
def contest(request: HttpRequest, code: str) -> HttpResponse:
    """Show rounds, how they are counted, results with masked names; one's own entry to oneself."""
    found = queries.get_public_contest(code)
    worker_id = actor_of(request).worker_id
    mine = queries.list_mine(found.id, worker_id=worker_id) if worker_id else []
    today = clock.business_day(clock.now())
    context = {
        "page_title": found.title,
        "found": found,
        "mine": [_mine(found, row, today) for row in mine],
        "number": mine[0].number if mine else 0,
        "team": mine[0].team if mine else "",
        "rounds": [_round(row) for row in found.rounds],
        "has_won": worker_id is not None and has_won(found.id, worker_id=worker_id),
        "is_named": worker_id is not None
        and has_consent(worker_id, ConsentPurpose.HONOUR_PUBLICATION),
        "honour_url": reverse("contest-honour", args=[code]),
        "consent_url": reverse("notice", args=[ConsentPurpose.HONOUR_PUBLICATION.slug]),
        "notices": notice_links(found.offer_id),
    }
    answer = render(request, "programmes/contests/contest.html", context)
    answer.headers["X-Robots-Tag"] = "noindex, noarchive"
    return answer


def _mine(found: queries.ContestRow, row: queries.MineRow, today: Any) -> dict[str, Any]:
    of = queries.round_of(found, row.round_id)
    text = f"第 {row.rank} 名，{row.total} 分" if row.rank else of.state.label
    if row.goes_on:
        text += "，获奖" if of.is_last else "，晋级"
    may_appeal = row.rank and of.appeals_until and today <= of.appeals_until and row.appeal is None
    return {
        "label": of.label,
        "text": text,
        "appeal": f"申诉：{row.appeal.label}" if row.appeal else "",
        "answer": row.answer,
        "appeal_url": f"{reverse('contest-appeal', args=[found.code])}?round={of.id}"
        if may_appeal
        else "",
    }


def _round(row: queries.RoundRow) -> dict[str, Any]:
    said = f"{row.held_on.month} 月 {row.held_on.day} 日{'，' + row.place if row.place else ''}，"
    said += f"{'前' if not row.is_last else '取前'} {row.goes_on} 名{'获奖' if row.is_last else '晋级'}。"
    results = queries.list_results(row.id) if row.state is RoundState.CLOSED else []
    return {
        "label": row.label,
        "state": row.state.label,
        "text": said,
        "rules": [_criterion(one) for one in row.criteria],
        "dropped": _dropped(row),
        "results": [
            {
                "title": f"第 {one.rank} 名　{one.number} 号　{one.masked_name}",
                "end": f"{one.total} 分",
                "text": ("获奖" if row.is_last else "晋级") if one.goes_on else "",
            }
            for one in results
        ],
        "proof": row.proof,
        "until": f"{row.appeals_until.month} 月 {row.appeals_until.day} 日"
        if row.appeals_until
        else "",
    }


def _criterion(one: Measured) -> dict[str, str]:
    how = "按秒数换算" if one.kind is CriterionKind.SECONDS else f"满分 {one.most.normalize():f}"
    return {"label": one.label, "value": f"占 {one.weight.normalize():f}%，{how}"}


def _dropped(row: queries.RoundRow) -> str:
    parts = [
        f"{count} 个{what}分"
        for what, count in (("最高", row.drop_highest), ("最低", row.drop_lowest))
        if count
    ]
    return f"去掉{'、'.join(parts)}，其余评委平均。" if parts else "全部评委平均。"


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """Take an entrant's appeal against his own result."""
    found = queries.get_public_contest(code)
    form = AppealForm(
        request.POST or None, initial={"round": whole_number(request.GET.get("round"))}
    )
    problem, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            queries.round_of(found, form.cleaned_data["round"])
            file_appeal(
                round_id=form.cleaned_data["round"],
                text=form.cleaned_data["text"],
                actor=actor_of(request),
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("contest", args=[code]))
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    elif request.method == "POST":
        status = 422
    context = {
        "page_title": "对成绩申诉",
        "found": found,
        "form": form,
        "problem": problem,
        "back_url": reverse("contest", args=[code]),
    }
    return render(request, "programmes/contests/appeal.html", context, status=status)
