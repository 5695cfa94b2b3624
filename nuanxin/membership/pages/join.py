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

from nuanxin.access import queries as access_queries
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public
from nuanxin.kernel import clock
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.identity import mask_identity
from nuanxin.kernel.occupations import all_occupations, occupation
from nuanxin.kernel.phone import mask_phone
from nuanxin.kernel.regions import region
from nuanxin.membership.forms.joining import (
    HostPersonForm,
    PersonForm,
    QuickForm,
    UnionForm,
    WorkForm,
)
from nuanxin.membership.pages.draft import Draft, draft_of, keep
from nuanxin.membership.pages.receipt import (
    apply_with,
    has_receipt,
    receipt_page,
    show_later,
)
from nuanxin.membership.queries.joining import (
    answer_before_asking,
    find_refusal,
    list_unions_near,
)
from nuanxin.membership.states import Channel
from nuanxin.orgs import queries as orgs

STEPS = 5
# What each of the large groups says that it does, and its picture.
_TILES = {
    "delivery_rider": ("送外卖", "scoot"),
    "courier": ("送快递", "box"),
    "ride_hailing_driver": ("开网约车", "car"),
    "truck_driver": ("开货车", "truck"),
    "elder_care_worker": ("养老护理", "care"),
    "domestic_worker": ("家政保洁", "broom"),
}
_METHODS = ["GET", "HEAD", "POST"]


@public
@require_GET
def why(request: HttpRequest, code: str = "") -> HttpResponse:
    """Say why to join; behind a union's QR, which union it is that invites.

    Who is a member, or has applied, is told so at once. Who comes verified from a host app is led
    past this page: he is three taps from the end.
    """
    union = _union_or_none(code)
    if (known := answer_before_asking(actor=actor_of(request), union_code=code)) is not None:
        return receipt_page(request, known)
    first = _with_union(reverse("join-work"), union)
    host = access_queries.host_person_of(request)
    if host is not None and host.identity and union is not None and union.accepts_members:
        return HttpResponseRedirect(_with_union(reverse("join-quick"), union))
    has_phone = access_queries.verified_phone_of(request) or host
    begin = first if has_phone else f"{reverse('sign-in')}?{urlencode({'next': first})}"
    context = {
        "page_title": "加入工会",
        "union": union,
        "begin_url": begin,
        "begin_label": "开始" if has_phone else "开始，填手机号",
        "member_url": f"{reverse('sign-in')}?{urlencode({'next': request.path})}",
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
        "is_others_open": any(code not in _TILES for code in chosen),
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
    """Ask name and identity number, with the number's own consent.

    A host app has passed both: then they are shown, and only the consent is asked.
    """
    if (gone := _without_phone(request)) is not None:
        return gone
    draft = draft_of(request)
    host = access_queries.host_person_of(request)
    given = host if host is not None and host.identity else None
    form = (
        HostPersonForm(request.POST or None)
        if given
        else PersonForm(request.POST or None, initial={"name": draft.name})
    )
    if request.method == "POST" and form.is_valid():
        draft.name = given.name if given else form.cleaned_data["name"]
        draft.identity = given.identity if given else form.cleaned_data["identity"]
        keep(request, draft)
        refusal = find_refusal(draft.identity, draft.county, now=clock.now())
        if refusal is not None:
            return show_later(request, refusal, draft.name)
        return HttpResponseRedirect(reverse("join-union"))
    context = _step(3, reverse("join-work")) | {
        "page_title": "核对一下是你本人",
        "form": form,
        "given": _given(given),
    }
    return render(request, "membership/join/person.html", context, status=_status(form))


@public
@require_http_methods(_METHODS)
def quick(request: HttpRequest) -> HttpResponse:
    """Ask a person whom a host app has verified only what it cannot know: three taps in all.

    The tap on what he does, the number's own consent, and the tap that applies to the union whose
    code he scanned or whose link he opened.
    """
    host = access_queries.host_person_of(request)
    code = request.GET.get("u", "")
    form = QuickForm(request.POST or None)
    if host and host.identity and code and request.method == "POST" and form.is_valid():
        # No look at the union before: the joining statement looks, and says what to do instead.
        draft = Draft(
            scanned=code,
            jobs=form.cleaned_data["jobs"],
            name=host.name,
            identity=host.identity,
            union=code,
            channel=int(Channel.ONE_CLICK),
        )
        return apply_with(request, draft, phone=host.phone, host=host)
    scanned = _union_or_none(code)
    if host is None or not host.identity or scanned is None or not scanned.accepts_members:
        return HttpResponseRedirect(_with_union(reverse("join"), None))
    chosen = request.POST.getlist("jobs") if form.is_bound else []
    context = {
        "page_title": f"加入{scanned.name}",
        "back_url": reverse("worker-home"),
        "back_label": "回首页",
        "union": scanned,
        "form": form,
        "given": _given(host),
        "tiles": _tiles(chosen),
        "more_jobs": _more_jobs(chosen),
        "jobs_error": form.errors.get("jobs", [""])[0],
    }
    return render(request, "membership/join/quick.html", context, status=_status(form))


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
    offered, missing = _offered(draft)
    context = _step(4, reverse("join-person")) | {
        "page_title": "建议你进这个工会" if offered else "这里还没有合适的工会",
        "proposal": offered[0] if offered else None,
        "others": offered[1:3],
        "missing": missing,
        "chosen": draft.union,
        "form": form,
    }
    return render(request, "membership/join/union.html", context, status=_status(form))


@public
@require_http_methods(_METHODS)
def check(request: HttpRequest) -> HttpResponse:
    """Show the answers; on the last tap, apply."""
    draft = draft_of(request)
    if request.method == "POST" and not draft.jobs and has_receipt(request):
        # The button was tapped twice: the first tap has applied.
        return HttpResponseRedirect(reverse("join-done"))
    if (gone := _unfinished(request, draft, needs_union=True)) is not None:
        return gone
    phone = _phone(request)
    if request.method == "POST":
        host = access_queries.host_person_of(request)
        return apply_with(request, draft, phone=phone, host=host)
    chosen = orgs.get_union_by_code(draft.union)
    context = _step(5, reverse("join-union")) | {
        "page_title": "看看对不对",
        "rows": _answers(draft, chosen.name, phone),
    }
    return render(request, "membership/join/check.html", context)


# ---- inside -----------------------------------------------------------------------------------


def _offered(draft: Draft) -> tuple[list[dict[str, Any]], str]:
    """Return the proposals as the page shows them, the union of a scanned code first.

    And, where only a backstop union is left, what would lead to a better one.

    Where the county has no union that takes people, those nearest to it: never a dead end.
    """
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
    ] or [
        {"value": near.code, "title": near.name, "reasons": [why], "text": why}
        for near, why in list_unions_near(draft.county)
    ]
    if scanned := _union_or_none(draft.scanned):
        rows = [row for row in rows if row["value"] != scanned.code]
        if scanned.accepts_members:
            why = "你扫的就是它的码"
            rows.insert(
                0,
                {"value": scanned.code, "title": scanned.name, "reasons": [why], "text": why},
            )
    is_scanned = bool(rows) and rows[0]["value"] == draft.scanned
    if not found.is_backstop or is_scanned or not rows:
        return rows, ""
    return rows, f"还不知道{'、'.join(found.missing)}。进了以后告诉工会，有更合适的，点一下就转。"


