"""What is filled in to open desk hours at a station."""

from typing import Any

from django import forms

from nuanxin.stations.states.services import ServiceKind

_NUMBER = {"required": "填一个整数。", "invalid": "填一个整数。"}


class ServiceForm(forms.Form):
    """Desk hours to be opened."""

    kind = forms.TypedChoiceField(
        label="做什么", coerce=int, choices=[(int(one), one.label) for one in ServiceKind],
        error_messages={"required": "选一样。"},
    )  # fmt: skip
    hours = forms.CharField(
        label="什么时候", max_length=300,
        help_text="每周的写“周二 14:00-17:00”；单独几天的写“2026 Dec 05 09:00-11:00”，几天用分号隔开。",
        error_messages={"required": "写什么时候有人，比如“周二 14:00-17:00”。"},
    )  # fmt: skip
    slot_minutes = forms.IntegerField(label="一次几分钟", initial=30, error_messages=_NUMBER)
    seats = forms.IntegerField(
        label="同时几位",
        initial=1,
        error_messages=_NUMBER,
        help_text="读书活动可以多位，咨询只能 1 位。",
    )
    server_hint = forms.CharField(
        label="谁来", max_length=40, help_text="大家看得到，比如“王律师（浙江某某律师事务所）”。",
        error_messages={"required": "写谁来，比如“王律师”。"},
    )  # fmt: skip
    is_remote = forms.BooleanField(label="电话或者视频，人不到站", required=False)

    def terms(self) -> dict[str, Any]:
        """Return what ``open_service`` takes."""
        return dict(self.cleaned_data) | {"kind": ServiceKind(self.cleaned_data["kind"])}
