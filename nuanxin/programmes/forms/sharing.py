"""Forms of sharing: places that are added, points that are pasted."""

from django import forms

from nuanxin.programmes.actions.offers import MOST_PLACES


class MorePlacesForm(forms.Form):
    """How many places come on top."""

    more = forms.IntegerField(
        label="加多少个名额",
        min_value=1,
        max_value=MOST_PLACES,
        error_messages={
            "required": "填加多少个。",
            "invalid": "填一个整数。",
            "min_value": "至少加 1 个。名额只能加，不能减。",
            "max_value": f"最多 {MOST_PLACES:,} 个。",
        },
    )


class PointsForm(forms.Form):
    """A table from a worksheet: a line an applicant."""

    text = forms.CharField(
        label="从表格里贴过来",
        max_length=400_000,
        help_text="一行一人：第一列报名编号，最后一列分数。中间有别的列也行，比如姓名。",
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "贴上报名编号和分数。"},
    )
