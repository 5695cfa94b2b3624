"""The text of a PDF, page by page. Broken order and lines are left to the reading of the draft."""

from typing import IO

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from nuanxin.figures.forms.word_file import password, too_long
from nuanxin.figures.rules.claims.limits import DraftLimits
from nuanxin.kernel.errors import Malformed


def read_pdf(stream: IO[bytes], limits: DraftLimits) -> str:
    """Return the text; raise Malformed ``figures.draft_password``, ``_only_pictures``,
    ``_too_many_pages``, ``_too_long`` or ``_broken``."""
    try:
        reader = PdfReader(stream, strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise password()
        count = len(reader.pages)
        if count > limits.pages:
            raise Malformed(
                "figures.draft_too_many_pages",
                f"这份 PDF 有 {count:,} 页，一次最多 {limits.pages} 页。请拆成几份来核。",
                pages=count,
                limit=limits.pages,
            )
        pages, left = [], limits.characters
        for page in reader.pages:
            text = page.extract_text() or ""
            left -= len(text)
            if left < 0:
                raise too_long()
            pages.append(text)
    except (FileNotDecryptedError, DependencyError):
        raise password() from None
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
        RecursionError,
    ):
        raise Malformed(
            "figures.draft_broken",
            "这份 PDF 读不了，可能没有下载完整。请重新导出一份，或者把文字粘贴进来。",
        ) from None
    if not any(text.strip() for text in pages):
        raise Malformed(
            "figures.draft_only_pictures",
            "这份 PDF 里只有图片，没有能读的文字（多半是扫描件）。请上传原来的文档，或者把文字粘贴进来。",
        )
    return "\n".join(pages)
