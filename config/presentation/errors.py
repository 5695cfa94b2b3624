"""What a person reads when something cannot be shown or done: one table, two voices.

The worker is 你, the officer 您. Each says what happened, what it means, and one way on; none says
more than the product keeps.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

WORKER, DESK = "worker", "desk"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one status in one voice."""

    title: str
    sentence: str
    go_label: str
    icon: str = "warn"
    drawing: str = "pages"


_WORKER = {
    400: Words(
        "这一步没看懂。", "链接可能不完整，或者这一页开得太久了。从头进一次就好。", "回首页"
    ),
    403: Words("这一步你现在办不了。", "可能要先登录，或者这件事要由工会的人来办。", "回首页"),
    404: Words("没有这一页。", "链接可能旧了。从首页进，或者打 12351 说你想办什么。", "回首页"),
    409: Words("这件事刚刚变了。", "没有重复办，也没有办一半。回去看看现在的样子。", "回去看看"),
    413: Words("文件太大，没有收。", "换一个小一点的再传。前面办好的都不受影响。", "回去换一个"),
    422: Words("有的地方没填对。", "回去看看红字旁边写的，改好再点一次。", "回去改"),
    429: Words(
        "点得太快了，先歇一会儿。", "这是为了不让别人冒用你的号码。", "回首页", icon="clock"
    ),
    500: Words(
        "我们这边出了错。", "不是你的问题。没办成的不会办一半，换个时间再点一次。", "回首页"
    ),
    503: Words(
        "现在连不上。", "没办成的不会办一半。过几分钟再点一次就接着办。", "再试一次", icon="off"
    ),
}

_DESK = {
    400: Words(
        "没有看懂这个请求", "地址可能不完整，或者页面开得太久了。请从列表重新打开。", "回工作台"
    ),
    403: Words(
        "您的岗位不能办这一件",
        "您看得到它，但办理要由有这项权限的岗位来做。要调整权限，找本会负责授权的同事。",
        "回工作台",
    ),
    404: Words(
        "没有找到这一项",
        "它可能不在您的范围里，或者已经不在了。两种情况这里写的一样。",
        "回工作台",
        drawing="house",
    ),
    409: Words(
        "没有存上，什么都没改",
        "您打开以后，别的同事先改了同一处。为免盖掉，没有存您的。",
        "看看现在的样子",
    ),
    413: Words("文件太大，没有收", "请拆成几份，或者删掉不用的工作表和图片再传。", "换一份文件"),
    422: Words("有几处要改", "请看红字旁边写的，改好再存。", "回去改"),
    429: Words(
        "操作太密，先停一下", "为防止号码被批量查看，同一个人短时间内的次数有上限。", "回工作台"
    ),
    500: Words(
        "没有办成，什么都没改",
        "程序出了错，已经记下。没办成的不会办一半，可以再点一次。",
        "回工作台",
        drawing="plug",
    ),
    503: Words(
        "现在连不上数据库", "没办成的不会办一半，排着的活会自己接着办。", "再试一次", drawing="plug"
    ),
}

STATUSES = tuple(_WORKER)
# What differs from one answer to the next (the address, a form's token) stays out: the page for
# what is out of scope and the page for what does not exist must be the same to the last byte.
_UNSAID = {"large_url": "", "sign_out_url": "", "banner": ""}
_AGAIN = (503,)
_BACK = (409, 413, 422)
_GO = {WORKER: "/", DESK: "/desk/"}
_BASE = {WORKER: "base_join.html", DESK: "base_desk.html"}


def look_of(request: HttpRequest) -> str:
    """Return which voice speaks at this address: officers' pages begin with ``DESK_PATHS``."""
    prefixes = tuple(getattr(settings, "DESK_PATHS", ("/desk",)))
    return DESK if request.path.startswith(prefixes) else WORKER


def waiting_words(seconds: int | None) -> str:
    """Return 过 5 分钟再来 for a known wait, the empty string for an unknown one."""
    if not seconds:
        return ""
    if seconds < 60:
        return f"过 {seconds} 秒再来。"
    return f"过 {-(-seconds // 60)} 分钟再来。"


def error_context(
    status: int,
    *,
    look: str = WORKER,
    code: str = "",
    sentence: str = "",
    kept: str = "",
    go_url: str = "",
    go_label: str = "",
    action_id: str = "",
    retry_after_seconds: int | None = None,
) -> dict[str, Any]:
    """Return what ``error.html`` reads.

    ``sentence`` (of a refusal) replaces the table's; ``kept`` says what was not lost, only where
    it is true; ``action_id`` is what a person reads out on the phone.
    """
    table = _DESK if look == DESK else _WORKER
    words = table.get(status) or table[500 if status >= 500 else 400]
    said = sentence or words.sentence
    return {
        "base": _BASE[look],
        "look": look,
        "page_title": words.title.rstrip("。"),
        "title": words.title,
        "sentence": f"{said}{waiting_words(retry_after_seconds)}",
        "code": code or f"http.{status}",
        "kept": kept,
        "go_url": go_url or _GO[look],
        "go_label": go_label or words.go_label,
        "action_id": action_id,
        "icon": words.icon,
        "drawing": words.drawing,
        **_UNSAID,
    }


def _way_on(request: HttpRequest, status: int) -> str:
    """Return where the one button leads: the same page again, the page before, or the default."""
    if status in _AGAIN and request.method == "GET":
        return request.get_full_path()
    before = request.META.get("HTTP_REFERER", "")
    if status not in _BACK or not before:
        return ""
    is_ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, request.is_secure())
    return before if is_ours else ""


def render_error(request: HttpRequest, status: int, **words: Any) -> HttpResponse:
    """Return the error page for ``status``; further words as in ``error_context``.

    A page for 500 and above is drawn without the request, so that nothing that may just have
    broken (the database, the session) is asked again.
    """
    way_on = {"look": look_of(request), "go_url": _way_on(request, status)}
    context = error_context(status, **{**way_on, **words})
    body = render_to_string("error.html", context, request=request if status < 500 else None)
    response = HttpResponse(body, status=status)
    if words.get("retry_after_seconds"):
        response["Retry-After"] = str(words["retry_after_seconds"])
    return response
