"""Counting what the driver really sends: read from the trace that libpq itself writes."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_ASKS = re.compile(rb"^[^\t\n]*\tF\t\d+\t(?:Query|Sync)\b", re.MULTILINE)


@dataclass(slots=True)
class RoundTrips:
    """How often the program sent something and waited for the answer; set when the block ends."""

    number: int = -1


@contextmanager
def counted_round_trips() -> Iterator[RoundTrips]:
    """Count the round trips of Django's present connection inside a ``with`` block.

    A round trip ends with a Query or a Sync message; BEGIN and COMMIT, preparing a statement and
    whatever a pool asks are all counted.
    """
    from django.db import connection

    connection.ensure_connection()
    pgconn = connection.connection.pgconn
    found = RoundTrips()
    with tempfile.TemporaryFile() as file:
        pgconn.trace(file.fileno())
        try:
            yield found
        finally:
            if connection.connection is None or connection.connection.pgconn is not pgconn:
                raise RuntimeError("the connection was closed meanwhile: nothing was counted")
            pgconn.untrace()
        file.seek(0)
        found.number = len(_ASKS.findall(file.read()))
