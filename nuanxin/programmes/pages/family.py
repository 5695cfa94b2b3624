"""我的家人: who stands in one household, to ask for places together; joined by a code of the day."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.actions import limits
from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal, TooMany
from nuanxin.people.actions import households
from nuanxin.people.queries import list_household

MOST_WRONG_HOUR = 5


@requires("own.open")
@require_http_methods(["GET", "HEAD", "POST"])
def family(request: HttpRequest) -> HttpResponse:
    """Show one's household and one's code of today; join another's by his, or leave."""
    actor = actor_of(request)
    if actor.worker_id is None:
        raise NotFound()
    problem, status, now = "", 200, clock.now()
    if request.method == "POST":
        try:
            _act(request, actor, now)
            return HttpResponseRedirect(reverse("family"))
        except Refusal as refusal:
            problem, status = refusal.message, refusal.status
    people = list_household(actor.worker_id)
    code = households.household_code(actor.worker_id, clock.business_day(now))
    context = {
        "page_title": f"家里登记了 {len(people) + 1} 个人" if people else "还没登记家里人",
        "rows": [{"title": one.masked_name, "text": "能和你一起报名"} for one in people],
        "code": f"{code[:4]} {code[4:]}",
        "problem": problem,
        "offers_url": reverse("worker-offers"),
    }
    answer = render(request, "programmes/family.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


def _act(request: HttpRequest, actor: Any, now: datetime) -> None:
    if request.POST.get("do") == "leave":
        households.leave_own_household(actor=actor, now=now)
        return
    keys = [limits.key_of("household", actor.worker_id)]
    keys.append(limits.key_of("household_phone", request.POST.get("phone", "")[:20].strip()))
    since = now - timedelta(hours=1)
    if any(
        limits.count_attempts(AttemptKind.HOUSEHOLD_CODE, key, since=since) >= MOST_WRONG_HOUR
        for key in keys
    ):
        raise TooMany("people.household_tries", "试的次数多了。过一个小时再来，先和家里人对一对。")
    try:
        households.join_by_code(
            phone=request.POST.get("phone", "")[:20], code=request.POST.get("code", "")[:20],
            actor=actor, now=now,
        )  # fmt: skip
    except Malformed:
        for key in keys:
            limits.note_attempt(AttemptKind.HOUSEHOLD_CODE, key, succeeded=False, now=now)
        raise
