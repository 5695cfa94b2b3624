"""What a station is like now, from what was said of it: conflicting words settled, with a trace.

A word is worth its source's points and halves every ``half_life``: ``points × 0.5 ** (age / half_life)``.
1. Whose promised end is over ("closed until 15:00") counts no more; of each person only the last word.
2. A keeper's or cadre's word sets aside every other word that was said before it.
3. Visitors together count ``visitors_most`` points at most on a side, and a side that visitors alone
   are on neither wins nor stands in the way: a flood of anonymous reports shuts nothing.
4. The strongest side holds if it has ``enough`` points and is ``margin`` ahead of the next one;
   otherwise the state is unknown: stale, or disputed.
5. ``fresh_until`` is the moment at which 4 ceases to hold if nobody says anything more: computed,
   not guessed. Behind it a state is never shown.
All of it is pure; the numbers are dated parameters, by place (``parameters/living.yaml``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.parameters import parameter
from nuanxin.stations.states.reporting import Outcome, ReportSource, Said, Topic


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of the rule."""

    points: Mapping[ReportSource, float]
    half_life: timedelta
    enough: float
    margin: float
    visitors_most: float


@dataclass(frozen=True, slots=True)
class Word:
    """One report. ``reporter`` tells apart who speaks and tells nobody who; ``until`` ends it."""

    at: datetime
    source: ReportSource
    said: Said
    reporter: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What speaks for one answer."""

    said: Said
    words: tuple[Word, ...]
    points: float
    visitors: float
    raw_visitors: float
    is_vouched: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """How a topic stands; ``said`` is None while it is unknown. ``trace`` is shown as it is."""

    outcome: Outcome
    said: Said | None
    confidence: int
    fresh_until: datetime | None
    confirmed_at: datetime | None
    confirmed_by: ReportSource | None
    confirmations: int
    contradictions: int
    trace: tuple[str, ...]


def settings_for(adcode: str, on: datetime) -> Settings:
    """Return the numbers in force at a place. Raises ``ParameterMissing``."""

    def value(name: str) -> float:
        found = parameter(f"stations.{name}", adcode=adcode, on=on.astimezone(SHANGHAI).date())
        return float(found.value)

    return Settings(
        points={source: value(f"points_{source.name.lower()}") for source in ReportSource},
        half_life=timedelta(hours=value("half_life_hours")),
        enough=value("points_enough"),
        margin=value("points_margin"),
        visitors_most=value("points_visitors_most"),
    )


def faded(points: float, age: timedelta, half_life: timedelta) -> float:
    """Return what is left of the points after ``age``."""
    return float(points * 0.5 ** (max(age, timedelta()) / half_life))


def settle(topic: Topic, words: Sequence[Word], *, now: datetime, by: Settings) -> Settled:
    """Return how the topic stands at ``now``; words said later than that are not known yet."""
    counted = counting(topic, words, now=now)
    sides = sorted(
        (_side(said, counted, now, by) for said in {word.said for word in counted}),
        key=lambda side: (-side.points, side.said),
    )
    trace = [line for side in sides for line in _told(side, now, by)]
    vouched = [side for side in sides if side.is_vouched]
    if not vouched:
        return _unknown(Outcome.NOBODY, counted, [*trace, "站长、会员、门禁都没有说过，算不知道。"])
    best, rival = vouched[0], vouched[1] if len(vouched) > 1 else None
    ahead = best.points - (rival.points if rival else 0)
    if best.points <= by.enough:
        said = (
            f"“{best.said.label}”只剩 {best.points:.0f} 分，不到 {by.enough:.0f} 分：太久没人确认。"
        )
        return _unknown(Outcome.STALE, counted, [*trace, said])
    if rival and ahead <= by.margin:
        said = (
            f"“{best.said.label}”{best.points:.0f} 分，“{rival.said.label}”{rival.points:.0f} 分，"
            f"差不到 {by.margin:.0f} 分：说法不一，等站长确认。"
        )
        return _unknown(Outcome.DISPUTED, counted, [*trace, said])
    ends = [word.until for word in words if word.until is not None and word.until > now]
    return _known(best, vouched[1:], counted, ends, trace, now, by)


def counting(topic: Topic, words: Iterable[Word], *, now: datetime) -> list[Word]:
    """Return the words that count at ``now``: not over, each person's last, none set aside."""
    living = [
        word
        for word in words
        if word.said.topic is topic and word.at <= now and (word.until is None or word.until > now)
    ]
    last: dict[str, Word] = {}
    for word in sorted(living, key=_in_order):
        last[word.reporter] = word
    settled_at = max(
        (word.at for word in last.values() if word.source.answers_for_the_place), default=None
    )
    answers = {
        w.said for w in last.values() if w.at == settled_at and w.source.answers_for_the_place
    }
    return sorted(
        (
            word
            for word in last.values()
            if settled_at is None or word.at >= settled_at or word.said in answers
        ),
        key=lambda one: (one.at, one.source, one.reporter),
    )


