"""Who keeps a station when: is the keeper fit, and which promised hours has nobody taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel.decision import Decision

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Papers:
    """What is known of a keeper: the last day of training and of the record check, None: never."""

    trained_on: date | None
    checked_on: date | None
    is_clear: bool


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, the month's last day where there is no such day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = number // 12, number % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise ValueError(day)


def may_keep(
    papers: Papers, *, on: date, training_months: int, check_months: int, needs_check: bool
) -> Decision:
    """Return whether somebody may be put on the roster, with what is missing.

    The record check is asked only where children come to the station (law on the protection of
    minors, a.62); an outcome that is not clear refuses wherever it is known.
    """
    if papers.checked_on is not None and not papers.is_clear:
        return Decision.no(
            "stations.keeper_not_clear", "犯罪记录查询没有通过，不能排班。请换一位站长。"
        )
    if papers.trained_on is None or papers.trained_on < months_before(on, training_months):
        return Decision.no(
            "stations.keeper_untrained",
            f"{training_months} 个月以内没有培训记录。先登记一次培训，再排班。",
            fact="stations.keeper_trained_on",
            has=papers.trained_on,
            needs=months_before(on, training_months),
        )
    if needs_check and (
        papers.checked_on is None or papers.checked_on < months_before(on, check_months)
    ):
        return Decision.no(
            "stations.keeper_unchecked",
            f"这个站有孩子来，站长要有 {check_months} 个月以内的犯罪记录查询。查过登记，再排班。",
            fact="stations.keeper_checked_on",
            has=papers.checked_on,
            needs=months_before(on, check_months),
        )
    return Decision.yes("stations.may_keep")


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch or overlap joined; empty ones are left out."""
    told: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if told and start <= told[-1][1]:
            told[-1] = (told[-1][0], max(told[-1][1], end))
        else:
            told.append((start, end))
    return told


def gaps(promised: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return the promised hours that nobody has taken, in order."""
    left = merged(promised)
    for start, end in merged(taken):
        left = [
            piece
            for begin, finish in left
            for piece in ((begin, min(finish, start)), (max(begin, end), finish))
            if piece[0] < piece[1]
        ]
    return left


def hours_of(spans: Iterable[Span]) -> float:
    """Return how many hours the spans cover together."""
    return sum((end - start).total_seconds() for start, end in merged(spans)) / 3600
