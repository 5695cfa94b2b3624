"""What each figure of 会籍 means. One definition, one label; a changed meaning is a new version."""

from collections.abc import Callable
from datetime import date

from nuanxin.kernel.figure import Denominator, FigureDefinition, Unit, rate_of
from nuanxin.kernel.period import PeriodKind
from nuanxin.membership.figures.reading import Totals
from nuanxin.membership.states import FlowKind

_SINCE = date(2018, 1, 1)
_DIMENSIONS = ("region", "union", "occupation", "channel", "month")


def _person_figure(
    code: str,
    label: str,
    kind: PeriodKind,
    definition: str,
    *,
    public: bool = True,
    unit: Unit = Unit.PERSONS,
) -> FigureDefinition:
    return FigureDefinition(
        code=f"membership.{code}",
        label=label,
        unit=unit,
        period_kind=kind,
        grain="membership",
        definition_zh=definition,
        owner="membership",
        valid_from=_SINCE,
        public=public,
        dimensions=_DIMENSIONS,
    )


LIVE = _person_figure(
    "live_members_persons",
    "在籍会员",
    PeriodKind.AS_OF,
    "到这一天结束时会籍在籍的人数。审核通过当天起算；转会只换地方，不多算一次；"
    "已退会、转为保留会籍、审批撤回的不算。只收到邀请、还没有本人确认的不算。",
)
NEW = _person_figure(
    "new_members_persons",
    "新发展会员",
    PeriodKind.IN_PERIOD,
    "这段时间里审核通过的入会人数（毛数）。转入的不算新发展；审批撤回的扣掉；退会的不扣。"
    "以前退过会、又重新入会的，按再次入会计入。",
)
NET = _person_figure(
    "net_new_members_persons",
    "净增会员",
    PeriodKind.IN_PERIOD,
    "这段时间里新发展会员减去退会人数。转入、转出不影响全省数。",
)
FIRST = _person_figure(
    "first_joined_persons",
    "首次入会",
    PeriodKind.IN_PERIOD,
    "这段时间里第一次成为会员的人数，同一个人一生只算一次。",
)
LEFT = _person_figure(
    "left_members_persons",
    "退会",
    PeriodKind.IN_PERIOD,
    "这段时间里退会（本人退会、自动退会、除名、去世）的人数。转出不算。",
)
TRANSFERRED_IN = _person_figure(
    "transferred_in_persons",
    "转入",
    PeriodKind.IN_PERIOD,
    "这段时间里从别的工会转进来的人数，工会合并转入的另计。",
)
TRANSFERRED_OUT = _person_figure(
    "transferred_out_persons",
    "转出",
    PeriodKind.IN_PERIOD,
    "这段时间里转到别的工会去的人数，随工会合并、迁址转出的另计。全省的转出等于转入。",
)
RESTORED = _person_figure(
    "restored_person_times",
    "恢复会籍",
    PeriodKind.IN_PERIOD,
    "这段时间里保留着的会籍重新在籍的人次，同一个人恢复两次算两次。",
    public=False,
    unit=Unit.PERSON_TIMES,
)
PUT_ON_HOLD = _person_figure(
    "put_on_hold_person_times",
    "转为保留会籍",
    PeriodKind.IN_PERIOD,
    "这段时间里因退休、失业、单位关停等转为保留会籍的人次，同一个人保留两次算两次。",
    public=False,
    unit=Unit.PERSON_TIMES,
)
INVITED = _person_figure(
    "invited_persons",
    "已邀请",
    PeriodKind.IN_PERIOD,
    "这段时间里名册导入后发出邀请的人数。还没有本人确认，不是会员。",
    public=False,
)

