"""Pages of the frame itself: errors, the page without a network, the gallery."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from config.presentation import gallery as made_up
from config.presentation.errors import DESK, STATUSES, WORKER, render_error
from nuanxin.access.permissions import public

_BASES = {WORKER: "base_worker.html", DESK: "base_desk.html", "public": "base_public.html"}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400 (``handler400``)."""
    return render_error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403 (``handler403``)."""
    return render_error(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404 (``handler404``): not there and out of scope read the same."""
    return render_error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 (``handler500``), without asking anything that may have broken."""
    return render_error(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old (``CSRF_FAILURE_VIEW``)."""
    return render_error(
        request,
        403,
        code="csrf",
        sentence="这一页开得太久了，为了安全这一次没有办。回到上一页，重新打开再点一次。",
    )


@public
def offline(request: HttpRequest) -> HttpResponse:
    """Show what the phone keeps for the time without a network."""
    return render(request, "offline.html", {"page_title": "现在没网"})


@public
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component in all its states; ``?look=desk`` for the officers' ones."""
    if not made_up.is_open():
        raise Http404
    asked = request.GET.get("look", WORKER)
    look = asked if asked in _BASES else WORKER
    context: dict[str, Any] = {
        "base": _BASES[look],
        "page_title": "组件",
        **made_up.gallery_context(look),
    }
    if look == DESK:
        context |= {
            "page_lead": "每个组件的每种样子，人名、单位、数字都是编的",
            "desk_nav": DESK_NAV,
            "actor_name": "陈敏",
            "actor_post": "拱墅区总工会·基层工作部",
            "search_url": "/gallery/",
            "banner": {
                "text": "上午 08:50 的“迅达大关”一批已办好，212 人入会。",
                "detail": "明天 08:50 以前可以整批撤回；已领福利的人不受影响，会单独列出。",
                "undo_url": "#",
                "undo_label": "撤回这一批",
            },
        }
    elif look == WORKER:
        context["worker_tabs"] = [
            {"label": "首页", "icon": "home", "url": "#", "active": True},
            {"label": "我的", "icon": "me", "url": "#me", "active": False},
        ]
    return render(request, "components/gallery.html", context)


@public
def gallery_error(request: HttpRequest, status: int) -> HttpResponse:
    """Show the error page for ``status`` with an example of each of its parts."""
    if not made_up.is_open() or status not in STATUSES:
        raise Http404
    look = DESK if request.GET.get("look") == DESK else WORKER
    return render_error(
        request,
        status,
        look=look,
        action_id="NX-4091-7F3C" if status in (409, 500) else "",
        kept="还在，没有丢" if status == 409 and look == DESK else "",
        retry_after_seconds=300 if status == 429 else None,
    )


DESK_NAV = [
    {"section": "今天", "label": "待办", "icon": "todo", "url": "#", "count": 12, "active": True},
    {
        "section": "今天",
        "label": "入会审批",
        "icon": "inbox",
        "url": "#",
        "count": 37,
        "active": False,
    },
    {"section": "今天", "label": "集体入会", "icon": "upload", "url": "#", "active": False},
    {"section": "人与组织", "label": "会员", "icon": "people", "url": "#", "active": False},
    {"section": "人与组织", "label": "工会", "icon": "tree", "url": "#", "active": False},
    {"section": "看数", "label": "拱墅区概览", "icon": "map", "url": "#", "active": False},
    {"section": "看数", "label": "数读", "icon": "chart", "url": "#", "active": False},
]
