"""Forms of reports: a new one, and the editor."""

from typing import Any

from django import forms

from nuanxin.figures.queries.registry import list_figures
from nuanxin.figures.queries.report_templates import list_templates
from nuanxin.figures.rules.reports import REPORT_LIMITS
from nuanxin.kernel.period import PeriodKind

MOST_SHOWN = 12


class NewReportForm(forms.Form):
    """Which template, and for which union."""

    template = forms.ChoiceField(
        label="用哪个模板", error_messages={"invalid_choice": "请在列表里选一个模板。"}
    )
    union = forms.ChoiceField(
        label="哪个工会的报告",
        error_messages={"invalid_choice": "请在列表里选一个工会。", "required": "请选一个工会。"},
    )

    def __init__(self, *args: Any, unions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        template: Any = self.fields["template"]
        template.choices = [(one.name, one.label) for one in list_templates()]
        union: Any = self.fields["union"]
        union.choices = unions


class EditorForm(forms.Form):
    """The text with the version that was opened, and the words that a figure is looked for by."""

    source = forms.CharField(
        label="正文",
        required=False,
        strip=False,
        max_length=REPORT_LIMITS.characters,
        widget=forms.Textarea(
            attrs={"rows": 26, "class": "in", "spellcheck": "false", "wrap": "soft"}
        ),
        error_messages={
            "max_length": f"一份报告最多 {REPORT_LIMITS.characters:,} 字。请分成几份。"
        },
    )
    seen = forms.IntegerField(min_value=1, max_value=100_000, widget=forms.HiddenInput)
    find = forms.CharField(label="找指标", required=False, max_length=40)
    insert = forms.CharField(required=False, max_length=200)

    def text(self) -> str:
        """Return the text with line feeds, and with what is to be inserted at its end."""
        source = str(self.cleaned_data.get("source", "")).replace("\r\n", "\n")
        code = str(self.cleaned_data.get("insert", ""))
        found = next((one for one in list_figures(public_only=True) if one.code == code), None)
        return f"{source.rstrip()}\n\n{reference_of(found.code)}\n" if found else source


def reference_of(code: str) -> str:
    """Return a reference as one would type it."""
    return f"{{{{ {code} | unit }}}}"


def find_figures(words: str) -> list[dict[str, Any]]:
    """Return the public figures whose name, code or meaning has the words; all without any."""
    wanted = words.strip().lower()
    found = [
        one
        for one in list_figures(public_only=True)
        if wanted in f"{one.label} {one.code} {one.definition_zh}".lower()
    ]
    return [
        {
            "code": one.code,
            "label": one.label,
            "unit": one.unit.label,
            "kind": "某一天的数" if one.period_kind is PeriodKind.AS_OF else "一段时间的数",
            "reference": reference_of(one.code),
        }
        for one in found[:MOST_SHOWN]
    ]
