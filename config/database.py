"""Which database Django talks to: ``DATABASE_URL``, or the embedded server of the data folder.

Nothing is started here: reading the settings must not need a running server. Whoever runs
commands takes a ``config.embedded.ServerLease`` first.
"""

import json
import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from config.keys import load_password
from config.places import Places, places
from config.postgres.cluster import DATABASE, ROLE, WEB_PASSWORD_FILE, WEB_ROLE
from nuanxin.kernel.errors import Malformed

# A page that waits longer than this has failed for the person who waits; commands and jobs may
# take their time.
_WEB_LIMITS = {
    "statement_timeout": 5_000,
    "lock_timeout": 2_000,
    "idle_in_transaction_session_timeout": 30_000,
}
# These face the world or work on what came from there: not the owner of the tables.
WEB_URL = "NUANXIN_WEB_DATABASE_URL"
_KINDS_WITHOUT_OWNERSHIP = ("web", "worker")
_POOL_WAIT_SECONDS = 3
THREADS_PER_WEB_WORKER = 8


def process_kind() -> str:
    """Return what this process is: "web", "worker" or "cli" (the default)."""
    return os.environ.get("NUANXIN_PROCESS", "cli")


def connects_as_web_role() -> bool:
    """Return whether this process is one that must not own the tables."""
    return process_kind() in _KINDS_WITHOUT_OWNERSHIP


def database_settings() -> dict[str, dict[str, Any]]:
    """Return Django's ``DATABASES``; web and worker processes connect as the web role.

    Raises ``Malformed`` when ``DATABASE_URL`` cannot be read.
    """
    url = os.environ.get("DATABASE_URL")
    if url and connects_as_web_role():
        url = os.environ.get(WEB_URL) or url
    database = _from_url(url) if url else _embedded(places())
    database |= {
        "ENGINE": "config.postgres.backend",
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": False,
    }
    if process_kind() == "web":
        _limit_web(database["OPTIONS"])
    return {"default": database}


def _limit_web(options: dict[str, Any]) -> None:
    """Add the time limits of a web process, and its pool: one connection a thread at most."""
    limits = " ".join(f"-c {name}={value}" for name, value in _WEB_LIMITS.items())
    options["options"] = f"{options.get('options', '')} {limits}".strip()
    options["pool"] = {
        "min_size": 2,
        "max_size": THREADS_PER_WEB_WORKER,
        "timeout": _POOL_WAIT_SECONDS,
        "max_idle": 300,
        # After an outage: give up soon, so that the next request tries anew at once instead of
        # waiting out a pause that has doubled with each failure.
        "reconnect_timeout": _POOL_WAIT_SECONDS,
    }


def _from_url(url: str) -> dict[str, Any]:
    """Return the settings for ``url``; several hosts and every libpq option are understood."""
    try:
        parts = conninfo_to_dict(url)
    except Exception as error:
        raise Malformed(
            "database.url",
            "DATABASE_URL 读不懂。它的写法是 postgresql://用户:密码@主机:端口/库名。",
        ) from error
    return {
        "NAME": str(parts.pop("dbname", DATABASE)),
        "USER": str(parts.pop("user", "")),
        "PASSWORD": str(parts.pop("password", "")),
        "HOST": str(parts.pop("host", "")),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {"connect_timeout": 5} | dict(parts),
    }


def _embedded(where: Places) -> dict[str, Any]:
    """Return the settings for the embedded server, as far as they are known before it starts."""
    role, password_file = ROLE, "postgres-password"
    if connects_as_web_role():
        role, password_file = WEB_ROLE, WEB_PASSWORD_FILE
    try:
        address = json.loads(where.server_file.read_text(encoding="utf-8"))
        password = load_password(where.data, password_file, create=False)
    except Exception:
        address, password = {}, ""  # not set up yet: a command's lease does that
    return {
        "NAME": DATABASE,
        "USER": role,
        "PASSWORD": password,
        "HOST": address.get("socket_folder", str(where.socket_folder)),
        "PORT": str(address.get("port", "")),
        "OPTIONS": {"connect_timeout": 5},
    }
