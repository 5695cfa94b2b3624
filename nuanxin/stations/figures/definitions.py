"""Definitions of the figures of 驿站.

到站的人次 and 不同的人 are apart. What nobody recorded is not nought: hours delivered are told of days
on which somebody said something, beside what was promised on those same days.
"""

from datetime import date

from nuanxin.kernel.figure import FigureDefinition, Unit, rate_of
from nuanxin.kernel.period import PeriodKind
from nuanxin.stations.queries.in_use import Cut
from nuanxin.stations.states import DefinitionTag, HostKind

_SINCE = date(2018, 1, 1)
_DAY = "当天在用：已经启用，当天没有暂停、没有关停。按当天的登记算，以后改的不影响过去。"


def _in_use(name: str, label: str, which: str) -> FigureDefinition:
    return FigureDefinition(
        code=f"stations.{name}_stations",
        label=label,
        unit=Unit.STATIONS,
        period_kind=PeriodKind.AS_OF,
        grain="station",
        definition_zh=f"{which}{_DAY}",
        owner="stations",
        valid_from=_SINCE,
        public=True,
        dimensions=("region", "union"),
    )


OPEN = _in_use(
    "open",
    "在用驿站",
    "各级工会登记的驿站，不分叫什么名称。各地、全国公布的数名称口径不同（服务站点、劳动驿站、工会驿站、"
    "爱心驿站），和这个数不能直接比，要比就比同一个名称的。",
)
_BENCHMARK = _in_use("benchmark", "标杆驿站", "标为标杆的驿站。")
_ALL_DAY = _in_use("all_day", "24 小时驿站", "标为 24 小时开放的驿站。")

_TAGS = {
    DefinitionTag.SERVICE_POINT: "service_point",
    DefinitionTag.LABOUR_STATION: "labour_station",
    DefinitionTag.UNION_STATION: "union_station",
    DefinitionTag.CARE_STATION: "care_station",
}

IN_USE: dict[FigureDefinition, Cut | None] = {
    OPEN: None,
    _BENCHMARK: Cut("is_benchmark"),
    _ALL_DAY: Cut("is_24h"),
    _in_use("smart", "智慧驿站", "标为智慧的驿站。"): Cut("is_smart"),
    _in_use("shared", "共享驿站", "标为共享的驿站。"): Cut("is_shared"),
    **{
        _in_use(
            name,
            f"以“{tag.label}”为名的驿站",
            f"站点类别登记为“{tag.label}”的驿站。只和同一类别的数比，不同类别的数不能相比。",
        ): Cut("name_kind", tag.value)
        for tag, name in _TAGS.items()
    },
    **{
        _in_use(
            f"host_{host.name.lower()}",
            f"共建单位是{host.label}的驿站",
            f"共建单位类别登记为“{host.label}”的驿站。",
        ): Cut("host_kind", host.value)
        for host in HostKind
    },
}
"""Each figure of stations in use with what it keeps to, None for all."""


def _towns(name: str, label: str, which: str) -> FigureDefinition:
    return FigureDefinition(
        code=f"stations.{name}_towns",
        label=label,
        unit=Unit.TOWNS,
        period_kind=PeriodKind.AS_OF,
        grain="town",
        definition_zh=f"{which}乡镇、街道按现行行政区划。",
        owner="stations",
        valid_from=_SINCE,
        public=True,
        dimensions=("region",),
    )


TOWNS = _towns("all", "乡镇、街道", "这个地区的乡镇、街道有多少个。")
TOWNS_SERVED = _towns("served", "有驿站的乡镇、街道", f"至少有一个在用驿站的。{_DAY}没登记在哪个乡镇的驿站不算。")  # fmt: skip
TOWNS_WITH_BENCHMARK = _towns(
    "with_benchmark",
    "有标杆驿站的乡镇、街道",
    f"至少有一个在用的标杆驿站的。{_DAY}没登记在哪个乡镇的驿站不算。",
)
OF_TOWNS: dict[FigureDefinition, Cut | None] = {
    TOWNS_SERVED: None,
    TOWNS_WITH_BENCHMARK: Cut("is_benchmark"),
}

