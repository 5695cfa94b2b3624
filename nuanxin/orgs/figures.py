"""Figures of 组织: how many unions there are, and how many were founded."""

from datetime import date

from nuanxin.kernel.figure import FigureDefinition, Unit
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

FIGURES = (UNIONS, NEW_FORM_UNIONS, NEW_UNIONS)
"""Measured by ``queries.count_live_unions`` and ``queries.count_new_unions``, and their breakdowns."""
