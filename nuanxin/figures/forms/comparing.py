"""Parsing what is to be compared: two places and their days."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms

from nuanxin.kernel import clock, regions

_DAY_UNREADABLE = {"invalid": "日期没有读懂，请写成 2026-11-23 这样。"}
_PLACE_UNKNOWN = {"invalid_choice": "没有这个地方，请从列表里选。"}


class CompareForm(forms.Form):
    """A place and a day, and another place (left out: the same) and another day (left out: the same)."""

    region = forms.ChoiceField(label="地方", error_messages=_PLACE_UNKNOWN)
    as_of = forms.DateField(
        label="哪一天",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_DAY_UNREADABLE,
    )
    other = forms.ChoiceField(label="和哪里比", required=False, error_messages=_PLACE_UNKNOWN)
    other_as_of = forms.DateField(
        label="它的哪一天",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_DAY_UNREADABLE,
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        places = list(_places())
        self.fields["region"].choices = places  # type: ignore[attr-defined]
        self.fields["other"].choices = [("", "同一个地方，换一天"), *places]  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any] | None:
        """Return what to compare, None while the other side is not chosen yet. For a valid form."""
        told = self.cleaned_data
        if not told["other"] and not told["other_as_of"]:
            return None
        first: date | None = told["as_of"]
        return {
            "region": int(told["region"]),
            "as_of": first,
            "other": int(told["other"] or told["region"]),
            "other_as_of": told["other_as_of"] or first,
        }


def _places() -> Iterator[tuple[str, str]]:
    """Yield the province, and every city followed by its counties, those of earlier days last."""
    yield regions.PROVINCE_CODE, "全省"
    today = clock.business_day(clock.now())
    for city in regions.cities():
        yield city.code, city.name
        below = regions.REGIONS.children(city.code)
        for one in sorted(below, key=lambda one: (not one.is_valid_on(today), one.code)):
            yield one.code, f"　{one.name}" + ("" if one.is_valid_on(today) else "（已撤销）")
