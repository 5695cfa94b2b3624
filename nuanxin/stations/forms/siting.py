"""What is asked of a siting plan, and what is told of an uploaded table of demand."""

from typing import Any

from django import forms

from nuanxin.kernel.geo import CRS
from nuanxin.kernel.parameters import parameter
from nuanxin.stations.forms.demand_table import MOST_LINES, Point, read_points
from nuanxin.stations.queries.siting_demand import usual_day
from nuanxin.stations.rules.siting_settings import (
    LONGEST_MINUTES,
    MOST_SITES,
    MOST_VANS,
    Settings,
    circle_minutes,
)
from nuanxin.stations.rules.siting_van import problem_of_day
from nuanxin.stations.states import DemandSource, Travel

SIDES = (300, 400, 500, 800, 1_000, 2_000)
LARGEST_FILE = 12 * 1024 * 1024


class PlanForm(forms.Form):
    """Where, for whom, how many."""

    name = forms.CharField(
        label="方案叫什么",
        max_length=60,
        help_text="以后比较时认得出，比如「午高峰，新建 5 个」。",
        error_messages={"required": "起个名字，以后比较时好认。"},
    )
    area = forms.TypedChoiceField(label="哪个地方", coerce=int)
    side_m = forms.TypedChoiceField(
        label="格子多大",
        coerce=int,
        choices=[(side, f"{side} 米见方") for side in SIDES],
        initial=500,
    )
    travel = forms.TypedChoiceField(
        label="怎么过来", coerce=Travel, choices=[(one.value, one.label) for one in Travel]
    )
    minutes = forms.IntegerField(
        label="几分钟内到得了", min_value=3, max_value=LONGEST_MINUTES,
        error_messages={"required": "填几分钟。", "invalid": "填一个整数。", "min_value": "至少 3 分钟。", "max_value": f"最多 {LONGEST_MINUTES} 分钟。"},
    )  # fmt: skip
    sources = forms.MultipleChoiceField(
        label="哪里有人，按什么算",
        choices=[(one.value, one.label) for one in DemandSource],
        widget=forms.CheckboxSelectMultiple,
        initial=[DemandSource.ENGAGEMENTS.value],
        help_text="选几样就加起来。登记的人按职业一天里在外面的时段摊到各小时。",
        error_messages={"required": "至少选一样。"},
    )
    grid = forms.TypedChoiceField(label="哪张需求表", coerce=int, empty_value=None, required=False)
    count = forms.IntegerField(
        label="新建几个固定驿站", min_value=0, max_value=MOST_SITES, initial=5,
        error_messages={"required": "填几个，不建就填 0。", "invalid": "填一个整数。", "max_value": f"一次最多 {MOST_SITES} 个。"},
    )  # fmt: skip
    opens = forms.IntegerField(
        label="新站几点开", min_value=0, max_value=23, initial=8,
        error_messages={"invalid": "填整点，比如 8。", "required": "填几点开。"},
    )  # fmt: skip
    closes = forms.IntegerField(
        label="新站几点关", min_value=1, max_value=24, initial=22, help_text="24 小时开放：0 点到 24 点。",
        error_messages={"invalid": "填整点，比如 22。", "required": "填几点关。"},
    )  # fmt: skip
    counts_room = forms.BooleanField(
        label="计入容量", required=False,
        help_text="勾上：一个站一小时只接得住坐得下的人，人多的地方会多放几个站，数会比不勾的小。不勾：到得了、开着，就算接得住。",
    )  # fmt: skip
    seats = forms.IntegerField(
        label="一个新站几个座位", min_value=1, max_value=500, initial=20, required=False,
        error_messages={"invalid": "填一个整数。", "min_value": "至少 1 个。", "max_value": "最多 500 个。"},
        help_text="勾了「计入容量」才用。现有的站按登记的座位。",
    )  # fmt: skip
    vans = forms.IntegerField(
        label="流动驿站车几辆", min_value=0, max_value=MOST_VANS, initial=0,
        error_messages={"required": "填几辆，没有就填 0。", "max_value": f"一次最多 {MOST_VANS} 辆。"},
    )  # fmt: skip
    van_from = forms.IntegerField(label="几点出车", min_value=0, max_value=23, initial=10)
    van_until = forms.IntegerField(label="几点收车", min_value=1, max_value=24, initial=20)
    seed = forms.IntegerField(
        label="种子", required=False, min_value=1, max_value=2**31 - 1,
        help_text="空着就由系统抽一个，和方案一起留着。检验和对照用它抽样，同一个种子结果一样。",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        areas: list[tuple[int, str]],
        grids: list[tuple[int, str]],
        today: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        _choices(self.fields["area"], list(areas))
        _choices(self.fields["grid"], [("", "不用"), *grids])
        if areas:
            self.fields["minutes"].initial = circle_minutes(areas[0][0], today)

    def clean(self) -> dict[str, Any]:
        """Want something to place, hours in order, a day that one crew can drive, a table if one is used."""
        given = super().clean() or {}
        if self.errors:
            return given
        if given["closes"] <= given["opens"]:
            self.add_error("closes", "关门要晚于开门；过夜的，填 0 点到 24 点。")
        if not given["count"] and not given["vans"]:
            self.add_error("count", "固定驿站和流动车至少要有一样。")
        if given["vans"]:
            rule = parameter("stations.van", adcode=str(given["area"]), on=self.today).value
            problem = problem_of_day(
                given["van_from"] * 60, given["van_until"] * 60, rule["rest"], rule["longest"]
            )
            if problem:
                self.add_error("van_until", problem)
        if given["counts_room"] and not given.get("seats"):
            self.add_error("seats", "勾了「计入容量」，填一个新站几个座位。")
        if DemandSource.GRID.value in given["sources"] and given.get("grid") is None:
            self.add_error("grid", "勾了「自己上传的需求表」，选是哪一张；还没有的先上传。")
        return given

    def settings(self) -> Settings:
        """Return what was asked."""
        told = self.cleaned_data
        sources = tuple(one for one in DemandSource if one.value in told["sources"])
        return Settings(
            adcode=told["area"],
            side_m=told["side_m"],
            travel=told["travel"],
            minutes=told["minutes"],
            sources=sources,
            grid_id=told["grid"] if DemandSource.GRID in sources else None,
            count=told["count"],
            opens=told["opens"],
            closes=told["closes"],
            vans=told["vans"],
            van_from=told["van_from"],
            van_until=told["van_until"],
            day=usual_day(self.today),
            seed=told["seed"] or 0,
            seats=told["seats"] if told["counts_room"] else 0,
        )


class GridForm(forms.Form):
    """A table of where people are."""

    area = forms.TypedChoiceField(label="哪个地方的", coerce=int)
    name = forms.CharField(label="叫什么", max_length=60, error_messages={"required": "起个名字。"})
    source = forms.CharField(
        label="数从哪里来",
        max_length=120,
        help_text="比如「平台企业 10 月骑手热力，日均」。写清楚，以后有人问。",
        error_messages={"required": "写上数从哪里来。"},
    )
    crs = forms.TypedChoiceField(
        label="坐标是哪一种",
        coerce=CRS,
        choices=[(one.value, one.label) for one in CRS],
        initial=CRS.GCJ02.value,
        help_text="选错一种会偏 500 米到 1 公里。",
    )
    hour_from = forms.IntegerField(label="只有人数时，从几点", min_value=0, max_value=23, initial=8)
    hour_until = forms.IntegerField(label="到几点", min_value=1, max_value=24, initial=20)
    file = forms.FileField(
        label="需求表",
        help_text=f"Excel、CSV 或 GeoJSON（点、格子都行）。列名：经度、纬度，再加 0点、1点……23点各一列，或者只有一列人数。最多 {MOST_LINES:,} 行、12 MB。",
        error_messages={"required": "选一个文件。"},
    )

    def __init__(self, *args: Any, areas: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self.fields["area"], list(areas))

    def clean(self) -> dict[str, Any]:
        """Want hours in order and a file of a size that can be read."""
        given = super().clean() or {}
        if self.errors:
            return given
        if given["hour_until"] <= given["hour_from"]:
            self.add_error("hour_until", "要晚于前面的几点。")
        if given["file"].size > LARGEST_FILE:
            self.add_error("file", "文件超过 12 MB。格子取大一点，或者按县分开传。")
        return given

    def points(self) -> list[Point]:
        """Return (lng, lat, persons by hour) in WGS-84; raise ``Malformed`` that names the lines."""
        told = self.cleaned_data
        return read_points(
            told["file"].read(), crs=told["crs"], hours=(told["hour_from"], told["hour_until"])
        )


def _choices(field: forms.Field, choices: list[Any]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
