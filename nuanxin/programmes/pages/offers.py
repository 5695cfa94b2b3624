"""我能领: offers for everybody, applying in two taps, one's own applications."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.eligibility.rules.explaining import Explanation
from nuanxin.kernel import clock
from nuanxin.kernel import draw as lots
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.kernel.text import whole_number
from nuanxin.people.queries import list_household
from nuanxin.programmes.actions import claims, parties
from nuanxin.programmes.pages import clauses, words
from nuanxin.programmes.queries import offers as queries
from nuanxin.programmes.queries.asking import get_asking
from nuanxin.programmes.queries.bases import has_basis
from nuanxin.programmes.queries.contests import find_public_contest
from nuanxin.programmes.queries.feedback import public_share
from nuanxin.programmes.queries.no_shows import decide_no_shows
from nuanxin.programmes.queries.publicity import notice_codes
from nuanxin.programmes.queries.qualifying import explain_person
from nuanxin.programmes.queries.reviews import ReviewRow, find_my_review
from nuanxin.programmes.queries.stated import can_be_asked
from nuanxin.programmes.rules.attestable import attestable
from nuanxin.programmes.states import ClaimState, Kind, OfferState, ReviewOutcome, Way

_CODE_LONGEST = 20
_MOST_TICKED = 30


@public
@require_GET
def offer_list(request: HttpRequest) -> HttpResponse:
    """List what one can apply for, what closes first first."""
    now = clock.now()
    page = queries.list_open_offers(now=now, cursor=request.GET.get("after"))
    count = len(page.items)
    context = {
        "page_title": f"现在有 {count} 件能报" if count else "现在没有能报的",
        "rows": [words.offer_line(row, now) for row in page.items],
        "next_url": f"?{urlencode({'after': page.next})}" if page.next else "",
        "mine_url": reverse("my-offers") if _worker_id(request) else "",
    }
    return render(request, "programmes/list.html", context)


@public
@require_GET
def offer(request: HttpRequest, code: str) -> HttpResponse:
    """Show one offer: deadline, places, how they are given, what is needed; where one stands."""
    return _offer_page(request, code)


def _offer_page(
    request: HttpRequest, code: str, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now = clock.now()
    row = queries.get_offer(code)
    worker_id = _worker_id(request)
    mine = queries.find_my_claim(worker_id, row.id) if worker_id else None
    asking = _asking_told(row, mine, worker_id, now)
    context = _offer_told(row, now) | _claim_told(row, mine) | asking
    context["problem"] = problem or asking["problem"]
    return render(request, "programmes/offer.html", context, status=status)


def _offer_told(row: queries.OfferRow, now: datetime) -> dict[str, Any]:
    """Return what everybody is told of an offer: deadline, places, how they are given, where it is proved."""
    return {
        "page_title": row.title,
        "row": row,
        "facts": [*words.facts_of(row), *_how_it_was(row, now)],
        "left": words.left(row),
        "until": words.moment(row.closes_at),
        "closed": words.why_closed(row, now),
        "camp_url": reverse("camp", args=[row.code]) if row.way is Way.BY_CLASS else "",
        "draw_url": reverse("offer-draw", args=[row.code]) if row.commitment else "",
        "contest_url": reverse("contest", args=[row.code])
        if row.kind is Kind.CONTEST and find_public_contest(row.code)
        else "",
        "list_url": reverse("worker-offers"),
        "notices": notice_links(row.id)
        if row.state in (OfferState.PUBLICITY, OfferState.AWARDED)
        else [],
    }


def _claim_told(row: queries.OfferRow, mine: queries.ClaimRow | None) -> dict[str, Any]:
    """Return where somebody stands who has asked for a place, and what he may do about it."""
    heading, lead = words.claim_words(mine) if mine else ("", "")
    together = mine.together if mine and mine.together > 1 else 0
    return {
        "heading": heading,
        "lead": lead,
        "is_yes": mine is not None and mine.state.holds_seat,
        "may_confirm": mine is not None and mine.state is ClaimState.GRANTED,
        "basis_url": reverse("offer-basis", args=[row.code]) if mine and has_basis(mine.id) else "",
        "may_withdraw": mine is not None and mine.state.is_live,
        "withdraw_label": "只退我自己" if together else "不要了，撤回",
        "family_label": f"我们 {together} 个都不要了" if together else "",
    }


def _asking_told(
    row: queries.OfferRow, mine: queries.ClaimRow | None, worker_id: int | None, now: datetime
) -> dict[str, Any]:
    """Return whether one may ask for a place now, for whom, and what the rule says; ``problem`` is what waits."""
    is_asking = row.is_open(now) and (mine is None or not mine.state.is_live)
    by_class = row.way is Way.BY_CLASS  # children's own conditions are asked child by child
    is_told = is_asking and worker_id and not by_class
    told = _told_of_rule(row, worker_id or 0, now) if is_told else None
    review = find_my_review(worker_id, row.id) if worker_id else None
    is_excepted = review is not None and review.outcome is ReviewOutcome.EXCEPTION
    waits = _waits(row.code, worker_id or 0, now) if is_told else ""
    is_refused = told is not None and told.answer is Answer.NO and not is_excepted
    may_apply = is_asking and not by_class and not waits and not is_refused
    here = reverse("offer", args=[row.code])
    return _rule_told(row.code, told, review) | {
        "is_excepted": is_excepted,
        "may_apply": may_apply,
        "family": _family(row, worker_id) if may_apply else [],
        "may_be_together": may_apply and row.way.is_at_once,
        "apply_label": _apply_label(row),
        "sign_in_url": f"/sign-in/?{urlencode({'next': here})}" if not worker_id else "",
        "slots": words.slot_choices(queries.list_slots(row.id, now=now))
        if is_asking and row.way is Way.SLOT
        else [],
        "problem": waits,
    }


def _rule_told(code: str, told: Explanation | None, review: ReviewRow | None) -> dict[str, Any]:
    """Return what the rule says of somebody, None where it is not asked, and what would decide it."""
    lacks = [seen.fact for seen in told.missing] if told else []
    may_ask = told is not None and told.answer is not Answer.YES
    return {
        "questions_url": f"{reverse('offer-questions')}?{urlencode({'of': code})}"
        if any(can_be_asked(fact) for fact in lacks)
        else "",
        "proof_ask_url": f"{reverse('proof-ask')}?{urlencode({'offer': code})}"
        if any(attestable(fact.name) for fact in lacks)
        else "",
        "review_ask_url": f"{reverse('review-ask')}?{urlencode({'of': code})}"
        if may_ask and not (review and review.state.is_open)
        else "",
        "review_url": reverse("my-review", args=[review.id]) if review else "",
        "rule_answer": told.answer.value if told else "",
        "rule_sentence": told.sentence if told else "",
        "why_heading": clauses.heading_of(told) if told else "",
        "why": clauses.clause_rows(told) if told else [],
        "why_source": told.bound.rule.document if told else "",
    }


@requires("own.open")
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Ask for a place; a second tap tells the same."""
    code = _code(request)
    try:
        claims.apply_for_place(
            code=code, actor=actor_of(request), now=clock.now(), slot_at=_slot(request)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _offer_page(request, code, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("offer", args=[code]))


@requires("own.open")
@require_POST
def apply_together(request: HttpRequest) -> HttpResponse:
    """Ask for places for oneself and those of one's household who are ticked."""
    code = _code(request)
    chosen = [whole_number(text) for text in request.POST.getlist("with")[:_MOST_TICKED]]
    try:
        parties.apply_together(
            code=code,
            with_workers=[one for one in chosen if one is not None],
            actor=actor_of(request),
            now=clock.now(),
            slot_at=_slot(request),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _offer_page(request, code, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("offer", args=[code]))


@requires("own.open")
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Take the place that is kept for one."""
    code = _code(request)
    queries.get_offer(code)
    try:
        claims.confirm_place(code=code, actor=actor_of(request), now=clock.now())
    except Refusal as refusal:
        return _offer_page(request, code, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("offer", args=[code]))


@requires("own.open")
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take one's application back, or that of one's whole family; the places go to the next."""
    code = _code(request)
    queries.get_offer(code)
    is_whole = request.POST.get("who") == "family"
    take_back = parties.withdraw_together if is_whole else claims.withdraw_from_offer
    try:
        take_back(code=code, actor=actor_of(request), now=clock.now())
    except Refusal as refusal:
        return _offer_page(request, code, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("offer", args=[code]))


@requires("own.open")
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List one's own applications, the latest first."""
    worker_id = _worker_id(request)
    if worker_id is None:
        raise NotFound()
    rows = queries.list_my_claims(worker_id)
    context = {
        "page_title": f"我报了 {len(rows)} 件" if rows else "还没有报过名",
        "rows": [
            {
                "title": row.title,
                "text": words.claim_words(row)[0],
                "end": words.day(row.applied_at),
                "answer": "yes" if row.state.holds_seat else "maybe" if row.state.is_live else "no",
                "url": reverse("offer", args=[row.code]),
            }
            for row in rows
        ],
        "list_url": reverse("worker-offers"),
    }
    return render(request, "programmes/mine.html", context)


@public
@require_GET
def draw_file(request: HttpRequest, code: str) -> HttpResponse:
    """Give the file of a draw: numbers of applications, no names; with the result once drawn."""
    told = json.dumps(queries.get_draw_file(code), ensure_ascii=False)
    answer = HttpResponse(told, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="draw-{code}.json"'
    return answer


@public
@require_GET
def draw_script(request: HttpRequest) -> HttpResponse:
    """Give the program that verifies a draw: the very one that draws, for Python alone."""
    text = Path(lots.__file__).read_text(encoding="utf-8")
    answer = HttpResponse(text, content_type="text/x-python; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="draw.py"'
    return answer


def notice_links(offer_id: int) -> list[dict[str, str]]:
    """Return the public lists of an offer, as links."""
    return [
        {
            "url": reverse("public-notice", args=[code]),
            "label": "看公示的名单" if number == 1 else f"看第 {number} 次公示（递补）",
        }
        for code, number in notice_codes(offer_id)
    ]


def _waits(code: str, worker_id: int, now: datetime) -> str:
    """Return until when somebody waits who had booked and did not come; "" for nobody else."""
    today = clock.business_day(now)
    asked = get_asking(code, worker_id=worker_id, on=today)
    found = decide_no_shows(
        asked.no_shows, adcode=asked.adcode, on=today, rush_from=asked.rush_from, now=now
    )
    return found.message if found.answer is Answer.NO else ""


def _told_of_rule(row: queries.OfferRow, worker_id: int, now: datetime) -> Explanation | None:
    return explain_person(
        row.rule_code, worker_id=worker_id, on=clock.business_day(now), is_sourced=True
    )


# ---- inside -----------------------------------------------------------------------------------


def _worker_id(request: HttpRequest) -> int | None:
    found: int | None = actor_of(request).worker_id
    return found


def _family(row: queries.OfferRow, worker_id: int | None) -> list[dict[str, Any]]:
    """Return those of one's household to tick, where places are given at once."""
    if worker_id is None or not row.way.is_at_once:
        return []
    return [
        {"id": f"with-{number}", "value": one.worker_id, "label": one.masked_name}
        for number, one in enumerate(list_household(worker_id), start=1)
    ]


def _how_it_was(row: queries.OfferRow, now: datetime) -> list[dict[str, str]]:
    """Return what those who came said, where they are enough to be told."""
    found = public_share(row.id, now=now, on=clock.business_day(now))
    if found is None:
        return []
    share, answers = found
    return [
        {"label": "来过的人说", "value": f"{share}% 满意（最近一年约 {answers:,} 份不记名评价）"}
    ]


def _apply_label(row: queries.OfferRow) -> str:
    if row.way is Way.SLOT:
        return "预约"
    return "报名" if row.left or row.left is None else "排候补"


def _slot(request: HttpRequest) -> datetime | None:
    """Return the slot that was chosen; None for none, or for what is no moment."""
    try:
        chosen = datetime.fromisoformat(request.POST.get("slot", ""))
    except ValueError:
        return None
    return chosen if chosen.tzinfo is not None else None


def _code(request: HttpRequest) -> str:
    code = request.POST.get("code", "")
    if not code.isascii() or not code.isalnum() or len(code) > _CODE_LONGEST:
        raise Malformed("programmes.no_code", "没看清是哪一件。回到那一页，再点一下。")
    return code
