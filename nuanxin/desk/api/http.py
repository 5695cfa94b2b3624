"""What HTTP itself asks of the API, once for all operations.

HEAD answers as GET does, OPTIONS names the methods, an unknown type of content is 415, a wish for
anything but JSON 406, a body beyond the limit 413 before it is read; a 401 says how to sign in.
Public reads are the same for everybody: they carry an ETag, may be kept for a minute, and pages of
any site may read them (CORS). Everything else is for programs, not for foreign pages, and is never
kept. Large answers are packed.
"""

import hashlib
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import get_conditional_response, patch_vary_headers

from nuanxin.access.middleware.refusals import is_for_programs, problem
from nuanxin.access.permissions import meets
from nuanxin.desk.api.problems import HttpRefusal
from nuanxin.kernel.actor import ANONYMOUS
from nuanxin.membership.rules.limits import MEBIBYTE, UPLOAD_LIMITS

KEPT = "public, max-age=60"
ASKED_AGAIN = "public, no-cache"
"""A day that is over: late entries may still change it, so it is asked again by its ETag."""
KEPT_FOR_EVER = "public, max-age=31536000, immutable"
"""A day as it was known on a day that is over."""
BODY_MOST = UPLOAD_LIMITS.file_bytes + MEBIBYTE
"""Bytes of a whole request: a roster's file and what stands around it."""

_JSON, _FORM = "application/json", "multipart/form-data"
_WITH_BODY = ("POST", "PUT", "PATCH")
_FILES_GO_TO = "/api/v1/rosters"


def entity_tag(content: bytes) -> str:
    """Return a weak ETag: the same words, packed or not."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:24]}"'


class HttpMiddleware:
    """The manners of HTTP below /api/; other addresses pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._packed = GZipMiddleware(lambda request: self._answer(request))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_for_programs(request):
            return self.get_response(request)
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = cast("HttpResponseBase", self._packed(request))
        if is_head and isinstance(response, HttpResponse):
            length = len(response.content)
            response.content = b""
            response["Content-Length"] = str(length)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        refused = _refusal_unread(request)
        response = problem(refused) if refused else self.get_response(request)
        if response.status_code == 405:
            response["Allow"] = _with_head(response["Allow"])
            if request.method == "OPTIONS":
                response = _methods(response["Allow"])
        if response.status_code == 401:
            response["WWW-Authenticate"] = _challenge(request)
        if _is_for_everybody(request, response):
            return _kept(request, response)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response


def _refusal_unread(request: HttpRequest) -> HttpRefusal | None:
    """Return why the request need not be read any further; None when it may go on."""
    if not (request.accepts(_JSON) or request.accepts("application/problem+json")):
        return HttpRefusal(406)
    if request.method not in _WITH_BODY:
        return None
    if "chunked" in request.headers.get("Transfer-Encoding", ""):
        return HttpRefusal(411)
    length = _length(request)
    is_form = request.content_type == _FORM
    if length > (BODY_MOST if is_form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
        return HttpRefusal(413)
    wanted = (_JSON, _FORM) if request.path == _FILES_GO_TO else (_JSON,)
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    is_known = request.content_type in wanted and charset in ("utf-8", "utf8")
    return None if is_known or not length else HttpRefusal(415)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _methods(allowed: str) -> HttpResponse:
    """Return the answer to OPTIONS: which methods there are."""
    told = HttpResponse(status=204)
    del told["Content-Type"]
    told["Allow"] = f"{allowed}, OPTIONS"
    return told


def _with_head(allowed: str) -> str:
    methods = [method.strip() for method in allowed.split(",")]
    return (
        ", ".join(["GET", "HEAD", *(m for m in methods if m != "GET")])
        if "GET" in methods
        else allowed
    )


def _challenge(request: HttpRequest) -> str:
    """Return how to sign in (RFC 6750)."""
    has_sent = "Authorization" in request.headers
    return 'Bearer realm="nuanxin", error="invalid_token"' if has_sent else 'Bearer realm="nuanxin"'


def _is_for_everybody(request: HttpRequest, response: HttpResponseBase) -> bool:
    requirement = getattr(request, "access_requirement", None)
    is_open = requirement is not None and meets(ANONYMOUS, requirement)
    return is_open and request.method == "GET" and response.status_code == 200


def _kept(request: HttpRequest, response: Any) -> HttpResponseBase:
    response.headers.setdefault("ETag", entity_tag(response.content))
    response.headers.setdefault("Cache-Control", KEPT)
    patch_vary_headers(response, ["Accept-Encoding"])
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    assert answer is not None
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
