"""The child process of ``roster_file.read_roster_safely``: limits itself, reads, answers, ends.

Takes a pickled (path, filename, limits, sheet, is_pointed_out, answer path) on standard input, from its parent;
with ``AS_IS`` for the sheet it answers with all sheets as they are.
"""

import pickle
import sys

from nuanxin.kernel.limited_process import NO_MEMORY, NO_SPACE, limit_this_process

AS_IS = "\x00as-is"
"""No sheet has this name."""

_BROKEN = "这份文件读不了，可能损坏了。请在表格软件里打开，另存为 .xlsx 再上传。"


def main() -> int:
    """Read one roster and write ("read", table) or ("refused", (code, message, details))."""
    path, filename, limits, sheet, is_pointed_out, answer = pickle.load(sys.stdin.buffer)
    limit_this_process(cpu_seconds=limits.cpu_seconds, memory_bytes=limits.memory_bytes)

    from nuanxin.kernel.errors import Malformed
    from nuanxin.membership.forms.roster_file import read_roster, read_sheets

    try:
        result: tuple[str, object] = (
            "read",
            read_sheets(path, filename, limits)
            if sheet == AS_IS
            else read_roster(
                path, filename, limits=limits, sheet=sheet, is_pointed_out=is_pointed_out
            ),
        )
    except Malformed as refusal:
        result = ("refused", (refusal.code, refusal.message, refusal.details))
    except MemoryError:
        return NO_MEMORY
    except BaseException:  # a panic of the parser is none of the ordinary exceptions
        result = ("refused", ("roster.not_a_table", _BROKEN, {}))
    try:
        with open(answer, "wb") as stream:
            pickle.dump(result, stream, protocol=5)
    except OSError:
        return NO_SPACE
    return 0


if __name__ == "__main__":
    sys.exit(main())
