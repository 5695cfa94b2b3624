"""What a judge opens on his phone: the code, the rounds, the entrants by number, one sheet."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.actions import limits
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import public
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.programmes.actions import judging
from nuanxin.programmes.forms.contests import JudgeCodeForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import contests as queries
from nuanxin.programmes.rules.contests import Measured
from nuanxin.programmes.states import CriterionKind, RoundState

_METHODS = ["GET", "HEAD", "POST"]
_KEY = "judge"
MOST_TRIES_HOUR = 20


@public
@require_http_methods(_METHODS)
def home(request: HttpRequest) -> HttpResponse:
    """Take the code; then list the rounds of the contest."""
    judge = _judge(request)
    if request.method == "POST" and request.POST.get("do") == "leave":
        request.session.pop(_KEY, None)
        return HttpResponseRedirect(reverse("judging"))
    form = JudgeCodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = _enter(request, form)
        if status == 302:
            return HttpResponseRedirect(reverse("judging"))
    found = queries.contest_of_judge(judge) if judge and status == 200 else None
    context = {
        "page_title": found.title if found else "评委打分",
        "judge": judge if found else None,
        "rows": [_round_row(row) for row in found.rounds] if found else [],
        "until": words.moment(judge.code_until) if judge else "",
        "form": form,
    }
    return render(request, "programmes/contests/judging.html", context, status=status)


def _enter(request: HttpRequest, form: JudgeCodeForm) -> int:
    """Let a judge in by his code; return the status of the page, 302 for "in"."""
    if not form.is_valid():
        return 422
    now = clock.now()
    key = limits.key_of("judge", origin_of(request).network)
    since = now - timedelta(hours=1)
    if limits.count_attempts(AttemptKind.JUDGE_CODE, key, since=since) >= MOST_TRIES_HOUR:
        form.add_error("code", "这里试的次数多了，过一个小时再来，或者找主办工会要新的评委码。")
        return 429
    try:
        request.session[_KEY] = judging.enter(code=form.cleaned_data["code"], now=now)
    except Malformed as refusal:
        limits.note_attempt(AttemptKind.JUDGE_CODE, key, succeeded=False, now=now)
        form.add_error("code", refusal.message)
        return 422
    return 302


@public
@require_http_methods(["GET", "HEAD"])
def entrants(request: HttpRequest, round_id: int) -> HttpResponse:
    """List the entrants of a round by number, with how far one's own sheets are."""
    judge = _judge(request)
    if judge is None:
        return HttpResponseRedirect(reverse("judging"))
    row = queries.round_of(queries.contest_of_judge(judge), round_id)
    blind = queries.list_blind(round_id, judge_id=judge.id)
    wanted = len(row.criteria)
    done = sum(one.is_handed_in or one.is_recused for one in blind)
    context = {
        "page_title": f"{row.label}，交了 {done}，共 {len(blind)}",
        "row": row,
        "is_open": row.state is RoundState.SCORING,
        "rows": [
            {
                "title": f"{one.number} 号",
                "text": _standing(one, wanted),
                "url": reverse("judging-sheet", args=[round_id, one.number])
                if row.state is RoundState.SCORING and not one.is_recused
                else "",
                "answer": "yes" if one.is_handed_in else "",
            }
            for one in blind
        ],
    }
    return render(request, "programmes/contests/entrants.html", context)


def _standing(one: queries.BlindRow, wanted: int) -> str:
    if one.is_recused:
        return "要回避，不打分"
    if one.is_handed_in:
        return "交了"
    return f"打了 {one.given} 项，共 {wanted} 项" if one.given else "还没打"


