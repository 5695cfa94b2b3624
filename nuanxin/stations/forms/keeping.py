"""What is filled in for the roster: papers of keepers, shifts."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.stations.states.inspections import PaperKind

_DAY = {"required": "选一天。", "invalid": "选一天，比如 2026-12-10。"}
_TIME = {"required": "填时间。", "invalid": "写成 09:00 这样。"}


def _keeper_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label="站长", coerce=int, error_messages={"required": "选一位。"})


def _day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, error_messages=_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip


class ShiftForm(forms.Form):
    """One shift; an end before its begin is on the next day."""

    keeper = _keeper_field()
    day = _day_field("哪天")
    begins = forms.TimeField(label="几点开始", error_messages=_TIME, help_text="比如 08:00。")
    ends = forms.TimeField(
        label="几点结束", error_messages=_TIME, help_text="比如 20:00；过了半夜的照写，算第二天。"
    )

    def __init__(self, *args: Any, keepers: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        _offer(self, keepers)

    def terms(self) -> dict[str, Any]:
        """Return what ``plan_shift`` takes."""
        data = self.cleaned_data
        starts = datetime.combine(data["day"], data["begins"], SHANGHAI)
        ends = datetime.combine(data["day"], data["ends"], SHANGHAI)
        if ends <= starts:
            ends += timedelta(days=1)
        return {"keeper_id": data["keeper"], "starts_at": starts, "ends_at": ends}


class PaperForm(forms.Form):
    """A training or a record check of a keeper."""

    keeper = _keeper_field()
    kind = forms.TypedChoiceField(
        label="哪一种", coerce=lambda value: PaperKind(int(value)),
        choices=[(int(one), one.label) for one in PaperKind],
    )  # fmt: skip
    done_on = _day_field("哪天")
    course = forms.CharField(label="培训了什么", max_length=80, required=False)
    is_clear = forms.BooleanField(
        label="查询结果：没有犯罪记录", required=False, initial=True,
        help_text="只记日期和有没有，查询件不存在这里。",
    )  # fmt: skip

    def __init__(self, *args: Any, keepers: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        _offer(self, keepers)

    def terms(self) -> dict[str, Any]:
        """Return what ``note_paper`` takes."""
        data = self.cleaned_data
        return {
            "keeper_id": data["keeper"],
            "kind": data["kind"],
            "done_on": data["done_on"],
            "is_clear": data["is_clear"],
            "course": data["course"],
        }


def _offer(form: forms.Form, keepers: list[tuple[int, str]]) -> None:
    field = form.fields["keeper"]
    assert isinstance(field, forms.TypedChoiceField)
    field.choices = keepers
