"""Definitions of the figures of 服务: one list of services, from which each figure is declared.

人 and 人次 are apart: of a service that somebody has once (an exam) persons are told, of one that is
had again and again (mutual aid, gifts) times. Measured by ``queries/delivered.py``.
"""

from dataclasses import dataclass
from datetime import date

from nuanxin.kernel.figure import Denominator, FigureDefinition, Unit, rate_of
from nuanxin.kernel.period import PeriodKind
from nuanxin.programmes.states import Kind

_SINCE = date(2018, 1, 1)
_DIMENSIONS = ("region", "union")
_HOW_PERSONS = "一个人在这段时间里不论几次只算一次，算在第一次享受时他的工会所在的地区，所以各县相加等于全市、全省。"
_HOW_TIMES = "算的是人次：一个人每享受一次算一次，算在当天他的工会所在的地区。"
_HOW = "按登记了兑现的算，报了名、给了名额还没兑现的不算；登错撤销了的不算。"


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of programme with the figure that tells of it, and the plan it is held against.

    ``planned`` is the kind of the yearly plan (figures.states.DenominatorKind).
    """

    kind: Kind
    figure: FigureDefinition
    done: FigureDefinition
    planned: str


def _service(kind: Kind, name: str, label: str, unit: Unit) -> Service:
    told = "persons" if unit is Unit.PERSONS else "person_times"
    code = f"programmes.{name}_{told}"
    planned = f"planned_{name}"
    how = _HOW_PERSONS if unit is Unit.PERSONS else _HOW_TIMES
    figure = FigureDefinition(
        code=code,
        label=label,
        unit=unit,
        period_kind=PeriodKind.IN_PERIOD,
        grain="delivery",
        definition_zh=f"这段时间里在各级工会的“{kind.label}”项目里享受到服务的。{how}{_HOW}",
        owner="programmes",
        valid_from=_SINCE,
        public=True,
        dimensions=_DIMENSIONS,
    )
    done = rate_of(
        figure,
        Denominator(planned, f"{kind.label}计划", unit),
        code=f"programmes.{name}_done_percent",
        label=f"{kind.label}完成计划",
        definition_zh=(
            f"“{label}”除以当地当年的计划数，可以超过 100%。计划数要写明来源，一年一个；"
            "只按一个年度里的时间算。市和全省没有自己的计划数时，所辖县（市、区）都有才相加。"
        ),
        dimensions=("region",),
    )
    return Service(kind, figure, done, planned)


SERVICES = (
    _service(Kind.INSURANCE, "mutual_aid", "参加医疗互助保障", Unit.PERSON_TIMES),
    _service(Kind.EXAM, "health_exam", "参加免费体检", Unit.PERSONS),
    _service(Kind.RECUPERATION, "recuperation", "参加免费疗休养", Unit.PERSONS),
    _service(Kind.PHYSICAL, "physical_training", "参加免费体能训练", Unit.PERSONS),
    _service(Kind.TRAINING, "skill_training", "参加技能培训", Unit.PERSONS),
    _service(Kind.DEGREE, "degree", "得到学历和技能提升补助", Unit.PERSONS),
    _service(Kind.CONTEST, "contest", "参加技能竞赛", Unit.PERSONS),
    _service(Kind.CAMP, "camp", "孩子上托管班", Unit.PERSON_TIMES),
    _service(Kind.GIFT, "gift", "收到暖心慰问", Unit.PERSON_TIMES),
)
"""In the order in which a year is told."""

GIVEN_TIMES = FigureDefinition(
    code="programmes.given_person_times",
    label="兑现的服务",
    unit=Unit.PERSON_TIMES,
    period_kind=PeriodKind.IN_PERIOD,
    grain="delivery",
    definition_zh=f"这段时间里在各级工会的各种服务项目里享受到的服务。{_HOW_TIMES}{_HOW}",
    owner="programmes",
    valid_from=_SINCE,
    public=True,
    dimensions=_DIMENSIONS,
)
GIVEN_PERSONS = FigureDefinition(
    code="programmes.given_persons",
    label="享受到服务项目",
    unit=Unit.PERSONS,
    period_kind=PeriodKind.IN_PERIOD,
    grain="delivery",
    definition_zh=f"这段时间里在各级工会的各种服务项目里享受到服务的人。{_HOW_PERSONS}{_HOW}",
    owner="programmes",
    valid_from=_SINCE,
    public=True,
    dimensions=_DIMENSIONS,
)


def _places(name: str, label: str, which: str) -> FigureDefinition:
    return FigureDefinition(
        code=f"programmes.{name}_places",
        label=label,
        unit=Unit.PLACES,
        period_kind=PeriodKind.IN_PERIOD,
        grain="place",
        definition_zh=f"这段时间里发布、没有取消的学历和技能提升各期的{which}，算在主办工会所在的地区。",
        owner="programmes",
        valid_from=_SINCE,
        public=True,
        dimensions=_DIMENSIONS,
    )


PLACES = _places("degree", "学历和技能提升名额", "全部名额")
DIRECTED_PLACES = _places(
    "degree_directed", "定向给新就业形态劳动者的名额", "名额里定向给新就业形态劳动者的"
)
DIRECTED_SHARE = rate_of(
    DIRECTED_PLACES,
    PLACES,
    code="programmes.degree_directed_percent",
    label="定向名额占比",
    definition_zh=(
        "学历和技能提升各期名额里，定向给新就业形态劳动者的占多少。"
        "省里定的是不低于 10%，按发布时分下去的名额算，放开以后不减。"
    ),
)

FIGURES = (
    *(one.figure for one in SERVICES),
    GIVEN_TIMES,
    GIVEN_PERSONS,
    PLACES,
    DIRECTED_PLACES,
)
DONE = tuple(one.done for one in SERVICES)
RATIOS = (*DONE, DIRECTED_SHARE)

_KINDS = {one.figure.code: (one.kind.value,) for one in SERVICES}


def kinds_of(definition: FigureDefinition) -> tuple[str, ...]:
    """Return the kinds of programmes that a figure counts, none for all."""
    if definition.unit is Unit.PLACES:
        return (Kind.DEGREE.value,)
    return _KINDS.get(definition.code, ())


def is_of_persons(definition: FigureDefinition) -> bool:
    """Return whether somebody counts once, however often."""
    return definition.unit is Unit.PERSONS
