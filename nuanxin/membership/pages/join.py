"""Joining on the phone: at most four typed fields; from a host app none.

Why join → phone and code (``access``) → what do you do and where → name and number → one proposed
union → check → done. Each page keeps what was filled in; each can be reached again.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access import actions as access_actions
from nuanxin.access import queries as access_queries
from nuanxin.access.permissions import public
from nuanxin.access.states import SessionKind
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.identity import mask_identity
from nuanxin.kernel.occupations import all_occupations, occupation
from nuanxin.kernel.phone import mask_phone
from nuanxin.kernel.regions import region
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS
from nuanxin.membership.actions.join import submit_application
from nuanxin.membership.forms.joining import PersonForm, UnionForm, WorkForm
from nuanxin.membership.pages.draft import Draft, draft_of, forget, keep
from nuanxin.membership.rules.receipts import Receipt
from nuanxin.membership.states import Channel, ReceiptKind
from nuanxin.orgs import queries as orgs
from nuanxin.people.states import Assurance

STEPS = 5
_RECEIPT = "join_receipt"
_ICONS = {
    "delivery_rider": "scoot",
    "courier": "box",
    "ride_hailing_driver": "car",
    "truck_driver": "truck",
    "elder_care_worker": "care",
    "domestic_worker": "broom",
}
_SHOWN_FIRST = tuple(_ICONS)
_METHODS = ["GET", "HEAD", "POST"]


@public
@require_GET
def why(request: HttpRequest, code: str = "") -> HttpResponse:
    """Say why to join; behind a union's QR, which union it is that invites."""
    union = _union_or_none(code)
    first = f"{reverse('join-work')}?{urlencode({'u': union.code} if union else {})}"
    has_phone = access_queries.verified_phone_of(request) or access_queries.host_person_of(request)
    begin = first if has_phone else f"{reverse('sign-in')}?{urlencode({'next': first})}"
    context = {
        "page_title": "加入工会",
        "union": union,
        "begin_url": begin,
        "begin_label": "开始" if has_phone else "开始，填手机号",
        "member_url": reverse("sign-in"),
        "points": [
            {"word": "看病", "text": "医疗互助，住院自己掏的部分，能再报一笔。"},
            {"word": "歇脚", "text": "街边的工会驿站，进门就能坐，喝水、充电不收钱。"},
            {"word": "撑腰", "text": "欠薪、受伤、乱扣钱，工会帮你找律师、讲道理。"},
        ],
    }
    return render(request, "membership/join/why.html", context)


@public
@require_http_methods(_METHODS)
def work(request: HttpRequest) -> HttpResponse:
    """Ask what the person does (several) and where."""
    if (gone := _without_phone(request)) is not None:
        return gone
    draft = draft_of(request)
    scanned = _union_or_none(request.GET.get("u", ""))
    if scanned is not None:
        draft.scanned, draft.county = scanned.code, draft.county or scanned.adcode
        draft.channel = int(Channel.ONE_CLICK)
    initial = {"jobs": draft.jobs, "county": draft.county, "place": draft.place}
    form = WorkForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        draft.jobs = form.cleaned_data["jobs"]
        draft.county = form.cleaned_data["county"]
        draft.place = form.cleaned_data["place"]
        keep(request, draft)
        return HttpResponseRedirect(reverse("join-person"))
    chosen = request.POST.getlist("jobs") if form.is_bound else draft.jobs
    context = _step(2, reverse("join")) | {
        "page_title": "你做什么活？",
        "form": form,
        "tiles": _tiles(chosen),
        "jobs_error": form.errors.get("jobs", [""])[0],
        "more_jobs": _more_jobs(chosen),
        "scanned": scanned,
    }
    return render(request, "membership/join/work.html", context, status=_status(form))


