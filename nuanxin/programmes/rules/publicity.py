"""公示: how long it runs, how a list is shown, who may object and answer, when it is over.

Working days by the official calendar (``kernel.workdays``): the day it is posted does not count, the
last day ends at 24:00 (Civil Code a.201, a.203).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.kernel.clock import business_day
from nuanxin.kernel.decision import Decision
from nuanxin.kernel.names import COMPOUND_SURNAMES
from nuanxin.kernel.period import ONE_DAY
from nuanxin.kernel.workdays import add_workdays
from nuanxin.programmes.states import Kind, ObjectionState, OfferState

LONGEST_OBJECTION = 1_000
SHORTEST_OBJECTION = 10
SHORTEST_ANSWER = 10
LONGEST_ANSWER = 400
HIDES_THE_UNION = frozenset({Kind.AID})
"""Kinds of which a list tells the masked name alone: who is in need is nobody's neighbour's news."""
_MOST_CROSSES = 2


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when a list is public. ``is_provisional``: a year's calendar is missing."""

    first_on: date
    last_on: date
    ends_at: datetime
    is_provisional: bool
    rule: str


def publicity_term(posted_at: datetime, days: int) -> Term:
    """Return the term of a list posted at a moment; the first day is the day after, working or not."""
    posted_on = business_day(posted_at)
    end = add_workdays(posted_on, days)
    return Term(posted_on + ONE_DAY, end.day, end.ends_at, end.provisional, end.rule)


def masked_name(name: str) -> str:
    """Return the surname, and a cross for each further character, two at most: 欧阳×, 王××."""
    surname = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    return name[:surname] + "×" * max(1, min(len(name) - surname, _MOST_CROSSES))


def digest_of(lines: Iterable[tuple[int, str, str, str]]) -> str:
    """Return the SHA-256 of a list: number, name, union and pool, tabs between, a line a person."""
    text = "\n".join("\t".join(str(cell) for cell in line) for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()


def may_object(
    *, state: OfferState, posted_at: datetime, ends_at: datetime, now: datetime
) -> Decision:
    """Return whether an objection is in time; where to turn when it is not."""
    if state is OfferState.PUBLICITY and posted_at <= now < ends_at:
        return Decision.yes()
    return Decision.no(
        "publicity.over",
        "公示期过了，这里不再收异议。还有不同意见，可以打 12351，或者向主办工会的上一级工会反映。",
    )


def may_finish(
    *, now: datetime, ends_at: datetime, last_on: date, is_provisional: bool, open_objections: int
) -> Decision:
    """Return whether the places may be final now; each no says what must come first."""
    if is_provisional:
        return Decision.no(
            "publicity.provisional",
            "公示跨到的那一年还没有放假安排，截止日定不下来。放假安排放进系统以后会重新算，再定名额。",
        )
    if now < ends_at:
        return Decision.no(
            "publicity.not_over",
            f"公示到 {last_on.month} 月 {last_on.day} 日 24:00，过了才能定名额。",
            fact="ends_at",
            needs=last_on.isoformat(),
        )
    if open_objections:
        return Decision.no(
            "publicity.open_objections",
            f"还有 {open_objections} 件异议没答复。都答复了才能定名额。",
            fact="open_objections",
            has=open_objections,
            needs=0,
        )
    return Decision.yes()


def may_answer(
    *, key: str, awarder_key: str, concerned_key: str, filed_by: str, state: ObjectionState
) -> Decision:
    """Return whether the person of ``key`` may answer: neither who awarded nor who is concerned."""
    if state is not ObjectionState.OPEN:
        return Decision.no("publicity.answered", f"这件异议已经答复过了：{state.label}。")
    if key == awarder_key:
        return Decision.no(
            "publicity.own_award", "名单是您定的，异议要由另一位干部答复。请同事来办。"
        )
    if key in (concerned_key, filed_by):
        return Decision.no("publicity.own_matter", "这件异议和您本人有关，要由另一位干部答复。")
    return Decision.yes()
