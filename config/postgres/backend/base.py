"""The database engine of the settings: Django's own, with a check when the pool lends.

Django's check asks the server "are you there?" before each request, one round trip more. A server
that has gone away closes its sockets, and an idle connection whose socket has something to read
is such a one: asking the kernel is enough.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import Format


def refuse_dead(connection: psycopg.Connection[Any]) -> None:
    """Raise ``OperationalError`` when the server has closed this idle connection.

    It is closed here too: the pool keeps what does not know yet that it is dead.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):
        connection.close()
        raise psycopg.OperationalError("the server has closed this connection")


class PreparingCursor(psycopg.Cursor[Any]):
    """A cursor whose statements are planned once a connection; numbers travel as they are."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Execute a prepared statement."""
        return super().execute(query, params, **(options | {"prepare": True}))


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but the pool of a web process replaces connections that have died.

    ``prepared_cursor`` is for what every request asks in the same words.
    """

    def prepared_cursor(self, *, is_binary: bool = False) -> Any:
        """Return a cursor that prepares; what it executes is logged and counted as usual."""
        self.ensure_connection()
        raw: Any = self.connection
        if raw.prepare_threshold is None:
            raw.prepare_threshold = 5  # Django turns preparing off; this allows it
        made = self.make_debug_cursor if self.queries_logged else self.make_cursor
        preparing: Any = PreparingCursor(raw)
        preparing.format = Format.BINARY if is_binary else Format.TEXT
        return made(preparing)

    @property
    def pool(self) -> Any:
        """Return the pool of this alias, or None when the settings ask for none."""
        pool = super().pool
        if pool is not None and pool._check is None:
            pool._check = refuse_dead
        return pool
