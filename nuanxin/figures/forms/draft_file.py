"""Open a draft: told by its bytes (never by its name), docx and pdf in a child process with limits."""

import codecs
import contextlib
import json
import tempfile
from pathlib import Path

from nuanxin.figures.rules.claims.limits import DRAFT_LIMITS, MEBIBYTE, DraftLimits
from nuanxin.kernel.errors import Malformed, Unavailable
from nuanxin.kernel.limited_process import Ending, run_limited

_ZIP, _PDF, _OLE = b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHILD = "nuanxin.figures.forms.draft_child"
_HEAD = 1024


def read_draft(body: bytes, limits: DraftLimits = DRAFT_LIMITS) -> str:
    """Return the text of a draft in txt (UTF-8, UTF-16, GB 18030), docx or pdf.

    Raises Malformed ``figures.draft_empty``, ``figures.draft_too_large``, ``figures.draft_not_text``,
    ``figures.draft_old_word``, ``figures.draft_password``, ``figures.draft_bomb``,
    ``figures.draft_broken``, ``figures.draft_only_pictures``, ``figures.draft_too_many_pages``,
    ``figures.draft_too_long`` or ``figures.draft_timeout``; Unavailable ``figures.no_space``.
    """
    if len(body) > limits.file_bytes:
        raise Malformed(
            "figures.draft_too_large",
            f"这份文件有 {len(body) / MEBIBYTE:,.0f} MB，一次最多 {limits.file_bytes // MEBIBYTE} MB。"
            "请去掉图片另存一份，或者把文字粘贴进来。",
            bytes=len(body),
            limit=limits.file_bytes,
        )
    kind = _kind_of(body)
    text = _decode(body) if kind == "text" else _read_in_child(body, kind, limits)
    if not text.strip():
        raise Malformed(
            "figures.draft_empty", "这份文件里没有文字。请确认稿子已经保存，或者把文字粘贴进来。"
        )
    if len(text) > limits.characters:
        raise Malformed(
            "figures.draft_too_long",
            f"这篇稿子有 {len(text):,} 字，一次最多核 {limits.characters:,} 字。请分成几份来核。",
        )
    return text


def _kind_of(body: bytes) -> str:
    if body.startswith(_ZIP):
        return "docx"
    if _PDF in body[:_HEAD]:
        return "pdf"
    if body.startswith(_OLE):
        if _ENCRYPTED in body:
            raise Malformed(
                "figures.draft_password",
                "这份文件加了密码，打不开。请去掉密码再上传，或者把文字粘贴进来。",
            )
        raise Malformed(
            "figures.draft_old_word",
            "这是旧版 Word（.doc）或别的旧格式。请在 Word 或 WPS 里另存为 .docx 再上传。",
        )
    return "text"


def _decode(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode("utf-16")
    if b"\x00" not in body:
        for encoding in ("utf-8-sig", "gb18030"):
            with contextlib.suppress(UnicodeDecodeError):
                return body.decode(encoding)
    raise Malformed(
        "figures.draft_not_text",
        "这份文件不是文字稿。请上传 .docx、.pdf 或 .txt，或者把文字粘贴进来。",
    )


def _read_in_child(body: bytes, kind: str, limits: DraftLimits) -> str:
    with tempfile.TemporaryDirectory(prefix="draft-") as folder:
        path, answer = Path(folder) / "draft", Path(folder) / "answer"
        try:
            path.write_bytes(body)
        except OSError:
            raise Unavailable(
                "figures.no_space", "服务器的磁盘满了，稿子没有读成。请告诉管理员，再核一次。"
            ) from None
        task = {"path": str(path), "kind": kind, "answer": str(answer)}
        task |= {name: getattr(limits, name) for name in limits.__slots__}
        _run_child(json.dumps(task).encode(), limits)
        told = json.loads(answer.read_text(encoding="utf-8"))
    if "refused" in told:
        code, message = told["refused"]
        raise Malformed(code, message)
    return str(told["text"])


def _run_child(task: bytes, limits: DraftLimits) -> None:
    ending = run_limited(_CHILD, task, wall_seconds=limits.wall_seconds)
    if ending is Ending.TOO_SLOW:
        raise _too_slow()
    if ending is not Ending.DONE:
        raise Malformed(
            "figures.draft_bomb",
            "读这份文件需要的内存太大，已经停下。请把文字另存成新文档，或者粘贴进来。",
        )


def _too_slow() -> Malformed:
    return Malformed(
        "figures.draft_timeout",
        "读这份文件用的时间太长，已经停下。请把文字另存成新文档，或者粘贴进来。",
    )
