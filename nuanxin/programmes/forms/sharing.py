"""Forms of sharing: places that are added, points that are pasted or come in a file."""

from collections.abc import Sequence
from typing import Any

from django import forms

from nuanxin.kernel.errors import Refusal
from nuanxin.membership.actions.sheets import TableRow, read_table
from nuanxin.programmes.actions.offers import MOST_PLACES
from nuanxin.programmes.rules.tables import find_columns


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


_POINT_HEADINGS = (("报名编号", "编号"), ("总分", "得分", "分数", "评分", "分"))


class PointsForm(forms.Form):
    """A table of points: a file, or lines from a worksheet; a line an applicant."""

    file = forms.FileField(
        label="传一份表格",
        required=False,
        help_text="Excel 或 CSV，最大 5 MB。有“报名编号”和“分数”两列就行，别的列不读。",
    )
    text = forms.CharField(
        label="或者从表格里贴过来",
        required=False,
        max_length=400_000,
        help_text="一行一人：第一列报名编号，最后一列分数。中间有别的列也行，比如姓名。",
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def clean(self) -> dict[str, Any]:
        """Want one of the two; a file becomes its lines, each at the number that it has there."""
        given = super().clean() or {}
        file = given.get("file")
        if file:
            try:
                given["text"] = _lines_of(read_table(file.read(), file.name))
            except Refusal as refusal:
                self.add_error("file", refusal.message)
        elif not given.get("text", "").strip():
            self.add_error("text", "选一份表格，或者贴上报名编号和分数。")
        return given


def _lines_of(rows: Sequence[TableRow]) -> str:
    """Return a table as lines of number and points, empty ones where the table has none."""
    found = find_columns([row.cells for row in rows], _POINT_HEADINGS)
    lines: dict[int, str] = {}
    for at, row in enumerate(rows):
        if found is None:
            lines[row.number] = "\t".join(cell for cell in row.cells if cell)
        elif at > found[0]:
            lines[row.number] = "\t".join(row.cells[column] for column in found[1] if column >= 0)
    return "\n".join(lines.get(number, "") for number in range(1, max(lines, default=0) + 1))
