"""How far long work has come: a bar on a terminal, plain lines anywhere else.

Everything goes to stderr, so that what a command prints for a program (``--json``) stays clean.
"""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_BAR_WIDTH = 30
_SECONDS_BETWEEN_FRAMES = 0.1
_SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Reports the progress of one piece of work; use it in a ``with`` block.

    ``total`` is the number of units expected, or None when nobody knows; ``unit`` is the Chinese
    counter that is printed behind the number ("人", "行").
    """

    def __init__(
        self, label: str, *, total: int | None = None, unit: str = "", stream: TextIO | None = None
    ) -> None:
        self._label = label
        self._total = total
        self._unit = unit
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._done = 0
        self._started = time.monotonic()
        self._shown_at = self._started

    def __enter__(self) -> Self:
        if not self._is_terminal:
            self._line("开始")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._is_terminal:
            self._bar()
        if self._is_terminal:
            self._stream.write("\n")
        elif error is None:
            seconds = time.monotonic() - self._started
            self._line(f"完成 {self._count()} 用时 {seconds:.1f} 秒".replace("  ", " "))

    def advance(self, units: int = 1) -> None:
        """Add ``units`` to what is done."""
        self.move_to(self._done + units)

    def move_to(self, done: int, *, total: int | None = None) -> None:
        """Say that ``done`` units are done, of ``total`` if that has become known."""
        self._done = done
        self._total = total if total is not None else self._total
        wait = _SECONDS_BETWEEN_FRAMES if self._is_terminal else _SECONDS_BETWEEN_LINES
        if time.monotonic() - self._shown_at < wait:
            return
        self._shown_at = time.monotonic()
        if self._is_terminal:
            self._bar()
        else:
            self._line(self._count())

    def _bar(self) -> None:
        filled = int(_BAR_WIDTH * min(1.0, self._done / self._total)) if self._total else 0
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        self._stream.write(f"\r\x1b[K{self._label} {bar} {self._count()}")
        self._stream.flush()

    def _line(self, text: str) -> None:
        self._stream.write(f"{self._label}：{text}\n")
        self._stream.flush()

    def _count(self) -> str:
        if not self._done and not self._total:
            return ""
        of = f" / {self._total:,}" if self._total else ""
        return f"{self._done:,}{of} {self._unit}".strip()
