"""What a new installation is filled with: reference data, and a demonstration world."""

import json
import os
from datetime import date
from typing import Any

from django.db import connection

from config.places import Places


def wants_demonstration(where: Places) -> bool:
    """Return whether this start loads the demonstration: nothing is there and none is refused."""
    return (
        os.environ.get("NUANXIN_DEMO", "1") not in ("0", "no", "false")
        and not where.manifest.exists()
        and is_empty()
    )


def is_empty() -> bool:
    """Return whether no union has been entered yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT 1 FROM orgs_union)")
        return bool(cursor.fetchone()[0])


def load_reference_data() -> None:
    """Load divisions, occupations, industries and working days; what is there stays."""


def load_demonstration(
    where: Places, *, scale: str, seed: int, until: date | None = None, again: bool = False
) -> None:
    """Build the demonstration world and write its manifest. Raises ``Conflict``.

    ``until`` is its last day (yesterday unless given); ``again`` throws an older one away first.
    """
    from config.demo.demonstration import load_demonstration as load

    load(where, scale=scale, seed=seed, until=until, again=again)


def demonstration_sign_ins(where: Places) -> list[dict[str, Any]]:
    """Return the sign-ins of the demonstration as its manifest lists them, or an empty list."""
    try:
        manifest = json.loads(where.manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    found = manifest.get("sign_ins", []) if isinstance(manifest, dict) else []
    return [entry for entry in found if isinstance(entry, dict)]
