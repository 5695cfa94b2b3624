"""Which union to propose to somebody who joins: domain paper 2.2, acceptance example A33.

With a labour relation it is the employer's union; without one the union of the place of work or
home, or the trade's federation; where nothing fits, the township's backstop union. Pure: what is
known about person and unions goes in, one proposal with reasons and up to two others come out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nuanxin.orgs.states import ReasonKind, UnionKind

_LAST = 10**9
_EMPLOYER = frozenset({ReasonKind.EMPLOYER, ReasonKind.PLATFORM})


@dataclass(frozen=True, slots=True)
class Situation:
    """What the person said. Region names are ready for a sentence ("拱墅区", "大关街道").

    ``has_labour_relation`` None: not known, the employer's union is then offered with a condition.
    ``occupation_labels`` and ``trade_verbs`` belong to the same occupations, in order.
    """

    has_labour_relation: bool | None = None
    occupation_labels: tuple[str, ...] = ()
    county_name: str = ""
    town_name: str = ""
    home_name: str = ""
    employer_said: str = ""
    platform_name: str = ""
    walking_metres: int = 2000
    metres_a_minute: int = 75
    others: int = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A living union that accepts persons, and how it touches the person's situation.

    ``trade_label`` is the occupation that its industry covers; ``region_span`` says how wide its
    area is: 0 town, 1 county, 2 city, 3 province. ``distance_m`` None: not known; it is ``exact``
    when both points were measured, not taken from the centre of a region.
    """

    union_id: int
    code: str
    name: str
    kind: UnionKind
    covers_employer: bool = False
    covers_platform: bool = False
    employer_name: str = ""
    trade_label: str = ""
    is_work_town: bool = False
    is_work_county: bool = False
    is_home_town: bool = False
    region_span: int = 1
    distance_m: float | None = None
    is_distance_exact: bool = False
    is_backstop: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason in the person's words."""

    kind: ReasonKind
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A union with its reasons, the strongest first."""

    union_id: int
    code: str
    name: str
    reasons: tuple[Reason, ...]

    @property
    def kinds(self) -> frozenset[ReasonKind]:
        """Return the kinds of its reasons."""
        return frozenset(reason.kind for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Proposals:
    """The one proposed (None only where no union at all takes persons there), and others.

    ``is_backstop`` says that nothing better fits; ``missing`` are the Chinese names of what would
    help to find a better one, to be asked or shown.
    """

    first: Proposal | None
    others: tuple[Proposal, ...] = ()
    is_backstop: bool = False
    missing: tuple[str, ...] = field(default_factory=tuple)

    @property
    def all(self) -> tuple[Proposal, ...]:
        """Return every proposal, the first one first."""
        return (self.first, *self.others) if self.first else ()


def rank(candidates: Iterable[Candidate], situation: Situation) -> Proposals:
    """Return the proposals for one person.

    Of each way to fit (employer, trade, place) the best comes before a second of the same way, so
    that the choice is a real one; ties go to the narrower area, the nearer, the older union.
    """
    known = list(candidates)
    fitting = [(each, _reasons(each, situation)) for each in known if not each.is_backstop]
    fitting = [(each, reasons) for each, reasons in fitting if reasons]
    ordered = _one_of_each_way_first(sorted(fitting, key=lambda pair: _key(pair, situation)))
    backstops = sorted((each for each in known if each.is_backstop), key=_nearness)
    chosen = [_proposal(each, reasons) for each, reasons in ordered]
    if situation.has_labour_relation is None and all(_way(r) == "employer" for _, r in ordered):
        # Who has no contract is not left with a union for those who have one.
        chosen += [_proposal(each, _backstop_reasons(each, situation)) for each in backstops]
    elif not ordered:
        chosen = [_proposal(each, _backstop_reasons(each, situation)) for each in backstops]
    missing = _missing(situation, ordered)
    if not chosen:
        return Proposals(None, is_backstop=True, missing=missing)
    others = tuple(chosen[1 : 1 + situation.others])
    return Proposals(chosen[0], others, is_backstop=not ordered, missing=missing)


def _proposal(candidate: Candidate, reasons: Sequence[Reason]) -> Proposal:
    return Proposal(candidate.union_id, candidate.code, candidate.name, tuple(reasons))


def _reasons(candidate: Candidate, situation: Situation) -> tuple[Reason, ...]:
    """Return why this union fits, the strongest first; nothing where it does not."""
    if (candidate.covers_employer or candidate.covers_platform) and (
        situation.has_labour_relation is False
    ):
        return ()  # A33: without a labour relation the employer's union is not asked for
    found = list(_employer_reasons(candidate, situation))
    found += _trade_reasons(candidate, situation)
    found += _place_reasons(candidate, situation)
    return tuple(found)


def _employer_reasons(candidate: Candidate, situation: Situation) -> Iterable[Reason]:
    named = candidate.employer_name or situation.employer_said or situation.platform_name
    if candidate.covers_employer:
        if situation.has_labour_relation:
            yield Reason(ReasonKind.EMPLOYER, f"你和{named}有劳动关系，这是你单位的工会")
        else:
            yield Reason(ReasonKind.EMPLOYER, f"和{named}签了劳动合同的，进这个")
    if candidate.covers_platform:
        if situation.has_labour_relation:
            yield Reason(ReasonKind.PLATFORM, f"你和{named}有劳动关系，这是你平台的工会")
        else:
            yield Reason(ReasonKind.PLATFORM, f"这是你平台的工会，和{named}签了劳动合同的进这个")


def _trade_reasons(candidate: Candidate, situation: Situation) -> Iterable[Reason]:
    is_here = candidate.is_work_county or candidate.region_span >= 2
    if not candidate.trade_label or not is_here:
        return
    yield Reason(ReasonKind.TRADE, f"你是{candidate.trade_label}，它就是你这一行的工会")
    if candidate.is_work_county and situation.county_name and not candidate.is_work_town:
        yield Reason(ReasonKind.WORK_PLACE, f"你常在{situation.county_name}干活")


def _place_reasons(candidate: Candidate, situation: Situation) -> Iterable[Reason]:
    if candidate.covers_employer or candidate.covers_platform:
        return
    if candidate.is_work_town:
        yield Reason(ReasonKind.WORK_PLACE, f"你常在{situation.town_name or '这里'}干活")
    if candidate.is_home_town:
        yield Reason(ReasonKind.HOME_PLACE, f"你住在{situation.home_name or '这里'}")
    walk = _walk(candidate, situation)
    if walk and (candidate.is_work_town or candidate.is_home_town or candidate.is_work_county):
        yield Reason(ReasonKind.NEAREST, walk)


def _walk(candidate: Candidate, situation: Situation) -> str:
    """Return 离你近，走路几分钟 where the distance was measured and is walkable."""
    if not candidate.is_distance_exact or candidate.distance_m is None:
        return ""
    if candidate.distance_m > situation.walking_metres:
        return ""
    minutes = max(1, round(candidate.distance_m / situation.metres_a_minute))
    return f"离你近，办事走路 {minutes} 分钟"


def _backstop_reasons(candidate: Candidate, situation: Situation) -> tuple[Reason, ...]:
    where = situation.town_name or situation.county_name or "你这里"
    if candidate.is_work_town or candidate.is_home_town:
        text = f"{where}还没有更合适的工会，先进这个，以后一点就转"
    else:
        text = f"离{where}最近的、能直接进的工会，先进这个，以后一点就转"
    return (Reason(ReasonKind.BACKSTOP, text),)


def _way(reasons: Sequence[Reason]) -> str:
    """Return by which way a union fits: the strongest reason decides."""
    kind = reasons[0].kind
    if kind in _EMPLOYER:
        return "employer"
    if kind is ReasonKind.TRADE:
        return "trade"
    return "home" if kind is ReasonKind.HOME_PLACE else "place"


def _key(pair: tuple[Candidate, tuple[Reason, ...]], situation: Situation) -> tuple[object, ...]:
    candidate, reasons = pair
    ways = ["trade", "place", "home", "employer"]
    if situation.has_labour_relation:
        ways = ["employer", "trade", "place", "home"]
    elif situation.has_labour_relation is None and situation.employer_said:
        ways = ["trade", "place", "employer", "home"]
    is_own_employer = candidate.covers_employer
    return (
        ways.index(_way(reasons)),
        not is_own_employer,
        candidate.region_span,
        not candidate.is_work_town,
        *_nearness(candidate),
    )


def _nearness(candidate: Candidate) -> tuple[float, int]:
    far = candidate.distance_m if candidate.distance_m is not None else float(_LAST)
    return far, candidate.union_id


def _one_of_each_way_first(
    ordered: list[tuple[Candidate, tuple[Reason, ...]]],
) -> list[tuple[Candidate, tuple[Reason, ...]]]:
    seen: set[str] = set()
    firsts: list[tuple[Candidate, tuple[Reason, ...]]] = []
    rest: list[tuple[Candidate, tuple[Reason, ...]]] = []
    for pair in ordered:
        way = _way(pair[1])
        (rest if way in seen else firsts).append(pair)
        seen.add(way)
    return firsts + rest


def _missing(
    situation: Situation, chosen: Sequence[tuple[Candidate, tuple[Reason, ...]]]
) -> tuple[str, ...]:
    """Return what is not known yet and would lead to a better proposal."""
    fits = {kind for _, reasons in chosen for kind in (reason.kind for reason in reasons)}
    gaps = []
    if not situation.occupation_labels:
        gaps.append("你做什么")
    if not situation.town_name:
        gaps.append("你在哪个乡镇（街道）干活")
    if situation.has_labour_relation and not fits & _EMPLOYER:
        gaps.append("你单位的全称")
    if situation.has_labour_relation is None and not fits:
        gaps.append("有没有和哪家单位签劳动合同")
    return tuple(gaps)
