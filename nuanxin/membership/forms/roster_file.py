"""Open a dropped roster: told by its bytes (never by its name), within limits, in a child process.

``read_roster`` reads here and now; ``read_roster_safely`` does the same in a child process with
limits of processor time and memory, so that a hostile file costs one child and nothing else.
"""

import contextlib
import io
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

from nuanxin.kernel.errors import Malformed, Unavailable
from nuanxin.kernel.limited_process import Ending, run_limited
from nuanxin.membership.forms.delimited_file import read_delimited
from nuanxin.membership.forms.markup_file import is_markup, read_markup
from nuanxin.membership.forms.roster_child import AS_IS
from nuanxin.membership.forms.roster_columns import RosterTable, build_table
from nuanxin.membership.forms.roster_grid import Grid, check_size
from nuanxin.membership.forms.workbook_file import (
    OLE_MAGIC,
    ZIP_MAGIC,
    check_ole,
    check_package,
    read_workbook,
)
from nuanxin.membership.rules.limits import MEBIBYTE, ROSTER_LIMITS, RosterLimits

_NOT_TABLES = (
    (b"\x89PNG", "一张图片（PNG）"),
    (b"\xff\xd8\xff", "一张照片（JPG）"),
    (b"GIF8", "一张图片（GIF）"),
    (b"BM", "一张图片（BMP）"),
    (b"%PDF", "一份 PDF"),
    (b"Rar!", "一个压缩包"),
    (b"7z\xbc\xaf", "一个压缩包"),
    (b"\x1f\x8b", "一个压缩包"),
    (b"\x7fELF", "一个程序"),
    (b"MZ", "一个程序"),
    (b"{\\rtf", "一份文字文档"),
    (b"\x00\x00\x01\x00", "一个图标"),
    (b"II*\x00", "一张图片（TIFF）"),
    (b"MM\x00*", "一张图片（TIFF）"),
    (b"RIFF", "一张图片或一段影音"),
    (b"ID3", "一段录音"),
    (b"OggS", "一段录音"),
    (b"SQLite format 3\x00", "一个数据库"),
)
_TEXT_MAGIC = frozenset({b"BM", b"MZ", b"RIFF", b"ID3", b"OggS"})
"""Letters that a text file may begin with too: believed only beside zero bytes."""
_PICTURES_OF_PHONES = (b"ftyphei", b"ftypmif", b"ftypavif")

_HEAD = 4096
_COUNTED_AT_ONCE = 1 << 22
_CHILD = "nuanxin.membership.forms.roster_child"


def read_roster(
    path_or_bytes: str | os.PathLike[str] | bytes,
    filename: str,
    *,
    limits: RosterLimits = ROSTER_LIMITS,
    sheet: str | None = None,
    is_pointed_out: bool = False,
) -> RosterTable:
    """Return the roster in a file: its sheets, the chosen one, its heading, its columns.

    ``filename`` is only shown. ``sheet`` names the sheet to read; without it the one that is a
    roster is chosen. ``is_pointed_out``: see ``build_table``. Raises Malformed ``roster.password``, ``roster.not_a_table``,
    ``roster.too_large``, ``roster.no_identity_column``, ``roster.empty`` or ``roster.bomb``.
    """
    check_file(path_or_bytes, limits)
    grids = _read_grids(path_or_bytes, Path(filename).stem or "名单", limits)
    return build_table(grids, filename, limits=limits, sheet=sheet, is_pointed_out=is_pointed_out)


def check_file(path_or_bytes: str | os.PathLike[str] | bytes, limits: RosterLimits) -> str:
    """Refuse early and cheaply what is no table or too large; return "zip", "ole" or "text".

    Looks at the first bytes, the size, the zip's directory, and the number of lines of a text;
    unpacks nothing. Raises as ``read_roster`` does.
    """
    size = _size_of(path_or_bytes)
    if not size:
        raise Malformed("roster.empty", "这份文件是空的。请确认名单已经保存，再重新上传。")
    if size > limits.file_bytes:
        raise Malformed(
            "roster.too_large",
            f"这份文件有 {size / MEBIBYTE:,.0f} MB，一次最多 {limits.file_bytes // MEBIBYTE} MB。"
            "请按单位或网点拆成几份，分次上传。",
            bytes=size,
            limit=limits.file_bytes,
        )
    head = _head_of(path_or_bytes)
    if head.startswith(ZIP_MAGIC):
        check_package(_source_of(path_or_bytes), limits)
        return "zip"
    if head.startswith(OLE_MAGIC):
        return "ole"
    for magic, thing in _NOT_TABLES:
        if head.startswith(magic) and (magic not in _TEXT_MAGIC or b"\x00" in head):
            raise Malformed(
                "roster.not_a_table",
                f"这是{thing}，不是表格。请上传 .xlsx、.xls 或 .csv 格式的名单。",
            )
    if head[4:8] == b"ftyp":
        thing = "一张照片（HEIC）" if head[4:12].startswith(_PICTURES_OF_PHONES) else "一段影音"
        raise Malformed(
            "roster.not_a_table",
            f"这是{thing}，不是表格。请上传 .xlsx、.xls 或 .csv 格式的名单。",
        )
    check_size(_count_lines(path_or_bytes), 1, limits)
    return "text"


