"""The database engine of the settings: Django's own, with a check when the pool lends.

Django's check asks the server "are you there?" before each request, one round trip more. A server
that has gone away closes its sockets, and an idle connection whose socket has something to read
is such a one: asking the kernel is enough.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


def refuse_dead(connection: psycopg.Connection[Any]) -> None:
    """Raise ``OperationalError`` when the server has closed this idle connection.

    It is closed here too: the pool keeps what does not know yet that it is dead.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):
        connection.close()
        raise psycopg.OperationalError("the server has closed this connection")


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but the pool of a web process replaces connections that have died."""

    @property
    def pool(self) -> Any:
        """Return the pool of this alias, or None when the settings ask for none."""
        pool = super().pool
        if pool is not None and pool._check is None:
            pool._check = refuse_dead
        return pool
