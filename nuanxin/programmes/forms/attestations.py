"""What is filled in around attestations: asking, answering, registering who may attest."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from nuanxin.kernel import occupations
from nuanxin.programmes.actions.attesters import AttesterDraft
from nuanxin.programmes.actions.attesting import Reply
from nuanxin.programmes.queries.attesters import AttesterRow
from nuanxin.programmes.rules.attestable import Attestable, all_attestable
from nuanxin.programmes.rules.attestations import Point
from nuanxin.programmes.states import AttesterKind

REASONS = ("不认识他。", "他没在这里干。", "他说的和我知道的对不上。", "这件事不归我证明。")


_LEFT = [("", "不用证明这项")]


def _trades() -> list[tuple[str, str]]:
    return [(str(one.key), one.label) for one in occupations.all_occupations()]


def _field(one: Attestable, *, may_be_left: bool = True) -> forms.Field:
    """Return the field in which a fact is asked."""
    if one.kind == "number":
        return forms.IntegerField(
            label=one.ask, required=False, min_value=one.least, max_value=one.most,
            help_text=one.hint,
            error_messages={
                "invalid": "写一个数，比如 36。" if one.most >= 36 else "写一个数。",
                "min_value": f"从 {one.least} 写起。",
                "max_value": f"最多写 {one.most}。",
            },
        )  # fmt: skip
    choices = (
        _trades() if one.kind == "occupation" else [(str(k), label) for k, label in one.choices]
    )
    return forms.TypedChoiceField(
        label=one.ask, required=False, coerce=int, empty_value=None,
        choices=[*_LEFT, *choices] if may_be_left else choices,
    )  # fmt: skip


class FactsForm(forms.Form):
    """Fields of facts that may be attested, made from their list; subclasses say which."""

    asked: tuple[Attestable, ...] = ()

    def add_facts(self, asked: Iterable[Attestable]) -> None:
        """Add a field a fact, before the others."""
        self.asked = tuple(asked)
        for one in self.asked:
            self.fields[one.field] = _field(one)

    @property
    def fact_fields(self) -> list[dict[str, Any]]:
        """Return the fields of facts for the page; ``by``: the choices of attester that may say each."""
        return [
            {
                "field": self[one.field],
                "is_number": one.kind == "number",
                "by": self.chosen_for(one),
            }
            for one in self.asked
        ]

    def chosen_for(self, one: Attestable) -> str:
        """Return which choices of an attester a fact goes with, "" where nothing is chosen."""
        del one
        return ""

    def values(self) -> dict[str, object]:
        """Return the values by fact; what was left empty is not there."""
        given = self.cleaned_data
        return {
            one.fact: given[one.field] for one in self.asked if given.get(one.field) is not None
        }


class ScopeForm(FactsForm):
    """What is to be attested, and where."""

    workplace = forms.CharField(
        label="在哪个站点或平台", required=False, max_length=80,
        help_text="方便他想起你。不用写地址。",
    )  # fmt: skip


class AskForm(ScopeForm):
    """What a worker wants confirmed, and by whom."""

    attester = forms.TypedChoiceField(
        label="请谁证明", coerce=int, widget=forms.RadioSelect,
        error_messages={"required": "选一位。", "invalid_choice": "从下面选一位。"},
    )  # fmt: skip
    offer = forms.SlugField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, attesters: Sequence[AttesterRow], lacking: Sequence[str] = (), **more: Any
    ) -> None:
        """Offer what any of the attesters may say; of that only ``lacking``, where there is some of it."""
        super().__init__(*args, **more)
        self.kinds = {one.id: one.kind for one in attesters}
        open_to_them = [one for one in all_attestable() if one.by & {*self.kinds.values()}]
        wanted = [one for one in open_to_them if one.fact in lacking]
        self.is_lacking = bool(wanted) and len(wanted) < len(open_to_them)
        self.add_facts(wanted or open_to_them)
        for one in self.asked:
            if not {*self.kinds.values()} <= one.by:
                field = self.fields[one.field]
                field.help_text = f"{field.help_text}只有{_whose(one)}能证明这项。"
        self.fields["attester"].choices = [  # type: ignore[attr-defined]
            (str(one.id), _said(one)) for one in attesters
        ]

    def chosen_for(self, one: Attestable) -> str:
        """Return the ids of the attesters who may say a fact, for the page to hide what the chosen may not."""
        return " ".join(str(key) for key, kind in self.kinds.items() if kind in one.by)

    def clean(self) -> dict[str, Any]:
        """Refuse, at its field, what the chosen attester may not say."""
        given = super().clean() or {}
        kind = self.kinds.get(given.get("attester") or 0)
        for one in self.asked if kind is not None else ():
            if given.get(one.field) is not None and kind not in one.by:
                self.add_error(one.field, f"他证明不了这项，要请{_whose(one)}。空着，或者换一位。")
        return given


def _whose(one: Attestable) -> str:
    return "、".join(kind.label for kind in AttesterKind if kind in one.by)


def _said(one: AttesterRow) -> str:
    where = one.outlet_name or one.place or one.union_name
    return f"{one.masked_name}，{one.post_title}（{where}）"


class CardForm(ScopeForm):
    """Attesting at once for who shows the card."""

    code = forms.CharField(
        label="会员卡上的码", max_length=400,
        help_text="用扫码枪扫，或者把扫出来的内容粘进来。请本人打开手机上的会员卡，截图会过期。",
        error_messages={"required": "先扫会员卡。"},
    )  # fmt: skip
    workplace = forms.CharField(
        label="在哪个站点或平台", required=False, max_length=80, help_text="可以不写。"
    )

    def __init__(self, *args: Any, kind: AttesterKind, **more: Any) -> None:
        """Offer what an attester of this kind may say."""
        super().__init__(*args, **more)
        self.add_facts(one for one in all_attestable() if kind in one.by)


class ReplyForm(FactsForm):
    """An attester's answer: the values as they stand, corrected, or a reason why not."""

    reason = forms.ChoiceField(
        label="为什么不确认", required=False, choices=[(one, one) for one in REASONS],
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, points: tuple[Point, ...], **more: Any) -> None:
        super().__init__(*args, **more)
        self.points = points
        given = {point.name: point.value for point in points}
        self.add_facts(one for one in all_attestable() if one.fact in given)
        for one in self.asked:
            field = _field(one, may_be_left=False)
            field.label, field.help_text = f"实际{one.ask}", ""
            field.initial = given[one.fact]
            self.fields[one.field] = field

    def reply(self, do: str) -> Reply:
        """Return the answer to what was tapped: yes, correct or no."""
        if do == "no":
            return Reply(None, self.cleaned_data.get("reason") or "")
        if do == "yes":
            return Reply({point.name: point.value for point in self.points})
        return Reply(self.values())


