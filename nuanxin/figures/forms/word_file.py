"""The text of a Word document (docx): paragraphs as lines, cells of a table with tabs between."""

import zipfile
import zlib
from typing import IO, Any
from xml.parsers import expat

from nuanxin.figures.rules.claims.limits import DraftLimits
from nuanxin.kernel.errors import Malformed

_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_PIECE = 1 << 16
_DEEPEST = 400


def read_word(stream: IO[bytes], limits: DraftLimits) -> str:
    """Return the text; raise Malformed ``figures.draft_not_text``, ``_password``, ``_bomb``,
    ``_broken`` or ``_too_long``."""
    try:
        with zipfile.ZipFile(stream) as package:
            return _read_package(package, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise _broken() from None


def _read_package(package: zipfile.ZipFile, limits: DraftLimits) -> str:
    parts = package.infolist()
    if len(parts) > limits.parts:
        raise _bomb()
    found = next((part for part in parts if part.filename == "word/document.xml"), None)
    if found is None:
        raise Malformed(
            "figures.draft_not_text",
            "这不是 Word 文档。请上传 .docx、.pdf 或 .txt，或者把文字粘贴进来。",
        )
    if found.flag_bits & 1:
        raise password()
    if found.file_size > limits.unpacked_bytes:
        raise _bomb()
    reader = _Reader(limits.characters)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = reader.refuse
    unpacked = 0
    try:
        with package.open(found) as body:
            while piece := body.read(_PIECE):
                unpacked += len(piece)
                if unpacked > limits.unpacked_bytes:
                    raise _bomb()
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except expat.ExpatError:
        raise _broken() from None
    return "\n".join(reader.lines)


class _Reader:
    """Puts lines together from the elements of a document."""

    def __init__(self, most: int) -> None:
        self.lines: list[str] = []
        self.left = most
        self.skipped = 0
        self.depth = 0
        # Paragraphs and cells may lie inside one another (text boxes, tables in cells).
        self.paragraphs: list[list[str]] = []
        self.rows: list[list[str]] = []
        self.cells: list[list[str]] = []
        self.is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _bomb()
        space, _, tag = name.rpartition(" ")
        if self.skipped or (space == _COMPATIBLE and tag == "Fallback"):
            self.skipped += 1
        elif space in (_WORDS, _STRICT):
            self._open(tag)

    def _open(self, tag: str) -> None:
        if tag == "p":
            self.paragraphs.append([])
        elif tag == "tr":
            self.rows.append([])
        elif tag == "tc":
            self.cells.append([])
        elif tag == "t":
            self.is_text = True
        elif tag in ("tab", "br", "cr") and self.paragraphs:
            self.paragraphs[-1].append(" " if tag == "tab" else "\n")

    def text(self, words: str) -> None:
        if self.is_text and not self.skipped and self.paragraphs:
            self.left -= len(words)
            if self.left < 0:
                raise too_long()
            self.paragraphs[-1].append(words)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.skipped:
            self.skipped -= 1
            return
        space, _, tag = name.rpartition(" ")
        if space in (_WORDS, _STRICT):
            self._close(tag)

    def _close(self, tag: str) -> None:
        if tag == "t":
            self.is_text = False
        elif tag == "p" and self.paragraphs:
            self._put("".join(self.paragraphs.pop()))
        elif tag == "tc" and self.cells:
            cell = " ".join(" ".join(self.cells.pop()).split())
            if self.rows:
                self.rows[-1].append(cell)
        elif tag == "tr" and self.rows:
            row = "\t".join(self.rows.pop())
            if self.cells:
                self.cells[-1].append(row.replace("\t", " "))
            else:
                self.lines.append(row)

    def _put(self, line: str) -> None:
        if self.cells:
            self.cells[-1].append(line)
        else:
            self.lines.append(line)

    def refuse(self, *_: Any) -> None:
        raise _bomb()


def password() -> Malformed:
    """Return the refusal of a file that wants a password."""
    return Malformed(
        "figures.draft_password",
        "这份文件加了密码，打不开。请去掉密码再上传，或者把文字粘贴进来。",
    )


def too_long() -> Malformed:
    """Return the refusal of a text that is too long."""
    return Malformed("figures.draft_too_long", "这篇稿子太长，一次核不完。请分成几份来核。")


def _bomb() -> Malformed:
    return Malformed(
        "figures.draft_bomb",
        "这份文件展开后大得不像一篇稿子，已经停下。请把文字另存成新文档，或者粘贴进来。",
    )


def _broken() -> Malformed:
    return Malformed(
        "figures.draft_broken",
        "这份文件读不了，可能没有下载完整。请打开它另存一份再上传，或者把文字粘贴进来。",
    )
