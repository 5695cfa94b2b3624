"""The Chinese type that papers are printed with: the site's own, the machine's, or the product's.

Typst sets the pages. Data goes in as JSON beside the template, never into it, so that a text that
holds markup stays a text.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from noto_cjk_sans_otc import FONT_PATH  # type: ignore[import-untyped]

from nuanxin.kernel.errors import Unavailable

_FAMILIES = {
    "NotoSansCJK": "Noto Sans CJK SC",
    "NotoSansSC": "Noto Sans SC",
    "NotoSerifCJK": "Noto Serif CJK SC",
    "SourceHanSans": "Source Han Sans SC",
    "SourceHanSerif": "Source Han Serif SC",
    "wqy-zenhei": "WenQuanYi Zen Hei",
    "wqy-microhei": "WenQuanYi Micro Hei",
}
"""File names that free Chinese fonts come under, in the order of preference, and their families."""

_ENDINGS = frozenset({".ttc", ".otf", ".ttf"})


def chinese_type() -> tuple[str, Path]:
    """Return a family and the folder that holds it. Raises ``Unavailable`` pdf.no_chinese_font."""
    found = find_font(os.environ.get("NUANXIN_DATA", ""))
    if found is None:
        raise Unavailable(
            "pdf.no_chinese_font",
            "服务器上没有中文字体，暂时印不出来。请管理员装上字体包 fonts-noto-cjk 或 "
            "fonts-wqy-zenhei，也可以把字体文件放进数据文件夹的 fonts 里。",
        )
    return found


@lru_cache(maxsize=4)
def find_font(data_folder: str) -> tuple[str, Path] | None:
    """Return the family and the folder of the best Chinese font, None without any."""
    files = [path for folder in _folders(data_folder) for path in sorted(folder.rglob("*"))]
    for start, family in _FAMILIES.items():
        for path in files:
            if path.name.startswith(start) and path.suffix.lower() in _ENDINGS:
                return family, path.parent
    return None


def _folders(data_folder: str) -> Iterator[Path]:
    """Yield the places where fonts lie, one's own first."""
    if data_folder:
        yield Path(data_folder) / "fonts"
    yield from (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".fonts",
        Path.home() / ".local" / "share" / "fonts",
        Path("/System/Library/Fonts"),
        Path(str(FONT_PATH)).parent,
    )