def read_roster_safely(
    path_or_bytes: str | os.PathLike[str] | bytes,
    filename: str,
    *,
    limits: RosterLimits = ROSTER_LIMITS,
    sheet: str | None = None,
    is_pointed_out: bool = False,
) -> RosterTable:
    """Do what ``read_roster`` does in a child process with limits of time and memory.

    Raises the same, and Malformed ``roster.timeout`` when the child ran out of time. A child that
    dies of its memory limit is reported as ``roster.bomb``. Raises Unavailable ``roster.no_space``
    when the disk is full.
    """
    check_file(path_or_bytes, limits)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="roster-"))
        if isinstance(path_or_bytes, bytes):
            path = Path(folder) / "dropped"
            try:
                path.write_bytes(path_or_bytes)
            except OSError:
                raise _no_space() from None
        else:
            path = Path(path_or_bytes).resolve()
        answer = Path(folder) / "answer"
        _run_child(
            pickle.dumps((str(path), filename, limits, sheet, is_pointed_out, str(answer))), limits
        )
        table: RosterTable = _answer_of(answer)
        return table


def read_sheets_safely(
    content: bytes, filename: str, *, limits: RosterLimits = ROSTER_LIMITS
) -> list[Grid]:
    """Return the sheets of a file as they are, read in a child process with limits.

    For tables that are no rosters: who calls finds the heading. Raises as ``read_roster_safely``.
    """
    check_file(content, limits)
    with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
        path, answer = Path(folder) / "dropped", Path(folder) / "answer"
        try:
            path.write_bytes(content)
        except OSError:
            raise _no_space() from None
        _run_child(pickle.dumps((str(path), filename, limits, AS_IS, False, str(answer))), limits)
        grids: list[Grid] = _answer_of(answer)
        return grids


def read_sheets(path: str, filename: str, limits: RosterLimits) -> list[Grid]:
    """Do what ``read_sheets_safely`` does, here and now."""
    check_file(path, limits)
    return _read_grids(path, Path(filename).stem or "表", limits)


def _run_child(task: bytes, limits: RosterLimits) -> None:
    ending = run_limited(_CHILD, task, wall_seconds=limits.wall_seconds)
    if ending is Ending.TOO_SLOW:
        raise _too_slow()
    if ending is Ending.NO_SPACE:
        raise _no_space()
    if ending is Ending.BROKEN:
        raise Malformed(
            "roster.bomb",
            "读这份文件需要的内存太大，已经停下。"
            "请新建一个空白表格，只把有人的行和列复制进去，再上传。",
        )


def _no_space() -> Unavailable:
    return Unavailable(
        "roster.no_space",
        "服务器的磁盘满了，名单没有读成，什么都没有改动。请告诉管理员清理磁盘，再上传一次。",
    )


def _too_slow() -> Malformed:
    return Malformed(
        "roster.timeout",
        "读这份文件用的时间太长，已经停下。请按单位或网点拆成几份，或者另存为 .csv 再上传。",
    )


def _answer_of(answer: Path) -> Any:
    """Return what the child wrote; our own code wrote it, from values that it has checked."""
    with answer.open("rb") as stream:
        kind, value = pickle.load(stream)
    if kind == "refused":
        code, message, details = value
        raise Malformed(code, message, **details)
    return value


def _read_grids(
    path_or_bytes: str | os.PathLike[str] | bytes, name: str, limits: RosterLimits
) -> list[Grid]:
    head = _head_of(path_or_bytes)
    if head.startswith(ZIP_MAGIC):
        return read_workbook(_source_of(path_or_bytes), is_zip=True, limits=limits)
    body = _body_of(path_or_bytes)
    if head.startswith(OLE_MAGIC):
        check_ole(body)
        return read_workbook(io.BytesIO(body), is_zip=False, limits=limits)
    if is_markup(head):
        return read_markup(body, name, limits)
    return [read_delimited(body, name, limits)]


def _size_of(path_or_bytes: str | os.PathLike[str] | bytes) -> int:
    if isinstance(path_or_bytes, bytes):
        return len(path_or_bytes)
    return Path(path_or_bytes).stat().st_size


def _head_of(path_or_bytes: str | os.PathLike[str] | bytes) -> bytes:
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes[:_HEAD]
    with Path(path_or_bytes).open("rb") as stream:
        return stream.read(_HEAD)


def _body_of(path_or_bytes: str | os.PathLike[str] | bytes) -> bytes:
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes
    return Path(path_or_bytes).read_bytes()


def _source_of(path_or_bytes: str | os.PathLike[str] | bytes) -> str | io.BytesIO:
    if isinstance(path_or_bytes, bytes):
        return io.BytesIO(path_or_bytes)
    return os.fspath(path_or_bytes)


def _count_lines(path_or_bytes: str | os.PathLike[str] | bytes) -> int:
    if isinstance(path_or_bytes, bytes):
        return path_or_bytes.count(b"\n")
    lines = 0
    with Path(path_or_bytes).open("rb") as stream:
        while block := stream.read(_COUNTED_AT_ONCE):
            lines += block.count(b"\n")
    return lines