# ---- inside -----------------------------------------------------------------------------------


def _in_order(word: Word) -> tuple[datetime, int, int, float]:
    """Return by what words are ordered: all of it, so that none depends on how they arrived."""
    ends = word.until.timestamp() if word.until else float("inf")
    return word.at, int(word.said), -int(word.source), ends


def _side(said: Said, counted: Sequence[Word], now: datetime, by: Settings) -> Side:
    words = tuple(word for word in counted if word.said is said)
    parts = [(w.source, faded(by.points[w.source], now - w.at, by.half_life)) for w in words]
    visitors = sum(points for source, points in parts if source is ReportSource.VISITOR)
    others = sum(points for source, points in parts if source is not ReportSource.VISITOR)
    return Side(
        said=said,
        words=words,
        points=others + min(visitors, by.visitors_most),
        visitors=min(visitors, by.visitors_most),
        raw_visitors=visitors,
        is_vouched=any(source is not ReportSource.VISITOR for source, _ in parts),
    )


def _known(
    best: Side,
    rivals: Sequence[Side],
    counted: Sequence[Word],
    ends: Sequence[datetime],
    trace: list[str],
    now: datetime,
    by: Settings,
) -> Settled:
    vouching = [word for word in best.words if word.source is not ReportSource.VISITOR]
    last = max(vouching, key=lambda word: (word.at, -word.source))
    said = f"“{best.said.label}”{best.points:.0f} 分，够 {by.enough:.0f} 分"
    if rivals:
        said += f"，比“{rivals[0].said.label}”多 {best.points - rivals[0].points:.0f} 分"
    return Settled(
        outcome=Outcome.SETTLED,
        said=best.said,
        confidence=min(100, round(best.points)),
        fresh_until=_fresh_until(best, rivals, ends, now, by),
        confirmed_at=last.at,
        confirmed_by=last.source,
        confirmations=len(best.words),
        contradictions=len(counted) - len(best.words),
        trace=(*trace, f"{said}：{best.said.label}。"),
    )


def _fresh_until(
    best: Side, rivals: Sequence[Side], ends: Sequence[datetime], now: datetime, by: Settings
) -> datetime:
    """Return when the answer ceases to hold, a little early rather than late.

    Everything halves together, but what visitors are capped at may stay as it is while the rest
    fades: on the best side it is taken to fade, on a rival's not to.
    """
    left = by.enough / best.points
    for rival in rivals:
        capped = rival.visitors if rival.raw_visitors > rival.visitors else 0.0
        left = max(left, (by.margin + capped) / max(best.points - rival.points + capped, 1e-9))
    return min([now + by.half_life * max(log2(1 / left), 0.0), *ends])


def _unknown(outcome: Outcome, counted: Sequence[Word], trace: list[str]) -> Settled:
    return Settled(outcome, None, 0, None, None, None, 0, len(counted), tuple(trace))


def _told(side: Side, now: datetime, by: Settings) -> list[str]:
    lines = []
    for word in side.words:
        if word.source is ReportSource.VISITOR:
            continue
        points = faded(by.points[word.source], now - word.at, by.half_life)
        end = f"，说到 {_clock(word.until, now)} 为止" if word.until else ""
        lines.append(
            f"{word.source.label} {_clock(word.at, now)} 说{side.said.label}{end}，现在算 {points:.0f} 分。"
        )
    visitors = [word for word in side.words if word.source is ReportSource.VISITOR]
    if visitors:
        line = (
            f"路过的 {len(visitors)} 人说{side.said.label}，合起来最多算 {by.visitors_most:.0f} 分"
        )
        alone = "" if side.is_vouched else "；没有站长、会员或门禁也这么说，不作数"
        lines.append(f"{line}{alone}。")
    return lines


def _clock(at: datetime, now: datetime) -> str:
    there, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI)
    if there.date() == today.date():
        return f"{there:%H:%M}"
    return f"{there.month} 月 {there.day} 日 {there:%H:%M}"
