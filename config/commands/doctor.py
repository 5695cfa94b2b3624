"""``nuanxin doctor``: is everything as it should be? One line a check, exit 1 with reasons."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unicodedata import east_asian_width

from config.embedded import uses_embedded_server
from config.keys import key_file_faults, load_keys
from config.opening import opened
from config.places import Places, places
from nuanxin.kernel.boundaries import get_boundaries
from nuanxin.kernel.errors import Refusal

_LEAST_FREE_BYTES = 2 * 1024**3
_CLOCK_TOLERANCE_SECONDS = 5
_GOOD, _BAD, _NOTE = "正常", "有问题", "提示"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check: what was looked at, how it stands, and what was seen."""

    subject: str
    state: str
    seen: str


def register(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("doctor", help="检查安装是否完好")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a table of findings; return 1 when one of them is bad."""
    where = places(options.data)
    findings = list(_outside_checks(where))
    try:
        with opened(where, migrate=False):
            findings += _inside_checks(where)
    except Refusal as refusal:
        findings.append(Finding("数据库", _BAD, refusal.message))
    width = max(_cells(finding.subject) for finding in findings)
    for finding in findings:
        subject = finding.subject + " " * (width - _cells(finding.subject))
        state = finding.state + " " * (6 - _cells(finding.state))
        print(f"{subject}  {state}  {finding.seen}")
    bad = [finding for finding in findings if finding.state == _BAD]
    print(f"有 {len(bad)} 项需要处理。" if bad else "一切正常。")
    return 1 if bad else 0


def _outside_checks(where: Places) -> Iterator[Finding]:
    """Check what needs no database."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", _GOOD if sys.version_info >= (3, 11) else _BAD, version)
    if not where.data.is_dir():
        yield Finding("数据文件夹", _NOTE, f"{where.data} 还没有建立，第一次启动时会建立。")
        return
    free = shutil.disk_usage(where.data).free
    enough = free >= _LEAST_FREE_BYTES
    yield Finding("数据文件夹", _GOOD, str(where.data))
    yield Finding("磁盘空间", _GOOD if enough else _BAD, f"剩余 {free / 1024**3:.1f} GB")
    faults = key_file_faults(where.data) if where.keys.is_dir() else []
    yield Finding("钥匙", _BAD if faults else _GOOD, "；".join(faults) or "只有本用户能读")


def _inside_checks(where: Places) -> list[Finding]:
    """Check what the database tells."""
    checks: tuple[tuple[str, Callable[[Places], Finding]], ...] = (
        ("数据库", _server),
        ("数据库结构", _migrations),
        ("数据库扩展", _extensions),
        ("钥匙与数据库", _keys_fit),
        ("网页的权限", _web_role),
        ("时钟", _clock),
        ("后台任务", _worker),
        ("网页静态文件", _static_files),
        ("县界", _boundaries),
    )
    findings = []
    for subject, check in checks:
        try:
            findings.append(check(where))
        except Exception as error:
            findings.append(Finding(subject, _BAD, f"查不出来：{type(error).__name__}"))
    return findings


def _server(where: Places) -> Finding:
    from config.schema import check_server_version

    version = _ask("SHOW server_version")
    kind = "内嵌" if uses_embedded_server() else "DATABASE_URL"
    try:
        check_server_version()
    except Refusal as refusal:
        return Finding("数据库", _BAD, refusal.message)
    return Finding("数据库", _GOOD, f"PostgreSQL {version}（{kind}）")


def _migrations(where: Places) -> Finding:
    from config.schema import unapplied_migrations

    missing = unapplied_migrations()
    if missing:
        return Finding(
            "数据库结构", _BAD, f"缺少 {len(missing)} 步，请执行 nuanxin migrate（{missing[0]}……）"
        )
    return Finding("数据库结构", _GOOD, "已是最新")


