"""Filling a draft with lines: measured by one scan, written as everybody may read them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nuanxin.figures.models import Publication, PublicationLine
from nuanxin.figures.queries.counted_rows import OF_DAYS_OVER
from nuanxin.figures.queries.deriving import (
    OF_SERVICES,
    Cell,
    Derived,
    asked_of,
    derive,
    get_publishable,
    line_digest,
    parts_of,
    rows_of,
    told_parts,
)
from nuanxin.figures.queries.measuring import measure
from nuanxin.figures.queries.publications import (
    LINES_LIMIT,
    cut_words,
    digest_parts,
    last_values,
    line_key,
    seal_of,
    when_of,
)
from nuanxin.figures.queries.question import Question
from nuanxin.figures.queries.reading import member_totals
from nuanxin.figures.queries.registry import NOT_KNOWN, get_figure
from nuanxin.figures.queries.when import When
from nuanxin.figures.rules.sealing import FORMAT, new_salt
from nuanxin.figures.rules.small_numbers import told_of
from nuanxin.figures.rules.validation import LineFacts, Threshold
from nuanxin.kernel import clock, occupations, regions
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import FigureDefinition
from nuanxin.kernel.parameters import parameter
from nuanxin.kernel.period import PeriodKind
from nuanxin.membership.figures import FIGURES as MEMBERS
from nuanxin.membership.figures import Totals
from nuanxin.membership.figures.evidence import FLOW_WEIGHTS
from nuanxin.membership.states import Channel
from nuanxin.programmes.queries.delivered import is_anything_recorded


@dataclass(frozen=True, slots=True)
class Choice:
    """Which figures; ``below`` 0 the region alone, 1 with its cities, 2 with its counties too.

    ``cuts`` are "occupation" and "channel": the region's own numbers by each of them.
    """

    codes: tuple[str, ...]
    below: int = 0
    cuts: tuple[str, ...] = field(default_factory=tuple)

    def cells(self, region: int) -> list[Cell]:
        """Return the lines asked for. Raises ``Malformed`` figures.nothing_chosen, …too_many_lines."""
        if not self.codes:
            raise Malformed("figures.nothing_chosen", "还没有选指标。请至少选一个。")
        places = [region, *_places_below(region, self.below)]
        cells: list[Cell] = []
        for code in dict.fromkeys(self.codes):
            get_publishable(code)
            cells += [(code, place, "", "") for place in places]
            if code in FLOW_WEIGHTS:
                cells += [(code, region, *cut) for cut in self._cuts()]
        if len(cells) > LINES_LIMIT:
            raise Malformed(
                "figures.too_many_lines",
                f"一次最多发布 {LINES_LIMIT:,} 个数，现在选了 {len(cells):,} 个。请少选几个指标或地区。",
            )
        return cells

    def _cuts(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if "occupation" in self.cuts:
            found += [(one.code, "") for one in occupations.all_occupations()]
        if "channel" in self.cuts:
            found += [("", one.code) for one in Channel]
        return found


def _places_below(region: int, below: int) -> list[int]:
    code = str(region)
    places: list[int] = []
    if below and region % 100 == 0:
        under_province = region % 10_000 == 0
        for one in regions.cities() if under_province else regions.counties(city=code):
            places.append(int(one.code))
            if under_province and below > 1:
                places += [int(county.code) for county in regions.counties(city=one.code)]
    return places


def fill_lines(publication: Publication, cells: Sequence[Cell]) -> None:
    """Measure the cells and add them as the lines of a draft; its salt is drawn anew.

    What is not known of a place below (nothing recorded, no denominator) is no line; of the region
    itself it is refused. Raises ``Malformed`` figures.nothing_recorded, …not_of_this_period,
    figures.denominator_missing, figures.day_not_over.
    """
    publication.format, publication.salt = FORMAT, new_salt()
    publication.save(update_fields=["format", "salt"])
    when = when_of(publication)
    _insist_on_recorded(cells, when)
    _insist_on_known(cells, publication, when)
    found = derive(cells, when, top=publication.region)
    known = [cell for cell in cells if cell in found]
    rows = [
        _line(publication, position, cell, found[cell], when)
        for position, cell in enumerate(known, start=1)
    ]
    PublicationLine.objects.bulk_create(rows, batch_size=500)


def _line(
    publication: Publication, position: int, cell: Cell, measured: Derived, when: When
) -> PublicationLine:
    definition = get_figure(cell[0])
    version = definition.version_on(publication.as_of)
    in_period = definition.period_kind is not PeriodKind.AS_OF
    line = PublicationLine(
        publication=publication,
        position=position,
        code=cell[0],
        label=definition.label,
        unit=definition.unit.label,
        definition=version.text,
        definition_version=version.number,
        region=cell[1],
        occupation=cell[2],
        channel=cell[3],
        period_start=publication.period_start if in_period else None,
        as_of=publication.as_of,
        measured=measured.value,
        rows_hash=measured.rows.hash,
        rows_count=measured.rows.rows,
    )
    _tell(line, definition, measured, publication.least_persons)
    line.is_withheld = line.value is None
    line.digest = line_digest(cell, version.number, when, line.value, digest_parts(line))
    line.rows_seal = seal_of(line, publication)
    return line


def _tell(
    line: PublicationLine, definition: FigureDefinition, measured: Derived, least: int
) -> None:
    """Write the number as everybody may read it; of a rate its parts too."""
    if measured.parts is None or definition.ratio is None:
        line.value, line.rounded_to = told_of(measured.value, definition.unit, least=least)
        return
    line.value, line.numerator, line.denominator = told_parts(
        definition.code, measured.parts, least=least
    )
    line.measured_numerator, line.measured_denominator = measured.parts
    line.denominator_label = definition.ratio.label
    if measured.below is not None:
        line.denominator_source = measured.below.source_words
        line.denominator_as_of = measured.below.as_of


def _insist_on_known(cells: Sequence[Cell], publication: Publication, when: When) -> None:
    """Raise ``Malformed`` where the region's own number is not known, with what is lacking."""
    codes = dict.fromkeys(cell[0] for cell in cells if rows_of(cell[0]) in ("counted", "ratio"))
    is_over = when.as_of < clock.business_day(when.known_at)
    for code in codes:
        definition = get_figure(code)
        if not is_over and OF_DAYS_OVER & set(parts_of([code])):
            raise Malformed(
                "figures.day_not_over",
                f"“{definition.label}”在 {when.as_of} 这一天过完以后才定下来。请把截至日选到过完的日子。",
            )
        is_as_of = definition.period_kind is PeriodKind.AS_OF
        try:
            measure(
                code,
                region=publication.region,
                as_of=when.as_of if is_as_of else None,
                period=None if is_as_of else when.period,
                known_at=when.known_at,
                now=publication.measured_at,
            )
        except NotFound as refusal:
            if refusal.code not in NOT_KNOWN:
                raise
            raise Malformed(refusal.code, refusal.message) from None


