"""What is typed on the pages of rules: values in their places, a case, the head of a new one."""

import re
from typing import Any

from django import forms
from django.http import QueryDict

from nuanxin.eligibility.rules.editing import Slot
from nuanxin.programmes.rules.new_rules import LONGEST_DOCUMENT, LONGEST_TITLE, NewRule

LONGEST_VALUE = 120
_SLOT = re.compile(r"v-(\d{1,3})")
ANSWERS = (("yes", "可以"), ("no", "不可以"), ("unknown", "还不知道"))


def values_of(data: QueryDict) -> dict[int, list[str]]:
    """Return the values that were typed, by the number of their place."""
    found = {}
    for name in data:
        match = _SLOT.fullmatch(name)
        if match:
            found[int(match[1])] = [value[:LONGEST_VALUE] for value in data.getlist(name)]
    return found


def case_of(data: QueryDict, slots: tuple[Slot, ...]) -> tuple[str, dict[str, str], str] | None:
    """Return a case's name, facts and answer; None without a name or with an answer that is none.

    Facts left empty are not in it: they are not known of this person.
    """
    name, answer = data.get("case_name", "").strip()[:80], data.get("case_answer", "")
    if not name or answer not in dict(ANSWERS):
        return None
    facts = {}
    for fact in dict.fromkeys(slot.fact.name for slot in slots):
        value = data.get(f"f-{fact}", "").strip()[:LONGEST_VALUE]
        if value:
            facts[fact] = value
    return name, facts, answer


class NewRuleForm(forms.Form):
    """What a rule that nobody has shipped is called, where it stands, what it begins from."""

    title = forms.CharField(
        label="名称",
        max_length=LONGEST_TITLE,
        help_text="给劳动者看的，比如“夏季送清凉”。",
        error_messages={"required": "起个名称。"},
    )
    code = forms.CharField(
        label="代码",
        max_length=60,
        help_text="小写英文字母、数字、下划线，定了不改，比如 summer_gift。",
        error_messages={"required": "写一个代码。"},
    )
    document = forms.CharField(
        label="依据哪份文件",
        max_length=LONGEST_DOCUMENT,
        help_text="文件名、文号、年份。",
        error_messages={"required": "写上依据。没有文件的，写是谁、哪次会定的。"},
    )
    union = forms.CharField(
        label="哪家工会定的（工会编码）",
        max_length=24,
        help_text="省、市、县总工会。下面的工会都能用这一条。",
        error_messages={"required": "填是哪家工会定的。"},
    )
    like = forms.ChoiceField(label="从哪里写起", required=False, choices=())

    def __init__(self, *args: Any, known: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["like"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "空白：只有“是工会会员”一条"),
            *((code, f"照“{title}”写") for code, title in known),
        ]

    def new_rule(self) -> NewRule:
        """Return what was filled in."""
        given = self.cleaned_data
        return NewRule(given["code"].strip(), given["title"], given["document"])