@public
@require_http_methods(_METHODS)
def sheet(request: HttpRequest, round_id: int, number: int) -> HttpResponse:
    """Score one entrant: each value is kept at once; then hand the sheet in."""
    judge = _judge(request)
    if judge is None:
        return _gone(request)
    row = queries.round_of(queries.contest_of_judge(judge), round_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            there = _act(request, judge, row, number)
            if there is not None and request.headers.get("Accept") == "application/json":
                return JsonResponse({"kept": True, "said": "", "url": there.headers["Location"]})
            if there is not None:
                return there
        except NotFound:
            raise
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"kept": not problem, "said": problem}, status=status)
    own = queries.own_scores(round_id, number, judge_id=judge.id)
    blind = {one.number: one for one in queries.list_blind(round_id, judge_id=judge.id)}
    if number not in blind:
        raise NotFound()
    context = {
        "page_title": f"{number} 号选手",
        "row": row,
        "criteria": [_criterion(one, own) for one in row.criteria],
        "is_handed_in": blind[number].is_handed_in,
        "is_recused": blind[number].is_recused,
        "is_open": row.state is RoundState.SCORING,
        "problem": problem,
        "list_url": reverse("judging-round", args=[round_id]),
    }
    return render(request, "programmes/contests/sheet.html", context, status=status)


def _act(
    request: HttpRequest, judge: queries.JudgeRow, row: queries.RoundRow, number: int
) -> HttpResponse | None:
    now, do = clock.now(), request.POST.get("do", "save")
    if do == "withdraw":
        judging.withdraw_from_entrant(
            judge_id=judge.id, round_id=row.id, number=number,
            why=request.POST.get("why", ""), actor=Actor(name=judge.name), now=now,
        )  # fmt: skip
        return HttpResponseRedirect(reverse("judging-round", args=[row.id]))
    for one in row.criteria:
        text = request.POST.get(f"c{one.id}", "").strip()
        if text:
            judging.save_score(
                judge_id=judge.id, round_id=row.id, number=number, criterion_id=one.id,
                value=_value(text, one), now=now,
            )  # fmt: skip
    if do == "hand_in":
        judging.hand_in(judge_id=judge.id, round_id=row.id, number=number, now=now)
        return HttpResponseRedirect(reverse("judging-round", args=[row.id]))
    return None


def _value(text: str, one: Measured) -> Decimal:
    try:
        value = Decimal(text.replace("。", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    exponent = value.as_tuple().exponent
    if (
        not value.is_finite()
        or abs(value) >= 1_000_000
        or not isinstance(exponent, int)
        or exponent < -2
    ):
        raise Malformed("contests.value", f"“{one.label}”写一个数，最多两位小数，比如 87.5。")
    return value


def _criterion(one: Measured, own: dict[int, Decimal]) -> dict[str, Any]:
    value = own.get(one.id)
    most = f"{one.most.normalize():f}"
    if one.kind is CriterionKind.SECONDS:
        steps = "，".join(f"{a.normalize():f} 秒以内 {p.normalize():f} 分" for a, p in one.table)
        hint = f"写几秒。{steps}，再慢没有分。"
    else:
        hint = f"0 到 {most} 分"
    shown = "" if value is None else f"{value.normalize():f}"
    return {
        "name": f"c{one.id}", "label": f"{one.label}（占 {one.weight.normalize():f}%）",
        "hint": hint, "value": shown,
    }  # fmt: skip


def _judge(request: HttpRequest) -> queries.JudgeRow | None:
    now = clock.now()
    kept = request.session.get(_KEY)
    found = queries.find_judge(int(kept), now=now) if kept else None
    return found or queries.find_judge_of_account(actor_of(request), now=now)


def _gone(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"kept": False, "said": "评委码过期了，重新输一次。"}, status=401)
    return HttpResponseRedirect(reverse("judging"))


def _round_row(row: queries.RoundRow) -> dict[str, Any]:
    return {
        "title": row.label,
        "text": f"{row.held_on.month} 月 {row.held_on.day} 日{'，' + row.place if row.place else ''}，{row.entrants} 名选手",
        "end": row.state.label,
        "url": reverse("judging-round", args=[row.id]) if row.entrants else "",
    }