def _insist_on_recorded(cells: Sequence[Cell], when: When) -> None:
    """Raise ``Malformed`` where nobody has ever entered such a service: nought would be invented."""
    for code in [one for one in parts_of(cell[0] for cell in cells) if one in OF_SERVICES]:
        if not is_anything_recorded(asked_of(code, when)):
            raise Malformed(
                "figures.nothing_recorded",
                f"到 {when.as_of} 还没有登记过“{OF_SERVICES[code].label}”，是多少不知道，不能发布。先不选它。",
            )


def lines_facts(
    publication: Publication, lines: Sequence[PublicationLine], *, now: datetime
) -> list[LineFacts]:
    """Return what the rules look at; the region's own numbers are also read the fast way."""
    last = last_values(publication)
    upkeep = Upkeep(publication, now)
    return [
        LineFacts(
            code=line.code,
            label=line.label,
            unit=line.unit,
            defined_unit=get_figure(line.code).unit.label,
            region=line.region,
            value=line.counted,
            as_of=line.as_of,
            period_start=line.period_start,
            occupation=line.occupation,
            channel=line.channel,
            note=line.note,
            upkeep=upkeep.of(line),
            last=last.get(line_key(line)),
            decimals=line.decimals,
        )
        for line in lines
    ]


class Upkeep:
    """What the fast reading gives for a region itself, all together; totals are read once for all
    members' figures of a kind of period."""

    def __init__(self, publication: Publication, now: datetime) -> None:
        self._publication, self._now = publication, now
        self._when = when_of(publication)
        self._totals: dict[PeriodKind, Totals] = {}

    def of(self, line: PublicationLine) -> int | None:
        """Return the value of a line's question; None of parts, and of what is not known."""
        publication = self._publication
        if line.region != publication.region or cut_words(line) or line.counted is None:
            return None
        definition = get_figure(line.code)
        cut = MEMBERS.get(definition)
        if cut is not None:
            return cut(self._read(definition), None, None)
        is_as_of = definition.period_kind is PeriodKind.AS_OF
        return measure(
            line.code,
            region=line.region,
            as_of=publication.as_of if is_as_of else None,
            period=None if is_as_of else self._when.period,
            known_at=publication.known_at,
            now=self._now,
        ).value

    def _read(self, definition: FigureDefinition) -> Totals:
        kind = definition.period_kind
        if kind not in self._totals:
            question = Question(
                as_of=self._when.as_of,
                period=self._when.period,
                region=self._publication.region,
                known_at=self._publication.known_at,
            )
            self._totals[kind] = member_totals(definition, question)
        return self._totals[kind]


def threshold_of(region: int, now: datetime) -> Threshold:
    """Return from what change on a reason is wanted today."""
    day = clock.business_day(now)
    return Threshold(
        permille=int(parameter("figures.jump_permille", adcode=str(region), on=day).value),
        least=int(parameter("figures.jump_least", adcode=str(region), on=day).value),
    )