JOINING_RATE = rate_of(
    LIVE,
    Denominator("workers_in_scope", "新就业形态劳动者", Unit.PERSONS),
    code="membership.joining_rate_percent",
    label="入会率",
    definition_zh=(
        "在籍会员除以新就业形态劳动者。分子口径见“在籍会员”，一个人做几份工也只数一次；"
        "分母取当地最近一次公布的数，不能晚于这一天，也不能太旧，来源和日期写在旁边。"
        "市和全省没有自己的分母时，所辖县（市、区）都有才相加。公开时分子先写到十位再算。"
    ),
    dimensions=("region",),
)
REACHABLE = _person_figure(
    "reachable_persons",
    "联系得到的会员",
    PeriodKind.AS_OF,
    "到这一天结束时在籍，而且到这一天为止的 90 天里（当天算一天）至少联系上过一次的人数。"
    "本人登录、申请或确认入会、回复消息，工会打电话、当面谈、走访、办活动、提供服务，都算联系上。"
    "90 天是这个指标口径的一部分。",
)
SERVED = _person_figure(
    "served_persons",
    "服务过的会员",
    PeriodKind.AS_OF,
    "到这一天结束时在籍，而且到这一天为止的 12 个月里至少享受过一次服务的人数，同一个人只算一次。"
    "咨询解答、慰问、体检、培训、困难帮扶、法律援助等算服务。12 个月是这个指标口径的一部分。",
)
SERVICES = _person_figure(
    "service_person_times",
    "服务会员",
    PeriodKind.IN_PERIOD,
    "这段时间里为在籍会员提供服务的人次，同一个人服务几次算几次，按服务当天所在的工会计。"
    "当天不在籍的不算。",
    unit=Unit.PERSON_TIMES,
)
ON_HOLD = _person_figure(
    "retained_persons",
    "保留着会籍的",
    PeriodKind.AS_OF,
    "到这一天结束时，因退休、失业、单位关停等保留着会籍的人数。不算在籍会员。",
    public=False,
)

_ONLY_TODAY = "证件号和手机号改了不留旧值，所以只有今天的数，过去哪一天的说不准。"
REAL_NAMED = FigureDefinition(
    code="membership.real_named_persons",
    label="实名完整的会员",
    unit=Unit.PERSONS,
    period_kind=PeriodKind.AS_OF,
    grain="membership",
    definition_zh=(
        "今天在籍，档案里有通过校验的证件号、也有能用的手机号（十一位，格式对）的人数。"
        f"有没有打通过不在此列，见“联系得到的会员”。{_ONLY_TODAY}"
    ),
    owner="membership",
    valid_from=_SINCE,
    dimensions=("region", "union"),
)
REAL_NAME_RATE = rate_of(
    REAL_NAMED,
    LIVE,
    code="membership.real_name_percent",
    label="实名完整率",
    definition_zh=f"实名完整的会员除以在籍会员。{_ONLY_TODAY}",
)
SERVICE_REACH = rate_of(
    SERVED,
    LIVE,
    code="membership.service_reach_percent",
    label="服务覆盖率",
    definition_zh=(
        "服务过的会员除以在籍会员，两个数口径各见其名。公开时分子、分母都先写到十位再算。"
    ),
    dimensions=("region", "union"),
)
RATIOS = (JOINING_RATE, REAL_NAME_RATE, SERVICE_REACH)

FIGURES: dict[FigureDefinition, Callable[[Totals, int | None, int | None], int]] = {
    LIVE: lambda totals, occupation, channel: totals.live(occupation, channel),
    NEW: lambda totals, occupation, channel: totals.new(occupation, channel),
    NET: lambda totals, occupation, channel: totals.net(occupation, channel),
    FIRST: lambda totals, occupation, channel: totals.count(
        FlowKind.JOINED, occupation=occupation, channel=channel
    ),
    LEFT: lambda totals, occupation, channel: totals.count(
        FlowKind.LEFT, occupation=occupation, channel=channel
    ),
    TRANSFERRED_IN: lambda totals, occupation, channel: totals.count(
        FlowKind.TRANSFERRED_IN, occupation=occupation, channel=channel
    ),
    TRANSFERRED_OUT: lambda totals, occupation, channel: totals.count(
        FlowKind.TRANSFERRED_OUT, occupation=occupation, channel=channel
    ),
    RESTORED: lambda totals, occupation, channel: totals.count(
        FlowKind.RESTORED, occupation=occupation, channel=channel
    ),
    PUT_ON_HOLD: lambda totals, occupation, channel: totals.count(
        FlowKind.RETAINED, occupation=occupation, channel=channel
    ),
    REACHABLE: lambda totals, occupation, channel: totals.count(
        FlowKind.REACHED, occupation=occupation, channel=channel
    ),
    SERVED: lambda totals, occupation, channel: totals.count(
        FlowKind.SERVED, occupation=occupation, channel=channel
    ),
    SERVICES: lambda totals, occupation, channel: totals.count(
        FlowKind.SERVICES, occupation=occupation, channel=channel
    ),
    ON_HOLD: lambda totals, occupation, channel: totals.count(
        FlowKind.ON_HOLD, occupation=occupation, channel=channel
    ),
    INVITED: lambda totals, occupation, channel: totals.count(
        FlowKind.INVITED, occupation=occupation, channel=channel
    ),
}
