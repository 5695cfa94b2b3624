"""The charts of the public page, each as a PNG that says where it is from."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from nuanxin.access.permissions import public
from nuanxin.figures.forms.days import DaysForm
from nuanxin.figures.forms.pictures import picture_of, type_family
from nuanxin.figures.pages.showing import kept_answer, spoken
from nuanxin.figures.queries import Board, BoardRow, get_board
from nuanxin.figures.queries.union_rows import UnionRow
from nuanxin.figures.rules.pictures import WITHHELD, Caption, Drawing, county_map, framed, written
from nuanxin.figures.rules.reports.charts import bars_svg, trend_svg
from nuanxin.kernel import clock
from nuanxin.kernel.boundaries import Boundaries, get_boundaries
from nuanxin.kernel.errors import Malformed

MOST_BARS = 20
_TREND_HEIGHT, _ROW_HEIGHT = 250.0, 22.0


@public
@require_safe
def chart_picture(request: HttpRequest, region: int, kind: str) -> HttpResponse:
    """Give one of the charts of a region's page as PNG; asked again by its ETag it is not drawn."""
    chart = CHARTS.get(kind)
    if chart is None:
        raise Http404
    form = DaysForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        raise Malformed("figures.days_unreadable", "日期没有读懂，请从数读页重新下载。")
    board = get_board(region=region, now=clock.now(), **form.days())
    title, draw = chart
    family = type_family()
    drawing, note = draw(board, family)
    caption = Caption(
        title=f"{board.region_name}　{title}",
        day=f"截至{spoken(board.as_of)}",
        note=note,
        source=f"来源：浙江省总工会 {settings.PUBLIC_ADDRESS.rstrip('/')}/figures/{board.region}/",
        digest=board.digest,
    )
    name = f"nuanxin-{kind}-{board.region}-{board.as_of.isoformat()}.png"
    return kept_answer(request, framed(drawing, caption, family), picture_of, name)


def _trend(board: Board, family: str) -> tuple[Drawing, str]:
    last = board.trend[-1].day
    block = {
        "labels": [f"{point.day:%Y.%m}" for point in board.trend[:-1]] + [f"{last:%Y.%m.%d}"],
        "lines": [
            {"label": "新发展", "values": [point.new for point in board.trend]},
            {"label": "在籍", "values": [point.live for point in board.trend]},
        ],
    }
    return Drawing(trend_svg(block, family), _TREND_HEIGHT), _rounded(board)


def _bars(rows: Callable[[Board], Iterable[BoardRow]]) -> Any:
    def draw(board: Board, family: str) -> tuple[Drawing, str]:
        shown = list(rows(board))[:MOST_BARS]
        block = {
            "rows": [
                {
                    "label": row.label,
                    "value": row.live,
                    "text": WITHHELD if row.live is None else written(row.live),
                }
                for row in shown
            ]
        }
        height = max(1, len(shown)) * _ROW_HEIGHT
        return Drawing(bars_svg(block, family), height), _rounded(board)

    return draw


def _unions(rows: Callable[[Board], Iterable[UnionRow]]) -> Any:
    def draw(board: Board, family: str) -> tuple[Drawing, str]:
        shown = [
            {"label": row.label, "value": row.living, "text": written(row.living)}
            for row in rows(board)
        ][:MOST_BARS]
        height = max(1, len(shown)) * _ROW_HEIGHT
        return Drawing(bars_svg({"rows": shown}, family), height), "工会数到个位。"

    return draw


def _map(board: Board, family: str) -> tuple[Drawing, str]:
    borders = _borders()
    values = {row.key: row.live for row in board.counties}
    city = "" if board.is_province else f"{board.region[:4]}00"
    told = (
        f"审图号：{borders.number}" if borders else "示意图，一格一个县（市、区），不表示面积和边界"
    )
    return county_map(values, city=city, borders=borders), f"{told}。{_rounded(board)}"


def _borders() -> Boundaries | None:
    try:
        return get_boundaries(settings.FIGURES_BOUNDARIES, settings.FIGURES_BOUNDARIES_NUMBER)
    except Malformed:
        return None  # as on the page: the diagram stands in for borders that went bad


def _rounded(board: Board) -> str:
    return f"人数写到十位，不到 {board.least} 人的不公布。"


CHARTS: dict[str, tuple[str, Callable[[Board, str], tuple[Drawing, str]]]] = {
    "trend": ("新发展会员（累计）和在籍会员，每月底，人", _trend),
    "map": ("各县（市、区）在籍会员，人", _map),
    "cities": ("各市在籍会员，人", _bars(lambda board: board.cities)),
    "occupations": ("在籍会员的职业，人", _bars(lambda board: board.occupations)),
    "routes": ("新就业形态工会怎么建起来的，家", _unions(lambda board: board.routes)),
    "kinds": ("新就业形态工会是哪种工会，家", _unions(lambda board: board.kinds)),
    "channels": ("在籍会员从哪个门进来，人", _bars(lambda board: board.channels)),
}
"""Title and drawing of each picture, by its name in the address."""
