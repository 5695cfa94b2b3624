"""The form of a station: what is entered at the desk, shaped into a draft."""

import re
from datetime import date
from typing import Any

from django import forms

from nuanxin.kernel import regions
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.geo import CRS
from nuanxin.orgs.queries.unions import get_union_by_code
from nuanxin.stations.actions.register import StationDraft
from nuanxin.stations.rules.facilities import facility_labels
from nuanxin.stations.states import DefinitionTag, HostKind, NameKind, Standing

_SPLIT = re.compile(r"[、,，;；\n]+")
_DAY = {"invalid": "选一天，比如 2026-12-01。"}
_NUMBER = {
    "invalid": "填一个整数。",
    "min_value": "填 1 以上的数。",
    "max_value": "数太大了，核对一下。",
}
_HOURS_HELP = "比如“每天 8:00-22:00”，或“周一至周五 8:30-17:30，节假日不开”。没有就空着。"
_YES_NO = (("", "没有登记"), ("1", "有"), ("0", "没有"))


def _yes_no(value: str) -> bool | None:
    return None if value == "" else value == "1"


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class StationForm(forms.Form):
    """Everything of a station; the county decides the towns to choose from."""

    name = forms.CharField(
        label="名称", max_length=80, error_messages={"required": "写上驿站的名称。"}
    )
    name_kind = forms.TypedChoiceField(
        label="站点类别", coerce=int, choices=[(int(v), v.label) for v in DefinitionTag],
        initial=int(DefinitionTag.UNION_STATION),
    )  # fmt: skip
    union = forms.CharField(
        label="哪家工会管（工会编码）", max_length=24, error_messages={"required": "填哪家工会管。"}
    )
    adcode = forms.TypedChoiceField(
        label="县（市、区）", coerce=int, error_messages={"required": "选一个县（市、区）。"}
    )
    town_code = forms.CharField(
        label="乡镇（街道）", max_length=20, required=False, help_text="写名称，比如“大关街道”。"
    )
    address = forms.CharField(
        label="地址", max_length=160, error_messages={"required": "写上地址，劳动者照着找。"}
    )
    lng = forms.FloatField(
        label="经度", min_value=-180, max_value=180, help_text="浙江在 118 到 123 之间。",
        error_messages={"required": "填经度。", "invalid": "填一个数，比如 120.1505。"},
    )  # fmt: skip
    lat = forms.FloatField(
        label="纬度", min_value=-180, max_value=180, help_text="浙江在 27 到 31.2 之间。",
        error_messages={"required": "填纬度。", "invalid": "填一个数，比如 30.3195。"},
    )  # fmt: skip
    crs = forms.ChoiceField(
        label="坐标从哪个地图取的",
        choices=[(c.value, c.label) for c in CRS],
        initial=CRS.GCJ02.value,
    )
    host_kind = forms.TypedChoiceField(
        label="共建单位类别", coerce=int, choices=[(int(v), v.label) for v in HostKind],
        initial=int(HostKind.OTHER),
    )  # fmt: skip
    host_name = forms.CharField(label="共建单位", max_length=80, required=False)
    hours = forms.CharField(
        label="有人值守的时间", max_length=300, required=False, help_text=_HOURS_HELP
    )
    extended_hours = forms.CharField(label="延时开放的时间", max_length=300, required=False)
    scan_hours = forms.CharField(
        label="没人值守、扫码进门的时间", max_length=300, required=False,
        help_text="比如“每天 22:00-次日 8:00”。",
    )  # fmt: skip
    is_benchmark = forms.BooleanField(label="标杆", required=False)
    is_24h = forms.BooleanField(label="24 小时", required=False)
    is_smart = forms.BooleanField(label="智慧", required=False)
    is_shared = forms.BooleanField(label="共享", required=False)
    facilities = forms.MultipleChoiceField(
        label="有哪些设施", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "从下面选。"},
    )  # fmt: skip
    floor = forms.IntegerField(
        label="楼层", required=False, min_value=-5, max_value=120, error_messages=_NUMBER
    )
    area_m2 = forms.IntegerField(
        label="面积（平方米）",
        required=False,
        min_value=1,
        max_value=20_000,
        error_messages=_NUMBER,
    )
    capacity_persons = forms.IntegerField(
        label="能坐几人", required=False, min_value=1, max_value=2_000, error_messages=_NUMBER
    )
    has_sign = forms.TypedChoiceField(
        label="统一标识", required=False, choices=_YES_NO, coerce=_yes_no, empty_value=None
    )
    has_rules = forms.TypedChoiceField(
        label="制度上墙", required=False, choices=_YES_NO, coerce=_yes_no, empty_value=None
    )
    opened_on = forms.DateField(
        label="启用日期", required=False, widget=_date_input(), error_messages=_DAY
    )
    brand = forms.CharField(
        label="本地品牌名", max_length=80, required=False, help_text="比如“杭工e家驿站”。"
    )
    aliases = forms.CharField(
        label="别的叫法", max_length=400, required=False, help_text="几个用顿号隔开。找和导入都认。"
    )

    def __init__(self, *args: Any, on: date, counties: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["adcode"].choices = counties  # type: ignore[attr-defined]
        self.fields["facilities"].choices = list(facility_labels(on).items())  # type: ignore[attr-defined]
        for name in ("has_sign", "has_rules"):
            value = self.initial.get(name)
            self.initial[name] = "" if value is None else str(int(bool(value)))

    def clean_town_code(self) -> str:
        """Return the code of the town whose name (or code) was written."""
        text = self.cleaned_data["town_code"].strip()
        county = self.cleaned_data.get("adcode")
        if not text or county is None:
            return ""
        for town in regions.towns(str(county)):
            if text in (town.code, town.name, town.short_name):
                return town.code
        raise forms.ValidationError("这个县（市、区）里没有叫这个名字的乡镇（街道），核对一下。")

    def clean_union(self) -> Any:
        """Return the union."""
        try:
            return get_union_by_code(self.cleaned_data["union"])
        except NotFound:
            raise forms.ValidationError("没有找到这家工会，核对一下编码。") from None

    def draft(self) -> StationDraft:
        """Return what was entered."""
        given = dict(self.cleaned_data)
        union, brand, aliases = given.pop("union"), given.pop("brand"), given.pop("aliases")
        names = [(NameKind.BRAND, brand.strip()[:80])] if brand.strip() else []
        names += [
            (NameKind.ALIAS, one.strip()[:80]) for one in _SPLIT.split(aliases) if one.strip()
        ]
        given["crs"] = CRS(given["crs"])
        given["name_kind"] = DefinitionTag(given["name_kind"])
        given["host_kind"] = HostKind(given["host_kind"])
        given["facilities"] = dict.fromkeys(given["facilities"], 1)
        return StationDraft(union_id=union.id, names=names, **given)


class StandingForm(forms.Form):
    """Pause, close or open again, and why."""

    standing = forms.TypedChoiceField(
        label="改成", coerce=int, choices=[(int(v), v.label) for v in Standing],
        error_messages={"required": "选一种。"},
    )  # fmt: skip
    reason = forms.CharField(
        label="原因",
        max_length=200,
        error_messages={"required": "写一写原因，劳动者在地图上看得到。"},
    )
    from_on = forms.DateField(
        label="从哪天起", required=False, widget=_date_input(), error_messages=_DAY,
        help_text="不填就是今天。",
    )  # fmt: skip
    until_on = forms.DateField(
        label="暂停到哪天（含）", required=False, widget=_date_input(), error_messages=_DAY,
        help_text="只有暂停的填；不知道就空着。",
    )  # fmt: skip
