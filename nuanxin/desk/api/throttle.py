"""How often one program may ask: a window of a few seconds, counted in each web process.

The bounds protect the machine, they are no policy, so they are named here and nowhere else. A
write has the narrower bound. Asking to join has one of its own: a host app hands in everybody's
with one token, hundreds a second on the day of a campaign, and the answer tells about nobody but
who showed both phone and number (``membership.actions.join``).
"""

import threading
import time

from django.http import HttpRequest
from ninja.throttling import BaseThrottle

WINDOW_SECONDS = 10
READS_MOST = 1_000
WRITES_MOST = 200
JOINS_MOST = 5_000
NEAREST_MOST = 5_000
_CLIENTS_KEPT = 10_000


class Throttle(BaseThrottle):
    """Counts by token, by address for those without one. Safe among threads."""

    def __init__(self, reads: int = READS_MOST, writes: int = WRITES_MOST) -> None:
        self.reads, self.writes = reads, writes
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[tuple[str, bool], int] = {}

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request and return whether it is still within the bound."""
        is_write = request.method not in ("GET", "HEAD")
        holder = getattr(request, "token_holder", None)
        client = f"token:{holder.token_id}" if holder else f"address:{self.get_ident(request)}"
        window = int(self.now() // WINDOW_SECONDS)
        with self._lock:
            if window != self._window or len(self._counts) > _CLIENTS_KEPT:
                self._window, self._counts = window, {}
            count = self._counts.get((client, is_write), 0) + 1
            self._counts[client, is_write] = count
        return count <= (self.writes if is_write else self.reads)

    def wait(self) -> float:
        """Return the seconds to the next window."""
        return WINDOW_SECONDS - self.now() % WINDOW_SECONDS

    def now(self) -> float:
        """Return the clock that windows are cut from."""
        return time.monotonic()


THROTTLE = Throttle()
"""The one of this process."""

JOIN_THROTTLE = Throttle(writes=JOINS_MOST)
"""That of asking to join, in this process."""

NEAREST_THROTTLE = Throttle(reads=NEAREST_MOST)
"""That of asking for the nearest stations: a city's riders may stand behind one address."""
