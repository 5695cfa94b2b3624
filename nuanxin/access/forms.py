"""Shapes of what people type when they sign in, grant posts, make tokens. Rules decide elsewhere."""

from typing import Any

from django import forms

from nuanxin.kernel.actor import Role

_ONE_TIME = {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "12"}


class PhoneForm(forms.Form):
    """The phone that a code is sent to."""

    phone = forms.CharField(
        label="手机号",
        max_length=30,
        required=False,
    )


class CodeForm(forms.Form):
    """The six digits of the message."""

    code = forms.CharField(
        label="短信里的 6 位数字",
        max_length=12,
        required=False,
    )


class ClaimForm(forms.Form):
    """The name under which somebody was registered by others."""

    name = forms.CharField(
        label="你的姓名",
        max_length=60,
        help_text="跟身份证上一样。",
        error_messages={"required": "还没有填姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class PasswordForm(forms.Form):
    """User name and password of a cadre."""

    username = forms.CharField(
        label="用户名",
        max_length=60,
        error_messages={"required": "还没有填用户名。"},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="密码",
        max_length=200,
        strip=False,
        error_messages={"required": "还没有填密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class TotpForm(forms.Form):
    """The code of the second step."""

    code = forms.CharField(
        label="动态口令",
        max_length=12,
        help_text="手机验证器里“暖新”那一项的 6 位数字，每 30 秒换一次。",
        error_messages={"required": "还没有填动态口令。"},
        widget=forms.TextInput(attrs=_ONE_TIME),
    )


class NewPasswordForm(forms.Form):
    """A new password, typed twice."""

    password = forms.CharField(
        label="新密码",
        max_length=200,
        strip=False,
        help_text="至少 10 位，不要用常见的密码，也不要带用户名。",
        error_messages={"required": "还没有填新密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="新密码再输一遍",
        max_length=200,
        strip=False,
        error_messages={"required": "新密码要输两遍。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse two that differ."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password"), cleaned.get("again")
        if first and second and first != second:
            self.add_error("again", "两遍输的不一样，再输一遍。")
        return cleaned


class EnrolForm(NewPasswordForm, TotpForm):
    """First sign-in: the app's code, and a password of one's own."""

    field_order = ("code", "password", "again")


class ChangePasswordForm(NewPasswordForm):
    """The old password and a new one."""

    old = forms.CharField(
        label="现在的密码",
        max_length=200,
        strip=False,
        error_messages={"required": "还没有填现在的密码。"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old", "password", "again")


class AccountForm(NewPasswordForm):
    """A new account of a cadre with its first password."""

    username = forms.CharField(
        label="用户名",
        max_length=60,
        help_text="3 到 40 个小写字母、数字、点或横线，定了不改。",
        error_messages={"required": "还没有填用户名。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(
        label="姓名",
        max_length=60,
        error_messages={"required": "还没有填姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("username", "name", "password", "again")


def _day(label: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        error_messages={"required": f"还没有填{label}。", "invalid": "日期写成 2026-12-31 这样。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class GrantForm(forms.Form):
    """A post for somebody who has an account."""

    username = forms.CharField(
        label="给谁（用户名）",
        max_length=60,
        error_messages={"required": "还没有填用户名。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    role = forms.ChoiceField(label="职务", error_messages={"required": "还没有选职务。"})
    union_code = forms.CharField(
        label="管哪个工会（工会编码）",
        max_length=24,
        required=False,
        help_text="管这个工会和它下面的。三种管理员空着。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    title = forms.CharField(
        label="职务名称", max_length=60, required=False, help_text="可以不填，例如“组织部干部”。"
    )
    valid_from = _day("起")
    valid_to = _day("止", "这一天起不再有，最长 12 个月。")

    def __init__(self, *args: Any, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, role.label) for role in roles]


class TokenForm(forms.Form):
    """A token for a program."""

    label = forms.CharField(
        label="名称",
        max_length=80,
        help_text="谁用、接什么系统用的，例如“某某快递人事系统”。",
        error_messages={"required": "还没有写名称。"},
    )
    union_code = forms.CharField(
        label="管哪个工会（工会编码）",
        max_length=24,
        error_messages={"required": "还没有填工会编码。"},
    )
    rights = forms.MultipleChoiceField(
        label="能做的事",
        error_messages={"required": "至少勾一件这个令牌要做的事。"},
        widget=forms.CheckboxSelectMultiple,
    )
    valid_to = _day("止", "这一天起不再能用，最长 12 个月。")

    def __init__(self, *args: Any, rights: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rights"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = rights


class ReasonForm(forms.Form):
    """Why a post is taken back."""

    reason = forms.CharField(label="原因", max_length=200, required=False)
