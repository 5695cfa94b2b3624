"""What is typed on the pages of services: a head, a text to take in, the fields of a draft.

The fields check nothing themselves: what is typed becomes an entry as it is, and the checks that every
definition passes (``rules/definition_faults.py``) say what is wrong with it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from nuanxin.kernel import occupations
from nuanxin.programmes.rules.definition_faults import (
    LABELS,
    LONGEST,
    DefinitionFault,
    Period,
)
from nuanxin.programmes.rules.provider_kinds import kind_label, kinds_on
from nuanxin.programmes.states import Kind, Way

MOST_BYTES = 65_536
_TEXTS = ("title", "gives", "provider", "cost_bearer", "points", "source")
_LINES = ("conditions", "evidence")
_NUMBERS = ("money_yuan", "places", "publicity_days", "confirm_hours", "certificate_percent")
_DAYS = ("offered_until", "checked_on")
_CHOICES = ("kind", "period", "rule", "provider_kind")
_LONGEST_TYPED = 8_000
_WAYS = [(way.code, way.label) for way in Way]


class DefinitionForm(forms.Form):
    """The fields of a draft as they are drawn, each with what is wrong in it."""

    title = forms.CharField(
        label="名称", required=False, help_text="给劳动者看的，比如“免费理发”。"
    )
    kind = forms.ChoiceField(
        label="种类", required=False, choices=[(one.value, one.label) for one in Kind]
    )
    gives = forms.CharField(
        label="给什么",
        required=False,
        help_text="一句话，写在手机上名称下面。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    period = forms.ChoiceField(
        label="多久一期", required=False, choices=[(one.value, one.label) for one in Period]
    )
    rule = forms.ChoiceField(label="谁能报，按哪条条件", required=False, choices=())
    conditions = forms.CharField(
        label="谁能报，写给劳动者看的话",
        required=False,
        help_text="一行一条。空着，就用条件里的话。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    evidence = forms.CharField(
        label="要带什么",
        required=False,
        help_text="一行一样。空着就是人来就行。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    usual = forms.ChoiceField(label="名额通常怎么给", required=False, choices=_WAYS)
    ways = forms.MultipleChoiceField(
        label="也可以这样给",
        required=False,
        choices=_WAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    points = forms.CharField(
        label="分数怎么来", required=False, help_text="按分数、按困难程度给的才写。"
    )
    places = forms.CharField(
        label="通常多少名额", required=False, help_text="开一期的时候先填上这个数，可以改。"
    )
    directed = forms.MultipleChoiceField(
        label="定向名额给哪些职业",
        required=False,
        choices=(),
        help_text="都不选，就是货车、网约车、快递、外卖这四种。",
        widget=forms.CheckboxSelectMultiple,
    )
    provider_kind = forms.ChoiceField(label="哪一类来办", required=False, choices=())
    provider = forms.CharField(
        label="是哪一家", required=False,
        help_text="没有定的空着，劳动者看到的是上面那一类。选“其他”的，写明是谁。",
    )  # fmt: skip
    cost_bearer = forms.CharField(label="谁出钱", required=False)
    money_yuan = forms.CharField(label="每人多少钱（元）", required=False)
    publicity_days = forms.CharField(
        label="公示几个工作日", required=False, help_text="不公示填 0。"
    )
    confirm_hours = forms.CharField(
        label="候补的人有几小时确认", required=False, help_text="空着就是 24 小时。"
    )
    certificate_percent = forms.CharField(
        label="来够百分之几的场次发结业证", required=False, help_text="不发就空着。"
    )
    offered_until = forms.CharField(
        label="办到哪天为止",
        required=False,
        help_text="过了这天不能再开新的一期，已经开的不变。一直办就空着。",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    source = forms.CharField(
        label="依据哪份文件", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    checked_on = forms.CharField(
        label="哪天和依据核对过", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(
        self,
        entry: Mapping[str, Any],
        *,
        rules: Sequence[tuple[str, str]],
        faults: Sequence[DefinitionFault],
        on: date,
    ) -> None:
        """``on``: the day whose lists are offered; what was chosen before stays among them."""
        super().__init__(_data_of(entry))
        chosen = entry.get("rule", "")
        known = [("", "不设条件"), *rules]
        if isinstance(chosen, str) and chosen not in [code for code, _ in known]:
            known.append((chosen, chosen))
        _choices(self, "rule", known)
        kinds, kind = kinds_on(on), str(entry.get("provider_kind", ""))
        if kind and kind not in kinds:
            kinds = kinds | {kind: kind_label(kind) or kind}
        _choices(self, "provider_kind", [("", "没有定"), *kinds.items()])
        _choices(self, "directed", [(one.code, one.label) for one in occupations.all_occupations()])
        self.full_clean()
        self.errors.clear()
        for fault in faults:
            self.add_error(fault.name if fault.name in self.fields else None, fault.sentence)


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _data_of(entry: Mapping[str, Any]) -> QueryDict:
    """Return an entry as what its fields would have sent."""
    data = QueryDict(mutable=True)
    for name in (*_TEXTS, *_NUMBERS, *_DAYS, *_CHOICES):
        data[name] = str(entry.get(name, ""))
    for name in _LINES:
        lines = entry.get(name, [])
        data[name] = "\n".join(map(str, lines)) if isinstance(lines, list) else str(lines)
    ways, directed = entry.get("ways"), entry.get("directed")
    listed = [str(one) for one in ways] if isinstance(ways, list) else []
    data["usual"] = listed[0] if listed else ""
    data.setlist("ways", listed[1:])
    data.setlist("directed", [str(o) for o in directed] if isinstance(directed, list) else [])
    return data


def fields_of(data: QueryDict) -> dict[str, Any]:
    """Return what was typed as parts of an entry: numbers and days where they are, else as typed."""
    found: dict[str, Any] = {}
    for name in (*_TEXTS, *_CHOICES):
        found[name] = " ".join(data.get(name, "")[:_LONGEST_TYPED].split())
    for name in _LINES:
        lines = data.get(name, "")[:_LONGEST_TYPED].splitlines()
        found[name] = [line.strip() for line in lines if line.strip()]
    for name in _NUMBERS:
        typed = data.get(name, "").strip()[:40]
        found[name] = (
            int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else typed
        )
    for name in _DAYS:
        found[name] = _day(data.get(name, "").strip()[:40])
    usual = data.get("usual", "")
    also = [one for one in data.getlist("ways")[:20] if one != usual]
    found["ways"] = [one[:40] for one in ([usual, *also] if usual else also)]
    found["directed"] = [one[:60] for one in data.getlist("directed")[:50]]
    return found


def _day(typed: str) -> date | str:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return typed


class NewDefinitionForm(forms.Form):
    """What a service that there is not yet is called, where it stands, what it begins from."""

    title = forms.CharField(
        label="名称",
        max_length=LONGEST["title"],
        help_text="给劳动者看的，比如“免费理发”。",
        error_messages={"required": "起个名称。"},
    )
    code = forms.CharField(
        label="代码",
        max_length=LONGEST["code"],
        help_text="小写英文字母、数字、下划线，定了不改，比如 haircut。",
        error_messages={"required": "写一个代码。"},
    )
    source = forms.CharField(
        label="依据哪份文件",
        max_length=LONGEST["source"],
        help_text="文件名、文号、年份。没有文件的，写是谁、哪次会定的。",
        error_messages={"required": "写上依据。没有文件的，写是谁、哪次会定的。"},
    )
    union = forms.CharField(
        label="哪家工会的服务（工会编码）",
        max_length=24,
        help_text="省、市、县总工会。下面的工会都能开这一项。",
        error_messages={"required": "填是哪家工会定的。"},
    )
    like = forms.ChoiceField(label="从哪里写起", required=False, choices=())

    def __init__(self, *args: Any, known: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "like", [("", "空白"), *((code, f"照“{title}”写") for code, title in known)])


class TakeInForm(forms.Form):
    """A definition in YAML that somebody has: pasted, or as it was saved."""

    union = forms.CharField(
        label="哪家工会的服务（工会编码）",
        max_length=24,
        error_messages={"required": "填是哪家工会定的。"},
    )
    text = forms.CharField(
        label="把定义贴在这里",
        required=False,
        help_text="别处导出的定义，进来是一份草稿，照样要另一位同事定稿。已经有的服务，成为它新的一版。",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    saved = forms.FileField(
        label="或者选存好的 .yaml", required=False, widget=forms.FileInput(attrs={"accept": ".yaml,.yml"})
    )  # fmt: skip

    def clean_saved(self) -> str:
        """Return what is in it as text, "" without."""
        saved = self.cleaned_data["saved"]
        if not saved:
            return ""
        if saved.size > MOST_BYTES:
            raise forms.ValidationError("太大了，一项服务的定义不会超过 64 KB。")
        try:
            return str(saved.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("读不懂，存成 UTF-8 的文本再选。") from None

    def clean(self) -> dict[str, Any]:
        """Want one of the two."""
        given = super().clean() or {}
        if not given.get("text") and not given.get("saved") and not self.errors:
            raise forms.ValidationError("贴上定义，或者选一份存好的。")
        return given

    def given_text(self) -> str:
        """Return the text that was given."""
        return str(self.cleaned_data["saved"] or self.cleaned_data["text"])


assert {*_TEXTS, *_LINES, *_NUMBERS, *_DAYS, *_CHOICES} < {*LABELS}
