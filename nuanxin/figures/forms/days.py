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

    known_on = forms.DateField(
        label="按哪天所知（不填就是现在）",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期没有读懂，请写成 2026-01-01 这样。"},
    )

    def days(self) -> dict[str, Any]:
        """Return the days that could be read: ``as_of`` and ``since``, each a date or None."""
        cleaned = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return {"as_of": cleaned.get("as_of"), "since": cleaned.get("since")}

    def known(self) -> dict[str, Any]:
        """Return the days with the day of knowledge, ``known_on``, too."""
        return self.days() | {"known_on": self.cleaned_data.get("known_on")}


class MonthForm(forms.Form):
    """A step of the slider: 60 is today, each one less the end of a month earlier."""

    m = forms.IntegerField(min_value=0, max_value=60)


class YearForm(forms.Form):
    """Which year; left out or unreadable, the latest."""

    year = forms.IntegerField(required=False, min_value=1000, max_value=9999)

    def asked(self) -> int | None:
        """Return the year that was asked for."""
        return self.cleaned_data.get("year") if self.is_valid() else None


class CardForm(forms.Form):
    """What a card shows and how it looks; all may be left out."""

    region = forms.IntegerField(required=False, min_value=1, max_value=999_999)
    as_of = forms.DateField(required=False)
    size = forms.ChoiceField(required=False, choices=[(key, key) for key in "sml"])
    theme = forms.ChoiceField(required=False, choices=[(key, key) for key in ("light", "dark")])

    def asked(self) -> dict[str, Any]:
        """Return what is asked, with what is usual where it was left out."""
        told = self.cleaned_data
        return {
            "region": told["region"] or 330000,
            "as_of": told["as_of"],
            "size": told["size"] or "m",
            "theme": told["theme"] or "light",
        }
