"""Shapes of what officers type when a union is founded, changed or ended. Rules decide elsewhere."""

from typing import Any

from django import forms

from nuanxin.orgs.states import DissolutionGround, Route, UnionKind

_OFF = {"autocomplete": "off"}
_DOCUMENT_HINT = "批复、决议的文号或名称，写进变动记录。"


def _text(label: str, *, most: int, hint: str = "", required: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        help_text=hint,
        required=bool(required),
        error_messages={
            "required": required,
            "max_length": f"最多 {most} 个字，现在有 %(show_value)d 个。",
        },
        widget=forms.TextInput(attrs=_OFF),
    )


def _day(label: str, hint: str = "", *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=required,
        error_messages={
            "required": f"还没有填{label}。",
            "invalid": "日期写成 2026-12-31 这样。",
        },
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _document(*, required: bool = True) -> forms.CharField:
    return _text(
        "依据的文件",
        most=80,
        hint=_DOCUMENT_HINT,
        required="还没有写依据的文件。" if required else "",
    )


def _reason() -> forms.CharField:
    return _text("说明", most=200, hint="可以不填。写给以后查记录的人看。")


def _union(label: str, hint: str = "写编码最准，写全称也行。") -> forms.CharField:
    return _text(label, most=120, hint=hint, required=f"还没有写{label}。")


class UnionForm(forms.Form):
    """What every change of a union takes.

    ``places`` are (code, name) of regions to choose from, ``children`` and ``entries`` (id, words)
    of the unions below and of the entries of its territory.
    """

    def __init__(
        self,
        *args: Any,
        places: list[tuple[str, str]] | None = None,
        children: list[tuple[str, str]] | None = None,
        entries: list[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("place", places), ("children", children), ("entry", entries)):
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = choices or []


class FoundForm(UnionForm):
    """A new union below this one."""

    name = _text("工会全称", most=120, required="还没有填工会全称。")
    kind = forms.ChoiceField(label="类型", choices=[(one.value, one.label) for one in UnionKind])
    place = forms.ChoiceField(label="在哪里", help_text="按这里计入地区的数。")
    founded_on = _day("成立日期", "批准成立的那一天，不能晚于今天。")
    state = forms.ChoiceField(
        label="到哪一步了",
        choices=[("active", "已批准成立"), ("preparing", "还在筹建")],
    )
    is_new_form = forms.BooleanField(label="新就业形态工会", required=False)
    route = forms.ChoiceField(
        label="怎么建起来的",
        required=False,
        choices=[("", "不写")] + [(one.value, one.label) for one in Route],
    )
    credit_code = _text("统一社会信用代码", most=18, hint="81 开头的 18 位，还没有就空着。")
    document = _document(required=False)
    reason = _reason()


class MoveForm(UnionForm):
    """Another upper union from a day on."""

    other = _union("新的上级工会")
    effective_on = _day("从哪天起", "这一天以前的数和隶属都不变。")
    document = _document(required=False)
    reason = _reason()


class CorrectForm(UnionForm):
    """Under whom it stood in fact on some past days."""

    other = _union("那几天实际的上级")
    valid_from = _day("从哪天起")
    valid_to = _day("到哪天为止", "这一天不算在内。空着就是一直到今天以后。", required=False)
    document = _document(required=False)
    reason = _text("为什么更正", most=200, required="还没有写为什么更正。")


class SecondForm(UnionForm):
    """The second upper union of dual subordination."""

    other = _text("第二个上级工会", most=120, hint="编码或全称。空着就是从那天起不再双重隶属。")
    effective_on = _day("从哪天起")
    document = _document(required=False)
    reason = _reason()


class TerritoryForm(UnionForm):
    """Where the union works from a day on: its seat, and the areas besides."""

    seat = _text(
        "驻地", most=60, hint="县（市、区）或街道。按这里计入地区的数。", required="还没有填驻地。"
    )
    areas = forms.CharField(
        label="还在哪些地方",
        required=False,
        max_length=8000,
        help_text="一行一处，写县（市、区）或街道；整个市都管，写市。删掉一行，就是从那天起不再管。",
        widget=forms.Textarea(attrs={"rows": 6} | _OFF),
    )
    effective_on = _day("从哪天起", "这一天以前的地域和数都不变。")
    document = _document(required=False)
    reason = _reason()


class TerritoryDaysForm(UnionForm):
    """On which days an entry of the territory held in fact."""

    entry = forms.ChoiceField(label="哪一条", error_messages={"required": "还没有选哪一条。"})
    valid_from = _day("实际从哪天起")
    valid_to = _day(
        "实际到哪天为止", "这一天不算在内。还在管的空着；驻地不用填，照原来的。", required=False
    )
    document = _document(required=False)
    reason = _text("为什么更正", most=200, required="还没有写为什么更正。")


class MergeForm(UnionForm):
    """Into which union this one goes."""

    other = _union("并入哪个工会")
    effective_on = _day("从哪天起")
    document = _document()
    reason = _reason()


class SplitForm(UnionForm):
    """A new union beside this one, perhaps with some of those below."""

    name = _text("分出来的工会全称", most=120, required="还没有填分出来的工会叫什么。")
    children = forms.MultipleChoiceField(
        label="哪些下级跟过去",
        required=False,
        help_text="不勾的留在原来的工会。",
        widget=forms.CheckboxSelectMultiple,
    )
    effective_on = _day("从哪天起")
    document = _document()
    reason = _reason()


class DissolveForm(UnionForm):
    """Why this union ends."""

    dissolution_ground = forms.ChoiceField(
        label="凭什么撤销",
        choices=[(one.value, one.label) for one in DissolutionGround],
        help_text="工会不能随意撤销、合并（工会法第十三条）。",
    )
    effective_on = _day("从哪天起")
    document = _document(required=False)
    reason = _reason()


class ActivateForm(UnionForm):
    """The upper union has approved a union in preparation."""

    approved_on = _day("批准日期")
    document = _document()


class ExtendForm(UnionForm):
    """A re-election is put off."""

    months = forms.IntegerField(
        label="延几个月",
        min_value=1,
        max_value=12,
        error_messages={
            "required": "还没有填延几个月。",
            "invalid": "写成整数，例如 6。",
            "min_value": "至少 1 个月。",
            "max_value": "最多 12 个月。",
        },
    )
    document = _document()


class RenameForm(UnionForm):
    """Another name from a day on."""

    name = _text("新的全称", most=120, required="还没有填新的全称。")
    short_name = _text("简称", most=60, hint="可以不填。")
    effective_on = _day("从哪天起", "以前的日子仍显示旧名称。")
    document = _document(required=False)
    reason = _reason()


class ContactForm(UnionForm):
    """How the union's office is reached; the public sees it."""

    address = _text("地址", most=120)
    contact_name = _text("联系部门或联系人", most=40, hint="对外公开，写部门最好。")
    contact_phone = _text("联系电话", most=30, hint="对外公开，写单位电话。")


class CreditCodeForm(UnionForm):
    """The checked social-credit code."""

    credit_code = _text(
        "统一社会信用代码",
        most=18,
        hint="证书上 81 或 89 开头的 18 位。",
        required="还没有填代码。",
    )


class ElectionForm(UnionForm):
    """An election has taken place."""

    elected_on = _day("选举日期")
    term_years = forms.TypedChoiceField(
        label="任期", coerce=int, choices=[(3, "三年"), (5, "五年")]
    )
    document = _document(required=False)


class CoverageForm(UnionForm):
    """An employer that the union covers from a day on; one that is new is registered with it."""

    employer = _text(
        "单位", most=120, hint="写统一社会信用代码最准，写全称也行。", required="还没有写单位。"
    )
    is_new = forms.BooleanField(label="这家单位还没登记过，一起登记", required=False)
    credit_code = _text("它的统一社会信用代码", most=18, hint="新登记的才要填，没有就空着。")
    is_platform = forms.BooleanField(label="它是平台企业", required=False)
    effective_on = _day("从哪天起")


class UncoverForm(UnionForm):
    """An employer that the union covers no longer from a day on."""

    employer = _text(
        "单位", most=120, hint="写统一社会信用代码最准，写全称也行。", required="还没有写单位。"
    )
    effective_on = _day("从哪天起")


class OutletForm(UnionForm):
    """An outlet of an employer that the union covers; it may lie in another city."""

    employer = _text("哪家单位的", most=120, hint="信用代码或全称。", required="还没有写单位。")
    name = _text("网点名称", most=120, required="还没有填网点名称。")
    where = _text(
        "在哪里",
        most=60,
        hint="县（市、区）或街道，例如“鄞州区”“拱墅区大关街道”。",
        required="还没有填在哪里。",
    )
    opened_on = _day("开张日期", "可以不填。", required=False)


class CloseForm(UnionForm):
    """The day from which an outlet or an employer is no more."""

    closed_on = _day("从哪天起", "不能晚于今天。这一天起就不算在用了。")
