"""The forms that take a table of outlets or of unions."""

from typing import Any

from django import forms

from nuanxin.membership.forms.rosters import UPLOAD_ERRORS, checked_upload


class OutletsDropForm(forms.Form):
    """Which table, and whose outlets where a row does not say."""

    file = forms.FileField(label="网点表", error_messages=UPLOAD_ERRORS)
    employer = forms.ChoiceField(label="没写单位的，算哪一家", required=False)

    def __init__(self, *args: Any, employers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: forms.ChoiceField = self.fields["employer"]  # type: ignore[assignment]
        only = employers[0][1] if len(employers) == 1 else ""
        first = [] if only else [("", "每一行自己写了单位")]
        field.choices = [*first, *employers]

    def clean_file(self) -> Any:
        """Return the upload; too large a one is refused before it is read."""
        return checked_upload(self.cleaned_data["file"])


class UnionsDropForm(forms.Form):
    """Which table, and the document that approves what it lists."""

    file = forms.FileField(label="工会表", error_messages=UPLOAD_ERRORS)
    document = forms.CharField(
        label="依据的文件",
        max_length=80,
        required=False,
        help_text="批复的文号或名称，写进操作记录。没有就空着。",
        error_messages={"max_length": "最多 80 个字，现在有 %(show_value)d 个。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_new_form = forms.BooleanField(
        label="都是新就业形态工会",
        required=False,
        initial=True,
        help_text="计入新就业形态工会的数。",
    )

    def clean_file(self) -> Any:
        """Return the upload; too large a one is refused before it is read."""
        return checked_upload(self.cleaned_data["file"])
