"""What is filled in around attestations: asking, answering, registering who may attest."""

from collections.abc import Iterable
from typing import Any

from django import forms

from nuanxin.kernel import occupations
from nuanxin.programmes.actions.attesters import AttesterDraft
from nuanxin.programmes.actions.attesting import Reply
from nuanxin.programmes.queries.attesters import AttesterRow
from nuanxin.programmes.rules.attestations import LOCAL_MONTHS, MOST_MONTHS, OCCUPATION, Point
from nuanxin.programmes.states import AttesterKind

REASONS = ("不认识他。", "他没在这里干。", "他说的和我知道的对不上。", "这件事不归我证明。")
_MONTHS = {
    "invalid": "写一个数，比如 36。",
    "min_value": "从 0 写起。",
    "max_value": f"最多写 {MOST_MONTHS}。",
}


def _trades() -> list[tuple[str, str]]:
    return [
        ("", "不用证明这项"),
        *((str(one.key), one.label) for one in occupations.all_occupations()),
    ]


class ScopeForm(forms.Form):
    """What is to be attested: for how long, in what trade, where."""

    months = forms.IntegerField(
        label="在当地干了几个月", required=False, min_value=0, max_value=MOST_MONTHS,
        help_text="一年写 12，三年写 36。不用证明就空着。", error_messages=_MONTHS,
    )  # fmt: skip
    trade = forms.TypedChoiceField(label="做什么", required=False, coerce=int, empty_value=None)
    workplace = forms.CharField(
        label="在哪个站点或平台", required=False, max_length=80,
        help_text="方便他想起你。不用写地址。",
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["trade"].choices = _trades()  # type: ignore[attr-defined]

    def values(self) -> dict[str, object]:
        """Return the values by fact."""
        given = self.cleaned_data
        found = {LOCAL_MONTHS: given.get("months"), OCCUPATION: given.get("trade")}
        return {name: value for name, value in found.items() if value is not None}


class AskForm(ScopeForm):
    """What a worker wants confirmed, and by whom."""

    attester = forms.TypedChoiceField(
        label="请谁证明", coerce=int, widget=forms.RadioSelect,
        error_messages={"required": "选一位。", "invalid_choice": "从下面选一位。"},
    )  # fmt: skip
    offer = forms.SlugField(required=False, max_length=20, widget=forms.HiddenInput)
    field_order = ("attester", "months", "trade", "workplace", "offer")

    def __init__(self, *args: Any, attesters: Iterable[AttesterRow], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["attester"].choices = [  # type: ignore[attr-defined]
            (str(one.id), _said(one)) for one in attesters
        ]


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
    field_order = ("code", "months", "trade", "workplace")


class ReplyForm(forms.Form):
    """An attester's answer: the values as they stand, corrected, or a reason why not."""

    months = forms.IntegerField(
        label="实际干了几个月", required=False, min_value=0, max_value=MOST_MONTHS,
        error_messages=_MONTHS,
    )  # fmt: skip
    trade = forms.TypedChoiceField(label="实际做什么", required=False, coerce=int, empty_value=None)
    reason = forms.ChoiceField(
        label="为什么不确认", required=False, choices=[(one, one) for one in REASONS],
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, points: tuple[Point, ...], **more: Any) -> None:
        asked = {point.name: point.value for point in points}
        more["initial"] = {"months": asked.get(LOCAL_MONTHS), "trade": asked.get(OCCUPATION)}
        super().__init__(*args, **more)
        self.fields["trade"].choices = _trades()[1:]  # type: ignore[attr-defined]
        self.points = points
        for name, field in ((LOCAL_MONTHS, "months"), (OCCUPATION, "trade")):
            if name not in asked:
                del self.fields[field]

    def reply(self, do: str) -> Reply:
        """Return the answer to what was tapped: yes, correct or no."""
        if do == "no":
            return Reply(None, self.cleaned_data.get("reason") or "")
        if do == "yes":
            return Reply({point.name: point.value for point in self.points})
        given = {
            LOCAL_MONTHS: self.cleaned_data.get("months"),
            OCCUPATION: self.cleaned_data.get("trade"),
        }
        return Reply({name: value for name, value in given.items() if value is not None})


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
