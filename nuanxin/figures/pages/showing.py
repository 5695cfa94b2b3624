"""数读 elsewhere: a card for other sites, the same as a picture, the screen of a hall."""

import hashlib
from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from nuanxin.access.middleware.headers import CONTENT_SECURITY_POLICY
from nuanxin.access.permissions import public
from nuanxin.figures.forms.days import CardForm
from nuanxin.figures.forms.pictures import picture_of, type_family
from nuanxin.figures.queries import Board, BoardFigure, get_board
from nuanxin.kernel import clock, regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.text import whole_number
from nuanxin.membership.figures.definitions import LIVE, NEW
from nuanxin.orgs.figures import NEW_FORM_UNIONS

PROVINCE = 330000
_ON_THE_WALL = (LIVE.code, NEW.code, NEW_FORM_UNIONS.code)
WALL_SECONDS = 300
WITHHELD = "不公布"
_EMBEDDED = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@public
@xframe_options_exempt
@require_safe
def card(request: HttpRequest, code: str) -> HttpResponse:
    """Show one figure as a small page for a frame on any site."""
    asked, board, one = _asked(request, code)
    look = {"size": asked["size"], "theme": asked["theme"]}
    answer = render(request, "figures/card.html", _words(board, one) | look)
    answer["Content-Security-Policy"] = _EMBEDDED
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return _kept(request, answer)


@public
@require_safe
def card_picture(request: HttpRequest, code: str) -> HttpResponse:
    """Give the card as a PNG."""
    asked, board, one = _asked(request, code)
    svg = _card_svg(_words(board, one), asked["theme"] == "dark", type_family())
    name = f"nuanxin-{code.replace('.', '-')}-{board.region}-{board.as_of.isoformat()}.png"
    return kept_answer(request, svg, picture_of, name)


@public
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Show a region on the screen of a hall; the script asks for the next one, by ETag."""
    region = request.GET.get("region", "")
    shown = whole_number(region, longest=6) if len(region) == 6 else None
    board = get_board(region=PROVINCE if shown is None else shown, now=clock.now())
    return _kept(request, render(request, "figures/wall.html", _wall_context(board)))


def _asked(request: HttpRequest, code: str) -> tuple[dict[str, Any], Board, BoardFigure]:
    form = CardForm(request.GET)
    if not form.is_valid():
        raise Malformed("figures.card_unreadable", "这张卡片的参数没有读懂，请从数读页重新复制。")
    asked = form.asked()
    board = get_board(region=asked["region"], as_of=asked["as_of"], now=clock.now())
    one = next((one for one in board.figures if one.definition.code == code), None)
    if one is None:
        raise Http404
    return asked, board, one


def _words(board: Board, one: BoardFigure) -> dict[str, Any]:
    query = urlencode({"as_of": board.as_of.isoformat()})
    address = reverse("figures-region", args=[int(board.region)])
    return {
        "page_title": f"{one.definition.label} · {board.region_name}",
        "label": one.definition.label,
        "place": board.region_name,
        "value": one.plain_value,
        "unit": one.definition.unit.label,
        "withheld": "分母还没有" if one.missing else WITHHELD,
        "as_of": spoken(board.as_of),
        "url": f"{settings.PUBLIC_ADDRESS.rstrip('/')}{address}?{query}",
    }


def _card_svg(words: dict[str, Any], is_dark: bool, family: str) -> str:
    paper, ink, quiet = ("#17120F", "#FFF6EC", "#B8AC9F") if is_dark else (
        "#FBF7F2", "#1F1B18", "#5F5750")  # fmt: skip
    value = words["withheld"]
    if words["value"] is not None:
        value = f"{words['value']:,} {words['unit']}"
    lines = (
        (52, 20, quiet, f"{words['place']}　{words['label']}"),
        (128, 60, ink, value),
        (182, 16, quiet, f"截至{words['as_of']}　暖新 · 数读"),
    )
    drawn = "".join(
        f'<text x="32" y="{y}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
        for y, size, colour, text in lines
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 216" width="480" height="216"'
        f' font-family="{escape(family)}"><rect width="480" height="216" fill="{paper}"/>'
        f'<rect width="6" height="216" fill="#C8321F"/>{drawn}</svg>'
    )


def _wall_context(board: Board) -> dict[str, Any]:
    cities = [one.code for one in regions.cities()]
    return {
        "page_title": f"{board.region_name} · 数读",
        "board": board,
        "place": "浙江" if board.is_province else board.region_name,
        "day": spoken(board.as_of),
        "figures": [
            {
                "label": one.definition.label,
                "value": one.value,
                "unit": one.definition.unit.label,
                "withheld": WITHHELD,
            }
            for code in _ON_THE_WALL
            for one in board.figures
            if one.definition.code == code
        ],
        "map_values": {row.key: row.live for row in board.counties},
        "map_city": "" if board.is_province else f"{board.region[:4]}00",
        "places": _bars(board.cities or board.counties),
        "occupations": _bars(board.occupations),
        "channels": _bars(board.channels),
        "turns": " ".join([str(PROVINCE), *cities]),
        "seconds": WALL_SECONDS,
        "finding": f"{board.region_name}各县（市、区）在籍会员，人",
    }


def _bars(rows: Any) -> list[dict[str, Any]]:
    return [
        {"label": row.label, "value": row.live or 0, "text": WITHHELD if row.live is None else ""}
        for row in rows
        if row.live != 0
    ][:8]


def kept_answer(
    request: HttpRequest, svg: str, draw: Callable[[str], bytes], name: str
) -> HttpResponse:
    """Answer with a picture of an SVG; who has it already is told so before it is drawn."""
    etag = f'W/"{hashlib.sha256(svg.encode()).hexdigest()[:24]}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(draw(svg), content_type="image/png")
    assert isinstance(answer, HttpResponse)
    answer["ETag"] = etag
    answer["Cache-Control"] = "public, max-age=60"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _kept(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    answer["ETag"] = f'W/"{hashlib.sha256(answer.content).hexdigest()[:24]}"'
    answer["Cache-Control"] = "public, max-age=60"
    kept = get_conditional_response(request, etag=answer["ETag"], response=answer)
    assert isinstance(kept, HttpResponse)
    return kept


def spoken(day: date) -> str:
    """Return a day as one says it."""
    return f"{day.year}年{day.month}月{day.day}日"
