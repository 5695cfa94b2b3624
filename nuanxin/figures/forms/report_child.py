"""The child process of ``report_files``: limits itself, makes one docx or PDF, ends."""

import json
import logging
import sys
from pathlib import Path

from nuanxin.kernel.limited_process import limit_this_process


def main() -> int:
    """Read the task from standard input and write the file it names; anything else is a failure."""
    task = json.load(sys.stdin)
    limit_this_process(
        cpu_seconds=task["cpu_seconds"], memory_bytes=task["memory_bytes"], open_files=None
    )
    logging.disable(logging.CRITICAL)
    make = _maker(task["kind"])
    made = make(task["report"], task["family"], Path(task["fonts"]))
    Path(task["answer"]).write_bytes(made)
    return 0


def _maker(kind: str):  # type: ignore[no-untyped-def]
    if kind == "pdf":
        from nuanxin.figures.forms.report_pdf import report_pdf

        return report_pdf
    from nuanxin.figures.forms.report_word import report_word

    return report_word


if __name__ == "__main__":
    sys.exit(main())