@public
@require_http_methods(_METHODS)
@sensitive_post_parameters("name", "identity")
def person(request: HttpRequest) -> HttpResponse:
    """Ask name and identity number, with the number's own consent; a host app has passed both."""
    if (gone := _without_phone(request)) is not None:
        return gone
    draft = draft_of(request)
    host = access_queries.host_person_of(request)
    if host is not None and host.identity:
        draft.name, draft.identity = host.name, host.identity
        keep(request, draft)
        return HttpResponseRedirect(reverse("join-union"))
    form = PersonForm(request.POST or None, initial={"name": draft.name})
    if request.method == "POST" and form.is_valid():
        draft.name, draft.identity = form.cleaned_data["name"], form.cleaned_data["identity"]
        keep(request, draft)
        return HttpResponseRedirect(reverse("join-union"))
    context = _step(3, reverse("join-work")) | {"page_title": "核对一下是你本人", "form": form}
    return render(request, "membership/join/person.html", context, status=_status(form))


@public
@require_http_methods(_METHODS)
def union(request: HttpRequest) -> HttpResponse:
    """Propose one union with the reason, and up to two others."""
    draft = draft_of(request)
    if (gone := _unfinished(request, draft, needs_union=False)) is not None:
        return gone
    form = UnionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        draft.union = orgs.get_union_by_code(form.cleaned_data["union"]).code
        keep(request, draft)
        return HttpResponseRedirect(reverse("join-check"))
    offered = _offered(draft)
    context = _step(4, reverse("join-person")) | {
        "page_title": "建议你进这个工会" if offered else "这里还没有合适的工会",
        "proposal": offered[0] if offered else None,
        "others": offered[1:3],
        "chosen": draft.union,
        "form": form,
    }
    return render(request, "membership/join/union.html", context, status=_status(form))


@public
@require_http_methods(_METHODS)
def check(request: HttpRequest) -> HttpResponse:
    """Show the answers; on the last tap, apply."""
    draft = draft_of(request)
    if (gone := _unfinished(request, draft, needs_union=True)) is not None:
        return gone
    chosen = orgs.get_union_by_code(draft.union)
    phone = _phone(request)
    if request.method == "POST":
        receipt = _apply(request, draft, phone)
        forget(request)
        request.session[_RECEIPT] = _kept(receipt, draft.name)
        return HttpResponseRedirect(reverse("join-done"))
    context = _step(5, reverse("join-union")) | {
        "page_title": "都对的话，就交了",
        "rows": _answers(draft, chosen.name, phone),
    }
    return render(request, "membership/join/check.html", context)


