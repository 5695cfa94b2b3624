"""What is typed on the pages of rules: values in their places, a case, a day, a reason."""

import re
from datetime import date

from django import forms
from django.http import QueryDict

from nuanxin.eligibility.rules.editing import Slot

LONGEST_VALUE = 120
_SLOT = re.compile(r"v-(\d{1,3})")
ANSWERS = (("yes", "可以"), ("no", "不可以"), ("unknown", "还不知道"))


def values_of(data: QueryDict) -> dict[int, list[str]]:
    """Return the values that were typed, by the number of their place."""
    found = {}
    for name in data:
        match = _SLOT.fullmatch(name)
        if match:
            found[int(match[1])] = [value[:LONGEST_VALUE] for value in data.getlist(name)]
    return found


def case_of(data: QueryDict, slots: tuple[Slot, ...]) -> tuple[str, dict[str, str], str] | None:
    """Return a case's name, facts and answer; None without a name or with an answer that is none.

    Facts left empty are not in it: they are not known of this person.
    """
    name, answer = data.get("case_name", "").strip()[:80], data.get("case_answer", "")
    if not name or answer not in dict(ANSWERS):
        return None
    facts = {}
    for fact in dict.fromkeys(slot.fact.name for slot in slots):
        value = data.get(f"f-{fact}", "").strip()[:LONGEST_VALUE]
        if value:
            facts[fact] = value
    return name, facts, answer


class ReleaseForm(forms.Form):
    """From which day on a version counts."""

    valid_from = forms.DateField(
        label="从哪天起用",
        help_text="当天零点起。这天以前报名的，按原来的条件，不变。",
        error_messages={"required": "选一天。", "invalid": "选一天，比如 2027-01-01。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

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
