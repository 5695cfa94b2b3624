"""Opening the product for a command: the server runs, Django is set up, the tables are current."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import django

from config.embedded import ServerLease, make_data_folder, uses_embedded_server
from config.keys import load_keys
from config.places import Places
from nuanxin.kernel.errors import Unavailable


@contextmanager
def opened(where: Places, *, migrate: bool = True) -> Iterator[ServerLease | None]:
    """Hold the database open for a ``with`` block; yield the lease of an embedded server.

    With ``migrate=False`` the tables are left as they are. Raises ``Unavailable``.
    """
    make_data_folder(where)
    with (
        using_data_folder(where),
        ServerLease(where) if uses_embedded_server() else nullcontext() as lease,
    ):
        keys = load_keys(where.data)
        django.setup()
        from django.db import OperationalError, connections

        try:
            if migrate:
                from config.key_mark import check_keys_fit
                from config.schema import bring_up_to_date

                bring_up_to_date()
                check_keys_fit(keys)
            yield lease
        except OperationalError as error:
            raise Unavailable("database.unreachable", _say_unreachable(error)) from error
        finally:
            connections.close_all()


@contextmanager
def using_data_folder(where: Places) -> Iterator[None]:
    """Let the settings, and every process started in the ``with`` block, use this data folder.

    Behind the block stands what stood before: who calls a command in his own process keeps his own.
    """
    before = os.environ.get("NUANXIN_DATA")
    os.environ["NUANXIN_DATA"] = str(where.data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        yield
    finally:
        if before is None:
            del os.environ["NUANXIN_DATA"]
        else:
            os.environ["NUANXIN_DATA"] = before


def _say_unreachable(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    reason = lines[-1].strip() if lines else ""
    return f"连不上数据库，或连接中断了：{reason}。请检查数据库服务器后再执行一次。"