@public
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Say what has come of it: the card, what happens next and by when, whom to call."""
    receipt = request.session.get(_RECEIPT)
    if receipt is None:
        return HttpResponseRedirect(reverse("join"))
    return render(request, "membership/join/done.html", receipt | {"page_title": receipt["title"]})


# ---- inside -----------------------------------------------------------------------------------


def _apply(request: HttpRequest, draft: Draft, phone: str) -> Receipt:
    host = access_queries.host_person_of(request)
    now = clock.now()
    receipt = submit_application(
        name=draft.name,
        identity=draft.identity,
        phone=phone,
        union_code=draft.union,
        channel=Channel(draft.channel),
        occupations=draft.jobs,
        work_adcode=draft.county,
        place_stated=draft.place,
        consents=NEEDED_CONSENTS,
        actor=request.actor,  # type: ignore[attr-defined]
        now=now,
        assurance=Assurance.HOST_VERIFIED if host else Assurance.PHONE_CONFIRMED,
        via="host" if host else "online",
    )
    if receipt.worker_id is not None and not request.actor.account_id:  # type: ignore[attr-defined]
        account_id = access_actions.open_worker_account(
            worker_id=receipt.worker_id, name=draft.name, phone=phone or None, actor=SYSTEM, now=now
        )
        access_actions.begin_session(request.session, account_id=account_id, kind=SessionKind.PHONE)
    return receipt


def _kept(receipt: Receipt, name: str) -> dict[str, Any]:
    """Return what the last page shows of a receipt, as plain values for the session."""
    is_in = receipt.kind in (ReceiptKind.NEW, ReceiptKind.CONFIRMED, ReceiptKind.RESUBMITTED)
    return {
        "title": receipt.title,
        "message": receipt.message,
        "is_in": is_in,
        "name": name,
        "union_name": receipt.where.name if receipt.where else "",
        "number": receipt.shown_number,
        "due": receipt.due_on.isoformat() if receipt.due_on else "",
        "steps": [
            {"text": step.when, "detail": step.what, "is_done": at == 0}
            for at, step in enumerate(receipt.steps)
        ],
        "call_name": receipt.call_name,
        "call_phone": receipt.call_phone,
        "can_transfer": receipt.can_transfer,
        "instead": [
            {"title": w.name, "url": reverse("join-of", args=[w.code])} for w in receipt.instead
        ],
    }


def _offered(draft: Draft) -> list[dict[str, Any]]:
    """Return the proposals as the page shows them, the union of a scanned code first."""
    found = orgs.candidates_for(
        adcode=draft.county, occupation=draft.jobs, employer_text=draft.place
    )
    rows = [
        {
            "value": each.code,
            "title": each.name,
            "reasons": [reason.text for reason in each.reasons],
            "text": each.reasons[0].text if each.reasons else "",
        }
        for each in found.all
    ]
    if scanned := _union_or_none(draft.scanned):
        rows = [row for row in rows if row["value"] != scanned.code]
        if scanned.accepts_members:
            why = "你扫的就是它的码"
            rows.insert(
                0,
                {"value": scanned.code, "title": scanned.name, "reasons": [why], "text": why},
            )
    return rows


def _answers(draft: Draft, union_name: str, phone: str) -> list[dict[str, str]]:
    work_url = reverse("join-work")
    return [
        {"label": "手机号", "value": mask_phone(phone), "url": ""},
        {
            "label": "做什么",
            "value": "、".join(occupation(code).label for code in draft.jobs),
            "url": work_url,
        },
        {"label": "在哪儿", "value": region(str(draft.county)).name, "url": work_url},
        {"label": "姓名", "value": draft.name, "url": reverse("join-person")},
        {
            "label": "身份证号",
            "value": mask_identity(draft.identity),
            "url": reverse("join-person"),
        },
        {"label": "工会", "value": union_name, "url": reverse("join-union")},
    ]


def _tiles(chosen: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "value": code,
            "label": occupation(code).label,
            "icon": _ICONS[code],
            "is_chosen": code in chosen,
        }
        for code in _SHOWN_FIRST
    ]


def _more_jobs(chosen: list[str]) -> list[dict[str, Any]]:
    today = clock.business_day(clock.now())
    return [
        {"value": job.code, "label": job.label, "is_chosen": job.code in chosen}
        for job in all_occupations(today)
        if job.code not in _SHOWN_FIRST
    ]


def _union_or_none(code: str) -> Any:
    if not code:
        return None
    try:
        return orgs.get_union_by_code(code)
    except NotFound:
        return None


def _phone(request: HttpRequest) -> str:
    verified = access_queries.verified_phone_of(request)
    if verified is not None:
        return verified.phone
    host = access_queries.host_person_of(request)
    return host.phone if host else ""


def _without_phone(request: HttpRequest) -> HttpResponse | None:
    """Send somebody without a verified phone to the first step, and back here after it."""
    if _phone(request):
        return None
    here = request.get_full_path()
    return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': here})}")


def _unfinished(request: HttpRequest, draft: Draft, *, needs_union: bool) -> HttpResponse | None:
    """Send somebody back to the first question that is not answered."""
    if (gone := _without_phone(request)) is not None:
        return gone
    if not draft.jobs or draft.county is None:
        return HttpResponseRedirect(reverse("join-work"))
    if not draft.name or not draft.identity:
        return HttpResponseRedirect(reverse("join-person"))
    if needs_union and not draft.union:
        return HttpResponseRedirect(reverse("join-union"))
    return None


def _step(at: int, back: str) -> dict[str, Any]:
    return {"step": at, "steps": STEPS, "back_url": back, "back_label": "上一步"}


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200
