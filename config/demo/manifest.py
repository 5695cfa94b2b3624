"""The manifest: who can sign in, and ids of things of each kind, for people and for scripts."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from config.demo.accounts import SignIn
from config.demo.world import BuiltWorld
from nuanxin.kernel import regions

FORM = 1
"""Raised when a reader of the file has to change."""


def begin(path: Path, *, scale: str, seed: int) -> None:
    """Leave word that a demonstration is being built here: it may be rebuilt if that breaks off."""
    _write(
        path, {"form": FORM, "demonstration": True, "complete": False, "scale": scale, "seed": seed}
    )


def write(path: Path, built: BuiltWorld, sign_ins: list[SignIn], *, now: datetime) -> None:
    """Write the whole manifest; only the owner of the data folder can read it."""
    handles = {row.handle: row for row in built.world.plan.rows if row.handle}
    content = {
        "form": FORM,
        "demonstration": True,
        "complete": True,
        "note": "演示数据：人名、号码、单位都是编造的。",
        "scale": built.scale.name,
        "seed": built.seed,
        "since": built.window.since.isoformat(),
        "until": built.window.until.isoformat(),
        "built_at": now.isoformat(),
        "digest": built.digest,
        "counts": built.counts,
        "how_to_sign_in": {
            "phone": "在登录页输入手机号，验证码在 /outbox/（演示的短信都到那里）和服务的控制台。",
            "password": "用户名和密码之后，输入由 totp_secret 算出的六位动态口令（RFC 6238，30 秒）。",
            "token": "接口令牌放在请求头：Authorization: Bearer <token>。",
        },
        "sign_ins": [entry.as_json() for entry in sign_ins],
        "unions": {
            handle: {
                "id": row.id,
                "code": row.code,
                "name": row.name,
                "adcode": row.adcode,
                "town_code": row.town,
            }
            for handle, row in sorted(handles.items())
        },
        "regions": {
            "province": 330000,
            "home_county": _region(built.scale.home),
            "beside_county": _region(built.scale.beside),
            "home_city": _region(built.scale.home // 100 * 100),
            "beside_city": _region(built.scale.beside // 100 * 100),
        },
        "objects": built.objects,
    }
    _write(path, content)


def read(path: Path) -> dict[str, Any]:
    """Return the manifest, or an empty dictionary when there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _region(adcode: int) -> dict[str, Any]:
    return {"adcode": adcode, "name": regions.region(str(adcode)).name}


def _write(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")
    draft.replace(path)
