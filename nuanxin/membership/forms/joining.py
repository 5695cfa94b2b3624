"""Forms of joining: they shape what was typed; whether somebody may join is decided by rules."""

from typing import Any

from django import forms

from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.identity import parse_identity
from nuanxin.kernel.names import check_name
from nuanxin.kernel.occupations import all_occupations
from nuanxin.kernel.regions import cities, counties

_NO_JOB = {"required": "选一样。都不是，就点“都不是，我做别的”。"}


class WorkForm(forms.Form):
    """What do you do, and where."""

    jobs = forms.MultipleChoiceField(label="你做什么活？", error_messages=_NO_JOB)
    county = forms.TypedChoiceField(
        label="常在哪儿干活？",
        coerce=int,
        error_messages={
            "required": "选一个常去的区或县。",
            "invalid_choice": "选一个常去的区或县。",
        },
    )
    place = forms.CharField(
        label="跑哪家平台、哪个单位",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "enterkeyhint": "next"}),
    )

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


_CONSENT = {"required": "要你点头才能用身份证号。不想在网上填，带身份证去工会，有人当面帮你办。"}


class HostPersonForm(forms.Form):
    """The identity number's own consent, where a host app has passed name and number."""

    consent = forms.BooleanField(label="我同意这样用我的身份证号", error_messages=_CONSENT)


class QuickForm(HostPersonForm):
    """What a host app cannot know: what the person does, and the number's own consent."""

    jobs = forms.MultipleChoiceField(error_messages=_NO_JOB)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        jobs: forms.MultipleChoiceField = self.fields["jobs"]  # type: ignore[assignment]
        today = clock.business_day(clock.now())
        jobs.choices = [(job.code, job.label) for job in all_occupations(today)]


class NameForm(forms.Form):
    """A person's name."""

    name = forms.CharField(
        label="姓名",
        max_length=60,
        error_messages={"required": "填一下姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "name", "enterkeyhint": "next"}),
    )

    def clean_name(self) -> str:
        """Return the name as it is stored."""
        try:
            return check_name(self.cleaned_data["name"])
        except Malformed as refusal:
            raise forms.ValidationError(refusal.message) from refusal


class PersonForm(NameForm):
    """Name and identity number, with the number's own consent."""

    identity = forms.CharField(
        label="身份证号",
        max_length=40,
        error_messages={"required": "填一下身份证号。"},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "enterkeyhint": "next",
            }
        ),
    )
    consent = forms.BooleanField(label="我同意这样用我的身份证号", error_messages=_CONSENT)

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
