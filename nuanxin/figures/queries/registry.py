"""The one list of figures that anybody publishes, with how each is read."""

from collections.abc import Callable

from nuanxin.figures.queries.question import Question
from nuanxin.figures.queries.reading import member_totals
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.period import PeriodKind
from nuanxin.membership import figures as membership_figures
from nuanxin.orgs import figures as orgs_figures
from nuanxin.orgs import queries as orgs

Reader = Callable[[Question], int]


def _of_members(definition: FigureDefinition) -> Reader:
    cut = membership_figures.FIGURES[definition]

    def read(question: Question) -> int:
        totals = member_totals(definition, question)
        return cut(totals, question.occupation, question.channel)

    return read


def _of_unions(definition: FigureDefinition) -> Reader:
    is_new_form = None if definition is orgs_figures.UNIONS else True

    def read(question: Question) -> int:
        if definition.period_kind is PeriodKind.AS_OF:
            return orgs.count_live_unions(
                on=question.as_of,
                region=question.region,
                union_id=question.union_id,
                is_new_form=is_new_form,
                known_at=question.known_at,
            )
        return orgs.count_new_unions(
            period=question.period,
            region=question.region,
            union_id=question.union_id,
            is_new_form=is_new_form,
            known_at=question.known_at,
        )

    return read


FIGURES: dict[str, tuple[FigureDefinition, Reader]] = {
    **{one.code: (one, _of_unions(one)) for one in orgs_figures.FIGURES},
    **{one.code: (one, _of_members(one)) for one in membership_figures.FIGURES},
}


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
