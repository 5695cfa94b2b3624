"""Reads the cases that are written for officials to check."""

from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "cases"


def cases(name: str) -> list[Any]:
    """Return the cases of ``name`` as parameters named by what they say (说明)."""
    import pytest

    return [
        pytest.param(case, id=case["说明"])
        for case in yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8"))
    ]


def mapping(name: str) -> dict[str, Any]:
    """Return the mapping in ``name``."""
    read: dict[str, Any] = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8"))
    return read
