"""Whether a number has been published, by whom, and what was published before it, and why else."""

from dataclasses import dataclass
from datetime import date, datetime

from nuanxin.figures.models import Approval, Publication, PublicationLine
from nuanxin.figures.queries.changes import Part, explain_change
from nuanxin.figures.queries.measuring import measure
from nuanxin.figures.queries.when import places_of
from nuanxin.membership.figures.definitions import LIVE

LOOKED_THROUGH = 200
"""The latest publications of the region and of those above it."""


@dataclass(frozen=True, slots=True)
class PublishedValue:
    """A value in a publication, None where it was withheld there; ``measured`` to the person."""

    publication_id: int
    number: int
    version: int
    title: str
    state: int
    as_of: date
    period_start: date | None
    known_at: datetime
    published_at: datetime
    author: str
    approvers: tuple[str, ...]
    value: int | None
    measured: int | None
    rows_hash: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class PublishedBefore:
    """``this`` answers the same question, or None; ``previous`` is the one before it (or the latest).

    ``why`` is told to the person: what both were measured as, and the parts between, adding up
    exactly; None where the figure has no parts. Published values may be to the ten.
    """

    this: PublishedValue | None
    previous: PublishedValue | None
    why: "Why | None"


@dataclass(frozen=True, slots=True)
class Why:
    """From ``start`` to ``end`` by ``parts``: start and parts give the end."""

    start: int
    end: int
    parts: tuple[Part, ...]


def published_before(
    code: str, *, region: int, as_of: date, since: date | None, now: datetime
) -> PublishedBefore:
    """Return where a number of a region stands published; four statements and the change's own."""
    lines = _lines(code, region)
    same = [one for one in lines if (one.as_of, one.period_start) == (as_of, since)]
    this = same[0] if same else None
    earlier = [
        one
        for one in lines
        if one.as_of <= as_of
        and (one.period_start is None) == (since is None)
        and (this is None or one.publication.number < this.publication.number)  # type: ignore[operator]
    ]
    previous = max(earlier, key=lambda one: (one.as_of, one.publication.number), default=None)
    chosen = [one for one in (this, previous) if one is not None]
    names = _approvers(chosen)
    finished = {one.id: _value(one, names) for one in chosen}
    return PublishedBefore(
        this=finished[this.id] if this else None,
        previous=finished[previous.id] if previous else None,
        why=_why(code, region, previous, this, now) if previous and this else None,
    )


def _lines(code: str, region: int) -> list[PublicationLine]:
    """Return the published lines of a figure of a region, the latest publication first."""
    latest = Publication.objects.filter(number__isnull=False, region__in=places_of(region))
    ids = list(latest.order_by("-number").values_list("id", flat=True)[:LOOKED_THROUGH])
    rows = PublicationLine.objects.filter(
        publication_id__in=ids, code=code, region=region, occupation="", channel=""
    )
    return list(rows.select_related("publication").order_by("-publication__number"))


def _approvers(lines: list[PublicationLine]) -> dict[int, tuple[str, ...]]:
    rounds = {line.publication_id: line.publication.round for line in lines}
    names: dict[int, tuple[str, ...]] = dict.fromkeys(rounds, ())
    found = Approval.objects.filter(publication_id__in=list(rounds)).order_by("approved_at", "id")
    for one in found[:20]:
        if one.round == rounds[one.publication_id]:
            names[one.publication_id] += (one.name,)
    return names


def _value(line: PublicationLine, names: dict[int, tuple[str, ...]]) -> PublishedValue:
    publication = line.publication
    assert publication.number is not None
    assert publication.published_at is not None
    return PublishedValue(
        publication_id=publication.id,
        number=publication.number,
        version=publication.version,
        title=publication.title,
        state=publication.state,
        as_of=line.as_of,
        period_start=line.period_start,
        known_at=publication.known_at,
        published_at=publication.published_at,
        author=publication.author_name,
        approvers=names[publication.id],
        value=line.value,
        measured=line.value if line.measured is None else line.measured,
        rows_hash=line.rows_hash,
        reason=publication.reason,
        note=line.note,
    )


def _why(
    code: str, region: int, previous: PublicationLine, this: PublicationLine, now: datetime
) -> Why | None:
    """Return why one number became the other; only live members have parts, only told ones do."""
    if code != LIVE.code or previous.value is None or this.value is None:
        return None
    known_then, known_until = previous.publication.known_at, this.publication.known_at
    if previous.as_of == this.as_of:
        start, end = (
            measure(code, region=region, as_of=this.as_of, known_at=known, now=now).value or 0
            for known in (known_then, known_until)
        )
        corrected = Part("corrections", "补录和更正", end - start)
        return Why(start, end, (corrected,) if corrected.persons else ())
    change = explain_change(
        region=region,
        since=previous.as_of,
        until=this.as_of,
        known_then=known_then,
        known_until=known_until,
        now=now,
    )
    parts = tuple(part for part in change.parts if part.persons)
    return Why(change.start, change.end, parts)
