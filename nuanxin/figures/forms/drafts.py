"""The form that takes a draft: pasted or as a file, with the place that it is about."""

from typing import Any

from django import forms

from nuanxin.figures.forms.draft_file import read_draft
from nuanxin.figures.rules.claims import Reference, read_references
from nuanxin.figures.rules.claims.limits import MEBIBYTE, PAGE_LIMITS
from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed, Unavailable


def _places() -> list[tuple[str, str]]:
    """Return the province, and each city followed by its counties."""
    rows = [("330000", "浙江省")]
    for city in regions.cities():
        rows.append((city.code, city.name))
        rows += [
            (county.code, f"{city.name}{county.name}")
            for county in regions.counties(city=city.code)
        ]
    return rows


class DraftForm(forms.Form):
    """A text or a file; if both are given the file counts. ``against`` is a CSV of known values."""

    text = forms.CharField(
        label="稿子",
        required=False,
        max_length=PAGE_LIMITS.characters,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        error_messages={
            "max_length": f"网页上一次最多核 {PAGE_LIMITS.characters:,} 字。请分成几份来核。"
        },
    )
    file = forms.FileField(
        label="或者选一个文件",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".txt,.docx,.pdf"}),
    )
    region = forms.ChoiceField(
        label="稿子里没写地方的数，算哪里的",
        error_messages={"invalid_choice": "请在列表里选一个地方。", "required": "请选一个地方。"},
    )
    against = forms.FileField(
        label="对照表（可以不选）",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region: forms.ChoiceField = self.fields["region"]  # type: ignore[assignment]
        region.choices = _places()

    def clean_file(self) -> str:
        """Return the text of the file, "" without one."""
        return self._text_of("file")

    def clean_against(self) -> list[Reference]:
        """Return the values of the CSV, none without one."""
        text = self._text_of("against")
        try:
            return read_references(text) if text else []
        except Malformed as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from None

    def clean(self) -> dict[str, Any]:
        """Ask for a draft where there is none."""
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("text", "").strip() or cleaned.get("file")):
            self.add_error("text", "把稿子粘贴在这里，或者在下面选一个文件。")
        return cleaned

    def draft(self) -> str:
        """Return the text that is to be checked."""
        return str(self.cleaned_data["file"] or self.cleaned_data["text"])

    def _text_of(self, name: str) -> str:
        upload = self.cleaned_data[name]
        if not upload:
            return ""
        if upload.size > PAGE_LIMITS.file_bytes:
            most = PAGE_LIMITS.file_bytes // MEBIBYTE
            raise forms.ValidationError(
                f"文件太大，最多 {most} MB。请去掉图片另存一份，或者把文字粘贴进来。",
                code="figures.draft_too_large",
            )
        try:
            return read_draft(upload.read(), PAGE_LIMITS)
        except (Malformed, Unavailable) as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from None
