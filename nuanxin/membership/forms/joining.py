"""Forms of joining: they shape what was typed; whether somebody may join is decided by rules."""

from typing import Any

from django import forms

from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import parse_identity
from nuanxin.kernel.names import check_name
from nuanxin.kernel.occupations import all_occupations
from nuanxin.kernel.regions import cities, counties


class WorkForm(forms.Form):
    """What do you do, and where."""

    jobs = forms.MultipleChoiceField(
        label="你做什么活？", error_messages={"required": "选一样。都不是，就选“做别的”。"}
    )
    county = forms.TypedChoiceField(
        label="常在哪儿干活？",
        coerce=int,
        error_messages={
            "required": "选一个常去的区或县。",
            "invalid_choice": "选一个常去的区或县。",
        },
    )
    place = forms.CharField(label="跑哪家平台、哪个单位", max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = clock.business_day(clock.now())
        jobs: forms.MultipleChoiceField = self.fields["jobs"]  # type: ignore[assignment]
        jobs.choices = [(job.code, job.label) for job in all_occupations(today)]
        county: forms.TypedChoiceField = self.fields["county"]  # type: ignore[assignment]
        county.choices = [("", "选区或县")] + [
            (city.name, [(int(c.code), c.name) for c in counties(today, city.code)])
            for city in cities()
        ]


class PersonForm(forms.Form):
    """Name and identity number, with the number's own consent."""

    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "填一下姓名。"})
    identity = forms.CharField(
        label="身份证号", max_length=40, error_messages={"required": "填一下身份证号。"}
    )
    consent = forms.BooleanField(
        label="我同意这样用我的身份证号",
        error_messages={
            "required": "要你点头才能用身份证号。不想在网上填，带身份证去驿站，站长当面帮你办。"
        },
    )

    def clean_name(self) -> str:
        """Return the name as it is stored."""
        try:
            return check_name(self.cleaned_data["name"])
        except Malformed as refusal:
            raise forms.ValidationError(refusal.message) from refusal

    def clean_identity(self) -> str:
        """Return the 18 characters of the number."""
        today = clock.business_day(clock.now())
        try:
            return parse_identity(self.cleaned_data["identity"], today=today).number18
        except Malformed as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class UnionForm(forms.Form):
    """Which union."""

    union = forms.CharField(max_length=24, error_messages={"required": "选一个工会。"})
