"""The server's settings file, written for the machine at each start."""

import os
import shutil
import subprocess
from pathlib import Path

from .owner import Owner
from .programs import Programs

_MB = 1024 * 1024
_GB = 1024 * _MB
_SMALLEST_SHARED_MEMORY = 512 * _MB

HEADER = """\
# Written by nuanxin at every start: changes here are lost.
# Your own settings go into override.conf beside this file; they win over these.
"""


def memory_bytes() -> int:
    """Return the memory that this process may use: the machine's, or less in a container."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [installed]
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            limits.append(int(text))
    return min(limits)


def server_settings(
    *, programs: Programs, port: int, socket_folder: Path, cluster: Path, durable: bool
) -> dict[str, str | int]:
    """Return the settings for this machine by name.

    ``durable=False`` gives up crash safety for speed and is for tests only.
    """
    settings: dict[str, str | int] = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": 100,
        "timezone": "UTC",
        "jit": "off",  # the queries are short: compiling them costs more than it saves
        "random_page_cost": "1.1",
        "synchronous_commit": "on",
        "autovacuum_naptime": "30s",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_cost_limit": 2000,
    }
    settings |= _memory_settings() | _log_settings() | _wal_settings(programs, cluster)
    if programs.major >= 16:
        # The passwords are long random texts: more rounds would slow each connection only.
        settings["scram_iterations"] = 1
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return settings


def _memory_settings() -> dict[str, str | int]:
    memory = memory_bytes()
    settings: dict[str, str | int] = {
        "shared_buffers": f"{max(128, min(memory // 4, 2 * _GB) // _MB)}MB",
        "effective_cache_size": f"{max(256, memory // 2 // _MB)}MB",
        "maintenance_work_mem": f"{max(64, min(memory // 12, 512 * _MB) // _MB)}MB",
        "work_mem": "16MB",
        "temp_buffers": "32MB",
    }
    if not _has_shared_memory():
        settings["dynamic_shared_memory_type"] = "mmap"  # a container's small /dev/shm
    return settings


def _has_shared_memory() -> bool:
    try:
        return shutil.disk_usage("/dev/shm").total >= _SMALLEST_SHARED_MEMORY
    except OSError:
        return False


def _wal_settings(programs: Programs, cluster: Path) -> dict[str, str | int]:
    free = shutil.disk_usage(cluster).free
    largest = max(1 * _GB, min(8 * _GB, free // 5))
    settings: dict[str, str | int] = {
        "max_wal_size": f"{largest // _MB}MB",
        "min_wal_size": f"{largest // 8 // _MB}MB",
        "wal_buffers": "16MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
    }
    if _knows_lz4(programs):
        settings |= {"wal_compression": "lz4", "default_toast_compression": "lz4"}
    return settings


def _knows_lz4(programs: Programs) -> bool:
    configured = subprocess.run(
        [programs.path("pg_config"), "--configure"], capture_output=True, text=True, check=False
    )
    return "--with-lz4" in configured.stdout


def _log_settings() -> dict[str, str | int]:
    return {
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgres-%a.log",  # one a weekday: a week is kept
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
        "log_timezone": "Asia/Shanghai",
        "log_checkpoints": "off",
        # Statements, their values and "Key (phone)=(…)" would put personal data into the log.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
    }


def write_settings(cluster: Path, settings: dict[str, str | int], owner: Owner) -> None:
    """Write ``nuanxin.conf`` into ``cluster`` and make sure that ``postgresql.conf`` reads it."""
    lines = [f"{name} = '{_quoted(value)}'" for name, value in settings.items()]
    lines.append("include_if_exists = 'override.conf'")
    target = cluster / "nuanxin.conf"
    target.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    owner.give(target)
    main = cluster / "postgresql.conf"
    include = "include = 'nuanxin.conf'"
    text = main.read_text(encoding="utf-8")
    if include not in text.splitlines():
        main.write_text(f"{text.rstrip()}\n\n{include}\n", encoding="utf-8")


def _quoted(value: str | int) -> str:
    return str(value).replace("\\", "\\\\").replace("'", "''")
