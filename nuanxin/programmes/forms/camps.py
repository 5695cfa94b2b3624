"""Forms of camps: a child, who picks it up, a note; a camp, a class, somebody who cares."""

from datetime import date
from typing import Any

from django import forms

from nuanxin.programmes.actions.camps import ClassDraft
from nuanxin.programmes.actions.children import HEALTH_LONGEST, ChildDraft
from nuanxin.programmes.states import GRADES, Guardianship, StaffRole, grade_label

_DATE = {"required": "选一天。", "invalid": "选一天，比如 2027-07-05。"}
_WHOLE = {"required": "填一个数。", "invalid": "填一个整数。"}


def _day(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        error_messages=_DATE,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _choice(label: str, pairs: list[tuple[int, str]]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, coerce=int, choices=pairs, error_messages={"required": "选一个。"}
    )


class ChildForm(forms.Form):
    """A child of one's own."""

    name = forms.CharField(
        label="孩子的姓名", max_length=60, error_messages={"required": "填孩子的姓名。"}
    )
    born = forms.RegexField(
        label="出生年月",
        regex=r"^\s*(\d{4})\s*[-年./]\s*(\d{1,2})\s*月?\s*$",
        help_text="比如 2018-05。不用填哪一天。",
        error_messages={"required": "填出生年月。", "invalid": "写成 2018-05 这样。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    grade = _choice("现在读几年级", [(n, grade_label(n)) for n in range(len(GRADES))])
    relation = _choice("你是孩子的", [(int(one), one.label) for one in Guardianship])

    def clean_born(self) -> date:
        """Return the first of the month."""
        digits = [int(part) for part in _split(self.cleaned_data["born"])]
        try:
            return date(digits[0], digits[1], 1)
        except ValueError:
            raise forms.ValidationError("月份是 1 到 12。") from None

    def draft(self) -> ChildDraft:
        """Return what the action takes."""
        said = self.cleaned_data
        return ChildDraft(said["name"], said["born"], said["grade"], Guardianship(said["relation"]))


class PickupForm(forms.Form):
    """Somebody who may take the child home."""

    name = forms.CharField(
        label="接送人姓名", max_length=60, error_messages={"required": "填接送人的姓名。"}
    )
    phone = forms.CharField(
        label="手机号",
        max_length=20,
        error_messages={"required": "填接送人的手机号。"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    relation = forms.CharField(
        label="是孩子的什么人",
        max_length=12,
        help_text="比如 奶奶",
        error_messages={"required": "写上是孩子的什么人。"},
    )


class NoteForm(forms.Form):
    """What keepers must know."""

    text = forms.CharField(
        label="老师要知道的",
        required=False,
        max_length=HEALTH_LONGEST,
        help_text="过敏、常用药、要留意的事。只写照看孩子用得上的。留空就是删掉。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SetUpForm(forms.Form):
    """Days and insurance of a camp."""

    starts_on = _day("第一天")
    ends_on = _day("最后一天")
    insurance = forms.CharField(
        label="意外险：保险公司和保单号",
        max_length=120,
        error_messages={"required": "先给孩子买好意外险，再写上保单号。"},
    )


class ClassForm(forms.Form):
    """A class."""

    label = forms.CharField(label="班名", max_length=30, error_messages={"required": "起个班名。"})
    place = forms.CharField(
        label="地点", max_length=120, error_messages={"required": "写清楚在哪里。"}
    )
    opens_at = forms.TimeField(
        label="几点开门", error_messages=_WHOLE, widget=forms.TimeInput(attrs={"type": "time"})
    )
    closes_at = forms.TimeField(
        label="几点接走", error_messages=_WHOLE, widget=forms.TimeInput(attrs={"type": "time"})
    )
    grade_from = _choice("最低年级", [(n, grade_label(n)) for n in range(len(GRADES))])
    grade_to = _choice("最高年级", [(n, grade_label(n)) for n in range(len(GRADES))])
    size = forms.IntegerField(label="多少个孩子", min_value=1, max_value=100, error_messages=_WHOLE)
    tutors = forms.IntegerField(
        label="每天至少几位老师", min_value=1, max_value=9, error_messages=_WHOLE
    )
    volunteers = forms.IntegerField(
        label="每天至少几位志愿者", min_value=0, max_value=9, error_messages=_WHOLE
    )

    def draft(self) -> ClassDraft:
        """Return what the action takes."""
        said = self.cleaned_data
        return ClassDraft(**{name: said[name] for name in self.fields})


class StaffForm(forms.Form):
    """Somebody who cares for children; ``worker_phone`` lets him sign in as a keeper."""

    name = forms.CharField(label="姓名", max_length=60, error_messages={"required": "填姓名。"})
    role = _choice("做什么", [(int(one), one.label) for one in StaffRole])
    worker_phone = forms.CharField(
        label="登录用的手机号",
        required=False,
        max_length=20,
        help_text="填了，他用这个手机号登录，就能点名、交接。不登录的不用填。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    checked_on = _day("犯罪记录哪天查的", required=False, help_text="一年以内的才能排班。")
    check_number = forms.CharField(label="查询回执编号", required=False, max_length=40)
    trained_on = _day("岗前培训哪天", required=False)


class RenewForm(forms.Form):
    """A new check, training, or that somebody left."""

    checked_on = _day("新的查询日", required=False)
    check_number = forms.CharField(label="查询回执编号", required=False, max_length=40)
    trained_on = _day("培训日", required=False)
    has_left = forms.BooleanField(label="不做了，以后不排班", required=False)


class HarmForm(forms.Form):
    """What was noticed, and who was told."""

    noticed_at = forms.DateTimeField(
        label="什么时候发现的",
        error_messages={"required": "填时间。", "invalid": "填日期和时间。"},
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    what = forms.CharField(
        label="看到、听到了什么",
        max_length=1_000,
        help_text="哪个孩子，什么情况。加密存放，只有主办工会指定的人能看。",
        error_messages={"required": "写下看到、听到了什么。"},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _split(text: str) -> list[str]:
    for mark in "年./月":
        text = text.replace(mark, "-")
    return [part.strip() for part in text.split("-") if part.strip()]


def bound(form: type[forms.Form], data: Any, *, is_sent: bool, **more: Any) -> forms.Form:
    """Return the form, bound when this very one was sent."""
    return form(data if is_sent else None, **more)
