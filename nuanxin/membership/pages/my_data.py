"""我的资料: see, fetch, correct, withdraw a consent, delete what may be deleted."""

import json
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from nuanxin.access import actions as access_actions
from nuanxin.access import queries as access_queries
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict, NotFound
from nuanxin.kernel.phone import mask_phone
from nuanxin.membership.forms.joining import NameForm
from nuanxin.people import actions as people_actions
from nuanxin.people import queries as people
from nuanxin.people.states import ConsentPurpose

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_METHODS = ["GET", "HEAD", "POST"]


@requires("own.open")
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Everything kept about oneself; as a page, as JSON, as a workbook."""
    actor = _worker(request)
    kept = people.my_data(actor.worker_id)
    wanted = request.GET.get("as", "")
    if wanted == "json":
        body = json.dumps(kept, ensure_ascii=False, indent=2, default=str)
        return _download(body.encode(), "application/json", "my-data.json")
    if wanted == "xlsx":
        return _download(people.my_data_workbook(kept), WORKBOOK, "my-data.xlsx")
    context = {
        "page_title": "我的资料",
        "sections": _sections(kept),
        "consents": [
            {
                "title": consent.purpose.label,
                "text": f"{_said(clock.business_day(consent.granted_at))}同意",
                "url": f"{reverse('worker-consent')}?{urlencode({'of': consent.purpose.slug})}",
            }
            for consent in people.list_consents(actor.worker_id)
            if consent.is_live
        ],
        "banner": _DONE.get(request.GET.get("done", "")),
    }
    return render(request, "membership/mine/data.html", context)


@requires("own.open")
@require_http_methods(_METHODS)
@sensitive_post_parameters("name")
def correct_name(request: HttpRequest) -> HttpResponse:
    """Correct one's name; the number is corrected by an officer against the paper."""
    actor = _worker(request)
    form = NameForm(request.POST or None, initial={"name": people.get_worker(actor.worker_id).name})
    if request.method == "POST" and form.is_valid():
        people_actions.correct_worker(
            worker_id=actor.worker_id, name=form.cleaned_data["name"], actor=actor, now=clock.now()
        )
        return _back_with("name")
    context = _way_back() | {"page_title": "姓名改成什么？", "form": form}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "membership/mine/correct_name.html", context, status=status)


@requires("own.open")
@require_http_methods(_METHODS)
def correct_phone(request: HttpRequest) -> HttpResponse:
    """Change one's phone to the one that this browser has just verified by a code."""
    actor = _worker(request)
    kept = people.get_worker(actor.worker_id)
    verified = access_queries.verified_phone_of(request)
    fresh = verified if verified and mask_phone(verified.phone) != kept.masked_phone else None
    if request.method == "POST":
        if fresh is None:
            raise Conflict("people.phone_unverified", "先验一下新手机号，再换。")
        now = clock.now()
        people_actions.correct_worker(
            worker_id=actor.worker_id, phone=fresh.phone, actor=actor, now=now
        )
        access_actions.open_worker_account(
            worker_id=actor.worker_id, name=kept.name, phone=fresh.phone, actor=actor, now=now
        )
        return _back_with("phone")
    here = urlencode({"next": request.path})
    context = _way_back() | {
        "page_title": f"换成 {mask_phone(fresh.phone)}？" if fresh else "换手机号",
        "now_phone": kept.masked_phone,
        "fresh": bool(fresh),
        "verify_url": f"{reverse('sign-in')}?{here}",
    }
    return render(request, "membership/mine/correct_phone.html", context)


@requires("own.open")
@require_http_methods(_METHODS)
def consent(request: HttpRequest) -> HttpResponse:
    """Say what follows from withdrawing a consent; withdraw it by one tap."""
    actor = _worker(request)
    given = _live_consent(actor.worker_id, request.GET.get("of", ""))
    if given is None:
        return HttpResponseRedirect(reverse("worker-data"))
    if request.method == "POST":
        people_actions.withdraw_consent(
            worker_id=actor.worker_id, purpose=int(given.purpose), actor=actor, now=clock.now()
        )
        return _back_with("consent")
    context = _way_back() | {
        "page_title": f"撤回“{given.purpose.label}”的同意？",
        "meaning": given.withdrawal_meaning,
        "given_on": _said(clock.business_day(given.granted_at)),
        "notice_url": reverse("notice", args=[given.purpose.slug]),
    }
    return render(request, "membership/mine/consent.html", context)