def _extensions(where: Places) -> Finding:
    wanted = _needed_extensions()
    present = {row[0] for row in _rows("SELECT extname FROM pg_extension")}
    missing = sorted(wanted - present)
    if missing:
        return Finding("数据库扩展", _BAD, f"缺少 {'、'.join(missing)}")
    return Finding("数据库扩展", _GOOD, "、".join(sorted(wanted)))


def _keys_fit(where: Places) -> Finding:
    from config.key_mark import check_keys_fit

    if _ask("SELECT to_regclass('django_migrations')") is None:
        return Finding("钥匙与数据库", _NOTE, "数据库还是空的")
    try:
        check_keys_fit(load_keys(where.data, create=False))
    except Refusal as refusal:
        return Finding("钥匙与数据库", _BAD, refusal.message)
    return Finding("钥匙与数据库", _GOOD, "相符")


def _web_role(where: Places) -> Finding:
    from config.web_role import web_role, wrong_rights

    role = web_role()
    if role is None:
        return Finding(
            "网页的权限",
            _NOTE,
            "网页用的就是数据库的所有者；用 NUANXIN_WEB_DATABASE_URL 可以分开。",
        )
    wrong = wrong_rights(role)
    if wrong:
        shown = "、".join(f"{one.table} 的 {one.right}" for one in wrong[:3])
        return Finding(
            "网页的权限",
            _BAD,
            f"{role} 的权限有 {len(wrong)} 处不对（{shown}），请执行 nuanxin migrate",
        )
    return Finding("网页的权限", _GOOD, f"{role}，改不了表，也改不了只增不改的记录")


def _needed_extensions() -> set[str]:
    """Return the extensions that the migrations create, and the one of the server itself."""
    from django.contrib.postgres.operations import CreateExtension
    from django.db.migrations.loader import MigrationLoader

    loaded = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values()
    operations = [operation for migration in loaded for operation in migration.operations]
    return {"plpgsql"} | {op.name for op in operations if isinstance(op, CreateExtension)}


def _clock(where: Places) -> Finding:
    before = time.time()
    theirs: datetime = _ask("SELECT clock_timestamp()")
    middle = datetime.fromtimestamp((before + time.time()) / 2, UTC)
    apart = abs((theirs - middle).total_seconds())
    state = _GOOD if apart < _CLOCK_TOLERANCE_SECONDS else _BAD
    return Finding("时钟", state, f"与数据库相差 {apart:.1f} 秒")


def _worker(where: Places) -> Finding:
    from config.jobs import STALLED_SECONDS

    if _ask("SELECT to_regclass('procrastinate_jobs')") is None:
        return Finding("后台任务", _NOTE, "数据库结构更新之后才能工作")
    waiting = _ask("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
    silent = _ask(
        "SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"
    )
    if silent is not None and silent <= STALLED_SECONDS:
        return Finding("后台任务", _GOOD, f"正在工作，{waiting} 件等待")
    if _up_is_running(where):
        return Finding("后台任务", _BAD, f"服务在运行而后台任务没有应答，{waiting} 件等待")
    return Finding("后台任务", _NOTE, f"服务没有运行，{waiting} 件等待")


def _static_files(where: Places) -> Finding:
    from config.static_files import is_gathered

    if is_gathered():
        return Finding("网页静态文件", _GOOD, "已是最新")
    return Finding("网页静态文件", _NOTE, "下次启动时会重新收集")


def _boundaries(where: Places) -> Finding:
    from django.conf import settings

    try:
        found = get_boundaries(settings.FIGURES_BOUNDARIES, settings.FIGURES_BOUNDARIES_NUMBER)
    except Refusal as refusal:
        return Finding("县界", _BAD, refusal.message)
    if found is None:
        return Finding("县界", _GOOD, "没有设置，用示意图")
    return Finding("县界", _GOOD, f"{len(found.areas)} 个，{found.points:,} 个点，{found.number}")


def _up_is_running(where: Places) -> bool:
    from config.commands.up import is_running

    return is_running(where)


def _rows(statement: str) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _ask(statement: str) -> Any:
    return _rows(statement)[0][0]


def _cells(text: str) -> int:
    """Return how many columns ``text`` takes on a terminal: Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
