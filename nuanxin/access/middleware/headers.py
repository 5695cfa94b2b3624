"""Headers that keep pages safe: nothing from elsewhere, nothing inline, nothing kept of people."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from nuanxin.access.permissions import meets
from nuanxin.kernel.actor import ANONYMOUS

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
NO_STORE = "no-store, private"


class HeadersMiddleware:
    """Adds the headers; a page may set its own Cache-Control when it shows nobody's data."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if settings.IS_HTTPS:
            response.headers.setdefault(
                "Strict-Transport-Security", "max-age=31536000; includeSubDomains"
            )
        if is_personal(request, response):
            response["Cache-Control"] = NO_STORE
        return response


def is_personal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the answer may hold somebody's data: guarded, refused, or read from a session.

    What asks for a right that everybody holds is not guarded. An address without a match (static files) holds nobody's.
    """
    requirement = getattr(request, "access_requirement", None)
    if requirement is not None and not meets(ANONYMOUS, requirement):
        return True
    session = getattr(request, "session", None)
    return bool(session is not None and session.accessed) or "csrftoken" in response.cookies
