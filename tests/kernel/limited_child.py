"""A child process for the test beside it: does what its standard input says, within its limits."""

import os
import sys

from nuanxin.kernel.limited_process import NO_MEMORY, NO_SPACE, limit_this_process


def _take_memory() -> int:
    try:
        bytearray(1 << 30)
    except MemoryError:
        return NO_MEMORY
    return 0


def main() -> int:
    """Return what the process exits with."""
    limit_this_process(cpu_seconds=1, memory_bytes=256 << 20)
    task = sys.stdin.read()
    if task == "spin":
        while True:
            pass
    if task == "memory":
        return _take_memory()
    if task == "environment":
        return int("DATABASE_URL" in os.environ)
    return {"nothing": 0, "disk": NO_SPACE, "fault": 1}[task]


if __name__ == "__main__":
    sys.exit(main())
