"""What is filled in for forfeits: a decision, what the person says, money that came back."""

from django import forms

from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.money import parse_yuan
from nuanxin.programmes.actions.forfeiting import LONGEST_REASON, LONGEST_TEXT


class DecisionForm(forms.Form):
    """An officer's decision."""

    outcome = forms.ChoiceField(
        label="决定",
        choices=(("no", "不取消"), ("yes", "取消名额")),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个。"},
    )
    reason = forms.CharField(
        label="理由",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="本人看得到。",
        error_messages={"required": "写上理由。"},
    )


class HearingForm(forms.Form):
    """What the person says."""

    text = forms.CharField(
        label="你怎么说",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="哪里不对，或者是什么原因。只有办这件事的干部看得到。",
        error_messages={"required": "写几句，说清楚就行。"},
    )


class ReturnForm(forms.Form):
    """Money that came back."""

    amount = forms.CharField(label="退回多少元", max_length=16, help_text="比如 3500 或 3500.50。")
    note = forms.CharField(label="说明", max_length=120, required=False, help_text="比如收据号。")

    def clean_amount(self) -> int:
        """Return fen."""
        try:
            return parse_yuan(self.cleaned_data["amount"])
        except (Refusal, ValueError):
            raise forms.ValidationError("写一个金额，比如 3500.50。") from None
