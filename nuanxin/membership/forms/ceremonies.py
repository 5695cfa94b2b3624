"""Forms of ceremonies: announcing one, and confirming at it."""

from django import forms


class OnSiteForm(forms.Form):
    """The code on the wall, one's name, the last four digits of one's phone."""

    code = forms.CharField(
        label="现场的口令",
        max_length=12,
        help_text="墙上或屏幕上的 6 位数字。",
        error_messages={"required": "填一下现场的口令。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label="姓名",
        max_length=60,
        error_messages={"required": "填一下姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    tail = forms.CharField(
        label="手机号最后 4 位",
        max_length=8,
        error_messages={"required": "填一下手机号的最后四位。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class CeremonyForm(forms.Form):
    """A ceremony to be announced."""

    union = forms.CharField(
        label="哪家工会的（工会编码）",
        max_length=24,
        error_messages={"required": "填是哪家工会的仪式。"},
    )
    title = forms.CharField(
        label="叫什么", max_length=80, error_messages={"required": "给仪式起个名字。"}
    )
    place = forms.CharField(label="在哪儿办", max_length=120, required=False)
    held_on = forms.DateField(
        label="哪一天",
        error_messages={"required": "选一个日子。", "invalid": "选一个日子，比如 2026-12-01。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
