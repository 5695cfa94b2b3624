"""Style sheets: one file a component in ``static/css/``, one file a bundle on the wire.

There is no build step to run: the finder joins the parts when a bundle is asked for, in
development at each request and once when ``collectstatic`` gathers the files.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

# Order counts only for the ends: the ground first, spacing last.
BUNDLES: dict[str, tuple[str, ...]] = {
    "css/worker.css": (
        "css/tokens.css",
        "css/worker/base.css",
        "css/worker/*.css",
        "css/worker/space.css",
    ),
    "css/desk.css": (
        "css/tokens.css",
        "css/desk/base.css",
        "css/desk/layout.css",
        "css/desk/*.css",
    ),
    "css/embed.css": ("css/tokens.css", "css/embed/*.css"),
    "css/siting.css": ("css/tokens.css", "css/siting/*.css"),
    "css/wall.css": ("css/tokens.css", "css/wall/*.css"),
}
STATIC_ROOT_OF_SOURCE = Path(__file__).resolve().parent.parent / "static"

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLANK = re.compile(r"\n\s*")


def bundle_parts(bundle: str) -> list[Path]:
    """Return the source files of ``bundle`` in the order in which they are joined.

    A part that is named after a pattern it also matches is moved to its own place.
    Raises ``KeyError`` for a bundle that is not declared.
    """
    patterns = BUNDLES[bundle]
    named = [STATIC_ROOT_OF_SOURCE / pattern for pattern in patterns if "*" not in pattern]
    parts: list[Path] = []
    for pattern in patterns:
        if "*" in pattern:
            found = sorted(STATIC_ROOT_OF_SOURCE.glob(pattern))
            parts.extend(path for path in found if path not in named)
        else:
            parts.append(STATIC_ROOT_OF_SOURCE / pattern)
    return parts


def join_bundle(bundle: str) -> str:
    """Return the text of ``bundle``: its parts without comments and without indentation."""
    text = "\n".join(path.read_text("utf-8") for path in bundle_parts(bundle))
    return _BLANK.sub("\n", _COMMENT.sub("", text)).strip() + "\n"


def build_root() -> Path:
    """Return where bundles are written: ``ASSET_BUILD_ROOT``, else ``build/assets``."""
    return Path(
        getattr(settings, "ASSET_BUILD_ROOT", "")
        or STATIC_ROOT_OF_SOURCE.parent / "build" / "assets"
    )


def write_bundle(bundle: str) -> Path:
    """Write ``bundle`` if what is on the disk is not what its parts say; return its path."""
    target = build_root() / bundle
    text = join_bundle(bundle)
    if not target.exists() or target.read_text("utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".tmp")
        fresh.write_text(text, "utf-8")
        fresh.replace(target)
    return target


class BundleFinder(BaseFinder):
    """Gives the bundles to ``staticfiles``; list it before the finder of plain files."""

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Return the path of a bundle (a list of it when all are asked for), or an empty list."""
        wants_all = bool(kwargs.get("find_all") or kwargs.get("all") or (args and args[0]))
        if path not in BUNDLES:
            return []
        found = str(write_bundle(path))
        return [found] if wants_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Yield each bundle with the storage that holds it."""
        storage = FileSystemStorage(location=build_root())
        for bundle in BUNDLES:
            write_bundle(bundle)
            yield bundle, storage
