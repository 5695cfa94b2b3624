"""Every failure below /api/ is problem+json (RFC 9457) with a stable code and a Chinese sentence."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, Throttled, ValidationError

from nuanxin.access.middleware.refusals import is_for_programs, problem
from nuanxin.kernel.errors import Malformed, NotFound, Refusal, TooMany

_SENTENCES = {
    400: "没看懂这个请求。请看看正文是不是完整的 JSON，编码是不是 UTF-8。",
    401: "请在 Authorization 里带上 Bearer 令牌。",
    403: "这件事不在这个令牌能做的事里。请让给您令牌的工会重新发一个。",
    404: "没有找到这一项。请对照接口说明核对地址和编号。",
    405: "这个地址不能用这种方法。Allow 里写着可以用哪几种。",
    406: "这里只答 JSON。请把 Accept 写成 application/json，或者不写。",
    411: "请写明 Content-Length。分块传来的内容这里不收。",
    413: "发来的内容太大。请分成几次发。",
    415: "没看懂这种内容类型。请对照接口说明换一种。",
    422: "发来的内容不合要求。请对照接口说明改好再发。",
    429: "次数太多。请按 Retry-After 等一等再发。",
}
_FAULT = "我们这边出了毛病，您发的内容没有起作用。请用同一个幂等键过几分钟再发一次。"
_WORDS = {
    "missing": "要填",
    "int_parsing": "要是整数",
    "int_type": "要是整数",
    "bool_type": "要是 true 或 false",
    "bool_parsing": "要是 true 或 false",
    "string_type": "要是文字",
    "string_unicode": "有读不出的字符",
    "string_pattern_mismatch": "写法不对",
    "string_too_short": "太短",
    "string_too_long": "太长",
    "literal_error": "不在可选的值里",
    "enum": "不在可选的值里",
    "list_type": "要是列表",
    "too_short": "太少",
    "too_long": "太多",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
    "extra_forbidden": "没有这个字段，请去掉",
    "model_attributes_type": "要是一个对象",
    "model_type": "要是一个对象",
    "date_from_datetime_parsing": "要是日期，写成 2026-01-31",
    "date_parsing": "要是日期，写成 2026-01-31",
}


class Problem(Schema):
    """What every refusal answers: ``code`` is stable, ``detail`` is for the person who reads it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    details: dict[str, Any] | None = None


class HttpRefusal(Refusal):
    """A refusal of HTTP itself."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"http.{status}", _SENTENCES.get(status, _FAULT))


class ProblemMiddleware:
    """Turns what Django and the API library answer by themselves below /api/ into problem+json."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_problem = response.headers.get("Content-Type", "").startswith("application/problem+json")
        if response.status_code < 400 or is_problem or not is_for_programs(request):
            return response
        told = problem(HttpRefusal(response.status_code))
        if "Allow" in response.headers:
            told["Allow"] = response.headers["Allow"]
        return told


def add_handlers(api: NinjaAPI) -> None:
    """Let the API answer refusals, unreadable bodies and fields that do not fit."""

    def on_refusal(request: HttpRequest, error: Any) -> HttpResponse:
        if error.code == "cursor.unreadable":  # a cursor leads to a page, and there is none
            error = NotFound(error.code, error.message)
        return problem(error)

    def on_fields(request: HttpRequest, error: Any) -> HttpResponse:
        return problem(fields_refused(error.errors))

    def on_throttled(request: HttpRequest, error: Any) -> HttpResponse:
        seconds = max(1, math.ceil(error.wait or 1))
        return problem(TooMany("http.429", _SENTENCES[429], retry_after_seconds=seconds))

    def on_http(request: HttpRequest, error: Any) -> HttpResponse:
        return problem(HttpRefusal(error.status_code))

    api.add_exception_handler(Refusal, on_refusal)
    api.add_exception_handler(ValidationError, on_fields)
    api.add_exception_handler(Throttled, on_throttled)
    api.add_exception_handler(HttpError, on_http)


def fields_refused(errors: Sequence[Any]) -> Malformed:
    """Return the refusal that names each field and what is wrong with it; never what was sent."""
    found: dict[str, str] = {}
    for error in errors[:20]:
        parts = [str(part) for part in error.get("loc", ())]
        if parts and parts[0] in ("query", "path", "header"):
            parts = parts[1:2]  # what follows are the library's names of alternatives
        elif parts and parts[0] in ("body", "form"):
            parts = parts[1:]
        if parts and parts[0] == "body":
            parts = parts[1:]
        name = ".".join(parts) or "正文"
        if name not in found:
            found[name] = _WORDS.get(error.get("type", ""), "不合要求")
    said = "；".join(f"{name} {why}" for name, why in found.items()) or "内容不合要求"
    fields = [{"field": name, "why": why} for name, why in found.items()]
    return Malformed("fields.refused", f"{said}。请改好再发。", fields=fields)
