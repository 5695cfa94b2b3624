"""``nuanxin up``: the whole product on this machine, until Ctrl-C."""

import argparse
import errno
import fcntl
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.database import THREADS_PER_WEB_WORKER, WEB_URL
from config.embedded import ServerLease, make_data_folder
from config.opening import opened
from config.places import Places, places
from config.supervisor import Program, Supervisor, end_leftovers
from nuanxin.kernel.errors import Conflict, Refusal, Unavailable

_FIRST_ANSWER_SECONDS = 60
_SIGN_INS_SHOWN = 12
_WEB = "网页服务"
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("up", help="启动全部服务，按 Ctrl-C 停下")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="网页端口，默认 8000")
    parser.add_argument("--host", default="127.0.0.1", metavar="地址", help="默认只在本机可见")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Start everything, say where to go, keep it alive, and end it all on Ctrl-C."""
    where = places(options.data)
    started = time.monotonic()
    make_data_folder(where)
    with _only_one(where, options.port):
        end_leftovers(where.data)
        _check_port(options.host, options.port)
        os.environ.setdefault("NUANXIN_PUBLIC_ADDRESS", _address(options))
        with opened(where) as lease:
            _prepare(where)
            programs = _programs(options)
            keeper = _DatabaseKeeper(lease)
            with Supervisor(programs, folder=where.data, on_tick=keeper.look) as supervisor:
                supervisor.start(_WEB)  # the jobs can wait until the first page is there
                answered = _wait_for_answer(options, supervisor)
                supervisor.start()
                if answered:
                    _say_where_to_go(options, where, time.monotonic() - started)
                supervisor.watch()
                print("\n正在停下……", file=sys.stderr)
    print("已停下，数据都已保存。", file=sys.stderr)
    return 0


def _prepare(where: Places) -> None:
    """Fill a new installation and gather the static files."""
    from django.conf import settings
    from django.db import connections

    from config import first_start
    from config.static_files import gather_if_stale
    from nuanxin.kernel.boundaries import get_boundaries

    get_boundaries(settings.FIGURES_BOUNDARIES, settings.FIGURES_BOUNDARIES_NUMBER)

    first_start.load_reference_data()
    if first_start.wants_demonstration(where):
        print("第一次启动：正在装入演示数据……", file=sys.stderr)
        try:
            first_start.load_demonstration(where, scale="small", seed=1)
        except Unavailable as refusal:
            print(refusal.message, file=sys.stderr)
    gather_if_stale()
    connections.close_all()


def web_program(host: str, port: int) -> Program:
    """Return the web server as it is served: worker processes with threads, one pool each."""
    web = [sys.executable, "-m", "granian", "--interface", "wsgi"]
    web += ["--host", host, "--port", str(port)]
    web += ["--workers", os.environ.get("NUANXIN_WORKERS", "2")]
    web += ["--blocking-threads", str(THREADS_PER_WEB_WORKER)]
    web += ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    web += ["--workers-kill-timeout", "2", "--no-ws", "--log-level", "error"]
    web += ["--http1-header-read-timeout", "10000", "config.wsgi:application"]
    return Program(_WEB, web, {"NUANXIN_PROCESS": "web"} | _without_owner())


def _programs(options: argparse.Namespace) -> list[Program]:
    return [
        web_program(options.host, options.port),
        Program(
            "后台任务",
            [sys.executable, "-m", "config.worker"],
            {"NUANXIN_PROCESS": "worker"} | _without_owner(),
        ),
    ]


def _without_owner() -> dict[str, str]:
    """Return what hides the owner's password from the processes that connect as the web role."""
    url = os.environ.get(WEB_URL)
    return {"DATABASE_URL": url} if url and "DATABASE_URL" in os.environ else {}


class _DatabaseKeeper:
    """Starts the embedded server again when it has died under us."""

    def __init__(self, lease: ServerLease | None) -> None:
        self._lease = lease

    def look(self) -> None:
        """Look once; a start that fails is told and tried again at the next look."""
        if self._lease is None or self._lease.address() is not None:
            return
        print("数据库意外结束，正在重新启动……", file=sys.stderr)
        try:
            self._lease.revive()
        except Refusal as refusal:
            print(refusal.message, file=sys.stderr)
        except OSError as error:
            print(f"数据库还启动不了：{error.strerror}。请检查磁盘空间。", file=sys.stderr)


@contextmanager
def _only_one(where: Places, port: int) -> Iterator[None]:
    """Hold the right to be the one ``up`` of this data folder. Raises ``Conflict``."""
    where.run.mkdir(mode=0o711, exist_ok=True)
    with (where.run / "up.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Conflict(
                "up.running",
                f"数据文件夹 {where.data} 已经有一个服务在运行（{file.read().strip()}）。"
                "请使用它，或者先停下它。",
            ) from None
        file.truncate(0)
        file.write(f"进程 {os.getpid()}，端口 {port}")
        file.flush()
        yield


def is_running(where: Places) -> bool:
    """Return whether an ``up`` is alive on this data folder."""
    try:
        with (where.run / "up.lock").open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"端口 {port} 已被别的程序占用。请停下它，或者换一个："
                f"nuanxin up --port {port + 1}（make run PORT={port + 1}）。",
                errno.EACCES: f"端口 {port} 需要管理员权限，请换一个 1024 以上的端口。",
            }
            said = reasons.get(error.errno or 0, f"不能在 {host}:{port} 上提供网页：{error}。")
            raise Conflict("up.port", said) from error


def _address(options: argparse.Namespace) -> str:
    shown = "127.0.0.1" if options.host in ("0.0.0.0", "::") else options.host
    return f"http://[{shown}]:{options.port}" if ":" in shown else f"http://{shown}:{options.port}"


def _wait_for_answer(options: argparse.Namespace, supervisor: Supervisor) -> bool:
    """Wait until the web answers; return False when the end was asked for before."""
    deadline = time.monotonic() + _FIRST_ANSWER_SECONDS
    told = False
    while not supervisor.is_ending:
        if _answers(f"{_address(options)}/healthz"):
            return True
        if time.monotonic() > deadline and not told:
            print("网页服务还没有应答，请看上面的说明。", file=sys.stderr)
            told = True
        supervisor.look_once()
        time.sleep(0.1)
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _say_where_to_go(options: argparse.Namespace, where: Places, seconds: float) -> None:
    from config.first_start import demonstration_sign_ins

    lines = [f"暖新已启动（{seconds:.1f} 秒）：{_address(options)}", f"数据文件夹：{where.data}"]
    people = demonstration_sign_ins(where)
    if people:
        lines.append("演示用的登录（全部是编造的）：")
        lines += [f"  {_describe(person)}" for person in people[:_SIGN_INS_SHOWN]]
        lines.append(f"  其余见 {where.manifest}")
    if options.host not in _THIS_MACHINE and "NUANXIN_HOSTS" not in os.environ:
        lines.append("别的机器来访问时，请把它们用的域名或地址写进环境变量 NUANXIN_HOSTS。")
    lines.append("按 Ctrl-C 停下。")
    print("\n".join(lines), flush=True)


def _describe(person: dict[str, Any]) -> str:
    shown = ("label", "name", "phone", "user_name", "password", "totp_secret", "union_name")
    return "  ".join(str(person[key]) for key in shown if person.get(key))
