"""What is filled in for no-shows: what the person says, an officer's answer, taking one back."""

from django import forms

from nuanxin.programmes.actions.no_shows import LONGEST_REASON
from nuanxin.programmes.states import PleaKind


class PleaForm(forms.Form):
    """What the person says, in one tap."""

    id = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    kind = forms.TypedChoiceField(
        label="怎么回事",
        choices=[(int(one), one.label) for one in PleaKind],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "先点一下是怎么回事。", "invalid_choice": "从上面选一个。"},
    )


class PleaAnswerForm(forms.Form):
    """An officer's answer."""

    outcome = forms.ChoiceField(
        label="答复",
        choices=(("yes", "接受，这次不算"), ("no", "不接受，算一次")),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个。"},
    )
    answer = forms.CharField(
        label="理由",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="本人看得到。比如“看过门诊病历”。",
        error_messages={"required": "写上理由。"},
    )


class TakeBackForm(forms.Form):
    """Why a no-show is taken back."""

    reason = forms.CharField(
        label="为什么不算",
        max_length=LONGEST_REASON,
        help_text="本人看得到。比如“签到机没电，本人在场”。",
        error_messages={"required": "写上为什么。"},
    )
