"""The texts of messages: one file each, ``templates/notices/texts/<package>.<what happened>.txt``."""

import re
from functools import lru_cache
from pathlib import Path

from nuanxin.notices import rules
from nuanxin.notices.states import Template

_TEXTS = Path(__file__).resolve().parent.parent / "templates" / "notices" / "texts"
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)*")


def fill_in(template: str, values: dict[str, object]) -> str:
    """Return the text of ``template`` with its places filled; a place without a value is a fault."""
    return rules.fill_places(template_of(template), values)


@lru_cache(maxsize=64)
def template_of(name: str) -> Template:
    """Return a text by its name; raise ``LookupError`` when there is none."""
    path = _TEXTS / f"{name}.txt"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise LookupError(f"no text called {name}")
    return rules.read_template(name, path.read_text(encoding="utf-8"))


def secret_names() -> list[str]:
    """Return the names of the texts whose content is not kept after sending."""
    names = (path.stem for path in _TEXTS.glob("*.txt"))
    return sorted(name for name in names if template_of(name).is_secret)
