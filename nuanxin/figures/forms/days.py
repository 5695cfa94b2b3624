"""Parsing what is asked of a figure: days."""

from typing import Any

from django import forms


class DaysForm(forms.Form):
    """As of which day, and since which day new ones are counted; both may be left out."""

    as_of = forms.DateField(
        label="截至",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期没有读懂，请写成 2026-11-23 这样。"},
    )
    since = forms.DateField(
        label="新增从哪天算起（不填就是累计）",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期没有读懂，请写成 2026-01-01 这样。"},
    )

    def days(self) -> dict[str, Any]:
        """Return the days that could be read: ``as_of`` and ``since``, each a date or None."""
        cleaned = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return {"as_of": cleaned.get("as_of"), "since": cleaned.get("since")}
