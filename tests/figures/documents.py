"""Small documents as Word and PDF programs write them, made here so that none is committed."""

import io
import zipfile
from collections.abc import Sequence

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def table(rows: Sequence[Sequence[str]]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx_with(body: str, *, head: str = "") -> bytes:
    """Return a docx whose document part is ``body`` in its frame."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(
            "word/document.xml",
            f'<?xml version="1.0" encoding="UTF-8"?>{head}'
            f"<w:document {W} {MC}><w:body>{body}</w:body></w:document>",
        )
    return buffer.getvalue()


def docx_of(*lines: str) -> bytes:
    return docx_with("".join(paragraph(line) for line in lines))
