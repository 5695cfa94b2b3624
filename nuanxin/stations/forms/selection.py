"""What is filled in for a selection of the most beautiful stations."""

from typing import Any

from django import forms

_DAY = {"required": "选一天。", "invalid": "选一天，比如 2026-12-10。"}
_NUMBER = {"required": "填一个整数。", "invalid": "填一个整数。"}


class SelectionForm(forms.Form):
    """A selection to be opened."""

    union = forms.TypedChoiceField(label="主办工会", coerce=int)
    title = forms.CharField(
        label="名称",
        max_length=60,
        error_messages={"required": "写个名称，比如“2026 年最美驿站”。"},
    )
    year = forms.IntegerField(label="年度", min_value=2018, max_value=2100, error_messages=_NUMBER)
    places = forms.IntegerField(label="评几家", min_value=1, max_value=500, error_messages=_NUMBER)
    nominate_until = forms.DateField(
        label="推荐到哪天", error_messages=_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, unions: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["union"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = unions

    def terms(self) -> dict[str, Any]:
        """Return what ``open_selection`` takes."""
        data = dict(self.cleaned_data)
        data["union_id"] = data.pop("union")
        return data


class NominationForm(forms.Form):
    """A station to be nominated."""

    selection_id = forms.TypedChoiceField(label="哪次评选", coerce=int)
    station_code = forms.CharField(
        label="驿站编号", max_length=16, help_text="比如 330105-0001，在驿站名单里看得到。",
        error_messages={"required": "填驿站编号。"},
    )  # fmt: skip
    reason = forms.CharField(
        label="为什么推荐", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "写 10 个字以上：好在哪里。"},
    )  # fmt: skip

    def __init__(self, *args: Any, selections: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["selection_id"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = selections


class AnswerForm(forms.Form):
    """An answer to an objection."""

    objection = forms.IntegerField(widget=forms.HiddenInput)
    upheld = forms.TypedChoiceField(
        label="查下来", coerce=lambda value: value == "yes",
        choices=[("no", "不成立，留在名单上"), ("yes", "成立，从名单上划去")],
    )  # fmt: skip
    answer = forms.CharField(
        label="答复", max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="提的人凭回执号看得到。",
        error_messages={"required": "写 10 个字以上：查了什么，结果怎样。"},
    )  # fmt: skip
