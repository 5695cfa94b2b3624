"""Rates, and unions by kind and route, equal a naive count; a rate tells what it is divided by."""

import json
import random
from datetime import date, timedelta

import pytest

from nuanxin.figures.actions.denominators import enter_denominators
from nuanxin.figures.queries import (
    get_figure,
    get_series,
    list_figures,
    measure,
    measure_for_everybody,
)
from nuanxin.figures.queries.drafts import check_with_figures
from nuanxin.figures.queries.reports import compose_report
from nuanxin.figures.rules.denominators import Entry
from nuanxin.figures.rules.small_numbers import published
from nuanxin.figures.states import DenominatorKind
from nuanxin.kernel import clock, regions
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Malformed, NotFound
from nuanxin.kernel.figure import Unit, ratio_value
from nuanxin.kernel.period import Period
from nuanxin.orgs.models import Coverage, Employer, Territory, Union
from nuanxin.orgs.queries import count_covered_employers
from nuanxin.orgs.states import Route, UnionKind
from nuanxin.people.models import Worker
from tests.figures.conftest import NOW
from tests.figures.world import DAYS, FIRST, LAST, live_on

pytestmark = pytest.mark.django_db

JOINING, FOUNDING = "membership.joining_rate_percent", "orgs.founding_rate_percent"
COVERED, LIVE = "orgs.covered_employers", "membership.live_members_persons"
WORKERS, EMPLOYERS = DenominatorKind.WORKERS, DenominatorKind.EMPLOYERS
REGIONS = {330000: "33", 330100: "3301", 330105: "330105", 330212: "330212"}


def know(kind: DenominatorKind, region: int, value: int, on: date = date(2025, 12, 31)) -> None:
    entry = Entry(kind, region, on, value, "市统计局测算", max(on, date(2026, 1, 15)))
    enter_denominators(entries=[entry], actor=SYSTEM, now=NOW)


def random_days(count: int, seed: int) -> list[date]:
    chosen = random.Random(seed)
    return [FIRST + timedelta(days=chosen.randrange(DAYS + 1)) for _ in range(count)]


def end_seat(union: Union, day: date) -> None:
    """Write that the union had its seat up to the day before ``day``."""
    seat = Territory.objects.get(union=union, superseded_at__isnull=True)
    Territory.objects.filter(id=seat.id).update(superseded_at=NOW)
    seat.id, seat.valid_to, seat.recorded_at = None, day, NOW
    seat.save(force_insert=True)


# ---- the joining rate -------------------------------------------------------------------------


def test_the_joining_rate_is_live_members_over_the_workers_that_are_known(world):
    know(WORKERS, 330100, 97)
    here = [m for m in live_on(world.members, LAST) if str(m.union.adcode).startswith("3301")]
    told = measure(JOINING, region=330100, as_of=LAST, now=NOW)
    assert (told.numerator, told.denominator) == (len(here), 97)
    assert told.value == ratio_value(len(here), 97)
    plain = told.as_plain()
    assert plain["value"] == round(100 * len(here) / 97, 2)
    assert (plain["unit"], plain["denominator_source"]) == ("%", "市统计局测算")
    assert (plain["denominator_as_of"], plain["denominator_label"]) == (
        "2025-12-31",
        "新就业形态劳动者",
    )
    assert measure(LIVE, region=330100, now=NOW).as_plain()["denominator"] is None


def test_without_a_denominator_a_rate_says_which_is_missing(world):
    know(WORKERS, 330105, 500, on=date(2024, 6, 30))
    for region, day in (
        (330106, LAST),
        (330105, LAST),
        (330105, date(2024, 6, 29)),
        (330000, LAST),
    ):
        with pytest.raises(NotFound) as caught:
            measure(JOINING, region=region, as_of=day, now=NOW)
        assert caught.value.code == "figures.denominator_missing"
        assert "“新就业形态劳动者”数" in caught.value.message
    assert measure(JOINING, region=330105, as_of=date(2026, 6, 30), now=NOW).denominator == 500


