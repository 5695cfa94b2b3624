"""Figures of 组织: how many unions there are, were founded and ended, and whom they cover."""

from datetime import date

from nuanxin.kernel.figure import Denominator, FigureDefinition, Unit, rate_of
from nuanxin.kernel.period import PeriodKind

_DIMENSIONS = ("region", "union", "kind", "route", "county")

UNIONS = FigureDefinition(
    code="orgs.unions",
    label="工会",
    unit=Unit.UNIONS,
    period_kind=PeriodKind.AS_OF,
    grain="union",
    definition_zh=(
        "这一天在册的各级各类工会，筹建中和届满待换届的也算，已合并、已撤销的不算。"
        "按地区数时，算在这一天驻地所在的地区；按工会数时，用这一天的隶属关系。"
    ),
    owner="orgs",
    valid_from=date(2018, 1, 1),
    public=True,
    dimensions=_DIMENSIONS,
)
NEW_FORM_UNIONS = FigureDefinition(
    code="orgs.new_form_unions",
    label="新就业形态工会",
    unit=Unit.UNIONS,
    period_kind=PeriodKind.AS_OF,
    grain="union",
    definition_zh="这一天在册的工会里，标明是新就业形态工会的。其余口径同“工会”。",
    owner="orgs",
    valid_from=date(2018, 1, 1),
    public=True,
    dimensions=_DIMENSIONS,
)
NEW_UNIONS = FigureDefinition(
    code="orgs.new_unions",
    label="新建新就业形态工会",
    unit=Unit.UNIONS,
    period_kind=PeriodKind.IN_PERIOD,
    grain="union",
    definition_zh=(
        "成立日期在这段时间里的新就业形态工会，由别的工会分立出来的也算，后来合并、撤销的不减去。"
        "按地区数时，算在成立那天驻地所在的地区；按工会数时，用成立那天的隶属关系。"
    ),
    owner="orgs",
    valid_from=date(2018, 1, 1),
    public=True,
    dimensions=(*_DIMENSIONS, "month"),
)

ENDED_UNIONS = FigureDefinition(
    code="orgs.ended_unions",
    label="撤并的新就业形态工会",
    unit=Unit.UNIONS,
    period_kind=PeriodKind.IN_PERIOD,
    grain="union",
    definition_zh=(
        "终止日期在这段时间里的新就业形态工会：并入别的工会的，和撤销的。"
        "按终止前一天的驻地和隶属关系数。新建减去撤并，就是这段时间多了几家。"
    ),
    owner="orgs",
    valid_from=date(2018, 1, 1),
    public=True,
    dimensions=_DIMENSIONS,
)
COVERED_EMPLOYERS = FigureDefinition(
    code="orgs.covered_employers",
    label="覆盖用人单位",
    unit=Unit.EMPLOYERS,
    period_kind=PeriodKind.AS_OF,
    grain="employer",
    definition_zh=(
        "这一天有在册工会覆盖的用人单位。单独建会、联合基层工会和行业、区域工会联合会覆盖的都算，"
        "只有网点被覆盖的也算；几家工会同时覆盖一家单位，只数一次。已终止的单位不算。"
        "按地区数时，算在单位登记的地区，没有登记地区的算在覆盖它的工会驻地；"
        "登记地区不留历史，按现在的算。"
    ),
    owner="orgs",
    valid_from=date(2018, 1, 1),
    public=True,
    dimensions=("region", "union"),
)
FOUNDING_RATE = rate_of(
    COVERED_EMPLOYERS,
    Denominator("employers_in_scope", "应建会用人单位", Unit.EMPLOYERS),
    code="orgs.founding_rate_percent",
    label="建会率",
    definition_zh=(
        "覆盖用人单位除以应建会用人单位。分子口径见“覆盖用人单位”；"
        "分母取当地最近一次公布的数，不能晚于这一天，也不能太旧，来源和日期写在旁边。"
        "市和全省没有自己的分母时，所辖县（市、区）都有才相加。"
    ),
    dimensions=("region",),
)

KEY_ENTERPRISE_UNIONS = FigureDefinition(
    code="orgs.key_enterprise_unions",
    label="重点企业建会",
    unit=Unit.UNIONS,
    period_kind=PeriodKind.AS_OF,
    grain="union",
    definition_zh="这一天在册的新就业形态工会里，按“重点建”路径在头部企业建起来的。其余口径同“工会”。",
    owner="orgs",
    valid_from=date(2018, 1, 1),
    public=True,
    dimensions=("region", "union"),
)

FIGURES = (UNIONS, NEW_FORM_UNIONS, NEW_UNIONS, ENDED_UNIONS, KEY_ENTERPRISE_UNIONS)
"""Measured by ``queries.count_live_unions``, ``count_new_unions``, ``count_ended_unions``."""

RATIOS = (FOUNDING_RATE,)
