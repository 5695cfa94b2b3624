"""What a helper fills in: who stands before him, and what is to be done."""

from django import forms

from nuanxin.programmes.rules.attestations import MOST_MONTHS
from nuanxin.programmes.rules.helping import STATEABLE


class HelpCardForm(forms.Form):
    """The code on the card in the worker's phone."""

    card = forms.CharField(
        label="会员卡上的码", max_length=400,
        help_text="请他打开手机上的会员卡，用扫码枪扫，或者把扫出来的内容粘进来。",
        error_messages={"required": "先扫会员卡。"},
    )  # fmt: skip


class HelpPhoneForm(forms.Form):
    """The worker's phone and the end of his number."""

    phone = forms.CharField(
        label="他的手机号", max_length=20, error_messages={"required": "写上他的手机号。"}
    )
    last_four = forms.CharField(
        label="他证件号的最后 4 位", max_length=4, help_text="末位是 X 就写 X。",
        error_messages={"required": "写上最后 4 位。"},
    )  # fmt: skip


class HelpPapersForm(forms.Form):
    """Name and number on the identity card that lies before one."""

    papers_name = forms.CharField(
        label="证件上的姓名", max_length=60, error_messages={"required": "照证件写姓名。"}
    )
    papers_number = forms.CharField(
        label="证件号", max_length=24, error_messages={"required": "照证件写号码。"}
    )


class HelpWitnessForm(forms.Form):
    """What a second person reads off the same card."""

    help_number = forms.IntegerField(
        label="代办号", min_value=1, max_value=2**62, help_text="同事的屏幕上有。",
        error_messages={"required": "写上代办号。", "invalid": "代办号是一个数。"},
    )  # fmt: skip
    witness_number = forms.CharField(
        label="证件号", max_length=24, help_text="您自己看着证件原件写，不问同事。",
        error_messages={"required": "照证件写号码。"},
    )  # fmt: skip


class HelpCodeForm(forms.Form):
    """The code that the worker reads aloud."""

    code = forms.CharField(
        label="短信里的 6 位数", max_length=12, help_text="请他看自己的手机，念给你。",
        error_messages={"required": "填上他念的数字。"},
    )  # fmt: skip


class HelpStateForm(forms.Form):
    """A fact stated for the worker, from the paper in his hand."""

    fact = forms.ChoiceField(label="哪一项", choices=list(STATEABLE.items()))
    value = forms.IntegerField(
        label="几个月", min_value=0, max_value=MOST_MONTHS,
        error_messages={"required": "写上几个月。", "invalid": "写一个数，比如 36。"},
    )  # fmt: skip


class HelpAskForm(forms.Form):
    """Asking somebody to confirm for how long the worker works here."""

    attester = forms.ChoiceField(label="请谁证明")
    months = forms.IntegerField(
        label="他说干了几个月", min_value=0, max_value=MOST_MONTHS,
        error_messages={"required": "写上几个月。", "invalid": "写一个数，比如 36。"},
    )  # fmt: skip
