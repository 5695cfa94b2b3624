"""The forms of keepers and of photos of a station."""

from django import forms

from nuanxin.stations.states import KeeperRole

_DAY = {"required": "选一天。", "invalid": "选一天，比如 2026-12-01。"}


class KeeperForm(forms.Form):
    """Somebody who will keep the station."""

    role = forms.TypedChoiceField(
        label="职责", coerce=lambda value: KeeperRole(int(value)),
        choices=[(int(v), v.label) for v in KeeperRole],
    )  # fmt: skip
    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "填姓名。"})
    phone = forms.CharField(
        label="手机号", max_length=20, error_messages={"required": "填手机号。"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text="页面上只显示头三位和末四位。",
    )  # fmt: skip
    username = forms.CharField(
        label="工作台账号", max_length=60, required=False,
        help_text="有“驿站站长”职务的填账号；只用手机链接的空着。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    from_on = forms.DateField(
        label="从哪天起", error_messages=_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


class PhotoForm(forms.Form):
    """A photo and what it shows."""

    file = forms.FileField(
        label="照片",
        error_messages={"required": "选一张照片。", "empty": "这个文件是空的，选错了吧？"},
    )
    caption = forms.CharField(
        label="拍的是什么", max_length=60,
        help_text="比如“门口和牌子”。看不见照片的人靠它知道。",
        error_messages={"required": "写几个字说明拍的是什么。"},
    )  # fmt: skip
