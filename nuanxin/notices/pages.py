"""One's own notices; and the outbox: in a demonstration, what a real gateway would send."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.permissions import public, requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.notices import actions
from nuanxin.notices.queries import NoticeRow, get_notice_url, list_notices, list_outbox
from nuanxin.notices.states import stop_of


@public
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """List the newest messages; anywhere else this address does not exist."""
    shown = settings.SMS_GATEWAY == "outbox" and (settings.IS_DEMONSTRATION or settings.DEBUG)
    if not shown:
        raise NotFound()
    context = {
        "page_title": "短信发件箱",
        "rows": [
            {"title": row.body, "text": f"发给 {row.masked_phone}", "at": row.queued_at}
            for row in list_outbox()
        ],
    }
    return render(request, "notices/outbox.html", context)


@requires("own.open")
@require_GET
def my_notices(request: HttpRequest) -> HttpResponse:
    """List one's own notices, the newest first; opening one is a button, so that it counts as read."""
    rows = [_row(row) for row in list_notices(worker_id=_worker_id(request))]
    unread = sum(not row["is_read"] for row in rows)
    context = {
        "page_title": f"{unread} 条没看过" if unread else "通知都看过了" if rows else "还没有通知",
        "rows": rows,
        "settings_url": reverse("reminder-settings"),
    }
    return render(request, "notices/mine.html", context)


@requires("own.open")
@require_POST
def open_notice(request: HttpRequest) -> HttpResponse:
    """Mark a notice of one's own as read and go where it leads."""
    worker_id = _worker_id(request)
    chosen = request.POST.get("notice", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        raise Malformed("notices.no_notice", "没看清是哪一条。回到通知，再点一下。")
    notice_id = int(chosen)
    url = get_notice_url(notice_id, worker_id=worker_id)
    actions.mark_read(notice_ids=[notice_id], worker_id=worker_id, now=clock.now())
    is_own = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return HttpResponseRedirect(url if is_own else reverse("my-notices"))


def _row(row: NoticeRow) -> dict[str, Any]:
    stop = stop_of(row.kind)
    return {
        "id": row.id,
        "title": row.title,
        "text": row.body,
        "at": row.created_at,
        "is_read": row.is_read,
        "stop_url": reverse(stop[0]) if stop else "",
        "stop_value": stop[1] if stop else "",
    }


def _worker_id(request: HttpRequest) -> int:
    found: int | None = request.actor.worker_id  # type: ignore[attr-defined]
    if found is None:
        raise NotFound()
    return found
