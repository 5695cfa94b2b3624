"""What people state for programmes: one question a screen, see it all, take it back."""

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.eligibility.rules.answering import answers_to, question_of, tests_of
from nuanxin.eligibility.rules.binding import BoundRule
from nuanxin.eligibility.rules.explaining import Explanation
from nuanxin.kernel import clock
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.fact import Fact, FactType, Sensitivity
from nuanxin.people import actions as people_actions
from nuanxin.people import queries as people
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.actions.stating import state_fact, take_back_fact
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.forms.can_get import Answers, read_answers, read_value, write_answer
from nuanxin.programmes.pages import clauses, words
from nuanxin.programmes.queries import offers
from nuanxin.programmes.queries.can_get import get_can_get
from nuanxin.programmes.queries.qualifying import explain_supposing
from nuanxin.programmes.queries.stated import STATEABLE, can_be_asked, list_stated
from nuanxin.programmes.rules.attestable import attestable
from nuanxin.programmes.states import Way

SOURCE = "本人在手机上填的"
_METHODS = ["GET", "HEAD", "POST"]
_PREFIX = "programmes."


@requires("own.open")
@require_GET
def my_facts(request: HttpRequest) -> HttpResponse:
    """List what one stated, with its day and until when it counts, and what would help to add."""
    worker_id, now = _worker_id(request), clock.now()
    stated = list_stated(worker_id)
    today = clock.business_day(now)
    have = {row.fact.name for row in stated if row.counts_on(today)}
    waiting = _waiting(worker_id, now)
    done = STATEABLE.get(_PREFIX + request.GET.get("done", ""))
    context = {
        "page_title": f"为服务填过 {len(stated)} 项" if stated else "为服务填的情况",
        "rows": [
            {
                "label": row.fact.label,
                "value": row.value_zh,
                "text": f"{words.said(row.stated_on)}，{row.source}。"
                + (
                    f"用到 {words.said(row.until)}"
                    if row.until and row.counts_on(today)
                    else "太久了，要重新填"
                ),
                "document": row.fact.document_zh,
                "url": _question_url(row.fact),
                "back_url": _take_back_url(row.fact),
            }
            for row in stated
        ],
        "more": [
            {
                "title": question_of(STATEABLE[name]),
                "text": f"{count} 件在等这一句",
                "url": _question_url(STATEABLE[name]),
            }
            for name, count in waiting.most_common(12)
            if name not in have
        ],
        "banner": {
            "text": f"记下了：{done.label}。",
            "undo_url": _take_back_url(done),
            "undo_label": "填错了，撤回",
        }
        if done and done.name in have
        else None,
    }
    return render(request, "programmes/can_get/facts.html", context)


@requires("own.open")
@require_http_methods(_METHODS)
def answer(request: HttpRequest) -> HttpResponse:
    """Ask one question and keep what is answered, with the day; it can be taken back at any time."""
    worker_id = _worker_id(request)
    fact = STATEABLE.get(_PREFIX + request.GET.get("of", ""))
    if fact is None:
        return HttpResponseRedirect(reverse("my-facts"))
    back = request.POST.get("back", "") or request.GET.get("back", "")
    problem, status = "", 200
    if request.method == "POST":
        try:
            _state(request, fact, worker_id)
        except Malformed as refusal:
            problem, status = refusal.message, 422
        else:
            if back == "can-get":
                return HttpResponseRedirect(reverse("can-get"))
            told = urlencode({"done": fact.name.removeprefix(_PREFIX)})
            return HttpResponseRedirect(f"{reverse('my-facts')}?{told}")
    context = _asking(fact, ()) | {
        "problem": problem,
        "act_url": _question_url(fact),
        "back": back,
        "is_kept": True,
        "leave_url": reverse("can-get" if back == "can-get" else "my-facts"),
        "leave_label": "说不准，先不填",
    }
    return render(request, "programmes/can_get/answer.html", context, status=status)


