"""What is filled in for rounds, inspections (also by devices that were offline) and mending."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed
from nuanxin.stations.actions.inspecting import Sheet
from nuanxin.stations.rules.inspections import LONGEST_NOTE, Form
from nuanxin.stations.states.inspections import Finding, InspectionKind

MOST_SHEETS = 50
_ASKED = (Finding.YES, Finding.NO, Finding.NOT_HERE)
_DAY = {"required": "选一天。", "invalid": "选一天，比如 2026-12-10。"}


class RoundForm(forms.Form):
    """A sample to be committed."""

    union = forms.TypedChoiceField(label="查哪里的驿站", coerce=int)
    title = forms.CharField(
        label="名称", max_length=60, error_messages={"required": "写个名称，比如“四季度抽查”。"}
    )
    percent = forms.DecimalField(
        label="抽百分之几", min_value=1, max_value=100, decimal_places=1, max_digits=4, initial=10,
        help_text="每个乡镇（街道）至少抽一家，不足一家的进一。",
        error_messages={"required": "填 1 到 100。", "invalid": "填 1 到 100。"},
    )  # fmt: skip
    due_on = forms.DateField(
        label="哪天前查完", error_messages=_DAY,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    seed = forms.CharField(
        label="用哪个公开的数来抽", max_length=120,
        help_text="写还没出来、谁都看得到的数，比如“12 月 1 日上证指数收盘”。名单先封存，数出来再抽。",
        error_messages={"required": "写清是哪个数、哪天、在哪里看。"},
    )  # fmt: skip

    def __init__(self, *args: Any, unions: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["union"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = unions

    def terms(self) -> dict[str, Any]:
        """Return what ``commit_round`` takes."""
        data = self.cleaned_data
        return {
            "union_id": data["union"],
            "title": data["title"],
            "permille": int(data["percent"] * 10),
            "due_on": data["due_on"],
            "seed": data["seed"],
        }


class SheetForm(forms.Form):
    """The form in force at a station: one choice and one note for each item."""

    kind = forms.TypedChoiceField(
        label="为什么来看",
        coerce=lambda value: InspectionKind(int(value)),
        choices=[(int(one), one.label) for one in InspectionKind],
    )
    begins = forms.TimeField(
        label="几点到的", required=False, help_text="当一天站长的写，比如 09:00。",
        error_messages={"invalid": "写成 09:00 这样。"},
    )  # fmt: skip
    heard = forms.CharField(
        label="听到什么、还缺什么", max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, form: Form) -> None:
        super().__init__(data)
        self.form = form
        for one in form.items:
            self.fields[f"found_{one.code}"] = forms.TypedChoiceField(
                label=one.text + ("（必须做到）" if one.must else ""),
                coerce=lambda value: Finding(int(value)),
                choices=[(int(choice), choice.label) for choice in _ASKED],
                widget=forms.RadioSelect,
                error_messages={"required": "选一个。"},
            )
            self.fields[f"note_{one.code}"] = forms.CharField(
                label=f"说明：{one.text}", max_length=LONGEST_NOTE, required=False
            )

    def lines(self) -> list[dict[str, Any]]:
        """Return the items as drawn: what is asked, the choices, what was chosen, the note, the fault."""
        return [
            {
                "name": f"found_{one.code}",
                "note_name": f"note_{one.code}",
                "text": one.text,
                "hint": f"必须做到。没做到的 {one.days} 个工作日里改好。" if one.must else "",
                "choices": [
                    {
                        "value": int(choice),
                        "label": choice.label,
                        "is_chosen": str(self.data.get(f"found_{one.code}", ""))
                        == str(int(choice)),
                    }
                    for choice in _ASKED
                ],
                "note": self.data.get(f"note_{one.code}", ""),
                "fault": next(iter(self.errors.get(f"found_{one.code}", [])), "")
                if self.is_bound
                else "",
            }
            for one in self.form.items
        ]

    def sheet(self, *, station_code: str, now: datetime) -> Sheet:
        """Return what was filled in, as looked at now."""
        data = self.cleaned_data
        is_day = data["kind"] is InspectionKind.MASTER_DAY
        begins = data["begins"]
        since = now
        if is_day and begins is not None:
            since = datetime.combine(now.astimezone(SHANGHAI).date(), begins, SHANGHAI)
            if since >= now:
                since -= timedelta(days=1)
        try:
            number = UUID(str(self.data.get("client_id", "")))
        except ValueError:
            number = uuid4()
        return Sheet(
            client_id=number,
            station_code=station_code,
            kind=data["kind"],
            inspected_at=since,
            until_at=now if is_day else None,
            heard=data["heard"],
            found={one.code: data[f"found_{one.code}"] for one in self.form.items},
            notes={one.code: data[f"note_{one.code}"] for one in self.form.items},
        )


def read_sheets(body: bytes) -> list[Sheet]:
    """Return what a device kept while it was offline; raise ``Malformed`` stations.sheets."""
    fault = Malformed("stations.sheets", "送来的检查看不懂。刷新这一页再试，填的还在这台设备上。")
    try:
        rows = json.loads(body)["sheets"]
        if not isinstance(rows, list) or len(rows) > MOST_SHEETS:
            raise fault
        return [_sheet(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as unreadable:
        raise fault from unreadable


def _sheet(row: Mapping[str, Any]) -> Sheet:
    until = row.get("until")
    return Sheet(
        client_id=UUID(str(row["id"])),
        station_code=str(row["station"])[:16],
        kind=InspectionKind(int(row["kind"])),
        inspected_at=_moment(row["at"]),
        until_at=_moment(until) if until else None,
        heard=str(row.get("heard", ""))[:500],
        found={str(code)[:20]: Finding(int(value)) for code, value in row["found"].items()},
        notes={
            str(code)[:20]: str(text)[:LONGEST_NOTE] for code, text in row.get("notes", {}).items()
        },
    )


def _moment(text: Any) -> datetime:
    at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("a moment without its zone")
    return at
