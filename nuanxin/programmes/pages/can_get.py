"""我能领: everything open in one line each; without signing in as a what-if that keeps nothing."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public
from nuanxin.eligibility.rules.answering import (
    Offered,
    answers_to,
    question_of,
    say_answer,
    tests_of,
)
from nuanxin.kernel import clock, regions
from nuanxin.kernel.decision import Answer
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.fact import Fact, FactType
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.forms.can_get import AREA, NOT_SAID, Answers, read_answers, write_answer
from nuanxin.programmes.pages import words
from nuanxin.programmes.pages.reasons import AGE, reason_of
from nuanxin.programmes.queries import can_get as queries
from nuanxin.programmes.queries.can_get import CanGet, OfferLine
from nuanxin.programmes.queries.stated import STATEABLE, can_be_asked
from nuanxin.programmes.rules.attestable import attestable
from nuanxin.programmes.rules.can_get import (
    MEMBER,
    MOST_QUESTIONS,
    Line,
    can_be_tapped,
    next_question,
)
from nuanxin.programmes.states import Way

LONGEST_SHORT_LABEL = 9
MOST_INLINE = 4
_TO_CHOOSE = {Way.SLOT: "选时段", Way.BY_CLASS: "去选班"}
_WORKING_AGE = 16


@public
@require_http_methods(["GET", "HEAD", "POST"])
def can_get(request: HttpRequest) -> HttpResponse:
    """Show what one can get: from the register when signed in, else from a few answers."""
    worker_id = actor_of(request).worker_id
    if worker_id is not None and request.method != "POST":
        return _own(request, worker_id)
    problem, status = "", 200
    try:
        answers = read_answers(request.POST.getlist("a"))
    except Malformed as refusal:
        answers, problem, status = _readable(request.POST.getlist("a")), refusal.message, 422
    now = clock.now()
    seen = queries.get_what_if(answers.values, area=answers.area, now=now)
    question = _again(request.POST.get("ask", ""))
    if question is None and not request.POST.get("done") and len(answers.asked) < MOST_QUESTIONS:
        question = _next(seen, answers, areas=queries.list_areas(now=now))
    if question is not None:
        context = _asking(question, seen, answers, problem)
        return render(request, "programmes/can_get/question.html", context, status=status)
    return render(
        request,
        "programmes/can_get/lines.html",
        _supposed(seen, answers) | {"problem": problem},
        status=status,
    )


def _own(request: HttpRequest, worker_id: int) -> HttpResponse:
    now = clock.now()
    seen = queries.get_can_get(worker_id, now=now)
    context = _lines(seen, answers=None) | {
        "lead": "按登记的和你填过的算，刚刚算的。",
        "is_own": True,
        "mine_url": reverse("my-offers"),
        "facts_url": reverse("my-facts"),
    }
    return render(request, "programmes/can_get/lines.html", context)


def _supposed(seen: CanGet, answers: Answers) -> dict[str, Any]:
    """Return the page of a what-if: the lines, and each answer with a way to change it."""
    age = answers.values.get(AGE)
    return _lines(seen, answers=answers) | {
        "lead": "按你刚才选的算，选的没有存。",
        "chosen": _chosen(seen, answers),
        "sign_in_url": f"{reverse('sign-in')}?{urlencode({'next': reverse('can-get')})}",
        "is_child": isinstance(age, int) and age < _WORKING_AGE,
    }


# ---- questions --------------------------------------------------------------------------------


def _readable(written: Iterable[str]) -> Answers:
    """Return what can be read of answers of which one cannot: the others are not lost."""
    kept = []
    for one in list(written)[:MOST_QUESTIONS]:
        try:
            read_answers([one])
        except Malformed:
            continue
        kept.append(one)
    return read_answers(kept)


def _again(name: str) -> Fact | str | None:
    """Return the question that somebody wants to answer anew, None for none."""
    if name == AREA:
        return AREA
    fact = CATALOGUE.get(name)
    return fact if fact is not None and can_be_tapped(fact) else None


def _next(seen: CanGet, answers: Answers, *, areas: list[int]) -> Fact | str | None:
    """Return what to ask next: where first (when it matters), then what decides the most lines."""
    if len(areas) > 1 and AREA not in answers.asked:
        return AREA
    lines = [one.line for one in seen.offers]
    return next_question(lines, asked=answers.asked, member=CATALOGUE.facts[MEMBER])


def _asking(
    question: Fact | str, seen: CanGet, answers: Answers, problem: str
) -> dict[str, Any]:  # fmt: skip
    if isinstance(question, str):
        title = "您在哪里干活？"
        choices = [
            {"value": f"{AREA}={code}", "label": _area_label(code)}
            for code in queries.list_areas(now=clock.now())
        ]
        name = AREA
    else:
        title = question_of(question)
        name = question.name
        choices = _choices(question, answers_to(question, tests_of(question, _rules(seen))))
    at = len(answers.asked) + 1
    return {
        "page_title": title,
        "step": at,
        "steps": MOST_QUESTIONS,
        "choices": choices,
        "is_short": all(len(one["label"]) <= LONGEST_SHORT_LABEL for one in choices),
        "skip": f"{name}={NOT_SAID}",
        "kept": _kept(answers),
        "problem": problem,
        "is_first": answers.is_empty,
        "offers_count": len(seen.offers),
        "sign_in_url": f"{reverse('sign-in')}?{urlencode({'next': reverse('can-get')})}",
    }


def _choices(fact: Fact, offered: Iterable[Offered]) -> list[dict[str, str]]:
    return [{"value": write_answer(fact.name, one.value), "label": one.label} for one in offered]


def _kept(answers: Answers, *, without: str = "") -> list[str]:
    """Return the answers so far as a form carries them on."""
    kept = []
    for name in sorted(answers.asked - {without}):
        if name == AREA:
            kept.append(f"{AREA}={answers.area or NOT_SAID}")
        else:
            kept.append(write_answer(name, answers.values.get(name)))
    return kept


def _chosen(seen: CanGet, answers: Answers) -> list[dict[str, Any]]:
    rules = _rules(seen)
    rows: list[dict[str, Any]] = []
    for name in sorted(answers.asked):
        if name == AREA:
            label, value = "在哪里干活", _area_label(answers.area) if answers.area else "没说"
        else:
            fact = CATALOGUE.facts[name]
            said = answers.values.get(name)
            label = fact.label
            value = "没说" if said is None else say_answer(fact, said, tests_of(fact, rules))
        kept = _kept(answers, without=name)
        rows.append({"label": label, "value": value, "kept": kept, "name": name})
    return rows


def _area_label(code: int) -> str:
    try:
        return regions.region(str(code)).name
    except Malformed:
        return str(code)


def _rules(seen: CanGet) -> list[Any]:
    lines = [one.line for one in seen.offers] + [one.line for one in seen.services]
    return [line.told.bound for line in lines if line.told is not None]


# ---- lines ------------------------------------------------------------------------------------


def _lines(seen: CanGet, *, answers: Answers | None) -> dict[str, Any]:
    """Return the lines by answer: yes, maybe, no; what one has asked for; what is not open now."""
    now = clock.now()
    applied = [one for one in seen.offers if one.claim is not None]
    fresh = [one for one in seen.offers if one.claim is None]
    by_answer = {
        answer: [_row(one, seen, answers, now) for one in fresh if one.line.answer is answer]
        for answer in Answer
    }
    can = len(by_answer[Answer.YES])
    title = f"{len(fresh)} 件事，你能领 {can} 件" if can else f"{len(fresh)} 件事，现在还不能领"
    if not fresh:
        title = "都报过了" if applied else "现在没有在报名的"
    elif not can and by_answer[Answer.UNKNOWN]:
        title = f"{len(fresh)} 件事，有 {len(by_answer[Answer.UNKNOWN])} 件再答一句"
    return {
        "page_title": title,
        "yes": by_answer[Answer.YES],
        "maybe": by_answer[Answer.UNKNOWN],
        "lacking_one": [row for row in by_answer[Answer.UNKNOWN] if row["lacks_one"]],
        "lacking_more": [row for row in by_answer[Answer.UNKNOWN] if not row["lacks_one"]],
        "no": by_answer[Answer.NO],
        "applied": [_applied(one) for one in applied],
        "services": [_service(one, seen) for one in seen.services],
        "is_cut": seen.is_cut,
        "offers_url": reverse("worker-offers"),
        "join_url": reverse("join"),
    }


def _row(one: OfferLine, seen: CanGet, answers: Answers | None, now: Any) -> dict[str, Any]:
    row, reason = one.row, reason_of(one.line, seen.known)
    opens = "" if row.opens_at <= now else f"{words.day(row.opens_at)}起报名。"
    return {
        "title": row.title,
        "text": f"{opens}{reason.text}",
        "end_strong": words.left(row, counted=queries.COUNTED),
        "end": f"{words.day(row.closes_at)}止",
        "how": row.way.label,
        "url": reverse("offer", args=[row.code]),
        "code": row.code,
        "may_apply": one.line.answer is Answer.YES and row.is_open(now),
        "choose_label": _TO_CHOOSE.get(row.way, ""),
        "joins": reason.needs_joining,
        "taps": _taps(one.line, seen) if answers is not None else _own_taps(one.line),
        "taps_url": reverse("can-get") if answers is not None else _own_taps_url(one.line),
        "kept": _kept(answers) if answers is not None else [],
        "questions_url": _questions_url(one) if answers is None else "",
        "proof_url": _proof_url(one) if answers is None else "",
        "lacks_one": len(one.line.missing) < 2,
        "in_review": one.review is not None and one.review.is_open,
    }


def _own_taps(line: Line) -> list[dict[str, str]]:
    """Return the answers that are kept with one tap: to a question that has few, and is not sensitive."""
    fact = line.missing[0].fact if line.missing else None
    if fact is None or fact.name not in STATEABLE:
        return []
    offered = answers_to(fact, ()) if fact.choices or fact.type is FactType.BOOLEAN else ()
    return _choices(fact, offered) if len(offered) <= MOST_INLINE else []


def _own_taps_url(line: Line) -> str:
    if not line.missing:
        return ""
    of = line.missing[0].fact.name.rpartition(".")[2]
    return f"{reverse('fact-answer')}?{urlencode({'of': of})}"


def _questions_url(one: OfferLine) -> str:
    """Return where the questions of an offer are answered, when any of them can be."""
    askable = any(can_be_asked(seen.fact) for seen in one.line.missing)
    return f"{reverse('offer-questions')}?{urlencode({'of': one.row.code})}" if askable else ""


def _proof_url(one: OfferLine) -> str:
    """Return where somebody is asked to attest the one fact that an offer waits for."""
    lacks = [seen.fact.name for seen in one.line.missing]
    is_one = len(lacks) == 1 and attestable(lacks[0]) is not None
    return f"{reverse('proof-ask')}?{urlencode({'offer': one.row.code})}" if is_one else ""


def _taps(line: Line, seen: CanGet) -> list[dict[str, str]]:
    """Return the answers to the question that a line waits for, when they are few."""
    fact = line.missing[0].fact if line.missing else None
    if line.answer is Answer.UNKNOWN and fact is None:
        fact = CATALOGUE.facts[MEMBER]
    if fact is None:
        return []
    return _choices(fact, answers_to(fact, tests_of(fact, _rules(seen))))


def _applied(one: OfferLine) -> dict[str, Any]:
    assert one.claim is not None
    return {
        "title": one.row.title,
        "text": one.claim.label,
        "end": f"{words.day(one.row.closes_at)}止",
        "answer": "yes" if one.claim.holds_seat else "maybe",
        "url": reverse("offer", args=[one.row.code]),
    }


def _service(one: queries.ServiceLine, seen: CanGet) -> dict[str, Any]:
    icon = {Answer.YES: "yes", Answer.UNKNOWN: "maybe", Answer.NO: "no"}[one.line.answer]
    return {
        "title": one.definition.title,
        "text": f"{one.definition.gives}。{reason_of(one.line, seen.known).text}",
        "answer": icon,
    }