_HOURS_RULE = (
    "有人值守、延时开放、扫码进门的时间合起来算，去掉计划停用、暂停和关停，节假日按当年的安排。"
    "每个驿站每天算在当天登记的县（市、区）。只算已经过完的日子，一次最多算 366 天；合计以后四舍五入到整小时。"
)
_TOLD = "有人说过开没开的日子（站长、工会干部、门禁、会员说的，撤回的不算，路人说的不算）"


def _hours(name: str, label: str, text: str) -> FigureDefinition:
    return FigureDefinition(
        code=f"stations.{name}_hours",
        label=label,
        unit=Unit.HOURS,
        period_kind=PeriodKind.IN_PERIOD,
        grain="station_day",
        definition_zh=f"{text}{_HOURS_RULE}",
        owner="stations",
        valid_from=_SINCE,
        public=True,
        dimensions=("region",),
    )


PROMISED_HOURS = _hours("promised", "承诺开放时间", "这段时间里各驿站公布的开放时间。")
TOLD_HOURS = _hours(
    "told_promised", "有记录的日子里承诺的时间", f"承诺开放时间里，只算{_TOLD}。没有记录的日子不知道开没开，不当成没开。"
)  # fmt: skip
DELIVERED_HOURS = _hours(
    "delivered",
    "做到的开放时间",
    f"承诺的时间里确实开着的，只算{_TOLD}。说“开着”或“满了”算开，说“没开”算没开，到下一句话为止；"
    "当天第一句话以前，按第一句话算；“开着”“没开”说到几点为止的，过了那个时间按相反的算。",
)

VISITS = FigureDefinition(
    code="stations.visits_person_times",
    label="到驿站",
    unit=Unit.PERSON_TIMES,
    period_kind=PeriodKind.IN_PERIOD,
    grain="visit",
    definition_zh=(
        "这段时间里在驿站扫码报到的人次：一个人来一次算一次。不扫码的没有数，所以比实际来的少。"
    ),
    owner="stations",
    valid_from=_SINCE,
    public=True,
    dimensions=("region",),
)
VISITORS = FigureDefinition(
    code="stations.visitors_persons",
    label="到驿站的不同的人（各站相加）",
    unit=Unit.PERSONS,
    period_kind=PeriodKind.IN_PERIOD,
    grain="station_visitors",
    definition_zh=(
        "一天里或一个自然月里，每个驿站大约来过多少不同的人，各站相加。不留任何人的痕迹，用草图估计："
        "每站的标准误差 0.9%，三倍以内不到 3%。同一个人去两个驿站算两个，换了手机或浏览器也算两个。"
        "几天、几个月的人不能相加，所以只答一天或一个自然月。"
    ),
    owner="stations",
    valid_from=_SINCE,
    public=True,
    dimensions=("region",),
)


def _share(
    code: str, numerator: FigureDefinition, denominator: FigureDefinition, label: str, text: str
) -> FigureDefinition:
    return rate_of(
        numerator, denominator, code=f"stations.{code}_percent", label=label, definition_zh=text
    )


RATIOS = (
    _share("benchmark", _BENCHMARK, OPEN, "标杆驿站占比", "“标杆驿站”除以“在用驿站”。三年行动要求不低于 10%。"),
    _share("all_day", _ALL_DAY, OPEN, "24 小时驿站占比", "“24 小时驿站”除以“在用驿站”。三年行动要求不低于 15%。"),
    _share("served_towns", TOWNS_SERVED, TOWNS, "有驿站的乡镇、街道占比",
           "“有驿站的乡镇、街道”除以这个地区全部乡镇、街道。"),
    _share("benchmark_towns", TOWNS_WITH_BENCHMARK, TOWNS, "有标杆驿站的乡镇、街道占比",
           "“有标杆驿站的乡镇、街道”除以这个地区全部乡镇、街道。"),
    _share("delivered", DELIVERED_HOURS, TOLD_HOURS, "开放时间做到了多少",
           "“做到的开放时间”除以“有记录的日子里承诺的时间”。没有记录的日子两边都不算。"),
)  # fmt: skip
FIGURES = (
    *IN_USE,
    TOWNS,
    *OF_TOWNS,
    PROMISED_HOURS,
    TOLD_HOURS,
    DELIVERED_HOURS,
    VISITS,
    VISITORS,
)
