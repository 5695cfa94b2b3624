"""The unions of the world: the tree, who stands where, how many will join each.

The plan is made first and holds everything that later steps ask for; the tree's own action then
founds the unions, so that placements, ancestry, territory and changes are as in real life.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from numpy.random import Generator

from config.demo import names
from config.demo.scales import COUNTY_WEIGHTS, OCCUPATIONS, USUAL_WEIGHT, Scale, Window
from config.demo.wire import Array, day_number, day_of
from nuanxin.kernel import clock, regions
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.credit_code import check_character, organisation_check_character
from nuanxin.orgs.actions import NewUnion, found_unions_in_bulk, move_union
from nuanxin.orgs.states import Route, UnionKind

_PROVINCE = 330000
_LONG_AGO = {1: date(1950, 8, 1), 2: date(1951, 5, 1), 3: date(1956, 5, 1), 4: date(2009, 5, 1)}
# 2021: 临平 was cut out of 余杭, 钱塘 mostly out of 萧山; their towns stood there before.
_DIVIDED_ON = date(2021, 4, 9)
_UNDER_BEFORE = {330113: 330110, 330114: 330109}
_SMALLEST = 6
GATHERED = 34
"""Members of the backstop union in which the riders of one platform have come together."""
_SPREAD = 1.05
"""Sigma of the log-normal sizes: the largest of thousands is some thirty times the middle one."""


@dataclass(slots=True)
class PlannedUnion:
    """A union before it is founded. ``gross`` is how many will ever join; days are day numbers.

    ``handle`` names the ones that scripts and other steps look for. ``last_join`` is the last day
    on which somebody joins; ``closes`` the day on which it ends, 0 for never.
    """

    code: str
    name: str
    kind: UnionKind
    level: int
    parent: str | None
    adcode: int
    town: int | None
    founded: int
    is_new_form: bool = False
    gross: int = 0
    occupation: int = 99
    route: Route | None = None
    handle: str = ""
    closes: int = 0
    ending: str = ""
    joins_until: int = 0
    employer: str = ""
    stability: float = 1.0
    lng: float | None = None
    lat: float | None = None
    credit_code: str | None = None
    moves_to: str = ""
    moves_on: int = 0
    id: int = 0


@dataclass(slots=True)
class UnionPlan:
    """All unions of a world, upper ones first."""

    rows: list[PlannedUnion] = field(default_factory=list)

    def by_handle(self, handle: str) -> PlannedUnion:
        """Return the union called ``handle``."""
        return next(row for row in self.rows if row.handle == handle)

    def by_code(self, code: str) -> PlannedUnion:
        """Return the union with this code."""
        return next(row for row in self.rows if row.code == code)

    def column(self, name: str) -> Array:
        """Return one attribute of every union as an array."""
        return np.array([getattr(row, name) for row in self.rows])


def plan_unions(scale: Scale, window: Window, random: Generator) -> UnionPlan:
    """Return the tree with sizes, trades and founding days."""
    plan = UnionPlan(_upper_unions(scale))
    counties = [row.adcode for row in plan.rows if row.level == 3]
    shares = np.array(
        [(scale.weights or COUNTY_WEIGHTS).get(adcode, USUAL_WEIGHT) for adcode in counties]
    )
    special = _special_unions(scale, window)
    count = scale.unions - len(special)
    towns: dict[int, list[PlannedUnion]] = {}
    for row in plan.rows:
        if row.level == 4:
            towns.setdefault(row.adcode, []).append(row)
    backstop = _give_backstops(scale, towns, random)
    ordinary = _ordinary_unions(scale, window, random, counties, shares, towns, count)
    reserved = sum(row.gross for row in special)
    _give_sizes(ordinary, scale.persons - reserved - backstop, random)
    _give_trades(ordinary, special, scale, random)
    _give_names(ordinary, random)
    plan.rows += special + ordinary
    _script(plan, scale, window, towns)
    _number(plan.rows)
    return plan


def _upper_unions(scale: Scale) -> list[PlannedUnion]:
    rows = [_upper("330000", 1, None, "浙江省")]
    chosen = scale.counties or tuple(int(one.code) for one in regions.counties())
    cities = sorted({adcode // 100 * 100 for adcode in chosen})
    for city in cities:
        rows.append(_upper(str(city), 2, "330000", regions.region(str(city)).name))
    for adcode in sorted(chosen):
        county = regions.region(str(adcode))
        rows.append(_upper(county.code, 3, county.parent_code, county.name))
    for adcode in sorted(chosen):
        county = regions.region(str(adcode))
        below = regions.children(county.code)
        for town in below[: scale.towns_each or len(below)]:
            name = f"{county.name}{town.name}"
            row = _upper(county.code, 4, county.code, name, town=int(town.code))
            rows.append(row)
    return rows


def _upper(
    region: str, level: int, parent: str | None, name: str, town: int | None = None
) -> PlannedUnion:
    place = regions.region(str(town) if town else region)
    before = _UNDER_BEFORE.get(int(region)) if town else None
    over = regions.region(str(before or region))
    begun = max(over.valid_from or date.min, place.valid_from or date.min)
    founded = max(_LONG_AGO[level] + timedelta(days=level * 40), begun)
    return PlannedUnion(
        code=f"{town}000" if town else f"{region}000000",
        name=f"{name}总工会",
        kind=UnionKind.TOWNSHIP if town else UnionKind.FEDERATION,
        level=level,
        parent=f"{before or parent}000000" if parent else None,
        adcode=int(region),
        town=town,
        founded=day_number(founded),
        route=Route.BACKSTOP if town else None,
        moves_to=f"{parent}000000" if before else "",
        moves_on=day_number(_DIVIDED_ON) if before else 0,
        lng=place.lng,
        lat=place.lat,
    )


def _special_unions(scale: Scale, window: Window) -> list[PlannedUnion]:
    """Return the courier union over four cities and the care federation of Ningbo."""
    since = day_number(window.since)
    couriers_seat = 330105
    return [
        PlannedUnion(
            code="",
            name="穗达速运浙江工会",
            kind=UnionKind.GRASSROOTS,
            level=5,
            parent=f"{couriers_seat}000000",
            adcode=couriers_seat,
            town=None,
            founded=since + 75,
            is_new_form=True,
            gross=scale.couriers,
            occupation=3,
            route=Route.KEY_ENTERPRISE,
            handle="couriers",
            employer="穗达速运",
            stability=0.3,
        ),
        PlannedUnion(
            code="",
            name="宁波市养老服务行业工会联合会",
            kind=UnionKind.INDUSTRY_FEDERATION,
            level=5,
            parent="330200000000",
            adcode=330212,
            town=None,
            founded=since + 160,
            is_new_form=True,
            gross=scale.carers,
            occupation=6,
            route=Route.INDUSTRY,
            handle="carers",
            stability=0.3,
        ),
    ]


def _give_backstops(scale: Scale, towns: dict[int, list[PlannedUnion]], random: Generator) -> int:
    """Let the towns' own unions take those for whom nothing else fits: some 2.5 % of all.

    In one of them enough riders of one platform have come together for a union of their own.
    """
    listed = [row for rows in towns.values() for row in rows]
    shares = random.gamma(1.2, size=len(listed))
    total = round(scale.persons * 0.025)
    for row, number in zip(listed, random.multinomial(total, shares / shares.sum()), strict=True):
        row.gross = int(number)
        row.occupation = 4
    gathered = towns[scale.home][0]
    gathered.handle, gathered.stability = "backstop", 0.2
    total += GATHERED - gathered.gross
    gathered.gross = GATHERED
    return total


def _ordinary_unions(
    scale: Scale,
    window: Window,
    random: Generator,
    counties: Sequence[int],
    shares: Array,
    towns: dict[int, list[PlannedUnion]],
    count: int,
) -> list[PlannedUnion]:
    each = np.full(len(counties), min(4, count // (2 * len(counties))))
    each[counties.index(scale.home)] = max(each[0], 6)
    each += random.multinomial(count - each.sum(), shares / shares.sum())
    since, until = day_number(window.since), day_number(window.until)
    rows = []
    for adcode, number in zip(counties, each, strict=True):
        around = regions.region(str(adcode))
        for _ in range(number):
            town = towns[adcode][int(random.integers(len(towns[adcode])))]
            # More were founded early in the five years than late, none in the last weeks.
            founded = since + int((until - since - 60) * random.beta(1.0, 1.6))
            rows.append(
                PlannedUnion(
                    code="",
                    name="",
                    kind=UnionKind.GRASSROOTS,
                    level=5,
                    parent=town.code,
                    adcode=adcode,
                    town=town.town,
                    founded=founded,
                    is_new_form=True,
                    lng=round(around.lng + random.normal(0, 0.03), 5),
                    lat=round(around.lat + random.normal(0, 0.025), 5),
                )
            )
    return rows


def _give_sizes(rows: list[PlannedUnion], persons: int, random: Generator) -> None:
    """Share out ``persons`` by a log-normal law, larger in busy counties; the sum is exact."""
    by_county = Counter(row.adcode for row in rows)
    busy = np.array([by_county[row.adcode] ** 0.12 for row in rows])
    raw = random.lognormal(0, _SPREAD, len(rows)) * busy
    smallest = min(_SMALLEST, persons // len(rows))
    sizes = smallest + np.floor(raw / raw.sum() * (persons - smallest * len(rows))).astype(int)
    sizes[: persons - sizes.sum()] += 1
    for row, size in zip(rows, sizes, strict=True):
        row.gross = int(size)
        if size >= 600:
            row.parent, row.town = f"{row.adcode}000000", None


def _give_trades(
    rows: list[PlannedUnion], special: list[PlannedUnion], scale: Scale, random: Generator
) -> None:
    """Give each union its trade so that the persons of each come near the published numbers."""
    total = sum(OCCUPATIONS.values())
    wanted = {key: scale.persons * part / total for key, part in OCCUPATIONS.items()}
    for row in special:
        wanted[row.occupation] -= row.gross
    keys = list(wanted)
    for row in sorted(rows, key=lambda row: -row.gross):
        left = np.array([max(wanted[key], 1.0) for key in keys])
        row.occupation = keys[int(random.choice(len(keys), p=left / left.sum()))]
        wanted[row.occupation] -= row.gross


def _give_names(rows: list[PlannedUnion], random: Generator) -> None:
    used: Counter[str] = Counter()
    for row in rows:
        trade = names.TRADES[row.occupation]
        county = regions.region(str(row.adcode))
        town = regions.region(str(row.town)) if row.town else None
        place = f"{county.name}{town.short_name}" if town else county.name
        draw = random.random()
        if row.gross >= 350 and draw < 0.3:
            row.kind, row.route = UnionKind.INDUSTRY_FEDERATION, Route.INDUSTRY
            row.parent, row.town = f"{row.adcode}000000", None
            name = f"{county.name}{trade}行业工会联合会"
        elif row.gross < 45 or draw < 0.45:
            row.kind = UnionKind.JOINT
            row.route = Route.BACKSTOP if row.gross < 45 else Route.INDUSTRY
            name = f"{place}{trade}联合工会"
        else:
            row.kind, row.route = UnionKind.GRASSROOTS, Route.KEY_ENTERPRISE
            row.employer = _firm(row, random)
            name = f"{place}{row.employer}工会"
        times = used[name]
        used[name] += 1
        row.name = names.numbered(name, times)


def _firm(row: PlannedUnion, random: Generator) -> str:
    platforms = [name for name, trade in names.PLATFORMS if trade == row.occupation]
    if random.random() < 0.35:
        return platforms[int(random.integers(len(platforms)))]
    one, two = random.choice(len(names.FIRM_HEADS), 2, replace=False)
    return str(names.FIRM_HEADS[one] + names.FIRM_HEADS[two] + names.FIRM_TAILS[row.occupation])


def _script(
    plan: UnionPlan, scale: Scale, window: Window, towns: dict[int, list[PlannedUnion]]
) -> None:
    """Choose the unions with a part to play: a queue, a merger, a move, an end."""
    here = [
        row
        for row in plan.rows
        if row.adcode == scale.home and row.is_new_form and row.parent in _codes(towns[scale.home])
    ]
    here.sort(key=lambda row: (row.founded, row.name))
    beside = [row for row in plan.rows if row.adcode == scale.beside and row.level == 5]
    beside = [row for row in beside if not row.handle]
    home = max(here, key=lambda row: row.gross)
    home.handle = "home"
    here.remove(home)
    parts = ["merged", "merged_into", "dissolved", "moved"]
    for row, part in zip(here, parts, strict=False):
        row.handle = part
    max(beside, key=lambda row: row.gross).handle = "beside"
    towns[scale.beside][0].handle = "backstop_beside"
    until = day_number(window.until)
    for part, days in (("merged", 240), ("dissolved", 130)):
        row = plan.by_handle(part)
        row.closes = until - days
        row.founded = min(row.founded, row.closes - 500)
        row.joins_until, row.ending = row.closes - 45, part
    into = plan.by_handle("merged_into")
    into.founded = min(into.founded, plan.by_handle("merged").founded)
    moved = plan.by_handle("moved")
    moved.moves_on = until - 300
    moved.founded = min(moved.founded, moved.moves_on - 200)
    moved.moves_to = next(row.code for row in towns[scale.home] if row.code != moved.parent)
    for handle, adcode in (("home_county", scale.home), ("beside_county", scale.beside)):
        plan.by_code(f"{adcode}000000").handle = handle
        city = plan.by_code(f"{adcode // 100 * 100}000000")
        city.handle = city.handle or handle.replace("county", "city")
    plan.by_code("330000000000").handle = "province"
    for row in plan.rows:
        row.joins_until = row.joins_until or until


def _codes(rows: Sequence[PlannedUnion]) -> set[str]:
    return {row.code for row in rows}


def _number(rows: list[PlannedUnion]) -> None:
    """Give codes in the order of founding within each county, and social-credit codes."""
    serial: Counter[int] = Counter()
    for row in sorted(rows, key=lambda row: row.founded):
        if not row.code:
            serial[row.adcode] += 1
            row.code = f"{row.adcode}{100_000 + serial[row.adcode]}"
    for at, row in enumerate(rows):
        row.credit_code = credit_code("81" if row.level >= 4 else "89", row.adcode, at + 1)


def credit_code(kind: str, adcode: int, serial: int) -> str:
    """Return an invented social-credit code with true check characters."""
    first8 = f"X{serial:07d}" if kind.startswith("8") else f"Y{serial:07d}"
    organisation = first8 + organisation_check_character(first8)
    first17 = f"{kind}{adcode:06d}{organisation}"
    return first17 + check_character(first17)


def found(plan: UnionPlan, *, now: datetime) -> None:
    """Found every union of the plan, note their ids, and carry out the moves as of their day.

    The upper unions come first, so that what moved in 2021 was known before the others began.
    """
    for upper in (True, False):
        chosen = [row for row in plan.rows if (row.level < 5) is upper]
        ids = found_unions_in_bulk(
            [_new(row) for row in chosen], actor=SYSTEM, now=now, source="演示数据"
        )
        for row in chosen:
            row.id = ids[row.code]
        by_code = {row.code: row.id for row in plan.rows}
        for row in chosen:
            if row.moves_to:
                _move(row, by_code[row.moves_to])


def _move(row: PlannedUnion, parent_id: int) -> None:
    day = day_of(row.moves_on)
    is_division = row.level == 4
    move_union(
        union_id=row.id,
        parent_id=parent_id,
        effective_on=day,
        actor=SYSTEM,
        now=clock.day_start(day) + timedelta(hours=34),
        reason="行政区划调整" if is_division else "随网点搬迁",
        document="浙政发〔2021〕7号（演示）" if is_division else "总工复〔演示〕12号",
    )


def _new(row: PlannedUnion) -> NewUnion:
    founded = day_of(row.founded)
    term = founded.replace(year=founded.year + 5, day=min(founded.day, 28))
    return NewUnion(
        name=row.name,
        kind=row.kind,
        adcode=row.adcode,
        founded_on=founded,
        parent_code=row.parent,
        code=row.code,
        town_code=row.town,
        level=row.level,
        credit_code=row.credit_code,
        industry_code=names.INDUSTRY[row.occupation] if row.is_new_form else "",
        is_new_form=row.is_new_form,
        route=row.route,
        term_ends_on=term if row.is_new_form else None,
        contact_name="工会办公室" if row.level < 5 else "会员服务",
        contact_phone="12351",
        lng=row.lng,
        lat=row.lat,
        recorded_at=clock.day_start(founded) + timedelta(days=3, hours=10),
    )
