"""A certificate on A4, with Chinese type embedded; Typst sets it, words go in as data."""

import json
from pathlib import Path

import typst

from nuanxin.kernel.chinese_type import chinese_type
from nuanxin.membership.queries.card import qr_svg
from nuanxin.programmes.queries.certificates import OwnCertificate

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "programmes" / "pdf"


def certificate_pdf(own: OwnCertificate, *, address: str) -> bytes:
    """Return the certificate; ``address`` is where anybody proves it. Raises ``Unavailable``
    pdf.no_chinese_font."""
    row = own.row
    family, folder = chinese_type()
    day = row.issued_on
    data = {
        "title": "结业证书",
        "name": own.name,
        "text": f"参加{row.title}，{row.sessions} 场到了 {row.attended} 场，准予结业。",
        "union": row.union_name,
        "day": f"{day.year} 年 {day.month} 月 {day.day} 日",
        "number": f"编号 {row.number}",
        "remark": "扫码或者凭编号在网页上核验。",
        "qr": qr_svg(address),
    }
    return typst.compile(
        str(_TEMPLATES / "certificate.typ"),
        root=str(_TEMPLATES),
        font_paths=[str(folder)],
        ignore_system_fonts=True,
        sys_inputs={
            "data": json.dumps(data, ensure_ascii=False),
            "fonts": json.dumps([family], ensure_ascii=False),
        },
        format="pdf",
    )
