"""The texts of rules: one file a programme, in ``programmes/parameters/eligibility/``.

A file of the same name in ``$NUANXIN_DATA/programmes/rules/`` wins over the shipped one, so that a
place changes a condition without touching the code. The language: docs/how-to/write-a-rule.md.
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


def rule_text(code: str) -> str:
    """Return the text of a programme's rule; raise ``NotFound`` programmes.no_rule."""
    if _CODE.fullmatch(code):
        for folder in _folders():
            path = folder / f"{code}.yaml"
            if path.is_file():
                return path.read_text(encoding="utf-8")
    raise NotFound(
        "programmes.no_rule",
        "没有这个服务项目的条件。有哪些可以用 nuanxin eligibility list 看。",
    )


def _folders() -> list[Path]:
    own = os.environ.get("NUANXIN_DATA", "")
    return [*([Path(own) / "programmes" / "rules"] if own else []), _SHIPPED]