class AttesterForm(forms.Form):
    """Somebody to be registered as an attester."""

    kind = forms.TypedChoiceField(
        label="哪一种", coerce=int, choices=[(str(int(one)), one.label) for one in AttesterKind],
        widget=forms.RadioSelect, error_messages={"required": "选一种。"},
    )  # fmt: skip
    union = forms.TypedChoiceField(
        label="哪个工会", coerce=int, help_text="只能给这个工会和它下面的人证明。",
        error_messages={"required": "选一个工会。", "invalid_choice": "从列表里选。"},
    )  # fmt: skip
    outlet = forms.TypedChoiceField(
        label="哪个网点", coerce=int, required=False, empty_value=None,
        help_text="平台或网点联系人要选，只能给在那里干活的人证明。",
    )  # fmt: skip
    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "写上姓名。"})
    post_title = forms.CharField(
        label="职务", max_length=40, error_messages={"required": "写上职务。"}
    )
    place = forms.CharField(
        label="驿站或地点", max_length=80, required=False, help_text="站长写驿站的名字。"
    )
    phone = forms.CharField(
        label="手机号", max_length=20, help_text="链接发到这里。",
        error_messages={"required": "写上手机号。"},
    )  # fmt: skip
    valid_to = forms.DateField(
        label="到哪天", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="最长一年，到期再续。",
        error_messages={"required": "选一天。", "invalid": "选一天，比如 2027-06-30。"},
    )  # fmt: skip

    def __init__(
        self, *args: Any, unions: list[tuple[int, str]], outlets: list[tuple[int, str]], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.fields["union"].choices = unions  # type: ignore[attr-defined]
        self.fields["outlet"].choices = [("", "不限网点"), *outlets]  # type: ignore[attr-defined]

    def draft(self) -> AttesterDraft:
        """Return what was filled in."""
        given = self.cleaned_data
        return AttesterDraft(
            kind=AttesterKind(given["kind"]), name=given["name"], post_title=given["post_title"],
            phone=given["phone"], valid_to=given["valid_to"], place=given["place"],
            outlet_id=given["outlet"],
        )  # fmt: skip


class WhyForm(forms.Form):
    """A reason, for taking something back or ending it."""

    why = forms.CharField(
        label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="本人看得到。", error_messages={"required": "写一写原因。"},
    )  # fmt: skip
