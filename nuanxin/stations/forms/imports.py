"""The form that takes a list of stations."""

from typing import Any

from django import forms

from nuanxin.kernel.geo import CRS
from nuanxin.membership.forms.rosters import checked_upload

_UPLOAD_ERRORS = {
    "required": "选一个文件。.xlsx、.csv、GeoJSON 都行。",
    "empty": "这个文件是空的，选错了吧？",
}


class ImportDropForm(forms.Form):
    """Which list, whose, and from which map its coordinates are."""

    file = forms.FileField(label="驿站名册", error_messages=_UPLOAD_ERRORS)
    union = forms.TypedChoiceField(
        label="登记到哪家工会名下", coerce=int, error_messages={"required": "选一家工会。"}
    )
    crs = forms.ChoiceField(
        label="坐标从哪个地图取的",
        choices=[(c.value, c.label) for c in CRS],
        initial=CRS.GCJ02.value,
        help_text="表里有“坐标系”一列的，按那一列。GeoJSON 一般是 WGS-84。",
    )

    def __init__(self, *args: Any, unions: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["union"].choices = unions  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Return the upload; too large a one is refused before it is read."""
        return checked_upload(self.cleaned_data["file"])
