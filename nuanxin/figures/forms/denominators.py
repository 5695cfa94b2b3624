"""Shape of a denominator typed on the desk, and of a table of them."""

from typing import Any

from django import forms

from nuanxin.figures.rules.denominators import LONGEST_TEXT, Entry, entry_of, read_table
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed

MOST_BYTES = 1_048_576
"""Of one table."""


def _text(label: str, hint: str, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=LONGEST_TEXT,
        error_messages={
            "required": f"还没有写{label}。",
            "max_length": f"{label}最多 {LONGEST_TEXT} 个字。",
        },
    )


def _day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        error_messages={"required": f"还没有填{label}。", "invalid": "日期写成 2025-12-31 这样。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class DenominatorForm(forms.Form):
    """One denominator. ``places`` are (adcode, name) of where the actor enters them."""

    kind = forms.ChoiceField(
        label="种类",
        choices=[(one.value, f"{one.label}（{one.unit.label}）") for one in DenominatorKind],
    )
    region = forms.ChoiceField(
        label="地区", error_messages={"invalid_choice": "请在列表里选一个地区。"}
    )
    as_of = _day("截至哪一天", "这个数说的是哪一天的情况")
    value = _text("数值", "整数，例如 125000")
    source = _text("来源", "哪个单位的哪份文件或哪张表，例如：市统计局新就业形态劳动者测算（2025）")
    checked_on = _day("核对日期", "什么时候对着来源核过")
    reason = _text("更正原因", "同一天已有别的数、要改它时才写", required=False)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region = self.fields["region"]
        assert isinstance(region, forms.ChoiceField)
        region.choices = places

    def clean(self) -> dict[str, Any]:
        """Read the whole as one entry, so that the sentence is that of the table's rows."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        kind = DenominatorKind(cleaned["kind"])
        row = {name: str(value) for name, value in cleaned.items()} | {"unit": kind.unit.label}
        try:
            cleaned["entry"] = entry_of(row, today=clock.business_day(clock.now()))
        except Malformed as refusal:
            self.add_error(None, refusal.message)
        return cleaned

    def entry(self) -> Entry:
        """Return what was typed; call it on a valid form."""
        entry: Entry = self.cleaned_data["entry"]
        return entry


class DenominatorTableForm(forms.Form):
    """A CSV of denominators."""

    file = forms.FileField(
        label="表格文件",
        error_messages={"required": "还没有选文件。", "empty": "这个文件是空的。"},
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def clean_file(self) -> list[Entry]:
        """Return the rows; every wrong line is told."""
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError("文件太大，最多 1 MB。请分成几个文件。")
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(
                "这个文件不是 UTF-8 编码。请用表格软件另存为“CSV UTF-8”再传。"
            ) from None
        try:
            return read_table(text, today=clock.business_day(clock.now()))
        except Malformed as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from None
