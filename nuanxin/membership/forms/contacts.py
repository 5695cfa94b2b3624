"""The form by which an officer writes down that he reached or served a member."""

from datetime import date
from uuid import uuid4

from django import forms

from nuanxin.people.states import ContactKind

NOTE_LONGEST = 100


def _choices() -> list[tuple[str, list[tuple[int, str]]]]:
    by_hand = [kind for kind in ContactKind if kind.is_by_hand]
    return [
        ("联系", [(int(kind), kind.label) for kind in by_hand if not kind.is_service]),
        ("服务", [(int(kind), kind.label) for kind in by_hand if kind.is_service]),
    ]


class ContactForm(forms.Form):
    """联系与服务记录: what, on which day; the hidden number makes a form sent twice count once."""

    kind = forms.TypedChoiceField(
        label="做了什么",
        choices=_choices,
        coerce=lambda value: ContactKind(int(value)),
        error_messages={"required": "选一种。", "invalid_choice": "选一种列出来的。"},
    )
    day = forms.DateField(
        label="哪天",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "选哪天。", "invalid": "选一个日子，比如 2026-12-01。"},
    )
    note = forms.CharField(
        label="说明（可以不填）",
        max_length=NOTE_LONGEST,
        required=False,
        help_text=f"最多 {NOTE_LONGEST} 个字。不写身份证号、手机号和病情。本人看得到。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": f"最多 {NOTE_LONGEST} 个字，请写短些。"},
    )
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def fresh(cls, today: date) -> "ContactForm":
        """Return an empty form for today."""
        return cls(initial={"day": today, "form_id": uuid4()})
