"""The limit: pgbench sending the very statements by which the product joins, and nothing else.

The statement and its values are caught from a join through the whole product; what differs from
person to person (hashes, sealed numbers, names, sessions) becomes an expression of the same size.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import one_click_world as world
from bench.one_click_world import Person, Place, by_last_tap, by_program

CLIENTS = 16
SPAN = 100_000
"""Numbers that each client of pgbench may use up in a round."""

_LOOKS_LIKE_A_VARIABLE = re.compile(r"(?<!:):(?=[A-Za-z_])")
_COLON = "' || chr(58) || '"
_PLACE = re.compile(r"\$(\d+)")
_NUMBERED = {
    "identity_hash": "md5('i' || (:n)::text)::uuid",
    "phone_hash": "md5('p' || (:n)::text)::uuid",
    "account_phone": "md5('p' || (:n)::text)::uuid",
    "new_account": "md5('a' || (:n)::text)::uuid",
    "old_session": "md5('s' || (:n)::text)::uuid",
    "new_session": "md5('t' || (:n)::text)::uuid",
    "host_subject": "md5('h' || (:n)::text)",
    "at": "now()",
    "session_ends": "now() + interval '30 days'",
}
_NAME = (
    "'测' || chr(19968 + ((:n)::bigint % 4000)::int) || chr(19968 + ((:n)::bigint / 7 % 4000)::int)"
)


@dataclass(frozen=True, slots=True)
class Caught:
    """A statement that the product sent, with the values by name."""

    sql: str
    names: tuple[str, ...]
    values: dict[str, Any]

    @property
    def needs_sessions(self) -> bool:
        """Return whether the statement signs a browser in."""
        return "old_session" in self.names


def catch(requests: Sequence[bytes]) -> Caught:
    """Return the statement by which the product answers the one request."""
    from nuanxin.membership.actions import join

    caught: list[Caught] = []
    real = join._run

    def run(statement: Any, values: dict[str, Any]) -> Any:
        caught.append(Caught(statement.sql, statement.names, dict(values)))
        return real(statement, values)

    join._run = run
    try:
        for request in requests:
            send(request)
    finally:
        join._run = real
    return caught[-1]


def send(request: bytes) -> int:
    """Put a ready-made request through the whole product in this process; return the status."""
    from django.test import Client

    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    path = first.split(" ")[1]
    headers = dict(line.split(": ", 1) for line in lines)
    client = Client(headers={k: v for k, v in headers.items() if k in ("Authorization", "Cookie")})
    answer = client.post(path, body, content_type=headers["Content-Type"])
    return int(answer.status_code)


def catch_both(people: Sequence[Person], token: str) -> dict[str, Caught]:
    """Return the statements of the two ways to join, from one person each."""
    first, second = people
    return {
        "program": catch(by_program([first], token)),
        "last tap": catch(by_last_tap([second])),
    }


class Limit:
    """Runs pgbench against the database that Django is connected to."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._base = (1 + world.counted()["people"]) * 10_000  # new ones in used data, too

    def run(self, caught: Caught, how_many: int) -> tuple[float, int]:
        """Send ``how_many`` joins over 16 connections; return joins a second and how many."""
        each = -(-how_many // CLIENTS)
        self._base += CLIENTS * SPAN
        if caught.needs_sessions:
            _make_sessions(caught, self._base, each)
        script = f"\\set k :k + 1\n\\set n :base + :client_id * {SPAN} + :k\n{self._sql(caught)};\n"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "join.sql"
            path.write_text(script, encoding="utf-8")
            said = _pgbench(path, each, self._base)
        found = re.search(r"tps = ([\d.]+)", said)
        done = re.search(r"actually processed: (\d+)", said)
        if found is None or done is None:
            raise RuntimeError(f"pgbench said: {said[-400:]}")
        return float(found[1]), int(done[1])

    def _sql(self, caught: Caught) -> str:
        """Return the statement with its values written in place."""
        codes = ", ".join(f"'{place.code}'" for place in self._places)
        made = _NUMBERED | {
            "name": _NAME,
            "account_name": _NAME,
            "name_key": "'ce ' || substr(md5((:n)::text), 1, 9)",
            "union_code": f"(ARRAY[{codes}])[1 + ((:n)::bigint % {len(self._places)})::int]",
        }
        for column in ("identity_sealed", "phone_sealed"):
            digits = 2 * len(caught.values[column])
            made[column] = f"decode(left(repeat(md5((:n)::text), 9), {digits}), 'hex')"
        if caught.needs_sessions:
            made["session_data"] = f"repeat('x', {len(caught.values['session_data'])})"
        texts = [
            f"({made[name]})" if name in made else _literal(caught.values[name])
            for name in caught.names
        ]
        return _PLACE.sub(lambda place: texts[int(place[1]) - 1], caught.sql)


def _pgbench(script: Path, each: int, base: int) -> str:
    from django.db import connection

    from config.postgres.programs import server_programs

    chosen = connection.settings_dict
    command = [server_programs().path("pgbench"), "-n", "-M", "prepared", "-f", str(script)]
    command += ["-c", str(CLIENTS), "-j", "2", "-t", str(each)]
    command += ["-D", f"base={base}", "-D", "k=0"]
    command += ["-h", chosen["HOST"], "-p", str(chosen["PORT"]), "-U", chosen["USER"]]
    done = subprocess.run(
        [*command, chosen["NAME"]],
        env=os.environ | {"PGPASSWORD": chosen["PASSWORD"], "PGCLIENTENCODING": "UTF8"},
        capture_output=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip()[-600:])
    return done.stdout.decode()


def _make_sessions(caught: Caught, base: int, each: int) -> None:
    """Lay down the sessions that the round will sign in."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO access_session
                    (key_hash, data, kind, account_id, epoch, started_at, seen_at, ends_at)
                SELECT md5('s' || (%(base)s + client * {SPAN} + k)::text)::uuid,
                       %(data)s, 'anonymous', NULL, 0, now(), now(), now() + interval '1 day'
                FROM generate_series(0, {CLIENTS - 1}) AS client, generate_series(1, %(each)s) AS k""",
            {"base": base, "each": each, "data": "x" * 900},
        )
        cursor.execute("ANALYZE access_session")


def _literal(value: Any) -> str:
    """Return a value as SQL in which pgbench reads no variable (":host" within a text)."""
    from django.db import connection
    from psycopg import sql

    text = sql.Literal(value).as_string(connection.connection)
    return f"({_LOOKS_LIKE_A_VARIABLE.sub(_COLON, text)})"
