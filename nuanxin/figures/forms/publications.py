"""Shape of what is asked when a publication is drafted, or a version explained, sent back, corrected."""

from typing import Any

from django import forms

from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.actions.publishing import Question
from nuanxin.figures.queries.deriving import PUBLISHABLE, RATIOS
from nuanxin.figures.queries.registry import get_figure

_BELOW = (("0", "只要这一级"), ("1", "加上下一级各地"), ("2", "加上市和县（市、区）"))
_CUTS = (("occupation", "按职业分"), ("channel", "按入会渠道分"))
_BAD_DAY = {"invalid": "日期写成 2026-10-31 这样。"}


def _day(label: str, hint: str, *, required: bool) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=required,
        error_messages={"required": f"还没有填{label}。", **_BAD_DAY},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


_OWNERS = (("membership", "会员"), ("orgs", "工会"), ("programmes", "服务"), ("stations", "驿站"))


def _in_order() -> list[str]:
    """Return the figures by what they are about, rates behind the numbers they are made of."""
    owners = [owner for owner, _ in _OWNERS]
    return sorted(
        PUBLISHABLE, key=lambda code: (owners.index(code.partition(".")[0]), code in RATIOS)
    )


def _label(code: str) -> str:
    return f"{dict(_OWNERS)[code.partition('.')[0]]}：{get_figure(code).label}"


class NewPublicationForm(forms.Form):
    """Which union publishes, what, of which days. ``unions`` are (code, name)."""

    union = forms.ChoiceField(label="发布的工会", error_messages={"required": "还没有选工会。"})
    title = forms.CharField(
        label="标题",
        max_length=80,
        help_text="例如：2026 年 10 月会员情况",
        error_messages={"required": "还没有写标题。", "max_length": "标题最多 80 个字。"},
    )
    as_of = _day("截至日", "到这一天结束时", required=True)
    since = _day("起始日", "空着就是从有记录起累计", required=False)
    codes = forms.MultipleChoiceField(
        label="指标",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "还没有选指标，至少选一个。"},
    )
    below = forms.ChoiceField(label="往下分到", choices=_BELOW, initial="1")
    cuts = forms.MultipleChoiceField(
        label="再按什么分", choices=_CUTS, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, unions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("union", unions),
            ("codes", [(code, _label(code)) for code in _in_order()]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def question(self) -> Question:
        """Return what is asked; call it on a valid form."""
        given = self.cleaned_data
        return Question(
            title=given["title"],
            choice=Choice(tuple(given["codes"]), int(given["below"]), tuple(given["cuts"])),
            as_of=given["as_of"],
            since=given["since"],
        )


def notes_of(sent: Any) -> dict[int, str]:
    """Return the reasons typed beside lines (fields ``note-<position>``), by position."""
    notes = {}
    for name, value in sent.items():
        position = name.removeprefix("note-")
        if name.startswith("note-") and position.isdecimal() and len(position) < 6:
            notes[int(position)] = str(value)[:200]
    return notes
