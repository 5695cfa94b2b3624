"""A refusal becomes a page for people and problem+json (RFC 9457) for programs."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.module_loading import import_string

from nuanxin.kernel.errors import NotFound, Refusal

API_PREFIX = "/api/"
LARGE_COOKIE = "nx_large"
PROBLEM = "application/problem+json; charset=utf-8"
TITLES = {
    400: "没看懂这个请求",
    401: "要先说明是谁",
    403: "没有这项权限",
    404: "没有找到",
    405: "这个地址不能这样用",
    406: "不能这样答",
    409: "现在的状态不允许",
    411: "要写明多长",
    413: "太大",
    415: "不是能读的类型",
    422: "内容不合要求",
    429: "次数太多",
    503: "暂时不能用",
}


class RefusalMiddleware:
    """Answers every ``Refusal`` that a page, a query or an action raises."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to a refusal; None for anything else, which is a fault."""
        return refusal_response(request, error) if isinstance(error, Refusal) else None


def is_for_programs(request: HttpRequest) -> bool:
    """Return whether the address belongs to the API."""
    return request.path.startswith(API_PREFIX)


def refusal_response(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the refusal as the asker reads it: a page, or problem+json below /api/."""
    if is_for_programs(request):
        return problem(refusal)
    return _page(request, refusal)


def problem(refusal: Refusal) -> JsonResponse:
    """Return problem+json with a stable code, a Chinese sentence and the plain details."""
    body: dict[str, Any] = {
        "type": f"urn:nuanxin:problem:{refusal.code}",
        "title": TITLES.get(refusal.status, "没有办成"),
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.message,
    }
    details = {key: value for key, value in refusal.details.items() if value is not None}
    if details:
        body["details"] = details
    response = JsonResponse(
        body,
        status=refusal.status,
        content_type=PROBLEM,
        json_dumps_params={"ensure_ascii": False},
    )
    _add_retry(response, refusal)
    return response


def _page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return the error page. «Not there» says nothing that tells it from «not yours»."""
    render: Callable[..., HttpResponse] = import_string(settings.ERROR_PAGE)
    if type(refusal) is NotFound and refusal.code == "not_found":
        return render(_bare(request), 404)
    retry = refusal.details.get("retry_after_seconds")
    return render(
        request,
        refusal.status,
        code=refusal.code,
        sentence=refusal.message,
        retry_after_seconds=retry if isinstance(retry, int) else None,
    )


def _bare(request: HttpRequest) -> HttpRequest:
    """Return a request that knows the look and the size of type, and nothing else.

    So the answer is the same to the byte whatever was asked for and whoever asked.
    """
    bare = HttpRequest()
    is_desk = request.path.startswith(tuple(settings.DESK_PATHS))
    bare.method = "GET"
    bare.path = bare.path_info = settings.DESK_PATHS[0] if is_desk else "/"
    bare.COOKIES = {k: v for k, v in request.COOKIES.items() if k == LARGE_COOKIE}
    return bare


def _add_retry(response: HttpResponse, refusal: Refusal) -> None:
    retry = refusal.details.get("retry_after_seconds")
    if isinstance(retry, int):
        response["Retry-After"] = str(retry)
