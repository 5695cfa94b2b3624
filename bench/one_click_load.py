"""A small, bounded load generator: so many connections, kept alive, each sending when answered.

    python -m bench.one_click_load ADDRESS PORT CONNECTIONS < requests > result

Its own process, so that it does not share an interpreter with what it measures. The requests come
ready-made (``pack``), each is sent once; the result is one line of JSON: seconds from the first
byte sent to the last answer, every latency in ms, and how often each answer was given. An answer
is the status with the ``kind`` of its JSON body or the address that it leads on to.
"""

import asyncio
import json
import re
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *(\S+)", re.IGNORECASE)
_KIND = re.compile(rb'"kind": ?"(\w+)"')
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Driven:
    """What a round of requests took."""

    seconds: float
    latencies_ms: list[float]
    answers: dict[str, int]

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return len(self.latencies_ms) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Return the latency that ``share`` of the answers keep below."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def drive(requests: Sequence[bytes], *, port: int, connections: int = 16) -> Driven:
    """Send ``requests`` to this machine's ``port`` from a process of its own; wait for the end."""
    command = [sys.executable, "-m", "bench.one_click_load", "127.0.0.1", str(port)]
    done = subprocess.run(
        [*command, str(connections)],
        input=pack(requests),
        capture_output=True,
        check=False,
        timeout=_TIMEOUT_SECONDS + 30,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip()[-400:])
    return Driven(**json.loads(done.stdout))


def pack(requests: Sequence[bytes]) -> bytes:
    """Return the requests as one text of bytes, each after its length."""
    return b"".join(struct.pack("<I", len(one)) + one for one in requests)


def unpack(packed: bytes) -> Iterator[bytes]:
    """Return what ``pack`` packed."""
    at = 0
    while at < len(packed):
        (length,) = struct.unpack_from("<I", packed, at)
        yield packed[at + 4 : at + 4 + length]
        at += 4 + length


class _Connection(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(
        self, waiting: Iterator[bytes], latencies: list[float], seen: Counter[str]
    ) -> None:
        self._waiting, self._latencies, self._seen = waiting, latencies, seen
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send_next(self) -> None:
        """Send one more request, or say that there is none left."""
        request = next(self._waiting, None)
        if request is None:
            if not self.ended.done():
                self.ended.set_result(None)
            return
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[: head_end + 2]
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if len(self._buffer) < head_end + 4 + length:
            return
        self._latencies.append(1000 * (time.perf_counter() - self._sent_at))
        leads = _KIND.search(self._buffer, head_end) or _LOCATION.search(head)
        self._seen[f"{int(head[9:12])} {leads[1].decode() if leads else ''}".strip()] += 1
        self._buffer = b""
        self.send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(ConnectionError("the server closed the connection"))


async def _run(host: str, port: int, connections: int, waiting: Iterator[bytes]) -> Driven:
    latencies: list[float] = []
    seen: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(waiting, latencies, seen), host, port))[1]
        for _ in range(connections)
    ]
    started = time.perf_counter()
    for one in opened:
        one.send_next()
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        await asyncio.gather(*(one.ended for one in opened))
    return Driven(time.perf_counter() - started, latencies, dict(seen))


def main(argv: list[str]) -> int:
    """Read requests, drive them, print what it took."""
    host, port, connections = argv[0], int(argv[1]), int(argv[2])
    waiting = iter(list(unpack(sys.stdin.buffer.read())))
    result = asyncio.run(_run(host, port, connections, waiting))
    print(
        json.dumps(
            {
                "seconds": result.seconds,
                "latencies_ms": [round(one, 3) for one in result.latencies_ms],
                "answers": result.answers,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
