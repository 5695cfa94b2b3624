"""Which kinds of provider a service may name: data, a list a version (``parameters/provider_kinds/``)."""

from datetime import date
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "parameters" / "provider_kinds"
OTHER = "other"
"""The kind that says nothing: who provides it must then be written."""


def kinds_on(day: date) -> dict[str, str]:
    """Return the words of each kind that may be chosen on a day, by code, in the order of the list."""
    lists = _lists()
    begun = [start for start in lists if start <= day]
    return lists[max(begun) if begun else min(lists)]


def kind_label(code: str) -> str:
    """Return the words of a kind, as the last list that has it; "" for none that ever was."""
    lists = _lists()
    return next(
        (lists[start][code] for start in sorted(lists, reverse=True) if code in lists[start]), ""
    )


@lru_cache(maxsize=1)
def _lists() -> dict[date, dict[str, str]]:
    import yaml  # late: rules are quick to import

    found = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        kept = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not kept["source"] or not isinstance(kept["checked_on"], date):
            raise ValueError(f"{path.name} lacks its source or the day on which it was checked")
        found[date.fromisoformat(path.stem)] = dict(kept["kinds"])
    return found
