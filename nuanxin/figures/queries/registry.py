"""The one list of figures that anybody publishes, with how each is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from nuanxin.figures.queries.denominators import denominators_of
from nuanxin.figures.queries.question import Question
from nuanxin.figures.queries.reading import member_totals, spans_under
from nuanxin.figures.queries.stations import read_stations
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import FigureDefinition, Unit, ratio_value
from nuanxin.kernel.period import Period, PeriodKind
from nuanxin.membership import figures as membership_figures
from nuanxin.membership.figures import Place
from nuanxin.membership.figures import definitions as membership_definitions
from nuanxin.membership.figures.completeness import count_real_named
from nuanxin.orgs import figures as orgs_figures
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.states import Route
from nuanxin.programmes import figures as programmes_figures
from nuanxin.programmes.queries.delivered import (
    Asked,
    count_delivered,
    count_places,
    is_anything_recorded,
)
from nuanxin.stations import figures as stations_figures

Reader = Callable[[Question], int]

NOT_KNOWN = frozenset(
    {
        "figures.denominator_missing",
        "figures.nothing_recorded",
        "figures.not_of_this_period",
    }
)
"""Refusals that say: this number is not known here, which is not nought."""


def _of_members(definition: FigureDefinition) -> Reader:
    cut = membership_figures.FIGURES[definition]

    def read(question: Question) -> int:
        totals = member_totals(definition, question)
        return cut(totals, question.occupation, question.channel)

    return read


def _of_unions(definition: FigureDefinition) -> Reader:
    is_new_form = None if definition is orgs_figures.UNIONS else True

    def read(question: Question) -> int:
        where = {"region": question.region, "union_id": question.union_id}
        cut: dict[str, Any] = {"kind": question.kind, "route": question.route}
        if definition is orgs_figures.KEY_ENTERPRISE_UNIONS:
            cut["route"] = Route.KEY_ENTERPRISE
        asked = {"is_new_form": is_new_form, "known_at": question.known_at, **where, **cut}
        if definition.period_kind is PeriodKind.AS_OF:
            return orgs.count_live_unions(on=question.as_of, **asked)
        if definition is orgs_figures.ENDED_UNIONS:
            return orgs.count_ended_unions(period=question.period, **asked)
        return orgs.count_new_unions(period=question.period, **asked)

    return read


def _covered(question: Question) -> int:
    return orgs.count_covered_employers(
        on=question.as_of,
        region=question.region,
        union_id=question.union_id,
        known_at=question.known_at,
    )


def _real_named(question: Question) -> int:
    if not question.is_today or question.known_at is not None:
        label = membership_definitions.REAL_NAMED.label
        raise Malformed(
            "figures.only_today",
            f"“{label}”只有今天的数：证件号和手机号改了不留旧值，过去的说不准。请不选日子再看。",
        )
    place = Place(region=question.region)
    if question.union_id is not None:
        place = Place(union_ids=tuple(orgs.subtree_ids(question.union_id, on=question.as_of)))
    return count_real_named(place, today=question.as_of)


def services_asked(
    kinds: tuple[str, ...],
    period: Period,
    *,
    region: int | None = None,
    union_id: int | None = None,
    known_at: datetime | None = None,
    is_running: bool = False,
) -> Asked:
    """Return what 服务 is asked: below a union each day by the tree of that day."""
    spans = None
    if union_id is not None:
        under = spans_under(union_id, period, known_at=known_at)
        spans = tuple((one, *days) for days, unions in under.items() for one in unions)
    return Asked(
        period=period,
        kinds=kinds,
        region=region,
        spans=spans,
        known_at=known_at,
        is_running=is_running,
    )


def _of_services(definition: FigureDefinition) -> Reader:
    kinds = programmes_figures.kinds_of(definition)

    def read(question: Question) -> int:
        asked = services_asked(
            kinds,
            question.period,
            region=question.region,
            union_id=question.union_id,
            known_at=question.known_at,
            is_running=question.is_today,
        )
        if definition.unit is Unit.PLACES:
            return count_places(asked)[0 if definition is programmes_figures.PLACES else 1]
        counted = count_delivered(asked)
        if not counted.person_times and not is_anything_recorded(asked):
            said = (
                f"到{question.period.end}为止，这里还没有登记过“{definition.label}”，是多少不知道。"
            )
            raise NotFound("figures.nothing_recorded", f"{said}登记兑现以后再看。")
        of_persons = programmes_figures.is_of_persons(definition)
        return counted.persons if of_persons else counted.person_times

    return read


def _of_stations(definition: FigureDefinition) -> Reader:
    return partial(read_stations, definition)


def _of_ratio(definition: FigureDefinition) -> Reader:
    def read(question: Question) -> int:
        return read_ratio(definition, question).value

    return read


FIGURES: dict[str, tuple[FigureDefinition, Reader]] = {
    **{one.code: (one, _of_unions(one)) for one in orgs_figures.FIGURES},
    orgs_figures.COVERED_EMPLOYERS.code: (orgs_figures.COVERED_EMPLOYERS, _covered),
    **{one.code: (one, _of_ratio(one)) for one in orgs_figures.RATIOS},
    **{one.code: (one, _of_members(one)) for one in membership_figures.FIGURES},
    membership_definitions.REAL_NAMED.code: (membership_definitions.REAL_NAMED, _real_named),
    **{one.code: (one, _of_ratio(one)) for one in membership_figures.RATIOS},
    **{one.code: (one, _of_services(one)) for one in programmes_figures.FIGURES},
    **{one.code: (one, _of_ratio(one)) for one in programmes_figures.RATIOS},
    **{one.code: (one, _of_stations(one)) for one in stations_figures.FIGURES},
    **{one.code: (one, _of_ratio(one)) for one in stations_figures.RATIOS},
}


@dataclass(frozen=True, slots=True)
class RatioParts:
    """A ratio with what it was made of; ``value`` in hundredths of a percent.

    ``source`` and ``as_of`` are the denominator's, "" and None where a figure of ours is one.
    """

    numerator: int
    denominator: int
    source: str = ""
    as_of: date | None = None

    @property
    def value(self) -> int:
        """Return the ratio in hundredths of a percent."""
        return ratio_value(self.numerator, self.denominator)


def read_ratio(definition: FigureDefinition, question: Question) -> RatioParts:
    """Return the parts of a ratio. Raises ``NotFound`` figures.denominator_missing."""
    ratio = definition.ratio
    assert ratio is not None
    if ratio.denominator in FIGURES:
        numerator = read_figure(ratio.numerator, question)
        below = read_figure(ratio.denominator, question)
        if not below:
            said = f"这里这一天没有{ratio.label}，算不出{definition.label}。"
            raise NotFound("figures.denominator_missing", said)
        return RatioParts(numerator, below)
    assert question.region is not None
    kind = DenominatorKind(ratio.denominator)
    if kind.is_plan:
        _insist_on_one_year(definition, question)
    denominators = denominators_of(
        question.region, on=question.as_of, kinds=[kind], known_at=question.known_at
    )
    known = denominators.of(kind, question.region)
    if known is None or (kind.is_plan and known.as_of.year != question.as_of.year):
        said = denominators.missing_words(kind, question.region, definition.label)
        raise NotFound("figures.denominator_missing", said)
    numerator = read_figure(ratio.numerator, question)
    return RatioParts(numerator, known.value, known.source_words, known.as_of)


def _insist_on_one_year(definition: FigureDefinition, question: Question) -> None:
    if question.period.start.year != question.period.end.year:
        raise NotFound(
            "figures.denominator_missing",
            f"计划是一年一个，“{definition.label}”只能按一个年度里的时间算。请选一年，例如 2022。",
        )


def get_figure(code: str) -> FigureDefinition:
    """Return the definition; raise ``NotFound`` figures.unknown."""
    found = FIGURES.get(code)
    if found is None:
        raise NotFound(
            "figures.unknown", f"没有代码为 {code[:60]} 的指标。用 figures list 可以看到全部。"
        )
    return found[0]


def list_figures(*, public_only: bool = False) -> list[FigureDefinition]:
    """Return the definitions in the order of the registry."""
    return [one for one, _ in FIGURES.values() if one.public or not public_only]


def read_figure(code: str, question: Question) -> int:
    """Return the value of a figure; raise ``NotFound`` figures.unknown."""
    get_figure(code)
    return FIGURES[code][1](question)
