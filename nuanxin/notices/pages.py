"""The outbox page: in a demonstration and in development, what a real gateway would send."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from nuanxin.access.permissions import public
from nuanxin.kernel.errors import NotFound
from nuanxin.notices.queries import list_outbox


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