@pytest.mark.slow
def test_a_city_without_its_own_is_divided_by_all_its_counties(world):
    for county in regions.counties(LAST, "330100"):
        know(WORKERS, int(county.code), 40)
    told = measure(JOINING, region=330100, as_of=LAST, now=NOW)
    assert told.denominator == 40 * len(regions.counties(LAST, "330100"))
    assert "个县（市、区）之和" in told.denominator_source


def test_everybody_reads_the_rate_of_the_number_that_everybody_reads(world):
    """Else rate times denominator would give the persons back, to the one."""
    know(WORKERS, 330100, 1_000)
    members = measure_for_everybody(LIVE, region=330100, as_of=LAST, now=NOW)
    told = measure_for_everybody(JOINING, region=330100, as_of=LAST, now=NOW)
    assert told.numerator == members.value
    assert told.numerator % 10 == 0
    assert told.value == ratio_value(members.value, 1_000)
    know(WORKERS, 330106, 1_000, on=date(2024, 2, 1))
    few = measure(JOINING, region=330106, as_of=date(2024, 4, 1), now=NOW)
    assert 0 < few.numerator < 10
    hidden = measure_for_everybody(JOINING, region=330106, as_of=date(2024, 4, 1), now=NOW)
    assert (hidden.value, hidden.numerator) == (None, None)


def test_rates_are_of_regions_and_uncut(world):
    know(WORKERS, 330105, 500)
    asked = [
        {"union_id": world.unions["gongshu"].id},
        {"region": 330105, "occupation": "courier"},
        {"region": 330105, "kind": "joint"},
    ]
    for one in asked:
        with pytest.raises(Malformed) as caught:
            measure(JOINING, now=NOW, **one)
        assert caught.value.code == "figures.cannot_be_cut"


@pytest.mark.slow
def test_a_rate_as_known_then_is_divided_by_what_was_known_then(world):
    know(WORKERS, 330105, 500)
    later = NOW + timedelta(days=1)
    entry = Entry(WORKERS, 330105, date(2025, 12, 31), 400, "更正", date(2026, 2, 1), "漏了一块")
    enter_denominators(entries=[entry], actor=SYSTEM, now=later)
    now = NOW + timedelta(days=2)
    first = measure(JOINING, region=330105, as_of=LAST, known_at=NOW, now=now)
    last = measure(JOINING, region=330105, as_of=LAST, now=now)
    assert (first.denominator, last.denominator) == (500, 400)
    assert first.digest != last.digest


def test_a_series_leaves_the_days_open_that_have_no_denominator(world):
    know(WORKERS, 330100, 1_000, on=date(2026, 6, 30))
    series = get_series(JOINING, region=330100, first=date(2026, 5, 1), last=LAST, now=NOW)
    assert [one.value is None for one in series.points][:2] == [True, False]


def test_a_draft_is_held_against_the_rate(world):
    know(WORKERS, 330100, 1_000)
    told = measure_for_everybody(JOINING, region=330100, as_of=LAST, now=NOW).plain_value
    for said, verdict in ((told, "agrees"), (round(told + 0.5, 2), "differs")):
        draft = f"截至2026年10月20日，杭州市会员多了，入会率为{said}%。"
        claims = check_with_figures(draft, now=NOW).as_plain()["claims"]
        assert [one["verdict"] for one in claims] == [verdict], claims


REPORT = """---
标题: 入会情况
地区: 3301
截至: 2026-10-20
---
# {{ report.title }}

入会率 {{ membership.joining_rate_percent }}，联合工会 {{ orgs.unions kind=joint | unit }}。
"""


