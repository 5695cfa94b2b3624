"""The texts of rules: one file a programme, in ``programmes/parameters/eligibility/``.

A file of the same name in ``$NUANXIN_DATA/programmes/rules/`` wins over the shipped one, so that a
place changes a condition without touching the code. A released version in the database
(``queries/rule_versions.py``) counts before either on its days. The language: docs/how-to/write-a-rule.md.
"""

import os
import re
from pathlib import Path

from nuanxin.kernel.errors import NotFound

_SHIPPED = Path(__file__).resolve().parent.parent / "parameters" / "eligibility"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,59}")


def rule_codes() -> list[str]:
    """Return the codes of all rules, in the order of the alphabet."""
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.yaml")})


def has_rule(code: str) -> bool:
    """Return whether there is a rule of this code."""
    return _file_of(code) is not None


def rule_text(code: str) -> str:
    """Return the text of a programme's rule as shipped (version 0); raise ``NotFound`` programmes.no_rule."""
    path = _file_of(code)
    if path is not None:
        return path.read_text(encoding="utf-8")
    raise NotFound(
        "programmes.no_rule",
        "没有这个服务项目的条件。有哪些可以用 nuanxin eligibility list 看。",
    )


def _file_of(code: str) -> Path | None:
    if not _CODE.fullmatch(code):
        return None
    paths = (folder / f"{code}.yaml" for folder in _folders())
    return next((path for path in paths if path.is_file()), None)


def _folders() -> list[Path]:
    own = os.environ.get("NUANXIN_DATA", "")
    return [*([Path(own) / "programmes" / "rules"] if own else []), _SHIPPED]