@requires("own.open")
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back what one stated of a fact: it counts as not known again."""
    fact = STATEABLE.get(_PREFIX + request.GET.get("of", ""))
    if fact is not None:
        take_back_fact(
            name=fact.name, worker_id=_worker_id(request), actor=actor_of(request), now=clock.now()
        )
    return HttpResponseRedirect(reverse("my-facts"))


@requires("own.open")
@require_http_methods(_METHODS)
def questions(request: HttpRequest) -> HttpResponse:
    """Ask what one offer waits for, question by question, until its answer stands.

    What is sensitive is asked after a consent of its own and goes from screen to screen in the form:
    it is never kept.
    """
    worker_id, now = _worker_id(request), clock.now()
    code = request.GET.get("of", "")
    if not code:
        return HttpResponseRedirect(reverse("can-get"))
    row = offers.get_offer(code)
    if request.POST.get("do") == "agree":
        _agree(worker_id, actor_of(request), now)
    problem, supposed = "", Answers()
    try:
        supposed = _take_answers(request, worker_id)
    except Malformed as refusal:
        problem = refusal.message
    on = clock.business_day(now)
    told = explain_supposing(
        row.rule_code, worker_id=worker_id, supposed=supposed.values, on=on
    )  # fmt: skip
    fact = _next(told, supposed) if told and row.is_open(now) else None
    is_answered = bool(supposed.values) or (request.method == "POST" and row.is_open(now))
    if told is None or (fact is None and not is_answered):
        return HttpResponseRedirect(reverse("offer", args=[code]))
    if fact is None:
        context = _told(row, told) | {"was_secret": bool(supposed.values)}
        return render(request, "programmes/can_get/told.html", context)
    if fact.sensitivity is Sensitivity.SENSITIVE and not people.has_consent(
        worker_id, ConsentPurpose.PROGRAMME_FACTS
    ):
        return render(request, "programmes/can_get/consent.html", _consent(row, told, on))
    context = _asking(fact, (told.bound,)) | {
        "problem": problem,
        "act_url": _questions_url(code),
        "kept": [write_answer(name, value) for name, value in supposed.values.items()],
        "is_kept": fact.sensitivity is not Sensitivity.SENSITIVE,
        "leave_url": reverse("offer", args=[code]),
        "leave_label": "说不准，先不答",
        "proof_url": _proof_url(code) if attestable(fact.name) is not None else "",
        "over": row.title,
    }
    status = 422 if problem else 200
    return render(request, "programmes/can_get/answer.html", context, status=status)


# ---- inside -----------------------------------------------------------------------------------


def _worker_id(request: HttpRequest) -> int:
    found: int | None = actor_of(request).worker_id
    if found is None:
        raise NotFound()
    return found


def _waiting(worker_id: int, now: Any) -> Counter[str]:
    """Return how many lines wait for each fact that one can state."""
    seen = get_can_get(worker_id, now=now)
    lines = [one.line for one in seen.offers] + [one.line for one in seen.services]
    return Counter(
        missing.fact.name
        for line in lines
        for missing in line.missing
        if missing.fact.name in STATEABLE
    )


def _state(request: HttpRequest, fact: Fact, worker_id: int) -> None:
    """Keep the answer of the form."""
    now = clock.now()
    written = request.POST.get("a", "")
    name, sign, said = written.partition("=")
    if not sign:
        said = request.POST.get("number", "").strip()
    elif name != fact.name:
        raise Malformed("programmes.answer_unreadable", "没看清选的是哪一个。再选一次。")
    if not said:
        raise Malformed("programmes.answer_unreadable", "还没填。写一个数，或者先不填。")
    state_fact(
        worker_id=worker_id,
        name=fact.name,
        value=read_value(fact, said),
        source=SOURCE,
        actor=actor_of(request),
        now=now,
        on=clock.business_day(now),
    )


def _take_answers(request: HttpRequest, worker_id: int) -> Answers:
    """Keep what may be kept of the answers in the form; return the sensitive ones, which may not."""
    written = request.POST.getlist("a")
    number = request.POST.get("number", "").strip()
    if number:
        written.append(f"{request.POST.get('fact', '')}={number}")
    elif "fact" in request.POST and not written:
        raise Malformed("programmes.answer_unreadable", "还没填。写一个数，或者先不答。")
    answers = read_answers(written)
    now = clock.now()
    for name, value in answers.values.items():
        if name in STATEABLE:
            state_fact(
                worker_id=worker_id,
                name=name,
                value=value,
                source=SOURCE,
                actor=actor_of(request),
                now=now,
                on=clock.business_day(now),
            )
    supposed = {
        name: value
        for name, value in answers.values.items()
        if CATALOGUE.facts[name].sensitivity is Sensitivity.SENSITIVE
    }
    return Answers(supposed, asked=frozenset(supposed))


def _next(told: Explanation, supposed: Answers) -> Fact | None:
    """Return what to ask next: only what one can state, or say for this moment."""
    if told.answer is not Answer.UNKNOWN:
        return None
    for seen in told.missing:
        if seen.fact.name not in supposed.asked and can_be_asked(seen.fact):
            return seen.fact
    return None


def _asking(fact: Fact, rules: tuple[BoundRule, ...]) -> dict[str, Any]:
    """Return the question: choices to tap; a number that is kept is typed, so that it stays true."""
    is_typed = fact.name in STATEABLE and fact.type in (FactType.INTEGER, FactType.FEN)
    offered = () if is_typed and not fact.choices else answers_to(fact, tests_of(fact, rules))
    return {
        "page_title": question_of(fact),
        "choices": [
            {"value": write_answer(fact.name, one.value), "label": one.label} for one in offered
        ],
        "is_short": all(len(one.label) <= 9 for one in offered),
        "fact": fact.name,
        "number_attrs": {"inputmode": "numeric", "maxlength": "6", "autocomplete": "off"},
        "number_label": f"几{fact.unit}" if fact.unit else fact.label,
        "document": fact.document_zh,
        "keeps_days": fact.keeps_days,
    }


def _consent(row: offers.OfferRow, told: Explanation, on: Any) -> dict[str, Any]:
    notice = people.current_notice(ConsentPurpose.PROGRAMME_FACTS, on=on)
    asked = [
        seen.fact.label for seen in told.missing if seen.fact.sensitivity is Sensitivity.SENSITIVE
    ]
    return {
        "page_title": "这几句要你单独同意才问",
        "over": row.title,
        "asked": asked,
        "notice_url": reverse("notice", args=[notice.purpose.slug]),
        "act_url": _questions_url(row.code),
        "leave_url": reverse("offer", args=[row.code]),
    }


def _told(row: offers.OfferRow, told: Explanation) -> dict[str, Any]:
    return {
        "page_title": row.title,
        "answer": clauses.ICONS[told.answer],
        "answer_label": {
            Answer.YES: "你能领",
            Answer.UNKNOWN: "还不能确定，报名时带材料来看",
            Answer.NO: "现在还不能",
        }[told.answer],
        "sentence": told.sentence,
        "why_heading": clauses.heading_of(told),
        "why": clauses.clause_rows(told),
        "why_source": told.bound.rule.document,
        "may_apply": told.answer is not Answer.NO,
        "code": row.code,
        "url": reverse("offer", args=[row.code]),
        "is_chosen_there": row.way in (Way.SLOT, Way.BY_CLASS),
        "review_url": f"{reverse('review-ask')}?{urlencode({'of': row.code})}",
    }


def _agree(worker_id: int, actor: Any, now: Any) -> None:
    notice = people.current_notice(ConsentPurpose.PROGRAMME_FACTS, on=clock.business_day(now))
    people_actions.grant_consent(
        worker_id=worker_id,
        purpose=int(ConsentPurpose.PROGRAMME_FACTS),
        notice_version=notice.version,
        via="web",
        actor=actor,
        now=now,
    )


def _question_url(fact: Fact) -> str:
    return f"{reverse('fact-answer')}?{urlencode({'of': fact.name.removeprefix(_PREFIX)})}"


def _take_back_url(fact: Fact) -> str:
    return f"{reverse('fact-take-back')}?{urlencode({'of': fact.name.removeprefix(_PREFIX)})}"


def _proof_url(code: str) -> str:
    return f"{reverse('proof-ask')}?{urlencode({'offer': code})}"


def _questions_url(code: str) -> str:
    return f"{reverse('offer-questions')}?{urlencode({'of': code})}"
