"""What is typed where a version is decided on, whatever its text is: a day, a reason."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from nuanxin.kernel.text import whole_number


def revision_of(data: QueryDict) -> int:
    """Return which revision of a draft a page was drawn from, -1 where it does not say: none has that."""
    typed = whole_number(data.get("revision"), longest=8)
    return -1 if typed is None else typed


class RevokeForm(forms.Form):
    """Why a version that was released is taken back before its day; ``of`` is what has versions."""

    reason = forms.CharField(
        label="为什么撤回",
        max_length=200,
        error_messages={"required": "写一句为什么撤回，同事看得明白。"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = f"起草和复核的人会收到这句话，也会留在{of}的各版里。"
        self.fields["reason"].help_text = told


class ReleaseForm(forms.Form):
    """From which day on a version counts; ``before`` is what stays as it was on the days before."""

    valid_from = forms.DateField(
        label="从哪天起用",
        error_messages={"required": "选一天。", "invalid": "选一天，比如 2027-01-01。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, before: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].help_text = before

    def day(self) -> date:
        """Return the day."""
        day: date = self.cleaned_data["valid_from"]
        return day


class SendBackForm(forms.Form):
    """Why a version goes back to who wrote it."""

    reason = forms.CharField(
        label="为什么退回",
        max_length=200,
        help_text="起草的人会收到这句话。",
        error_messages={"required": "写一句为什么退回，起草的人好改。"},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
