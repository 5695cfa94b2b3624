"""The child process of ``draft_file``: limits itself, reads one docx or pdf, answers in JSON, ends."""

import json
import logging
import sys
from pathlib import Path

from nuanxin.kernel.limited_process import NO_MEMORY, limit_this_process

_BROKEN = "这份文件读不了，可能损坏了。请打开它另存一份再上传，或者把文字粘贴进来。"


def main() -> int:
    """Read the task from standard input and write {"text"} or {"refused": [code, message]}."""
    task = json.load(sys.stdin)
    path, kind, answer = task.pop("path"), task.pop("kind"), task.pop("answer")
    limit_this_process(cpu_seconds=task["cpu_seconds"], memory_bytes=task["memory_bytes"])
    logging.disable(logging.CRITICAL)

    from nuanxin.figures.rules.claims.limits import DraftLimits
    from nuanxin.kernel.errors import Malformed

    try:
        told: dict[str, object] = {"text": _read(Path(path), kind, DraftLimits(**task))}
    except Malformed as refusal:
        told = {"refused": [refusal.code, refusal.message]}
    except MemoryError:
        return NO_MEMORY
    except BaseException:  # whatever a hostile file makes of the reader
        told = {"refused": ["figures.draft_broken", _BROKEN]}
    text = json.dumps(told, ensure_ascii=False)
    Path(answer).write_text(text.encode("utf-8", "replace").decode(), encoding="utf-8")
    return 0


def _read(path: Path, kind: str, limits: object) -> str:
    from nuanxin.figures.rules.claims.limits import DraftLimits

    assert isinstance(limits, DraftLimits)
    with path.open("rb") as stream:
        if kind == "pdf":
            from nuanxin.figures.forms.pdf_file import read_pdf

            return read_pdf(stream, limits)
        from nuanxin.figures.forms.word_file import read_word

        return read_word(stream, limits)


if __name__ == "__main__":
    sys.exit(main())
