"""What every page is told by the frame: large type, demonstration, the tabs that exist.

A room has a tab once its address exists: what is not built yet is absent, not dead.
"""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from config.presentation.addresses import address_of, is_answered

LARGE_COOKIE = "nx_large"
LARGE_PATH = "/large"

# label, icon, name of the address
WORKER_ROOMS: tuple[tuple[str, str, str], ...] = (
    ("首页", "home", "worker-home"),
    ("驿站", "cup", "worker-stations"),
    ("我能领", "ticket", "can-get"),
    ("求助", "talk", "worker-help"),
    ("我的", "me", "worker-me"),
)
CARD_NAME = "worker-card"
PUBLIC_PAGES: tuple[tuple[str, str], ...] = (("入会", "join"), ("数读", "figures"))


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the bases read; a page's own context wins over each of them."""
    is_large = request.COOKIES.get(LARGE_COOKIE) == "1"
    return {
        "is_large": is_large,
        "is_demonstration": bool(getattr(settings, "IS_DEMONSTRATION", False)),
        "large_url": _large_url(request, is_large=is_large),
        "worker_tabs": _rows(request, getattr(settings, "WORKER_ROOMS", WORKER_ROOMS)),
        "public_nav": _rows(
            request,
            [(label, "", name) for label, name in getattr(settings, "PUBLIC_PAGES", PUBLIC_PAGES)],
        ),
        "card_url": address_of(getattr(settings, "CARD_NAME", CARD_NAME)),
        "home_url": address_of(getattr(settings, "WORKER_ROOMS", WORKER_ROOMS)[0][2]),
    }


def _rows(request: HttpRequest, rooms: Any) -> list[dict[str, Any]]:
    rows = [
        {"label": label, "icon": icon, "url": url, "active": False}
        for label, icon, name in rooms
        if (url := address_of(name))
    ]
    here = [row for row in rows if _is_under(request.path, row["url"])]
    if here:
        max(here, key=lambda row: len(row["url"]))["active"] = True
    return rows


def _is_under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


def _large_url(request: HttpRequest, *, is_large: bool) -> str:
    if not is_answered(LARGE_PATH):
        return ""
    return f"{LARGE_PATH}?on={int(not is_large)}&next={quote(request.get_full_path(), safe='')}"
