"""The form that takes a roster file."""

from typing import Any

from django import forms

from nuanxin.kernel import clock
from nuanxin.kernel.occupations import all_occupations
from nuanxin.membership.rules.limits import UPLOAD_LIMITS

_MEGABYTE = 1024 * 1024
UPLOAD_ERRORS = {
    "required": "选一个文件。.xlsx、.xls、.csv 都行。",
    "empty": "这个文件是空的，选错了吧？",
}


def checked_upload(upload: Any) -> Any:
    """Return an uploaded table; raise ``ValidationError`` for one too large to be read."""
    if upload.size > UPLOAD_LIMITS.file_bytes:
        most = UPLOAD_LIMITS.file_bytes // _MEGABYTE
        raise forms.ValidationError(f"文件太大，最多 {most} MB。按单位拆成几份，分次上传。")
    return upload


class DropForm(forms.Form):
    """Which union, which file, and the trade of rows that state none."""

    union = forms.CharField(
        label="收进哪个工会（工会编码）",
        max_length=24,
        error_messages={"required": "填收进哪个工会的编码。"},
    )
    file = forms.FileField(
        label="名单文件",
        error_messages=UPLOAD_ERRORS,
    )
    occupation = forms.ChoiceField(label="没写工种的，算哪一种", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        occupation: forms.ChoiceField = self.fields["occupation"]  # type: ignore[assignment]
        today = clock.business_day(clock.now())
        occupation.choices = [("", "其他新就业形态")] + [
            (str(job.key), job.label) for job in all_occupations(today)
        ]

    def clean_file(self) -> Any:
        """Return the upload; too large a one is refused before it is read."""
        return checked_upload(self.cleaned_data["file"])