def _answers(draft: Draft, union_name: str, phone: str) -> list[dict[str, str]]:
    work_url = reverse("join-work")
    return [
        {"label": "手机号", "value": mask_phone(phone), "url": ""},
        {"label": "做的活", "value": "、".join(map(_said_job, draft.jobs)), "url": work_url},
        {"label": "在哪儿", "value": _said_place(draft), "url": work_url},
        {"label": "姓名", "value": draft.name, "url": reverse("join-person")},
        {
            "label": "身份证号",
            "value": mask_identity(draft.identity),
            "url": reverse("join-person"),
        },
        {"label": "进的工会", "value": union_name, "url": reverse("join-union")},
    ]


def _said_job(code: str) -> str:
    return _TILES[code][0] if code in _TILES else occupation(code).label


def _said_place(draft: Draft) -> str:
    county = region(str(draft.county))
    city = region(f"{str(draft.county)[:4]}00")
    where = county.name if city.code == county.code else f"{city.name}{county.name}"
    return f"{where}，{draft.place}" if draft.place else where


def _given(host: Any) -> list[dict[str, str]]:
    """Return what a host app has verified, as the page shows it."""
    if host is None:
        return []
    return [
        {"label": "姓名", "value": host.name, "url": ""},
        {"label": "身份证号", "value": mask_identity(host.identity), "url": ""},
        {"label": "手机号", "value": mask_phone(host.phone) if host.phone else "没有", "url": ""},
    ]


def _tiles(chosen: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "value": code,
            "label": label,
            "icon": icon,
            "is_chosen": code in chosen,
        }
        for code, (label, icon) in _TILES.items()
    ]


def _more_jobs(chosen: list[str]) -> list[dict[str, Any]]:
    today = clock.business_day(clock.now())
    return [
        {"value": job.code, "label": job.label, "is_chosen": job.code in chosen}
        for job in all_occupations(today)
        if job.code not in _TILES
    ]


def _with_union(url: str, union: Any) -> str:
    return f"{url}?{urlencode({'u': union.code})}" if union else url


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