def test_a_report_writes_rates_and_unions_of_a_kind(world):
    composed = compose_report(REPORT, now=NOW)
    assert [one.code for one in composed.faults] == ["figures.report_no_denominator"]
    assert "没有杭州市的“新就业形态劳动者”数" in composed.faults[0].message
    know(WORKERS, 330100, 1_000)
    told = measure_for_everybody(JOINING, region=330100, as_of=LAST, now=NOW)
    composed = compose_report(REPORT, now=NOW)
    assert composed.faults == ()
    numbers = {one["code"]: one for one in composed.document["numbers"]}
    assert numbers[JOINING]["value"] == told.value
    assert numbers[JOINING]["digest"] == told.digest
    assert numbers["orgs.unions"]["value"] == 4
    text = json.dumps(composed.document, ensure_ascii=False)
    assert f"{told.plain_value:g}%" in text
    wrong = compose_report(REPORT.replace("kind=joint", "kind=club"), now=NOW)
    assert [one.code for one in wrong.faults] == ["figures.report_unknown_kind"]


@pytest.mark.slow
def test_the_page_of_a_number_tells_what_a_rate_is_made_of(world, client, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    address = f"/figures/number/{JOINING}/?region=330100&as_of=2026-10-20"
    missing = client.get(address)
    assert missing.status_code == 404
    assert "没有杭州市的“新就业形态劳动者”数" in missing.content.decode()
    know(WORKERS, 330100, 1_000)
    text = client.get(address).content.decode()
    told = measure_for_everybody(JOINING, region=330100, as_of=LAST, now=NOW)
    for said in (
        f"{told.plain_value:.2f}",
        "市统计局测算",
        "2025-12-31",
        "1,000，新就业形态劳动者",
    ):
        assert said in text


@pytest.mark.slow
def test_a_program_reads_rates_and_cuts(world, client, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    know(WORKERS, 330100, 1_000)
    told = client.get(f"/api/v1/figures/{JOINING}?region=330100").json()
    assert (told["denominator"], told["denominator_source"]) == (1_000, "市统计局测算")
    assert told["value"] == round(100 * told["numerator"] / 1_000, 2)
    joint = client.get("/api/v1/figures/orgs.unions?kind=joint").json()
    assert (joint["kind"], joint["value"]) == ("joint", 6)
    missing = client.get(f"/api/v1/figures/{JOINING}?region=330200")
    assert missing.status_code == 404
    assert missing.json()["code"] == "figures.denominator_missing"
    listed = client.get("/api/v1/figures").json()["items"]
    rate = next(one for one in listed if one["code"] == JOINING)
    assert (rate["numerator"], rate["denominator"]) == (LIVE, "workers_in_scope")
    assert rate["versions"][-1]["number"] == rate["definition_version"]


# ---- completeness, and reach ------------------------------------------------------------------


@pytest.mark.slow
def test_real_name_completeness_equals_the_naive_count_of_today(world):
    now = clock.day_start(LAST) + timedelta(hours=12)
    for n, member in enumerate(world.members):
        if n % 5 == 0:
            lost = ("identity_hash", "identity_sealed") if n % 2 else ("phone_hash", "phone_sealed")
            Worker.objects.filter(id=member.worker_id).update(**dict.fromkeys(lost))
    members = live_on(world.members, LAST)
    whole = {w.id for w in Worker.objects.all() if w.identity_hash and w.phone_hash}
    for asked, here in (
        *(({"region": r}, [m for m in members if str(m.union.adcode).startswith(p)])
          for r, p in REGIONS.items()),
        ({"union_id": world.unions["hangzhou"].id},
         [m for m in members if m.union_id in world.below("hangzhou")]),
    ):  # fmt: skip
        told = measure("membership.real_name_percent", now=now, **asked)
        complete = sum(m.worker_id in whole for m in here)
        assert (told.numerator, told.denominator) == (complete, len(here))
        assert told.value == ratio_value(complete, len(here))
    assert complete < len(here)


def test_completeness_of_a_past_day_is_refused(world):
    for code in ("membership.real_named_persons", "membership.real_name_percent"):
        with pytest.raises(Malformed) as caught:
            measure(code, region=330100, as_of=LAST - timedelta(days=1), now=NOW)
        assert caught.value.code == "figures.only_today"
        assert "只有今天的数" in caught.value.message
        with pytest.raises(NotFound):
            measure_for_everybody(code, region=330100, now=NOW)


def test_the_reach_of_services_is_those_served_over_the_members(world):
    served = measure("membership.served_persons", region=330100, as_of=LAST, now=NOW).value
    live = measure(LIVE, region=330100, as_of=LAST, now=NOW).value
    told = measure("membership.service_reach_percent", region=330100, as_of=LAST, now=NOW)
    assert (told.numerator, told.denominator, told.value) == (
        served,
        live,
        ratio_value(served, live),
    )
    shown = measure_for_everybody(
        "membership.service_reach_percent", region=330100, as_of=LAST, now=NOW
    )
    assert shown.denominator == published(live, least=10)
    with pytest.raises(NotFound) as caught:
        measure("membership.service_reach_percent", region=330300, as_of=LAST, now=NOW)
    assert "没有在籍会员" in caught.value.message


# ---- the founding rate ------------------------------------------------------------------------


@pytest.fixture
def covered(world) -> list[Coverage]:
    """Return who covered whom when: some twice at once, some for a while, some closed since."""
    chosen = random.Random(3)
    taking = [u for name, u in world.unions.items() if name.startswith("joint")]
    rows = []
    for number in range(24):
        employer = Employer.objects.create(
            name=f"配送{number}号",
            adcode=chosen.choice([330105, 330106, 330212, None]),
            closed_on=date(2025, 9, 1) if number % 7 == 0 else None,
        )
        for union in chosen.sample(taking, chosen.choice([0, 1, 1, 2])):
            start = FIRST + timedelta(days=chosen.randrange(300))
            end = start + timedelta(days=chosen.randrange(100, 700))
            rows.append(
                Coverage.objects.create(
                    union=union,
                    employer=employer,
                    valid_from=start,
                    valid_to=end if chosen.random() < 0.4 else None,
                    recorded_at=NOW - timedelta(days=900),
                )
            )
    return rows


def naively_covered(rows: list[Coverage], day: date, prefix: str) -> int:
    """Return the employers that somebody covers on a day, counted by hand."""
    found = set()
    for row in rows:
        seat = str(row.employer.adcode or row.union.adcode)
        is_open = row.employer.closed_on is None or row.employer.closed_on > day
        holds = row.valid_from <= day and (row.valid_to is None or row.valid_to > day)
        lives = row.union.founded_on <= day
        if is_open and holds and lives and seat.startswith(prefix):
            found.add(row.employer_id)
    return len(found)


@pytest.mark.slow
def test_covered_employers_of_any_region_and_day_equal_the_naive_count(world, covered):
    for day in (*random_days(8, seed=4), LAST):
        for region, prefix in REGIONS.items():
            told = measure(COVERED, region=region, as_of=day, now=NOW).value
            assert told == naively_covered(covered, day, prefix), (region, day)
    below = [row for row in covered if row.union_id in world.below("hangzhou")]
    union_id = world.unions["hangzhou"].id
    told = measure(COVERED, union_id=union_id, as_of=LAST, now=NOW).value
    assert told == naively_covered(below, LAST, "")
    assert told > 0


def test_an_ended_union_covers_nobody_from_that_day_on(world, covered):
    for union in {row.union for row in covered}:
        end_seat(union, date(2026, 9, 1))
    assert measure(COVERED, as_of=date(2026, 9, 1), now=NOW).value == 0
    assert measure(COVERED, as_of=date(2026, 8, 31), now=NOW).value > 0


def _both_ways(day: date, region: int) -> tuple[int, int]:
    """Return the count by the days kept beside employers, and by the rows themselves as known now."""
    by_rows = count_covered_employers(on=day, region=region, known_at=NOW + timedelta(days=1))
    return count_covered_employers(on=day, region=region), by_rows


def test_the_days_kept_beside_an_employer_follow_corrections_moved_seats_and_ended_unions(
    world, covered
):
    chosen = random.Random(8)
    for row in chosen.sample(covered, 6):
        Coverage.objects.filter(id=row.id).update(superseded_at=NOW)
    end_seat(covered[0].union, date(2025, 12, 1))
    Coverage.objects.create(
        union=covered[1].union,
        employer=covered[2].employer,
        valid_from=FIRST,
        industry_code="6513",
        recorded_at=NOW,
    )
    for day in (*random_days(6, seed=9), LAST):
        for region in REGIONS:
            kept, counted = _both_ways(day, region)
            assert kept == counted, (region, day)


def test_the_founding_rate_is_covered_employers_over_those_that_should_have_a_union(world, covered):
    know(EMPLOYERS, 330000, 30)
    know(WORKERS, 330000, 9_999)
    told = measure_for_everybody(FOUNDING, region=330000, as_of=LAST, now=NOW)
    here = naively_covered(covered, LAST, "33")
    assert (told.numerator, told.denominator) == (here, 30)
    assert told.value == ratio_value(here, 30)


# ---- unions by kind and route -----------------------------------------------------------------


@pytest.fixture
def routed(world) -> list[Union]:
    """Return the unions, each with a route (or none), two of them ended since."""
    chosen = random.Random(8)
    for union in world.unions.values():
        union.route = chosen.choice(["", "key_enterprise", "industry", "backstop", "other"])
        if union.name.endswith("2联合工会"):
            union.ended_on = date(2026, 3, 1) + timedelta(days=union.id % 40)
            end_seat(union, union.ended_on)
        union.state = "dissolved" if union.ended_on else "active"
        union.save(update_fields=["route", "ended_on", "state"])
    return list(world.unions.values())


@pytest.mark.slow
def test_unions_by_kind_and_route_equal_the_naive_count(routed):
    year = Period(date(2023, 1, 1), date(2026, 10, 20))
    cuts = [("kind", one.value) for one in UnionKind] + [("route", one.value) for one in Route]
    for name, code in cuts:
        mine = [u for u in routed if (getattr(u, name) or "other") == code]
        for day in (LAST, date(2026, 2, 28), date(2023, 5, 2)):
            living = sum(u.founded_on <= day and (not u.ended_on or u.ended_on > day) for u in mine)
            assert measure("orgs.unions", as_of=day, now=NOW, **{name: code}).value == living
        new_form = [u for u in mine if u.is_new_form]
        new = sum(year.start <= u.founded_on <= year.end for u in new_form)
        ended = sum(bool(u.ended_on) for u in new_form)
        assert measure("orgs.new_unions", period=year, now=NOW, **{name: code}).value == new
        assert measure("orgs.ended_unions", period=year, now=NOW, **{name: code}).value == ended


def test_a_cut_is_part_of_the_question(routed):
    whole = measure("orgs.unions", now=NOW)
    cut = measure("orgs.unions", kind="joint", now=NOW)
    assert cut.as_plain()["kind"] == "joint"
    assert whole.as_plain()["kind"] is None
    assert cut.digest != whole.digest


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kind": "club"}, "figures.no_such_kind"),
        ({"route": "by_boat"}, "figures.no_such_route"),
    ],
)
def test_kinds_and_routes_that_are_not_there_are_refused(world, asked, code):
    with pytest.raises(Malformed) as caught:
        measure("orgs.unions", now=NOW, **asked)
    assert caught.value.code == code


# ---- the registry -----------------------------------------------------------------------------


def test_every_ratio_knows_its_numerator_and_what_it_is_divided_by():
    ratios = [one for one in list_figures() if one.unit is Unit.PERCENT]
    assert {JOINING, FOUNDING} <= {one.code for one in ratios}
    codes = {one.code for one in list_figures()}
    for one in ratios:
        assert one.ratio.numerator in codes
        assert one.ratio.denominator in codes | {kind.value for kind in DenominatorKind}
        assert get_figure(one.ratio.numerator).unit is one.ratio.unit
