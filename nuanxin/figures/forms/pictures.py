"""Drawing an SVG as PNG for everybody: a few at once, the last ones kept, so that nobody can
make the server draw without end."""

import threading
from collections.abc import Callable
from functools import lru_cache

from nuanxin.figures.forms.report_pdf import chart_png
from nuanxin.kernel.chinese_type import chinese_type
from nuanxin.kernel.errors import Unavailable

MOST_AT_ONCE = 2
WAIT_SECONDS = 5.0
MOST_KEPT = 64
"""Pictures that are kept in a process; about 100 kB each."""

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def type_family() -> str:
    """Return the family of Chinese type that pictures are drawn with."""
    return chinese_type()[0]


def picture_of(svg: str) -> bytes:
    """Return an SVG as PNG. Raises ``Unavailable`` figures.pictures_busy while too many are drawn."""
    return _kept(svg)


@lru_cache(maxsize=MOST_KEPT)
def _kept(svg: str) -> bytes:
    family, folder = chinese_type()
    return _in_turn(lambda: chart_png(svg, family, folder))


def _in_turn(draw: Callable[[], bytes]) -> bytes:
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Unavailable(
            "figures.pictures_busy", "要图片的人多，一时画不过来。请过几秒再打开这个地址。"
        )
    try:
        return draw()
    finally:
        _places.release()
