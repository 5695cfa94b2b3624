"""The card and the joining form as PDF, with Chinese type embedded.

Typst sets the pages. Data goes in as JSON beside the template, never into it, so that a name that
holds markup stays a name. Without Chinese type the paper is refused, rather than printed as empty
boxes.
"""

import json
from pathlib import Path
from typing import Any

import typst

from nuanxin.kernel.chinese_type import chinese_type
from nuanxin.kernel.clock import SHANGHAI
from nuanxin.membership.queries.card import CardView
from nuanxin.membership.queries.papers import JoiningForm

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "membership" / "pdf"


def card_pdf(card: CardView) -> bytes:
    """Return the card for printing (85.6 × 54 mm). Raises ``Unavailable`` pdf.no_chinese_font."""
    since = f"，{_said(card.since)}入会" if card.since else ""
    days = card.valid_seconds // 86_400
    return _compile(
        "card.typ",
        {
            "title": "工会会员卡",
            "name": card.name,
            "number": card.shown_number,
            "where": card.where.name,
            "standing": f"{card.state.label}{since}",
            "qr": card.qr_svg,
            "printed": f"{_said(card.issued_at.astimezone(SHANGHAI).date())}印",
            "valid": f"{days} 天内有效",
            "remark": "扫码核验。退会后此卡停用。会员服务电话 12351",
        },
    )


def joining_form_pdf(form: JoiningForm) -> bytes:
    """Return 入会申请书 with the register form (domain M-5, M-6) on A4; raises like ``card_pdf``.

    What the register knows is filled in, the rest is left to be written by hand.
    """
    return _compile(
        "joining_form.typ",
        {
            "title": "入会申请书",
            "register_title": "工会会员登记表",
            "union": form.union_name,
            "pledge": [
                f"我自愿加入中国工会，申请成为{form.union_name}会员。",
                "我承认《中国工会章程》，愿意执行工会决议，参加工会组织的活动，按规定履行会员的义务。",
            ],
            "signature_label": "申请人签名：",
            "signed": form.signed,
            "date_label": "日期：",
            "signed_on": form.signed_on,
            "fields": [{"label": label, "value": value} for label, value in form.fields],
            "tall": [
                {"label": label, "value": value, "height": height}
                for label, value, height in form.tall
            ],
            "footer": f"申请编号 {form.reference}。证件号已遮住中间各位。",
        },
    )


def _compile(template: str, data: dict[str, Any]) -> bytes:
    family, folder = chinese_type()
    return typst.compile(
        str(_TEMPLATES / template),
        root=str(_TEMPLATES),
        font_paths=[str(folder)],
        ignore_system_fonts=True,
        sys_inputs={
            "data": json.dumps(data, ensure_ascii=False),
            "fonts": json.dumps([family], ensure_ascii=False),
        },
        format="pdf",
    )


def _said(day: Any) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
