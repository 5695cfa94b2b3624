"""The forms of what was paid for a station and of its ids on maps."""

import io
from collections.abc import Sequence

import xlsxwriter  # type: ignore[import-untyped]
from django import forms

from nuanxin.kernel.money import yuan_of
from nuanxin.stations.models import Funding
from nuanxin.stations.states import FundingLevel, MapProvider

_AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}


class FundingForm(forms.Form):
    """A payment: a year, who paid, yuan, the document."""

    year = forms.IntegerField(
        label="年份", min_value=2000, max_value=2100,
        error_messages={"required": "填年份。", "invalid": "年份写四位数字，比如 2026。",
                        "min_value": "年份写 2000 以后的。", "max_value": "年份写 2100 以前的。"},
    )  # fmt: skip
    level = forms.TypedChoiceField(
        label="谁出的", coerce=lambda value: FundingLevel(int(value)),
        choices=[(int(v), v.label) for v in FundingLevel],
    )  # fmt: skip
    amount = forms.CharField(
        label="金额（元）", max_length=30, widget=forms.TextInput(attrs=_AMOUNT),
        error_messages={"required": "填金额。"}, help_text="比如 60,000 或者 1250.50。",
    )  # fmt: skip
    source = forms.CharField(
        label="依据", max_length=120, error_messages={"required": "写依据。"},
        help_text="哪个文件、哪一批，比如“2026 年驿站提升行动补助”。",
    )  # fmt: skip


class CorrectionForm(forms.Form):
    """The right amount of a payment that was written down wrong."""

    to = forms.CharField(
        label="正确的金额（元）", max_length=30, widget=forms.TextInput(attrs=_AMOUNT),
        error_messages={"required": "填正确的金额，没有这一笔就写 0。"},
        help_text="写 0 就是没有这一笔。原来的留着，注明更正成什么。",
    )  # fmt: skip


class MapIdForm(forms.Form):
    """An id of a map."""

    provider = forms.TypedChoiceField(
        label="哪家地图", coerce=MapProvider, choices=[(str(v), v.label) for v in MapProvider]
    )
    ident = forms.CharField(
        label="编号", max_length=64, error_messages={"required": "填编号。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="地图上这个地点的 ID，在地点的分享链接里。",
    )  # fmt: skip


def funding_workbook(rows: Sequence[Funding]) -> bytes:
    """Return what counts of a station as a workbook: a row a payment, amounts in yuan as numbers."""
    file = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, plain) as book:
        sheet = book.add_worksheet("投入")
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.set_column(1, 3, 24)
        for column, title in enumerate(("年份", "谁出的", "金额（元）", "依据")):
            sheet.write_string(0, column, title)
        for at, one in enumerate(rows, 1):
            sheet.write_number(at, 0, one.year)
            sheet.write_string(at, 1, FundingLevel(one.level).label)
            sheet.write_number(at, 2, yuan_of(one.amount_fen), money)
            sheet.write_string(at, 3, one.source)
    return file.getvalue()