@public
@require_GET
def notice(request: HttpRequest, purpose: str) -> HttpResponse:
    """Show the text under which a consent is given, as it stands today."""
    text = people.current_notice(_purpose(purpose), on=clock.business_day(clock.now()))
    context = {
        "page_title": text.title,
        "html": mark_safe(text.html),
        "version": _said(date.fromisoformat(text.version)),
    }
    return render(request, "membership/mine/notice.html", context)


@requires("my_data.erase")
@require_http_methods(_METHODS)
def erase(request: HttpRequest) -> HttpResponse:
    """Delete one's data: say what goes and what stays and why; then sign out for good."""
    actor, now = _worker(request), clock.now()
    if request.method == "POST":
        outcome = people_actions.erase_worker(worker_id=actor.worker_id, actor=actor, now=now)
        access_actions.end_session(request.session)
        context = {
            "page_title": "删掉了。",
            "is_done": True,
            "erased": outcome.erased,
            "kept": outcome.kept,
            "number": outcome.certificate["number"],
        }
        return render(request, "membership/mine/erase.html", context)
    plan = people.get_erasure_plan(actor.worker_id, now=now)
    context = _way_back() | {
        "page_title": "删掉我的资料",
        "erased": plan.erased,
        "kept": plan.kept,
        "blocking": plan.blocking,
        "me_url": reverse("worker-me"),
    }
    return render(request, "membership/mine/erase.html", context)


# ---- inside -----------------------------------------------------------------------------------


_DONE = {
    "name": {"text": "姓名改好了。"},
    "phone": {"text": "手机号换好了。", "detail": "下次用新号登录。"},
    "consent": {"text": "撤回了。"},
}


def _worker(request: HttpRequest) -> Any:
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    return actor


def _back_with(what: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('worker-data')}?{urlencode({'done': what})}")


def _way_back() -> dict[str, str]:
    return {"back_url": reverse("worker-data"), "back_label": "我的资料"}


def _purpose(slug: str) -> ConsentPurpose:
    for purpose in ConsentPurpose:
        if purpose.slug == slug:
            return purpose
    raise NotFound()


def _live_consent(worker_id: int, slug: str) -> Any:
    """Return the live consent to a purpose, None where it was never given or is withdrawn."""
    for row in people.list_consents(worker_id):
        if row.purpose.slug == slug and row.is_live:
            return row
    return None


def _sections(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each section as rows of label and value, for the page."""
    ways = {"name": reverse("worker-correct-name"), "phone": reverse("worker-correct-phone")}
    return [
        {
            "title": section["title"],
            "way_url": reverse(section["way"]["name"]) if section["way"] else "",
            "way_label": section["way"]["label"] if section["way"] else "",
            "blocks": [
                [
                    {
                        "label": section["labels"].get(key, key),
                        "value": _value(value),
                        "url": ways.get(key, "") if section["key"] == "person" else "",
                    }
                    for key, value in row.items()
                    if value not in ("", None) and value is not True
                ]
                for row in section["rows"]
            ],
        }
        for section in kept["sections"]
        if section["rows"] or section["way"]
    ]


def _value(value: Any) -> str:
    """Return a plain value of the export as a person reads it: instants in Beijing time."""
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(value)
    try:
        if len(text) == len("2026-11-27"):
            return _said(date.fromisoformat(text))
        if len(text) > len("2026-11-27T") and text[10] == "T":
            at = datetime.fromisoformat(text).astimezone(clock.SHANGHAI)
            return f"{_said(at.date())} {at:%H:%M}"
    except ValueError:
        pass
    return text


def _said(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _download(body: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
