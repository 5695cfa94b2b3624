"""How figures of 驿站 are read: where and when a question asks, and what is not known."""

from dataclasses import replace
from datetime import timedelta

from nuanxin.figures.queries.question import Question
from nuanxin.figures.queries.reading import standing_under
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import NotFound
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.period import Period
from nuanxin.stations import figures as stations
from nuanxin.stations.queries.hours_cells import hours_of
from nuanxin.stations.queries.hours_kept import LONGEST_DAYS
from nuanxin.stations.queries.in_use import Where, count_in_use, count_towns, towns_of
from nuanxin.stations.queries.visited import count_person_times, count_visitors

_ONE_DAY = timedelta(days=1)


def read_stations(definition: FigureDefinition, question: Question) -> int:
    """Return the value of a figure of 驿站.

    Raises ``NotFound`` figures.nothing_recorded for what nobody recorded (which is not nought) and
    figures.not_of_this_period for days that the figure cannot be told of.
    """
    where = Where(region=question.region, known_at=question.known_at)
    if definition in stations.IN_USE:
        if question.union_id is not None:
            on, known = question.as_of, question.known_at
            where = replace(where, union_ids=standing_under(question.union_id, on, known_at=known))
        return count_in_use(where, on=question.as_of, cut=stations.IN_USE[definition])
    if definition is stations.TOWNS:
        return len(towns_of(question.region, on=question.as_of))
    if definition in stations.OF_TOWNS:
        return count_towns(where, on=question.as_of, cut=stations.OF_TOWNS[definition])
    if definition is stations.VISITS:
        return _known(definition, question, count_person_times(where, question.period).number)
    if definition is stations.VISITORS:
        return _visitors(definition, question, where)
    return _hours(definition, question, where)


def _visitors(definition: FigureDefinition, question: Question, where: Where) -> int:
    today = question.as_of if question.is_today else question.period.end + _ONE_DAY
    counted = count_visitors(where, question.period, today=today)
    if counted is None:
        raise NotFound(
            "figures.not_of_this_period",
            f"“{definition.label}”只有一天的或一个自然月的，例如 2026-05：几天、几个月的人不能相加。",
        )
    return _known(definition, question, counted.number)


def _hours(definition: FigureDefinition, question: Question, where: Where) -> int:
    asked = question.period
    over = asked.end - _ONE_DAY if question.is_today else asked.end
    if question.known_at is not None:  # what was over then, and no more
        over = min(over, business_day(question.known_at) - _ONE_DAY)
    if over < asked.start or (over - asked.start).days >= LONGEST_DAYS:
        raise NotFound(
            "figures.not_of_this_period",
            f"“{definition.label}”只算过完的日子，一次最多 {LONGEST_DAYS} 天。请写上从哪天到哪天，例如 2026-05。",
        )
    kept = hours_of(where, Period(asked.start, over))
    if definition is stations.PROMISED_HOURS:
        return _whole(kept.promised)
    told = kept.delivered if definition is stations.DELIVERED_HOURS else kept.told
    return _whole(_known(definition, question, told if kept.told else None))


def _known(definition: FigureDefinition, question: Question, number: int | None) -> int:
    if number is None:
        raise NotFound(
            "figures.nothing_recorded",
            f"{question.period.label}这里没有“{definition.label}”的记录，是多少不知道。",
        )
    return number


def _whole(minutes: int) -> int:
    return (minutes + 30) // 60
