"""What guardians agree to, by version: one file a version, named by the day from which it counts."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from nuanxin.programmes.states import Care

_FOLDER = Path(__file__).resolve().parent.parent / "parameters" / "camp_texts"


@dataclass(frozen=True, slots=True)
class CampText:
    """A title and its sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CampTexts:
    """All texts of one version."""

    version: str
    agreement: CampText
    declaration: CampText
    insurance: CampText
    consents: dict[Care, CampText]


def current_texts(on: date) -> CampTexts:
    """Return the version that counts on a day: the latest that has begun, else the first there is."""
    versions = sorted(path.stem for path in _FOLDER.glob("*.yaml"))
    begun = [version for version in versions if version <= on.isoformat()]
    return get_texts(begun[-1] if begun else versions[0])


@lru_cache(maxsize=16)
def get_texts(version: str) -> CampTexts:
    """Return a version; raise ``KeyError`` for one that does not exist."""
    import yaml  # late: rules are quick to import

    path = _FOLDER / f"{version}.yaml"
    if not version.replace("-", "").isdigit() or not path.exists():
        raise KeyError(version)
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return CampTexts(
        version=version,
        agreement=_text(found["agreement"]),
        declaration=_text(found["declaration"]),
        insurance=_text(found["insurance"]),
        consents={care: _text(found["consents"][care.name.lower()]) for care in Care},
    )


def _text(entry: dict[str, Any]) -> CampText:
    return CampText(entry["title"], tuple(entry["text"]))
