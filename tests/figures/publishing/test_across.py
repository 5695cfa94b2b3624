"""All that everybody reads together: publications, their versions and the board of several days.

The attacker keeps every signed text and every table of the board, knows how they hang together
(counties make cities, trades make totals, days make periods, late entries make versions), and which
rows there are at all. He solves exactly, in fractions, for a number of 1 to 9 persons or such a
difference of two.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations

import pytest

from nuanxin.figures.actions import publishing
from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.actions.drafting import Choice
from nuanxin.figures.actions.evidence import signed_document
from nuanxin.figures.models import Publication
from nuanxin.figures.pages.sheets import board_rows
from nuanxin.figures.queries import get_board
from nuanxin.figures.queries.publications import lines_of
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.rules.sealing import RowSum
from nuanxin.figures.rules.small_numbers import published as to_the_ten
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import occupations, regions
from nuanxin.kernel.actor import SYSTEM
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.membership.figures.evidence import FLOW_WEIGHTS, SPAN_KINDS, WEIGHTS
from nuanxin.membership.models import MemberFlow
from nuanxin.membership.states import Channel
from tests.figures.attacker import Attacker, Row, difference
from tests.figures.conftest import NOW
from tests.figures.publishing.office import drafted, explained, person, published
from tests.figures.world import LAST, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

REACHABLE, SERVED = "membership.reachable_persons", "membership.served_persons"
RATES = {"membership.joining_rate_percent": "membership.live_members_persons",
         "membership.service_reach_percent": SERVED}  # fmt: skip
"""Rates of persons with what they are made of: their parts stand in the signed text."""
CODES = (*WEIGHTS, REACHABLE, SERVED)
OCTOBER = date(2026, 10, 1)
LATE = NOW + timedelta(hours=1)
REGIONS = (330000, 330100, 330200, 330105, 330106, 330212)


@dataclass(frozen=True)
class Cell:
    """One number that somebody could ask for; ``since`` None where nothing is counted in a period."""

    code: str
    region: int
    occupation: str
    channel: str
    as_of: date
    since: date | None
    known_at: datetime


@dataclass(frozen=True)
class Told:
    """What everybody reads of a cell."""

    cell: Cell
    value: int | None
    rounded_to: int


class Rows:
    """The flows as they are; a cell is a sum of them."""

    def __init__(self) -> None:
        self.trades = {one.key: one.code for one in occupations.all_occupations()}
        self.ways = {int(one): one.code for one in Channel}
        told = MemberFlow.objects.order_by("id")
        self.flows = [one for one in told if one.kind >= 10 or one.kind in SPAN_KINDS]

    def sum_of(self, cell: Cell) -> Row:
        """Return which rows a cell is the sum of, each with its weight times its persons."""
        prefix = regions.area_prefix(str(cell.region))
        weights = {int(kind): weight for kind, weight in FLOW_WEIGHTS[cell.code].items()}
        found: Row = {}
        for flow in self.flows:
            if (
                weights.get(flow.kind)
                and str(flow.county).startswith(prefix)
                and cell.occupation in ("", self.trades[flow.occupation])
                and cell.channel in ("", self.ways[flow.channel])
                and (cell.since or date.min) <= flow.day <= cell.as_of
                and flow.recorded_at <= cell.known_at
            ):
                found[flow.id] = Fraction(weights[flow.kind])
        return found

    def value_of(self, row: Row) -> int:
        """Return the number that a sum comes to."""
        persons = {flow.id: flow.persons for flow in self.flows}
        return int(sum(part * persons[atom] for atom, part in row.items()))


def in_publication(publication: Publication) -> Iterator[Told]:
    """Read a publication as anybody does: the signed text, out of JSON."""
    document = signed_document(publication, lines_of(publication.id))
    content = json.loads(json.dumps(document))["content"]
    known_at = datetime.fromisoformat(content["known_at"])
    for line in content["lines"]:
        since = line["period_start"] and date.fromisoformat(line["period_start"])
        cell = Cell(
            line["code"],
            int(line["region"]),
            line["occupation"] or "",
            line["channel"] or "",
            date.fromisoformat(line["as_of"]),
            since,
            known_at,
        )
        if line["unit"] == "人":
            yield Told(cell, line["value"], line["rounded_to"])
        if line["code"] in RATES:
            yield Told(replace(cell, code=RATES[line["code"]]), line["numerator"], 10)


def in_board(region: int, day: date, since: date | None, now: datetime) -> Iterator[Told]:
    """Read the tables of the public page, and its trend."""
    board = get_board(region=region, as_of=day, since=since, now=now)
    trades = {one.label: one.code for one in occupations.all_occupations()}
    ways = {one.label: one.code for one in Channel}
    for row in board_rows(board):
        if row["code"] not in CODES:
            continue
        cell = Cell(
            row["code"],
            int(row["region"]),
            trades[row["occupation"]] if row["occupation"] else "",
            ways[row["channel"]] if row["channel"] else "",
            day,
            date.fromisoformat(row["since"]) if row["since"] else None,
            now,
        )
        yield Told(cell, row["value"], row["rounded_to"])
    for point in board.trend[-4:]:
        for code, value in ((CODES[0], point.live), (CODES[1], point.new)):
            if value is not None and (since is None or code == CODES[0]):
                yield Told(Cell(code, region, "", "", point.day, None, now), value, 10)


def everything_read(world: World) -> list[Told]:
    """Publish and correct, read the boards of three days before and after a late entry; return it all."""
    choice = Choice((*CODES, *RATES), below=2, cuts=("occupation", "channel"))
    known_workers()
    some_are_reached(world)
    first = published(world, drafted(world, choice=choice))
    others = [
        published(world, drafted(world, union, choice=choice, **given))
        for union, given in (
            ("gongshu", {}),
            ("hangzhou", {"since": None}),
            ("province", {"as_of": LAST - timedelta(days=1)}),
        )
    ]
    told = [one for each in (first, *others) for one in in_publication(each)]
    told += boards(NOW)
    late_entries(world)
    again = publishing.draft_correction(
        publication_id=first.id,
        reason="补录三个人、一个人退会",
        actor=person(world, "province"),
        now=LATE + timedelta(hours=1),
    )
    told += in_publication(published(world, explained(world, again), later=180))
    return told + boards(LATE + timedelta(hours=1))


def boards(now: datetime) -> list[Told]:
    return [
        told
        for region in REGIONS
        for day in (LAST, LAST - timedelta(days=1), date(2026, 9, 30))
        for since in (None, OCTOBER)
        if since is None or since <= day
        for told in in_board(region, day, since, now)
    ]


def known_workers() -> None:
    """What rates of joining are divided by, of every county."""
    entries = [
        Entry(kind=DenominatorKind.WORKERS, region=int(one.code), as_of=date(2025, 12, 31), value=400,
              source="统计局", checked_on=date(2026, 3, 1), line=2)
        for one in regions.counties(LAST)
    ]  # fmt: skip
    enter_denominators(entries=entries, actor=SYSTEM, now=NOW - timedelta(days=2))


def some_are_reached(world: World) -> None:
    """In each union some were reached and some served; a few of them are so no longer."""
    unions = [one for one in world.unions.values() if one.adcode % 100]
    MemberFlow.objects.bulk_create(
        MemberFlow(day=LAST - timedelta(days=days), union_id=union.id, county=union.adcode,
                   occupation=3, channel=1, kind=kind, persons=persons,
                   recorded_at=NOW - timedelta(days=1))
        for number, union in enumerate(unions)
        for days, kind, persons in ((60, 3, 4 + 5 * number), (1, 3, -2), (0, 3, 1),
                                    (50, 4, 2 + 3 * number), (0, 4, -1))
    )  # fmt: skip


def late_entries(world: World) -> None:
    """Three joined and one left some days ago, which is entered only now."""
    union = world.unions["joint_gongshu_1"]
    for kind, persons in ((10, 3), (21, 1)):
        MemberFlow.objects.create(
            day=LAST - timedelta(days=3),
            union_id=union.id,
            county=union.adcode,
            occupation=3,
            channel=1,
            kind=kind,
            persons=persons,
            recorded_at=LATE,
        )


def taught(rows: Rows, told: list[Told], *, is_guarded: bool = True) -> Attacker:
    """Return who was told all this; unguarded, he is told every number to the one."""
    attacker = Attacker()
    for one in told:
        row = rows.sum_of(one.cell)
        value = rows.value_of(row)
        assert one.value == (value if one.rounded_to == 1 else to_the_ten(value, least=10)), one
        if one.value == 0 and all(part > 0 for part in row.values()):
            for atom in row:
                attacker.learn({atom: Fraction(1)})
        elif one.value == 0 or one.rounded_to == 1 or not is_guarded:
            attacker.learn(row)
    return attacker


def small_ones(rows: Rows, told: list[Told], attacker: Attacker) -> Iterator[tuple[Cell, ...]]:
    """Yield every cell, and every two of one figure, place and cut, that give 1 to 9 persons away."""
    sums = {one.cell: rows.sum_of(one.cell) for one in told}
    alike: dict[tuple[str, int, str, str], list[Cell]] = {}
    for cell, row in sums.items():
        alike.setdefault((cell.code, cell.region, cell.occupation, cell.channel), []).append(cell)
        if 0 < abs(rows.value_of(row)) < 10 and attacker.knows(row):
            yield (cell,)
    for cells in alike.values():
        for one, other in combinations(cells, 2):
            row = difference(sums[one], sums[other])
            if 0 < abs(rows.value_of(row)) < 10 and attacker.knows(row):
                yield one, other


@pytest.fixture(params=[1, 2, 3])
def province(db, request) -> World:
    """Return a made-up province, another for each number."""
    made = make_world(people=(60, 90, 120)[request.param - 1], seed=request.param)
    fold_flows(now=NOW - timedelta(days=40))
    return made


def test_publications_versions_and_boards_together_give_no_few_persons_away(province: World):
    told = everything_read(province)
    rows = Rows()
    assert len(told) > 1_000
    assert not list(small_ones(rows, told, taught(rows, told)))


def test_without_the_rule_some_are_given_away_across_versions_and_days(world: World):
    kept = {CODES[0], CODES[1]}
    told = [one for one in everything_read(world) if one.cell.code in kept]
    few = [one for one in told if not one.cell.occupation and not one.cell.channel]
    rows = Rows()
    found = list(small_ones(rows, few, taught(rows, few, is_guarded=False)))
    assert any(len(one) == 1 for one in found), "a cell of a few"
    pairs = [one for one in found if len(one) == 2]
    assert any(one.known_at != other.known_at for one, other in pairs), "two versions of a day"
    assert any(one.as_of != other.as_of for one, other in pairs), "two days"


def test_a_few_rows_cannot_be_found_by_trial_in_the_public_text(world: World):
    """Hash and count of a row set were public in format 1: whoever guesses the row knows it."""
    choice = Choice(CODES, below=2, cuts=("occupation", "channel"))
    done = published(world, drafted(world, choice=choice, since=date(2026, 9, 1)))
    lines = lines_of(done.id)
    single = next(line for line in lines if line.period_start and line.rows_count == 1)
    union_ids = [union.id for union in world.unions.values()]
    guesses = (
        f"{union},{county},{trade},{way},{kind},{date(2026, 9, 1) + timedelta(days=n)},1"
        for union in union_ids
        for county in (330105, 330106, 330212)
        for trade in (one.key for one in occupations.all_occupations())
        for way in map(int, Channel)
        for kind in (10, 11, 12, 21)
        for n in range(50)
    )
    assert any(RowSum.of_texts([guess]).hash == single.rows_hash for guess in guesses)
    public = json.dumps(signed_document(done, lines), ensure_ascii=False)
    assert not [line for line in lines if line.rows_hash in public]
    assert bytes(done.salt or b"").hex() not in public
    told = json.loads(public)["content"]["lines"]
    assert not [line for line in told if {"rows", "rows_hash", "measured"} & line.keys()]


def test_the_same_rows_have_another_seal_in_another_version(world: World):
    first = published(world)
    again = publishing.draft_correction(
        publication_id=first.id, reason="再测一遍", actor=person(world, "province"), now=LATE
    )
    seals = [{line.rows_seal for line in lines_of(one.id)} for one in (first, again)]
    assert seals[0].isdisjoint(seals[1])
    hashes = [[line.rows_hash for line in lines_of(one.id)] for one in (first, again)]
    assert hashes[0] == hashes[1]
