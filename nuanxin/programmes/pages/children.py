"""One's children: a place in a camp in three taps, consent by a code, who picks up, today's code."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.actions import send_code
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.pages.origins import origin_of
from nuanxin.access.permissions import requires
from nuanxin.access.states import CodePurpose
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, Refusal
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.text import whole_numbers
from nuanxin.people.actions import read_in_clear
from nuanxin.programmes.actions import camp_places, child_consents, child_erasing, children
from nuanxin.programmes.forms.camps import ChildForm, NoteForm, PickupForm
from nuanxin.programmes.pages import child_words, words
from nuanxin.programmes.queries import camp_days, camps
from nuanxin.programmes.rules.camp_texts import current_texts
from nuanxin.programmes.rules.camps import age_on, who_consents
from nuanxin.programmes.states import Care, ClaimState, SaidBy, grade_label

_METHODS = ["GET", "HEAD", "POST"]
_CODE_KEPT = "camp_consent_code"
_OWN_PURPOSE = "监护人同意书，发验证码核对本人"


@requires("own.open")
@require_GET
def camp(request: HttpRequest, code: str) -> HttpResponse:
    """Show a camp: its classes, one's own children ready to be put down for it."""
    return _camp_page(request, code)


def _camp_page(
    request: HttpRequest, code: str, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now = clock.now()
    found, today = camps.get_camp(code), clock.business_day(now)
    own = camps.list_my_children(_worker(request), today=today)
    texts = current_texts(today)
    placed = [one for one in own if one.place and one.place.camp_id == found.id]
    free = [one for one in own if one.place is None]
    ready = [one for one in free if Care.CARE in one.consents and one.pickups]
    context = {
        "page_title": found.title,
        "camp": found,
        "days": child_words.span(found.starts_on, found.ends_on),
        "until": words.moment(found.closes_at),
        "is_open": found.is_open(now),
        "classes": [child_words.class_line(room) for room in found.classes],
        "placed": [child_words.child_line(one, today) for one in placed],
        "unready": [_unready(one) for one in free if one not in ready],
        "ready": [
            {
                "id": one.id,
                "box": f"child-{one.id}",
                "select": f"class-{one.id}",
                "title": f"{one.hint}（{grade_label(one.grade)}）",
                "classes": child_words.class_choices(found.classes, one.grade),
            }
            for one in ready
        ],
        "may_be_together": len(ready) > 1,
        "papers": [texts.agreement, texts.declaration, texts.insurance],
        "erase_on": child_words.date_words(found.erase_on),
        "problem": problem,
        "offer_url": reverse("offer", args=[code]),
        "apply_url": reverse("camp-apply", args=[code]),
        "children_url": reverse("children"),
    }
    return render(request, "programmes/camps/camp.html", context, status=status)


@requires("own.open")
@require_POST
def camp_apply(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for places for the children that are ticked; the button says what is agreed to."""
    camps.get_camp(code)
    choices = [
        camp_places.Choice(child_id, chosen[0])
        for child_id in whole_numbers(request.POST.getlist("child"))
        if (chosen := whole_numbers([request.POST.get(f"class-{child_id}", "")]))
    ]
    try:
        camp_places.apply_for_children(
            code=code,
            choices=choices,
            is_together=request.POST.get("together") == "1",
            accepts=request.POST.get("accepts") == "1",
            actor=actor_of(request),
            now=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _camp_page(request, code, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("camp", args=[code]))


@requires("own.open")
@require_http_methods(_METHODS)
def child_list(request: HttpRequest) -> HttpResponse:
    """List one's children and add one."""
    now = clock.now()
    form = ChildForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                child = children.add_child(draft=form.draft(), actor=actor_of(request), now=now)
                return HttpResponseRedirect(reverse("child-consent", args=[child.id]))
            except NotFound:
                raise
            except Refusal as refusal:
                form.add_error(_FIELDS.get(refusal.code), refusal.message)
                status = refusal.status
    today = clock.business_day(now)
    own = camps.list_my_children(_worker(request), today=today)
    context = {
        "page_title": "我的孩子",
        "rows": [child_words.child_line(one, today) for one in own],
        "form": form,
        "may_add": len(own) < camps.CHILDREN_LIMIT,
    }
    return render(request, "programmes/camps/children.html", context, status=status)


_FIELDS = {"programmes.child_born": "born", "programmes.child_grade": "grade"}


@requires("own.open")
@require_GET
def child(request: HttpRequest, child_id: int) -> HttpResponse:
    """Show one's child: where it is today, the code, who may pick it up, what keepers know."""
    return _child_page(request, child_id)


def _child_page(
    request: HttpRequest, child_id: int, *, problem: str = "", status: int = 200, sent: str = ""
) -> HttpResponse:
    now = clock.now()
    today = clock.business_day(now)
    found = camps.get_my_child(child_id, worker_id=_worker(request), today=today)
    place = found.place
    holds = place is not None and place.state is ClaimState.CONFIRMED
    data = request.POST if sent else None
    context = {
        "page_title": found.hint,
        "child": found,
        "about": f"{found.born:%Y 年 %-m 月}生，{grade_label(found.grade)}",
        "grades": child_words.grade_choices(found.grade),
        "line": child_words.child_line(found, today)["text"],
        "place": place,
        "place_facts": child_words.place_facts(place) if place else [],
        "may_confirm": place is not None and place.state is ClaimState.GRANTED,
        "code": camp_days.pickup_code(place.id, today)
        if place is not None and holds and place.is_on(today)
        else "",
        "today_words": child_words.today_words(place)
        if place is not None and place.is_on(today)
        else "",
        "pickups": camp_days.list_pickups(child_id),
        "pickup_form": PickupForm(data if sent == "add_pickup" else None),
        "note_form": NoteForm(data if sent == "note" else None),
        "may_note": holds and Care.HEALTH in found.consents,
        "consents": [
            {"label": care.label, "is_given": care in found.consents, "value": care.name.lower()}
            for care in Care
        ],
        "problem": problem,
        "act_url": reverse("child-act", args=[child_id]),
        "consent_url": reverse("child-consent", args=[child_id]),
    }
    return render(request, "programmes/camps/child.html", context, status=status)


@requires("own.open")
@require_POST
def child_act(request: HttpRequest, child_id: int) -> HttpResponse:
    """Do one thing about one's child; what cannot be done is told on its page."""
    today = clock.business_day(clock.now())
    found = camps.get_my_child(child_id, worker_id=_worker(request), today=today)
    do = request.POST.get("do", "")
    try:
        act = _ACTS.get(do)
        if act is None:
            raise Malformed("programmes.no_act", "没看清要做哪一步，再点一下。")
        act(request, found)
    except NotFound:
        raise
    except Refusal as refusal:
        return _child_page(
            request, child_id, problem=refusal.message, status=refusal.status, sent=do
        )
    if do == "erase":
        return HttpResponseRedirect(reverse("children"))
    return HttpResponseRedirect(reverse("child", args=[child_id]))


def _grade(request: HttpRequest, found: camps.MyChild) -> None:
    (grade,) = whole_numbers([request.POST.get("grade", "")]) or [-1]
    children.change_grade(child_id=found.id, grade=grade, actor=actor_of(request), now=clock.now())


def _add_pickup(request: HttpRequest, found: camps.MyChild) -> None:
    form = PickupForm(request.POST)
    if not form.is_valid():
        raise Malformed("programmes.pickup_form", "接送人没填全，看看下面哪一格。")
    children.add_pickup_person(
        child_id=found.id, actor=actor_of(request), now=clock.now(), **form.cleaned_data
    )


def _remove_pickup(request: HttpRequest, found: camps.MyChild) -> None:
    (pickup_id,) = whole_numbers([request.POST.get("pickup", "")]) or [0]
    if pickup_id not in {one.id for one in camp_days.list_pickups(found.id)}:
        raise NotFound()
    children.remove_pickup_person(pickup_id=pickup_id, actor=actor_of(request), now=clock.now())


def _note(request: HttpRequest, found: camps.MyChild) -> None:
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise Malformed("programmes.note_long", "写短一点，最多 300 个字。")
    children.write_health_note(
        place_id=_place_of(found).id,
        text=form.cleaned_data["text"],
        actor=actor_of(request),
        now=clock.now(),
    )


def _confirm(request: HttpRequest, found: camps.MyChild) -> None:
    camp_places.confirm_child_place(
        place_id=_place_of(found).id, actor=actor_of(request), now=clock.now()
    )


def _leave(request: HttpRequest, found: camps.MyChild) -> None:
    camp_places.withdraw_child(
        place_id=_place_of(found).id, actor=actor_of(request), now=clock.now()
    )


def _take_back(request: HttpRequest, found: camps.MyChild) -> None:
    care = _care(request.POST.get("care", ""))
    if care is None:
        raise Malformed("programmes.no_consent_chosen", "选撤回哪一项。")
    child_consents.withdraw_child_consent(
        child_id=found.id, care=care, actor=actor_of(request), now=clock.now()
    )


def _erase(request: HttpRequest, found: camps.MyChild) -> None:
    child_erasing.erase_child(child_id=found.id, actor=actor_of(request), now=clock.now())


_ACTS = {
    "grade": _grade,
    "add_pickup": _add_pickup,
    "remove_pickup": _remove_pickup,
    "note": _note,
    "confirm": _confirm,
    "leave": _leave,
    "take_back": _take_back,
    "erase": _erase,
}


@requires("own.open")
@require_http_methods(_METHODS)
def child_consent(request: HttpRequest, child_id: int) -> HttpResponse:
    """Show what is agreed to, send a code to the guardian's own phone, take the consent."""
    now = clock.now()
    today = clock.business_day(now)
    found = camps.get_my_child(child_id, worker_id=_worker(request), today=today)
    texts = current_texts(today)
    age = int(parameter("programmes.camp_guardian_age", adcode=NATION, on=today).value)
    said_by = who_consents(found.born, today, guardian_age=age)
    problem, status = "", 200
    try:
        if request.method == "POST" and request.POST.get("do") == "send":
            request.session[_CODE_KEPT] = _send(request)
        elif request.method == "POST":
            _give(request, found.id, said_by)
            return HttpResponseRedirect(reverse("child", args=[child_id]))
    except NotFound:
        raise
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
    chosen = {_care(one) for one in request.POST.getlist("care")}
    context = {
        "page_title": "监护人同意书" if said_by is SaidBy.GUARDIAN else "孩子本人同意书",
        "hint": found.hint,
        "age": age_on(found.born, today),
        "guardian_age": age,
        "is_guardian": said_by is SaidBy.GUARDIAN,
        "version": texts.version,
        "consents": [
            {
                "value": care.name.lower(),
                "text": texts.consents[care],
                "is_given": care in found.consents,
                "is_chosen": care in chosen,
                "label": f"同意{care.label}",
            }
            for care in Care
        ],
        "has_open": any(care not in found.consents for care in Care),
        "is_sent": bool(request.session.get(_CODE_KEPT)),
        "problem": problem,
        "child_url": reverse("child", args=[child_id]),
    }
    return render(request, "programmes/camps/consent.html", context, status=status)


def _send(request: HttpRequest) -> int:
    """Send a code to the phone that is in the register, and return by what it is checked."""
    actor, now = actor_of(request), clock.now()
    try:
        phone = read_in_clear(
            worker_id=_worker(request), field="phone", purpose=_OWN_PURPOSE, actor=actor, now=now
        )
    except NotFound:
        raise Conflict(
            "programmes.no_phone", "您的档案里没有手机号。先在“我的资料”里补上，再来签。"
        ) from None
    sent = send_code(
        phone=phone,
        purpose=CodePurpose.CONFIRM,
        origin=origin_of(request),
        is_known_device=True,
        now=now,
    )
    return sent.code_id


def _give(request: HttpRequest, child_id: int, said_by: SaidBy) -> None:
    code_id = request.session.get(_CODE_KEPT)
    if not code_id:
        raise Malformed("programmes.no_code_sent", "先点“发验证码”，短信到了再填。")
    cares = [care for one in request.POST.getlist("care") if (care := _care(one)) is not None]
    child_consents.give_consents(
        child_id=child_id,
        cares=cares,
        version=request.POST.get("version", ""),
        said_by=said_by,
        code_id=code_id,
        code=request.POST.get("code", ""),
        actor=actor_of(request),
        now=clock.now(),
    )
    del request.session[_CODE_KEPT]


# ---- inside -----------------------------------------------------------------------------------


def _worker(request: HttpRequest) -> int:
    found: int | None = actor_of(request).worker_id
    if found is None:
        raise NotFound()
    return found


def _place_of(found: camps.MyChild) -> camps.MyPlace:
    if found.place is None:
        raise NotFound()
    return found.place


def _care(text: str) -> Care | None:
    return next((care for care in Care if care.name.lower() == text), None)


def _unready(one: camps.MyChild) -> dict[str, str]:
    if Care.CARE not in one.consents:
        return {
            "title": one.hint, "text": "先看同意书，点同意", "url": reverse("child-consent", args=[one.id]),
        }  # fmt: skip
    return {"title": one.hint, "text": "先写谁来接孩子", "url": reverse("child", args=[one.id])}
