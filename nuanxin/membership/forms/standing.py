"""Forms by which an officer keeps, moves or ends a member's 会籍."""

from typing import Any

from django import forms

from nuanxin.membership.actions.leaving import BY_COMMITTEE
from nuanxin.membership.states import EndReason, RetentionReason


def _note(label: str = "说明", **more: Any) -> forms.CharField:
    field = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=200, widget=field, **more)


class RetainForm(forms.Form):
    """保留会籍: why."""

    reason = forms.TypedChoiceField(
        label="为什么保留",
        choices=[(int(one), one.label) for one in RetentionReason],
        coerce=lambda value: RetentionReason(int(value)),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个原因。", "invalid_choice": "选一个列出来的原因。"},
    )
    note = _note(required=False)


class KeepForm(forms.Form):
    """保留会籍 by the member himself: why."""

    reason = forms.TypedChoiceField(
        label="为什么",
        choices=[(int(one), one.label) for one in RetentionReason],
        coerce=lambda value: RetentionReason(int(value)),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个就行。", "invalid_choice": "选一个列出来的。"},
    )


class RestoreForm(forms.Form):
    """恢复会籍: a note, if any."""

    note = _note(required=False)


class ProposeForm(forms.Form):
    """提议转会: where to."""

    union = forms.CharField(
        label="转到哪家工会（工会编码）",
        max_length=24,
        error_messages={"required": "填要转去的工会的编码。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EndForm(forms.Form):
    """终止会籍: why, on what ground, and that it was checked."""

    reason = forms.TypedChoiceField(
        label="为什么终止",
        choices=[(int(one), one.label) for one in sorted(BY_COMMITTEE)],
        coerce=lambda value: EndReason(int(value)),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个原因。", "invalid_choice": "选一个列出来的原因。"},
    )
    note = _note(
        "依据",
        help_text="比如：本人书面申请，哪天交的；哪次会议决定的。以后查得到。",
        error_messages={"required": "写一句依据，以后查得到。"},
    )
    is_checked = forms.BooleanField(
        label="核对过了，是这个人",
        error_messages={"required": "核对以后打个勾。终止了不能撤回。"},
    )


class LapseForm(forms.Form):
    """自动退会: the three days that the rule asks for."""

    dues_paid_to = forms.DateField(label="会费交到哪天（没交过就空着）", required=False)
    active_on = forms.DateField(label="最近一次参加活动（没有就空着）", required=False)
    persuaded_on = forms.DateField(label="和本人谈话的日子", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            field.error_messages["invalid"] = "选一个日子，比如 2026-12-01。"
