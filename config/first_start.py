"""What a new installation is filled with: reference data, and a demonstration world."""

import json
import os
from typing import Any

from django.db import connection, transaction

from config.places import Places
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Conflict


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


def load_demonstration(where: Places, *, scale: str, seed: int) -> None:
    """Build the demonstration world and write its manifest.

    Raises ``Conflict`` demo.not_empty where there are unions already: nothing real is overwritten.
    """
    from config.demo import sign_ins
    from config.demo.world import build_world, fold

    if not is_empty():
        raise Conflict(
            "demo.not_empty",
            "这个数据文件夹里已经有工会了，演示数据不往里掺。换一个空的文件夹（--data 或 NUANXIN_DATA）再试。",
        )
    now = clock.now()
    with transaction.atomic():
        built = build_world(scale, seed=seed, now=now)
        fold(now)
        sign_ins.add_waiting(built, now=now)
        listed = sign_ins.add_sign_ins(built, now=now)
    sign_ins.write_manifest(where, built, listed, now=now)


def demonstration_sign_ins(where: Places) -> list[dict[str, Any]]:
    """Return the sign-ins of the demonstration as its manifest lists them, or an empty list."""
    try:
        manifest = json.loads(where.manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    found = manifest.get("sign_ins", []) if isinstance(manifest, dict) else []
    return [entry for entry in found if isinstance(entry, dict)]
