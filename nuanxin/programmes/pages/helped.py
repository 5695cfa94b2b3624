"""我的代办: what others did for one, each undone by one tap while there is time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed, NotFound, Refusal
from nuanxin.programmes.actions.helping import undo_help
from nuanxin.programmes.actions.helping_by_papers import confirm_help
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries.helping import ActRow, list_done_for


@requires("own.open")
@require_GET
def helped(request: HttpRequest) -> HttpResponse:
    """List what was done for one, with receipt numbers."""
    return _page(request)


@requires("own.open")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Undo one thing that was done for one, or say that it was one's will."""
    act_id = words.number_of(request.POST.get("id"))
    if act_id is None:
        raise Malformed("help.which", "没看清是哪一件。回到上一页，再点一下。")
    try:
        if request.POST.get("do") == "confirm":
            confirm_help(act_id=act_id, actor=_actor(request), now=clock.now())
            return _page(request, told="记下了，是你的意思，算数。")
        done = undo_help(act_id=act_id, actor=_actor(request), now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, problem=refusal.message, status=refusal.status)
    return _page(request, told=f"撤销了。{done.undone_said}")


def _page(
    request: HttpRequest, *, problem: str = "", told: str = "", status: int = 200
) -> HttpResponse:
    worker_id = _actor(request).worker_id
    if worker_id is None:
        raise NotFound()
    after = words.number_of(request.GET.get("after"))
    rows, following = list_done_for(worker_id, after=after)
    now = clock.now()
    context = {
        "page_title": "别人替我办的" if rows else "没有人替你办过事",
        "rows": [_row(row, now) for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "problem": problem,
        "told": told,
        "list_url": reverse("worker-offers"),
    }
    return render(request, "programmes/helping/mine.html", context, status=status)


def _row(row: ActRow, now: Any) -> dict[str, Any]:
    facts = [
        {"label": "谁办的", "value": f"{row.union_name}，{row.helper_name}"},
        {"label": "怎么同意的", "value": row.consent.label},
        {"label": "什么时候", "value": words.moment(row.done_at)},
        {"label": "回执号", "value": row.receipt},
    ]
    if row.undone_at:
        facts.append(
            {"label": "撤销了", "value": f"{words.moment(row.undone_at)}。{row.undone_said}"}
        )
    if row.confirmed_at:
        facts.append({"label": "你认了", "value": words.moment(row.confirmed_at)})
    return {
        "id": row.id,
        "confirm": words.moment(row.confirm_until) if row.is_to_be_owned_to() else "",
        "said": row.said,
        "facts": facts,
        "until": words.moment(row.undo_until) if row.can_be_undone(now) else "",
    }


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]
